//! `GET /fhir/{type}/{id}` and `GET /fhir/{type}/{id}/_history/{vid}`.

use aceso_base::Instant;
use aceso_store::Stored;
use http::StatusCode;

use crate::answer::{Answer, Content};
use crate::ask::{Ask, version_of};
use crate::problem::{Answered, Problem, gone};
use crate::{date, form};

/// The current version; 304 when `If-None-Match` or `If-Modified-Since` say that the client has it.
pub(crate) async fn get(ask: Ask) -> Answered {
    let stored = ask.reading().fetch(ask.kind()?, ask.id()?).await?;
    if unchanged(&ask, &stored) {
        let headers = Answer::stored(stored);
        return Ok(Answer {
            status: StatusCode::NOT_MODIFIED,
            content: Content::None,
            ..headers
        });
    }
    show(&ask, stored)
}

/// One version, also an old one.
pub(crate) async fn version(ask: Ask) -> Answered {
    let wanted = ask.place.version.as_deref().unwrap_or_default();
    let version = wanted
        .parse()
        .ok()
        .filter(|_| wanted.bytes().all(|b| b.is_ascii_digit()));
    let version = version.ok_or_else(Problem::not_found)?;
    let stored = ask
        .reading()
        .fetch_version(ask.kind()?, ask.id()?, version)
        .await?;
    if stored.body.is_empty() {
        return Err(gone(stored.version));
    }
    show(&ask, stored)
}

fn show(ask: &Ask, mut stored: Stored) -> Answered {
    stored.body = form::part(stored.body, &ask.show)?;
    Ok(Answer::stored(stored))
}

/// Conditional read (R4, section 3.1.0.1.4; RFC 9110, section 13.2.2: `If-None-Match` decides when both are there).
fn unchanged(ask: &Ask, stored: &Stored) -> bool {
    if let Some(tags) = ask.header("if-none-match") {
        return tags == "*"
            || tags
                .split(',')
                .any(|tag| version_of(tag.trim()) == Some(stored.version));
    }
    let since = ask.header("if-modified-since").and_then(date::from_http);
    since.is_some_and(|since: Instant| stored.updated.seconds() <= since.seconds())
}
