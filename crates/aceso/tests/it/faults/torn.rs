//! The power is cut in the middle of mixed writes, again and again: what was acknowledged is there, what was not is there whole or not
//! at all, whichever part of what was not synced the disk kept. And a disk that lies about syncing is found out by the same test.

use std::thread;
use std::time::{Duration, Instant};

use super::power::{Chance, Cut, Survives, cut};
use super::replay::Case;
use super::under::Under;
use crate::crash::{Refusals, Rounds, rounds, verify};
use crate::stage::Stage;

const WAYS: [Survives; 3] = [Survives::Nothing, Survives::Some, Survives::Sectors];

/// So many cuts, in turn each way; what they did together, and the last of them, of which nobody knows yet whether it lost
/// something.
fn cuts(
    stage: &Stage,
    under: &Under<'_>,
    rounds: &mut Rounds<'_>,
    count: u32,
) -> (Cut, Option<Case>) {
    let mut all = Cut::default();
    let mut case = None;
    for round in 0..count {
        let pause = 20 + u64::from(round) * 53 % 150;
        rounds.round(
            || under.serve(),
            |_| thread::sleep(Duration::from_millis(pause)),
        );
        drop(case.take());
        let way = WAYS[round as usize % WAYS.len()];
        // Kept until it is known that nothing is lost by it.
        case = Some(Case::keep(&stage.dir, way, round.into()));
        let done = cut(&under.journal(), way, &mut Chance::new(round.into()));
        all.unsynced += done.unsynced;
        all.dropped += done.dropped;
        all.turned += done.turned;
        if round % 20 == 19 {
            verify(stage);
        }
    }
    (all, case)
}

#[test]
fn r2_every_acknowledged_write_survives_a_power_cut() {
    let stage = Stage::new();
    let (count, start) = (rounds("ACESO_CUT_ROUNDS", 9), Instant::now());
    let mut rounds = Rounds::new(&stage, Refusals::Wrong);
    let under = Under::new(&stage);
    let (done, last) = cuts(&stage, &under, &mut rounds, count);
    let report = rounds.finish(|| under.serve());
    eprintln!(
        "figure: {count} power cuts in {:.0} s: {} acknowledged writes all present, {} writers interrupted in a write; of {} unsynced \
         writes {} dropped or torn, {} renames and removals taken back; {} resources, {} audit entries, nothing wrong",
        start.elapsed().as_secs_f32(),
        rounds.acknowledged,
        rounds.interrupted,
        done.unsynced,
        done.dropped,
        done.turned,
        report["resources"],
        report["auditEntries"]
    );
    drop(last);
    assert!(done.dropped > 0, "the disk lost something");
    assert!(rounds.acknowledged > u64::from(count));
}

/// Whether what was acknowledged was lost within so many cuts, where syncing files of this ending is only said to be done.
fn is_found_out(ending: &str) -> bool {
    let stage = Stage::new();
    let mut rounds = Rounds::new(&stage, Refusals::Wrong);
    let under = Under::new(&stage);
    under.rules(&format!("lie {ending}"));
    let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _last = cuts(&stage, &under, &mut rounds, 3);
        rounds.finish(|| under.serve());
    }));
    tried.is_err()
}

#[test]
fn a_disk_that_says_synced_and_is_not_loses_acknowledged_writes_and_the_test_sees_it() {
    assert!(is_found_out("record.db-wal"));
}
