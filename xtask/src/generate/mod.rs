//! Compiles HL7's packages into the tables that the product carries.

mod package;
mod types;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

/// `DIR` holds `hl7.fhir.r4.core-4.0.1.tgz` and `us_core_610.tgz`.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let dir = PathBuf::from(
        args.first()
            .context("gen takes the directory that holds the packages")?,
    );
    let core = package::read(&dir.join("hl7.fhir.r4.core-4.0.1.tgz"))?;
    write("types.json.zst", &types::table(&core)?)
}

fn write(name: &str, table: &Value) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/fhir/data")
        .join(name);
    let json = serde_json::to_vec(table)?;
    let packed = zstd::bulk::compress(&json, 19)?;
    std::fs::write(&path, &packed).with_context(|| format!("write {}", path.display()))?;
    println!(
        "{name}: {} bytes of JSON, {} packed",
        json.len(),
        packed.len()
    );
    Ok(())
}
