//! The private directory for what a backup adds to the databases, and for what is restored to be looked at: one run at a time,
//! and nothing left behind.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::place::Place;

const LOCK: &str = "lock";
const TURNS: &str = "turns";
const STAGE: &str = "stage";
/// How often it is looked whether another run has ended.
const LOOK: Duration = Duration::from_millis(250);

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
        Self::in_dir(&Self::dir(place)?)?
            .context("another backup, drill or restore of a patient is at work: try again later")
    }

    /// Takes it as soon as it is free; `tell` hears of it when that is not at once. Gives up after `patience`.
    pub(crate) async fn when_free(
        place: &Place,
        patience: Duration,
        tell: &dyn Fn(&str),
    ) -> Result<Self> {
        Self::when_dir_is_free(&Self::dir(place)?, patience, tell).await
    }

    async fn when_dir_is_free(dir: &Path, patience: Duration, tell: &dyn Fn(&str)) -> Result<Self> {
        if let Some(work) = Self::in_dir(dir)? {
            return Ok(work);
        }
        tell("another backup, drill or restore of a patient is at work: waiting for its end");
        let free = async {
            loop {
                tokio::time::sleep(LOOK).await;
                if let Some(work) = Self::in_dir(dir)? {
                    return Ok(work);
                }
            }
        };
        let waited = tokio::time::timeout(patience, free).await;
        waited.with_context(|| {
            let minutes = patience.as_secs() / 60;
            format!("another backup, drill or restore has not ended in {minutes} minutes")
        })?
    }

    fn dir(place: &Place) -> Result<PathBuf> {
        let dir = match place.config.backup.work.as_str() {
            "" => place.beside(".backup-work"),
            named => PathBuf::from(named),
        };
        place.apart(&dir, "the working directory of backups")?;
        Ok(dir)
    }

    /// None while another run has it.
    fn in_dir(dir: &Path) -> Result<Option<Self>> {
        private(dir)?;
        let lock = lock_file(&dir.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let stage = dir.join(STAGE);
        clear(&stage)?;
        private(&stage)?;
        Ok(Some(Self { stage, _lock: lock }))
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

/// A turn at the repository among this machine's runs. What adds may go on beside what adds, and not beside what removes:
/// what was added and is not in the index yet would be taken for something that nobody needs.
pub(super) struct Turn(#[allow(dead_code, reason = "holds the lock")] File);

impl Turn {
    /// Waits until nobody removes.
    pub(super) fn to_add(place: &Place) -> Result<Self> {
        let lock = Self::file(place)?;
        lock.lock_shared()?;
        Ok(Self(lock))
    }

    /// Waits until nobody adds.
    pub(super) fn to_remove(place: &Place) -> Result<Self> {
        let lock = Self::file(place)?;
        lock.lock()?;
        Ok(Self(lock))
    }

    fn file(place: &Place) -> Result<File> {
        let dir = Work::dir(place)?;
        private(&dir)?;
        lock_file(&dir.join(TURNS))
    }
}

fn lock_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false).mode(0o600);
    options
        .open(path)
        .with_context(|| path.display().to_string())
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Err(error) = clear(&self.stage) {
            tracing::warn!(%error, "what a backup left to work on could not be removed");
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

pub(super) fn clear(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| dir.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn who_waits_is_told_and_has_it_when_the_other_ends_and_gives_up_in_time() {
        let dir = std::env::temp_dir().join(format!("aceso-work-{}", std::process::id()));
        let first = Work::in_dir(&dir).unwrap();
        assert!(first.is_some() && Work::in_dir(&dir).unwrap().is_none());
        let given_up = Work::when_dir_is_free(&dir, Duration::ZERO, &|_| ()).await;
        assert!(given_up.unwrap_err().to_string().contains("0 minutes"));
        // The other ends when it is heard that somebody waits.
        let (first, told) = (Mutex::new(first), Mutex::new(String::new()));
        let tell = |text: &str| {
            told.lock().unwrap().push_str(text);
            drop(first.lock().unwrap().take());
        };
        let second = Work::when_dir_is_free(&dir, Duration::from_secs(60), &tell).await;
        assert!(second.is_ok() && told.lock().unwrap().contains("waiting"));
        drop(second);
        fs::remove_dir_all(&dir).unwrap();
    }
}
