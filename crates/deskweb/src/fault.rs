//! What the desk refuses, as a page says it.

use aceso_store::DeskError;
use aceso_web::site::PageFault;

/// For acts that no page tells more of.
pub(crate) fn fault(error: DeskError) -> PageFault {
    match error {
        DeskError::Unknown | DeskError::Forbidden => PageFault::Missing,
        DeskError::NeedsProof => PageFault::StepUp,
        DeskError::Guard(why) => PageFault::Refused(sentence(&why.to_string())),
        DeskError::Stale => PageFault::Refused(sentence(&DeskError::Stale.to_string())),
        DeskError::Done => PageFault::Refused(sentence(&DeskError::Done.to_string())),
        DeskError::Rule(text) => PageFault::Refused(sentence(text)),
        DeskError::Store(error) => PageFault::hidden(error),
    }
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
