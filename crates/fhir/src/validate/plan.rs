//! What the walk must know of each type beyond the type table, worked out once.

use std::sync::OnceLock;

use crate::definitions::{Kind, TypeDef, types};

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
}

/// Types with rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    None,
    /// Any resource, where one is nested in another.
    AnyResource,
    /// A resource type.
    Resource,
    Reference,
    Extension,
    Narrative,
}

/// The plans of all types.
pub(super) fn plans() -> &'static [Plan] {
    static PLANS: OnceLock<Vec<Plan>> = OnceLock::new();
    PLANS.get_or_init(|| types().iter().map(plan).collect())
}

fn plan(def: &'static TypeDef) -> Plan {
    Plan {
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
            "Reference" => Special::Reference,
            "Extension" => Special::Extension,
            "Narrative" => Special::Narrative,
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
