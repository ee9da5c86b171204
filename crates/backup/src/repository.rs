//! A repository.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::AssertUnwindSafe;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use aceso_base::Instant;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustic_core::repofile::{Chunker, MasterKey, SnapshotId};
use rustic_core::{
    BackupOptions, CheckOptions, ConfigOptions, Credentials, IndexedFullStatus, KeyOptions,
    LsOptions, Open, OpenStatus, ParentOptions, PruneOptions, RepositoryOptions, RusticError,
    SnapshotOptions,
};
use zeroize::{Zeroize, Zeroizing};

use crate::error::in_one_line;
use crate::ledger::Gate;
use crate::{BackupError, Contents, Figures, Link, Series, Shelf, Snapshot};

/// Databases are cut into pieces of four pages each, at the same places every time: an unchanged page stands where it stood.
/// A day's writes touch pages here and there, so larger pieces would mostly be new.
const PIECE: &str = "16KiB";
/// What is written is sealed already, and sealed text does not become smaller.
const NO_COMPRESSION: i32 = 0;
/// The name of the machine is nobody's business.
const HOST: &str = "aceso";

/// A repository, open.
pub struct Repository {
    inner: rustic_core::Repository<OpenStatus>,
    gate: Arc<Gate>,
}

/// A repository whose index was read: what it holds, and where.
pub struct Indexed {
    inner: rustic_core::Repository<IndexedFullStatus>,
    gate: Arc<Gate>,
}

/// What a repository is opened with once its password was worked on, which takes long; gone from memory when dropped, as far as
/// the library lets it. It opens that one repository, whatever its password is by then.
pub struct Unlocked(Credentials);

impl Unlocked {
    /// It as JSON, for whoever seals it.
    pub fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, BackupError> {
        let json = match &self.0 {
            Credentials::Masterkey(key) => serde_json::to_vec(key),
            Credentials::Password(password) => serde_json::to_vec(password),
        };
        let json = json.map_err(|error| BackupError::Repository(error.to_string()))?;
        Ok(Zeroizing::new(json))
    }

    /// What [`Self::to_json`] wrote; nothing when it is something else.
    pub fn from_json(json: &[u8]) -> Option<Self> {
        let key: MasterKey = serde_json::from_slice(json).ok()?;
        Some(Self(Credentials::Masterkey(key)))
    }
}

/// Whether the content is read, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadData {
    /// All of it.
    Yes,
    /// The structure alone.
    No,
}

/// When the room of what nothing needs any more is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Now; nothing else may write to the repository meanwhile.
    AtOnce,
    /// By a later call, a day after: somebody else may be writing.
    ADayLater,
}

impl Repository {
    /// Makes one. A directory may be there, and becomes private when it is not.
    pub fn create(at: &Shelf, password: &str) -> Result<Self, BackupError> {
        if at.holds_repository()? {
            return Err(BackupError::There);
        }
        let mut options = ConfigOptions::default()
            .set_chunker(Chunker::FixedSize)
            .set_compression(NO_COMPRESSION);
        options.set_chunk_size = PIECE.parse().ok();
        let (closed, gate) = closed(at)?;
        let inner = closed.init(
            &Credentials::password(password),
            &KeyOptions::default(),
            &options,
        )?;
        Ok(Self { inner, gate })
    }

    /// Opens the one that is there.
    pub fn open(at: &Shelf, password: &str) -> Result<Self, BackupError> {
        Self::open_by(at, &Credentials::password(password))
    }

    /// Opens the one that is there, if this is its key.
    pub fn open_unlocked(at: &Shelf, key: &Unlocked) -> Result<Self, BackupError> {
        Self::open_by(at, &key.0)
    }

    fn open_by(at: &Shelf, credentials: &Credentials) -> Result<Self, BackupError> {
        if !at.holds_repository()? {
            return Err(BackupError::Absent);
        }
        let (closed, gate) = closed(at)?;
        let inner = closed.open(credentials)?;
        Ok(Self { inner, gate })
    }

    /// What opens it again at once.
    pub fn unlocked(&self) -> Unlocked {
        Unlocked(Credentials::Masterkey(self.inner.key()))
    }

    /// The snapshots that this program made, oldest first.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, BackupError> {
        snapshots(&self.inner)
    }

    /// Checks it; answers what is wrong, in words.
    pub fn check(&self, read: ReadData) -> Result<Vec<String>, BackupError> {
        let options = CheckOptions::default().read_data(read == ReadData::Yes);
        let found = match guarded(|| Ok(self.inner.check(options)?)) {
            Ok(found) => found,
            Err(error) => return Ok(vec![error.to_string()]),
        };
        if found.is_ok().is_ok() {
            return Ok(Vec::new());
        }
        Ok(found
            .0
            .iter()
            .map(|(_, what)| in_one_line(&what.to_string()))
            .collect())
    }

    /// Lets go of snapshots, and of what only they need.
    pub fn forget(&self, ids: &[&str], room: Room) -> Result<(), BackupError> {
        forget(&self.inner, ids, room)
    }

    /// Reads the index.
    pub fn with_index(self) -> Result<Indexed, BackupError> {
        let (inner, gate) = (self.inner, self.gate);
        let inner = guarded(|| Ok(inner.to_indexed()?))?;
        Ok(Indexed { inner, gate })
    }
}

impl Indexed {
    /// The snapshots that this program made, oldest first.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, BackupError> {
        snapshots(&self.inner)
    }

    /// Lets go of snapshots, and of what only they need.
    pub fn forget(&self, ids: &[&str], room: Room) -> Result<(), BackupError> {
        forget(&self.inner, ids, room)
    }

    /// Adds a snapshot of everything in a directory, which becomes the snapshot's top.
    pub fn save(
        &self,
        series: Series,
        dir: &Path,
        at: Instant,
        figures: Figures,
    ) -> Result<Snapshot, BackupError> {
        self.add(series, Contents::of(dir), at, figures, None)
    }

    /// Adds a snapshot of this. When not all of it can be read there is none.
    pub fn save_contents(
        &self,
        series: Series,
        contents: Contents,
        at: Instant,
        figures: Figures,
    ) -> Result<Snapshot, BackupError> {
        self.add(series, contents, at, figures, None)
    }

    /// Adds a piece of the log, of everything in a directory.
    pub fn save_log(
        &self,
        link: &Link,
        dir: &Path,
        at: Instant,
        figures: Figures,
    ) -> Result<Snapshot, BackupError> {
        self.add(Series::Log, Contents::of(dir), at, figures, Some(link))
    }

    fn add(
        &self,
        series: Series,
        contents: Contents,
        at: Instant,
        figures: Figures,
        link: Option<&Link>,
    ) -> Result<Snapshot, BackupError> {
        let time = Timestamp::from_millisecond(at.millis());
        let time = time.map_err(|error| BackupError::Repository(error.to_string()))?;
        let description = Snapshot::description(figures, link);
        let description =
            description.map_err(|error| BackupError::Repository(error.to_string()))?;
        let new = SnapshotOptions::default()
            .add_tags(series.name())?
            .description(description)
            .host(HOST.to_owned())
            .time(time.to_zoned(TimeZone::UTC))
            .to_snapshot()?;
        // Every file is new: there is nothing to be compared with.
        let options = BackupOptions::default()
            .as_path(PathBuf::from("/"))
            .parent_opts(ParentOptions::default().force(true))
            .no_scan(true);
        let top = contents.top().to_path_buf();
        let (source, ledger) = contents.source()?;
        self.gate.watch(Some(ledger));
        let saved = self.inner.archive(&options, &source, new, &[top]);
        self.gate.watch(None);
        Snapshot::read(&saved?)
            .ok_or_else(|| BackupError::Repository("it did not keep the snapshot's tag".to_owned()))
    }

    /// Brings a snapshot's files to a directory, where none of them may be. Nobody else can read them there.
    pub fn restore(&self, snapshot: &Snapshot, into: &Path) -> Result<(), BackupError> {
        guarded(|| {
            let top = (self.inner).node_from_snapshot_path(&snapshot.id, |_| true)?;
            private(into)?;
            for found in self.inner.ls(&top, &LsOptions::default())? {
                let (path, node) = found?;
                let place = into.join(inside(&path)?);
                if node.is_dir() {
                    private(&place)?;
                } else if node.is_file() {
                    let mut options = OpenOptions::new();
                    let mut file = options
                        .write(true)
                        .create_new(true)
                        .mode(0o600)
                        .open(&place)?;
                    self.inner
                        .dump(&node, &mut file)
                        .map_err(|error| unwritten(&place, error))?;
                }
            }
            Ok(())
        })
    }
}

/// What is damaged makes the library give up in places: that is told, and not passed on.
fn guarded<T>(work: impl FnOnce() -> Result<T, BackupError>) -> Result<T, BackupError> {
    let damaged = "what it holds cannot be made sense of: it is damaged";
    std::panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(BackupError::Repository(damaged.to_owned())))
}

/// Why a file could not be restored: the disk here may be what failed.
fn unwritten(place: &Path, error: Box<RusticError>) -> BackupError {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(&*error);
    while let Some(cause) = next {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return BackupError::Unwritten {
                place: place.to_path_buf(),
                why: io.to_string(),
            };
        }
        next = cause.source();
    }
    error.into()
}

/// A path that leads nowhere else.
fn inside(path: &Path) -> Result<&Path, BackupError> {
    let path = path.strip_prefix("/").unwrap_or(path);
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    is_plain
        .then_some(path)
        .ok_or_else(|| BackupError::Repository(format!("it has a file named {}", path.display())))
}

fn private(dir: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

fn snapshots(of: &rustic_core::Repository<impl Open>) -> Result<Vec<Snapshot>, BackupError> {
    let files = of.get_all_snapshots()?;
    let mut all: Vec<Snapshot> = files.iter().filter_map(Snapshot::read).collect();
    all.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    Ok(all)
}

fn forget(
    of: &rustic_core::Repository<impl Open>,
    ids: &[&str],
    room: Room,
) -> Result<(), BackupError> {
    let wrong = |id: &str| BackupError::Repository(format!("{id} is no snapshot's id"));
    let ids = ids.iter().map(|id| id.parse().map_err(|_| wrong(id)));
    let ids: Vec<SnapshotId> = ids.collect::<Result<_, _>>()?;
    of.delete_snapshots(&ids)?;
    let options = PruneOptions::default().instant_delete(room == Room::AtOnce);
    let plan = of.prune_plan(&options)?;
    Ok(of.prune(&options, plan)?)
}

fn closed(at: &Shelf) -> Result<(rustic_core::Repository<()>, Arc<Gate>), BackupError> {
    let (options, gate) = (RepositoryOptions::default().no_cache(true), Arc::default());
    let backends = at.backends(Arc::clone(&gate));
    Ok((rustic_core::Repository::new(&options, &backends)?, gate))
}

impl Drop for Unlocked {
    fn drop(&mut self) {
        match &mut self.0 {
            Credentials::Masterkey(key) => {
                key.encrypt.zeroize();
                key.mac.k.zeroize();
                key.mac.r.zeroize();
            }
            Credentials::Password(password) => password.zeroize(),
        }
    }
}
