//! Backups of a large record: how long the first, the next and a restore take, and what they cost those who are served
//! meanwhile.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::load::{self, Load, Measured};
use super::server::Server;

const CONNECTIONS: usize = 8;
const CODES: usize = 5;
/// Resources of one patient: the Patient, and measurements.
const EACH: usize = 25;
/// What changes between the first backup and the next.
const CHANGED: usize = 200;
/// So many reads at a stretch.
const READS: usize = 1_000;
/// Reads go on for so long before anything is measured …
const WARM: Duration = Duration::from_secs(20);
/// … and are measured for so long before and after each backup.
const ALONE: Duration = Duration::from_secs(5);
/// Between two requests of one connection, where it is not asked for as much as can be served: 2,000 a second.
const APART: Duration = Duration::from_millis(4);

/// Makes a record of so many resources and measures on it.
pub(crate) fn run(binary: PathBuf, size: usize) -> Result<()> {
    let scratch = std::env::temp_dir().join(format!("aceso-bench-backups-{}", std::process::id()));
    std::fs::create_dir(&scratch)?;
    let config = format!(
        "[backup]\nrepository = '{}'\nevery_hours = 0\ndrill_days = 0\n",
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
    let busy = Load::new(server, CONNECTIONS);
    // The log of what is read grows into its indexes: the first seconds are faster than any later ones.
    during(&busy, &ids, WARM)?;
    let patients = load::patients(server, 4)?;
    let mut kept = Vec::new();
    for (load, acts, place) in [
        ("as many reads as it can", &busy, "repository"),
        (
            "2,000 reads/s",
            &Load::new(server, CONNECTIONS).apart(APART),
            "second",
        ),
    ] {
        let place = scratch.join(place).display().to_string();
        server.program(&["backup", "init", "--repository", &place])?;
        for act in ["the first backup", "the next one"] {
            let before = during(acts, &ids, ALONE)?;
            let backup = ["backup", "run", "--repository", &place];
            let (seconds, said, beside) = beside(server, &backup, acts, &ids)?;
            let after = during(acts, &ids, ALONE)?;
            println!("{act}: {seconds:.1} s ({})", said.trim());
            for (when, measured) in [("before", &before), ("beside", &beside), ("after", &after)] {
                told(&format!("{load}, {when} {act}"), measured);
            }
            let alone = f64::midpoint(before.per_second, after.per_second);
            kept.push((load, act, beside.per_second / alone));
            busy.create(CHANGED, &patients, CODES)?;
        }
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
    for (load, act, part) in kept {
        println!("{load}: {:.0} % of them served beside {act}", part * 100.0);
    }
    Ok(())
}

/// Reads for so long.
fn during(acts: &Load<'_>, ids: &[String], how_long: Duration) -> Result<Measured> {
    let start = Instant::now();
    rounds(acts, ids, || start.elapsed() >= how_long)
}

/// A backup, and the reads that are answered while it is made.
fn beside(
    server: &Server,
    backup: &[&str],
    acts: &Load<'_>,
    ids: &[String],
) -> Result<(f64, String, Measured)> {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let backup = scope.spawn(|| {
            let done = timed(server, backup);
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
        rounds.push(acts.read(READS, ids)?.0);
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
