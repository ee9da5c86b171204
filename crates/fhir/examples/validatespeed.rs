//! What validation costs: nanoseconds for each Observation, Patient and Encounter of a Synthea bundle.
//!
//! `cargo run --release -p aceso-fhir --example validatespeed -- BUNDLE.json`

#![allow(clippy::print_stdout, reason = "a tool for people")]

use std::time::Instant;

use aceso_fhir::validate::{self, Options};
use aceso_fhir::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("give a bundle")?;
    let bundle = json::read(&std::fs::read(path)?).map_err(|e| e.to_string())?;
    let all: Vec<&Value> = bundle
        .items_at("entry")
        .iter()
        .filter_map(|e| e.get("resource"))
        .collect();
    let start = Instant::now();
    for resource in &all {
        let _warm = validate::resource(resource, &Options::WRITE);
    }
    println!(
        "the first time, tables and rules made ready: {} ms for all",
        start.elapsed().as_millis()
    );
    let mut kinds: Vec<&str> = all.iter().filter_map(|r| r.resource_type()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let of: Vec<&Value> = all
            .iter()
            .copied()
            .filter(|r| r.resource_type() == Some(kind))
            .collect();
        let rounds = 1 + 4_000 / of.len().max(1);
        let (mut wrong, mut bytes) = (0, 0);
        for resource in &of {
            bytes += json::to_string(resource).len();
        }
        let start = Instant::now();
        for _ in 0..rounds {
            for resource in &of {
                wrong += validate::resource(resource, &Options::WRITE).len();
            }
        }
        let count = u32::try_from(rounds * of.len())?;
        let each = start.elapsed() / count;
        println!(
            "{kind}: {} of them, {} bytes each, {} ns each, {wrong} issues",
            of.len(),
            bytes / of.len(),
            each.as_nanos(),
        );
    }
    Ok(())
}
