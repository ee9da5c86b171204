//! The two database files of a data directory, as this process has them open. A change of the page keys puts another file in
//! the place of one, which no connection that is open notices, and what it writes from then on would be lost. So whoever has a
//! file open *stays* in the directory together with others, in any process; files are exchanged by who is alone in it; and the
//! connections of that process [follow](Link).

use std::fs::{File, OpenOptions, TryLockError};
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use aceso_vault::Keyring;
use rusqlite::Connection;

use crate::StoreError;
use crate::engine::{Database, RECORD, connect};

/// Held together by all who have files of the directory open.
const OPEN: &str = "open.lock";
/// Held by who changes the page keys.
const TURN: &str = "pages.lock";

/// The files, for as long as a store is open.
pub(crate) struct Files {
    pub(crate) dir: PathBuf,
    pub(crate) keyring: Keyring,
    stay: Stay,
    /// Held while a file is exchanged; and by who opens one, or writes to one on a connection that is not its writer's.
    place: RwLock<()>,
    record: AtomicU64,
    audit: AtomicU64,
}

impl Files {
    pub(crate) fn new(dir: &Path, keyring: Keyring, stay: Stay) -> Arc<Self> {
        Arc::new(Self {
            dir: dir.to_path_buf(),
            keyring,
            stay,
            place: RwLock::default(),
            record: AtomicU64::new(0),
            audit: AtomicU64::new(0),
        })
    }

    /// How often another file was put in the place of a database's since they were opened.
    pub(crate) fn exchanged(&self, database: &Database) -> u64 {
        self.count(database).load(Ordering::Acquire)
    }

    /// Opens a connection to a file as it is now.
    pub(crate) fn connect(
        &self,
        database: &Database,
        cache_kib: u32,
    ) -> Result<Connection, StoreError> {
        let _kept = self.keep();
        connect(&self.dir, database, &self.keyring, cache_kib)
    }

    /// Opens a connection that keeps the files where they are for as long as it is open, in any process.
    pub(crate) fn visit(&self, database: &Database, cache_kib: u32) -> Result<Visit, StoreError> {
        let stay = Stay::together(&self.dir)?;
        Ok(Visit {
            connection: connect(&self.dir, database, &self.keyring, cache_kib)?,
            stay,
        })
    }

    /// Keeps the files where they are for a moment, in this process.
    pub(crate) fn keep(&self) -> RwLockReadGuard<'_, ()> {
        self.place.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Alone in the directory, when nobody else has it open.
    pub(crate) fn alone(&self, turn: &Turn) -> Result<Option<Alone<'_>>, StoreError> {
        self.stay.alone(turn)
    }

    /// Nobody in this process opens a file meanwhile.
    pub(crate) fn exchange(&self) -> RwLockWriteGuard<'_, ()> {
        self.place.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another file was put in the place of a database's.
    pub(crate) fn note_exchange(&self, database: &Database) {
        self.count(database).fetch_add(1, Ordering::AcqRel);
    }

    fn count(&self, database: &Database) -> &AtomicU64 {
        if database.file == RECORD.file {
            &self.record
        } else {
            &self.audit
        }
    }
}

/// A connection that follows its database: when another file is in its place, that one is opened.
pub(crate) struct Link {
    files: Arc<Files>,
    database: &'static Database,
    cache_kib: u32,
    exchanged: u64,
    connection: Connection,
}

impl Link {
    pub(crate) fn open(
        files: &Arc<Files>,
        database: &'static Database,
        cache_kib: u32,
    ) -> Result<Self, StoreError> {
        let exchanged = files.exchanged(database);
        Ok(Self {
            files: Arc::clone(files),
            database,
            cache_kib,
            exchanged,
            connection: files.connect(database, cache_kib)?,
        })
    }

    /// The connection, to the file that is there now.
    pub(crate) fn now(&mut self) -> Result<&mut Connection, StoreError> {
        if self.exchanged != self.files.exchanged(self.database) {
            *self = Self::open(&Arc::clone(&self.files), self.database, self.cache_kib)?;
        }
        Ok(&mut self.connection)
    }

    /// The connection, to the file that was there when it was asked last.
    pub(crate) const fn held(&self) -> &Connection {
        &self.connection
    }

    /// Writes to the file that is there now, which stays there meanwhile: for who is not the database's writer.
    pub(crate) fn write(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let files = Arc::clone(&self.files);
        loop {
            self.now()?;
            let _kept = files.keep();
            if self.exchanged == files.exchanged(self.database) {
                return work(&mut self.connection);
            }
        }
    }
}

/// A connection that keeps the files where they are.
pub(crate) struct Visit {
    connection: Connection,
    // Let go after the connection.
    stay: Stay,
}

impl Visit {
    /// The connection, and what keeps the files where they are.
    pub(crate) fn part(self) -> (Connection, Stay) {
        (self.connection, self.stay)
    }
}

impl Deref for Visit {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Visit {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// A stay in a directory whose files are open. Let go when dropped.
pub(crate) struct Stay {
    file: File,
    /// How many in this process hold the directory alone by this stay, one within the other.
    alone: Mutex<u32>,
}

impl Stay {
    /// Together with others; waits while somebody exchanges a file.
    pub(crate) fn together(dir: &Path) -> Result<Self, StoreError> {
        let file = lock_file(dir, OPEN).map_err(StoreError::io)?;
        file.lock_shared().map_err(StoreError::io)?;
        Ok(Self {
            file,
            alone: Mutex::new(0),
        })
    }

    // The system lets go of the stay for a moment while it is changed: nobody else tries to be alone then, by the turn.
    fn alone(&self, _turn: &Turn) -> Result<Option<Alone<'_>>, StoreError> {
        let mut alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        if *alone == 0 {
            match self.file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    self.file.lock_shared().map_err(StoreError::io)?;
                    return Ok(None);
                }
                Err(TryLockError::Error(error)) => return Err(StoreError::io(error)),
            }
        }
        *alone += 1;
        Ok(Some(Alone(self)))
    }
}

/// A stay that nobody else has; with others again when dropped.
pub(crate) struct Alone<'a>(&'a Stay);

impl Alone<'_> {
    /// Nobody else opens a file until this process ends.
    pub(crate) fn for_good(self) {
        std::mem::forget(self);
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let mut alone = self.0.alone.lock().unwrap_or_else(PoisonError::into_inner);
        *alone -= 1;
        if *alone == 0
            && let Err(error) = self.0.file.lock_shared()
        {
            tracing::error!(%error, "the data directory could not be shared again");
        }
    }
}

/// The turn of who changes the page keys: one at a time, in all processes. Let go when dropped.
pub(crate) struct Turn(#[allow(dead_code, reason = "holds the lock")] File);

impl Turn {
    /// None while somebody else has it.
    pub(crate) fn take(dir: &Path) -> Result<Option<Self>, StoreError> {
        let file = lock_file(dir, TURN).map_err(StoreError::io)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(StoreError::io(error)),
        }
    }

    /// Waits for who has it now.
    pub(crate) fn wait(dir: &Path) -> Result<Self, StoreError> {
        let file = lock_file(dir, TURN).map_err(StoreError::io)?;
        file.lock().map_err(StoreError::io)?;
        Ok(Self(file))
    }
}

/// Whether anybody has a record's files open.
pub fn is_open(dir: &Path) -> std::io::Result<bool> {
    match lock_file(dir, OPEN)?.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn lock_file(dir: &Path, name: &str) -> std::io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(dir.join(name))
}
