//! The filters of a value set (`compose.include.filter`).

use compact_str::CompactString;
use regex::RegexBuilder;
use rustc_hash::FxHashSet;

use super::compose::Trouble;
use super::system::{Concept, System};
use crate::Value;

/// A filter on the concepts of a system.
pub(super) enum Filter<'f> {
    Within(FxHashSet<CompactString>),
    NotWithin(FxHashSet<CompactString>),
    Property(&'f str, Vec<&'f str>, Found),
    Exists(&'f str, bool),
    Matches(&'f str, regex::Regex),
}

/// Whether a value is to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Wanted,
    Unwanted,
}

impl<'f> Filter<'f> {
    /// The filter of a definition.
    pub(super) fn of(system: &System, filter: &'f Value) -> Result<Self, Trouble> {
        let text = |name| filter.str_at(name).unwrap_or_default();
        let (property, op, value) = (text("property"), text("op"), text("value"));
        let unsupported = || Trouble::Filter {
            property: property.to_owned(),
            op: op.to_owned(),
            value: value.to_owned(),
        };
        let below = || system.descendants(value).into_iter().collect();
        let hierarchy = matches!(property, "concept" | "code");
        Ok(match op {
            "is-a" if hierarchy => Self::Within(below()),
            "is-not-a" if hierarchy => Self::NotWithin(below()),
            "descendent-of" if hierarchy => {
                let mut all: FxHashSet<CompactString> = below();
                all.remove(value);
                Self::Within(all)
            }
            "generalizes" if hierarchy => {
                Self::Within(system.ancestors(value).into_iter().collect())
            }
            "=" => Self::Property(property, vec![value], Found::Wanted),
            "in" => Self::Property(
                property,
                value.split(',').map(str::trim).collect(),
                Found::Wanted,
            ),
            "not-in" => Self::Property(
                property,
                value.split(',').map(str::trim).collect(),
                Found::Unwanted,
            ),
            "exists" => Self::Exists(property, value == "true"),
            "regex" => RegexBuilder::new(&format!("^(?:{value})$"))
                .size_limit(1 << 20)
                .build()
                .map(|r| Self::Matches(property, r))
                .map_err(|_| unsupported())?,
            _ => return Err(unsupported()),
        })
    }

    /// Whether a concept passes.
    pub(super) fn accepts(&self, concept: &Concept) -> bool {
        match self {
            Self::Within(codes) => codes.contains(&concept.code),
            Self::NotWithin(codes) => !codes.contains(&concept.code),
            Self::Property(name, values, found) => {
                let has = values_of(concept, name).any(|v| values.contains(&v.as_str()));
                has == (*found == Found::Wanted)
            }
            Self::Exists(name, wanted) => values_of(concept, name).next().is_some() == *wanted,
            Self::Matches(name, regex) => values_of(concept, name).any(|v| regex.is_match(&v)),
        }
    }
}

/// The values of a property as text; `code`, `concept` and `display` are properties too.
fn values_of<'c>(
    concept: &'c Concept,
    name: &'c str,
) -> Box<dyn Iterator<Item = CompactString> + 'c> {
    match name {
        "code" | "concept" => Box::new(std::iter::once(concept.code.clone())),
        "display" => Box::new(concept.display.iter().cloned()),
        _ => Box::new(concept.property(name).filter_map(|v| match v {
            Value::String(s) => Some(s.clone()),
            Value::Bool(b) => Some(CompactString::new(if *b { "true" } else { "false" })),
            Value::Number(n) => Some(CompactString::new(n.as_str())),
            Value::Object(_) => v.str_at("code").map(CompactString::new),
            Value::Null | Value::Array(_) => None,
        })),
    }
}
