//! `aceso backup restore --patient`: what is about one patient, out of a snapshot and back into the record, as one
//! transaction that goes the way every request goes.

use std::process::ExitCode;

use aceso_fhir::definitions::types;
use aceso_fhir::search::{Query, Total};
use aceso_fhir::{Value, json as fhir_json};
use aceso_policy::{Caller, Purpose};
use aceso_store::{ReadError, Store, Stored};
use anyhow::{Context, Result, bail};
use serde_json::json;

use super::RestoreArgs;
use super::scratch::Scratch;
use crate::export::belongs;
use crate::import::Loader;
use crate::place::Place;
use crate::say::say;

const PAGE: u32 = 500;

/// How a resource of then stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    Same,
    Changed,
    Gone,
}

/// Brings back what was deleted since, and what was changed when that is wanted.
pub(super) async fn back(place: &Place, args: &RestoreArgs, as_json: bool) -> Result<ExitCode> {
    let patient = args.patient.as_deref().unwrap_or_default();
    let store = place.open()?;
    let scratch = Scratch::open(place, &args.place, &args.which).await?;
    let then = chart(&scratch.store, patient).await?;
    if !then
        .iter()
        .any(|one| one.kind == "Patient" && one.id == patient)
    {
        bail!(
            "the snapshot of {} has no Patient/{patient}, or this patient was erased since",
            scratch.snapshot.at.to_fhir()
        );
    }
    let (mut lines, mut wanted) = (Vec::new(), Vec::new());
    for one in &then {
        let (now, word) = match standing(&store, one).await? {
            Now::Same => continue,
            Now::Changed => (Now::Changed, "changed"),
            Now::Gone => (Now::Gone, "deleted"),
        };
        let is_wanted = now == Now::Gone || args.changed;
        lines.push((format!("{}/{}", one.kind, one.id), word, is_wanted));
        if is_wanted {
            wanted.push(document(one)?);
        }
    }
    let count = wanted.len();
    if !args.dry_run && count > 0 {
        let loader = Loader::new(store, place);
        loader.transaction(wanted).await.map_err(|why| {
            anyhow::anyhow!("the record refused it, and nothing was written: {why}")
        })?;
    }
    let done = if args.dry_run {
        "would go back"
    } else {
        "went back"
    };
    if as_json {
        let rows: Vec<_> = lines
            .iter()
            .map(|(name, word, is_wanted)| json!({"resource": name, "since": word, "restored": is_wanted}))
            .collect();
        say(&json!({
            "snapshot": scratch.snapshot.id, "at": scratch.snapshot.at.to_fhir(), "patient": patient,
            "dryRun": args.dry_run, "looked": then.len(), "restored": count, "differ": rows
        })
        .to_string());
        return Ok(ExitCode::SUCCESS);
    }
    for (name, word, is_wanted) in &lines {
        let left = if *is_wanted { "" } else { "; left as it is" };
        say(&format!("{name}  {word} since{left}"));
    }
    say(&format!(
        "{count} of {} resources of {} {done}",
        then.len(),
        scratch.snapshot.at.to_fhir()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Everything about a patient.
async fn chart(store: &Store, patient: &str) -> Result<Vec<Stored>> {
    let reading = store.read(&Caller::operator(), Purpose::Operations);
    let mut all = Vec::new();
    for kind in types().resource_names() {
        let mut query = Query {
            kind: Some(kind),
            clauses: vec![belongs(kind, patient)],
            count: Some(PAGE),
            total: Some(Total::None),
            ..Query::default()
        };
        loop {
            let page = reading.search(query.clone()).await?;
            all.extend(page.matches);
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => break,
            }
        }
    }
    Ok(all)
}

async fn standing(store: &Store, then: &Stored) -> Result<Now> {
    let reading = store.read(&Caller::operator(), Purpose::Operations);
    match reading.fetch(then.kind, &then.id).await {
        Ok(now) if document(&now)? == document(then)? => Ok(Now::Same),
        Ok(_) => Ok(Now::Changed),
        Err(ReadError::Gone { .. } | ReadError::Unknown) => Ok(Now::Gone),
        Err(error) => Err(error.into()),
    }
}

/// What it says, without what the store sets anew.
fn document(stored: &Stored) -> Result<Value> {
    let name = || format!("{}/{}", stored.kind, stored.id);
    let mut document =
        fhir_json::read(&stored.body).map_err(|error| anyhow::anyhow!("{}: {error:?}", name()))?;
    let fields = document.as_object_mut().with_context(name)?;
    let is_empty = match fields.get_mut("meta").and_then(Value::as_object_mut) {
        Some(meta) => {
            meta.remove("versionId");
            meta.remove("lastUpdated");
            meta.iter().len() == 0
        }
        None => false,
    };
    if is_empty {
        fields.remove("meta");
    }
    Ok(document)
}
