//! From what the store refuses to what the person sees.

use aceso_store::PeopleError;
use aceso_web::page::known;
use aceso_web::site::PageFault;

/// What may not be known is a page that does not exist; a rule says itself; a failure is hidden.
pub(super) fn fault(error: PeopleError) -> PageFault {
    match error {
        PeopleError::Unknown | PeopleError::Forbidden => PageFault::Missing,
        PeopleError::NeedsStepUp => PageFault::StepUp,
        PeopleError::NeedsSecondFactor => PageFault::Enrol,
        PeopleError::Refused(refusal) => PageFault::Refused(known(&refusal.to_string())),
        PeopleError::Store(error) => PageFault::hidden(error),
    }
}
