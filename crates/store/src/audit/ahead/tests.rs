use std::sync::Arc;
use std::time::Duration;

use aceso_base::Clock;

use super::*;
use crate::audit::form::{Said, read, write};
use crate::audit::leaf::said;
use crate::audit::tests::{Bench, read_of};
use crate::audit::{Log, check};

/// More than there is room for in the journal.
const COUNT: usize = 60_000;

fn journal(bench: &Bench) -> Ahead {
    Ahead::open(&bench.dir, &bench.keyring).unwrap()
}

fn entries(bench: &Bench, from: usize, count: usize) -> Vec<Entry> {
    let one = |n: usize| Entry {
        at: bench.clock.now(),
        body: write(&Said {
            act: "read".into(),
            on: vec![format!("Observation/o{n}/1")],
            detail: "x".repeat(160),
            ..Said::default()
        }),
    };
    (from..from + count).map(one).collect()
}

fn numbers(left: &Left) -> Vec<u64> {
    left.groups.iter().map(|group| group.number).collect()
}

/// Writes so many groups of one entry; answers up to where the log would have to hold them.
fn filled(bench: &Bench, journal: &Ahead, count: u64) -> (Upto, Upto) {
    let begin = Upto::begin(None).unwrap();
    let mut writer = journal.write_after(begin).unwrap();
    let mut last = begin;
    for _ in 0..count {
        let (number, place) = writer.write(&entries(bench, 0, 1), 0).unwrap().unwrap();
        (last.number, last.place) = (number, place);
    }
    (begin, last)
}

#[test]
fn what_was_written_is_read_in_order_however_often_the_ring_went_round() {
    let bench = Bench::new("ring");
    let journal = journal(&bench);
    let begin = Upto::begin(None).unwrap();
    let mut writer = journal.write_after(begin).unwrap();
    let mut held = begin;
    let mut all = Vec::new();
    for n in 0..6_000 {
        let count = 1 + n * 7 % 60;
        let written = writer.write(&entries(&bench, n, count), held.number);
        let (number, next) = written.unwrap().unwrap();
        all.push((number, next, count));
        if all.len() == 100 {
            let left = journal.after(held).unwrap();
            let found = left
                .groups
                .iter()
                .map(|g| (g.number, g.next, g.entries.len()));
            assert_eq!(found.collect::<Vec<_>>(), all);
            assert!(!left.is_damaged);
            let (number, place, _) = all[49];
            held = Upto {
                number,
                place,
                ..held
            };
            all.drain(..50);
        }
    }
    let size = std::fs::metadata(bench.dir.join(AHEAD_FILE)).unwrap().len();
    assert_eq!(size, ROOM);
}

#[test]
fn nothing_that_the_log_does_not_hold_is_written_over() {
    let bench = Bench::new("ring-full");
    let journal = journal(&bench);
    let begin = Upto::begin(None).unwrap();
    let mut writer = journal.write_after(begin).unwrap();
    let mut count = 0;
    while let Some((number, _)) = writer.write(&entries(&bench, 0, 100), 0).unwrap() {
        count += 1;
        assert_eq!(number, count);
        assert!(count < 1_000, "it never fills");
    }
    assert!(count > 100, "{count} groups");
    assert_eq!(
        numbers(&journal.after(begin).unwrap()),
        (1..=count).collect::<Vec<_>>()
    );
    // With some of them in the log there is room for as many, and no more.
    let mut more = 0;
    while writer
        .write(&entries(&bench, 0, 100), 10)
        .unwrap()
        .is_some()
    {
        more += 1;
        assert!(more <= 10, "{more}");
    }
    assert!(more >= 8, "{more}");
    let kept = numbers(&journal.after(begin).unwrap());
    assert!((11..=count + more).all(|number| kept.contains(&number)));
}

#[test]
fn a_changed_byte_is_noticed_and_what_it_belongs_to_is_not_believed() {
    let bench = Bench::new("ring-changed");
    let journal = journal(&bench);
    let (begin, last) = filled(&bench, &journal, 5);
    let path = bench.dir.join(AHEAD_FILE);
    let bytes = std::fs::read(&path).unwrap();
    let length = u32::from_be_bytes(bytes[MARK + 8..HEAD].try_into().unwrap());
    let of_group = HEAD + usize::try_from(length).unwrap();
    let places = (0..usize::try_from(last.place).unwrap()).filter(|at| at % 512 < of_group);
    for at in places.step_by(3) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        let left = journal.after(begin).unwrap();
        let hit = 1 + u64::try_from(at).unwrap() / SECTOR;
        let others: Vec<u64> = (1..=5).filter(|number| *number != hit).collect();
        assert_eq!(numbers(&left), others, "byte {at}");
        // Of the last group the mark and the number cannot be told from what was never written.
        assert!(
            left.is_damaged || (hit == 5 && at % 512 < HEAD - 4),
            "byte {at}"
        );
    }
    std::fs::write(&path, &bytes).unwrap();
    let other = Upto::begin(Some(begin)).unwrap();
    assert!(
        journal.after(other).unwrap().groups.is_empty(),
        "another mark"
    );
    let keyring = Keyring::create(bench.clock.now()).unwrap();
    drop(journal);
    let stranger = Ahead::open(&bench.dir, &keyring).unwrap();
    assert!(stranger.after(begin).unwrap().groups.is_empty());
}

#[test]
fn nothing_of_an_entry_can_be_read_in_the_file_and_nobody_else_can_open_it() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new("ring-sealed");
    filled(&bench, &journal(&bench), 3);
    let path = bench.dir.join(AHEAD_FILE);
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(7).any(|w| w == b"person/" || w == b"Observa"));
    let mode = std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// The numbers of the entries of [`read_of`] that the log of a directory holds.
fn logged(bench: &Bench) -> Vec<i64> {
    let sql = bench.sql();
    let mut statement = sql
        .prepare("select body from audit_log order by seq")
        .unwrap();
    let rows = statement
        .query_map([], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    let bodies = rows.map(|body| read(said(&body.unwrap()).unwrap()).unwrap());
    let number = |one: &String| {
        let number = one.strip_prefix("Observation/o")?.strip_suffix("/1")?;
        Some(number.parse().unwrap())
    };
    bodies.filter_map(|said| number(said.on.first()?)).collect()
}

/// What a machine that stops now would leave.
fn stopped(bench: &Bench, name: &str) -> Bench {
    let left = Bench::new(name);
    for file in std::fs::read_dir(&bench.dir).unwrap() {
        let file = file.unwrap();
        let name = file.file_name();
        if !name.to_string_lossy().ends_with("-shm") {
            std::fs::copy(file.path(), left.dir.join(name)).unwrap();
        }
    }
    left.with_keys(&bench.keyring)
}

/// Holds the log's lock: what the journal takes meanwhile stays in it.
fn locked<T>(bench: &Bench, work: impl FnOnce() -> T) -> T {
    let sql = bench.sql();
    sql.execute_batch("begin immediate").unwrap();
    let done = work();
    sql.execute_batch("rollback").unwrap();
    done
}

fn append(bench: &Bench, log: &Log, numbers: std::ops::Range<i64>) {
    for n in numbers {
        bench.append_to(log, read_of(n));
    }
}

#[test]
fn what_was_answered_is_in_the_log_once_whenever_the_machine_stops() {
    let bench = Bench::new("stops");
    let log = bench.log();
    append(&bench, &log, 0..50);
    log.settle().unwrap();
    let early = locked(&bench, || {
        append(&bench, &log, 50..90);
        stopped(&bench, "stops-early")
    });
    assert_eq!(logged(&early).len(), 50, "the log was written all the same");
    for _ in 0..3 {
        drop(early.log());
        assert_eq!(logged(&early), (0..90).collect::<Vec<_>>());
    }
    // And after the log took them, and before the journal goes on.
    log.settle().unwrap();
    let late = stopped(&bench, "stops-late");
    let again = late.log();
    append(&late, &again, 90..95);
    drop(again);
    assert_eq!(logged(&late), (0..95).collect::<Vec<_>>());
    for bench in [early, late] {
        let checked = check(&bench.sql(), &bench.dir, &bench.keyring, &[]).unwrap();
        assert_eq!(checked.wrong, None);
    }
}

#[test]
fn what_was_taken_out_of_the_journal_is_told_in_the_log_and_a_copy_is_kept() {
    let bench = Bench::new("taken-out");
    let log = bench.log();
    append(&bench, &log, 0..10);
    log.settle().unwrap();
    let left = locked(&bench, || {
        append(&bench, &log, 10..20);
        stopped(&bench, "taken-out-left")
    });
    let path = left.dir.join(AHEAD_FILE);
    let mut bytes = std::fs::read(&path).unwrap();
    // The fourth of ten groups.
    let place = usize::try_from(SECTOR).unwrap() * 13;
    assert_ne!(bytes[place..place + MARK], [0; MARK]);
    bytes[place..place + 512].fill(0);
    std::fs::write(&path, &bytes).unwrap();
    let again = left.log();
    append(&left, &again, 20..22);
    drop(again);
    let wanted: Vec<i64> = (0..22).filter(|n| *n != 13).collect();
    assert_eq!(logged(&left), wanted);
    assert!(has_said(&left, "9 entries; others cannot be read"));
    let files = std::fs::read_dir(&left.dir).unwrap();
    let names = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    assert_eq!(
        names
            .filter(|n| n.starts_with("audit.ahead.damaged-"))
            .count(),
        1
    );
    drop(left.log());
    assert_eq!(logged(&left).len(), 21);
}

fn has_said(bench: &Bench, detail: &str) -> bool {
    let sql = bench.sql();
    let mut statement = sql
        .prepare("select body from audit_log order by seq")
        .unwrap();
    let rows = statement
        .query_map([], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    let mut told = rows.map(|body| read(said(&body.unwrap()).unwrap()).unwrap().detail);
    told.any(|told| told.starts_with(detail))
}

#[test]
fn another_process_that_is_asked_finds_what_the_first_one_has_in_its_journal() {
    let bench = Bench::new("another");
    let (first, other) = (bench.log(), bench.log());
    for round in 0..20 {
        append(&bench, &first, round * 3..round * 3 + 2);
        append(&bench, &other, round * 3 + 2..round * 3 + 3);
        other.settle().unwrap();
        let mut found = logged(&bench);
        found.sort_unstable();
        assert_eq!(found, (0..round * 3 + 3).collect::<Vec<_>>());
    }
    // The first one ends, and the other has the journal a second later: it takes what the log cannot take.
    drop(first);
    bench.clock.advance_millis(1_000);
    append(&bench, &other, 60..61);
    other.settle().unwrap();
    locked(&bench, || append(&bench, &other, 61..62));
    drop(other);
    append(&bench, &bench.log(), 62..64);
    let mut found = logged(&bench);
    found.sort_unstable();
    assert_eq!(found, (0..64).collect::<Vec<_>>());
}

#[test]
fn while_the_log_cannot_be_written_what_the_journal_takes_is_bounded_and_nothing_is_lost() {
    let bench = Bench::new("bounded");
    let log = Arc::new(bench.log());
    let (told, outcomes) = flume::unbounded();
    let mut shown = 0;
    let mut answered = 0;
    let mut count = |is_shown: bool| {
        shown += usize::from(is_shown);
        answered += 1;
        answered
    };
    locked(&bench, || {
        let to = Arc::clone(&log);
        let all = entries(&bench, 0, COUNT);
        std::thread::spawn(move || {
            for entry in all {
                let told = told.clone();
                let ack = move |done: Result<(), StoreError>| told.send(done.is_ok()).unwrap();
                to.append(entry, Box::new(ack));
            }
        });
        let mut now = 0;
        while let Ok(is_shown) = outcomes.recv_timeout(Duration::from_secs(2)) {
            now = count(is_shown);
        }
        assert!((5_000..COUNT).contains(&now), "{now} answered");
    });
    let mut now = 0;
    while now < COUNT {
        now = count(outcomes.recv().unwrap());
    }
    log.settle().unwrap();
    assert_eq!(logged(&bench).len(), shown);
    let checked = check(&bench.sql(), &bench.dir, &bench.keyring, &[]).unwrap();
    assert_eq!(checked.wrong, None);
}
