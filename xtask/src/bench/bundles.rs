//! Synthea transaction bundles into a growing store.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::server::Server;

const CONNECTIONS: usize = 4;

/// Posts the bundles again and again until the store holds `size` resources; the acts are measured at the start and at
/// the end, and the start-up time at the end.
pub(crate) fn grow(
    server: &mut Server,
    size: usize,
    data: Option<&str>,
    acts: &dyn Fn(&Server) -> Result<()>,
) -> Result<()> {
    let bundles = read(data.unwrap_or("../shared/data"))?;
    println!(
        "\n{} Synthea bundles with {} resources",
        bundles.len(),
        bundles.iter().map(|b| b.1).sum::<usize>()
    );
    let mut stored = 0;
    while stored < size {
        let (cpu, start) = (server.cpu()?, Instant::now());
        let made = post_all(server, &bundles)?;
        stored += made;
        println!(
            "{stored} stored: {:.0} resources/s, {:.3} ms server CPU each, {} MB resident, {} bytes on disk each",
            made as f64 / start.elapsed().as_secs_f64(),
            (server.cpu()? - cpu) * 1000.0 / made as f64,
            server.resident_mb()?,
            server.disk()? / stored as u64,
        );
    }
    acts(server)?;
    println!("{} MB resident", server.resident_mb()?);
    println!(
        "start to first answer: {:.0} ms",
        server.restart()?.as_secs_f64() * 1000.0
    );
    Ok(())
}

fn post_all(server: &Server, bundles: &[(Vec<u8>, usize)]) -> Result<usize> {
    std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|task| {
                scope.spawn(move || -> Result<usize> {
                    let mut connection = server.connect()?;
                    let mut made = 0;
                    for (body, count) in bundles.iter().skip(task).step_by(CONNECTIONS) {
                        let answer = connection.ask("POST", "/fhir", Some(body))?;
                        if answer.status != 200 {
                            let text = String::from_utf8_lossy(&answer.body);
                            bail!(
                                "a bundle was refused: {} {}",
                                answer.status,
                                text.chars().take(600).collect::<String>()
                            );
                        }
                        made += count;
                    }
                    Ok(made)
                })
            })
            .collect();
        tasks
            .into_iter()
            .map(|t| t.join().expect("a load thread"))
            .sum()
    })
}

/// The bundles of the shared archive with the number of their entries.
fn read(data: &str) -> Result<Vec<(Vec<u8>, usize)>> {
    let archive = crate::run::root()
        .join(data)
        .join("synthea-100-patients.tar.xz");
    let out = Command::new("xz")
        .arg("-dc")
        .arg(&archive)
        .output()
        .context("run xz")?;
    if !out.status.success() {
        bail!(
            "{}: {}",
            archive.display(),
            String::from_utf8_lossy(&out.stderr)
        );
    }
    let mut bundles = Vec::new();
    for entry in tar::Archive::new(out.stdout.as_slice()).entries()? {
        let mut entry = entry?;
        if entry.path()?.extension().is_some_and(|e| e == "json") {
            let mut body = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut body)?;
            let json: serde_json::Value = serde_json::from_slice(&body)?;
            let count = json["entry"].as_array().map_or(0, Vec::len);
            bundles.push((body, count));
        }
    }
    Ok(bundles)
}
