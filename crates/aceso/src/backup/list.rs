//! `aceso backup list` and `aceso backup verify`.

use std::process::ExitCode;

use aceso_backup::{ReadData, Series, Snapshot};
use anyhow::Result;
use serde_json::json;

use super::Where;
use super::run::mib;
use crate::place::Place;
use crate::say::{complain, say};

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Indexes, trees, and that every pack is there.
    Structure,
    /// All of it.
    Everything,
}

/// The snapshots, oldest first.
pub(super) fn list(place: &Place, at: &Where, as_json: bool) -> Result<ExitCode> {
    let all = place.open_repository(at)?.snapshots()?;
    if as_json {
        let rows: Vec<_> = all.iter().map(row).collect();
        say(&json!(rows).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    for one in all.iter().filter(|one| one.series == Series::Record) {
        say(&format!(
            "{}  {}  {:>9} resources  {:>9} audit entries  {:>9.1} MiB  {:>8.1} MiB new",
            one.short(),
            one.at.to_fhir(),
            one.figures.resources,
            one.figures.audit_entries,
            mib(one.bytes),
            mib(one.added)
        ));
    }
    let mut log = all.iter().filter(|one| one.series == Series::Log);
    if let Some(last) = log.next_back() {
        say(&format!(
            "what was written between them: {} pieces, the last {} of {}",
            log.count() + 1,
            last.short(),
            last.at.to_fhir()
        ));
    }
    let keys: Vec<&Snapshot> = all
        .iter()
        .filter(|one| one.series == Series::Keys)
        .collect();
    if let Some(newest) = keys.last() {
        say(&format!(
            "patients' keys: {} of {} ({} changes)",
            newest.short(),
            newest.at.to_fhir(),
            newest.figures.key_changes
        ));
    }
    if keys.len() > 1 {
        say(&format!(
            "{} older copies of the patients' keys: `aceso backup prune` lets go of them",
            keys.len() - 1
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn row(one: &Snapshot) -> serde_json::Value {
    json!({
        "snapshot": one.id, "at": one.at.to_fhir(), "series": one.series.name(), "files": one.files,
        "bytes": one.bytes, "added": one.added, "resources": one.figures.resources,
        "versions": one.figures.versions, "auditEntries": one.figures.audit_entries,
        "keyChanges": one.figures.key_changes,
        "base": one.link.as_ref().map(|link| &link.base), "piece": one.link.as_ref().map(|link| link.number)
    })
}

/// Checks the repository.
pub(super) fn verify(place: &Place, at: &Where, read: Read, as_json: bool) -> Result<ExitCode> {
    let repository = place.open_repository(at)?;
    let (read, words) = match read {
        Read::Structure => (ReadData::No, "its structure"),
        Read::Everything => (ReadData::Yes, "its structure and every byte"),
    };
    let wrong = repository.check(read)?;
    if as_json {
        say(&json!({"read": words, "wrong": wrong}).to_string());
    } else {
        wrong.iter().for_each(|what| complain(what));
        match wrong.len() {
            0 => say(&format!("the repository, {words}: all in order")),
            n => complain(&format!("the repository, {words}: {n} wrong")),
        }
    }
    Ok(if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
