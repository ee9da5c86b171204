//! Search of a type, of all types, and of a compartment, by `GET` and by `POST …/_search`.

use aceso_fhir::outcome::{Code, Issue, Outcome};
use aceso_fhir::search::{Clause, Query};
use aceso_store::{SearchPage, Stored};
use http::{Method, StatusCode};

use crate::answer::{Answer, Content};
use crate::ask::Ask;
use crate::bundle::{Bundle, Parts};
use crate::negotiate::{Sent, sent, unsupported};
use crate::problem::Answered;
use crate::{criteria, form, notice};

/// Searches a type or all types.
pub(crate) async fn get(ask: Ask) -> Answered {
    let query = criteria::search(&ask, ask.place.kind, &searched(&ask)?).await?;
    let path = ask
        .place
        .kind
        .map(|kind| ["/", kind].concat())
        .unwrap_or_default();
    run(&ask, query, &path).await
}

/// Searches a compartment: `Patient/1/Observation?code=…`, `Patient/1/*`.
pub(crate) async fn compartment(ask: Ask) -> Answered {
    let (kind, id) = (ask.kind()?, ask.id()?.to_owned());
    let mut query = criteria::search(&ask, ask.place.inner, &searched(&ask)?).await?;
    let path = ["/", kind, "/", &id, "/", ask.place.inner.unwrap_or("*")].concat();
    query.clauses.push(Clause::Compartment { kind, id });
    run(&ask, query, &path).await
}

fn searched(ask: &Ask) -> Answered<String> {
    if ask.method == Method::POST && sent(&ask.headers)? != Sent::Form {
        return Err(unsupported(ask.header("content-type").unwrap_or_default()));
    }
    ask.criteria()
}

/// Runs a search and answers its page; `path` is where it was asked, below the base.
pub(crate) async fn run(ask: &Ask, mut query: Query, path: &str) -> Answered {
    let settings = &ask.api.0.settings;
    query.count = Some(
        query
            .count
            .unwrap_or(settings.page)
            .min(settings.page_limit),
    );
    let (self_link, ignored) = (query.self_link.clone(), std::mem::take(&mut query.ignored));
    let page = ask.reading().search(query).await?;
    answer(ask, page, path, &self_link, &ignored)
}

pub(crate) fn answer(
    ask: &Ask,
    page: SearchPage,
    path: &str,
    self_link: &str,
    ignored: &[String],
) -> Answered {
    let base = ask.base();
    let link = |cursor: Option<&str>| {
        let mut url = [base.as_str(), path].concat();
        let mut mark = '?';
        if !self_link.is_empty() {
            url.push(mark);
            url.push_str(self_link);
            mark = '&';
        }
        if let Some(cursor) = cursor {
            url.push(mark);
            url.push_str("_cursor=");
            url.push_str(&aceso_base::percent(cursor));
        }
        url
    };
    let mut links = vec![("self", link(None))];
    if let Some(next) = &page.next {
        links.push(("next", link(Some(next))));
    }
    let bodies = page.matches.iter().chain(&page.included);
    let mut bundle = Bundle::new("searchset", bodies.map(|s| s.body.len() + 192).sum());
    let meta = notice::meta(&mut page.matches.iter().chain(&page.included));
    bundle
        .head_with(&ask.api.0.store.new_id(), ask.api.0.store.now(), meta)
        .total(page.total)
        .links(&links);
    for stored in page.matches {
        entry(&mut bundle, ask, &base, stored, "match")?;
    }
    for stored in page.included {
        entry(&mut bundle, ask, &base, stored, "include")?;
    }
    if !ignored.is_empty() {
        let issue = |text: &String| {
            Issue::new(
                aceso_fhir::outcome::Severity::Warning,
                Code::NotSupported,
                format!("Left out: {text}"),
            )
        };
        let outcome = Outcome::from(ignored.iter().map(issue).collect::<Vec<_>>());
        if let Content::Json(bytes) = Content::outcome(&outcome) {
            bundle.entry(
                &bytes,
                &Parts {
                    mode: Some("outcome"),
                    ..Parts::default()
                },
            );
        }
    }
    Ok(Answer::new(StatusCode::OK, Content::Json(bundle.end())))
}

fn entry(
    bundle: &mut Bundle,
    ask: &Ask,
    base: &str,
    stored: Stored,
    mode: &'static str,
) -> Answered<()> {
    let url = [base, "/", stored.kind, "/", &stored.id].concat();
    let body = form::part(stored.body, &ask.show)?;
    bundle.entry(
        &body,
        &Parts {
            full_url: Some(&url),
            mode: Some(mode),
            ..Parts::default()
        },
    );
    Ok(())
}
