//! A store, callers, short names for acts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Instant, ManualClock};
use aceso_fhir::json;
use aceso_fhir::search::{Options, Query, parse};
use aceso_policy::{Caller, FhirUser, Origin, Person, Purpose, Role, Session, Strength};
use aceso_store::{ReadError, Settings, Store, WriteError};
use aceso_vault::RootKey;
use serde_json::Value;

pub(super) const HOUR: i64 = 3_600_000;
/// 2026-03-04T12:00:00Z, a Wednesday.
pub(super) const NOW: i64 = 1_772_625_600_000;

pub(super) struct Clinic {
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    pub(super) dir: PathBuf,
}

impl Clinic {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-access-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        RootKey::create_file(&dir.join("key")).unwrap();
        let clock = Arc::new(ManualClock::new(Instant::from_millis(NOW)));
        let store = open(&dir, &clock);
        Self { store, clock, dir }
    }

    /// The same record as another process has it.
    pub(super) fn beside(&self) -> Store {
        open(&self.dir, &self.clock)
    }

    /// Stores documents at their own ids, for the operator.
    pub(super) async fn put(&self, documents: &[Value]) {
        for group in documents.chunks(100) {
            let mut tx = self.store.write(&Caller::operator(), Purpose::Operations);
            for document in group {
                let id = document["id"].as_str().unwrap().to_owned();
                tx.update(&id, value(document), None).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
    }
}

fn open(dir: &Path, clock: &Arc<ManualClock>) -> Store {
    let root = RootKey::from_file(&dir.join("key")).unwrap();
    let settings = Settings {
        cache_mib: 16,
        part2: true,
        ..Settings::new(dir.join("data"))
    };
    Store::open(settings, &root, clock.clone()).unwrap()
}

impl Drop for Clinic {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

pub(super) fn value(document: &Value) -> aceso_fhir::Value {
    json::read(document.to_string().as_bytes()).unwrap()
}

/// Somebody with these roles who is this resource; acts for these patients.
pub(super) fn person(roles: &[&str], user: &str, patients: &[&str]) -> Person {
    let mut session = Session::new(Strength::Two, Purpose::Treatment);
    session.stepped_up_until = Some(Instant::from_millis(NOW + HOUR));
    Person {
        account: format!("account of {user}"),
        name: user.replace('/', "-"),
        roles: roles.iter().map(|r| Role::parse(r).unwrap()).collect(),
        user: FhirUser::parse(user),
        patients: patients.iter().map(|p| (*p).to_owned()).collect(),
        facilities: Vec::new(),
        session,
    }
}

pub(super) fn caller(person: Person) -> Caller {
    Caller::person(Arc::new(person), Origin::default())
}

pub(super) fn query(kind: Option<&str>, text: &str) -> Query {
    let options = Options {
        now: NOW,
        ..Options::default()
    };
    parse(kind, text, &options).unwrap_or_else(|e| panic!("{kind:?}?{text}: {e}"))
}

/// What a search finds, matches and what came along, sorted; and the total. Nothing when it is refused.
pub(super) async fn search(
    store: &Store,
    caller: &Caller,
    kind: Option<&str>,
    text: &str,
) -> (Vec<String>, Vec<String>, Option<u64>) {
    let query = Query {
        count: Some(1000),
        ..query(kind, text)
    };
    match store.read(caller, Purpose::Treatment).search(query).await {
        Ok(page) => {
            let names = |all: &[aceso_store::Stored]| {
                let mut names: Vec<_> =
                    all.iter().map(|s| format!("{}/{}", s.kind, s.id)).collect();
                names.sort();
                names
            };
            (names(&page.matches), names(&page.included), page.total)
        }
        Err(ReadError::Forbidden) => (Vec::new(), Vec::new(), Some(0)),
        Err(error) => panic!("{kind:?}?{text}: {error}"),
    }
}

/// Whether a read shows it.
pub(super) async fn reads(store: &Store, caller: &Caller, kind: &'static str, id: &str) -> bool {
    match store.read(caller, Purpose::Treatment).fetch(kind, id).await {
        Ok(_) => true,
        Err(ReadError::Unknown | ReadError::Forbidden) => false,
        Err(error) => panic!("{kind}/{id}: {error}"),
    }
}

/// Creates at an id; whether it was let in.
pub(super) async fn creates(
    store: &Store,
    caller: &Caller,
    document: &Value,
) -> Result<(), WriteError> {
    let mut tx = store.write(caller, Purpose::Treatment);
    tx.create(&store.new_id(), value(document))?;
    tx.commit().await
}
