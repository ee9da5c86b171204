//! Room on the disk that is kept for the audit log and for signing in. When the disk fills, the file that holds it is removed: what
//! people read is still logged and so still shown, they sign in and out, and nothing else is written. When there is room
//! again, the file is made again, and everything goes on.
//!
//! Whether the room is held is whether the file is there: so all processes on a directory agree, also after a start.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, statvfs};

/// The file's name in the data directory.
const FILE: &str = "reserve";
/// So much is held: some ten thousand entries of the log, with the side files of both databases.
const SIZE: u64 = 8 << 20;
/// With less than this left the room is given up.
const LOW: u64 = 2 << 20;

/// The room that is held.
#[derive(Clone, Debug)]
pub(crate) struct Reserve {
    dir: PathBuf,
}

impl Reserve {
    /// In this directory: gives it up where the disk is full, holds it where there is room.
    pub(crate) fn of(dir: &Path) -> Self {
        let reserve = Self {
            dir: dir.to_path_buf(),
        };
        reserve.keep_ahead();
        reserve.holds();
        reserve
    }

    /// Gives the room up while there is still a little: answers whether that has just been done.
    pub(crate) fn keep_ahead(&self) -> bool {
        self.free().is_some_and(|free| free < LOW) && self.give_up()
    }

    /// Gives the room up: answers whether there was any.
    pub(crate) fn give_up(&self) -> bool {
        let given = fs::remove_file(self.path()).is_ok();
        if given {
            tracing::error!(
                dir = %self.dir.display(),
                "the disk is full: its last room is kept for the audit log and for signing in, and nothing else is written"
            );
        }
        given
    }

    /// Whether there is room for more than the log and signing in. Takes the room again when it can.
    pub(crate) fn admits(&self) -> bool {
        self.holds() || self.free().is_none_or(|free| free >= SIZE + LOW)
    }

    /// Whether the room is held, now that it was tried.
    fn holds(&self) -> bool {
        let path = self.path();
        if path.exists() {
            return true;
        }
        let ample = self.free().is_some_and(|free| free >= 2 * (SIZE + LOW));
        if !ample {
            return false;
        }
        let mut options = OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600).open(&path);
        let held = made.is_ok_and(|file| fallocate(file, FallocateFlags::empty(), 0, SIZE).is_ok());
        if !held {
            // A file system that promises no room, or another process that was first.
            let _ = fs::remove_file(&path);
        }
        held
    }

    fn free(&self) -> Option<u64> {
        free(&self.dir)
    }

    fn path(&self) -> PathBuf {
        self.dir.join(FILE)
    }
}

/// What is left on a directory's disk, in bytes; none when the system does not say.
pub(crate) fn free(dir: &Path) -> Option<u64> {
    let about = statvfs(dir).ok()?;
    Some(about.f_bavail.saturating_mul(about.f_frsize))
}
