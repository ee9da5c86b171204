//! Code systems, value sets and concept maps: those of R4, US Core, CVX, MVX and ISO 3166 that are built in, and those that the
//! caller hands in as a [`Source`]. The operations take a `Parameters` and answer as the FHIR R4 terminology service does.
//!
//! Not built in, because their licences do not allow passing them on: SNOMED CT, LOINC, RxNorm, CPT. A value set that needs
//! them is open: membership of their codes is unknown, not false.

mod built_in;
mod code_set;
mod compose;
mod display;
mod expand;
mod filter;
mod grammar;
mod load;
mod lookup;
mod parameters;
mod source;
mod system;
mod translate;
mod validate_code;

use std::sync::Arc;

use compact_str::CompactString;

pub use code_set::{CodeSet, Member};
pub use compose::Trouble;
pub use expand::expand;
pub use load::{BadCodes, BadLine, CodeFile, Codes};
pub use lookup::{lookup, subsumes};
pub use source::Source;
pub use system::{Concept, Content, System};
pub use translate::translate;
pub use validate_code::{validate_code, validate_code_in_system};

/// The codes of a value set, by its canonical URL (`|version` is ignored); none when it is not known or cannot be
/// computed. Value sets of unknown code systems come back with those systems marked open.
pub fn value_set_codes(source: &Source, url: &str) -> Option<Arc<CodeSet>> {
    source.code_set(url)
}

/// The code and everything below it (`:below`, `is-a`); only the code itself when its system is not known.
pub fn descendants(source: &Source, system: &str, code: &str) -> Vec<CompactString> {
    source
        .system(system)
        .map_or_else(|| vec![CompactString::new(code)], |s| s.descendants(code))
}

/// The code and everything above it (`:above`); only the code itself when its system is not known.
pub fn ancestors(source: &Source, system: &str, code: &str) -> Vec<CompactString> {
    source
        .system(system)
        .map_or_else(|| vec![CompactString::new(code)], |s| s.ancestors(code))
}

/// A canonical URL without its `|version`.
fn bare(url: &str) -> &str {
    url.split('|').next().unwrap_or(url)
}
