//! Copies of sealed files in a repository of restic's format: encrypted, deduplicated, each checked by what wrote it.
//!
//! It is handed directories, and what is read from elsewhere, and hands directories back; it knows neither the record nor its keys. A repository lies in a
//! directory, on another machine (by this machine's `ssh`), or in a bucket (by a function that asks the network). Deliberately
//! absent: what is copied and when (`aceso`), and everything that would let a repository be read without its password.

mod address;
mod contents;
mod error;
mod keep;
mod ledger;
mod manifest;
mod repository;
mod snapshot;
mod storage;

pub use address::{Address, AddressError, S3Address, SftpAddress};
pub use contents::Contents;
pub use error::BackupError;
pub use keep::Keep;
pub use manifest::{Listed, MANIFEST, Manifest, ManifestError};
pub use repository::{Indexed, ReadData, Repository, Room, Unlocked};
pub use snapshot::{Figures, Link, Series, Snapshot};
pub use storage::{Ask, Asking, S3Credentials, Shelf, StorageError, Told, Verb};
