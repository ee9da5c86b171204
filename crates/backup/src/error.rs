//! Why a repository does not do what it is asked.

use std::path::PathBuf;

use rustic_core::RusticError;

use crate::StorageError;
use crate::ledger::Unread;

/// Why a repository does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is none.
    #[error("there is no repository: is the disk mounted? `aceso backup init` makes a new one")]
    Absent,
    /// There is one already.
    #[error("there is a repository already")]
    There,
    /// The password is another's.
    #[error("the password is not this repository's")]
    Password,
    /// A directory cannot be made.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// A file that was to be restored cannot be written here.
    #[error("{}: {why}", .place.display())]
    Unwritten {
        /// Which file.
        place: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Something could not be read whole; no snapshot was made.
    #[error("no snapshot was made, because not all could be read: {path}: {why}")]
    Unread {
        /// Which file of the snapshot.
        path: String,
        /// What was wrong.
        why: String,
    },
    /// Where it is kept.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The repository, or where it is, failed.
    #[error("the repository failed: {0}")]
    Repository(String),
}

impl From<Box<RusticError>> for BackupError {
    fn from(error: Box<RusticError>) -> Self {
        if error.is_incorrect_password() {
            return Self::Password;
        }
        if let Some(Unread { path, why }) = cause(&error) {
            return Self::Unread { path, why };
        }
        if let Some(storage) = cause(&error) {
            return Self::Storage(storage);
        }
        Self::Repository(in_one_line(&error.display_log()))
    }
}

/// What was said below, where that is why something failed.
fn cause<T: std::error::Error + Clone + 'static>(error: &RusticError) -> Option<T> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found.clone());
        }
        next = error.source();
    }
    None
}

/// Guidance and causes, without the line breaks and what only the library's authors understand.
pub(crate) fn in_one_line(text: &str) -> String {
    const MOST: usize = 400;
    let text = text.split("Backtrace").next().unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(MOST).collect()
}
