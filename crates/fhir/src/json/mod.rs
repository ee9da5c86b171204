//! FHIR JSON: strict RFC 8259, number text and member order kept.

mod canonical;
mod reader;
mod scan;
mod writer;

pub use canonical::canonical;
pub(crate) use reader::is_number;
pub use reader::read;
pub use writer::{to_string, write, write_pretty};
