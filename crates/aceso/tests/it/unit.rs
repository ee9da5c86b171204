//! The unit for systemd that comes with the program.

use std::process::Command;

use crate::stage::text;

#[test]
fn hn10_the_systemd_unit_leaves_the_service_nothing_that_it_does_not_need() {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contrib/aceso.service");
    let mut judge = Command::new("systemd-analyze");
    judge.args([
        "security",
        "--offline=true",
        "--no-pager",
        "--threshold=20",
        unit,
    ]);
    let Ok(out) = judge.output() else {
        aceso_testkit::absent("systemd-analyze (package systemd)");
        return;
    };
    // Exposure from 0 (safe) to 10; the threshold is in tenths.
    assert!(
        out.status.success(),
        "{}{}",
        text(&out.stdout),
        text(&out.stderr)
    );
}
