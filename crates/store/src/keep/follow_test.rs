//! What is followed and put into a copy is the record as it was at the cut, whatever the engine did meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aceso_base::{Instant, ManualClock};
use aceso_fhir::json;
use aceso_policy::{Caller, Purpose};
use aceso_vault::RootKey;

use crate::{Cut, Following, Settings, Still, Store, put_pages};

struct Bench {
    dir: PathBuf,
    root: RootKey,
}

impl Bench {
    fn new(name: &str) -> Self {
        let name = format!("aceso-follow-{}-{name}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        Self { dir, root }
    }

    fn open(&self, name: &str) -> Store {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)));
        Store::open(Settings::new(self.dir.join(name)), &self.root, clock).unwrap()
    }

    fn fresh(&self, name: &str) -> PathBuf {
        let dir = self.dir.join(name);
        fs::create_dir(&dir).unwrap();
        dir
    }

    async fn hold(&self, store: &Store) -> Still {
        use std::os::unix::fs::PermissionsExt;
        let copy = self.fresh("copy");
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o700)).unwrap();
        let keys = self.dir.join("copy.patient-keys");
        let operator = Caller::operator();
        store.still(&operator, &copy, &keys).await.unwrap()
    }

    fn read(&self, still: &Still) {
        for file in still.files() {
            file.write_into(&self.dir.join("copy")).unwrap();
        }
    }

    async fn image(&self, store: &Store) -> Following {
        let still = self.hold(store).await;
        self.read(&still);
        still.follow().unwrap()
    }

    /// Cuts, and puts what was cut into the copy.
    async fn cut(&self, store: &Store, following: Following, name: &str) -> (Following, Cut) {
        let into = self.fresh(name);
        let keys = self.dir.join([name, ".keys"].concat());
        let operator = Caller::operator();
        let (following, cut) = store.cut(&operator, following, &into, &keys).await.unwrap();
        for database in ["record.db", "audit.db"] {
            let pages = into.join([database, ".pages"].concat());
            if pages.exists() {
                put_pages(&pages, &self.dir.join("copy").join(database)).unwrap();
            }
        }
        (following, cut)
    }

    /// The copy opens, is whole, has these patients, and its log begins as the cut says.
    async fn check(&self, cut: &Cut, patients: std::ops::Range<u32>, not: u32) {
        let copy = self.dir.join("looked-at");
        let _ = fs::remove_dir_all(&copy);
        copy_dir(&self.dir.join("copy"), &copy);
        fs::copy(
            self.dir.join("copy.patient-keys"),
            self.dir.join("looked-at.patient-keys"),
        )
        .unwrap();
        let store = self.open("looked-at");
        assert_eq!(store.verify(&mut |_| ()).unwrap().findings, []);
        let log = store.verify_audit(std::slice::from_ref(&cut.head)).unwrap();
        assert_eq!(log.findings, []);
        assert!(log.audit_entries >= cut.audit_entries);
        for number in patients {
            assert!(is_there(&store, number).await, "{number}");
        }
        assert!(!is_there(&store, not).await, "{not} came later");
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn copy_dir(from: &Path, to: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

async fn put(store: &Store, number: u32) {
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

async fn is_there(store: &Store, number: u32) -> bool {
    let operator = Caller::operator();
    let reading = store.read(&operator, Purpose::Treatment);
    reading
        .fetch("Patient", &format!("p{number}"))
        .await
        .is_ok()
}

#[tokio::test]
async fn hn4_what_was_written_after_a_backup_is_brought_to_a_copy_of_it() {
    let bench = Bench::new("brought");
    let store = bench.open("data");
    for number in 0..20 {
        put(&store, number).await;
    }
    let mut following = bench.image(&store).await;
    let mut first = 20;
    for round in 0..4_u32 {
        let end = first + 10 * round;
        for number in first..end {
            put(&store, number).await;
        }
        first = end;
        let (next, cut) = bench.cut(&store, following, &format!("cut{round}")).await;
        following = next;
        bench.check(&cut, 0..first, first).await;
    }
}

#[tokio::test]
async fn hn4_what_is_written_while_a_backup_reads_is_in_the_first_cut() {
    let bench = Bench::new("reading");
    let store = bench.open("data");
    for number in 0..20 {
        put(&store, number).await;
    }
    let still = bench.hold(&store).await;
    // More pages than the engine lets its log have before it moves them away.
    for number in 20..1000 {
        put(&store, number).await;
    }
    bench.read(&still);
    for number in 1000..1010 {
        put(&store, number).await;
    }
    let following = still.follow().unwrap();
    for number in 1010..1020 {
        put(&store, number).await;
    }
    let (_following, cut) = bench.cut(&store, following, "cut").await;
    bench.check(&cut, 0..1020, 1020).await;
}

#[tokio::test]
async fn hn4_nothing_is_missed_where_the_engine_s_log_begins_anew_between_two_cuts() {
    let bench = Bench::new("anew");
    let store = bench.open("data");
    put(&store, 0).await;
    let mut following = bench.image(&store).await;
    let mut first = 1;
    for round in 0..3 {
        // More pages than the engine lets its log have before it moves them away.
        for number in first..first + 900 {
            put(&store, number).await;
        }
        first += 900;
        let (next, cut) = bench.cut(&store, following, &format!("cut{round}")).await;
        following = next;
        assert!(cut.pages > 100, "{cut:?}");
        bench.check(&cut, 0..first, first).await;
    }
}

#[tokio::test]
async fn hn4_a_cut_is_whole_while_others_write() {
    let bench = Bench::new("beside");
    let store = bench.open("data");
    let mut following = bench.image(&store).await;
    let other = store.clone();
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writing = tokio::spawn(async move {
        let mut number = 1_000_000;
        while stopped.try_recv().is_err() {
            put(&other, number).await;
            number += 1;
        }
    });
    for round in 0..5 {
        for number in round * 10..round * 10 + 10 {
            put(&store, number).await;
        }
        let (next, cut) = bench.cut(&store, following, &format!("cut{round}")).await;
        following = next;
        bench.check(&cut, 0..round * 10 + 10, round * 10 + 10).await;
    }
    stop.send(()).unwrap();
    writing.await.unwrap();
}

#[tokio::test]
async fn pages_that_are_cut_short_are_not_taken_for_whole_ones() {
    let bench = Bench::new("short");
    let store = bench.open("data");
    let following = bench.image(&store).await;
    put(&store, 1).await;
    let (_following, cut) = bench.cut(&store, following, "cut").await;
    assert!(cut.pages > 0);
    let pages = fs::read(bench.dir.join("cut/record.db.pages")).unwrap();
    let short = bench.dir.join("short");
    let database = bench.dir.join("copy/record.db");
    for end in [
        0,
        5,
        15,
        16,
        18,
        20,
        1000,
        pages.len() - 9,
        pages.len() - 8,
        pages.len() - 1,
    ] {
        fs::write(&short, &pages[..end]).unwrap();
        assert!(put_pages(&short, &database).is_err(), "{end}");
    }
    fs::write(&short, &pages).unwrap();
    put_pages(&short, &database).unwrap();
}

#[tokio::test]
async fn hn4_the_files_are_at_rest_after_the_last_cut_and_closing_them_changes_nothing() {
    let bench = Bench::new("rest");
    let store = bench.open("data");
    let files = ["record.db", "audit.db"].map(|name| bench.dir.join("data").join(name));
    let read = move || files.clone().map(|file| fs::read(file).unwrap());
    let following = bench.image(&store).await;
    for number in 0..20 {
        put(&store, number).await;
    }
    let (following, _) = bench.cut(&store, following, "first").await;
    put(&store, 20).await;
    let (following, found) = following.at_rest(read.clone()).await.unwrap();
    assert!(found.is_none(), "something was written since the cut");
    let (following, cut) = bench.cut(&store, following, "second").await;
    let (following, found) = following.at_rest(read.clone()).await.unwrap();
    let found = found.unwrap();
    bench.check(&cut, 0..21, 21).await;
    drop(following);
    drop(store);
    assert!(found == read(), "the last to close wrote something");
    assert!(!bench.dir.join("data/record.db-wal").exists());
}
