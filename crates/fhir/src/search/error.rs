//! What is wrong with a search.

/// The kinds of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// No such parameter, or not for this type; lenient handling leaves it out.
    UnknownParameter,
    /// A modifier, prefix or combination that the parameter does not have; lenient handling leaves the parameter out.
    Unsupported,
    /// A value that cannot be read.
    Value,
    /// More values, levels or fan-out than a search may have.
    TooMuch,
}

/// A search that cannot be carried out, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {message}")]
pub struct QueryError {
    /// The kind of mistake.
    pub mistake: Mistake,
    /// The parameter as it was written, cut after 100 characters.
    pub parameter: String,
    /// What is wrong, what is allowed.
    pub message: String,
}

impl QueryError {
    pub(super) fn new(mistake: Mistake, parameter: &str, message: impl Into<String>) -> Self {
        Self {
            mistake,
            parameter: shown(parameter).to_owned(),
            message: message.into(),
        }
    }

    pub(super) fn value(parameter: &str, message: impl Into<String>) -> Self {
        Self::new(Mistake::Value, parameter, message)
    }

    pub(super) fn unsupported(parameter: &str, message: impl Into<String>) -> Self {
        Self::new(Mistake::Unsupported, parameter, message)
    }
}

/// At most 100 characters of what somebody sent, for a message.
pub(super) fn shown(text: &str) -> &str {
    let end = text
        .char_indices()
        .nth(100)
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}
