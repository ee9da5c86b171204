//! Sorting by what is not a column: a resource's places in the order, taken from the document.

use std::cmp::Ordering;

use aceso_fhir::definitions::{Param, parameters};
use aceso_fhir::search::{Extracted, IndexValue, SortBy, SortKey, fold};

use crate::Stored;

/// A resource's place by one sort key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    Number(f64),
    Time(i64),
    Text(String),
    /// It has no value.
    Nowhere,
}

impl Place {
    /// What has no value comes last, in both directions.
    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Nowhere, Self::Nowhere) => return Ordering::Equal,
            (Self::Nowhere, _) => return Ordering::Greater,
            (_, Self::Nowhere) => return Ordering::Less,
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), _) => Ordering::Less,
            (_, Self::Number(_)) => Ordering::Greater,
            (Self::Time(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Time(_)) => Ordering::Greater,
        };
        if descending { order.reverse() } else { order }
    }
}

/// Compares two resources by all keys, then by their keys in the store.
pub(super) fn compare(keys: &[SortKey], a: (&[Place], i64), b: (&[Place], i64)) -> Ordering {
    keys.iter()
        .zip(a.0.iter().zip(b.0))
        .map(|(key, (x, y))| x.compare(y, key.descending))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.1.cmp(&b.1))
}

/// The places of a resource.
pub(super) fn places(keys: &[SortKey], stored: &Stored, found: &Extracted<'_>) -> Vec<Place> {
    keys.iter().map(|key| place(key, stored, found)).collect()
}

fn place(key: &SortKey, stored: &Stored, found: &Extracted<'_>) -> Place {
    match key.by {
        SortBy::Id => Place::Text(stored.id.clone()),
        SortBy::LastUpdated => Place::Time(stored.updated.millis()),
        // As the column that a page is sorted by alone: what has no date stands where it was last updated.
        SortBy::Param(param) if is_clinical_date(stored.kind, param) => Place::Time(found.ord),
        SortBy::Param(param) => {
            let mine = found
                .entries
                .iter()
                .filter(|e| param.uses.iter().any(|u| u.branch == e.branch));
            mine.filter_map(|e| of_value(&e.value))
                .min_by(|a, b| a.compare(b, key.descending))
                .unwrap_or(Place::Nowhere)
        }
    }
}

/// Whether a parameter is the one that says when resources of a type happened: it has a column of its own.
pub(super) fn is_clinical_date(kind: &str, param: &Param) -> bool {
    let date = parameters().clinical_date(kind);
    matches!(param.uses.as_slice(), [one] if Some(one.branch) == date)
}

fn of_value(value: &IndexValue<'_>) -> Option<Place> {
    Some(match value {
        IndexValue::Token { code, .. } => Place::Text((*code).to_owned()),
        IndexValue::Reference { kind, id, .. } => Place::Text([kind, "/", id].concat()),
        IndexValue::ReferenceUrl { url, .. } => Place::Text((*url).to_owned()),
        IndexValue::Str(text) => Place::Text(fold(text).into_owned()),
        IndexValue::Date { lo, .. } => Place::Time(*lo),
        IndexValue::Number { lo, .. } => Place::Number(*lo),
        IndexValue::Quantity { lo, canonical, .. } => {
            Place::Number(canonical.map_or(*lo, |(factor, _)| lo * factor))
        }
        IndexValue::Uri(uri) => Place::Text((*uri).to_owned()),
        IndexValue::TokenText(_)
        | IndexValue::OfType { .. }
        | IndexValue::ReferenceIdentifier { .. } => return None,
    })
}
