//! What the audit log costs a read: the store's own reads, with the entry's write and without it, by turns.

use anyhow::{Context, Result};

use crate::run::{cargo, must, output};

const ROUNDS: usize = 5;
/// The build that leaves the write out. Only this example is ever built so: crate `aceso` does not compile with it.
const WITHOUT: [&str; 2] = ["--features", "bench-unlogged"];

/// One run: CPU of a read in microseconds, half and almost all of them in milliseconds, reads a second.
type Figures = [f64; 4];

/// Reads a second: what a large clinic's people and apps ask for, and what a server is to answer at the least ("The record").
const RATES: [usize; 2] = [1_000, 10_000];
/// At a rate it takes so long at most.
const SECONDS: usize = 10;

/// `bench --audit [--reads N]`: five runs of each by turns, as fast as it goes and at both rates, and the differences of the medians.
pub(crate) fn run(reads: usize) -> Result<()> {
    for features in [&[][..], &WITHOUT] {
        must(&mut example("build", features))?;
    }
    println!("| reads | CPU us | p50 ms | p99 ms | per second |");
    println!("|---|---|---|---|---|");
    let mut told = vec![("as fast as it goes".to_owned(), compared(reads, None)?)];
    for rate in RATES {
        let paced = compared(reads.min(rate * SECONDS), Some(rate))?;
        told.push((format!("at {rate}/s"), paced));
    }
    println!();
    for (name, [cpu, _, most, _]) in told {
        println!(
            "{name} the entry costs {cpu:.1} us of CPU (25 allowed) and {most:.3} ms of p99 (1 allowed)"
        );
    }
    Ok(())
}

/// How much more a read takes with its entry.
fn compared(reads: usize, rate: Option<usize>) -> Result<Figures> {
    let given: Vec<String> = [reads]
        .into_iter()
        .chain(rate)
        .map(|n| n.to_string())
        .collect();
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        with.push(measured("with the entry", &[], &given)?);
        without.push(measured("without", &WITHOUT, &given)?);
    }
    let (with, without) = (medians(&with), medians(&without));
    row("with, median", &with);
    row("without, median", &without);
    Ok([0, 1, 2, 3].map(|at| with[at] - without[at]))
}

fn example(act: &str, features: &[&str]) -> std::process::Command {
    let mut command = cargo();
    command.args([
        act,
        "--release",
        "-q",
        "-p",
        "aceso-store",
        "--example",
        "readcost",
    ]);
    command.args(features);
    command
}

fn measured(name: &str, features: &[&str], given: &[String]) -> Result<Figures> {
    let mut command = example("run", features);
    command.arg("--").args(given);
    let text = output(&mut command)?;
    let mut found = text
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    let mut next = || {
        found
            .next()
            .context("readcost printed less than four figures")
    };
    let figures = [next()?, next()?, next()?, next()?];
    row(name, &figures);
    Ok(figures)
}

fn row(name: &str, [cpu, half, most, rate]: &Figures) {
    println!("| {name} | {cpu:.1} | {half:.3} | {most:.3} | {rate:.0} |");
}

fn medians(runs: &[Figures]) -> Figures {
    [0, 1, 2, 3].map(|at| {
        let mut all: Vec<f64> = runs.iter().map(|run| run[at]).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    })
}
