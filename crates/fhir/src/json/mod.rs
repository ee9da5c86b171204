//! FHIR JSON: strict RFC 8259, number text and member order kept.

mod reader;
mod scan;
mod writer;

pub(crate) use reader::is_number;
pub use reader::read;
pub use writer::{to_string, write, write_pretty};
