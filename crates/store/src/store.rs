//! Opening the store.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aceso_base::{Clock, Instant};
use aceso_policy::{Caller, Policies, Purpose};
use aceso_vault::{Keyring, KeyringError, Mac, RootKey, Sealer, random};
use arc_swap::ArcSwap;
use rusqlite::OptionalExtension;

use crate::StoreError;
use crate::access::{fill, policies};
use crate::audit::Log;
use crate::bulk::BulkNews;
use crate::clients::Clients;
use crate::engine::{RECORD, connect, migrate};
use crate::key::{Ids, Keys};
use crate::people::{Failures, PeopleRule, Sessions, TasksUsed};
use crate::reader::Readers;
use crate::reading::Reading;
use crate::statements::RES_LAST_KEY;
use crate::subscription::Subscriptions;
use crate::tx::Tx;
use crate::writer::Writer;

const KEYRING: &str = "keyring";

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data directory; made (0700) when absent.
    pub dir: PathBuf,
    /// Page caches in MiB, all connections together.
    pub cache_mib: u32,
    /// Reading threads.
    pub readers: u32,
    /// Whether a resource may refer to a local resource that is not there, and a resource that others refer to may be
    /// deleted.
    pub allow_dangling: bool,
    /// The rules for sessions and sign-ins.
    pub people: PeopleRule,
}

impl Settings {
    /// The usual settings for a data directory: 192 MiB of cache, three readers, no dangling references.
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            cache_mib: 192,
            readers: 3,
            allow_dangling: false,
            people: PeopleRule::default(),
        }
    }
}

/// Why the store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or directory cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The keyring does not open.
    #[error("{path}: {source}")]
    Keyring {
        /// Its path.
        path: String,
        /// Why.
        source: KeyringError,
    },
    /// The directory holds a database without its keyring.
    #[error("{0} holds a database but no keyring: restore the file \"keyring\" from a backup")]
    NoKeyring(String),
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] StoreError),
    /// The policies cannot be read.
    #[error(transparent)]
    Policies(#[from] aceso_policy::PolicyError),
}

/// A handle on the open record; cheap to clone.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: Keys,
    pub(crate) keyring: Keyring,
    pub(crate) ids: Ids,
    pub(crate) clients: Clients,
    pub(crate) policies: ArcSwap<Policies>,
    pub(crate) sessions: Sessions,
    pub(crate) failures: Failures,
    pub(crate) tasks_used: TasksUsed,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) bulk_news: BulkNews,
    // The writer and the readers hold the audit log: it closes after the last of them.
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
}

impl Store {
    /// Opens the store in a directory, or makes a new one there.
    pub fn open(
        settings: Settings,
        root: &RootKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let dir = settings.dir.as_path();
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|e| file_error(dir, e))?;
        let keyring = keyring(dir, root)?;
        let cache_kib = settings.cache_mib.max(16) * 1024;
        // Index rows land anywhere, so the writer needs as much as the readers together.
        let for_reader = cache_kib / 2 / settings.readers.max(1);
        let mut connection = connect(dir, &RECORD, &keyring, cache_kib / 2)?;
        migrate(&mut connection, &RECORD)?;
        let last: Option<i64> = connection
            .query_row(RES_LAST_KEY, [], |row| row.get(0))
            .optional()
            .map_err(StoreError::from)?;
        let readers: Result<Vec<_>, _> = (0..settings.readers.max(1))
            .map(|_| connect(dir, &RECORD, &keyring, for_reader))
            .collect();
        let keys = Keys::new(keyring.index_hash());
        fill(&mut connection, &keys, clock.now())?;
        let policies = ArcSwap::from_pointee(policies(&connection, &settings.people.hours)?);
        let log = Arc::new(Log::open(dir, &keyring, Arc::clone(&clock))?);
        let writer = Writer::start(connection, keys.clone(), Arc::clone(&log))?;
        let readers = Readers::start(readers?, log)?;
        let ids = Ids::after(last.unwrap_or(0), clock.as_ref());
        let clients = Clients::default();
        Ok(Self(Arc::new(Inner {
            settings,
            clock,
            keys,
            keyring,
            ids,
            clients,
            policies,
            sessions: Sessions::default(),
            failures: Failures::default(),
            tasks_used: TasksUsed::default(),
            subscriptions: Subscriptions::default(),
            bulk_news: BulkNews::default(),
            writer,
            readers,
        })))
    }

    /// Begins reading for a caller.
    pub fn read(&self, caller: &Caller, purpose: Purpose) -> Reading {
        Reading::new(self.clone(), caller.clone(), purpose)
    }

    /// Begins writing for a caller.
    pub fn write(&self, caller: &Caller, purpose: Purpose) -> Tx {
        Tx::new(self.clone(), caller.clone(), purpose)
    }

    /// A fresh logical id: 11 characters, ascending with time.
    pub fn new_id(&self) -> String {
        self.0.ids.next(self.0.clock.as_ref())
    }

    /// A random UUID (RFC 9562, version 4).
    pub fn new_uuid(&self) -> Result<String, StoreError> {
        let mut bytes = random::<16>().map_err(|error| StoreError(error.to_string()))?;
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = *version & 0x0f | 0x40;
        *variant = *variant & 0x3f | 0x80;
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let (a, b, c) = (hex.get(..8), hex.get(8..12), hex.get(12..16));
        let parts = [a, b, c, hex.get(16..20), hex.get(20..)];
        Ok(parts.map(Option::unwrap_or_default).join("-"))
    }

    /// The policies in force now.
    pub fn policies(&self) -> Policies {
        Policies::clone(&self.0.policies.load())
    }

    /// The keyed digest for a use: `csrf`, `token pseudonym` (see [`Keyring::mac`]).
    pub fn mac(&self, label: &str) -> Mac {
        self.0.keyring.mac(label)
    }

    /// The seal for a use: `totp`, `signing key` (see [`Keyring::sealer`]).
    pub fn sealer(&self, label: &str) -> Sealer {
        self.0.keyring.sealer(label)
    }

    /// The rules for sessions and sign-ins.
    pub fn people_rule(&self) -> &PeopleRule {
        &self.0.settings.people
    }

    /// The store's time.
    pub fn now(&self) -> Instant {
        self.0.clock.now()
    }
}

fn keyring(dir: &Path, root: &RootKey) -> Result<Keyring, OpenError> {
    let path = dir.join(KEYRING);
    let wrong = |source| OpenError::Keyring {
        path: path.display().to_string(),
        source,
    };
    match fs::read(&path) {
        Ok(sealed) => Keyring::open(root, &sealed).map_err(wrong),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            if dir.join(RECORD.file).exists() {
                return Err(OpenError::NoKeyring(dir.display().to_string()));
            }
            let keyring = Keyring::create().map_err(wrong)?;
            let sealed = keyring.seal(root).map_err(wrong)?;
            write_new(dir, &path, &sealed).map_err(|e| file_error(&path, e))?;
            Ok(keyring)
        }
        Err(e) => Err(file_error(&path, e)),
    }
}

/// Writes a file beside its place, syncs it, and moves it there; the directory is synced too.
fn write_new(dir: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = dir.join("keyring.new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    fs::File::open(dir)?.sync_all()
}

fn file_error(path: &Path, source: std::io::Error) -> OpenError {
    OpenError::File {
        path: path.display().to_string(),
        source,
    }
}
