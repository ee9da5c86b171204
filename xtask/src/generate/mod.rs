//! Compiles HL7's packages into the tables that the product carries.

mod dictionary;
mod expression;
mod package;
mod parameters;
mod passwords;
mod profiles;
mod terminology;
mod types;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

/// `DIR` holds `hl7.fhir.r4.core-4.0.1.tgz` , `us_core_610.tgz`, `us_core_700.tgz` and `terminology/`.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let dir = PathBuf::from(
        args.first()
            .context("gen takes the directory that holds the packages")?,
    );
    let core = package::read(&dir.join("hl7.fhir.r4.core-4.0.1.tgz"))?;
    let us_core = package::read(&dir.join("us_core_610.tgz"))?;
    write("types.json.zst", &types::table(&core)?)?;
    let old = read("parameters.json.zst").unwrap_or_default();
    write(
        "parameters.json.zst",
        &parameters::table(&core, &us_core, &old)?,
    )?;
    let us_core_7 = package::read(&dir.join("us_core_700.tgz"))?;
    write_text(
        "profiles.zst",
        &profiles::lines(&[&core, &us_core, &us_core_7]),
    )?;
    let lists = package::read_dir(&dir.join("terminology"))?;
    write_text(
        "terminology.zst",
        &terminology::lines(&[&us_core_7, &core, &us_core, &lists, &terminology::extra()]),
    )
}

/// `ARCHIVE` is `synthea-100-patients.tar.xz`.
pub(crate) fn dictionary(args: &[String]) -> Result<()> {
    let archive = args
        .first()
        .context("gen-dictionary takes the archive of synthetic patients")?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dictionary = dictionary::train(Path::new(archive))?;
    let path = here.join("../crates/store/data/bodies-1.dict");
    std::fs::write(&path, &dictionary).with_context(|| format!("write {}", path.display()))?;
    println!("bodies-1.dict: {} bytes", dictionary.len());
    Ok(())
}

/// `LIST` is one password a line, the most frequent first.
pub(crate) fn passwords(args: &[String]) -> Result<()> {
    let list = args
        .first()
        .context("gen-passwords takes the list of common passwords")?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = here.join("../crates/vault/data/common-passwords.bloom");
    let filter = passwords::filter(Path::new(list))?;
    std::fs::write(&path, &filter).with_context(|| format!("write {}", path.display()))?;
    println!("common-passwords.bloom: {} bytes", filter.len());
    Ok(())
}

/// A table as it was generated before.
fn read(name: &str) -> Result<Value> {
    let packed = std::fs::read(data(name))?;
    Ok(serde_json::from_slice(&zstd::decode_all(&*packed)?)?)
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/fhir/data")
        .join(name)
}

fn write(name: &str, table: &Value) -> Result<()> {
    write_text(name, &serde_json::to_string(table)?)
}

fn write_text(name: &str, text: &str) -> Result<()> {
    let path = data(name);
    let packed = zstd::bulk::compress(text.as_bytes(), 19)?;
    std::fs::write(&path, &packed).with_context(|| format!("write {}", path.display()))?;
    println!(
        "{name}: {} bytes of text, {} packed",
        text.len(),
        packed.len()
    );
    Ok(())
}
