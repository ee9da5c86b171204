//! What the store refuses, as a page says it.

use aceso_store::{PeopleError, ReadError, Refusal};
use aceso_web::site::PageFault;

/// For acts that no rule of their own stands against: what may not be known is missing.
pub(crate) fn fault(error: PeopleError) -> PageFault {
    match error {
        PeopleError::Unknown | PeopleError::Forbidden => PageFault::Missing,
        PeopleError::NeedsStepUp | PeopleError::NeedsSecondFactor => PageFault::StepUp,
        PeopleError::Refused(why) => PageFault::Refused(crate::words::rule(&why)),
        PeopleError::Store(error) => PageFault::hidden(error),
    }
}

/// For acts against which a rule may stand, which the page then tells.
pub(crate) fn weigh<T>(done: Result<T, PeopleError>) -> Result<Result<T, Refusal>, PageFault> {
    match done {
        Ok(value) => Ok(Ok(value)),
        Err(PeopleError::Refused(why)) => Ok(Err(why)),
        Err(other) => Err(fault(other)),
    }
}

/// For reading the record: what is gone or may not be seen is missing.
pub(crate) fn unreadable(error: ReadError) -> PageFault {
    match error {
        ReadError::Unknown | ReadError::Gone { .. } | ReadError::Forbidden => PageFault::Missing,
        failed @ (ReadError::BadQuery(_) | ReadError::Store(_)) => PageFault::hidden(failed),
    }
}
