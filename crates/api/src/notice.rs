//! What goes with an answer that says something about substance use (42 CFR 2.32): the labels of all that is in it, the notice, and on
//! which consents it is given.

use aceso_fhir::disclosure::{DISCLOSURE, meta_of, meta_over};
use aceso_fhir::{Object, Value};
use aceso_store::Stored;

use crate::answer::{Answer, Content, own};
use crate::problem::Answered;

/// The `meta` of a Bundle of these versions; none when nothing of it leaves under the regulation.
pub(crate) fn meta(shown: &mut dyn Iterator<Item = &Stored>) -> Option<Object> {
    meta_of(shown.filter_map(|s| s.release.as_ref().map(|r| r.extension())))
}

/// The same, of a Bundle of answers.
pub(crate) fn meta_of_answers(answers: &[Answer]) -> Answered<Option<Object>> {
    let mut marked: Vec<Value> = Vec::new();
    for answer in answers {
        if let Content::Json(bytes) = &answer.content
            && bytes
                .windows(DISCLOSURE.len())
                .any(|w| w == DISCLOSURE.as_bytes())
        {
            marked.push(own(bytes)?);
        }
    }
    Ok(meta_over(&marked))
}
