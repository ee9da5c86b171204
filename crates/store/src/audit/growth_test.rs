//! What a large log weighs, how fast it is checked, and how fast it answers. With `ACESO_AUDIT_EVENTS` (10000000, say), in
//! a release build and with `--nocapture`, it prints the figures of `docs/performance.md`.

use std::time::Instant as Watch;

use aceso_base::Clock;
use aceso_policy::Purpose;

use super::form::{AuditOutcome, Said, write, write_patient};
use super::tests::Bench;
use super::{Entry, Walk, Wanted, check};
use crate::key::{Names, encode};

/// A clinic's day, again and again: 40 people open 50,000 patients' charts, most of them those of the day.
struct Day {
    chance: u64,
    n: u64,
}

impl Day {
    fn below(&mut self, bound: u64) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) % bound
    }

    fn id(&mut self, patient: u64) -> String {
        encode(((3_500_000_000 + patient * 9_000 + self.below(4_000)) << 14) | self.below(3))
    }

    fn entry(&mut self) -> Vec<u8> {
        self.n += 1;
        let day = self.n / 8_000;
        let patient = (day * 150 + self.below(150) * 331) % 50_000;
        let person = self.below(40);
        let patient_id = encode((3_500_000_000 + patient * 9_000) << 14);
        let mut said = Said {
            who: format!("person/user.{person}"),
            purpose: Purpose::Treatment.code().into(),
            address: Some([10, 1, 2, u8::try_from(person).unwrap()].into()),
            request: format!("{:016x}", self.below(u64::MAX >> 12)),
            ..Said::default()
        };
        match self.below(100) {
            0..60 => {
                said.act = "read".into();
                said.on = vec![format!("Observation/{}/1", self.id(patient))];
                if self.below(6) == 0 {
                    said.on = vec![format!("Patient/{patient_id}/3")];
                }
            }
            60..85 => {
                said.act = "search".into();
                said.detail =
                    format!("Observation?patient={patient_id}&category=laboratory&_sort=-date");
                let count = self.below(20);
                said.on = (0..count)
                    .map(|_| format!("Observation/{}/1", self.id(patient)))
                    .collect();
            }
            85..95 => {
                said.act = "create".into();
                said.on = vec![format!("Observation/{}/1", self.id(patient))];
            }
            95..98 => {
                said.act = "session unlock".into();
                said.who = "job/sign-in".into();
                said.purpose = Purpose::Administration.code().into();
                said.on = vec![format!("account/{}", encode((person + 4_000_000) << 14))];
            }
            _ => {
                said.act = "read".into();
                said.outcome = AuditOutcome::Denied;
                said.detail = format!("Observation/{}", self.id(patient));
            }
        }
        let about = !said.on.is_empty()
            && said.outcome == AuditOutcome::Done
            && said.act != "session unlock";
        let mut body = write(&said);
        if about {
            write_patient(&mut body, &patient_id);
        }
        body
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the runner says how large the log shall be"
)]
fn wanted() -> u64 {
    let said = std::env::var("ACESO_AUDIT_EVENTS").ok();
    said.and_then(|n| n.parse().ok()).unwrap_or(30_000)
}

#[test]
fn an_entry_of_a_large_log_takes_at_most_250_bytes_with_tree_and_indexes() {
    let bench = Bench::new("growth");
    let wanted = wanted();
    let mut day = Day {
        chance: 88_172_645_463_325_252,
        n: 0,
    };
    let log = bench.log();
    let start = Watch::now();
    let mut bodies = 0;
    for n in 0..wanted {
        bench.clock.advance_millis(30);
        let body = day.entry();
        bodies += body.len();
        let at = bench.clock.now();
        log.append(Entry { at, body }, Box::new(|done| done.unwrap()));
        if n % 2_000 == 0 {
            log.settle().unwrap();
        }
    }
    log.settle().unwrap();
    println!(
        "{wanted} entries, {} s, {} bytes a body",
        start.elapsed().as_secs(),
        u64::try_from(bodies).unwrap() / wanted
    );
    drop(log);
    bench
        .sql()
        .execute_batch("pragma wal_checkpoint(truncate)")
        .unwrap();
    let size = std::fs::metadata(bench.dir.join("audit.db")).unwrap().len();
    println!("{} bytes an entry, all in", size / wanted);
    assert!(size / wanted <= 250, "{} bytes an entry", size / wanted);
    let start = Watch::now();
    let checked = check(&bench.sql(), &bench.dir, &bench.keyring, &[]).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "checked in {seconds:.1} s: {:.0} entries/s",
        f64::from(u32::try_from(wanted).unwrap()) / seconds
    );
    assert_eq!((checked.entries, checked.wrong), (wanted, None));
    who_saw(&bench);
}

/// The first hundred entries about each of some patients, and all of a person's in a period.
fn who_saw(bench: &Bench) {
    let keys = Names::new(bench.keyring.index_hash());
    let sql = bench.sql();
    let mut times = Vec::new();
    for patient in (0..50_000_u64).step_by(997) {
        let wanted = Wanted {
            patient: Some(encode((3_500_000_000 + patient * 9_000) << 14)),
            ..Wanted::default()
        };
        let start = Watch::now();
        let mut walk = Walk::new(&sql, &keys, &wanted, None).unwrap();
        let mut found = 0;
        while found < 100 && walk.next(20_000).unwrap().is_some() {
            found += 1;
        }
        if found > 0 {
            times.push((start.elapsed().as_micros(), found));
        }
    }
    times.sort_unstable();
    println!(
        "who saw this patient (microseconds, entries): half {:?}, most {:?}",
        times[times.len() / 2],
        times.last().unwrap()
    );
    assert!(times.last().unwrap().0 < 1_000_000);
}
