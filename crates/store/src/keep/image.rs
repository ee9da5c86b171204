//! An image of the record: its files as they stand on the disk, sealed, of one moment, while everything goes on.
//!
//! The writer stands still only while the write-ahead logs are copied. From then on a read transaction on each file keeps
//! their beginnings as they are: what is moved into a database while it is copied stands in the copied log too, and is
//! moved there again when the copy is opened.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_vault::data::DataKeys;
use aceso_vault::{Head, Keyring};
use rusqlite::Connection;

use super::files::{hold, keyring_path, read};
use super::follow::{Following, begin};
use crate::audit::signed_head;
use crate::engine::{AUDIT, Database, RECORD, connect};
use crate::files::{Files, Visit};
use crate::people::{Act, Need, PeopleError};
use crate::statements as sql;
use crate::{Settings, Store, StoreError};

/// What SQLite adds to a database's name for its write-ahead log.
pub(super) const LOG_BESIDE: &str = "-wal";
/// The head of a write-ahead log: it changes when the log begins anew.
const LOG_HEAD: usize = 32;
/// How often a log that began anew while it was copied is copied again.
const TRIES: usize = 20;
const PIECE: usize = 1 << 20;

/// What an image holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The moment that it shows.
    pub at: Instant,
    /// Current versions of resources in it, deletions included.
    pub resources: u64,
    /// Older versions.
    pub versions: u64,
    /// Entries of the audit log.
    pub audit_entries: u64,
    /// The log's signed head of that size (C2SP tlog-checkpoint).
    pub head: String,
    /// The key that the head is checked with.
    pub head_key: String,
    /// The name of the root key that opens it; none for a record of the oldest format.
    pub root_key: Option<String>,
    /// The count of changes of the patients' keys that go with it.
    pub key_changes: u64,
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

impl Store {
    /// Copies the record and the audit log, as of one moment, and the keyring into `into`, and the patients' keys of that
    /// moment or later to `keys`: all sealed as they are, the root key not among them. The log is never behind the record:
    /// it may have entries of reads that came right after. `into` must be there, empty, and nobody else's.
    pub async fn image(
        &self,
        caller: &Caller,
        into: &Path,
        keys: &Path,
    ) -> Result<Image, PeopleError> {
        let (image, frozen) = self.frozen_image(caller, into, keys).await?;
        drop(frozen);
        Ok(image)
    }

    /// The same, and the record and the log are followed from its moment on ([`Store::cut`]).
    pub async fn image_to_follow(
        &self,
        caller: &Caller,
        into: &Path,
        keys: &Path,
    ) -> Result<(Image, Following), PeopleError> {
        let (image, frozen) = self.frozen_image(caller, into, keys).await?;
        let following = Following::new(Arc::clone(&self.0), frozen)?;
        Ok((image, following))
    }

    async fn frozen_image(
        &self,
        caller: &Caller,
        into: &Path,
        keys: &Path,
    ) -> Result<(Image, Frozen), PeopleError> {
        let inner = Arc::clone(&self.0);
        let (dir, keyring) = (inner.settings.dir.clone(), inner.keyring.clone());
        let act = Act::plain("backup image");
        self.permit(caller, Need::Backup, &act).await?;
        let opened = Frozen::connect(&inner.files)?;
        let (stage, log) = (into.to_path_buf(), Arc::clone(inner.readers.log()));
        let frozen = self
            .act(caller, Need::Backup, act, move |_| {
                log.settle()?;
                Ok(freeze(opened, &dir, &stage)?)
            })
            .await?;
        let (into, keys, at) = (into.to_path_buf(), keys.to_path_buf(), self.now());
        let rest = move || -> Result<(Image, Frozen), StoreError> {
            let originals = inner.originals.of(&inner.files);
            let (record, audit) = originals.map_err(StoreError::io)?;
            copy(&record, &into.join(RECORD.file)).map_err(StoreError::io)?;
            copy(&audit, &into.join(AUDIT.file)).map_err(StoreError::io)?;
            let image = finish(&inner.settings, &keyring, &into, &keys, at)?;
            Ok((image, frozen))
        };
        let done = tokio::task::spawn_blocking(rest).await;
        Ok(done.map_err(|_| StoreError::text("the copy ended early"))??)
    }
}

/// Begins both read transactions and copies both logs. The record does not change meanwhile.
fn freeze(frozen: Frozen, dir: &Path, into: &Path) -> Result<Frozen, StoreError> {
    for (connection, database) in [(&frozen.record, &RECORD), (&frozen.audit, &AUDIT)] {
        begin(connection)?;
        copy_log(dir, into, database).map_err(StoreError::io)?;
    }
    Ok(frozen)
}

/// Copies a write-ahead log. One that begins anew in between is copied again: its beginning and its end would be of two
/// different times.
fn copy_log(dir: &Path, into: &Path, database: &Database) -> std::io::Result<()> {
    let name = [database.file, LOG_BESIDE].concat();
    let from = dir.join(&name);
    for _ in 0..TRIES {
        let Ok(log) = File::open(&from) else {
            return Ok(());
        };
        let before = head(&log)?;
        let to = into.join(&name);
        copy(&log, &to)?;
        if head(&log)? == before {
            return Ok(());
        }
        fs::remove_file(&to)?;
    }
    Err(std::io::Error::other(
        "the write-ahead log does not hold still",
    ))
}

fn head(log: &File) -> std::io::Result<Vec<u8>> {
    let mut head = vec![0; LOG_HEAD];
    let length = log.read_at(&mut head, 0)?;
    head.truncate(length);
    Ok(head)
}

/// Copies so much of a file as there is now into a new one that nobody else can read.
fn copy(from: &File, to: &Path) -> std::io::Result<()> {
    let length = from.metadata()?.len();
    let mut new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    let mut piece = vec![0; PIECE];
    let mut at = 0;
    while at < length {
        let wanted = usize::try_from(length - at).map_or(PIECE, |left| left.min(PIECE));
        let Some(room) = piece.get_mut(..wanted) else {
            break;
        };
        let count = from.read_at(room, at)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        new.write_all(room.get(..count).unwrap_or_default())?;
        at += u64::try_from(count).unwrap_or(0);
    }
    Ok(())
}

/// Brings the copied logs into the copied databases, and adds the keys. What does not open is no image.
fn finish(
    settings: &Settings,
    keyring: &Keyring,
    into: &Path,
    keys: &Path,
    at: Instant,
) -> Result<Image, StoreError> {
    let record = settled(into, &RECORD, keyring)?;
    let number = |text: &str| -> Result<u64, StoreError> {
        let count: i64 = record.query_row(text, [], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    };
    let (resources, versions) = (number(sql::RES_COUNT)?, number(sql::HIST_COUNT_ALL)?);
    let log = settled(into, &AUDIT, keyring)?;
    let (audit_entries, head, head_key) = signed_head(&log, keyring)?;
    let (root_key, key_changes) = copy_keys(settings, keyring, into, keys)?;
    Ok(Image {
        at,
        resources,
        versions,
        audit_entries,
        head,
        head_key,
        root_key,
        key_changes,
    })
}

/// Opens a copy, so that its log is brought into it. Nothing of it is synced: whoever loses power makes another one, and a sync
/// would hold up those of whoever is served.
fn settled(into: &Path, database: &Database, keyring: &Keyring) -> Result<Connection, StoreError> {
    let copy = connect(into, database, keyring, 16 * 1024)?;
    copy.pragma_update(None, "synchronous", "off")?;
    let busy: i64 = copy.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
    if busy != 0 {
        return Err(StoreError::text("somebody else has opened the copy"));
    }
    Ok(copy)
}

/// Copies the keyring and the patients' keys, while nobody changes them; answers the root key's name, and how many changes
/// the patients' keys have seen.
pub(super) fn copy_keys(
    settings: &Settings,
    keyring: &Keyring,
    into: &Path,
    keys: &Path,
) -> Result<(Option<String>, u64), StoreError> {
    let _held = hold(&settings.dir).map_err(StoreError::io)?;
    let whole = |path: &PathBuf| -> Result<Vec<u8>, StoreError> {
        let bytes = read(path).map_err(failed)?;
        bytes.ok_or_else(|| StoreError(format!("{} is missing", path.display())))
    };
    let ring = whole(&keyring_path(&settings.dir))?;
    let patients = whole(&settings.patient_keys)?;
    let changes = DataKeys::open(&keyring.patients_sealer(), &patients).map_err(failed)?;
    write(&keyring_path(into), &ring).map_err(StoreError::io)?;
    write(keys, &patients).map_err(StoreError::io)?;
    let root = Head::read(&ring).map_err(failed)?.root;
    Ok((root, changes.serial()))
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError(error.to_string())
}
