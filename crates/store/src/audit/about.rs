//! Whom an entry is about: the patients of what was shown or written, found in the record when the entry is made, since
//! later nobody may know.

use aceso_fhir::search::extract;
use aceso_policy::Group;
use rusqlite::{Connection, OptionalExtension};
use rustc_hash::FxHashMap;

use super::Entry;
use super::form::{resting, write_patient};
use crate::access::Facts;
use crate::index::rows;
use crate::key::{Keys, own_id};
use crate::reading::document;
use crate::search::About;
use crate::statements as sql;
use crate::{Change, StoreError, Stored};

/// Which versions were shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versions<'a> {
    /// Current ones only: the record's rows say whom they are about.
    Current,
    /// Current ones only, whose patients were looked up already, unless they are not there.
    Listed(&'a About),
    /// Also others: these say it themselves.
    Any,
}

impl Entry {
    /// Names the consents that it rests on; before the patients.
    pub(crate) fn resting(mut self, consents: &[String]) -> Self {
        self.body = resting(self.body, consents);
        self
    }

    /// Names the patients (logical ids) that the entry is about.
    pub(crate) fn about_patients<'a>(mut self, ids: impl Iterator<Item = &'a str>) -> Self {
        for id in ids {
            write_patient(&mut self.body, id);
        }
        self
    }

    /// Names the patients of what was shown. When they cannot be found, nothing may be shown: the error is the answer.
    pub(crate) fn about(
        self,
        record: &Connection,
        keys: &Keys,
        versions: Versions<'_>,
        shown: &mut dyn Iterator<Item = &Stored>,
    ) -> (Self, Result<(), StoreError>) {
        match patients(record, keys, versions, shown) {
            Ok(found) => (
                self.about_patients(found.iter().map(String::as_str)),
                Ok(()),
            ),
            Err(error) => (self, Err(error)),
        }
    }
}

/// The logical ids of the patients that these versions are about, but those that are Patients themselves.
fn patients(
    record: &Connection,
    keys: &Keys,
    versions: Versions<'_>,
    shown: &mut dyn Iterator<Item = &Stored>,
) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    let mut own = Vec::new();
    for stored in shown {
        if !Group::of(stored.kind).is_some_and(Group::is_personal) {
            continue;
        }
        let key = keys.of(stored.kind, &stored.id);
        if stored.kind == "Patient" {
            own.push(key);
        } else {
            of_version(record, keys, versions, (key, stored), &mut found)?;
        }
    }
    found.sort_unstable();
    found.dedup();
    found.retain(|key| !own.contains(key));
    ids(record, &found)
}

/// By the rows of the current version; of another version, by what it says itself.
fn of_version(
    record: &Connection,
    keys: &Keys,
    versions: Versions<'_>,
    (key, stored): (i64, &Stored),
    found: &mut Vec<i64>,
) -> Result<(), StoreError> {
    if let Versions::Listed(about) = versions
        && let Some(patients) = about.get(&key)
    {
        found.extend(patients);
        return Ok(());
    }
    let mut of = record.prepare_cached(sql::PART_OF)?;
    let before = found.len();
    let mut rows_of = of.query([key])?;
    while let Some(row) = rows_of.next()? {
        found.push(row.get(0)?);
    }
    let same = match versions {
        Versions::Current | Versions::Listed(_) => true,
        Versions::Any => is_current(record, key, stored.version)?,
    };
    if (same && found.len() > before) || stored.change == Change::Deleted {
        return Ok(());
    }
    let document = document(stored)?;
    let extracted = extract(&document, None);
    let rows = rows(keys, stored.kind, key, &document, &extracted);
    found.extend(Facts::new(stored.kind, key, &rows).patients);
    Ok(())
}

fn is_current(record: &Connection, key: i64, version: u64) -> Result<bool, StoreError> {
    let current: Option<i64> = record
        .prepare_cached(sql::RES_BRIEF)?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(current == Some(version.cast_signed()))
}

/// The logical ids of the patients with these keys; those that the record does not know have none.
pub(crate) fn ids(record: &Connection, patients: &[i64]) -> Result<Vec<String>, StoreError> {
    let mut known: FxHashMap<i64, Option<String>> = FxHashMap::default();
    for key in patients.iter().filter(|key| **key != 0) {
        if known.contains_key(key) {
            continue;
        }
        let id = match own_id(*key) {
            Some(id) => Some(id),
            None => record
                .prepare_cached(sql::RES_ID)?
                .query_row([key], |row| row.get(0))
                .optional()?,
        };
        known.insert(*key, id);
    }
    Ok(known.into_values().flatten().collect())
}
