//! Why the feed was not taken.

use aceso_desk::matching::SbomError;
use aceso_store::PeopleError;

/// Why.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The desk does not answer, or does not have what it should.
    #[error("{0}")]
    Unreachable(String),
    /// What came is not to be trusted.
    #[error("{0}")]
    Refused(String),
    /// The bill of materials of this program.
    #[error("the bill of materials: {0}")]
    Bill(#[from] SbomError),
    /// The store.
    #[error("what was taken cannot be kept: {0}")]
    Store(#[from] PeopleError),
}

impl PullError {
    /// What cannot be fetched.
    pub(super) fn unreachable(what: &str, why: impl std::fmt::Display) -> Self {
        Self::Unreachable(format!("{what}: {why}"))
    }

    /// What is not to be trusted.
    pub(super) fn refused(what: &str, why: impl std::fmt::Display) -> Self {
        Self::Refused(format!("{what} is refused: {why}"))
    }
}
