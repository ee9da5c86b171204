//! What a caller is told when something goes wrong.

/// The kinds of refusal that may leave the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The input is wrong; the caller can mend it.
    BadInput,
    /// The input is right but the present state does not allow it.
    Conflict,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// Something failed inside; the caller gets a reference number, the log has the chain.
    Hidden,
}

/// A refusal at the edge of the program.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// Its kind.
    pub kind: FaultKind,
    /// What the caller is told: what, where, how to mend it.
    pub message: String,
}

impl Fault {
    /// A refusal of this kind with this text.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}
