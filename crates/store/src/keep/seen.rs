//! A database as it was at one moment, read where it stands: its file, and over it the pages that the engine's write-ahead
//! log had then.
//!
//! A read transaction holds the moment. One that sees pages of the log keeps the log from beginning anew; some of these pages may
//! be moved into the file meanwhile, none that came later, and all are read from the log. One that began when all pages
//! were in the file keeps others from being moved there; its log may begin anew, which the head shows, and then the file alone
//! is what was.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use super::pages::Written;

/// So much is read at a time: whole pages, whatever their size.
const PIECE: usize = 1 << 20;

/// A write-ahead log, and how far it was read.
pub(super) struct Log {
    path: PathBuf,
    file: Option<File>,
    written: Written,
}

impl Log {
    /// Reads what there is; whoever writes goes on.
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        let file = open(&path)?;
        let written = match &file {
            Some(log) => Written::since(log, None)?,
            None => Written::default(),
        };
        Ok(Self {
            path,
            file,
            written,
        })
    }

    /// Reads the rest.
    fn end(self) -> Result<(Option<File>, Written)> {
        let file = match self.file {
            None => open(&self.path)?,
            there => there,
        };
        let written = match &file {
            Some(log) => self.written.go_on(log)?,
            None => self.written,
        };
        Ok((file, written))
    }
}

/// A write-ahead log, when it is there.
pub(super) fn open(path: &Path) -> Result<Option<File>> {
    match File::open(path) {
        Ok(log) => Ok(Some(log)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A database of one moment.
pub(super) struct Seen {
    // Kept open by the store alone, which knows when it may be closed.
    database: Weak<File>,
    log: Option<File>,
    written: Written,
    length: u64,
    /// How long its file was.
    stood: u64,
    /// Whether the moment is held still.
    held: Weak<()>,
}

impl Seen {
    /// Of now: the read transaction has begun, and nobody commits. `held` is let go of before the transaction ends.
    pub(super) fn new(database: &Arc<File>, log: Log, held: &Arc<()>) -> Result<Self> {
        let (log, written) = log.end()?;
        let stood = database.metadata()?.len();
        Ok(Self {
            database: Arc::downgrade(database),
            log,
            length: written.length().unwrap_or(stood),
            written,
            stood,
            held: Arc::downgrade(held),
        })
    }

    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// A piece of it, which begins and ends with a page.
    fn read(&self, at: u64, piece: &mut [u8]) -> Result<()> {
        let let_go = || Error::other("it was let go of before all of it was read");
        let database = self.database.upgrade().ok_or_else(let_go)?;
        self.read_file(&database, at, piece)?;
        if let Some(log) = &self.log
            && !self.written.put_over(log, at, piece)?
        {
            self.read_file(&database, at, piece)?;
        }
        if self.held.strong_count() == 0 {
            return Err(let_go());
        }
        Ok(())
    }

    /// What the file has. Pages behind its end that were never written are empty, as the engine has them.
    fn read_file(&self, database: &File, at: u64, piece: &mut [u8]) -> Result<()> {
        let mut at = at;
        let mut rest = piece;
        while !rest.is_empty() {
            let count = database.read_at(rest, at)?;
            if count == 0 && at < self.stood.min(self.length) {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if count == 0 {
                rest.fill(0);
                break;
            }
            let (_, more) = rest.split_at_mut(count);
            rest = more;
            at += u64::try_from(count).unwrap_or(0);
        }
        Ok(())
    }
}

/// Reads a database of one moment from its beginning to its end.
pub(super) struct Reader {
    seen: Arc<Seen>,
    /// Where the next piece begins.
    at: u64,
    piece: Vec<u8>,
    /// How much of the piece was handed out.
    given: usize,
}

impl Reader {
    pub(super) const fn new(seen: Arc<Seen>) -> Self {
        Self {
            seen,
            at: 0,
            piece: Vec::new(),
            given: 0,
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.seen.length
    }

    /// Whether nothing more is read.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.length()
    }

    fn next(&mut self) -> Result<()> {
        let left = self.length().saturating_sub(self.at);
        let length = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        self.piece.resize(length, 0);
        self.given = 0;
        if let Err(error) = self.seen.read(self.at, &mut self.piece) {
            self.piece.clear();
            return Err(error);
        }
        self.at += u64::try_from(length).unwrap_or(0);
        Ok(())
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if self.given == self.piece.len() && !self.is_at_end() {
            self.next()?;
        }
        let mut left = self.piece.get(self.given..).unwrap_or_default();
        let count = left.read(into)?;
        self.given += count;
        Ok(count)
    }
}
