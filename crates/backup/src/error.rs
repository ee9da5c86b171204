//! Why a repository does not do what it is asked.

use std::path::PathBuf;

use rustic_core::RusticError;

use crate::StorageError;
use crate::storage::cause;

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
    /// The path cannot be written as text.
    #[error("the path is not UTF-8")]
    Path,
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
        if let Some(storage) = cause(&error) {
            return Self::Storage(storage);
        }
        Self::Repository(in_one_line(&error.display_log()))
    }
}

/// Guidance and causes, without the line breaks and what only the library's authors understand.
pub(crate) fn in_one_line(text: &str) -> String {
    const MOST: usize = 400;
    let text = text.split("Backtrace").next().unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(MOST).collect()
}
