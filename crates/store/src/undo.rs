//! What was changed and deleted in a patient's record, so that people can bring it back: what a caller may read now, they
//! may read as it was; of what was deleted, what they might have read the moment before.

use aceso_base::Instant;
use aceso_fhir::definitions::types;
use aceso_policy::Action;
use rusqlite::Connection;
use rustc_hash::FxHashSet;

use crate::access::Facts;
use crate::audit::{AuditKind, Entry, Outcome, Versions, Walk, Wanted};
use crate::engine::Snapshot;
use crate::index::rows;
use crate::key::Keys;
use crate::reach::Limit;
use crate::reading::{Note, current, document};
use crate::statements::HIST_OF;
use crate::stored::from_row;
use crate::{Change, ReadError, Reading, StoreError, Stored, mask};

/// So many versions of one resource are shown, the newest.
const VERSIONS: i64 = 50;
/// So many resources of one patient are listed: those that were changed last.
const RESOURCES: usize = 100;
/// So many entries of the log are looked through for them.
const ENTRIES: u64 = 5_000;

/// A resource as it was.
#[derive(Clone, Debug)]
pub struct Past {
    /// Its version now: who brings something back names it.
    pub version: u64,
    /// When that was made.
    pub at: Instant,
    /// What it is now.
    pub presence: Presence,
    /// Its versions that the caller may see, the newest first; deletions are not among them. At most 50.
    pub versions: Vec<Stored>,
}

/// What a resource is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// In the record.
    There,
    /// Deleted.
    Deleted,
}

impl Reading {
    /// One resource of a patient (logical id) as it was.
    pub async fn past(
        &self,
        patient: &str,
        kind: &'static str,
        id: &str,
    ) -> Result<Past, ReadError> {
        let limit = self.allowed(Action::Read, kind, "history", id).await?;
        let (keys, masks) = (self.store().0.keys.clone(), self.masks());
        let log = self.logger(Note::history([kind, "/", id].concat()));
        let (patient, id) = (patient.to_owned(), id.to_owned());
        let job = move |connection: &mut Connection| {
            let of = (patient.as_str(), kind, id.as_str());
            let found = Snapshot::new(connection)
                .and_then(|snapshot| Ok((past(&snapshot, &keys, &limit, of)?, snapshot)));
            match found {
                Ok((Some(past), snapshot)) => {
                    let (entry, known) = told(&snapshot, &keys, std::slice::from_ref(&past), log);
                    let shown = known.and_then(|()| {
                        let versions = mask::all_for(&masks, past.versions)?;
                        Ok(Past { versions, ..past })
                    });
                    (shown.map_err(ReadError::from), entry)
                }
                Ok((None, _)) => {
                    let name = [kind, "/", &id].concat();
                    let entry = log(Outcome::Unknown, &mut std::iter::once(name));
                    (Err(ReadError::Unknown), entry)
                }
                Err(error) => {
                    let entry = log(Outcome::Unknown, &mut std::iter::empty());
                    (Err(ReadError::Store(error)), entry)
                }
            }
        };
        self.store().0.readers.logged(job).await?
    }

    /// The resources of a patient (logical id) that were changed or deleted, each as it was, those of the last changes first.
    /// What was written once and stayed so is not among them.
    pub async fn changes(&self, patient: &str) -> Result<Vec<Past>, ReadError> {
        let limits = self.reachable(Action::Read, "history", patient).await?;
        let (keys, masks, store) = (
            self.store().0.keys.clone(),
            self.masks(),
            self.store().clone(),
        );
        store.log_settled().await?;
        let log = self.logger(Note::history(["Patient/", patient].concat()));
        let patient = patient.to_owned();
        let job = move |connection: &mut Connection| {
            let names = store.on_log(|log| changed(log, &keys, &patient));
            let found = names.and_then(|names| {
                let snapshot = Snapshot::new(connection)?;
                let all = all_past(&snapshot, &keys, &limits, (&patient, names?))?;
                Ok((all, snapshot))
            });
            match found {
                Ok((all, snapshot)) => {
                    let (entry, known) = told(&snapshot, &keys, &all, log);
                    let shown = known.and_then(|()| {
                        let masked = |past: Past| {
                            let versions = mask::all_for(&masks, past.versions)?;
                            Ok(Past { versions, ..past })
                        };
                        all.into_iter().map(masked).collect()
                    });
                    (shown.map_err(ReadError::from), entry)
                }
                Err(error) => {
                    let entry = log(Outcome::Unknown, &mut std::iter::empty());
                    (Err(ReadError::Store(error)), entry)
                }
            }
        };
        self.store().0.readers.logged(job).await?
    }
}

/// The entry of what is shown.
fn told(
    snapshot: &Connection,
    keys: &Keys,
    shown: &[Past],
    log: impl FnOnce(Outcome, &mut dyn Iterator<Item = String>) -> Entry,
) -> (Entry, Result<(), StoreError>) {
    let versions = || shown.iter().flat_map(|past| &past.versions);
    log(Outcome::Done, &mut versions().map(Stored::name)).about(
        snapshot,
        keys,
        Versions::Any,
        &mut versions(),
    )
}

/// What the log says was changed or deleted of a patient, as type and id, the last first.
fn changed(
    log: &Connection,
    keys: &Keys,
    patient: &str,
) -> Result<Vec<(&'static str, String)>, StoreError> {
    let wanted = Wanted {
        patient: Some(patient.to_owned()),
        kinds: vec![AuditKind::Write, AuditKind::Delete],
        outcome: Some(Outcome::Done),
        ..Wanted::default()
    };
    let mut walk = Walk::new(log, &keys.names(), &wanted, None)?;
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    while found.len() < RESOURCES
        && let Some(entry) = walk.next(ENTRIES.saturating_sub(walk.looked_at()))?
    {
        for name in entry.said.on {
            let mut parts = name.split('/');
            let (Some(kind), Some(id)) = (parts.next(), parts.next()) else {
                continue;
            };
            // The first version replaced nothing.
            if parts.next() == Some("1") || !seen.insert([kind, "/", id].concat()) {
                continue;
            }
            if let Some(kind) = types().resource(kind) {
                found.push((kind.name, id.to_owned()));
            }
        }
    }
    Ok(found)
}

fn all_past(
    snapshot: &Connection,
    keys: &Keys,
    limits: &[(&'static str, Limit)],
    (patient, names): (&str, Vec<(&'static str, String)>),
) -> Result<Vec<Past>, StoreError> {
    let mut all = Vec::new();
    for (kind, id) in names {
        let Some((_, limit)) = limits.iter().find(|(of, _)| *of == kind) else {
            continue;
        };
        all.extend(past(snapshot, keys, limit, (patient, kind, &id))?);
    }
    Ok(all)
}

fn past(
    snapshot: &Connection,
    keys: &Keys,
    limit: &Limit,
    (patient, kind, id): (&str, &'static str, &str),
) -> Result<Option<Past>, StoreError> {
    let Some(now) = current(snapshot, keys, kind, id)? else {
        return Ok(None);
    };
    let presence = match now.change {
        Change::Deleted => Presence::Deleted,
        Change::Created | Change::Updated => Presence::There,
    };
    if presence == Presence::There && !limit.covers(snapshot, keys, &now)? {
        return Ok(None);
    }
    let (version, at) = (now.version, now.updated);
    let mut versions = Vec::new();
    if presence == Presence::There {
        versions.push(now);
    }
    let key = keys.of(kind, id);
    let mut statement = snapshot.prepare_cached(HIST_OF)?;
    let mut rows = statement.query((key, version.cast_signed(), VERSIONS))?;
    while let Some(row) = rows.next()? {
        let (_, stored) = from_row(keys, row)?;
        if stored.change != Change::Deleted && limit.covers_version(snapshot, keys, &stored)? {
            versions.push(stored);
        }
    }
    let is_theirs = match versions.first() {
        Some(last) => is_about(keys, patient, last)?,
        None => false,
    };
    Ok(is_theirs.then_some(Past {
        version,
        at,
        presence,
        versions,
    }))
}

/// Whether a version is this patient (logical id), or about them.
fn is_about(keys: &Keys, patient: &str, stored: &Stored) -> Result<bool, StoreError> {
    let (own, key) = (
        keys.of("Patient", patient),
        keys.of(stored.kind, &stored.id),
    );
    if own == key {
        return Ok(true);
    }
    let document = document(stored)?;
    let found = aceso_fhir::search::extract(&document, None);
    let rows = rows(keys, stored.kind, key, &document, &found);
    let facts = Facts::new(stored.kind, key, &rows);
    Ok(facts.patients.contains(&own))
}
