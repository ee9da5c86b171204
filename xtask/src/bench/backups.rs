//! Backups of a large record: how long the first, the next and a restore take, and what they cost those who are served
//! meanwhile.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};

use super::load::{self, Load, Measured};
use super::server::Server;

const CONNECTIONS: usize = 8;
const CODES: usize = 5;
/// Resources of one patient: the Patient, and measurements.
const EACH: usize = 25;
/// What changes between the first backup and the next.
const CHANGED: usize = 200;
const READS: usize = 8_000;
/// In so many rounds.
const ROUNDS: usize = 8;

/// Makes a record of so many resources and measures on it.
pub(crate) fn run(binary: PathBuf, size: usize) -> Result<()> {
    let scratch = std::env::temp_dir().join(format!("aceso-bench-backups-{}", std::process::id()));
    std::fs::create_dir(&scratch)?;
    let config = format!(
        "[backup]\nrepository = '{}'\nevery_hours = 0\n",
        scratch.join("repository").display()
    );
    let server = Server::start_with(binary, &config)?;
    let done = measure(&server, size, &scratch);
    server.stop()?;
    std::fs::remove_dir_all(&scratch)?;
    done
}

fn measure(server: &Server, size: usize, scratch: &Path) -> Result<()> {
    let file = scratch.join("record.ndjson");
    let ids = write(&file, size)?;
    let start = Instant::now();
    server.program(&["import", &file.display().to_string()])?;
    std::fs::remove_file(&file)?;
    println!(
        "{size} resources imported in {:.0} s, {} MB",
        start.elapsed().as_secs_f64(),
        server.disk()? >> 20
    );
    let acts = Load {
        server,
        connections: CONNECTIONS,
    };
    acts.read(READS, &ids)?;
    let mut left = 2 * ROUNDS;
    let alone = rounds(&acts, &ids, || {
        left -= 1;
        left == 0
    })?;
    told("reads, nothing else", &alone);
    server.program(&["backup", "init"])?;
    let mut during = Vec::new();
    for act in ["the first backup", "the next one"] {
        let (seconds, said, measured) = beside(server, &acts, &ids)?;
        println!("{act}: {seconds:.1} s ({})", said.trim());
        told(&format!("reads during {act}"), &measured);
        during.push(measured.per_second / alone.per_second);
        let patients = load::patients(server, 4)?;
        acts.create(CHANGED, &patients, CODES)?;
    }
    let (seconds, said) = timed(server, &["backup", "run"])?;
    println!(
        "after {CHANGED} writes, nobody served: {seconds:.1} s ({})",
        said.trim()
    );
    let to = scratch.join("restored").display().to_string();
    let (seconds, said) = timed(server, &["backup", "restore", "--to", &to])?;
    let first = said.lines().next().unwrap_or_default();
    println!("restored, checked: {seconds:.1} s ({first})");
    for (act, part) in ["first", "next"].iter().zip(during) {
        println!(
            "served during the {act} backup: {:.0} % of the rate without",
            part * 100.0
        );
    }
    Ok(())
}

/// A backup, and the reads that are answered while it is made.
fn beside(server: &Server, acts: &Load<'_>, ids: &[String]) -> Result<(f64, String, Measured)> {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let backup = scope.spawn(|| {
            let done = timed(server, &["backup", "run"]);
            ended.store(true, Ordering::Relaxed);
            done
        });
        let measured = rounds(acts, ids, || ended.load(Ordering::Relaxed))?;
        let (seconds, said) = backup.join().expect("a backup's thread")?;
        Ok((seconds, said, measured))
    })
}

/// Reads in rounds of as many until it is enough, one round at least: what is read alone and beside something is read alike.
fn rounds(acts: &Load<'_>, ids: &[String], mut enough: impl FnMut() -> bool) -> Result<Measured> {
    let mut rounds = Vec::new();
    loop {
        rounds.push(acts.read(READS / ROUNDS, ids)?.0);
        if enough() {
            break;
        }
    }
    let count = rounds.len() as f64;
    let mean = |of: fn(&Measured) -> f64| rounds.iter().map(of).sum::<f64>() / count;
    Ok(Measured {
        // As many requests in each round: the mean rate is the harmonic one.
        per_second: count / rounds.iter().map(|m| 1.0 / m.per_second).sum::<f64>(),
        p50_ms: mean(|m| m.p50_ms),
        p99_ms: mean(|m| m.p99_ms),
        cpu_ms: mean(|m| m.cpu_ms),
    })
}

fn timed(server: &Server, args: &[&str]) -> Result<(f64, String)> {
    let start = Instant::now();
    let said = server.program(args)?;
    Ok((start.elapsed().as_secs_f64(), said))
}

fn told(what: &str, measured: &Measured) {
    println!(
        "{what}: {:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
        measured.per_second, measured.p50_ms, measured.p99_ms
    );
}

/// The record's resources, a line each; the measurements' ids.
fn write(file: &Path, size: usize) -> Result<Vec<String>> {
    let made = std::fs::File::create(file).with_context(|| file.display().to_string())?;
    let mut to = BufWriter::new(made);
    let mut ids = Vec::new();
    for number in 0..size {
        let patient = format!("p{}", number / EACH);
        if number % EACH == 0 {
            let family = number / EACH % 997;
            writeln!(
                to,
                r#"{{"resourceType":"Patient","id":"{patient}","name":[{{"family":"Family{family}"}}],"birthDate":"1970-03-04"}}"#
            )?;
            continue;
        }
        let id = format!("o{number}");
        let body = load::observation(&patient, number, CODES);
        let rest = body.trim_start_matches('{');
        writeln!(to, r#"{{"id":"{id}",{rest}"#)?;
        ids.push(id);
    }
    to.flush()?;
    Ok(ids)
}
