//! `cargo xtask bench`: the figures of `docs/performance.md`, measured over HTTP against the release binary, with the
//! floor of bare SQLCipher calls taken in the same run.

mod audit;
mod backups;
mod bundles;
mod flood;
pub(crate) mod http;
mod load;
mod server;
mod siege;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::run::{cargo, must, output};
use load::{Load, Measured};
use server::Server;

const CONNECTIONS: usize = 16;
const PATIENTS: usize = 400;
const CODES: usize = 5;

/// What may be said; whether a value follows.
const OPTIONS: [(&str, bool); 9] = [
    ("--audit", false),
    ("--reads", true),
    ("--backups", true),
    ("--siege", false),
    ("--flood", true),
    ("--creates", true),
    ("--grow", true),
    ("--data", true),
    ("--binary", true),
];

/// `bench --flood SIGN-INS-A-SECOND [--binary FILE]` measures reads under a flood of wrong passwords, and nothing else.
/// `bench --siege [--binary FILE]` measures reads while 500 slow connections and 2,000 attacks a second run, and nothing else.
/// `bench --audit [--reads N]` measures what the log costs a read, and nothing else.
/// `bench --backups RESOURCES [--binary FILE]` measures backups of a record of that size, and nothing else.
/// `bench [--creates N] [--grow RESOURCES] [--data DIR] [--binary FILE]`: `--grow` goes on to a store of that size with the Synthea
/// bundles under `DIR` (default `../shared/data`).
pub(crate) fn run(args: &[String]) -> Result<()> {
    are_known(args)?;
    let option = |name: &str| {
        args.iter()
            .position(|a| a == name)
            .and_then(|at| args.get(at + 1))
    };
    if args.iter().any(|a| a == "--audit") {
        return audit::run(option("--reads").map_or(Ok(200_000), |n| n.parse())?);
    }
    let creates: usize = option("--creates").map_or(Ok(40_000), |n| n.parse())?;
    let built = match option("--binary") {
        Some(binary) => PathBuf::from(binary),
        None => {
            must(cargo().args(["build", "--release", "-p", "aceso"]))?;
            server::target_dir()?.join("release/aceso")
        }
    };
    if let Some(size) = option("--backups") {
        return backups::run(built, size.parse()?);
    }
    if args.iter().any(|a| a == "--siege") {
        return siege::run(built);
    }
    if let Some(rate) = option("--flood") {
        return flood::run(built, rate.parse()?);
    }
    if option("--binary").is_none() {
        let floor = [
            "build",
            "--release",
            "-p",
            "aceso-store",
            "--example",
            "floor",
        ];
        must(cargo().args(floor))?;
    }
    let floor = floor(creates)?;
    let mut server = Server::start_with(built, "")?;
    let patients = load::patients(&server, PATIENTS)?;
    println!("| act | per second | p50 ms | p99 ms | server CPU ms | floor CPU ms | ratio |");
    println!("|---|---|---|---|---|---|---|");
    let acts = Load::new(&server, CONNECTIONS);
    let (created, ids) = acts.create(creates, &patients, CODES)?;
    row("create Observation", &created, Some(floor[0]));
    let (read, _) = acts.read(creates * 2, &ids)?;
    row("read by id", &read, Some(floor[1]));
    let (search, _) = acts.search(creates / 2, &patients, CODES)?;
    row("patient & code, newest 20", &search, Some(floor[2]));
    println!(
        "\nserver after this: {} MB resident, {} bytes on disk per resource",
        server.resident_mb()?,
        server.disk()? / (creates as u64)
    );
    if let Some(size) = option("--grow") {
        bundles::grow(
            &mut server,
            size.parse()?,
            option("--data").map(String::as_str),
            &acts_of(&patients),
        )?;
    }
    server.stop()
}

/// Whether all that is said is known: what is mistyped is told before anything is measured.
fn are_known(args: &[String]) -> Result<()> {
    let mut left = args.iter();
    while let Some(said) = left.next() {
        let known = OPTIONS.iter().find(|(name, _)| name == said);
        let Some((name, has_value)) = known else {
            let names = OPTIONS.map(|(name, _)| name).join(" ");
            bail!("bench knows no {said}; it takes {names} (cargo xtask help)");
        };
        if *has_value && left.next().is_none() {
            bail!("{name} takes a value");
        }
    }
    Ok(())
}

/// What is measured again while the store grows.
fn acts_of(patients: &[String]) -> impl Fn(&Server) -> Result<()> + '_ {
    move |server| {
        let acts = Load::new(server, CONNECTIONS);
        let (created, ids) = acts.create(8_000, patients, CODES)?;
        row("create Observation", &created, None);
        row("read by id", &acts.read(16_000, &ids)?.0, None);
        row(
            "patient & code, newest 20",
            &acts.search(8_000, patients, CODES)?.0,
            None,
        );
        Ok(())
    }
}

fn row(name: &str, m: &Measured, floor: Option<f64>) {
    let (floor, ratio) = match floor {
        Some(micros) => (
            format!("{:.3}", micros / 1000.0),
            format!("{:.2}", m.cpu_ms * 1000.0 / micros),
        ),
        None => ("–".into(), "–".into()),
    };
    println!(
        "| {name} | {:.0} | {:.2} | {:.2} | {:.3} | {floor} | {ratio} |",
        m.per_second, m.p50_ms, m.p99_ms, m.cpu_ms
    );
}

/// Microseconds of CPU for a create, a read, a search by bare calls.
fn floor(creates: usize) -> Result<[f64; 3]> {
    let text = output(
        cargo()
            .args([
                "run",
                "--release",
                "-q",
                "-p",
                "aceso-store",
                "--example",
                "floor",
                "--",
            ])
            .arg(creates.to_string()),
    )?;
    let mut micros = text
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    let mut next = || {
        micros
            .next()
            .context("the floor printed less than three figures")
    };
    Ok([next()?, next()?, next()?])
}
