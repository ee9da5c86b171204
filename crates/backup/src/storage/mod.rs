//! Where a repository's files are: a directory of this machine, or storage elsewhere that keeps named files.

mod directory;
mod s3;
mod sftp;

use std::path::Path;
use std::sync::Arc;

use aceso_base::Clock;
use bytes::Bytes;
use rustic_core::{
    BytesList, ErrorKind, FileType, Id, ReadBackend, RepositoryBackends, RusticError, RusticResult,
    WriteBackend,
};

pub use s3::{Ask, Asking, S3Credentials, Told, Verb};

use crate::ledger::{Gate, unread};
use crate::{S3Address, SftpAddress};

/// Why storage does not do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The file is not there.
    #[error("it is not there")]
    Absent,
    /// Its keeper does not let this machine do that.
    #[error("the storage does not allow it to this machine: {0}")]
    Refused(String),
    /// Its keeper does not let this machine delete.
    #[error(
        "the storage does not let this machine delete, so nothing was: let go of old backups (aceso backup prune) on a \
         machine that may, and set backup.append_only here"
    )]
    MayNotDelete,
    /// There is no room.
    #[error(
        "the storage has no room left: nothing was added; make room there, or let go of old backups (aceso backup prune)"
    )]
    Full,
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    offset: u64,
    length: u32,
}

/// What a repository in directories consists of, besides `config`.
const FOLDERS: [&str; 5] = ["keys", "locks", "snapshots", "index", "data"];

/// What keeps named files. A name is a path in plain letters, such as `snapshots/1f…`.
trait Storage: Send + Sync {
    /// Where it is, for people.
    fn location(&self) -> String;
    /// Makes what has to be there before files can be written.
    fn prepare(&self) -> Result<(), StorageError>;
    /// The files below a name: the last part of each one's, and its length.
    fn list(&self, below: &str) -> Result<Vec<(String, u64)>, StorageError>;
    /// A file, or a part of it, which is as long as was asked for.
    fn read(&self, name: &str, part: Option<Part>) -> Result<Vec<u8>, StorageError>;
    /// Writes a whole file: afterwards all of it is there, or nothing by that name.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), StorageError>;
    /// Removes a file.
    fn remove(&self, name: &str) -> Result<(), StorageError>;
}

/// How a repository's files are reached. Cheap to clone.
#[derive(Clone)]
pub struct Shelf(Arc<dyn Storage>);

impl Shelf {
    /// In a directory of this machine.
    pub fn directory(dir: &Path) -> Self {
        Self(Arc::new(directory::Directory::new(dir.to_path_buf())))
    }

    /// On another machine, by its SSH server and this machine's `ssh`, which reads the file `config` (`ssh -F`) instead of the
    /// account's own when one is named. Hosts must be known to it; it never asks anything.
    pub fn sftp(address: &SftpAddress, config: Option<&Path>) -> Self {
        Self(Arc::new(sftp::Sftp::new(address, config)))
    }

    /// In a bucket, asked for by this function.
    pub fn s3(
        address: &S3Address,
        credentials: S3Credentials,
        asking: Asking,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(s3::S3::new(address, credentials, asking, clock)))
    }

    /// Whether there is a repository.
    pub(crate) fn holds_repository(&self) -> Result<bool, StorageError> {
        let begin = Part {
            offset: 0,
            length: 1,
        };
        match self.0.read("config", Some(begin)) {
            Ok(_) => Ok(true),
            Err(StorageError::Absent) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// For the library; snapshots go through the gate.
    pub(crate) fn backends(&self, gate: Arc<Gate>) -> RepositoryBackends {
        RepositoryBackends::new(Arc::new(Files(Arc::clone(&self.0), gate)), None)
    }
}

/// Storage as the library asks it: restic's layout of a repository.
struct Files(Arc<dyn Storage>, Arc<Gate>);

fn name(kind: FileType, id: &Id) -> String {
    let hex = id.to_hex();
    match kind {
        FileType::Config => "config".to_owned(),
        FileType::Pack => {
            let first = hex.get(..2).unwrap_or_default();
            format!("data/{first}/{}", &*hex)
        }
        FileType::Index | FileType::Key | FileType::Snapshot => {
            format!("{}/{}", kind.dirname(), &*hex)
        }
    }
}

fn told(error: StorageError) -> Box<RusticError> {
    RusticError::with_source(ErrorKind::Backend, "the storage failed", error)
}

impl ReadBackend for Files {
    fn location(&self) -> String {
        self.0.location()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        if kind == FileType::Config {
            let config = self.0.read("config", None);
            return match config {
                Ok(config) => Ok(vec![(
                    Id::default(),
                    u32::try_from(config.len()).unwrap_or(0),
                )]),
                Err(StorageError::Absent) => Ok(Vec::new()),
                Err(error) => Err(told(error)),
            };
        }
        let found = self.0.list(kind.dirname()).map_err(told)?;
        // What has no id for a name is not the repository's: a file that was being written when its writer ended.
        let files = found.into_iter().filter_map(|(name, length)| {
            Some((
                name.parse().ok()?,
                u32::try_from(length).unwrap_or(u32::MAX),
            ))
        });
        Ok(files.collect())
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        let read = self.0.read(&name(kind, id), None);
        read.map(Bytes::from).map_err(told)
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let part = Part {
            offset: u64::from(offset),
            length,
        };
        let read = self.0.read(&name(kind, id), Some(part));
        read.map(Bytes::from).map_err(told)
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        name(kind, id)
    }
}

impl WriteBackend for Files {
    fn create(&self) -> RusticResult<()> {
        self.0.prepare().map_err(told)
    }

    fn write_bytes(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        content: BytesList,
    ) -> RusticResult<()> {
        if kind == FileType::Snapshot {
            self.1.opens().map_err(unread)?;
        }
        let whole = content.into_vec().concat();
        self.0.write(&name(kind, id), &whole).map_err(told)
    }

    fn remove(&self, kind: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        let removed = self.0.remove(&name(kind, id));
        removed.map_err(|error| {
            told(match error {
                StorageError::Refused(_) => StorageError::MayNotDelete,
                other => other,
            })
        })
    }
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shelf({})", self.0.location())
    }
}
