//! `_history` of a resource, a type, or all.

use aceso_base::Instant;
use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::date_span;
use aceso_store::{Change, HistoryQuery, Stored};
use http::StatusCode;

use crate::answer::{Answer, Content, etag};
use crate::ask::Ask;
use crate::bundle::{Bundle, Parts, Response};
use crate::negotiate::Handling;
use crate::problem::{Answered, Problem, short};
use crate::{form, notice, query};

/// Versions, newest first, a page at a time.
pub(crate) async fn get(ask: Ask) -> Answered {
    let asked = read(&ask)?;
    let page = ask.reading().history(asked.clone()).await?;
    let base = ask.base();
    let path: String = [ask.place.kind, ask.place.id.as_deref(), Some("_history")]
        .into_iter()
        .flatten()
        .flat_map(|part| ["/", part])
        .collect();
    let mut pairs = ask.pairs()?;
    let address = |pairs: &[(String, String)]| match query::join(pairs) {
        query if query.is_empty() => [base.as_str(), &path].concat(),
        query => [&base, &path, "?", &query].concat(),
    };
    let mut links = vec![("self", address(&pairs))];
    if let Some(next) = page.next {
        pairs.retain(|(name, _)| name != "_cursor");
        pairs.push(("_cursor".to_owned(), next));
        links.push(("next", address(&pairs)));
    }
    let size = page.versions.iter().map(|v| v.body.len() + 256).sum();
    let mut bundle = Bundle::new("history", size);
    let meta = notice::meta(&mut page.versions.iter());
    bundle
        .head_with(&ask.api.0.store.new_id(), ask.api.0.store.now(), meta)
        .total(page.total)
        .links(&links);
    for version in page.versions {
        entry(&mut bundle, &base, &ask, version)?;
    }
    Ok(Answer::new(StatusCode::OK, Content::Json(bundle.end())))
}

fn entry(bundle: &mut Bundle, base: &str, ask: &Ask, stored: Stored) -> Answered<()> {
    let local = [stored.kind, "/", &stored.id].concat();
    let url = [base, "/", &local].concat();
    let (method, target, status) = match stored.change {
        Change::Created => ("POST", stored.kind, "201 Created"),
        Change::Updated if stored.version == 1 => ("PUT", local.as_str(), "201 Created"),
        Change::Updated => ("PUT", local.as_str(), "200 OK"),
        Change::Deleted => ("DELETE", local.as_str(), "204 No Content"),
    };
    let tag = etag(stored.version);
    let response = Response {
        status,
        etag: Some(&tag),
        updated: Some(stored.updated),
        ..Response::default()
    };
    let parts = Parts {
        full_url: Some(&url),
        request: Some((method, target)),
        response: Some(response),
        ..Parts::default()
    };
    bundle.entry(&form::part(stored.body, &ask.show)?, &parts);
    Ok(())
}

fn read(ask: &Ask) -> Answered<HistoryQuery> {
    let settings = &ask.api.0.settings;
    let id = match &ask.place.id {
        Some(_) => Some(ask.id()?.to_owned()),
        None => None,
    };
    let mut asked = HistoryQuery {
        kind: ask.place.kind,
        id,
        count: settings.page,
        ..HistoryQuery::default()
    };
    for (name, value) in ask.pairs()? {
        match name.as_str() {
            "_count" => {
                let count: u32 = value
                    .parse()
                    .map_err(|_| wrong(&name, &value, "a whole number"))?;
                asked.count = count.clamp(1, settings.page_limit);
            }
            "_since" => asked.since = Some(span(&name, &value)?.0),
            "_at" => asked.at = Some(span(&name, &value)?),
            "_cursor" => asked.cursor = Some(value),
            "_format" | "_pretty" | "_summary" | "_elements" => {}
            _ if ask.show.handling == Handling::Lenient => {}
            _ => {
                let issue = Issue::error(
                    Code::NotSupported,
                    format!("'{}' is not a parameter of _history", short(&name)),
                )
                .fix("Use _count, _since or _at.");
                return Err(Problem::of(StatusCode::BAD_REQUEST, issue));
            }
        }
    }
    Ok(asked)
}

/// The span of time that a FHIR date or time stands for.
pub(crate) fn span(name: &str, value: &str) -> Answered<(Instant, Instant)> {
    let (lo, hi) = date_span(value)
        .ok_or_else(|| wrong(name, value, "a date or time, like 2026-11-22T02:21:08Z"))?;
    Ok((Instant::from_millis(lo), Instant::from_millis(hi)))
}

fn wrong(name: &str, value: &str, wanted: &str) -> Problem {
    let issue = Issue::error(
        Code::Value,
        format!("{name} is '{}', which is not {wanted}", short(value)),
    );
    Problem::of(StatusCode::BAD_REQUEST, issue)
}
