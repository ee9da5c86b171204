use super::*;
use crate::audit::ahead::Ahead;
use crate::audit::tests::{Bench, read_of};

fn count(log: &Connection, text: &str) -> i64 {
    log.query_row(text, [], |row| row.get(0)).unwrap()
}

/// As long as another process has the journal, each entry goes into the log by itself.
fn without_journal(bench: &Bench) -> Ahead {
    Ahead::open(&bench.dir, &bench.keyring).unwrap()
}

/// So many entries, one at each commit.
fn append(bench: &Bench, log: &crate::audit::Log, count: i64) {
    for n in 0..count {
        bench.append_to(log, read_of(n));
    }
}

#[test]
fn the_indexes_come_a_few_rows_at_a_commit_and_lead_to_every_entry_when_they_are_asked() {
    let bench = Bench::new("behind");
    let _other = without_journal(&bench);
    let log = bench.log();
    let sql = bench.sql();
    let mut at_once = 0;
    let mut before = 0;
    for n in 0..BATCH * 2 {
        bench.append_to(&log, read_of(n));
        let now = count(&sql, "select count(*) from audit_patient");
        at_once = at_once.max(now - before);
        before = now;
    }
    assert!(before > 0, "nothing was written yet");
    assert!(at_once <= BATCH / 10, "{at_once} rows at one commit");
    assert!(count(&sql, "select upto from audit_indexed") >= BATCH);
    log.settle().unwrap();
    assert_eq!(count(&sql, "select upto from audit_indexed"), BATCH * 2);
    assert_eq!(count(&sql, "select count(*) from audit_patient"), BATCH * 2);
    assert_eq!(bench.wrong(&[]), None);
}

/// As a kill leaves it: some rows of a batch are there, and the indexes do not lead so far yet.
fn half_written(bench: &Bench) -> i64 {
    let _other = without_journal(bench);
    let log = bench.log();
    append(bench, &log, BATCH + 8);
    let sql = bench.sql();
    let there = count(&sql, "select count(*) from audit_patient");
    assert!(0 < there && there < BATCH, "{there}");
    assert_eq!(count(&sql, "select upto from audit_indexed"), 0);
    there
}

#[test]
fn what_a_kill_left_half_written_is_in_order_and_is_ended_at_the_next_start() {
    let bench = Bench::new("half");
    half_written(&bench);
    assert_eq!(bench.wrong(&[]), None);
    drop(bench.log());
    let sql = bench.sql();
    assert_eq!(count(&sql, "select count(*) from audit_patient"), BATCH + 8);
    assert_eq!(bench.wrong(&[]), None);
}

#[test]
fn a_row_ahead_of_the_indexes_that_leads_to_something_else_is_found() {
    for change in [
        "update audit_patient set patient = patient + 1 where seq = (select max(seq) from audit_patient)",
        "insert into audit_who (who, seq) values (17, 900)",
    ] {
        let bench = Bench::new("ahead");
        half_written(&bench);
        assert_eq!(bench.sql().execute(change, []).unwrap(), 1, "{change}");
        let (place, _) = bench.wrong(&[]).unwrap();
        assert!(place.starts_with("table audit_"), "{place}");
    }
}

#[test]
fn two_processes_bring_the_indexes_of_one_log_on() {
    let bench = Bench::new("two-behind");
    let _third = without_journal(&bench);
    let (one, other) = (bench.log(), bench.log());
    for n in 0..BATCH + 200 {
        bench.append_to(if n % 3 == 0 { &one } else { &other }, read_of(n));
    }
    one.settle().unwrap();
    other.settle().unwrap();
    let sql = bench.sql();
    assert_eq!(
        count(&sql, "select count(*) from audit_patient"),
        BATCH + 200
    );
    assert_eq!(bench.wrong(&[]), None);
}

#[test]
fn the_engines_log_begins_anew_while_entries_keep_coming() {
    let bench = Bench::new("moving");
    let _other = without_journal(&bench);
    let log = bench.log();
    append(&bench, &log, 4_000);
    let file = bench.dir.join("audit.db-wal");
    let length = std::fs::metadata(file).unwrap().len();
    // The room that is kept for it on a full disk holds 8 MiB; 4,000 commits write some 20,000 pages.
    assert!(length < 7 << 20, "{length} bytes");
}
