//! Another key signs the log: what was signed before still holds, and who took the old key can sign nothing new.

use std::path::PathBuf;
use std::sync::Arc;

use aceso_base::{Instant, ManualClock};
use aceso_policy::{Caller, Job};
use aceso_vault::RootKey;
use aceso_vault::tree::{HeadKey, HeadSigner};

use super::{head_signer, tree};
use crate::{PeopleError, Settings, Store};

pub(super) struct Bench {
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    dir: PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Bench {
    pub(super) fn new(name: &str) -> Self {
        let name = format!("aceso-signer-{name}-{}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        RootKey::create_file(&dir.join("key")).unwrap();
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_772_625_600_000)));
        let store = open(&dir, &clock);
        Self { store, clock, dir }
    }

    /// Leaves entries in the log.
    pub(super) async fn entries(&self, count: usize) {
        for _ in 0..count {
            self.store
                .note_configuration(&Caller::operator(), "test")
                .await
                .unwrap();
        }
    }

    pub(super) fn wrong(&self, kept: &[String]) -> Vec<String> {
        let report = self.store.verify_audit(kept).unwrap();
        let told = |f: crate::Finding| format!("{}: {}", f.place, f.what);
        report.findings.into_iter().map(told).collect()
    }

    /// What the first key signs of the log as it is now, were it still in use.
    fn signed_by(&self, signer: &HeadSigner) -> String {
        self.store.0.readers.log().settle().unwrap();
        let sign = |log: &mut rusqlite::Connection| {
            let size = tree::size(log).unwrap();
            signer.sign(size, tree::edge(log, size).unwrap().root())
        };
        self.store.on_log(sign).unwrap()
    }
}

fn open(dir: &std::path::Path, clock: &Arc<ManualClock>) -> Store {
    let root = RootKey::from_file(&dir.join("key")).unwrap();
    let settings = Settings {
        cache_mib: 16,
        ..Settings::new(dir.join("data"))
    };
    Store::open(settings, &root, clock.clone()).unwrap()
}

#[tokio::test]
async fn asvs_13_3_4_heads_of_before_a_hand_over_hold_and_the_old_key_signs_nothing_new() {
    let bench = Bench::new("handover");
    let store = &bench.store;
    bench.entries(5).await;
    let (early, first) = store.audit_head().unwrap();
    let old = tree::signer(&store.0.keyring).unwrap();
    // Another process has the log open all the time.
    let beside = open(&bench.dir, &bench.clock);
    let new = store.rotate_head_key(&Caller::operator()).await.unwrap();
    assert_eq!(new.number, 2);
    assert_ne!(new.key, first);
    beside
        .note_configuration(&Caller::operator(), "beside")
        .await
        .unwrap();
    bench.clock.advance_millis(61_000);
    beside
        .note_configuration(&Caller::operator(), "beside")
        .await
        .unwrap();
    bench.entries(3).await;
    let (late, second) = beside.audit_head().unwrap();
    assert_eq!(second, new.key, "also where it was open before");
    let key = HeadKey::parse(&new.key).unwrap();
    assert!(key.read(&late).unwrap().size > new.since);
    assert_eq!(bench.wrong(&[early.clone(), late]), [""; 0]);

    let forged = bench.signed_by(&old);
    assert!(
        bench.wrong(&[forged])[0].contains("not signed"),
        "the old key is good for the old entries alone"
    );

    let status = store.key_status(&Caller::operator()).await.unwrap();
    let fact = status
        .keyring
        .iter()
        .find(|k| k.name == aceso_vault::AUDIT_SIGNER);
    assert_eq!(fact.unwrap().version, 2);
    let third = store.rotate_head_key(&Caller::operator()).await.unwrap();
    assert_eq!(third.number, 3);
    bench.entries(1).await;
    let (last, _) = store.audit_head().unwrap();
    assert_eq!(bench.wrong(&[early, last]), [""; 0]);
    drop(beside);
}

#[tokio::test]
async fn asvs_13_3_4_a_hand_over_that_the_key_before_did_not_sign_is_found() {
    let bench = Bench::new("forged");
    bench.entries(2).await;
    bench
        .store
        .rotate_head_key(&Caller::operator())
        .await
        .unwrap();
    bench.entries(1).await;
    let forge = |log: &mut rusqlite::Connection| {
        let signer = head_signer(log, &bench.store.0.keyring).unwrap();
        let text = "aceso audit log: another key signs from here on\nafter 1\nx\n";
        let note = signer.sign_note(text).unwrap();
        log.execute("update audit_signer set handover = $1", [note])
            .unwrap()
    };
    assert_eq!(bench.store.on_log(forge).unwrap(), 1);
    assert!(bench.wrong(&[])[0].contains("did not sign"));
}

#[tokio::test]
async fn h1_who_may_not_use_keys_begins_none() {
    let bench = Bench::new("denied");
    let refused = bench.store.rotate_head_key(&Caller::job(Job::Verify)).await;
    assert!(
        matches!(refused, Err(PeopleError::Forbidden)),
        "{refused:?}"
    );
}
