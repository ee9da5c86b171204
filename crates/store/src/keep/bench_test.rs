//! A directory for records of tests, with a root key; gone when the test is over.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Instant, ManualClock};
use aceso_fhir::json;
use aceso_policy::{Caller, Purpose};
use aceso_vault::RootKey;

use crate::{Settings, Still, Store};

pub(super) struct Bench {
    pub(super) dir: PathBuf,
    pub(super) root: RootKey,
}

impl Bench {
    pub(super) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-keep-{}-{number}-{name}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        Self { dir, root }
    }

    pub(super) fn open(&self, name: &str) -> Store {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)));
        Store::open(Settings::new(self.dir.join(name)), &self.root, clock).unwrap()
    }

    /// Held still, the keys in a data directory of this name.
    pub(super) async fn hold(&self, store: &Store, name: &str) -> Still {
        let into = private(&self.dir.join(name));
        let keys = self.dir.join([name, ".patient-keys"].concat());
        let operator = Caller::operator();
        store.still(&operator, &into, &keys).await.unwrap()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A new directory that may be a record's.
pub(super) fn private(dir: &Path) -> PathBuf {
    fs::DirBuilder::new().mode(0o700).create(dir).unwrap();
    dir.to_path_buf()
}

/// With all that is in another one.
pub(super) fn copy_dir(from: &Path, to: &Path) {
    private(to);
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

pub(super) async fn put(store: &Store, number: u32) {
    let text = format!(
        r#"{{"resourceType":"Patient","id":"p{number}","name":[{{"family":"Family{number}","given":["{}"]}}]}}"#,
        "x".repeat(2000)
    );
    let operator = Caller::operator();
    let mut tx = store.write(&operator, Purpose::Treatment);
    let document = json::read(text.as_bytes()).unwrap();
    tx.update(&format!("p{number}"), document, None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

pub(super) async fn is_there(store: &Store, number: u32) -> bool {
    let operator = Caller::operator();
    let reading = store.read(&operator, Purpose::Treatment);
    reading
        .fetch("Patient", &format!("p{number}"))
        .await
        .is_ok()
}
