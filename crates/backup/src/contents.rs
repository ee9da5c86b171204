//! What a snapshot is made of: the files of a directory, streams, and a manifest of all of them whose digests are made while
//! they are read, once.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{Cursor, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustic_core::{
    Excludes, LocalSource, LocalSourceFilterOptions, LocalSourceSaveOptions, ReadSource,
    ReadSourceEntry, ReadSourceOpen, RusticResult,
};

use crate::ledger::{Digests, Ledger, Reading, unread};
use crate::{BackupError, Listed, MANIFEST, Manifest, ManifestError};

/// What a snapshot is made of.
pub struct Contents {
    dir: PathBuf,
    streams: BTreeMap<String, Stream>,
    manifest: Option<Manifest>,
}

struct Stream {
    bytes: u64,
    from: Box<dyn Read + Send>,
}

impl Contents {
    /// Everything in a directory, which becomes the snapshot's top.
    pub fn of(dir: &Path) -> Self {
        Self {
            dir: dir.to_path_buf(),
            streams: BTreeMap::new(),
            manifest: None,
        }
    }

    /// And a file of so many bytes that is read from elsewhere. Nothing may be at its path yet, but its directory is there.
    #[must_use]
    pub fn with(mut self, path: String, bytes: u64, from: impl Read + Send + 'static) -> Self {
        let from = Box::new(from);
        self.streams.insert(path, Stream { bytes, from });
        self
    }

    /// And this manifest, at the top, of all that comes before it there by name: its files are listed when they were read.
    #[must_use]
    pub fn described(mut self, manifest: Manifest) -> Self {
        self.manifest = Some(manifest);
        self
    }

    pub(crate) fn top(&self) -> &Path {
        &self.dir
    }

    /// As the library reads it. An empty file stands where something is read from elsewhere: its owner and times are taken.
    pub(crate) fn source(self) -> Result<(Source, Arc<Ledger>), BackupError> {
        let manifest = self.manifest.as_ref().map(|_| MANIFEST.to_owned());
        let owed: Vec<String> = self.streams.keys().cloned().chain(manifest).collect();
        for path in &owed {
            let mut options = OpenOptions::new();
            let options = options.write(true).create_new(true).mode(0o600);
            options.open(self.dir.join(path))?;
        }
        let digests = match self.manifest {
            Some(_) => Digests::Made,
            None => Digests::NotAsked,
        };
        let ledger = Ledger::new(owed, digests);
        let local = LocalSource::new(
            LocalSourceSaveOptions::default(),
            &Excludes::default(),
            &LocalSourceFilterOptions::default(),
            &[&self.dir],
        )?;
        let source = Source {
            local,
            contents: Mutex::new(Some(self)),
            ledger: Arc::clone(&ledger),
        };
        Ok((source, ledger))
    }
}

/// Contents as the library reads them, once.
pub(crate) struct Source {
    local: LocalSource,
    contents: Mutex<Option<Contents>>,
    ledger: Arc<Ledger>,
}

impl ReadSource for Source {
    type Open = Opening;
    type Iter = Entries;

    fn size(&self) -> RusticResult<Option<u64>> {
        Ok(None)
    }

    fn entries(&self) -> Entries {
        let contents = self.contents.lock();
        Entries {
            found: self.local.entries(),
            contents: contents.unwrap_or_else(PoisonError::into_inner).take(),
            is_described: false,
            ledger: Arc::clone(&self.ledger),
        }
    }
}

/// One after the other, in the order of the snapshot's trees.
pub(crate) struct Entries {
    found: <LocalSource as ReadSource>::Iter,
    contents: Option<Contents>,
    /// Whether the manifest was reached.
    is_described: bool,
    ledger: Arc<Ledger>,
}

impl Iterator for Entries {
    type Item = RusticResult<ReadSourceEntry<Opening>>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.found.next()?;
        Some(match found {
            Ok(found) => Ok(self.entry(found)),
            Err(error) => {
                self.ledger.fail("a directory", &error.to_string());
                Err(error)
            }
        })
    }
}

impl Entries {
    fn entry(&mut self, found: ReadSourceEntry<Local>) -> ReadSourceEntry<Opening> {
        let ReadSourceEntry {
            path,
            mut node,
            open,
        } = found;
        let open = match (node.is_file(), open) {
            (true, Some(local)) => {
                let (bytes, opening) = self.opening(&path, node.meta.size, local);
                node.meta.size = bytes;
                Some(opening)
            }
            _ => None,
        };
        ReadSourceEntry { path, node, open }
    }

    /// How long a file is, and how it is opened.
    fn opening(&mut self, path: &Path, size: u64, local: Local) -> (u64, Opening) {
        let below = self.contents.as_ref().map(|contents| &contents.dir);
        let path = below
            .and_then(|dir| path.strip_prefix(dir).ok())
            .unwrap_or(path);
        let path = path.display().to_string();
        if self.is_described {
            self.ledger
                .fail(&path, "the manifest comes before it, and does not list it");
        }
        let contents = self.contents.as_mut();
        if path == MANIFEST
            && let Some(manifest) = contents.and_then(|contents| contents.manifest.take())
        {
            self.is_described = true;
            let ledger = Arc::clone(&self.ledger);
            let bytes = length(&manifest, ledger.begun()).unwrap_or_else(|error| {
                ledger.fail(MANIFEST, &error.to_string());
                0
            });
            return (bytes, Opening::Manifest(manifest, ledger));
        }
        let contents = self.contents.as_mut();
        match contents.and_then(|contents| contents.streams.remove(&path)) {
            Some(Stream { bytes, from }) => {
                let reading = self.ledger.begin(path, bytes);
                (bytes, Opening::Stream(reading.read_from(from)))
            }
            None => (size, Opening::File(local, self.ledger.begin(path, size))),
        }
    }
}

type Local = <LocalSource as ReadSource>::Open;

/// How a file is opened.
pub(crate) enum Opening {
    File(Local, Reading),
    Stream(Reading),
    /// When all before it was read.
    Manifest(Manifest, Arc<Ledger>),
}

impl ReadSourceOpen for Opening {
    type Reader = Reading;

    fn open(self) -> RusticResult<Reading> {
        match self {
            Self::Stream(reading) => Ok(reading),
            Self::File(local, reading) => match local.open() {
                Ok(file) => Ok(reading.read_from(file)),
                Err(error) => {
                    reading.failed(&error.to_string());
                    Err(error)
                }
            },
            // Whatever is waited for was taken up before: others read it, or nobody will, which is told.
            Self::Manifest(manifest, ledger) => {
                let files = ledger.listed().map_err(unread)?;
                let text = text(&manifest, files).map_err(unread)?;
                let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
                let reading = ledger.begin(MANIFEST.to_owned(), bytes);
                Ok(reading.read_from(Cursor::new(text)))
            }
        }
    }
}

fn text(manifest: &Manifest, files: Vec<Listed>) -> Result<Vec<u8>, ManifestError> {
    let manifest = Manifest {
        files,
        ..manifest.clone()
    };
    manifest.text()
}

/// How long a manifest is, whatever the digests of its files are.
fn length(manifest: &Manifest, mut files: Vec<Listed>) -> Result<u64, ManifestError> {
    for listed in &mut files {
        listed.sha256 = "0".repeat(64);
    }
    let text = text(manifest, files)?;
    Ok(u64::try_from(text.len()).unwrap_or(u64::MAX))
}
