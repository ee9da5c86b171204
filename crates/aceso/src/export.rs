//! `aceso export`: the record as NDJSON, one file for each type, and a manifest with a digest of each file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use aceso_base::hex;
use aceso_fhir::consent::NOTICE;
use aceso_fhir::definitions::types;
use aceso_fhir::search::{Clause, Query, Total};
use aceso_policy::{Caller, Purpose};
use aceso_store::{Marking, ReadError, Store};
use aceso_vault::Sha256;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::place::Place;
use crate::progress::Progress;
use crate::say::say;

/// The manifest's name; import leaves it alone.
pub(crate) const MANIFEST: &str = "manifest.json";
const PAGE: u32 = 500;

/// What of the record is exported.
pub(crate) struct Part {
    /// One patient's compartment alone.
    pub(crate) patient: Option<String>,
    /// For somebody outside; none: the clinic's own.
    pub(crate) reason: Option<Reason>,
}

/// What an export for somebody outside is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Reason {
    /// The patient asked for it
    Patient,
    /// Somebody treats the patient
    Treatment,
    /// Somebody pays
    Payment,
    /// Health care operations
    Operations,
    /// Civil, criminal, administrative or legislative proceedings
    Legal,
}

impl Reason {
    const fn purpose(self) -> Purpose {
        match self {
            Self::Patient => Purpose::PatientRequest,
            Self::Treatment => Purpose::Treatment,
            Self::Payment => Purpose::Payment,
            Self::Operations => Purpose::Operations,
            Self::Legal => Purpose::Legal,
        }
    }
}

/// Writes the record, or one patient's part of it, into a new or empty directory.
pub(crate) async fn run(place: &Place, part: &Part, out: &Path, as_json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    if out.read_dir()?.next().is_some() {
        bail!("{} is not empty", out.display());
    }
    let patient = part.patient.as_deref();
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
    let mut marking = Marking::None;
    for kind in kinds {
        if let Some(file) = one_kind(&store, kind, part, out).await? {
            total += file.count;
            if file.marking == Marking::Some {
                marking = Marking::Some;
            }
            files.push(file.line);
        }
        progress.advance(1);
    }
    drop(progress);
    let mut manifest = json!({
        "program": concat!("aceso ", env!("CARGO_PKG_VERSION")),
        "exported": store.now().to_fhir(), "patient": patient, "resources": total, "files": files
    });
    if let Some(more) = manifest.as_object_mut() {
        let reason = part.reason.map(|r| ("purpose", r.purpose().code()));
        let notice = (marking == Marking::Some).then_some(("notice", NOTICE));
        let both = reason.into_iter().chain(notice);
        more.extend(both.map(|(name, said)| (name.to_owned(), said.into())));
    }
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

/// A file that was written.
struct Written {
    count: u64,
    /// Its line of the manifest.
    line: Value,
    marking: Marking,
}

/// One type's file; none when there is no such resource.
async fn one_kind(
    store: &Store,
    kind: &'static str,
    part: &Part,
    out: &Path,
) -> Result<Option<Written>> {
    let patient = part.patient.as_deref();
    let mut query = Query {
        kind: Some(kind),
        clauses: patient.map(|id| belongs(kind, id)).into_iter().collect(),
        count: Some(PAGE),
        total: Some(Total::None),
        ..Query::default()
    };
    let operator = Caller::operator();
    let reading = match part.reason {
        Some(reason) => store.read_out(&operator, reason.purpose()),
        None => store.read(&operator, Purpose::Operations),
    };
    let name = format!("{kind}.ndjson");
    let mut marking = Marking::None;
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
            if found.release.is_some() {
                marking = Marking::Some;
            }
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
    Ok(Some(Written {
        count,
        line,
        marking,
    }))
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
