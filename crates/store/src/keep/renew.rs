//! A database brought under another page key while it is read and written.
//!
//! The thread that writes a database copies it, some pages between two groups of its callers' work, into a file beside it
//! (SQLite's online backup on the writing connection: what that writes later to pages that are copied is copied too; what
//! another process writes begins the copy anew). With all but the last pages copied and on the disk it waits until nobody
//! else has the directory open, copies the rest, and puts the file in the place of the other. All that was acknowledged is in
//! it, its own write-ahead log included: the other file's log is thrown away.
//!
//! The name of the file tells how far it is. While it is copied it is `.next`, and of no worth. Whole and on the disk it
//! becomes `.whole`: from then on there is no way back, and who opens the directory after a kill ends what was begun.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::still::LOG_BESIDE;
use crate::StoreError;
use crate::engine::{AUDIT, Database, RECORD, connect_copy, is_under};
use crate::files::{Alone, Files, Turn};
use crate::reserve::free;

const NEXT: &str = ".next";
const WHOLE: &str = ".whole";
/// What SQLite adds to a database's name for the index of its write-ahead log.
const LOG_INDEX_BESIDE: &str = "-shm";
/// So many pages are copied at a time: callers wait for some two milliseconds more.
const PIECE: i32 = 64;
/// So many pieces are written before they are brought to the disk.
const PIECES_TO_DISK: u32 = 128;
/// Between two pieces the thread is there for its callers for so long.
const PAUSE: Duration = Duration::from_millis(2);
/// How long to wait before asking again whether others have left.
const OTHERS: Duration = Duration::from_millis(50);
/// So much room must stay free beside the copy.
const SPARE: u64 = 64 << 20;
const MIB: u64 = 1 << 20;
/// How often the file that was put in place is tried to be opened, and how long to wait in between.
const TRIES: u32 = 100;

/// Why a database is not under the new key.
#[derive(Debug)]
pub(crate) enum NotRenewed {
    /// Nothing was changed.
    Failed(StoreError),
    /// It was cut off where there is no way back: nothing more may be written until the next start, which ends it.
    Stuck(StoreError),
}

impl From<StoreError> for NotRenewed {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl NotRenewed {
    /// In words.
    fn told(self) -> StoreError {
        match self {
            Self::Failed(error) => error,
            Self::Stuck(error) => StoreError(format!(
                "the page key was changed, but not to the end, and nothing more is written: start the program again, which ends it: {error}"
            )),
        }
    }
}

/// Brings a database under the keyring's next page key, unless it is. `writer` is the connection that writes it, and `serve` is
/// there for its callers for about so long. Answers the connection, with this cache, to the file that came in its place.
pub(crate) fn renew(
    (files, turn): (&Files, &Turn),
    (database, cache_kib): (&Database, u32),
    writer: &Connection,
    serve: &mut dyn FnMut(Duration) -> Result<(), StoreError>,
) -> Result<Option<Connection>, NotRenewed> {
    let Some(key) = files.keyring.next_page_key_literal() else {
        return Ok(None);
    };
    if is_under(&files.dir.join(database.file), &key)? {
        return Ok(None);
    }
    let places = Places::of(&files.dir, database);
    remove(&places.next).map_err(StoreError::io)?;
    let copied = Copying::new((files, turn), &places, serve).whole(writer, &key);
    let alone = match copied {
        Ok(alone) => alone,
        Err(error) => {
            remove(&places.next).map_err(StoreError::io)?;
            return Err(error.into());
        }
    };
    let exchange = files.exchange();
    match places.exchange() {
        Ok(()) => {
            files.note_exchange(database);
            drop(exchange);
            let opened = reopen(files, database, cache_kib);
            opened.map(Some).map_err(NotRenewed::Stuck)
        }
        Err(NotRenewed::Stuck(error)) => {
            alone.for_good();
            Err(NotRenewed::Stuck(error))
        }
        Err(failed) => Err(failed),
    }
}

/// What came of it, for the thread that writes: it goes on with its new connection, or not at all.
pub(crate) fn conclude(
    done: Result<Option<Connection>, NotRenewed>,
    writer: &mut Connection,
    tell: impl FnOnce(Result<(), StoreError>),
) -> ControlFlow<()> {
    match done {
        Ok(new) => {
            if let Some(new) = new {
                *writer = new;
            }
            tell(Ok(()));
            ControlFlow::Continue(())
        }
        Err(failed @ NotRenewed::Failed(_)) => {
            tell(Err(failed.told()));
            ControlFlow::Continue(())
        }
        Err(stuck @ NotRenewed::Stuck(_)) => {
            let error = stuck.told();
            tracing::error!(%error, "nothing more is written");
            tell(Err(error));
            ControlFlow::Break(())
        }
    }
}

/// Opens the file that was put in place, for who writes it.
fn reopen(files: &Files, database: &Database, cache_kib: u32) -> Result<Connection, StoreError> {
    let mut opened = files.connect(database, cache_kib);
    for _ in 0..TRIES {
        let Err(error) = &opened else {
            break;
        };
        tracing::error!(%error, file = database.file, "the file under the new page key could not be opened yet");
        std::thread::park_timeout(OTHERS);
        opened = files.connect(database, cache_kib);
    }
    opened
}

/// Ends what a kill cut off: a file that was whole is put in its place, what was not is removed. Before any file is opened.
pub(crate) fn end_exchanges(dir: &Path) -> Result<(), StoreError> {
    let all = [&RECORD, &AUDIT].map(|database| Places::of(dir, database));
    let turn = if all.iter().any(|places| places.whole.exists()) {
        Some(Turn::wait(dir)?)
    } else if all.iter().any(|places| places.next.exists()) {
        // Somebody may be copying: then it is theirs.
        Turn::take(dir)?
    } else {
        None
    };
    if turn.is_none() {
        return Ok(());
    }
    for places in &all {
        if places.whole.exists() {
            places.go_on().map_err(StoreError::io)?;
        }
        remove(&places.next).map_err(StoreError::io)?;
    }
    Ok(())
}

/// The files of one database.
struct Places {
    dir: PathBuf,
    database: PathBuf,
    next: PathBuf,
    whole: PathBuf,
    log: PathBuf,
    log_index: PathBuf,
}

impl Places {
    fn of(dir: &Path, database: &Database) -> Self {
        let with = |ending: &str| dir.join([database.file, ending].concat());
        Self {
            dir: dir.to_path_buf(),
            database: with(""),
            next: with(NEXT),
            whole: with(WHOLE),
            log: with(LOG_BESIDE),
            log_index: with(LOG_INDEX_BESIDE),
        }
    }

    /// Puts the whole copy in the database's place.
    fn exchange(&self) -> Result<(), NotRenewed> {
        let named = fs::rename(&self.next, &self.whole).and_then(|()| self.sync());
        if let Err(error) = named {
            let undone = remove(&self.next).and_then(|()| remove(&self.whole));
            let error = StoreError::io(error);
            return Err(match undone.and_then(|()| self.sync()) {
                Ok(()) => NotRenewed::Failed(error),
                Err(_) => NotRenewed::Stuck(error),
            });
        }
        self.go_on()
            .map_err(|error| NotRenewed::Stuck(StoreError::io(error)))
    }

    /// The log that is there is of the file before, all of which is in the whole one.
    fn go_on(&self) -> std::io::Result<()> {
        remove(&self.log_index)?;
        remove(&self.log)?;
        fs::rename(&self.whole, &self.database)?;
        self.sync()
    }

    fn sync(&self) -> std::io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }

    /// How much the database takes on the disk with its log.
    fn size(&self) -> u64 {
        let length = |path: &Path| fs::metadata(path).map_or(0, |about| about.len());
        length(&self.database) + length(&self.log)
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A copy under way.
struct Copying<'a> {
    files: &'a Files,
    turn: &'a Turn,
    places: &'a Places,
    serve: &'a mut dyn FnMut(Duration) -> Result<(), StoreError>,
}

impl<'a> Copying<'a> {
    fn new(
        (files, turn): (&'a Files, &'a Turn),
        places: &'a Places,
        serve: &'a mut dyn FnMut(Duration) -> Result<(), StoreError>,
    ) -> Self {
        Self {
            files,
            turn,
            places,
            serve,
        }
    }

    /// Copies everything. In the end the directory is held alone, so that nobody writes what is not in the copy.
    fn whole(&mut self, from: &Connection, key: &str) -> Result<Alone<'a>, StoreError> {
        self.needs(self.places.size() + SPARE)?;
        let mut to = connect_copy(&self.places.next, key)?;
        let disk = Disk::start(&self.places.next)?;
        let backup = Backup::new(from, &mut to)?;
        let mut pieces = 0_u32;
        loop {
            // Nothing is copied: how much is left is asked, also when others have written.
            backup.step(0)?;
            let alone = if backup.progress().remaining > PIECE {
                pieces += 1;
                if pieces.is_multiple_of(PIECES_TO_DISK) {
                    self.settle(&disk)?;
                    self.needs(SPARE / 2)?;
                }
                None
            } else {
                self.settle(&disk)?;
                let Some(alone) = self.files.alone(self.turn)? else {
                    (self.serve)(OTHERS)?;
                    continue;
                };
                Some(alone)
            };
            match (backup.step(PIECE)?, alone) {
                (StepResult::Done, Some(alone)) => return Ok(alone),
                (StepResult::Done, None) => {
                    return Err(StoreError::text("the database shrank while it was copied"));
                }
                // Who was alone and finds that others have written shares the directory again.
                (_, alone) => drop(alone),
            }
            (self.serve)(PAUSE)?;
        }
    }

    /// Waits until what was copied so far is on the disk; callers do not.
    fn settle(&mut self, disk: &Disk) -> Result<(), StoreError> {
        disk.ask();
        while disk.is_behind() {
            (self.serve)(PAUSE)?;
        }
        Ok(())
    }

    fn needs(&self, bytes: u64) -> Result<(), StoreError> {
        match free(&self.files.dir) {
            Some(free) if free < bytes => Err(StoreError(format!(
                "{} is copied under its new key: that needs {} MiB more room on the disk; nothing was changed",
                self.places.database.display(),
                (bytes - free).div_ceil(MIB)
            ))),
            Some(_) | None => Ok(()),
        }
    }
}

/// Brings what was written to a file to the disk, on a thread of its own: at the end that takes no time. Its handle is closed
/// before anybody else opens the file.
struct Disk {
    asked: Option<flume::Sender<()>>,
    behind: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Disk {
    fn start(path: &Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io)?;
        let (asked, inbox) = flume::bounded::<()>(1);
        let behind = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&behind);
        let bring = move || {
            while inbox.recv().is_ok() {
                // Who commits the copy learns of what could not be written.
                let _ = file.sync_data();
                told.store(false, Ordering::Release);
            }
        };
        let thread = std::thread::Builder::new().name("copy".to_owned());
        Ok(Self {
            asked: Some(asked),
            behind,
            thread: Some(thread.spawn(bring).map_err(StoreError::io)?),
        })
    }

    fn ask(&self) {
        self.behind.store(true, Ordering::Release);
        let sent = self.asked.as_ref().map(|asked| asked.send(()));
        if !matches!(sent, Some(Ok(()))) {
            self.behind.store(false, Ordering::Release);
        }
    }

    fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Acquire)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.asked = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
