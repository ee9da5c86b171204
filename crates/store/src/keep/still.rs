//! The record of one moment, to be read where it stands, sealed, while everything goes on: no copy of it is made.
//!
//! The writer stands still only while what it has just added to its write-ahead log is looked through. From then on a read
//! transaction on each database holds the moment ([`super::seen`]).

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aceso_policy::Caller;
use rusqlite::Connection;

use super::follow::{Following, Locked, begin};
use super::image::Image;
use super::seen::{Log, Reader, Seen};
use crate::engine::{AUDIT, Database, RECORD};
use crate::files::{Files, Visit};
use crate::people::{Act, Need, PeopleError};
use crate::store::Inner;
use crate::{Store, StoreError};

/// What SQLite adds to a database's name for its write-ahead log.
pub(super) const LOG_BESIDE: &str = "-wal";

/// The record and the audit log of one moment. As long as it is there the engine's logs grow with whatever is written.
pub struct Still {
    // Let go of first: nothing is read after the transactions have ended.
    held: Arc<()>,
    image: Image,
    files: [StillFile; 2],
    frozen: Frozen,
    inner: Arc<Inner>,
}

/// A database of one moment.
pub struct StillFile {
    name: &'static str,
    seen: Arc<Seen>,
}

impl Store {
    /// Holds the record and the audit log as they are now, to be read; copies the keyring into `into`, and the patients' keys
    /// of this moment or later to `keys`: all sealed as they are, the root key not among them. The log is never behind the
    /// record: it may have entries of reads that came right after. `into` must be there, empty, and nobody else's.
    pub async fn still(
        &self,
        caller: &Caller,
        into: &Path,
        keys: &Path,
    ) -> Result<Still, PeopleError> {
        let act = Act::plain("backup image");
        self.permit(caller, Need::Backup, &act).await?;
        let inner = Arc::clone(&self.0);
        let opening = tokio::task::spawn_blocking(move || Opened::new(&inner)).await;
        let opened = opening.map_err(|_| StoreError::closed())??;
        let log = Arc::clone(self.0.readers.log());
        let held = self
            .act(caller, Need::Backup, act, move |_| {
                log.settle()?;
                // Where the log is written, so that its lock is free.
                Ok(log.write(move |_| opened.hold())?)
            })
            .await?;
        let (inner, at) = (Arc::clone(&self.0), self.now());
        let (into, keys) = (into.to_path_buf(), keys.to_path_buf());
        let rest = move || -> Result<Still, StoreError> {
            let (held, files, frozen) = held;
            let image = Image::of(&frozen, &inner, at, (&into, &keys))?;
            Ok(Still {
                held,
                image,
                files,
                frozen,
                inner,
            })
        };
        let done = tokio::task::spawn_blocking(rest).await;
        Ok(done.map_err(|_| StoreError::closed())??)
    }
}

impl Still {
    /// What it holds.
    pub const fn image(&self) -> &Image {
        &self.image
    }

    /// The databases.
    pub const fn files(&self) -> &[StillFile; 2] {
        &self.files
    }

    /// The databases, read once: each is let go of when it was read to its end, so that what is written to one does not pile up in
    /// its engine's log until the other was read, too.
    pub fn read_once(self) -> [StillRead; 2] {
        let [record, audit] = self.files;
        [(record, self.frozen.record), (audit, self.frozen.audit)].map(|(file, visit)| StillRead {
            until: Some((Arc::clone(&self.held), visit)),
            ..file.read()
        })
    }

    /// Writes the databases into a directory, where nobody else can read them.
    pub(crate) fn write_into(&self, dir: &Path) -> std::io::Result<()> {
        self.files.iter().try_for_each(|file| file.write_into(dir))
    }

    /// Lets go of it: the record and the log are followed from its moment on ([`Store::cut`]). What is still being read fails.
    pub fn follow(self) -> Result<Following, StoreError> {
        drop(self.held);
        Following::new(self.inner, self.frozen)
    }
}

impl StillFile {
    /// Its name in a data directory.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its length.
    pub fn length(&self) -> u64 {
        self.seen.length()
    }

    /// Reads it from its beginning. It ends with an error once the moment is let go of.
    pub fn read(&self) -> StillRead {
        StillRead {
            name: self.name,
            from: Reader::new(Arc::clone(&self.seen)),
            until: None,
        }
    }

    /// Writes it into a directory, where nobody else can read it.
    fn write_into(&self, dir: &Path) -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600);
        let mut new = options.open(dir.join(self.name))?;
        let length = std::io::copy(&mut self.read(), &mut new)?;
        if length == self.length() {
            Ok(())
        } else {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
    }
}

/// A database of one moment that is being read.
pub struct StillRead {
    name: &'static str,
    from: Reader,
    /// What holds the moment until all was read, where nothing else does.
    until: Option<(Arc<()>, Visit)>,
}

impl StillRead {
    /// Its name in a data directory.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its length.
    pub fn length(&self) -> u64 {
        self.from.length()
    }
}

impl Read for StillRead {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.from.read(into)?;
        if self.from.is_at_end() {
            self.until = None;
        }
        Ok(count)
    }
}

impl std::fmt::Debug for StillRead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StillRead({})", self.name)
    }
}

/// Read transactions that keep the beginnings of both files as they are, and the files where they are.
pub(super) struct Frozen {
    pub(super) record: Visit,
    pub(super) audit: Visit,
}

impl Frozen {
    /// Before a transaction begins.
    pub(super) fn connect(files: &Files) -> Result<Self, StoreError> {
        Ok(Self {
            record: files.visit(&RECORD, 1024)?,
            audit: files.visit(&AUDIT, 1024)?,
        })
    }
}

/// All that is needed to hold a moment; most of the logs was read before.
struct Opened {
    frozen: Frozen,
    record: (Arc<File>, Log),
    audit: (Arc<File>, Log),
    /// Keeps others from committing to the audit log.
    lock: Connection,
}

impl Opened {
    fn new(inner: &Inner) -> Result<Self, StoreError> {
        let frozen = Frozen::connect(&inner.files)?;
        let (record, audit) = inner.originals.of(&inner.files).map_err(StoreError::io)?;
        let log = |database: &Database| {
            let beside = [database.file, LOG_BESIDE].concat();
            Log::open(inner.files.dir.join(beside)).map_err(StoreError::io)
        };
        Ok(Self {
            frozen,
            record: (record, log(&RECORD)?),
            audit: (audit, log(&AUDIT)?),
            lock: inner.files.connect(&AUDIT, 64)?,
        })
    }

    /// Begins both transactions, while nobody commits to the record.
    fn hold(self) -> Result<(Arc<()>, [StillFile; 2], Frozen), StoreError> {
        let held = Arc::new(());
        let hold = |visit: &Visit, (file, log): (Arc<File>, Log), database: &Database| {
            begin(visit)?;
            let seen = Seen::new(&file, log, &held).map_err(StoreError::io)?;
            Ok::<_, StoreError>(StillFile {
                name: database.file,
                seen: Arc::new(seen),
            })
        };
        let record = hold(&self.frozen.record, self.record, &RECORD)?;
        let nobody_logs = Locked::take(&self.lock)?;
        let audit = hold(&self.frozen.audit, self.audit, &AUDIT)?;
        drop(nobody_logs);
        Ok((held, [record, audit], self.frozen))
    }
}

/// The two database files, open for as long as they are the store's: the system lets go of all of a process's locks on a file
/// when the process closes any handle on it, so that none may be closed beside an open connection.
#[derive(Default)]
pub(crate) struct Originals {
    record: Mutex<Option<Original>>,
    audit: Mutex<Option<Original>>,
}

struct Original {
    file: Arc<File>,
    /// How often the file was exchanged before this one.
    exchanged: u64,
}

impl Originals {
    /// The files as they are now, while they stay where they are.
    fn of(&self, files: &Files) -> std::io::Result<(Arc<File>, Arc<File>)> {
        let open = |kept: &Mutex<Option<Original>>, database| -> std::io::Result<Arc<File>> {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let exchanged = files.exchanged(database);
            if let Some(original) = kept.as_ref().filter(|one| one.exchanged == exchanged) {
                return Ok(Arc::clone(&original.file));
            }
            let file = Arc::new(File::open(files.dir.join(database.file))?);
            let original = Original { file, exchanged };
            Ok(Arc::clone(&kept.insert(original).file))
        };
        Ok((open(&self.record, &RECORD)?, open(&self.audit, &AUDIT)?))
    }
}

impl std::fmt::Debug for Still {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Still({:?})", self.image)
    }
}

impl std::fmt::Debug for StillFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StillFile({})", self.name)
    }
}
