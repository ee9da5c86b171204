//! Why the desk did not do something.

use aceso_desk::case::Refused;

use crate::{PeopleError, Refusal, StoreError};

/// Why an act or a look at the desk's tables was refused.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// There is no such thing, or the caller may not know of it.
    #[error("not known")]
    Unknown,
    /// The caller may not do this.
    #[error("not allowed")]
    Forbidden,
    /// The caller may, signed in with a second factor or after a fresh proof.
    #[error("prove again who you are first")]
    NeedsProof,
    /// The case's guards stand against it, with what is missing.
    #[error(transparent)]
    Guard(#[from] Refused),
    /// Somebody did something in the case in between.
    #[error("somebody else has done something in this case in the meantime: look again")]
    Stale,
    /// It was done before.
    #[error("it was done already")]
    Done,
    /// A rule stands against it; the text may be shown.
    #[error("{0}")]
    Rule(&'static str),
    /// The store failed; hidden from the caller.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<PeopleError> for DeskError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Unknown => Self::Unknown,
            PeopleError::Forbidden => Self::Forbidden,
            PeopleError::NeedsStepUp | PeopleError::NeedsSecondFactor => Self::NeedsProof,
            PeopleError::Refused(Refusal::Decided) => Self::Done,
            PeopleError::Refused(Refusal::Stale) => Self::Stale,
            PeopleError::Refused(Refusal::Field(text)) => Self::Rule(text),
            PeopleError::Refused(_) => Self::Forbidden,
            PeopleError::Store(error) => Self::Store(error),
        }
    }
}
