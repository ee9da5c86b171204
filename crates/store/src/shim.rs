//! Stands in for what `aceso_fhir::search` is about to offer; goes with its landing.

use aceso_fhir::Value;
use aceso_fhir::search::Clause;

#[derive(Default)]
pub(crate) struct Options;

pub(crate) fn matches(_document: &Value, _clause: &Clause) -> Option<bool> {
    None
}

pub(crate) fn parse_clauses(
    _kind: &'static str,
    _text: &str,
    _options: &Options,
) -> Result<Vec<Clause>, String> {
    Err("arguments are not understood yet".to_owned())
}
