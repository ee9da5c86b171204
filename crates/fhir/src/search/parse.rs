//! From a query string to a [`Query`].

use std::sync::OnceLock;

use super::clauses::Reader;
use super::error::{Mistake, QueryError, shown};
use super::query::{Clause, Include, Query, SortBy, SortKey, Summary, Total};
use super::text::{append_pair, pairs};
use super::values::resource_type;
use crate::definitions::{Param, ParamKind, parameters};
use crate::terminology::Source;

/// What a search is read with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// `Prefer: handling=lenient`: what is not understood is left out and listed in [`Query::ignored`].
    pub lenient: bool,
    /// The server's own base URL without a slash at the end.
    pub base: Option<&'a str>,
    /// The present time in milliseconds since 1970, for `ap` on dates.
    pub now: i64,
    /// Value sets and code systems; the built-in ones when none.
    pub source: Option<&'a Source>,
}

impl Options<'_> {
    pub(super) fn terminology(&self) -> &Source {
        static BUILT_IN: OnceLock<Source> = OnceLock::new();
        self.source
            .unwrap_or_else(|| BUILT_IN.get_or_init(Source::default))
    }
}

/// The longest query string.
const MAX_LENGTH: usize = 64 * 1024;
/// The most parameters in one query.
const MAX_PAIRS: usize = 200;

/// Reads a query string (percent-encoded, without `?`) of a search over one type, or over all.
///
/// # Errors
/// The first mistake, unless handling is lenient and the mistake is an unknown or unsupported parameter.
pub fn parse(kind: Option<&str>, query: &str, options: &Options<'_>) -> Result<Query, QueryError> {
    if query.len() > MAX_LENGTH {
        return Err(QueryError::new(
            Mistake::TooMuch,
            "?",
            "the query is longer than 64 KiB",
        ));
    }
    let pairs = pairs(query)
        .ok_or_else(|| QueryError::value("?", "the query is not percent-encoded UTF-8"))?;
    parse_pairs(kind, &pairs, options)
}

/// As [`parse`], from decoded names and values (a posted form's, or both together).
///
/// # Errors
/// As [`parse`].
pub fn parse_pairs(
    kind: Option<&str>,
    pairs: &[(String, String)],
    options: &Options<'_>,
) -> Result<Query, QueryError> {
    if pairs.len() > MAX_PAIRS
        || pairs.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>() > MAX_LENGTH
    {
        return Err(QueryError::new(
            Mistake::TooMuch,
            "?",
            "more than 200 parameters, or 64 KiB",
        ));
    }
    let kind = kind.map(|k| resource_type("the path", k)).transpose()?;
    let mut query = Query {
        kind,
        ..Query::default()
    };
    // `_type` decides what the others can be, so it is read first.
    for (name, value) in pairs.iter().filter(|(n, _)| n == "_type") {
        read_types(&mut query, name, value)?;
    }
    let mut reader = Reader::new(options);
    for (name, value) in pairs.iter().filter(|(n, _)| n != "_type") {
        match one(&mut query, &mut reader, name, value) {
            Ok(()) => {}
            Err(e)
                if options.lenient
                    && matches!(e.mistake, Mistake::UnknownParameter | Mistake::Unsupported) =>
            {
                query.ignored.push(e.to_string());
                continue;
            }
            Err(e) => return Err(e),
        }
        if name != "_cursor" && !value.is_empty() {
            append_pair(&mut query.self_link, name, value);
        }
    }
    Ok(query)
}

/// Reads only conditions: a scope's arguments, `Subscription.criteria`, a conditional act.
///
/// # Errors
/// As [`parse`], and for parameters about the result.
pub fn parse_clauses(
    kind: &str,
    query: &str,
    options: &Options<'_>,
) -> Result<Vec<Clause>, QueryError> {
    let query = parse(Some(kind), query, options)?;
    if !query.sort.is_empty()
        || !query.include.is_empty()
        || query.count.is_some()
        || query.cursor.is_some()
    {
        return Err(QueryError::unsupported(
            "?",
            "only conditions are allowed here",
        ));
    }
    Ok(query.clauses)
}

fn read_types(query: &mut Query, name: &str, value: &str) -> Result<(), QueryError> {
    for part in value.split(',').filter(|p| !p.is_empty()) {
        let kind = resource_type(name, part)?;
        match query.kind {
            Some(own) if own != kind => {
                return Err(QueryError::value(
                    name,
                    format!("this is a search over {own} alone"),
                ));
            }
            Some(_) => {}
            None if !query.types.contains(&kind) => query.types.push(kind),
            None => {}
        }
    }
    append_pair(&mut query.self_link, name, value);
    Ok(())
}

fn one(
    query: &mut Query,
    reader: &mut Reader<'_>,
    name: &str,
    value: &str,
) -> Result<(), QueryError> {
    match name {
        "_sort" => sort(query, name, value),
        "_count" => {
            query.count = Some(count(name, value)?);
            Ok(())
        }
        "_total" => {
            query.total = Some(match value {
                "none" => Total::None,
                "estimate" => Total::Estimate,
                "accurate" => Total::Accurate,
                _ => return Err(QueryError::value(name, "is none, estimate or accurate")),
            });
            Ok(())
        }
        // Aidbox's name for the same, which the fhirpy client sends to count.
        "_totalMethod" => {
            query.total = Some(match value {
                "count" => Total::Accurate,
                "estimate" | "max" => Total::Estimate,
                _ => return Err(QueryError::value(name, "is count, estimate or max")),
            });
            Ok(())
        }
        "_summary" => {
            query.subset.summary = Some(summary(name, value)?);
            Ok(())
        }
        "_elements" => {
            let names = value.split(',').map(str::trim).filter(|n| !n.is_empty());
            query.subset.elements.extend(names.map(str::to_owned));
            Ok(())
        }
        "_contained" if value == "false" => Ok(()),
        "_contained" | "_containedType" => Err(QueryError::unsupported(
            name,
            "contained resources are not searched; only _contained=false",
        )),
        "_score" | "_query" => Err(QueryError::unsupported(
            name,
            "there are no named queries and no scores",
        )),
        "_format" | "_pretty" => Ok(()),
        "_cursor" => {
            query.cursor = Some(value.to_owned());
            Ok(())
        }
        _ => match name.split_once(':').map_or((name, ""), |(n, m)| (n, m)) {
            ("_include", modifier) => include(query, name, value, false, modifier),
            ("_revinclude", modifier) => include(query, name, value, true, modifier),
            _ => {
                let clause = reader.read(query.kind, &query.types, name, value)?;
                query.clauses.push(clause);
                Ok(())
            }
        },
    }
}

fn count(name: &str, value: &str) -> Result<u32, QueryError> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        return Err(QueryError::value(
            name,
            "is a whole number, 0 for the total alone",
        ));
    }
    Ok(value.parse().unwrap_or(u32::MAX))
}

fn summary(name: &str, value: &str) -> Result<Summary, QueryError> {
    Ok(match value {
        "true" => Summary::True,
        "false" => Summary::False,
        "text" => Summary::Text,
        "data" => Summary::Data,
        "count" => Summary::Count,
        _ => {
            return Err(QueryError::value(
                name,
                "is true, false, text, data or count",
            ));
        }
    })
}

fn sort(query: &mut Query, name: &str, value: &str) -> Result<(), QueryError> {
    let mut keys = Vec::new();
    for part in value.split(',') {
        let (code, descending) = part.strip_prefix('-').map_or((part, false), |c| (c, true));
        let by = match code {
            "_id" => SortBy::Id,
            "_lastUpdated" => SortBy::LastUpdated,
            _ => SortBy::Param(sort_param(query, name, code)?),
        };
        keys.push(SortKey { by, descending });
    }
    if keys.len() > 8 {
        return Err(QueryError::new(Mistake::TooMuch, name, "more than 8 keys"));
    }
    query.sort = keys;
    Ok(())
}

fn sort_param(query: &Query, name: &str, code: &str) -> Result<&'static Param, QueryError> {
    let kind = query.kind.unwrap_or("Resource");
    let param = parameters().find(kind, code).ok_or_else(|| {
        QueryError::unsupported(
            name,
            format!("{kind} has no parameter {} to sort by", shown(code)),
        )
    })?;
    match param.kind {
        ParamKind::Composite | ParamKind::Special => Err(QueryError::unsupported(
            name,
            format!("{code} has no order"),
        )),
        ParamKind::Number
        | ParamKind::Date
        | ParamKind::String
        | ParamKind::Token
        | ParamKind::Reference
        | ParamKind::Quantity
        | ParamKind::Uri => Ok(param),
    }
}

fn include(
    query: &mut Query,
    name: &str,
    value: &str,
    reverse: bool,
    modifier: &str,
) -> Result<(), QueryError> {
    let iterate = match modifier {
        "" => false,
        "iterate" | "recurse" => true,
        _ => {
            return Err(QueryError::unsupported(
                name,
                "the only modifier is :iterate",
            ));
        }
    };
    let mut item = Include {
        reverse,
        source: None,
        param: None,
        target: None,
        iterate,
    };
    if value != "*" {
        let mut parts = value.split(':');
        let source = resource_type(name, parts.next().unwrap_or_default())?;
        item.source = Some(source);
        let code = parts.next().unwrap_or_default();
        if code != "*" {
            item.param = Some(include_param(name, source, code)?);
        }
        item.target = parts.next().map(|t| resource_type(name, t)).transpose()?;
        if parts.next().is_some() {
            return Err(QueryError::value(
                name,
                "takes *, Type:* or Type:parameter[:Target]",
            ));
        }
    }
    if query.include.len() >= 50 {
        return Err(QueryError::new(
            Mistake::TooMuch,
            name,
            "more than 50 includes",
        ));
    }
    query.include.push(item);
    Ok(())
}

fn include_param(name: &str, source: &str, code: &str) -> Result<&'static Param, QueryError> {
    let references = || {
        parameters()
            .of(source)
            .filter(|p| p.kind == ParamKind::Reference)
    };
    references().find(|p| p.code == code).ok_or_else(|| {
        let all: Vec<&str> = references().map(|p| p.code).collect();
        let message = format!(
            "{source} has no reference parameter {}; it has {}",
            shown(code),
            all.join(", ")
        );
        QueryError::value(name, message)
    })
}
