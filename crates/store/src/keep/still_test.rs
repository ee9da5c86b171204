//! What is read of a record that is held still is the record of that moment, whatever is written meanwhile.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aceso_policy::Caller;

use super::bench_test::{Bench, is_there, private, put};
use crate::engine::{AUDIT, RECORD};
use crate::{Still, Store};

impl Bench {
    /// What is read, as a data directory of this name: it opens, is whole, and has what was told.
    async fn check(&self, still: &Still, name: &str) {
        let into = self.dir.join(name);
        still.write_into(&into).unwrap();
        for file in still.files() {
            let length = into.join(file.name()).metadata().unwrap().len();
            assert_eq!(length, file.length());
        }
        let copy = self.open(name);
        let image = still.image();
        let whole = copy.verify(&mut |_| ()).unwrap();
        assert_eq!(whole.findings, [], "{name}");
        let found = (whole.resources, whole.versions, whole.audit_entries);
        let told = (image.resources, image.versions, image.audit_entries);
        assert_eq!(found, told, "{name}");
        let log = copy
            .verify_audit(std::slice::from_ref(&image.head))
            .unwrap();
        assert_eq!(log.findings, [], "{name}");
    }
}

/// Moves what may be moved in both files, by turns in each of the engine's ways, until it is told to stop.
fn keep_moving(store: &Store, stop: &AtomicBool) {
    let connections =
        [&RECORD, &AUDIT].map(|database| store.0.files.connect(database, 64).unwrap());
    for mode in ["passive", "restart", "passive", "truncate"].iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        for connection in &connections {
            connection
                .busy_timeout(std::time::Duration::from_millis(5))
                .unwrap();
            // One that does not get all it wants has moved what it could.
            let _ = connection.query_row(&format!("pragma wal_checkpoint({mode})"), [], |_| Ok(()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ha7_what_is_read_while_others_write_and_the_engine_moves_pages_is_the_record_of_one_moment()
 {
    let bench = Bench::new("beside");
    let store = bench.open("data");
    for number in 0..60 {
        put(&store, number).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let (other, stopped) = (store.clone(), Arc::clone(&stop));
    let moving = tokio::task::spawn_blocking(move || keep_moving(&other, &stopped));
    let (other, stopped) = (store.clone(), Arc::clone(&stop));
    let writing = tokio::spawn(async move {
        let mut number = 0;
        while !stopped.load(Ordering::Relaxed) {
            // Some are new, some are written again.
            put(&other, 1_000_000 + number % 300).await;
            number += 1;
        }
    });
    for round in 0..12_u32 {
        put(&store, 100 + round).await;
        let name = format!("round{round}");
        let still = bench.hold(&store, &name).await;
        put(&store, 200 + round).await;
        bench.check(&still, &name).await;
        drop(still);
        let copy = bench.open(&name);
        assert!(is_there(&copy, 100 + round).await, "{round}: came before");
        assert!(!is_there(&copy, 200 + round).await, "{round}: came later");
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    moving.await.unwrap();
}

#[tokio::test]
async fn nothing_of_a_record_is_read_once_it_is_followed() {
    use std::io::Read;
    let bench = Bench::new("followed");
    let store = bench.open("data");
    for number in 0..300 {
        put(&store, number).await;
    }
    let still = bench.hold(&store, "copy").await;
    let mut readers = still.files().each_ref().map(crate::StillFile::read);
    let _following = still.follow().unwrap();
    for reader in &mut readers {
        assert!(reader.read(&mut [0; 100]).is_err());
    }
}

#[tokio::test]
async fn an_image_of_the_record_is_a_data_directory() {
    let bench = Bench::new("image");
    let store = bench.open("data");
    for number in 0..30 {
        put(&store, number).await;
    }
    let into = private(&bench.dir.join("copy"));
    let keys = bench.dir.join("copy.patient-keys");
    let image = store
        .image(&Caller::operator(), &into, &keys)
        .await
        .unwrap();
    assert!(has(&into, &["audit.db", "keyring", "record.db"]));
    let copy = bench.open("copy");
    assert_eq!(copy.verify(&mut |_| ()).unwrap().findings, []);
    assert_eq!((copy.resource_count().unwrap(), image.resources), (30, 30));
}

fn has(dir: &Path, expected: &[&str]) -> bool {
    let names = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names == expected
}

#[tokio::test]
async fn each_database_is_let_go_of_when_it_was_read_to_its_end() {
    let bench = Bench::new("once");
    let store = bench.open("record");
    put(&store, 1).await;
    let still = bench.hold(&store, "copy").await;
    let lengths = still.files().each_ref().map(crate::StillFile::length);
    put(&store, 2).await;
    let log = store.0.files.connect(&AUDIT, 1024).unwrap();
    let record = store.0.files.connect(&RECORD, 1024).unwrap();
    let waits = |of: &rusqlite::Connection| -> bool {
        of.busy_timeout(std::time::Duration::ZERO).unwrap();
        let busy: i64 = of
            .query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))
            .unwrap();
        busy != 0
    };
    let [mut first, mut second] = still.read_once();
    assert_eq!([first.length(), second.length()], lengths);
    assert!(waits(&record) && waits(&log));
    let mut read = Vec::new();
    std::io::Read::read_to_end(&mut second, &mut read).unwrap();
    assert_eq!(u64::try_from(read.len()).unwrap(), lengths[1]);
    assert!(waits(&record) && !waits(&log), "only the log was read");
    read.clear();
    std::io::Read::read_to_end(&mut first, &mut read).unwrap();
    assert_eq!(u64::try_from(read.len()).unwrap(), lengths[0]);
    assert!(!waits(&record));
}
