//! What is followed and put into a copy is the record as it was at the cut, whatever the engine did meanwhile.

use std::fs;
use std::path::PathBuf;

use aceso_policy::Caller;

use super::bench_test::{Bench, copy_dir, is_there, put};
use crate::{Cut, Following, Store, put_pages};

impl Bench {
    fn fresh(&self, name: &str) -> PathBuf {
        let dir = self.dir.join(name);
        fs::create_dir(&dir).unwrap();
        dir
    }

    async fn image(&self, store: &Store) -> Following {
        let still = self.hold(store, "copy").await;
        still.write_into(&self.dir.join("copy")).unwrap();
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
    async fn check_copy(&self, cut: &Cut, patients: std::ops::Range<u32>, not: u32) {
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
        bench.check_copy(&cut, 0..first, first).await;
    }
}

#[tokio::test]
async fn hn4_what_is_written_while_a_backup_reads_is_in_the_first_cut() {
    let bench = Bench::new("reading");
    let store = bench.open("data");
    for number in 0..20 {
        put(&store, number).await;
    }
    let still = bench.hold(&store, "copy").await;
    // More pages than the engine lets its log have before it moves them away.
    for number in 20..1000 {
        put(&store, number).await;
    }
    still.write_into(&bench.dir.join("copy")).unwrap();
    for number in 1000..1010 {
        put(&store, number).await;
    }
    let following = still.follow().unwrap();
    for number in 1010..1020 {
        put(&store, number).await;
    }
    let (_following, cut) = bench.cut(&store, following, "cut").await;
    bench.check_copy(&cut, 0..1020, 1020).await;
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
        bench.check_copy(&cut, 0..first, first).await;
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
        bench
            .check_copy(&cut, 0..round * 10 + 10, round * 10 + 10)
            .await;
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
    bench.check_copy(&cut, 0..21, 21).await;
    drop(following);
    drop(store);
    assert!(found == read(), "the last to close wrote something");
    assert!(!bench.dir.join("data/record.db-wal").exists());
}
