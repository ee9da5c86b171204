//! What the walk must know of each type beyond the type table, worked out once.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::definitions::{ElementDef, Kind, Strength, TypeDef, types};

use super::binding::Bound;
use super::invariant::Rule;
use super::primitive::Prim;

/// One type's plan; at the type's place in the type table.
#[derive(Debug)]
pub(super) struct Plan {
    /// Set for a primitive.
    pub(super) prim: Option<Prim>,
    /// The elements that must be there, a bit for each.
    pub(super) required: u128,
    /// What is checked beyond its elements.
    pub(super) special: Special,
    /// The bindings of its elements, required and extensible ones, at the elements' places.
    pub(super) bound: Vec<Option<&'static Bound>>,
    /// The invariants of the type.
    pub(super) rules: Vec<Rule>,
    /// The invariants of its elements, at the elements' places.
    pub(super) element_rules: Vec<Vec<Rule>>,
}

impl Plan {
    /// Whether it is a resource type.
    pub(super) const fn is_resource(&self) -> bool {
        matches!(self.special, Special::Resource | Special::Bundle)
    }
}

/// Types with rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    None,
    /// Any resource, where one is nested in another.
    AnyResource,
    /// A resource type.
    Resource,
    Bundle,
    Reference,
    Extension,
    Narrative,
    Coding,
    CodeableConcept,
    /// `Quantity` and what is made from it.
    Quantity,
}

/// The plans of all types.
pub(super) fn plans() -> &'static [Plan] {
    static PLANS: OnceLock<Vec<Plan>> = OnceLock::new();
    PLANS.get_or_init(|| {
        let mut sets = Sets::default();
        types().iter().map(|def| plan(def, &mut sets)).collect()
    })
}

/// One [`Bound`] for each value set and strength; they live as long as the program.
type Sets = FxHashMap<(&'static str, bool), &'static Bound>;

/// The value set that the specification allows at most where it prefers another (`elementdefinition-maxValueSet`). Held
/// to for bare codes only: patients' languages come in the wild from ISO 639's own code system.
const LANGUAGES: (&str, &str) = (
    "http://hl7.org/fhir/ValueSet/languages",
    "http://hl7.org/fhir/ValueSet/all-languages",
);

fn bound(element: &'static ElementDef, sets: &mut Sets) -> Option<&'static Bound> {
    let binding = element.binding.as_ref()?;
    let (url, strength) = match binding.strength {
        Strength::Required | Strength::Extensible => (binding.value_set, binding.strength),
        Strength::Preferred | Strength::Example => {
            if binding.value_set != LANGUAGES.0 || element.types.iter().any(|t| t.code != "code") {
                return None;
            }
            (LANGUAGES.1, Strength::Required)
        }
    };
    let key = (url, strength == Strength::Required);
    Some(
        sets.entry(key)
            .or_insert_with(|| Box::leak(Box::new(Bound::new(url, strength)))),
    )
}

fn element_rules(element: &'static ElementDef) -> Vec<Rule> {
    let def = match element.types.as_slice() {
        [only] => only.ty(),
        _ => None,
    };
    element
        .constraints
        .iter()
        .filter_map(|c| Rule::of(c, def))
        .collect()
}

fn plan(def: &'static TypeDef, sets: &mut Sets) -> Plan {
    Plan {
        bound: def.elements.iter().map(|e| bound(e, sets)).collect(),
        rules: def
            .constraints
            .iter()
            .filter_map(|c| Rule::of(c, Some(def)))
            .collect(),
        element_rules: def.elements.iter().map(element_rules).collect(),
        prim: (def.kind == Kind::Primitive)
            .then(|| Prim::of(def.name))
            .flatten(),
        required: def
            .elements
            .iter()
            .take(128)
            .enumerate()
            .filter(|(_, e)| e.min > 0)
            .fold(0, |bits, (i, _)| bits | (1 << i)),
        special: match def.name {
            "Resource" => Special::AnyResource,
            "Bundle" => Special::Bundle,
            "Reference" => Special::Reference,
            "Extension" => Special::Extension,
            "Narrative" => Special::Narrative,
            "Coding" => Special::Coding,
            "CodeableConcept" => Special::CodeableConcept,
            _ if def.is_a("Quantity") => Special::Quantity,
            _ if def.kind == Kind::Resource => Special::Resource,
            _ => Special::None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_primitive_has_a_domain_and_no_type_has_too_many_elements() {
        for (def, plan) in types().iter().zip(plans()) {
            assert_eq!(
                def.kind == Kind::Primitive,
                plan.prim.is_some(),
                "{}",
                def.name
            );
            assert!(def.elements.len() <= 128, "{}", def.name);
        }
    }
}
