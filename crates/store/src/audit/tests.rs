//! What somebody who holds the page key could do to the log, and who notices.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Clock, Instant, ManualClock};
use aceso_vault::tree::{Edge, HeadKey, included, leaf};
use aceso_vault::{Keyring, sha256, sha256_chain};
use rusqlite::Connection;

use super::leaf::Leaf;
use super::tree::{self, HEAD_FILE};
use super::{Entry, Log, check};
use crate::engine::{AUDIT, connect, migrate};

struct Bench {
    dir: PathBuf,
    keyring: Keyring,
    clock: Arc<ManualClock>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Bench {
    fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-audit-{name}-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let keyring = Keyring::create(aceso_base::Instant::from_millis(0)).unwrap();
        // The log reads what writes left in the record.
        let mut record = connect(&dir, &crate::engine::RECORD, &keyring, 1024).unwrap();
        migrate(&mut record, &crate::engine::RECORD).unwrap();
        Self {
            dir,
            keyring,
            clock: Arc::new(ManualClock::new(Instant::from_millis(1_700_000_000_000))),
        }
    }

    fn log(&self) -> Log {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Log::open(&self.dir, &self.keyring, clock).unwrap()
    }

    /// Appends so many entries in groups as they come.
    fn append(&self, count: usize) {
        let log = self.log();
        for n in 0..count {
            let body = format!("{{\"act\":\"read\",\"n\":{n}}}").into_bytes();
            let at = self.clock.now();
            log.append(Entry { at, body }, Box::new(|done| done.unwrap()));
        }
        log.settle().unwrap();
    }

    fn sql(&self) -> Connection {
        connect(&self.dir, &AUDIT, &self.keyring, 1024).unwrap()
    }

    fn wrong(&self, kept: &[String]) -> Option<(String, String)> {
        let checked = check(&self.sql(), &self.dir, &self.keyring, kept).unwrap();
        checked.wrong
    }

    /// The head as an administrator would have kept it.
    fn head(&self) -> String {
        let sql = self.sql();
        let size = tree::size(&sql).unwrap();
        let root = tree::edge(&sql, size).unwrap().root();
        tree::signer(&self.keyring).unwrap().sign(size, root)
    }
}

fn check_found(bench: &Bench, kept: &[String], place: &str, what: &str) {
    let (found, why) = bench.wrong(kept).unwrap();
    assert!(found.contains(place), "{found}: {why}");
    assert!(why.contains(what), "{found}: {why}");
}

#[test]
fn a_log_that_nobody_touched_is_in_order_over_tiles_heads_and_restarts() {
    let bench = Bench::new("fine");
    bench.append(700);
    let early = bench.head();
    bench.clock.advance_millis(61_000);
    bench.append(65_000);
    bench.append(1_337);
    let checked = check(&bench.sql(), &bench.dir, &bench.keyring, &[early]).unwrap();
    assert_eq!((checked.entries, checked.wrong), (67_037, None));
    let count = |table: &str| -> i64 {
        let text = format!("select count(*) from {table}");
        bench.sql().query_row(&text, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count("audit_tile"), 261 + 1);
    assert!(count("audit_head") >= 2);
    assert!(bench.dir.join(HEAD_FILE).exists());
}

#[test]
fn a_changed_body_time_or_number_is_named() {
    for change in [
        "update audit_log set body = x'00' where seq = 300",
        "update audit_log set at = at + 1 where seq = 300",
        "update audit_log set body = (select body from audit_log where seq = 299) where seq = 300",
        "update audit_log set leaf = zeroblob(32) where seq = 300",
        "delete from audit_log where seq = 300",
    ] {
        let bench = Bench::new("changed");
        bench.append(600);
        bench.sql().execute(change, []).unwrap();
        check_found(&bench, &[], "audit 300", "");
    }
}

#[test]
fn a_body_rewritten_with_its_leaf_is_found_by_the_tree_and_then_by_the_head() {
    let bench = Bench::new("rewritten");
    bench.append(600);
    let forged = Leaf::new(300, 0, b"{}").unwrap();
    let sql = bench.sql();
    let set = "update audit_log set at = 0, body = $1, leaf = $2 where seq = 300";
    sql.execute(set, (&forged.body, forged.hash.as_slice()))
        .unwrap();
    check_found(&bench, &[], "audit 512", "257 to 512");
    let half = |n| tree::complete(&sql, 7, n).unwrap();
    let root = aceso_vault::tree::node(&half(2), &half(3));
    let set = "update audit_tile set hash = $1 where level = 1 and n = 1";
    sql.execute(set, [root.as_slice()]).unwrap();
    check_found(&bench, &[], "", "not those that were signed");
}

#[test]
fn a_forged_tile_or_head_is_found() {
    let bench = Bench::new("forged");
    bench.append(600);
    bench
        .sql()
        .execute("update audit_tile set hash = zeroblob(32) where n = 0", [])
        .unwrap();
    check_found(&bench, &[], "audit 256", "1 to 256");
    let bench = Bench::new("forged");
    bench.append(600);
    bench
        .sql()
        .execute("update audit_head set note = replace(note, '+', '/')", [])
        .unwrap();
    check_found(&bench, &[], "signed head", "not those that were signed");
}

/// Cuts the log as somebody would who knows the schema.
fn cut(sql: &Connection, size: i64) {
    sql.execute("delete from audit_log where seq > $1", [size])
        .unwrap();
    sql.execute("delete from audit_head where size > $1", [size])
        .unwrap();
    sql.execute("delete from audit_tile where (n + 1) * 256 > $1", [size])
        .unwrap();
}

#[test]
fn a_log_that_was_cut_is_found_by_the_head_beside_it_and_by_one_kept_elsewhere() {
    let bench = Bench::new("cut");
    bench.append(600);
    let kept = bench.head();
    cut(&bench.sql(), 400);
    check_found(&bench, &[], HEAD_FILE, "the log was cut");
    std::fs::remove_file(bench.dir.join(HEAD_FILE)).unwrap();
    assert_eq!(bench.wrong(&[]), None, "without a head, nobody can tell");
    check_found(&bench, &[kept], "a kept head", "the log was cut");
}

#[test]
fn a_log_rewritten_as_a_whole_by_somebody_with_all_keys_is_found_by_a_kept_head() {
    let bench = Bench::new("whole");
    bench.append(600);
    let kept = bench.head();
    cut(&bench.sql(), 0);
    std::fs::remove_file(bench.dir.join(HEAD_FILE)).unwrap();
    bench.append(900);
    assert_eq!(bench.wrong(&[]), None);
    check_found(&bench, &[kept], "a kept head", "not those that were signed");
}

#[test]
fn a_head_of_another_log_is_refused() {
    let (bench, other) = (Bench::new("one"), Bench::new("other"));
    bench.append(10);
    other.append(10);
    check_found(&bench, &[other.head()], "a kept head", "");
}

#[test]
fn an_entry_is_proven_to_somebody_who_holds_nothing_but_the_key() {
    let bench = Bench::new("proof");
    bench.append(777);
    let sql = bench.sql();
    let key = tree::signer(&bench.keyring).unwrap().key().to_string();
    for seq in [1_u64, 256, 257, 700, 777] {
        let path = aceso_vault::tree::inclusion(seq - 1, 777, &mut |height, n| {
            tree::complete(&sql, height, n)
        });
        let (at, body): (i64, Vec<u8>) = sql
            .query_row(
                "select at, body from audit_log where seq = $1",
                [seq.cast_signed()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        let head = HeadKey::parse(&key).unwrap().read(&bench.head()).unwrap();
        let hash = leaf(&[&seq.to_be_bytes(), &at.to_be_bytes(), &sha256(&body)]);
        assert!(included(
            seq - 1,
            head.size,
            &hash,
            &path.unwrap(),
            &head.root
        ));
    }
}

#[test]
fn entries_of_the_older_chain_are_taken_over_and_a_broken_chain_is_not() {
    let fill = |dir: &Path, keyring: &Keyring, forged: i64| {
        let mut sql = connect(dir, &AUDIT, keyring, 1024).unwrap();
        sql.execute_batch(include_str!("../../migrations/audit-0001.sql"))
            .unwrap();
        sql.pragma_update(None, "user_version", 1).unwrap();
        let mut link = [0; 32];
        let tx = sql.transaction().unwrap();
        for seq in 1..=600_i64 {
            let body = format!("{{\"n\":{seq}}}");
            link = sha256_chain(&[
                &link,
                &seq.to_be_bytes(),
                &7_i64.to_be_bytes(),
                body.as_bytes(),
            ]);
            let body = if seq == forged {
                b"{}".to_vec()
            } else {
                body.into_bytes()
            };
            tx.execute(
                "insert into audit (seq, at, body, link) values ($1, 7, $2, $3)",
                (seq, body, link.as_slice()),
            )
            .unwrap();
        }
        tx.commit().unwrap();
    };
    let bench = Bench::new("moved");
    fill(&bench.dir, &bench.keyring, 0);
    bench.append(5);
    let checked = check(&bench.sql(), &bench.dir, &bench.keyring, &[]).unwrap();
    assert_eq!((checked.entries, checked.wrong), (605, None));
    let bench = Bench::new("moved");
    fill(&bench.dir, &bench.keyring, 17);
    let clock: Arc<dyn Clock> = bench.clock.clone();
    let refused = Log::open(&bench.dir, &bench.keyring, clock).err().unwrap();
    assert!(refused.to_string().contains("entry 17"), "{refused}");
}

#[test]
fn two_processes_append_to_one_log() {
    let bench = Bench::new("two");
    let (a, b) = (bench.log(), bench.log());
    for n in 0..200 {
        let body = format!("{{\"n\":{n}}}").into_bytes();
        let at = bench.clock.now();
        let log = if n % 3 == 0 { &a } else { &b };
        log.append(Entry { at, body }, Box::new(|done| done.unwrap()));
        if n % 7 == 0 {
            log.settle().unwrap();
        }
    }
    a.settle().unwrap();
    b.settle().unwrap();
    let checked = check(&bench.sql(), &bench.dir, &bench.keyring, &[]).unwrap();
    assert_eq!((checked.entries, checked.wrong), (200, None));
    assert_ne!(Edge::default().root(), bench.log_root());
}

impl Bench {
    fn log_root(&self) -> [u8; 32] {
        let sql = self.sql();
        tree::edge(&sql, tree::size(&sql).unwrap()).unwrap().root()
    }
}
