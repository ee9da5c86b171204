//! What is read of a database is the database of the moment that its read transaction holds, whatever is written and moved
//! meanwhile.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;

use super::follow::begin;
use super::seen::{Log, Reader, Seen};

/// A database that no key seals: its pages are as good as others.
struct Bench {
    dir: PathBuf,
    writer: Connection,
    reader: Connection,
    held: Option<Arc<()>>,
    // Closed after the connections.
    file: Arc<File>,
}

impl Bench {
    fn new(name: &str) -> Self {
        let name = format!("aceso-seen-{}-{name}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        let open = || {
            let connection = Connection::open(dir.join("one.db")).unwrap();
            let mode = connection.query_row("pragma journal_mode = wal", [], |_| Ok(()));
            mode.unwrap();
            connection
                .pragma_update(None, "wal_autocheckpoint", 0)
                .unwrap();
            connection
        };
        let bench = Self {
            writer: open(),
            reader: open(),
            held: None,
            file: Arc::new(File::open(dir.join("one.db")).unwrap()),
            dir,
        };
        bench.run("create table line (id integer primary key, text blob); create table other (id integer)");
        bench
    }

    fn run(&self, sql: &str) {
        self.writer.execute_batch(sql).unwrap();
    }

    /// Rows of some 3,000 bytes.
    fn add(&self, rows: u32) {
        self.run(&format!(
            "insert into line (text) with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows})
             select randomblob(3000) from n"
        ));
    }

    fn change(&self) {
        self.run("update line set text = randomblob(3000) where id % 3 = 0");
    }

    /// Moves what may be moved; answers how many pages there were in the log, and how many of them are moved.
    fn checkpoint(&self, mode: &str) -> (i64, i64) {
        let two = |row: &rusqlite::Row<'_>| Ok((row.get(1)?, row.get(2)?));
        let pragma = format!("pragma wal_checkpoint({mode})");
        self.writer.query_row(&pragma, [], two).unwrap()
    }

    fn log(&self) -> PathBuf {
        self.dir.join("one.db-wal")
    }

    /// Which log it is.
    fn log_head(&self) -> Vec<u8> {
        let mut log = fs::read(self.log()).unwrap_or_default();
        log.truncate(32);
        log
    }

    fn hold(&mut self, log: Log) -> Seen {
        begin(&self.reader).unwrap();
        let held = Arc::new(());
        let seen = Seen::new(&self.file, log, &held).unwrap();
        self.held = Some(held);
        seen
    }

    fn hold_now(&mut self) -> Seen {
        let log = Log::open(self.log()).unwrap();
        self.hold(log)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn facts(connection: &Connection) -> (i64, Vec<(i64, Vec<u8>)>) {
    let pages = connection.query_row("pragma page_count", [], |row| row.get(0));
    let mut all = connection
        .prepare("select id, text from line order by id")
        .unwrap();
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    (pages.unwrap(), rows.unwrap().map(Result::unwrap).collect())
}

fn bytes_of(seen: Seen) -> std::io::Result<Vec<u8>> {
    let length = seen.length();
    let mut bytes = Vec::new();
    Reader::new(Arc::new(seen)).read_to_end(&mut bytes)?;
    assert_eq!(u64::try_from(bytes.len()).unwrap(), length);
    Ok(bytes)
}

/// What is read is what the held transaction sees.
fn check(bench: &Bench, seen: Seen) {
    let expected = facts(&bench.reader);
    let copy = bench.dir.join("copy.db");
    fs::write(&copy, bytes_of(seen).unwrap()).unwrap();
    let opened = Connection::open(&copy).unwrap();
    let whole: String = opened
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
    let found = facts(&opened);
    assert!(
        found == expected,
        "{} rows on {} pages, not {} on {}",
        found.1.len(),
        found.0,
        expected.1.len(),
        expected.0
    );
}

#[test]
fn a_database_that_grew_in_the_log_is_as_long_as_the_log_says() {
    let mut bench = Bench::new("grown");
    bench.add(50);
    bench.checkpoint("truncate");
    bench.add(2000);
    let seen = bench.hold_now();
    assert!(seen.length() > 2 * bench.file.metadata().unwrap().len());
    bench.change();
    bench.add(2000);
    let (there, moved) = bench.checkpoint("passive");
    assert!(moved > 0 && moved < there, "{moved} of {there}");
    check(&bench, seen);
}

#[test]
fn a_database_that_shrank_in_the_log_is_as_short_as_the_log_says() {
    let mut bench = Bench::new("shrunk");
    bench.add(2000);
    bench.checkpoint("truncate");
    bench.run("delete from line where id > 100; vacuum");
    let seen = bench.hold_now();
    assert!(2 * seen.length() < bench.file.metadata().unwrap().len());
    bench.change();
    bench.add(3000);
    bench.checkpoint("passive");
    check(&bench, seen);
}

#[test]
fn an_empty_log_has_nothing_and_what_is_written_after_is_not_read() {
    let mut bench = Bench::new("empty");
    bench.add(700);
    bench.checkpoint("truncate");
    assert_eq!(bench.log_head(), Vec::<u8>::new());
    let seen = bench.hold_now();
    bench.change();
    bench.add(700);
    bench.checkpoint("passive");
    check(&bench, seen);
}

#[test]
fn a_log_that_is_not_there_yet_is_looked_for_again() {
    let mut bench = Bench::new("missing");
    bench.add(300);
    bench.checkpoint("truncate");
    let late = bench.dir.join("late-wal");
    let early = Log::open(late.clone()).unwrap();
    bench.change();
    bench.add(300);
    fs::hard_link(bench.log(), &late).unwrap();
    let seen = bench.hold(early);
    bench.change();
    check(&bench, seen);
}

#[test]
fn a_log_that_begins_anew_after_all_of_it_was_moved_is_not_read_any_more() {
    let mut bench = Bench::new("anew");
    bench.add(700);
    let (there, moved) = bench.checkpoint("passive");
    assert_eq!(there, moved);
    let seen = bench.hold_now();
    let before = bench.log_head();
    bench.change();
    bench.add(700);
    assert_ne!(bench.log_head(), before);
    bench.checkpoint("passive");
    check(&bench, seen);
}

#[test]
fn a_log_that_is_cut_off_after_all_of_it_was_moved_is_not_missed() {
    let mut bench = Bench::new("cut-off");
    bench.add(700);
    bench.checkpoint("passive");
    let seen = bench.hold_now();
    bench.checkpoint("truncate");
    assert_eq!(bench.log_head(), Vec::<u8>::new());
    check(&bench, seen);
}

#[test]
fn old_pages_behind_the_end_of_a_log_that_began_anew_are_not_taken() {
    let mut bench = Bench::new("behind");
    bench.add(2000);
    bench.checkpoint("restart");
    bench.run("update line set text = randomblob(3000) where id = 7");
    let whole = bench.log().metadata().unwrap().len();
    assert!(whole > 2000 * 3000, "the old pages are there: {whole}");
    let seen = bench.hold_now();
    bench.change();
    check(&bench, seen);
}

#[test]
fn what_was_read_of_a_log_before_counts_for_that_log_alone() {
    for (name, restart) in [("same-log", false), ("other-log", true), ("no-log", true)] {
        let mut bench = Bench::new(name);
        bench.add(900);
        let early = Log::open(bench.log()).unwrap();
        bench.change();
        if restart {
            bench.checkpoint("restart");
            bench.run("delete from line where id > 400; vacuum");
        }
        if name == "no-log" {
            bench.checkpoint("truncate");
        }
        let seen = bench.hold(early);
        bench.change();
        bench.add(100);
        bench.checkpoint("passive");
        check(&bench, seen);
    }
}

#[test]
fn many_changes_and_moves_while_it_is_read_change_nothing() {
    let mut bench = Bench::new("meanwhile");
    bench.add(2000);
    for round in 0..12_u32 {
        bench.change();
        match round % 9 {
            0 => bench.checkpoint("passive"),
            3 => bench.checkpoint("restart"),
            6 => bench.checkpoint("truncate"),
            _ => (0, 0),
        };
        let seen = bench.hold_now();
        let expected = facts(&bench.reader);
        let length = seen.length();
        let mut reader = Reader::new(Arc::new(seen));
        let (mut bytes, mut piece) = (Vec::new(), vec![0; 300_001]);
        loop {
            let count = reader.read(&mut piece).unwrap();
            if count == 0 {
                break;
            }
            bytes.extend_from_slice(&piece[..count]);
            bench.run("update line set text = randomblob(3000) where id % 50 = abs(random() % 50)");
            bench.checkpoint("passive");
        }
        assert_eq!(u64::try_from(bytes.len()).unwrap(), length);
        let copy = bench.dir.join("copy.db");
        fs::write(&copy, bytes).unwrap();
        assert!(
            facts(&Connection::open(&copy).unwrap()) == expected,
            "{round}"
        );
        bench.reader.execute_batch("rollback").unwrap();
    }
}

#[test]
fn nothing_is_read_once_the_moment_is_let_go_of() {
    let mut bench = Bench::new("let-go");
    bench.add(900);
    let seen = bench.hold_now();
    let mut reader = Reader::new(Arc::new(seen));
    let mut piece = vec![0; 1 << 20];
    reader.read_exact(&mut piece).unwrap();
    bench.held = None;
    let error = reader.read_exact(&mut piece).unwrap_err();
    assert!(error.to_string().contains("let go"), "{error}");
}

#[test]
fn a_file_that_lost_its_end_is_not_filled_up() {
    let bench = Bench::new("lost");
    let path = bench.dir.join("short.db");
    fs::write(&path, vec![7; 3 << 20]).unwrap();
    let (file, held) = (Arc::new(File::open(&path).unwrap()), Arc::new(()));
    let log = Log::open(bench.dir.join("short.db-wal")).unwrap();
    let seen = Seen::new(&file, log, &held).unwrap();
    assert_eq!(seen.length(), 3 << 20);
    let half = fs::OpenOptions::new().write(true).open(&path).unwrap();
    half.set_len(1_500_000).unwrap();
    let error = bytes_of(seen).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}
