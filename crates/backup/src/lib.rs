//! Copies of sealed files in a repository of restic's format: encrypted, deduplicated, each checked by what wrote it.
//!
//! It is handed directories and hands directories back; it knows neither the record nor its keys. Deliberately absent: what
//! is copied and when (`aceso`), and everything that would let a repository be read without its password.

mod error;
mod keep;
mod manifest;
mod repository;
mod snapshot;

pub use error::BackupError;
pub use keep::Keep;
pub use manifest::{Listed, MANIFEST, Manifest, ManifestError};
pub use repository::{Indexed, ReadData, Repository, Room};
pub use snapshot::{Figures, Series, Snapshot};
