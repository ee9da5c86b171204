//! What the desk refuses, as a page says it.

use aceso_store::DeskError;
use aceso_web::site::PageFault;
use maud::known;

use crate::told::refused;

/// For acts that no page tells more of.
pub(crate) fn fault(error: DeskError) -> PageFault {
    match error {
        DeskError::Unknown | DeskError::Forbidden => PageFault::Missing,
        DeskError::NeedsProof => PageFault::StepUp,
        DeskError::Guard(why) => against(&refused(&why, &|id| id.0.clone()).join(" ")),
        DeskError::Stale | DeskError::Done | DeskError::Rule(_) => against(&rule(&error)),
        DeskError::Store(error) => PageFault::hidden(error),
    }
}

/// The page of a refusal has the last full stop.
fn against(why: &str) -> PageFault {
    PageFault::Refused(why.trim_end_matches('.').to_owned())
}

/// A rule of the store's that stands against something, as a sentence.
pub(crate) fn rule(error: &DeskError) -> String {
    sentence(&known(&error.to_string()))
}

/// A text that begins with a capital letter and ends with a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let rest = letters.as_str().trim_end_matches('.');
    format!("{first}{rest}.")
}
