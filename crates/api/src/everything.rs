//! `Patient/{id}/$everything`: the patient, all in the patient's compartment, and what those refer to.

use aceso_fhir::definitions::{Param, ParamKind, parameters as search_parameters, types};
use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::{Clause, DateTest, Include, Prefix, Query, Test};
use http::StatusCode;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::history::span;
use crate::problem::{Answered, Problem, short};
use crate::{parameters, query, search};

/// `start`, `end` (care dates), `_since`, `_type`, `_count`; in pages.
pub(crate) async fn get(ask: Ask) -> Answered<Answer> {
    let id = ask.id()?.to_owned();
    // Whoever may not see the patient learns nothing of the rest.
    ask.reading().fetch("Patient", &id).await?;
    let given = pairs(&ask)?;
    let mut asked = Query {
        include: vec![ALL_REFERENCES],
        ..Query::default()
    };
    asked.clauses.push(Clause::Compartment {
        kind: "Patient",
        id: id.clone(),
    });
    let mut care: Vec<DateTest> = Vec::new();
    for (name, value) in &given {
        match name.as_str() {
            "start" => care.push(test(Prefix::Ge, span(name, value)?)),
            "end" => care.push(test(Prefix::Le, span(name, value)?)),
            "_since" => asked
                .clauses
                .push(Clause::LastUpdated(test(Prefix::Ge, span(name, value)?))),
            "_type" => asked.types = kinds(value)?,
            "_count" => asked.count = value.parse().ok(),
            "_cursor" => asked.cursor = Some(value.clone()),
            _ => {}
        }
    }
    if !care.is_empty() {
        asked.clauses.push(cared(&care));
    }
    let kept: Vec<_> = given
        .into_iter()
        .filter(|(name, _)| name != "_cursor")
        .collect();
    asked.self_link = query::join(&kept);
    let settings = &ask.api.0.settings;
    asked.count = Some(
        asked
            .count
            .unwrap_or(settings.page)
            .min(settings.page_limit),
    );
    let self_link = asked.self_link.clone();
    let mut page = ask.reading().search(asked).await?;
    page.included.retain(|stored| beyond(stored.kind));
    let path = ["/Patient/", &id, "/$everything"].concat();
    search::answer(&ask, page, &path, &self_link, &[])
}

/// Everything that the matches refer to.
const ALL_REFERENCES: Include = Include {
    reverse: false,
    source: None,
    param: None,
    target: None,
    iterate: false,
};

/// Whether resources of this type come along as what others refer to. What can be in the compartment comes as a match,
/// once, or is not this patient's.
fn beyond(kind: &str) -> bool {
    kind != "Patient"
        && !search_parameters()
            .compartment_kinds("Patient")
            .any(|inner| inner == kind)
}

/// The parameters as pairs, from the query or a `Parameters`.
pub(crate) fn pairs(ask: &Ask) -> Answered<Vec<(String, String)>> {
    let mut pairs = query::pairs(&ask.query);
    if ask.method == http::Method::POST && ask.size() > 0 {
        let input = parameters::read(ask)?;
        for parameter in input.items_at("parameter") {
            let name = parameter.str_at("name").unwrap_or_default();
            let value = parameter
                .as_object()
                .and_then(|o| o.iter().find(|(m, _)| m.starts_with("value")));
            let text = value.and_then(|(_, v)| {
                v.as_str()
                    .map(str::to_owned)
                    .or_else(|| v.as_number().map(|n| n.as_str().to_owned()))
            });
            pairs.extend(text.map(|text| (name.to_owned(), text)));
        }
    }
    Ok(pairs)
}

fn test(prefix: Prefix, (lo, hi): (aceso_base::Instant, aceso_base::Instant)) -> DateTest {
    DateTest {
        prefix,
        lo: lo.millis(),
        hi: hi.millis(),
    }
}

fn kinds(value: &str) -> Answered<Vec<&'static str>> {
    let known = |name: &str| {
        types().resource(name).map(|t| t.name).ok_or_else(|| {
            let issue = Issue::error(
                Code::Value,
                format!("'{}' is not a resource type", short(name)),
            );
            Problem::of(StatusCode::BAD_REQUEST, issue)
        })
    };
    value.split(',').map(|name| known(name.trim())).collect()
}

/// The care happened within the dates; types that have no date of care are kept.
fn cared(tests: &[DateTest]) -> Clause {
    let mut undated = Vec::new();
    let mut choices = Vec::new();
    for kind in types().resource_names() {
        match care_date(kind) {
            Some(param) => {
                let within = tests.iter().map(|t| Clause::Match {
                    param,
                    tests: vec![Test::Date(*t)],
                });
                let mut all = vec![Clause::Kind(vec![kind])];
                all.extend(within);
                choices.push(Clause::All(all));
            }
            None => undated.push(kind),
        }
    }
    choices.push(Clause::Kind(undated));
    Clause::Any(choices)
}

/// The parameter for a type's date of care: the one on the branch that says when it happened. The patient's own
/// dates are not dates of care.
fn care_date(kind: &str) -> Option<&'static Param> {
    let branch = search_parameters()
        .clinical_date(kind)
        .filter(|_| kind != "Patient")?;
    search_parameters()
        .of(kind)
        .find(|p| p.kind == ParamKind::Date && p.uses.iter().any(|u| u.branch == branch))
}
