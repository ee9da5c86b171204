//! A new version of the data keys, and what is stored brought under it, piece by piece beside other work.

use aceso_fhir::search::extract;
use aceso_policy::{Caller, Task};
use rusqlite::{Connection, OptionalExtension};

use super::bodies::Head;
use crate::index::rows;
use crate::key::Keys;
use crate::people::{Act, Need};
use crate::reading::document;
use crate::statements as sql;
use crate::stored::from_row;
use crate::{PeopleError, Store, StoreError};

/// Bodies brought under the new version in one transaction: others wait for a few milliseconds.
const PIECE: i64 = 200;

/// How far bringing everything under the current version has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resealing {
    version: u16,
    place: Place,
    /// Bodies looked at.
    pub looked_at: u64,
    /// Bodies that were brought under it.
    pub sealed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// After this key, among current versions.
    Current(i64),
    /// After this version, among older ones.
    Older(i64, i64),
    Done,
}

impl Resealing {
    /// Whether all is done.
    pub const fn is_done(&self) -> bool {
        matches!(self.place, Place::Done)
    }

    /// The version that all is brought under.
    pub const fn version(&self) -> u16 {
        self.version
    }
}

/// What is noted when everything is sealed under a version.
pub(super) fn noted(version: u16) -> String {
    format!("sealed-{version}")
}

/// Whether everything is sealed under this version.
pub(super) fn is_settled(connection: &Connection, version: u16) -> Result<bool, StoreError> {
    let found = connection
        .prepare_cached(sql::FILLED_ONE)?
        .query_row([noted(version)], |row| row.get::<_, i64>(0))
        .optional()?;
    Ok(found.is_some())
}

impl Store {
    /// Begins a new version of the data keys: what is written from now on is sealed under it. While what is stored is not
    /// under the present version yet, that one is to be finished first, and its number is the answer.
    pub async fn rotate_data_keys(&self, caller: &Caller) -> Result<u16, PeopleError> {
        let act = Act::plain("key rotate");
        let (keys, now) = (self.0.keys.clone(), self.now());
        self.act(caller, Need::May(Task::ManageKeys), act, move |tx| {
            let current = keys.bodies().current();
            if !is_settled(tx, current)? {
                return Ok(current);
            }
            let (version, serial) = keys.bodies().change(|data| {
                data.rotate(now)
                    .map_err(|error| StoreError(error.to_string()))
            })?;
            note_serial(tx, serial)?;
            Ok(version)
        })
        .await
    }

    /// Where bringing everything under the current version begins.
    pub fn resealing(&self) -> Resealing {
        Resealing {
            version: self.0.keys.bodies().current(),
            place: Place::Current(i64::MIN),
            looked_at: 0,
            sealed: 0,
        }
    }

    /// Brings the next piece under it. Between pieces others write; the end is noted.
    pub async fn reseal(&self, from: Resealing) -> Result<Resealing, StoreError> {
        let (keys, now) = (self.0.keys.clone(), self.now());
        let (told, answer) = tokio::sync::oneshot::channel();
        let work = move |tx: &Connection| {
            let next = piece(tx, &keys, from)?;
            if next.is_done() && !is_settled(tx, next.version)? {
                tx.prepare_cached(sql::FILLED_ADD)?
                    .execute((noted(next.version), now.millis()))?;
            }
            let _ = told.send(next);
            Ok(None)
        };
        self.0.writer.act(work).await?;
        answer.await.map_err(|_| StoreError::closed())
    }
}

/// Notes in the record how many changes of the patients' keys it has seen.
pub(super) fn note_serial(tx: &Connection, serial: u64) -> Result<(), StoreError> {
    let serial = serial.cast_signed();
    tx.prepare_cached(sql::PATIENT_KEYS_SET)?
        .execute((serial, serial))?;
    Ok(())
}

fn piece(tx: &Connection, keys: &Keys, from: Resealing) -> Result<Resealing, StoreError> {
    let mut next = from;
    let (found, change) = match from.place {
        Place::Current(after) => (
            bodies(tx, sql::RES_BODIES, (after, PIECE))?,
            sql::RES_RESEAL,
        ),
        Place::Older(key, version) => (
            bodies(tx, sql::HIST_BODIES, (key, version, PIECE))?,
            sql::HIST_RESEAL,
        ),
        Place::Done => return Ok(from),
    };
    next.place = match (from.place, found.last()) {
        (Place::Current(_), Some((key, _, _))) => Place::Current(*key),
        (Place::Current(_), None) => Place::Older(i64::MIN, 0),
        (_, Some((key, version, _))) => Place::Older(*key, *version),
        (_, None) => Place::Done,
    };
    for (key, version, stored) in found {
        next.looked_at += 1;
        if let Some(sealed) = again(tx, keys, from.version, (key, version), &stored, change)? {
            tx.prepare_cached(change)?.execute((sealed, key, version))?;
            next.sealed += 1;
        }
    }
    Ok(next)
}

type Body = (i64, i64, Vec<u8>);

fn bodies(
    tx: &Connection,
    text: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Body>, StoreError> {
    let mut statement = tx.prepare_cached(text)?;
    let rows = statement.query_map(parameters, |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The body under the current version; none where it is there already, empty, or erased.
fn again(
    tx: &Connection,
    keys: &Keys,
    current: u16,
    row: (i64, i64),
    stored: &[u8],
    change: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    if stored.is_empty() {
        return Ok(None);
    }
    let patient = match Head::read(stored)? {
        Some(head) if head.version == current => return Ok(None),
        Some(head) if keys.bodies().is_erased(head) => return Ok(None),
        Some(head) => head.whose.patient,
        None => patient_of(tx, keys, row, change)?,
    };
    let packed = keys.bodies().open(row, stored)?;
    keys.bodies().seal(patient, row, &packed).map(Some)
}

/// Whose an unsealed body is, by what it says.
fn patient_of(
    tx: &Connection,
    keys: &Keys,
    (key, version): (i64, i64),
    change: &str,
) -> Result<i64, StoreError> {
    let stored = if change == sql::RES_RESEAL {
        let mut one = tx.prepare_cached(sql::RES_ONE)?;
        one.query_row([key], |row| Ok(from_row(keys, row)))??.1
    } else {
        let mut one = tx.prepare_cached(sql::HIST_ONE)?;
        one.query_row((key, version), |row| Ok(from_row(keys, row)))??
            .1
    };
    let document = document(&stored)?;
    let found = extract(&document, None);
    Ok(rows(keys, stored.kind, key, &document, &found).sealed_for())
}
