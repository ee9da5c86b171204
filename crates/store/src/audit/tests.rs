//! What somebody who holds the page key could do to the log, and who notices.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Clock, Instant, ManualClock};
use aceso_vault::tree::{Edge, HeadKey, included, leaf};
use aceso_vault::{Keyring, sha256, sha256_chain};
use rusqlite::Connection;

use super::form::{Said, write, write_patient};
use super::leaf::Leaf;
use super::tree::{self, HEAD_FILE};
use super::{AuditKind, Entry, Log, Walk, Wanted, check};
use crate::engine::{AUDIT, connect, migrate};
use crate::files::{Files, Stay};
use crate::key::Names;

pub(super) struct Bench {
    pub(super) dir: PathBuf,
    pub(super) keyring: Keyring,
    pub(super) clock: Arc<ManualClock>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Bench {
    pub(super) fn new(name: &str) -> Self {
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

    /// With the keys of another.
    pub(super) fn with_keys(mut self, keyring: &Keyring) -> Self {
        self.keyring = keyring.clone();
        self
    }

    pub(super) fn log(&self) -> Log {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Log::open(&self.files(), clock, Arc::default()).unwrap()
    }

    fn files(&self) -> Arc<Files> {
        let stay = Stay::together(&self.dir).unwrap();
        Files::new(&self.dir, self.keyring.clone(), stay)
    }

    /// Appends so many entries in groups as they come.
    pub(super) fn append(&self, count: usize) {
        let log = self.log();
        for n in 0..count {
            let body = format!("{{\"act\":\"read\",\"n\":{n}}}").into_bytes();
            let at = self.clock.now();
            log.append(Entry { at, body }, Box::new(|done| done.unwrap()));
        }
        log.settle().unwrap();
    }

    /// Appends so many entries, which one head covers, however many the log appended at once.
    fn append_signed(&self, count: usize) {
        self.append(1);
        self.append(count - 1);
        self.clock.advance_millis(61_000);
        self.log().settle().unwrap();
    }

    /// Appends one, and waits until it is on the disk.
    pub(super) fn append_to(&self, log: &Log, body: Vec<u8>) {
        let (told, done) = flume::bounded(1);
        let at = self.clock.now();
        let ack = Box::new(move |result| told.send(result).unwrap());
        log.append(Entry { at, body }, ack);
        done.recv().unwrap().unwrap();
    }

    pub(super) fn sql(&self) -> Connection {
        connect(&self.dir, &AUDIT, &self.keyring, 1024).unwrap()
    }

    pub(super) fn wrong(&self, kept: &[String]) -> Option<(String, String)> {
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
    bench.append_signed(600);
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
    bench.append_signed(600);
    bench
        .sql()
        .execute("update audit_tile set hash = zeroblob(32) where n = 0", [])
        .unwrap();
    check_found(&bench, &[], "audit 256", "1 to 256");
    let bench = Bench::new("forged");
    bench.append_signed(600);
    bench
        .sql()
        .execute("update audit_head set note = replace(note, char(10) || char(10), '=' || char(10) || char(10))", [])
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
    sql.execute("delete from audit_span where (n + 1) * 256 > $1", [size])
        .unwrap();
    for table in ["audit_patient", "audit_who", "audit_kind"] {
        let text = format!("delete from {table} where seq > $1");
        sql.execute(&text, [size]).unwrap();
    }
}

#[test]
fn a_log_that_was_cut_is_found_by_the_head_beside_it_and_by_one_kept_elsewhere() {
    let bench = Bench::new("cut");
    bench.append_signed(600);
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
    let refused = Log::open(&bench.files(), clock, Arc::default())
        .err()
        .unwrap();
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

pub(super) fn read_of(n: i64) -> Vec<u8> {
    let said = Said {
        who: format!("person/user{}", n % 3),
        act: if n % 10 == 0 { "sign-in" } else { "read" }.into(),
        on: vec![format!("Observation/o{n}/1")],
        ..Said::default()
    };
    let mut body = write(&said);
    write_patient(&mut body, &format!("p{}", n % 7));
    body
}

impl Bench {
    fn append_reads(&self, count: i64) {
        let log = self.log();
        for n in 0..count {
            self.clock.advance_millis(1000);
            let (at, body) = (self.clock.now(), read_of(n));
            log.append(Entry { at, body }, Box::new(|done| done.unwrap()));
        }
        log.settle().unwrap();
    }

    fn found(&self, wanted: &Wanted) -> Vec<i64> {
        let keys = Names::new(self.keyring.index_hash());
        let sql = self.sql();
        let mut walk = Walk::new(&sql, &keys, wanted, None).unwrap();
        let mut all = Vec::new();
        while let Some(found) = walk.next(1_000_000).unwrap() {
            all.push(found.seq);
        }
        all.reverse();
        all
    }
}

#[test]
fn b4_the_index_finds_exactly_the_entries_about_a_patient_by_a_person_of_a_kind_in_a_period() {
    let bench = Bench::new("index");
    let start = bench.clock.now();
    bench.append_reads(1_000);
    // The clock is set back: what happened then is found by its time all the same.
    bench.clock.advance_millis(-900_000);
    bench.append_reads(300);
    let expected = |of: &dyn Fn(i64, i64) -> bool| -> Vec<i64> {
        let first = (0..1000).map(|n| (n, n + 1, (n + 1) * 1000));
        let second = (0..300).map(|n| (n, n + 1001, 100_000 + (n + 1) * 1000));
        let of = |(n, seq, at)| of(n, at).then_some(seq);
        first.chain(second).filter_map(of).collect()
    };
    let wanted = Wanted {
        patient: Some("p3".into()),
        ..Wanted::default()
    };
    assert_eq!(bench.found(&wanted), expected(&|n, _| n % 7 == 3));
    let wanted = Wanted {
        who: vec!["person/user1".into()],
        ..Wanted::default()
    };
    assert_eq!(bench.found(&wanted), expected(&|n, _| n % 3 == 1));
    let wanted = Wanted {
        kinds: vec![AuditKind::SignIn],
        ..Wanted::default()
    };
    assert_eq!(bench.found(&wanted), expected(&|n, _| n % 10 == 0));
    for (from, until) in [
        (150_000, 220_000),
        (0, 50_000),
        (500_000, 2_000_000),
        (399_000, 401_000),
    ] {
        let wanted = Wanted {
            from: Some(start.plus_millis(from)),
            until: Some(start.plus_millis(until)),
            patient: Some("p5".into()),
            ..Wanted::default()
        };
        let within = |at: i64| from <= at && at <= until;
        assert_eq!(
            bench.found(&wanted),
            expected(&|n, at| n % 7 == 5 && within(at))
        );
        let wanted = Wanted {
            patient: None,
            ..wanted
        };
        assert_eq!(
            bench.found(&wanted),
            expected(&|_, at| within(at)),
            "{from}..{until}"
        );
    }
    assert_eq!(bench.wrong(&[]), None);
}

#[test]
fn h7_an_index_that_does_not_agree_with_the_log_is_found_and_named() {
    for (change, place) in [
        ("delete from audit_patient where seq = 300", "audit 300"),
        ("delete from audit_who where seq = 300", "audit 300"),
        ("delete from audit_kind where seq = 301", "audit 301"),
        (
            "update audit_patient set patient = patient + 1 where seq = 300",
            "audit 300",
        ),
        (
            "insert into audit_who (who, seq) values (17, 300)",
            "table audit_who",
        ),
        (
            "insert into audit_patient (patient, seq) values (17, 9999)",
            "table audit_patient",
        ),
        (
            "update audit_span set latest = latest - 1 where n = 1",
            "audit_span",
        ),
        ("update audit_indexed set old = 600", "audit 1"),
    ] {
        let bench = Bench::new("disagrees");
        bench.append_reads(600);
        assert!(bench.sql().execute(change, []).unwrap() > 0, "{change}");
        check_found(&bench, &[], place, "");
    }
}

#[test]
fn an_erased_entry_is_proven_still_and_no_index_leads_to_it() {
    let bench = Bench::new("erased");
    bench.append_reads(600);
    let sql = bench.sql();
    let body: Vec<u8> = sql
        .query_row("select body from audit_log where seq = 300", [], |row| {
            row.get(0)
        })
        .unwrap();
    sql.execute(
        "update audit_log set body = null, mark = $1 where seq = 300",
        [sha256(&body).as_slice()],
    )
    .unwrap();
    check_found(&bench, &[], "table audit_patient", "");
    for table in ["audit_patient", "audit_who", "audit_kind"] {
        let text = format!("delete from {table} where seq = 300");
        sql.execute(&text, []).unwrap();
    }
    assert_eq!(bench.wrong(&[]), None);
    let wanted = Wanted {
        patient: Some("p5".into()),
        ..Wanted::default()
    };
    assert!(!bench.found(&wanted).contains(&300));
}

/// As a release before the indexes left it: JSON bodies in a tree, no index.
#[test]
fn a_log_of_before_the_indexes_is_taken_over_and_whose_things_were_is_asked_of_the_record() {
    let bench = Bench::new("before");
    {
        let mut sql = connect(&bench.dir, &AUDIT, &bench.keyring, 1024).unwrap();
        for (number, text) in [
            (1, include_str!("../../migrations/audit-0001.sql")),
            (2, include_str!("../../migrations/audit-0002.sql")),
        ] {
            sql.execute_batch(text).unwrap();
            sql.pragma_update(None, "user_version", number).unwrap();
        }
        let tx = sql.transaction().unwrap();
        let mut edge = Edge::default();
        for seq in 1..=700_i64 {
            let body = format!(
                r#"{{"who":"person/ann","why":"TREAT","act":"read","on":["Observation/o{}/1","Patient/q{}/1"]}}"#,
                seq % 5,
                seq % 2
            );
            let leaf = Leaf::new(seq, seq * 1000, body.as_bytes()).unwrap();
            tx.execute(
                "insert into audit_log (seq, at, body, leaf) values ($1, $2, $3, $4)",
                (seq, seq * 1000, &leaf.body, leaf.hash.as_slice()),
            )
            .unwrap();
            tree::push(&tx, &mut edge, leaf.hash).unwrap();
        }
        tx.commit().unwrap();
        let keys = Names::new(bench.keyring.index_hash());
        let record = connect(&bench.dir, &crate::engine::RECORD, &bench.keyring, 1024).unwrap();
        let patient = keys.of("Patient", "p9");
        let text = "insert into part (key, patient) values ($1, $2)";
        record
            .execute(text, (keys.of("Observation", "o3"), patient))
            .unwrap();
        let text = "insert into res (key, kind, id, version, updated, change, ord, body) values ($1, 100, 'p9', 1, 0, 0, 0, x'')";
        record.execute(text, [patient]).unwrap();
    }
    bench.append_reads(10);
    assert_eq!(bench.wrong(&[]), None);
    let of = |patient: &str| {
        bench.found(&Wanted {
            patient: Some(patient.into()),
            ..Wanted::default()
        })
    };
    assert_eq!(of("q1").len(), 350);
    assert_eq!(of("p9"), (0..140).map(|n| n * 5 + 3).collect::<Vec<_>>());
    assert_eq!(of("p3"), [704]);
    let ann = Wanted {
        who: vec!["person/ann".into()],
        ..Wanted::default()
    };
    assert_eq!(bench.found(&ann).len(), 700);
    let early = Wanted {
        until: Some(Instant::from_millis(300_000)),
        ..ann
    };
    assert_eq!(bench.found(&early).len(), 300);
}

#[test]
fn h6_only_the_bench_is_ever_built_so_that_reads_leave_no_entry() {
    let feature = "bench-unlogged";
    let manifests = [
        include_str!("../../Cargo.toml"),
        include_str!("../../../aceso/Cargo.toml"),
        include_str!("../../../../Cargo.toml"),
    ];
    let named = |text: &str| {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|l| l.contains(feature) && !l.starts_with('#'));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let all: Vec<String> = manifests.into_iter().flat_map(named).collect();
    assert_eq!(
        all,
        ["bench-unlogged = []"],
        "no default, and nobody passes it on"
    );
    assert!(
        manifests
            .iter()
            .all(|text| !text.contains("default = [\"bench"))
    );
    const { assert!(!crate::LEAVES_READS_OUT) };
}
