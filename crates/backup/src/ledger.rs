//! What of a snapshot was read, and whether all of it was: the library leaves out what it cannot read, and goes on.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Read, Result};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aceso_vault::Sha256;
use rustic_core::{ErrorKind as ErrorClass, RusticError};

use crate::Listed;

/// So much is read at a stretch.
const STRETCH: u64 = 1 << 20;
/// For so long nothing is read after each stretch of a file, so that the processor and the disk are there for whoever is served: a
/// million resources, 1.1 GB, take two seconds longer.
const REST: Duration = Duration::from_millis(2);

/// What could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub(crate) struct Unread {
    pub(crate) path: String,
    pub(crate) why: String,
}

/// As the library tells it.
pub(crate) fn unread(why: impl std::error::Error + Send + Sync + 'static) -> Box<RusticError> {
    RusticError::with_source(ErrorClass::InputOutput, "not all was read", why)
}

/// Of one snapshot.
pub(crate) struct Ledger {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether anybody asks for digests.
    digests: Digests,
}

/// Whether digests are made while files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digests {
    Made,
    NotAsked,
}

#[derive(Default)]
struct State {
    /// By their paths: how long each is, and its digest once it was read.
    files: BTreeMap<String, (u64, Option<String>)>,
    /// What must be read besides whatever else is found.
    owed: Vec<String>,
    failed: Option<Unread>,
}

impl State {
    fn listed(&self) -> Vec<Listed> {
        let listed = self.files.iter().map(|(path, (bytes, digest))| Listed {
            path: path.clone(),
            bytes: *bytes,
            sha256: digest.clone().unwrap_or_default(),
        });
        listed.collect()
    }
}

impl Ledger {
    /// These must all be read.
    pub(crate) fn new(owed: Vec<String>, digests: Digests) -> Arc<Self> {
        let state = State {
            owed,
            ..State::default()
        };
        Arc::new(Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            digests,
        })
    }

    /// A file that is going to be read; dropped before it was read to its end, it is one that could not be read.
    pub(crate) fn begin(self: &Arc<Self>, path: String, bytes: u64) -> Reading {
        self.state().files.insert(path.clone(), (bytes, None));
        Reading {
            ledger: Arc::clone(self),
            path,
            bytes,
            seen: 0,
            stretch: 0,
            digest: Sha256::default(),
            from: Box::new(std::io::empty()),
            is_over: false,
        }
    }

    /// The first of what could not be read is what is told.
    pub(crate) fn fail(&self, path: &str, why: &str) {
        let unread = Unread {
            path: path.to_owned(),
            why: why.to_owned(),
        };
        self.state().failed.get_or_insert(unread);
        self.changed.notify_all();
    }

    /// The files so far, with the digests of those that have been read.
    pub(crate) fn begun(&self) -> Vec<Listed> {
        self.state().listed()
    }

    /// The files, when all that were begun have been read, with their digests.
    pub(crate) fn listed(&self) -> std::result::Result<Vec<Listed>, Unread> {
        let is_open = |state: &mut State| {
            state.failed.is_none() && state.files.values().any(|(_, digest)| digest.is_none())
        };
        let state = self.changed.wait_while(self.state(), is_open);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        if let Some(unread) = &state.failed {
            return Err(unread.clone());
        }
        Ok(state.listed())
    }

    /// Whether all was read.
    fn is_whole(&self) -> std::result::Result<(), Unread> {
        let state = self.state();
        if let Some(unread) = &state.failed {
            return Err(unread.clone());
        }
        let open = state.files.iter().find(|(_, (_, digest))| digest.is_none());
        match open.map(|(path, _)| path).or(state.owed.first()) {
            Some(path) => Err(Unread {
                path: path.clone(),
                why: "it was not read".to_owned(),
            }),
            None => Ok(()),
        }
    }

    fn end(&self, path: &str, digest: String) {
        let mut state = self.state();
        state.owed.retain(|owed| owed != path);
        if let Some((_, kept)) = state.files.get_mut(path) {
            *kept = Some(digest);
        }
        drop(state);
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is read, in stretches.
pub(crate) struct Reading {
    ledger: Arc<Ledger>,
    path: String,
    bytes: u64,
    seen: u64,
    /// How much of a stretch was read.
    stretch: u64,
    digest: Sha256,
    from: Box<dyn Read + Send>,
    is_over: bool,
}

impl Reading {
    /// What it is read from.
    pub(crate) fn read_from(mut self, from: impl Read + Send + 'static) -> Self {
        self.from = Box::new(from);
        self
    }

    /// It cannot be read.
    pub(crate) fn failed(mut self, why: &str) {
        self.is_over = true;
        self.ledger.fail(&self.path, why);
    }

    fn end(&mut self) -> Result<usize> {
        if self.seen != self.bytes {
            let why = format!("it has {} bytes, not {}", self.seen, self.bytes);
            return Err(Error::new(ErrorKind::UnexpectedEof, why));
        }
        if !self.is_over {
            self.is_over = true;
            let digest = aceso_base::hex(&std::mem::take(&mut self.digest).finish());
            self.ledger.end(&self.path, digest);
        }
        Ok(0)
    }

    fn piece(&mut self, into: &mut [u8]) -> Result<usize> {
        let count = self.from.read(into)?;
        if count == 0 && !into.is_empty() {
            return self.end();
        }
        if self.ledger.digests == Digests::Made {
            self.digest.update(into.get(..count).unwrap_or_default());
        }
        let more = u64::try_from(count).unwrap_or(0);
        self.seen += more;
        self.stretch += more;
        if self.seen > self.bytes {
            return Err(Error::other("it is longer than it was"));
        }
        if self.stretch >= STRETCH {
            self.stretch = 0;
            std::thread::park_timeout(REST);
        }
        Ok(count)
    }
}

impl Read for Reading {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = self.piece(into);
        if let Err(error) = &read
            && error.kind() != ErrorKind::Interrupted
        {
            self.ledger.fail(&self.path, &error.to_string());
        }
        read
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if !self.is_over {
            self.ledger.fail(&self.path, "it was not read to its end");
        }
    }
}

/// Lets no snapshot into a repository of which not all was read.
#[derive(Default)]
pub(crate) struct Gate(Mutex<Option<Arc<Ledger>>>);

impl Gate {
    /// From now on a snapshot must be whole by this ledger.
    pub(crate) fn watch(&self, ledger: Option<Arc<Ledger>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ledger;
    }

    /// Whether a snapshot may be written.
    pub(crate) fn opens(&self) -> std::result::Result<(), Unread> {
        let watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.as_ref().map_or(Ok(()), |ledger| ledger.is_whole())
    }
}
