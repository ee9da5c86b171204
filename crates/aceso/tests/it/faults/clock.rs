//! The machine's clock jumps forth and back: what is written keeps its order, and a start with a clock that shows less than the log is
//! refused until somebody says that it is right.

use std::thread;
use std::time::{Duration, Instant};

use super::under::Under;
use crate::crash::{Refusals, Rounds, rounds};
use crate::stage::{Stage, text};

const MINUTE: i64 = 60_000;
/// The last is the highest: the next start is at it.
const JUMPS: [i64; 6] = [
    0,
    30 * MINUTE,
    -400 * MINUTE,
    5 * MINUTE,
    -MINUTE,
    31 * MINUTE,
];

#[test]
fn r6_every_acknowledged_write_survives_a_clock_that_jumps() {
    let stage = Stage::new();
    let (count, start) = (rounds("ACESO_CLOCK_ROUNDS", 3), Instant::now());
    let mut rounds = Rounds::new(&stage, Refusals::Wrong);
    let under = Under::new(&stage);
    for _ in 0..count {
        rounds.round(
            || under.serve(),
            |_| {
                for jump in JUMPS {
                    under.rules(&format!("clock {jump}"));
                    thread::sleep(Duration::from_millis(40));
                }
            },
        );
    }
    // With the clock as it was before all that, the log's last entry lies ahead.
    let early = stage.run(&["serve", "--listen", "http://127.0.0.1:0"]);
    let said = text(&early.stderr);
    assert_ne!(early.status.code(), Some(0));
    assert!(said.contains("--accept-clock"), "{said}");
    under.rules("");
    let accepted = under.serve_with(&["--accept-clock"]);
    assert_eq!(accepted.stop("-TERM"), Some(0));
    let report = rounds.finish(|| under.serve());
    eprintln!(
        "figure: {} jumps of the clock in {:.0} s: {} acknowledged writes all present; {} audit entries in order, nothing wrong",
        count as usize * JUMPS.len(),
        start.elapsed().as_secs_f32(),
        rounds.acknowledged,
        report["auditEntries"]
    );
}
