//! FHIR XML (FHIR R4, section 2.6.1) to and from the document model, which has the shape of FHIR JSON.
//!
//! Comments and processing instructions are dropped. A document type declaration is refused, and so is every entity but the five of
//! XML itself. The narrative's `div` is kept as the text that it was.

mod narrative;
mod primitive;
mod reader;
mod source;
mod text;
mod writer;

pub use reader::read;
pub use writer::write;

const FHIR: &str = "http://hl7.org/fhir";
const XHTML: &str = "http://www.w3.org/1999/xhtml";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
