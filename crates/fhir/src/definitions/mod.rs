//! The definitions of FHIR R4 (types, elements, search parameters …) as compact tables, compiled by `cargo xtask gen`
//! from HL7's packages (CC0; origin in `NOTICE`) and loaded once.

mod parameters;
mod profiles;
mod types;

pub use parameters::{Branch, BranchUse, Component, Param, ParamKind, Parameters, parameters};
pub use profiles::{Discriminator, Profile, Shape, Slicing, TypeUse, profile, profile_urls};
pub use types::{
    Binding, Constraint, ElementDef, Hit, Kind, Strength, TypeDef, TypeId, TypeRef, Types,
    choice_key, types,
};
