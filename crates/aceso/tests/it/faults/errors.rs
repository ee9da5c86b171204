//! Reads and writes of files fail now and then: what was acknowledged is there, what was refused is there whole or not at all, and
//! when the disk works again so does the program.

use std::thread;
use std::time::{Duration, Instant};

use super::power::{Chance, Survives, cut};
use super::under::Under;
use crate::crash::{Refusals, Rounds, rounds};
use crate::stage::Stage;
use crate::wire::Wire;

const IO: i32 = 5;
const FULL: i32 = 28;

/// Each round one write or sync fails, the tenth or the fiftieth from then on; then the power goes, too.
fn check(error: i32, name: &str) {
    let stage = Stage::new();
    let (count, start) = (rounds("ACESO_ERROR_ROUNDS", 6), Instant::now());
    let mut rounds = Rounds::new(&stage, Refusals::Expected);
    let under = Under::new(&stage);
    let mut chance = Chance::new(u64::from(error.unsigned_abs()));
    for round in 0..count {
        let what = ["write", "sync"][round as usize % 2];
        let nth = 1 + chance.below(60);
        rounds.round(
            || under.serve(),
            |_| {
                thread::sleep(Duration::from_millis(40));
                under.rules(&format!("fail {what} {nth} {error}\n"));
                thread::sleep(Duration::from_millis(200));
            },
        );
        under.rules("");
        cut(&under.journal(), Survives::Some, &mut chance);
    }
    let report = rounds.finish(|| under.serve());
    eprintln!(
        "figure: {count} failures ({name}) in {:.0} s: {} acknowledged writes all present, {} refused; {} resources, nothing wrong",
        start.elapsed().as_secs_f32(),
        rounds.acknowledged,
        rounds.refused,
        report["resources"]
    );
    assert!(rounds.acknowledged > u64::from(count));
    assert!(rounds.refused > 0, "something was refused");
}

#[test]
fn r3_every_acknowledged_write_survives_a_write_or_a_sync_that_fails() {
    check(IO, "I/O error");
}

#[test]
fn r5_every_acknowledged_write_survives_a_disk_that_is_full_at_any_write() {
    check(FULL, "no space");
}

#[test]
fn a_slow_disk_makes_writes_slow_and_nothing_else() {
    let stage = Stage::new();
    let token = stage.token("writer", "system/*.cruds");
    let under = Under::new(&stage);
    let server = under.serve();
    // What it does at its start is done.
    assert_eq!(server.ask("GET", "/health/live", "", "").0, 200);
    under.rules("slow sync 400");
    let mut writer = Wire::open(&server.address, &token).unwrap();
    let body = br#"{"resourceType": "Basic", "id": "slow", "code": {"text": "slow"}}"#;
    let mut slowest = Duration::ZERO;
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let start = Instant::now();
            let reply = writer.ask("PUT", "/fhir/Basic/slow", &[], body).unwrap();
            assert_eq!(reply.status, 201, "{}", reply.text());
            start.elapsed()
        });
        while !writing.is_finished() {
            let start = Instant::now();
            assert_eq!(server.ask("GET", "/health/live", "", "").0, 200);
            slowest = slowest.max(start.elapsed());
        }
        let took = writing.join().unwrap();
        assert!(took >= Duration::from_millis(400), "{took:?}");
        eprintln!(
            "figure: slow disk: a write took {took:?}, the slowest of the others {slowest:?}"
        );
    });
    assert!(slowest < Duration::from_millis(400), "{slowest:?}");
    under.rules("");
    assert_eq!(server.stop("-TERM"), Some(0));
}
