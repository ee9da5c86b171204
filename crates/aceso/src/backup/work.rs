//! The private directory in which copies are made ready: one run at a time, and nothing left behind.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::place::Place;

const LOCK: &str = "lock";
const STAGE: &str = "stage";

/// A directory for one run; emptied when dropped. Only one can be had at a time.
#[derive(Debug)]
pub(crate) struct Work {
    stage: PathBuf,
    /// Held while the run lasts.
    _lock: File,
}

impl Work {
    /// Takes it; a run that was killed is cleaned up after.
    pub(crate) fn take(place: &Place) -> Result<Self> {
        let dir = match place.config.backup.work.as_str() {
            "" => place.beside(".backup-work"),
            named => PathBuf::from(named),
        };
        place.apart(&dir, "the working copy of a backup")?;
        private(&dir)?;
        let mut options = OpenOptions::new();
        let lock = options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(dir.join(LOCK))
            .with_context(|| dir.display().to_string())?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another backup, drill or restore of a patient is at work: try again later")
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let stage = dir.join(STAGE);
        clear(&stage)?;
        private(&stage)?;
        Ok(Self { stage, _lock: lock })
    }

    /// Makes a directory in it.
    pub(crate) fn directory(&self, name: &str) -> Result<PathBuf> {
        let dir = self.stage.join(name);
        private(&dir)?;
        Ok(dir)
    }

    pub(super) fn path(&self) -> &Path {
        &self.stage
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Err(error) = clear(&self.stage) {
            tracing::warn!(%error, "a backup's working copy could not be removed");
        }
    }
}

/// Makes a directory (0700); one that others can look into is refused.
pub(super) fn private(dir: &Path) -> Result<()> {
    let name = || dir.display().to_string();
    let mut builder = DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(name)?;
    let mode = fs::metadata(dir).with_context(name)?.mode();
    if mode & 0o077 != 0 {
        bail!("{} can be entered by others: chmod 700 it", dir.display());
    }
    Ok(())
}

fn clear(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| dir.display().to_string()),
    }
}
