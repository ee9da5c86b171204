//! The floor: the rows of a create, a read and a search, written and read by bare SQLCipher calls on one thread, with
//! the same schema, settings and group size as the server's, and no HTTP, FHIR, permission, sealing or audit logic. A
//! write's rows are those in the record and, taken over 600 at a time, its entry and index rows in the log; a read's and a
//! search's are their entry's.
//! `cargo run --release -p aceso-store --example floor [resources]` prints microseconds of CPU per act.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a measurement"
)]

use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

const GROUP: usize = 16;
const PATIENTS: i64 = 400;
/// Bytes of a sealed body, and of an entry of the log.
const BODY: usize = 360;
const ENTRY: usize = 70;
/// So many entries of writes the log takes over at once.
const TAKE: usize = 600;

/// A schema as the server's migrations leave it.
macro_rules! schema {
    ($($file:literal),*) => { concat!($(include_str!(concat!("../migrations/", $file, ".sql")), "\n"),*) };
}

fn open(path: &Path, schema: &str, cache_kib: i64) -> Connection {
    let db = Connection::open(path).unwrap();
    db.pragma_update(
        None,
        "key",
        "x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'",
    )
    .unwrap();
    db.pragma_update(None, "cipher_hmac_algorithm", "HMAC_SHA256")
        .unwrap();
    db.pragma_update(None, "temp_store", "memory").unwrap();
    db.pragma_update(None, "cache_size", -cache_kib).unwrap();
    let mode: String = db
        .query_row("pragma journal_mode = wal", [], |r| r.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    db.pragma_update(None, "synchronous", "full").unwrap();
    db.pragma_update(None, "wal_autocheckpoint", 4000).unwrap();
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .unwrap();
    db.set_prepared_statement_cache_capacity(64);
    db.execute_batch(schema).unwrap();
    db
}

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    stat.split_whitespace()
        .next()
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1e9
}

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn create(db: &Connection, chance: &mut Chance, n: i64) -> i64 {
    let key = (3_500_000_000_000 + n * 40) << 8 | 90;
    let ord = 1_795_000_000_000 + n * 1000;
    let patient = patient_of(n);
    let code = (n % 5).wrapping_mul(0x09E3_779B_97F4_A7C1);
    let body: Vec<u8> = (0..BODY).map(|_| (chance.next() >> 32) as u8).collect();
    let run =
        |sql: &str, p: &[&dyn rusqlite::ToSql]| db.prepare_cached(sql).unwrap().execute(p).unwrap();
    run(
        "insert into res (key, kind, id, version, updated, change, ord, body) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[&key, &90, &format!("{key:011}"), &1, &ord, &0, &ord, &body],
    );
    for (branch, v) in [(900, 77_i64), (901, 78), (902, code)] {
        run(
            "insert into itok (branch, v, ord, key, sys) values ($1, $2, $3, $4, $5)",
            &[&branch, &v, &ord, &key, &123_456_789],
        );
    }
    for (branch, text) in [(66_437, "vital signs"), (66_438, "heart rate")] {
        run(
            "insert into istr (branch, v, key) values ($1, $2, $3)",
            &[&branch, &text, &key],
        );
    }
    run(
        "insert into iref (v, branch, ord, key) values ($1, $2, $3, $4)",
        &[&patient, &903, &ord, &key],
    );
    run(
        "insert into ipc (patient, branch, v, ord, key, sys) values ($1, $2, $3, $4, $5, $6)",
        &[&patient, &902, &code, &ord, &key, &123_456_789],
    );
    run(
        "insert into idat (branch, lo, hi, key) values ($1, $2, $3, $4)",
        &[&904, &ord, &(ord + 1000), &key],
    );
    for unit in [42_i64, -43] {
        let value = 50.0 + (chance.next() % 600) as f64 / 10.0;
        run(
            "insert into inum (branch, lo, hi, unit, key) values ($1, $2, $3, $4, $5)",
            &[&905, &value, &value, &unit, &key],
        );
    }
    run(
        "insert into part (key, patient) values ($1, $2)",
        &[&key, &patient],
    );
    run(
        "insert into audit_out (seq, at, body) values ($1, $2, $3)",
        &[&n, &ord, &vec![b'x'; ENTRY]],
    );
    key
}

/// The log's rows: each entry, and the patient, the app and "an app" that lead to it.
struct Log {
    db: Connection,
    seq: i64,
}

impl Log {
    fn add(&mut self, patient: i64, bytes: usize) {
        self.seq += 1;
        let run = |sql: &str, p: &[&dyn rusqlite::ToSql]| {
            self.db.prepare_cached(sql).unwrap().execute(p).unwrap()
        };
        run(
            "insert into audit_log (seq, at, body, leaf) values ($1, $2, $3, $4)",
            &[&self.seq, &self.seq, &vec![b'x'; bytes], &[7_u8; 32]],
        );
        run(
            "insert into audit_patient (patient, seq) values ($1, $2)",
            &[&(patient >> 8), &self.seq],
        );
        for who in [11_i64, 12] {
            run(
                "insert into audit_who (who, seq) values ($1, $2)",
                &[&who, &self.seq],
            );
        }
    }
}

/// The patient that a create of this number is about.
fn patient_of(n: i64) -> i64 {
    (1_000_000 + (n / 40 % PATIENTS)) << 8 | 100
}

fn main() {
    let count: usize = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(20_000);
    let dir = std::env::temp_dir().join(format!("aceso-floor-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let record = open(
        &dir.join("record.db"),
        schema!(
            "record-0001",
            "record-0002",
            "record-0003",
            "record-0004",
            "record-0005",
            "record-0006",
            "record-0007",
            "record-0008",
            "record-0009",
            "record-0010",
            "record-0011",
            "record-0012",
            "record-0013",
            "record-0014",
            "record-0015",
            "record-0016",
            "record-0017",
            "record-0018"
        ),
        96 * 1024,
    );
    let mut log = Log {
        db: open(
            &dir.join("audit.db"),
            schema!(
                "audit-0001",
                "audit-0002",
                "audit-0003",
                "audit-0004",
                "audit-0005",
                "audit-0006"
            ),
            4096,
        ),
        seq: 0,
    };
    let mut chance = Chance(88_172_645_463_325_252);
    let mut keys = Vec::new();
    let start = cpu();
    for group in 0..count / GROUP {
        record.execute_batch("begin immediate").unwrap();
        for i in 0..GROUP {
            keys.push(create(&record, &mut chance, (group * GROUP + i + 1) as i64));
        }
        record.execute_batch("commit").unwrap();
        if keys.len() / TAKE > (keys.len() - GROUP) / TAKE {
            take(&record, &mut log);
        }
    }
    take(&record, &mut log);
    println!("create {:.1}", (cpu() - start) * 1e6 / keys.len() as f64);

    let one = "select key, version, kind, id, updated, change, body from res where key = $1";
    let fetch = |key: i64| {
        let mut statement = record.prepare_cached(one).unwrap();
        statement
            .query_row([key], |row| row.get::<_, Vec<u8>>(6))
            .unwrap()
            .len()
    };
    let (start, mut bytes) = (cpu(), 0);
    for group in 0..count / GROUP {
        log.db.execute_batch("begin immediate").unwrap();
        for i in 0..GROUP {
            let n = ((group * GROUP + i) * 7919) % keys.len();
            bytes += fetch(keys[n]);
            log.add(patient_of(n as i64 + 1), ENTRY);
        }
        log.db.execute_batch("commit").unwrap();
    }
    println!("read {:.1}", (cpu() - start) * 1e6 / keys.len() as f64);

    let range = "select d.key, d.ord from ipc d where d.patient = $1 and d.branch = $2 and d.v = $3 and d.sys = $4 order by d.ord desc, d.key desc limit $5";
    let searches = count / 4;
    let start = cpu();
    for group in 0..searches / GROUP {
        log.db.execute_batch("begin immediate").unwrap();
        for i in 0..GROUP {
            let n = ((group * GROUP + i) * 7919 % keys.len()) as i64 + 1;
            let patient = patient_of(n);
            let code = (n % 5).wrapping_mul(0x09E3_779B_97F4_A7C1);
            record.execute_batch("begin").unwrap();
            let found: Vec<i64> = record
                .prepare_cached(range)
                .unwrap()
                .query_map((patient, 902, code, 123_456_789, 21), |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            bytes += found.iter().map(|key| fetch(*key)).sum::<usize>();
            record.execute_batch("commit").unwrap();
            log.add(patient, ENTRY + 10 * found.len());
        }
        log.db.execute_batch("commit").unwrap();
    }
    println!("search {:.1}", (cpu() - start) * 1e6 / searches as f64);
    assert!(bytes > 0);
    drop((record, log));
    std::fs::remove_dir_all(&dir).unwrap();
}

/// What the log takes over from the record.
fn take(record: &Connection, log: &mut Log) {
    let mut after = record
        .prepare_cached("select seq, at, body from audit_out where seq > $1 order by seq")
        .unwrap();
    let mut rows = after.query([log.seq]).unwrap();
    log.db.execute_batch("begin immediate").unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (n, body): (i64, Vec<u8>) = (row.get(0).unwrap(), row.get(2).unwrap());
        log.add(patient_of(n), body.len());
    }
    log.db.execute_batch("commit").unwrap();
}
