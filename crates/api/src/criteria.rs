//! From query strings to searches.

use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::{Clause, Query};
use http::StatusCode;

use crate::ask::Ask;
use crate::problem::{Answered, Problem, short};
use crate::query::{join, pairs};

/// Reads a search.
pub(crate) fn query(_ask: &Ask, kind: Option<&'static str>, text: &str) -> Answered<Query> {
    let mut query = Query {
        kind,
        ..Query::default()
    };
    let mut own = Vec::new();
    for (name, value) in pairs(text) {
        match name.as_str() {
            "_id" => query
                .clauses
                .push(Clause::Id(value.split(',').map(str::to_owned).collect())),
            "_count" => query.count = value.parse().ok(),
            "_cursor" => query.cursor = Some(value.clone()),
            "_format" | "_pretty" | "_summary" | "_elements" => {}
            _ => {
                let issue = Issue::error(
                    Code::NotSupported,
                    format!("'{}' is not a search parameter here", short(&name)),
                );
                return Err(Problem::of(StatusCode::BAD_REQUEST, issue));
            }
        }
        if name != "_cursor" {
            own.push((name, value));
        }
    }
    query.self_link = join(&own);
    Ok(query)
}

/// Reads the condition of a conditional act: a search with at least one criterion.
pub(crate) fn condition(ask: &Ask, kind: &'static str, text: &str) -> Answered<Query> {
    let query = query(ask, Some(kind), text)?;
    if query.clauses.is_empty() {
        let issue = Issue::error(Code::Required, "A conditional act needs criteria")
            .fix("Give at least one search parameter, like ?identifier=system|value.");
        return Err(Problem::of(StatusCode::BAD_REQUEST, issue));
    }
    Ok(query)
}
