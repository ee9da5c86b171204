//! The spool and the log: what is kept aside comes into the log once, in order, whenever the program dies.

use aceso_base::{Clock, Instant};
use aceso_policy::{Caller, Job, Purpose};

use super::leaf::said;
use super::spool::{Late, SPOOL_FILE, Spool};
use super::tests::Bench;
use super::{Entry, Outcome, check, entry, form};
use crate::statements as sql;

fn read_entry(bench: &Bench, detail: &str) -> Entry {
    let none = &mut std::iter::empty();
    let (caller, why) = (Caller::job(Job::Verify), Purpose::Treatment);
    entry(
        bench.clock.now(),
        &caller,
        why,
        "read",
        Outcome::Done,
        detail,
        none,
    )
}

/// Keeps so many entries aside.
fn keep(bench: &Bench, count: usize) {
    let spool = Spool::new(&bench.dir, &bench.keyring);
    let held = spool.hold().unwrap();
    let mut read = held.read().unwrap();
    for n in 0..count {
        bench.clock.advance_millis(1);
        let late = Late::entry(read_entry(bench, &format!("late {n}")));
        held.append(&mut read, late).unwrap();
    }
}

/// What the log's entries say, the late ones marked.
fn details(bench: &Bench) -> Vec<(String, bool)> {
    let log = bench.sql();
    let mut statement = log.prepare(sql::AUDIT_LOG_SAID).unwrap();
    let mut all = Vec::new();
    for seq in 1.. {
        let row = statement.query_row([seq], |row| row.get::<_, Option<Vec<u8>>>(1));
        let Ok(Some(body)) = row else { return all };
        let said = said(&body).and_then(form::read).unwrap();
        all.push((said.detail, said.is_late));
    }
    all
}

fn lates(bench: &Bench) -> Vec<String> {
    let all = details(bench).into_iter();
    all.filter(|(_, late)| *late)
        .map(|(detail, _)| detail)
        .collect()
}

fn wanted(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("late {n}")).collect()
}

#[test]
fn what_was_kept_aside_is_in_the_log_in_order_and_the_file_is_empty() {
    let bench = Bench::new("spool-order");
    bench.append(3);
    keep(&bench, 40);
    bench.append(1);
    assert_eq!(lates(&bench), wanted(40));
    let all = details(&bench);
    assert!(
        all.iter()
            .any(|(d, late)| !late && d.starts_with("40 entries since"))
    );
    let checked = check(&bench.sql(), &bench.dir, &bench.keyring, &[]).unwrap();
    assert_eq!((checked.entries, checked.wrong), (3 + 40 + 1 + 1, None));
    let spool = Spool::new(&bench.dir, &bench.keyring);
    assert!(spool.hold().unwrap().read().unwrap().all.is_empty());
}

#[test]
fn killed_after_the_commit_and_before_the_file_is_emptied_nothing_is_there_twice() {
    let bench = Bench::new("spool-killed");
    bench.append(1);
    keep(&bench, 5);
    let file = bench.dir.join(SPOOL_FILE);
    let before = std::fs::read(&file).unwrap();
    bench.append(1);
    // As if it had been killed there.
    std::fs::write(&file, &before).unwrap();
    bench.append(1);
    assert_eq!(lates(&bench), wanted(5));
    // And what comes into the file after that is new.
    keep(&bench, 2);
    bench.append(1);
    assert_eq!(lates(&bench).len(), 7);
}

#[test]
fn killed_while_it_was_written_the_entries_before_are_kept_and_the_log_says_so() {
    let bench = Bench::new("spool-torn");
    bench.append(1);
    keep(&bench, 3);
    let file = bench.dir.join(SPOOL_FILE);
    let mut bytes = std::fs::read(&file).unwrap();
    let end = bytes.iter().rposition(|b| *b != 0).unwrap();
    bytes[end - 9..=end].fill(0);
    std::fs::write(&file, &bytes).unwrap();
    bench.append(1);
    assert_eq!(lates(&bench), wanted(2));
    let all = details(&bench);
    assert!(
        all.iter()
            .any(|(d, _)| d.contains("cannot be read: a copy is kept"))
    );
    let copies = std::fs::read_dir(&bench.dir).unwrap();
    let name = |e: std::fs::DirEntry| e.file_name().to_string_lossy().into_owned();
    let mut names = copies.map(|e| name(e.unwrap()));
    assert!(names.any(|n| n.starts_with("audit.spool.damaged-")));
    keep(&bench, 1);
    bench.append(1);
    assert_eq!(lates(&bench).len(), 3);
}

#[test]
fn a_time_of_before_is_found_by_its_period() {
    let bench = Bench::new("spool-time");
    bench.append(300);
    keep(&bench, 1);
    let at = bench.clock.now();
    bench.clock.advance_millis(3_600_000);
    bench.append(300);
    let wanted = super::Wanted {
        from: Some(at),
        until: Some(Instant::from_millis(at.millis())),
        ..super::Wanted::default()
    };
    let keys = crate::key::Names::new(bench.keyring.index_hash());
    let log = bench.sql();
    let mut walk = super::Walk::new(&log, &keys, &wanted, None).unwrap();
    let found = walk.next(10_000).unwrap().unwrap();
    assert!(found.said.is_late);
}
