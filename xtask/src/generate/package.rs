//! Reads an NPM-style FHIR package.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// All resources of a package (not its examples), in the order of their file names.
pub(crate) fn read(path: &Path) -> Result<Vec<Value>> {
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut found = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let Some(file) = name.strip_prefix("package/") else {
            continue;
        };
        if file.contains('/') || !file.ends_with(".json") || file.starts_with('.') {
            continue;
        }
        let mut text = String::new();
        entry.read_to_string(&mut text)?;
        let value: Value = serde_json::from_str(&text).with_context(|| format!("parse {name}"))?;
        if value["resourceType"].is_string() {
            found.push((file.to_owned(), value));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found.into_iter().map(|(_, value)| value).collect())
}

/// The resources in the JSON files of a directory, in the order of their names.
pub(crate) fn read_dir(path: &Path) -> Result<Vec<Value>> {
    let mut files: Vec<_> = std::fs::read_dir(path)
        .with_context(|| format!("list {}", path.display()))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    files
        .iter()
        .map(|file| Ok(serde_json::from_slice(&std::fs::read(file)?)?))
        .collect()
}

/// The resources of one type.
pub(crate) fn of_type<'a>(package: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    package.iter().filter(move |r| r["resourceType"] == kind)
}
