//! From query strings to searches.

use std::borrow::Cow;

use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::{Mistake, Options, Query, QueryError, parse};
use aceso_fhir::terminology::Source;
use http::StatusCode;

use crate::ask::Ask;
use crate::negotiate::Handling;
use crate::problem::{Answered, Problem};
use crate::{query as pairs, terminology};

/// Reads a search; value sets that it names by URL may be stored ones.
pub(crate) async fn search(ask: &Ask, kind: Option<&'static str>, text: &str) -> Answered<Query> {
    let named = named(text);
    if named.is_empty() {
        return query(ask, kind, text);
    }
    let source = terminology::gather(ask, named).await?;
    read(ask, kind, text, ask.show.handling, Some(&source))
}

/// Reads a search.
pub(crate) fn query(ask: &Ask, kind: Option<&'static str>, text: &str) -> Answered<Query> {
    read(ask, kind, text, ask.show.handling, None)
}

/// Reads the condition of a conditional act: a search with at least one criterion, of which none may be left out.
pub(crate) fn condition(ask: &Ask, kind: &'static str, text: &str) -> Answered<Query> {
    let query = read(ask, Some(kind), text, Handling::Strict, None)?;
    let about_the_result =
        !query.sort.is_empty() || !query.include.is_empty() || query.cursor.is_some();
    if query.clauses.is_empty() || about_the_result {
        let issue = Issue::error(
            Code::Required,
            "A conditional act needs criteria, and nothing but criteria",
        )
        .fix("Give at least one search parameter, like ?identifier=system|value.");
        return Err(Problem::of(StatusCode::BAD_REQUEST, issue));
    }
    Ok(query)
}

fn read(
    ask: &Ask,
    kind: Option<&'static str>,
    text: &str,
    handling: Handling,
    source: Option<&Source>,
) -> Answered<Query> {
    let base = ask.base();
    let options = Options {
        lenient: handling == Handling::Lenient,
        base: Some(&base),
        now: ask.api.0.store.now().millis(),
        source,
    };
    Ok(parse(kind, &usual(text), &options)?)
}

/// `_totalMethod=count` is how some clients (fhirpy) write `_total=accurate`.
fn usual(text: &str) -> Cow<'_, str> {
    if text.contains("_totalMethod=count") {
        Cow::Owned(text.replace("_totalMethod=count", "_total=accurate"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The URLs of value sets and code systems that modifiers refer to.
fn named(text: &str) -> Vec<String> {
    if !text.contains(':') && !text.contains("%3A") && !text.contains("%3a") {
        return Vec::new();
    }
    let hierarchical = |name: &str| {
        [":in", ":not-in", ":above", ":below"]
            .iter()
            .any(|m| name.ends_with(m))
    };
    let all = pairs::pairs(text)
        .into_iter()
        .filter(|(name, _)| hierarchical(name));
    all.flat_map(|(_, value)| {
        value
            .split(',')
            .map(|v| v.split('|').next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    })
    .filter(|url| url.contains(':'))
    .collect()
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let code = match error.mistake {
            Mistake::UnknownParameter | Mistake::Unsupported => Code::NotSupported,
            Mistake::Value => Code::Value,
            Mistake::TooMuch => Code::TooCostly,
        };
        let mut issue = Issue::error(code, error.to_string());
        if error.mistake == Mistake::UnknownParameter {
            issue = issue.fix("GET /fhir/metadata lists the parameters; with 'Prefer: handling=lenient' unknown ones are left out.");
        }
        Self::of(StatusCode::BAD_REQUEST, issue)
    }
}
