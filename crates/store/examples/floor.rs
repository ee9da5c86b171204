//! The floor: the rows of a create, a read and a search, written and read by bare SQLCipher calls on one thread, with
//! the same schema, settings and group size as the server's, and no HTTP, FHIR, permission or audit logic.
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

const GROUP: usize = 16;
const PATIENTS: i64 = 400;
const BODY: usize = 330;

fn open(path: &Path, schema: &str, cache_kib: i64) -> Connection {
    let db = Connection::open(path).unwrap();
    db.pragma_update(
        None,
        "key",
        "x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'",
    )
    .unwrap();
    db.pragma_update(None, "cache_size", -cache_kib).unwrap();
    let mode: String = db
        .query_row("pragma journal_mode = wal", [], |r| r.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    db.pragma_update(None, "synchronous", "full").unwrap();
    db.pragma_update(None, "wal_autocheckpoint", 4000).unwrap();
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
    let patient = (1_000_000 + (n / 40 % PATIENTS)) << 8 | 100;
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
        "insert into audit_out (seq, at, body) values ($1, $2, $3)",
        &[&n, &ord, &vec![b'x'; 120]],
    );
    key
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
        include_str!("../migrations/record-0001.sql"),
        64 * 1024,
    );
    let log = open(
        &dir.join("audit.db"),
        include_str!("../migrations/audit-0001.sql"),
        4096,
    );
    let mut chance = Chance(88_172_645_463_325_252);
    let mut keys = Vec::new();
    let start = cpu();
    for group in 0..count / GROUP {
        record.execute_batch("begin immediate").unwrap();
        for i in 0..GROUP {
            keys.push(create(&record, &mut chance, (group * GROUP + i + 1) as i64));
        }
        record.execute_batch("commit").unwrap();
    }
    println!("create {:.1}", (cpu() - start) * 1e6 / keys.len() as f64);

    let mut seq = 0_i64;
    let mut audit = |bytes: usize| {
        seq += 1;
        let mut add = log
            .prepare_cached("insert into audit (seq, at, body, link) values ($1, $2, $3, $4)")
            .unwrap();
        add.execute(rusqlite::params![seq, seq, vec![b'x'; bytes], [7_u8; 32]])
            .unwrap();
    };
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
        log.execute_batch("begin immediate").unwrap();
        for i in 0..GROUP {
            bytes += fetch(keys[((group * GROUP + i) * 7919) % keys.len()]);
            audit(130);
        }
        log.execute_batch("commit").unwrap();
    }
    println!("read {:.1}", (cpu() - start) * 1e6 / keys.len() as f64);

    let range = "select d.key, d.ord from ipc d where d.patient = $1 and d.branch = $2 and d.v = $3 and d.sys = $4 order by d.ord desc, d.key desc limit $5";
    let searches = count / 4;
    let start = cpu();
    for group in 0..searches / GROUP {
        log.execute_batch("begin immediate").unwrap();
        for i in 0..GROUP {
            let n = ((group * GROUP + i) * 7919 % keys.len()) as i64 + 1;
            let patient = (1_000_000 + (n / 40 % PATIENTS)) << 8 | 100;
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
            audit(200);
        }
        log.execute_batch("commit").unwrap();
    }
    println!("search {:.1}", (cpu() - start) * 1e6 / searches as f64);
    assert!(bytes > 0);
    drop((record, log));
    std::fs::remove_dir_all(&dir).unwrap();
}
