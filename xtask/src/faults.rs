//! `cargo xtask faults`: the long programme of faults, of which `cargo test` runs a short round: the program is killed, its disk
//! loses power, fails, is full, slow, flips bits; its clock jumps; its memory ends.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{run, test};

/// Kills, unless it is said how many.
const KILLS: u32 = 500;
/// What a test prints before its figures.
const FIGURE: &str = "figure: ";

/// The variable that asks a test for rounds, and how many of a hundred kills that makes.
const SHARES: [(&str, u32); 6] = [
    ("ACESO_CRASH_ROUNDS", 100),
    ("ACESO_CUT_ROUNDS", 40),
    ("ACESO_ERROR_ROUNDS", 20),
    ("ACESO_FLIP_ROUNDS", 20),
    ("ACESO_CLOCK_ROUNDS", 4),
    ("ACESO_MEMORY_ROUNDS", 4),
];

/// Tests of the program.
fn tests() -> Command {
    let mut cargo = test::build();
    let of_program = ["test", "--quiet", "--package", "aceso", "--test", "it"];
    cargo.args(of_program).args(["--", "--nocapture"]);
    cargo
}

/// Makes a cut again that lost something, and says what `aceso verify` says of it.
fn replay(case: &str) -> Result<()> {
    let mut cargo = tests();
    cargo.arg("r11_").env("ACESO_REPLAY", case);
    match cargo.status().context("start cargo")?.success() {
        true => Ok(()),
        false => bail!("{case} loses something still"),
    }
}

/// Runs it: `--rounds N` kills, and of the other faults in proportion; or `--replay DIR`, a cut that lost something before.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let kills = match args {
        [] => KILLS,
        [flag, count] if flag == "--rounds" => count.parse().context("--rounds takes a number")?,
        [flag, case] if flag == "--replay" => return replay(case),
        _ => bail!("cargo xtask faults [--rounds N | --replay DIR]"),
    };
    let kept = run::root().join("target/faults");
    std::fs::create_dir_all(&kept).with_context(|| kept.display().to_string())?;
    let mut cargo = tests();
    cargo.env("ACESO_KEEP_CASES", &kept);
    cargo.args(["--test-threads=1", "faults::", "crash::", "disk::"]);
    for (variable, share) in SHARES {
        let rounds = (kills * share).div_ceil(100);
        cargo.env(variable, rounds.to_string());
    }
    let start = Instant::now();
    let mut child = cargo
        .stderr(Stdio::piped())
        .spawn()
        .context("start cargo")?;
    let lines = BufReader::new(child.stderr.take().context("no standard error")?);
    let mut figures = Vec::new();
    for line in lines.lines() {
        let line = line?;
        eprintln!("{line}");
        if let Some((_, figure)) = line.split_once(FIGURE) {
            figures.push(figure.to_owned());
        }
    }
    if !child.wait()?.success() {
        bail!("a fault lost or changed something");
    }
    println!(
        "all faults held in {} s, on {}:",
        start.elapsed().as_secs(),
        run::output(run::command("uname").arg("-sm"))?.trim()
    );
    for figure in figures {
        println!("- {figure}");
    }
    Ok(())
}
