//! `aceso export`: the record as NDJSON, one file for each type, and a manifest with a digest of each file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use aceso_base::hex;
use aceso_fhir::definitions::types;
use aceso_fhir::search::{Clause, Query, Total};
use aceso_policy::{Caller, Purpose};
use aceso_store::{ReadError, Store};
use aceso_vault::Sha256;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::place::Place;
use crate::progress::Progress;
use crate::say::say;

/// The manifest's name; import leaves it alone.
pub(crate) const MANIFEST: &str = "manifest.json";
const PAGE: u32 = 500;

/// Writes the record, or one patient's part of it, into a new or empty directory.
pub(crate) async fn run(
    place: &Place,
    patient: Option<&str>,
    out: &Path,
    as_json: bool,
) -> Result<ExitCode> {
    let store = place.open()?;
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    if out.read_dir()?.next().is_some() {
        bail!("{} is not empty", out.display());
    }
    if let Some(id) = patient {
        let reading = store.read(&Caller::operator(), Purpose::Operations);
        match reading.fetch("Patient", id).await {
            Ok(_) => {}
            Err(ReadError::Unknown | ReadError::Gone { .. }) => bail!("there is no Patient/{id}"),
            Err(error) => return Err(error.into()),
        }
    }
    let kinds: Vec<&'static str> = types().resource_names().collect();
    let mut progress = Progress::new("export", u64::try_from(kinds.len())?);
    let (mut files, mut total) = (Vec::new(), 0);
    for kind in kinds {
        if let Some((count, file)) = one_kind(&store, kind, patient, out).await? {
            total += count;
            files.push(file);
        }
        progress.advance(1);
    }
    drop(progress);
    let manifest = json!({
        "program": concat!("aceso ", env!("CARGO_PKG_VERSION")),
        "exported": store.now().to_fhir(), "patient": patient, "resources": total, "files": files
    });
    let text = serde_json::to_string_pretty(&manifest)?;
    std::fs::write(out.join(MANIFEST), format!("{text}\n"))?;
    if as_json {
        say(&manifest.to_string());
    } else {
        say(&format!(
            "{total} resources of {} types in {}; {MANIFEST} holds their digests",
            files.len(),
            out.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// One type's file and its line of the manifest; none when there is no such resource.
async fn one_kind(
    store: &Store,
    kind: &'static str,
    patient: Option<&str>,
    out: &Path,
) -> Result<Option<(u64, Value)>> {
    let mut query = Query {
        kind: Some(kind),
        clauses: patient.map(|id| belongs(kind, id)).into_iter().collect(),
        count: Some(PAGE),
        total: Some(Total::None),
        ..Query::default()
    };
    let reading = store.read(&Caller::operator(), Purpose::Operations);
    let name = format!("{kind}.ndjson");
    let mut file: Option<BufWriter<File>> = None;
    let (mut digest, mut bytes, mut count) = (Sha256::default(), 0, 0);
    loop {
        let page = reading.search(query.clone()).await?;
        for found in &page.matches {
            let writer = match &mut file {
                Some(writer) => writer,
                None => file.insert(BufWriter::new(File::create_new(out.join(&name))?)),
            };
            for part in [found.body.as_ref(), b"\n"] {
                writer.write_all(part)?;
                digest.update(part);
                bytes += part.len();
            }
            count += 1;
        }
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    let Some(writer) = file else {
        return Ok(None);
    };
    writer.into_inner()?.sync_all()?;
    let line = json!({
        "name": name, "type": kind, "count": count, "bytes": bytes, "sha256": hex(&digest.finish())
    });
    Ok(Some((count, line)))
}

/// What is about a patient, of this type.
pub(crate) fn belongs(kind: &str, patient: &str) -> Clause {
    if kind == "Patient" {
        return Clause::Id(vec![patient.to_owned()]);
    }
    Clause::Compartment {
        kind: "Patient",
        id: patient.to_owned(),
    }
}
