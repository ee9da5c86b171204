//! Why an act was refused.

/// Why a read was refused. `Unknown` is also the answer to what the caller may not see.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such resource or version, or the caller may not know of it.
    #[error("not known")]
    Unknown,
    /// It was deleted.
    #[error("deleted")]
    Gone {
        /// The version that the deletion made.
        version: u64,
    },
    /// The caller's scopes do not cover this act on this type at all.
    #[error("not allowed")]
    Forbidden,
    /// The query asks for something that cannot be done; the text says what and how to mend it.
    #[error("{0}")]
    BadQuery(String),
    /// The store failed; hidden from the caller.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Why a write was refused.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no such resource, or the caller may not know of it.
    #[error("not known")]
    Unknown,
    /// The caller's scopes do not cover this act.
    #[error("not allowed")]
    Forbidden,
    /// `If-Match` named another version than the current one.
    #[error("the current version is {current}")]
    VersionMismatch {
        /// The current version.
        current: u64,
    },
    /// References to resources that are not there (nor in the same transaction): `Patient/123`.
    #[error("dangling references")]
    Dangling(Vec<String>),
    /// The resource cannot be deleted: these still refer to it.
    #[error("still referred to")]
    Referenced(Vec<String>),
    /// What this transaction read has changed since: run it again from the start.
    #[error("overtaken by another write")]
    Stale,
    /// The same resource is written twice in one transaction.
    #[error("{0} is written twice in one transaction")]
    Twice(String),
    /// The condition asks for something that cannot be done.
    #[error("{0}")]
    BadQuery(String),
    /// A Subscription that cannot be served; the element it is about, and what is wrong.
    #[error("{path}: {text}")]
    Subscription {
        /// The element.
        path: &'static str,
        /// What is wrong, what is allowed.
        text: String,
    },
    /// The store failed; hidden from the caller.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// What the engine says when there is no room.
const FULL: &str = "database or disk is full";

/// The store failed: what the log gets, never the caller.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub(crate) String);

impl StoreError {
    pub(crate) fn text(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn io(error: std::io::Error) -> Self {
        Self(error.to_string())
    }

    /// There is no room for this any more, only for the audit log and for signing in.
    pub(crate) fn full() -> Self {
        Self::text(FULL)
    }

    /// Whether there was no room left on the disk, so that nothing could be written: not the record, not the audit log.
    pub fn is_full(&self) -> bool {
        self.0.contains(FULL)
    }

    /// The engine's thread is gone: the store is closing or has failed.
    pub(crate) fn closed() -> Self {
        Self::text("the store is closed")
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let full = error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull);
        let text = error.to_string();
        if full && !text.contains(FULL) {
            return Self([FULL, ": ", &text].concat());
        }
        Self(text)
    }
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ReadError> for WriteError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unknown | ReadError::Gone { .. } => Self::Unknown,
            ReadError::Forbidden => Self::Forbidden,
            ReadError::BadQuery(text) => Self::BadQuery(text),
            ReadError::Store(error) => Self::Store(error),
        }
    }
}
