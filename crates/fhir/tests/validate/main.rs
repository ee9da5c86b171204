//! Validation of whole resources: planted faults are found where they are, published resources pass.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails where it stands"
)]

mod faults;
mod profiles;
mod published;
mod random;

use aceso_fhir::json;
use aceso_fhir::outcome::Issue;
use aceso_fhir::validate::{self, Options};

fn issues(text: &str) -> Vec<Issue> {
    let value = json::read(text.as_bytes()).unwrap();
    validate::resource(&value, &Options::WRITE)
}

/// The text has exactly one fault, at this place, and the sentence about it has these words.
fn check_fault(text: &str, place: &str, words: &str) {
    let found = issues(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    assert_eq!(found[0].expression.as_deref(), Some(place), "{found:?}");
    assert!(found[0].text.contains(words), "{found:?}");
    assert!(found[0].fix.is_some(), "{found:?}");
}

fn check_good(text: &str) {
    assert_eq!(issues(text), [], "{text}");
}

/// A patient with these further members.
fn patient(more: &str) -> String {
    format!(r#"{{"resourceType":"Patient",{more}}}"#)
}

/// An observation with these further members.
fn observation(more: &str) -> String {
    format!(r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},{more}}}"#)
}
