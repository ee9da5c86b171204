//! `bodies-1.dict`: the dictionary that resource bodies are packed with, trained on every other synthetic patient of the
//! shared archive. Once released a dictionary never changes: a better one gets the next number.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

const SIZE: usize = 112_640;
/// Samples of one resource type at most.
const OF_A_KIND: usize = 900;

/// `archive`: `synthea-100-patients.tar.xz`.
pub(crate) fn train(archive: &Path) -> Result<Vec<u8>> {
    let out = Command::new("xz")
        .arg("-dc")
        .arg(archive)
        .output()
        .context("run xz")?;
    if !out.status.success() {
        bail!(
            "{}: {}",
            archive.display(),
            String::from_utf8_lossy(&out.stderr)
        );
    }
    let mut samples = Vec::new();
    let mut of_kind: BTreeMap<String, usize> = BTreeMap::new();
    for (n, entry) in tar::Archive::new(out.stdout.as_slice())
        .entries()?
        .enumerate()
    {
        let entry = entry?;
        if n % 2 == 1 || entry.path()?.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let bundle: Value = serde_json::from_reader(entry)?;
        for item in bundle["entry"].as_array().into_iter().flatten() {
            let kind = item["resource"]["resourceType"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let count = of_kind.entry(kind).or_default();
            *count += 1;
            if *count <= OF_A_KIND {
                samples.push(stored(&item["resource"], samples.len()));
            }
        }
    }
    Ok(zstd::dict::from_samples(&samples, SIZE)?)
}

/// A resource as the store holds it: with an id and `meta` of its own, and references to ids of the store's form.
fn stored(resource: &Value, n: usize) -> Vec<u8> {
    let id = format!("358{:08x}", n.wrapping_mul(2_654_435_761) & 0xffff_ffff);
    let head = format!(
        r#"{{"resourceType":{},"id":"{id}","meta":{{"versionId":"1","lastUpdated":"2026-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z"}}"#,
        resource["resourceType"],
        n % 12 + 1,
        n % 28 + 1,
        n % 24,
        n % 60,
        n % 59,
        n % 997
    );
    let mut text = head;
    for (name, member) in resource.as_object().into_iter().flatten() {
        if !["resourceType", "id", "meta"].contains(&name.as_str()) {
            text.push_str(&format!(",\"{name}\":{member}"));
        }
    }
    text.push('}');
    while let Some(at) = text.find("urn:uuid:") {
        text.replace_range(at..(at + 45).min(text.len()), &format!("Patient/{id}"));
    }
    text.into_bytes()
}
