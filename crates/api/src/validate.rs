//! `$validate` of a type and of an instance.

use aceso_fhir::outcome::{Code, Issue, Outcome};
use aceso_fhir::{Value, validate};
use http::{Method, StatusCode};

use crate::answer::{Answer, Content, own};
use crate::ask::Ask;
use crate::problem::{Answered, Problem, short};
use crate::{form, parameters};

/// Answers 200 with an OperationOutcome, whatever the verdict; only a request that cannot be judged is refused.
pub(crate) async fn post(ask: Ask) -> Answered {
    let kind = ask.kind()?;
    let (resource, input) = given(&ask).await?;
    let asked = |name: &str| {
        let in_query = crate::query::pairs(&ask.query)
            .into_iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v);
        in_query.or_else(|| {
            input
                .as_ref()
                .and_then(|i| parameters::text(i, name))
                .map(str::to_owned)
        })
    };
    let (mode, profile) = (asked("mode"), asked("profile"));
    let mut issues = mode_issues(&ask, mode.as_deref(), resource.as_ref()).await?;
    if let Some(mut value) = resource {
        form::expect_kind(&value, kind)?;
        if let Some(profile) = profile {
            claim(&mut value, &profile);
        }
        let size = ask.size();
        issues.extend(
            form::aside(size, move || {
                Ok(validate::resource(&value, &validate::Options::FULL))
            })
            .await?,
        );
    }
    if issues.is_empty() {
        issues.push(Issue::information("All OK"));
    }
    Ok(Answer::new(
        StatusCode::OK,
        Content::outcome(&Outcome::from(issues)),
    ))
}

/// The resource to judge and the parameters: a `Parameters` with `resource`, the resource itself, or the one stored.
async fn given(ask: &Ask) -> Answered<(Option<Value>, Option<Value>)> {
    if ask.method == Method::POST && (ask.size() > 0 || ask.place.id.is_none()) {
        let body = ask.resource()?;
        let is_input =
            body.resource_type() == Some("Parameters") && ask.place.kind != Some("Parameters");
        if !is_input {
            return Ok((Some(body), None));
        }
        let resource = parameters::resource(&body, "resource").cloned();
        return Ok((resource, Some(body)));
    }
    let stored = ask.reading().fetch(ask.kind()?, ask.id()?).await?;
    Ok((Some(own(&stored.body)?), None))
}

/// What the intended act would meet (R4, `Resource-validate`: `mode`).
async fn mode_issues(
    ask: &Ask,
    mode: Option<&str>,
    resource: Option<&Value>,
) -> Answered<Vec<Issue>> {
    let needs =
        |what: &str| Problem::of(StatusCode::BAD_REQUEST, Issue::error(Code::Required, what));
    match (mode, resource) {
        (None | Some("create" | "profile"), Some(_)) => Ok(Vec::new()),
        (Some("update"), Some(value)) => match (&ask.place.id, value.id()) {
            (Some(id), Some(own)) if id == own => Ok(Vec::new()),
            (Some(_), _) => Ok(vec![
                Issue::error(Code::Invalid, "The resource's id is not the address's").at("id"),
            ]),
            (None, _) => Err(needs("mode=update needs an id in the address")),
        },
        (Some("delete"), _) => {
            ask.reading().fetch(ask.kind()?, ask.id()?).await?;
            Ok(vec![Issue::information(
                "It can be deleted unless other resources still refer to it",
            )])
        }
        (None | Some("create" | "profile" | "update"), None) => {
            Err(needs("There is no resource to validate"))
        }
        (Some(other), _) => {
            let issue = Issue::error(Code::Value, format!("'{}' is not a mode", short(other)));
            Err(Problem::of(
                StatusCode::BAD_REQUEST,
                issue.fix("Use create, update, delete or profile."),
            ))
        }
    }
}

/// Makes the resource claim the profile that it is to be judged by.
fn claim(value: &mut Value, profile: &str) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    let mut meta = object
        .remove("meta")
        .unwrap_or_else(|| aceso_fhir::Object::new().into());
    if let Some(meta) = meta.as_object_mut() {
        let mut profiles = meta
            .remove("profile")
            .and_then(|p| p.as_array().map(<[Value]>::to_vec))
            .unwrap_or_default();
        if !profiles.iter().any(|p| p.as_str() == Some(profile)) {
            profiles.push(profile.into());
        }
        meta.set("profile", profiles);
    }
    object.insert_at(1, "meta", meta);
}
