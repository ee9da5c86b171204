//! Which words stand for a code.

use compact_str::CompactString;

use super::compose::Item;
use super::system::Concept;
use crate::Value;

/// The display of a code: in the wanted language where there is a designation in it, else the value set's own, else the
/// code system's.
pub(super) fn display(
    item: &Item,
    concept: Option<&Concept>,
    language: Option<&str>,
) -> Option<CompactString> {
    language
        .and_then(|l| {
            in_language(&item.designations, l)
                .or_else(|| concept.and_then(|c| in_language(own_designations(c), l)))
        })
        .or_else(|| item.display.clone())
        .or_else(|| concept?.display.clone())
}

/// A concept's display in a language; its usual one where there is none.
pub(super) fn concept_display(concept: &Concept, language: Option<&str>) -> Option<CompactString> {
    language
        .and_then(|l| in_language(own_designations(concept), l))
        .or_else(|| concept.display.clone())
}

/// The designations of the code system.
pub(super) fn own_designations(concept: &Concept) -> &[Value] {
    concept
        .detail
        .get("designation")
        .and_then(Value::as_array)
        .unwrap_or_default()
}

/// All designations: the value set's, then the code system's.
pub(super) fn designations(item: &Item, concept: Option<&Concept>) -> Vec<Value> {
    let own = concept.map_or(&[][..], own_designations);
    item.designations.iter().chain(own).cloned().collect()
}

/// The first designation in a language: `de` is answered by `de-CH` too.
fn in_language(designations: &[Value], wanted: &str) -> Option<CompactString> {
    let first = |tag: &str| tag.split('-').next().map(str::to_lowercase);
    let find = |fits: &dyn Fn(&str) -> bool| {
        designations
            .iter()
            .find(|d| d.str_at("language").is_some_and(fits))
            .and_then(|d| d.str_at("value"))
            .map(CompactString::new)
    };
    find(&|l| l.eq_ignore_ascii_case(wanted)).or_else(|| find(&|l| first(l) == first(wanted)))
}
