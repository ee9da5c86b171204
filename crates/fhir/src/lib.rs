//! HL7 FHIR R4 over JSON: reading, writing, validating, FHIRPath, patching, and the values a search looks at.
//! Pure: bytes and values in, values and outcomes out. Definitions come from tables that `cargo xtask gen` compiles.
//!
//! Deliberately absent: storage, HTTP, permission, and generated structs for each resource type.

pub mod bulk;
pub mod consent;
pub mod definitions;
pub mod disclosure;
pub mod form;
pub mod json;
pub mod outcome;
pub mod patch;
pub mod path;
mod read_error;
pub mod search;
pub mod security;
pub mod subset;
pub mod terminology;
pub mod topic;
pub mod validate;
mod value;
pub mod xml;

pub use read_error::{Problem, ReadError};
pub use value::{Number, Object, Value};

/// How deeply a document may be nested, objects and arrays counted.
pub const MAX_DEPTH: usize = 100;
