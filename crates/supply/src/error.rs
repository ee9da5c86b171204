//! Why a release is not taken, and why it cannot be put in its place.

use std::path::PathBuf;

use tough::error::Error as Tough;

use crate::ReleaseError;

/// Why what a repository offers is not believed. Nothing of it is used then.
#[derive(Debug, thiserror::Error)]
pub enum SupplyError {
    /// The address is none.
    #[error("{0} is no address of a repository: a directory, or https://…")]
    Address(String),
    /// Its statements are too old: whoever answers may hold newer ones back.
    #[error(
        "what the repository says has expired, so that newer releases may be held back from here: {0}"
    )]
    Expired(String),
    /// It says less than it said before.
    #[error("the repository is older than when it was last asked: {0}")]
    RolledBack(String),
    /// Its parts are not of one moment.
    #[error("the repository's parts do not belong together: {0}")]
    Mixed(String),
    /// The signatures are not of the keys that the root names.
    #[error("the signatures are not those of the keys that are trusted: {0}")]
    Signature(String),
    /// A file goes on beyond what was signed.
    #[error("a file is longer than it may be: {0}")]
    Endless(String),
    /// A file is not the one that was signed.
    #[error("a file is not the one that was signed: {0}")]
    Tampered(String),
    /// Something that must be there is not, or is not what it should be.
    #[error("the repository cannot be read: {0}")]
    Unreadable(String),
    /// The machine's clock was ahead when the repository was asked before.
    #[error("the machine's clock is behind the time of the last check: set it right")]
    Clock,
    /// What says which files there are.
    #[error("release.json: {0}")]
    Release(#[from] ReleaseError),
    /// A file that the release names, and the repository has not signed.
    #[error("the release names {0}, which the repository has not signed")]
    Unsigned(String),
    /// Where it is to be kept.
    #[error("{0}")]
    File(PathBuf, #[source] std::io::Error),
}

impl From<Tough> for SupplyError {
    fn from(error: Tough) -> Self {
        // What is wrong with a file comes wrapped into what is wrong with fetching it.
        let inner = innermost(&error);
        let text = in_one_line(inner);
        match inner {
            Tough::ExpiredMetadata { .. } => Self::Expired(text),
            Tough::OlderMetadata { .. }
            | Tough::OlderSnapshotInTimestamp { .. }
            | Tough::SnapshotRoleMissing { .. }
            | Tough::SnapshotRoleRollback { .. } => Self::RolledBack(text),
            Tough::VersionMismatch { .. }
            | Tough::MetaMissing { .. }
            | Tough::MissingSnapshotMeta { .. }
            | Tough::TimestampMetaLength { .. }
            | Tough::SnapshotTargetsMetaMissing { .. } => Self::Mixed(text),
            Tough::VerifyMetadata { .. }
            | Tough::VerifyTrustedMetadata { .. }
            | Tough::VerifyRoleMetadata { .. } => Self::Signature(text),
            Tough::MaxSizeExceeded { .. } => Self::Endless(text),
            Tough::HashMismatch { .. } => Self::Tampered(text),
            Tough::SystemTimeSteppedBackward { .. } => Self::Clock,
            _ => Self::Unreadable(text),
        }
    }
}

fn innermost(error: &Tough) -> &Tough {
    let mut found = error;
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(next) = cause {
        if let Some(inner) = next.downcast_ref::<Tough>() {
            found = inner;
        }
        cause = next.source();
    }
    found
}

fn in_one_line(error: &dyn std::error::Error) -> String {
    const MOST: usize = 300;
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let more = next.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = next.source();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(MOST).collect()
}

/// Why a release cannot be put beside the one in use, or take its place.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// The program does not lie where two releases have room.
    #[error(
        "{0} is not one of two directories a and b beside a link `current`: `aceso update install --to DIR` makes them"
    )]
    Layout(PathBuf),
    /// A directory or file.
    #[error("{0}")]
    File(PathBuf, #[source] std::io::Error),
    /// There is something already.
    #[error("{0} is there already")]
    There(PathBuf),
    /// The other directory holds no program.
    #[error("there is no other release to go back to")]
    Empty,
    /// What was noted of a switch.
    #[error("{0} is not what this program writes")]
    Note(PathBuf),
}
