//! What a server that stopped in order leaves for the next start: as long as nothing was written since, the log of the backup
//! goes on, and the start needs no backup of its own.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use aceso_base::Instant;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::log::spool;
use crate::place::Place;

/// The databases, in the data directory.
const DATABASES: [&str; 2] = ["record.db", "audit.db"];
const FILE: &str = "left.json";

/// Where the log of a backup stood when its server stopped, with everything in the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Left {
    /// The snapshot that the log goes on from.
    pub(super) base: String,
    /// The number of its next piece.
    pub(super) next: u32,
    /// Up to when the repository has everything, in milliseconds since 1970.
    at: i64,
    /// The count of changes of the patients' keys that are in the repository.
    pub(super) key_changes: u64,
    files: Vec<Mark>,
}

/// A file as it was: a write to it changes one of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    inode: u64,
    length: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Left {
    /// With the databases as they were when nobody wrote and all that was written was in them.
    pub(super) fn new(
        (base, next): (String, u32),
        at: Instant,
        key_changes: u64,
        files: Vec<Mark>,
    ) -> Self {
        Self {
            base,
            next,
            at: at.millis(),
            key_changes,
            files,
        }
    }

    pub(super) fn at(&self) -> Instant {
        Instant::from_millis(self.at)
    }

    /// Keeps it for the next start.
    pub(super) fn keep(&self, place: &Place) -> Result<()> {
        let file = file(place)?;
        let text = serde_json::to_string(self)?;
        fs::write(&file, text).with_context(|| file.display().to_string())
    }

    /// What the last server left, once; none when it did not stop in order, or when anything was written since. To be asked
    /// before the record is opened.
    pub(crate) fn take(place: &Place) -> Option<Self> {
        let file = file(place).ok()?;
        let text = fs::read_to_string(&file).ok()?;
        // Whatever comes of this start, the next one must not believe it again.
        fs::remove_file(&file).ok()?;
        let left: Self = serde_json::from_str(&text).ok()?;
        let is_whole = DATABASES.iter().all(|name| is_settled(&place.dir, name));
        (is_whole && marks(&place.dir).ok()? == left.files).then_some(left)
    }
}

fn file(place: &Place) -> Result<PathBuf> {
    Ok(spool(place)?.join(FILE))
}

/// The databases' files as they are now.
pub(super) fn marks(dir: &Path) -> Result<Vec<Mark>> {
    let mark = |name: &&str| {
        let path = dir.join(name);
        let about = fs::metadata(&path).with_context(|| path.display().to_string())?;
        Ok(Mark {
            inode: about.ino(),
            length: about.len(),
            seconds: about.mtime(),
            nanoseconds: about.mtime_nsec(),
        })
    };
    DATABASES.iter().map(mark).collect()
}

/// Whether all of a database is in its file: the engine's log is not there, or empty.
fn is_settled(dir: &Path, name: &str) -> bool {
    match fs::metadata(dir.join([name, "-wal"].concat())) {
        Ok(about) => about.len() == 0,
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}
