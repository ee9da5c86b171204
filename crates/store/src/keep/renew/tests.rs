//! Nothing that was acknowledged is lost and nobody is refused while a record comes under another page key, wherever it is cut off.

use std::sync::atomic::AtomicU32;

use aceso_base::Instant;
use aceso_fhir::json;
use aceso_policy::{Caller, Purpose};
use aceso_vault::Keyring;

use super::*;
use crate::engine::connect;
use crate::files::Stay;
use crate::keep::bench_test::{Bench, copy_dir, private};
use crate::{Beside, ReadError, Store};

impl Bench {
    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The directory as a kill leaves it now, with the patients' keys.
    fn killed(&self, name: &str) {
        copy_dir(&self.data(), &self.dir.join(name));
        let keys = |name: &str| self.dir.join([name, ".patient-keys"].concat());
        fs::copy(keys("data"), keys(name)).unwrap();
    }

    async fn rotate(&self, store: &Store, beside: Beside) -> Option<u32> {
        let operator = Caller::operator();
        let done = store.rotate_page_keys(&operator, &self.root, beside);
        done.await.unwrap()
    }

    fn check_clean(&self) {
        for entry in fs::read_dir(self.data()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let left = name.ends_with(NEXT) || name.ends_with(WHOLE);
            assert!(!left, "{name} was left");
        }
    }
}

async fn put(store: &Store, id: &str) {
    let text = format!(
        r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"F{id}","text":"{}"}}]}}"#,
        "x".repeat(3000)
    );
    let operator = Caller::operator();
    let mut tx = store.write(&operator, Purpose::Treatment);
    let document = json::read(text.as_bytes()).unwrap();
    tx.update(id, document, None).await.unwrap();
    tx.commit().await.unwrap();
}

async fn is_there(store: &Store, id: &str) -> bool {
    let operator = Caller::operator();
    let found = store.read(&operator, Purpose::Treatment);
    match found.fetch("Patient", id).await {
        Ok(_) => true,
        Err(ReadError::Unknown) => false,
        Err(other) => panic!("{id}: {other}"),
    }
}

async fn check_all(store: &Store, name: &str, count: u32) {
    for n in 0..count {
        assert!(is_there(store, &format!("{name}{n}")).await, "{name}{n}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_that_is_written_while_pages_come_under_another_key_is_there_under_it_alone() {
    let bench = Bench::new("load");
    let store = bench.open("data");
    for n in 0..400 {
        put(&store, &format!("before{n}")).await;
    }
    let keyring = store.0.keyring.clone();
    let old = keyring.page_key_literal();
    let (done, written) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU32::new(0)),
    );
    let writing = tokio::spawn({
        let (store, done, written) = (store.clone(), Arc::clone(&done), Arc::clone(&written));
        async move {
            while !done.load(Ordering::Acquire) {
                let n = written.load(Ordering::Acquire);
                put(&store, &format!("during{n}")).await;
                written.store(n + 1, Ordering::Release);
            }
        }
    });
    let reading = tokio::spawn({
        let (store, done, written) = (store.clone(), Arc::clone(&done), Arc::clone(&written));
        async move {
            let mut n = 0;
            while !done.load(Ordering::Acquire) {
                let acknowledged = written.load(Ordering::Acquire);
                if acknowledged > 0 {
                    assert!(is_there(&store, &format!("during{}", acknowledged - 1)).await);
                }
                assert!(is_there(&store, &format!("before{}", n % 400)).await);
                n += 1;
            }
            n
        }
    });
    // Again while the last turn's files are new.
    for number in [2, 3] {
        let during = written.load(Ordering::Acquire);
        assert_eq!(bench.rotate(&store, Beside::Others).await, Some(number));
        while written.load(Ordering::Acquire) < during + 5 {
            tokio::task::yield_now().await;
        }
    }
    done.store(true, Ordering::Release);
    writing.await.unwrap();
    assert!(reading.await.unwrap() > 0);
    let during = written.load(Ordering::Acquire);
    check_all(&store, "during", during).await;
    assert_eq!(store.verify(&mut |_| ()).unwrap().findings, []);
    drop(store);
    bench.check_clean();
    let store = bench.open("data");
    check_all(&store, "before", 400).await;
    check_all(&store, "during", during).await;
    assert_eq!(store.verify(&mut |_| ()).unwrap().findings, []);
    let now = store.0.keyring.page_key_literal();
    assert_eq!(*now, *keyring.page_key_literal());
    assert!(keyring.next_page_key_literal().is_none());
    for database in [&RECORD, &AUDIT] {
        let path = bench.data().join(database.file);
        assert!(!is_under(&path, &old).unwrap(), "{}", database.file);
        assert!(is_under(&path, &now).unwrap(), "{}", database.file);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_another_process_has_the_record_open_its_files_stay_where_they_are() {
    let bench = Bench::new("company");
    let (server, command) = (bench.open("data"), bench.open("data"));
    put(&server, "first").await;
    assert_eq!(bench.rotate(&server, Beside::Nobody).await, None);
    let asked = tokio::spawn({
        let (server, root) = (server.clone(), bench.root.clone());
        async move {
            let operator = Caller::operator();
            let done = server.rotate_page_keys(&operator, &root, Beside::Others);
            done.await.unwrap()
        }
    });
    while server.0.keyring.newest_page_key() == 1 {
        tokio::task::yield_now().await;
    }
    for n in 0..50 {
        // What each writes the other sees.
        put(&command, &format!("command{n}")).await;
        put(&server, &format!("server{n}")).await;
    }
    assert!(!asked.is_finished());
    assert_eq!(bench.rotate(&command, Beside::Others).await, None);
    check_all(&server, "command", 50).await;
    check_all(&command, "server", 50).await;
    drop(command);
    assert_eq!(asked.await.unwrap(), Some(2));
    check_all(&server, "command", 50).await;
    check_all(&server, "server", 50).await;
    assert_eq!(server.verify(&mut |_| ()).unwrap().findings, []);
    bench.check_clean();
}

/// Copies a database while it is written, up to where it would be put in its place.
fn copy_to_the_end(data: &Path, keyring: &Keyring, write: &str) -> Places {
    let files = Files::new(data, keyring.clone(), Stay::together(data).unwrap());
    let turn = Turn::take(data).unwrap().unwrap();
    let places = Places::of(data, &RECORD);
    let writer = connect(data, &RECORD, keyring, 1024).unwrap();
    let key = keyring.next_page_key_literal().unwrap();
    let mut is_first = true;
    let mut serve = |_: Duration| -> Result<(), StoreError> {
        if std::mem::take(&mut is_first) {
            writer.execute_batch(write)?;
        }
        Ok(())
    };
    let copied = Copying::new((&files, &turn), &places, &mut serve).whole(&writer, &key);
    drop(copied.unwrap());
    places
}

#[tokio::test]
async fn wherever_a_kill_cuts_it_off_the_record_opens_with_all_that_was_acknowledged() {
    let bench = Bench::new("killed");
    let store = bench.open("data");
    for n in 0..200 {
        put(&store, &format!("before{n}")).await;
    }
    drop(store);
    let data = bench.data();
    let file = data.join("keyring");
    let keyring = Keyring::open(&bench.root, &fs::read(&file).unwrap()).unwrap();
    keyring.begin_page_key(Instant::from_millis(0)).unwrap();
    fs::write(&file, keyring.seal(&bench.root).unwrap()).unwrap();
    // Keeps the other file's log from being taken in when its writer is closed.
    let reader = connect(&data, &RECORD, &keyring, 1024).unwrap();
    super::super::follow::begin(&reader).unwrap();
    let write = "update res set updated = 7";
    let places = copy_to_the_end(&data, &keyring, write);
    assert!(fs::metadata(&places.log).unwrap().len() > 0);
    bench.killed("copied");
    fs::rename(&places.next, &places.whole).unwrap();
    bench.killed("named");
    fs::remove_file(&places.log_index).unwrap();
    bench.killed("without-index");
    fs::remove_file(&places.log).unwrap();
    bench.killed("without-log");
    fs::rename(&places.whole, &places.database).unwrap();
    bench.killed("exchanged");
    for name in [
        "copied",
        "named",
        "without-index",
        "without-log",
        "exchanged",
    ] {
        let store = bench.open(name);
        check_all(&store, "before", 200).await;
        let changed: i64 = store
            .0
            .readers
            .quiet(|c| {
                c.query_row("select count(*) from res where updated = 7", [], |r| {
                    r.get(0)
                })
            })
            .await
            .unwrap()
            .unwrap();
        assert!(
            changed >= 200,
            "{name}: {changed} have what was written meanwhile"
        );
        put(&store, "after").await;
        // What was begun there is ended here.
        let operator = Caller::operator();
        let done = store.rotate_page_keys(&operator, &bench.root, Beside::Nobody);
        assert_eq!(done.await.unwrap(), Some(2), "{name}");
        assert!(is_there(&store, "after").await, "{name}");
        drop(store);
        let dir = bench.dir.join(name);
        let next = keyring.next_page_key_literal().unwrap();
        for database in [&RECORD, &AUDIT] {
            assert!(is_under(&dir.join(database.file), &next).unwrap(), "{name}");
        }
        assert!(!dir.join("record.db.next").exists() && !dir.join("record.db.whole").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_the_record_for_backups_begins_anew_with_an_image_that_opens() {
    let bench = Bench::new("followed");
    let store = bench.open("data");
    put(&store, "first").await;
    let operator = Caller::operator();
    let fresh = |name: &str| {
        let dir = private(&bench.dir.join(name));
        (dir, bench.dir.join([name, ".patient-keys"].concat()))
    };
    let (image, keys) = fresh("image");
    let hold = async |into: &PathBuf, keys: &PathBuf| {
        let still = store.still(&operator, into, keys).await.unwrap();
        still.write_into(into).unwrap();
        still.follow().unwrap()
    };
    let following = hold(&image, &keys).await;
    assert_eq!(bench.rotate(&store, Beside::Others).await, Some(2));
    put(&store, "second").await;
    let (cut, keys) = fresh("cut");
    let refused = store.cut(&operator, following, &cut, &keys).await;
    assert!(format!("{:?}", refused.unwrap_err()).contains("new image"));
    assert!(store.follow_on(&operator).await.unwrap().is_none());
    let (anew, keys) = fresh("anew");
    let following = hold(&anew, &keys).await;
    put(&store, "third").await;
    let (cut, keys) = fresh("cut-anew");
    store.cut(&operator, following, &cut, &keys).await.unwrap();
    // The image of before, with its own keyring.
    for (name, there) in [
        ("image", ["first"].as_slice()),
        ("anew", &["first", "second"]),
    ] {
        let copy = bench.open(name);
        assert_eq!(copy.verify(&mut |_| ()).unwrap().findings, []);
        for id in there {
            assert!(is_there(&copy, id).await, "{name}: {id}");
        }
    }
}
