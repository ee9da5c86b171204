//! Removing what is stored about a patient whose key is gone: a copy of the record from before the erasure, opened with
//! today's keys. What it says cannot be read any more, so index rows are found by the resource's key, table by table.

use aceso_base::Instant;
use aceso_policy::{Caller, Purpose};
use aceso_vault::data::{Erased, Whose};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::bodies::{Bodies, SEALED};
use super::rotate::note_serial;
use crate::StoreError;
use crate::access::learned::access_changed;
use crate::audit::{Outcome, entry};
use crate::statements as sql;

/// Nine bytes in a sealed body's head: whose it is.
pub(super) fn mark(whose: Whose) -> [u8; 9] {
    let [a, b, c, d, e, f, g, h] = whose.patient.to_be_bytes();
    [whose.generation, a, b, c, d, e, f, g, h]
}

/// The keys of the resources that are about this patient alone.
pub(super) fn keys_of(connection: &Connection, whose: Whose) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(sql::ERASED_KEYS)?;
    let found = statement.query_map(
        (mark(whose).as_slice(), [SEALED].as_slice(), whose.patient),
        |row| row.get(0),
    )?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Old versions that are this patient's, of whatever resource.
pub(super) fn versions_of(
    connection: &Connection,
    whose: Whose,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut statement = connection.prepare_cached(sql::ERASED_VERSIONS)?;
    let found = statement.query_map((mark(whose).as_slice(), [SEALED].as_slice()), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Removes a resource and its versions; those sealed for others stay.
pub(super) fn remove(tx: &Connection, whose: Whose, key: i64) -> Result<usize, StoreError> {
    tx.prepare_cached(sql::RES_ERASE)?.execute([key])?;
    let versions = tx.prepare_cached(sql::HIST_ERASE_ALL)?.execute((
        key,
        [SEALED].as_slice(),
        mark(whose).as_slice(),
    ))?;
    Ok(versions)
}

/// Removes one version of a resource that is somebody else's now, and notes that it is missing for a reason.
pub(super) fn remove_version(tx: &Connection, key: i64, version: i64) -> Result<usize, StoreError> {
    let mut erase = tx.prepare_cached(sql::HIST_ERASE)?;
    let removed = erase.execute((key, version))?;
    if removed > 0 {
        tx.prepare_cached(sql::ERASED_VERSION_ADD)?
            .execute((key, version))?;
    }
    Ok(removed)
}

/// Removes these patients, without reading what is stored. Answers how many resources.
pub(super) fn purge(tx: &Connection, erased: &[Erased]) -> Result<usize, StoreError> {
    tx.execute(sql::ERASED_KEY_CLEAR, [])?;
    let mut all = Vec::new();
    for one in erased {
        for key in keys_of(tx, one.whose)? {
            remove(tx, one.whose, key)?;
            all.push(key);
        }
        for (key, version) in versions_of(tx, one.whose)? {
            remove_version(tx, key, version)?;
        }
    }
    all.sort_unstable();
    all.dedup();
    if all.is_empty() {
        return Ok(0);
    }
    for key in &all {
        tx.prepare_cached(sql::ERASED_KEY_ADD)?.execute([key])?;
    }
    for table in [
        sql::ITOK_ERASE,
        sql::IREF_ERASE,
        sql::IPC_ERASE,
        sql::IDAT_ERASE,
        sql::ISTR_ERASE,
        sql::INUM_ERASE,
        sql::PART_ERASE,
        sql::LABEL_ERASE,
        sql::CARE_ERASE,
        sql::DENY_ERASE,
    ] {
        tx.execute(table, [])?;
    }
    tx.execute(sql::ERASED_KEY_CLEAR, [])?;
    access_changed(tx)?;
    Ok(all.len())
}

/// At the opening: brings the record to what the patients' keys have seen. Keys older than the record are refused.
pub(crate) fn catch_up(
    connection: &mut Connection,
    bodies: &Bodies,
    now: Instant,
) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let serial: i64 = tx.query_row(sql::PATIENT_KEYS, [], |row| row.get(0))?;
    let serial = serial.cast_unsigned();
    bodies.at_least(serial)?;
    let keys = bodies.keys();
    if keys.serial() == serial {
        return Ok(());
    }
    let later = keys.erased().iter().copied();
    let later: Vec<Erased> = later.filter(|e| e.serial > serial).collect();
    if !later.is_empty() {
        tx.pragma_update(None, "secure_delete", true)?;
        let resources = purge(&tx, &later)?;
        let by = Caller::operator();
        for one in &later {
            tx.prepare_cached(sql::ERASURE_REPLAYED)?.execute((
                now.millis(),
                by.name(),
                one.whose.patient,
            ))?;
        }
        let detail = format!(
            "{} erased after this copy was made: {resources} resources removed",
            later.len()
        );
        note(&tx, now, &by, &detail)?;
        tracing::warn!(
            patients = later.len(),
            resources,
            "erasures that this copy of the record had not seen were carried out on it"
        );
    }
    let empty = tx
        .query_row(sql::RES_LAST_KEY, [], |row| row.get::<_, i64>(0))
        .optional()?
        .is_none();
    if empty && serial == 0 {
        // A new record: nothing is stored, so all of it is sealed.
        tx.prepare_cached(sql::FILLED_ADD)?
            .execute((super::rotate::noted(keys.current()), now.millis()))?;
    }
    note_serial(&tx, keys.serial())?;
    Ok(tx.commit()?)
}

fn note(tx: &Connection, now: Instant, by: &Caller, detail: &str) -> Result<(), StoreError> {
    let last: Option<i64> = tx
        .query_row(sql::AUDIT_OUT_LAST, [], |row| row.get(0))
        .optional()?;
    let (purpose, done) = (Purpose::Administration, Outcome::Done);
    let entry = entry(
        now,
        by,
        purpose,
        "erase again",
        done,
        detail,
        &mut std::iter::empty(),
    );
    tx.prepare_cached(sql::AUDIT_OUT_ADD)?.execute((
        last.unwrap_or(0) + 1,
        entry.at.millis(),
        &entry.body,
    ))?;
    Ok(())
}
