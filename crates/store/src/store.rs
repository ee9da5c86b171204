//! Opening the store.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aceso_base::{Clock, Instant};
use aceso_policy::{Caller, Policies, Purpose};
use aceso_vault::data::DataKeysError;
use aceso_vault::{Keyring, KeyringError, Mac, RootKey, Sealer, random};
use arc_swap::ArcSwap;
use rusqlite::OptionalExtension;
use tokio::sync::watch;

use crate::StoreError;
use crate::access::learned::Learned;
use crate::access::{fill, open_now, policies};
use crate::audit::{Emergencies, Log};
use crate::bulk::BulkNews;
use crate::clients::Clients;
use crate::desk::{mark, migrate_desk};
use crate::engine::{RECORD, migrate};
use crate::files::{Files, Link, Stay};
use crate::keep::{
    Bodies, Originals, Watch, catch_up, end_exchanges, open_keys, private_directory,
};
use crate::key::{Ids, Keys};
use crate::oauth::Origins;
use crate::people::{Failures, PeopleRule, Sessions, TasksUsed};
use crate::reader::Readers;
use crate::reading::Reading;
use crate::reserve::Reserve;
use crate::statements::RES_LAST_KEY;
use crate::subscription::Subscriptions;
use crate::tx::Tx;
use crate::writer::Writer;

/// What the name of the file with the patients' keys adds to the data directory's.
const PATIENT_KEYS_BESIDE: &str = ".patient-keys";

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data directory; made (0700) when absent.
    pub dir: PathBuf,
    /// The file with the patients' keys, outside the directory; made when the record is new.
    pub patient_keys: PathBuf,
    /// Page caches in MiB, all connections together.
    pub cache_mib: u32,
    /// Reading threads.
    pub readers: u32,
    /// Whether a resource may refer to a local resource that is not there, and a resource that others refer to may be
    /// deleted.
    pub allow_dangling: bool,
    /// Whether what is about substance use leaves only as 42 CFR part 2 lets it.
    pub part2: bool,
    /// The rules for sessions and sign-ins.
    pub people: PeopleRule,
}

impl Settings {
    /// The usual settings for a data directory: 160 MiB of cache, three readers, no dangling references, 42 CFR part 2
    /// not applied.
    pub fn new(dir: PathBuf) -> Self {
        let mut patient_keys = dir.clone().into_os_string();
        patient_keys.push(PATIENT_KEYS_BESIDE);
        Self {
            dir,
            patient_keys: PathBuf::from(patient_keys),
            cache_mib: 160,
            readers: 3,
            allow_dangling: false,
            part2: false,
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
    /// Others can look into the directory.
    #[error("{dir} can be entered by others (mode {mode:o}): chmod 700 {dir}")]
    Loose {
        /// The directory.
        dir: String,
        /// Its mode.
        mode: u32,
    },
    /// The patients' keys do not open.
    #[error("{path}, the file with the patients' keys: {source}")]
    PatientKeys {
        /// Its path.
        path: String,
        /// Why.
        source: DataKeysError,
    },
    /// The patients' keys are gone.
    #[error(
        "{0}, the file with the patients' keys, is missing: without it no patient's data can be read; restore its latest copy"
    )]
    NoPatientKeys(String),
    /// The patients' keys would lie in the data directory, and so in its backups.
    #[error("the patients' keys must not be inside the data directory: move {0}")]
    PatientKeysInside(String),
    /// There are patients' keys and no record.
    #[error(
        "{path} holds the keys of a record's patients, but {dir} holds no record: is the disk mounted? To begin a new record, move that file away"
    )]
    Orphan {
        /// The file with the patients' keys.
        path: String,
        /// The data directory.
        dir: String,
    },
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] StoreError),
    /// The policies cannot be read.
    #[error(transparent)]
    Policies(#[from] aceso_policy::PolicyError),
}

/// What a directory is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// For what it holds; a new one becomes a clinic's.
    AsItIs,
    /// For the response desk.
    Desk,
}

/// A handle on the open record; cheap to clone.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) is_desk: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keys: Keys,
    pub(crate) keyring: Keyring,
    pub(crate) files: Arc<Files>,
    pub(crate) ids: Ids,
    pub(crate) clients: Clients,
    pub(crate) policies: ArcSwap<Policies>,
    pub(crate) learned: Arc<Learned>,
    pub(crate) sessions: Sessions,
    pub(crate) origins: Origins,
    pub(crate) failures: Failures,
    pub(crate) tasks_used: TasksUsed,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) bulk_news: BulkNews,
    /// Counts the transactions of this process that wrote appointments.
    pub(crate) day_news: watch::Sender<u64>,
    /// Connections to the log that nobody uses now.
    pub(crate) logs: Mutex<Vec<Link>>,
    // The writer and the readers hold the audit log: it closes after the last of them.
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
    _watch: Watch,
    // Closed after the last connection.
    pub(crate) originals: Originals,
}

impl Store {
    /// Opens the store in a directory, or makes a new one there.
    pub fn open(
        settings: Settings,
        root: &RootKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::open_for(settings, root, clock, For::AsItIs)
    }

    pub(crate) fn open_for(
        settings: Settings,
        root: &RootKey,
        clock: Arc<dyn Clock>,
        whose: For,
    ) -> Result<Self, OpenError> {
        let dir = settings.dir.as_path();
        private_directory(dir)?;
        let stay = Stay::together(dir)?;
        end_exchanges(dir)?;
        let (keyring, patients) = open_keys(&settings, root, clock.now())?;
        let cache_kib = settings.cache_mib.max(16) * 1024;
        // Index rows land anywhere, so the writer needs as much as the readers together.
        let for_reader = cache_kib / 2 / settings.readers.max(1);
        let reserve = Reserve::of(dir);
        let files = Files::new(dir, keyring.clone(), stay);
        let for_writer = cache_kib / 2;
        let mut connection = files.connect(&RECORD, for_writer)?;
        migrate(&mut connection, &RECORD)?;
        if whose == For::Desk {
            migrate_desk(&mut connection)?;
        }
        let is_desk = mark(&connection)?.is_some();
        let sealer = keyring.patients_sealer();
        let bodies = Arc::new(Bodies::new(dir, &settings.patient_keys, sealer, patients));
        catch_up(&mut connection, &bodies, clock.now())?;
        let last: Option<i64> = connection
            .query_row(RES_LAST_KEY, [], |row| row.get(0))
            .optional()
            .map_err(StoreError::from)?;
        let readers: Result<Vec<_>, _> = (0..settings.readers.max(1))
            .map(|_| Link::open(&files, &RECORD, for_reader))
            .collect();
        let keys = Keys::of_store(keyring.index_hash(), Arc::clone(&bodies));
        fill(&mut connection, &keys, clock.now())?;
        let watch = Watch::start(Arc::clone(&bodies), settings.patient_keys.clone())?;
        let policies = ArcSwap::from_pointee(policies(&connection, &settings.people.hours)?);
        let emergencies = Arc::new(Emergencies::of(open_now(&connection, clock.now())?));
        let log = Arc::new(Log::open(&files, Arc::clone(&clock), emergencies)?);
        let writing = (connection, for_writer);
        let (ours, of_log) = (Arc::clone(&files), Arc::clone(&log));
        let writer = Writer::start(writing, ours, keys.clone(), of_log, reserve)?;
        let readers = Readers::start(readers?, log)?;
        let ids = Ids::after(last.unwrap_or(0), clock.as_ref());
        let clients = Clients::default();
        Ok(Self(Arc::new(Inner {
            settings,
            is_desk,
            clock,
            keys,
            keyring,
            files,
            ids,
            clients,
            policies,
            learned: Arc::new(Learned::default()),
            sessions: Sessions::default(),
            origins: Origins::default(),
            failures: Failures::default(),
            tasks_used: TasksUsed::default(),
            subscriptions: Subscriptions::default(),
            bulk_news: BulkNews::default(),
            day_news: watch::Sender::new(0),
            logs: Mutex::default(),
            writer,
            readers,
            _watch: watch,
            originals: Originals::default(),
        })))
    }

    /// Whether the directory is a response desk's, and no clinic's.
    pub fn is_desk(&self) -> bool {
        self.0.is_desk
    }

    /// Begins reading for a caller.
    pub fn read(&self, caller: &Caller, purpose: Purpose) -> Reading {
        Reading::new(self.clone(), caller.clone(), purpose)
    }

    /// Whether what is about substance use leaves only as 42 CFR part 2 lets it.
    pub fn is_under_part2(&self) -> bool {
        self.0.settings.part2
    }

    /// Begins reading for a caller what is given to somebody outside: on paper, as a file. What an app is given leaves the clinic
    /// in any case.
    pub fn read_out(&self, caller: &Caller, purpose: Purpose) -> Reading {
        Reading::to_leave(self.clone(), caller.clone(), purpose)
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
        let hex = aceso_base::hex(bytes.as_slice());
        let (a, b, c) = (hex.get(..8), hex.get(8..12), hex.get(12..16));
        let parts = [a, b, c, hex.get(16..20), hex.get(20..)];
        Ok(parts.map(Option::unwrap_or_default).join("-"))
    }

    /// Changes whenever an appointment was written by this process: whose it is, and what is in it, is not told.
    pub fn day_news(&self) -> watch::Receiver<u64> {
        self.0.day_news.subscribe()
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
