//! Fills the indexes with what the log held when it was opened; from then on they [follow](super::behind).
//!
//! Entries of before there were indexes say of patients only the names of resources: the record says whose they are.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::about::ids;
use super::form::read;
use super::index::IndexRows;
use super::leaf::said;
use super::{span, tree};
use crate::StoreError;
use crate::key::Names;
use crate::statements as sql;

/// So many entries in one transaction.
const GROUP: i64 = 10_000;

/// Brings the indexes up to the log's end; with nothing to do, one look.
pub(super) fn fill(
    log: &mut Connection,
    record: &Connection,
    keys: &Names,
) -> Result<(), StoreError> {
    loop {
        let tx = log.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let size = tree::size(&tx)?.cast_signed();
        let found = indexed(&tx)?;
        let from = match found {
            Some(found) => found,
            None => {
                tx.execute(sql::AUDIT_INDEXED_ADD, (0, size))?;
                (0, size)
            }
        };
        let to = size.min(from.0 + GROUP);
        some(&tx, record, keys, from, to)?;
        tx.commit()?;
        if to == size {
            return Ok(());
        }
    }
}

/// How far the indexes are filled, and up to which entry they were filled from outside the log.
pub(super) fn indexed(log: &Connection) -> Result<Option<(i64, i64)>, StoreError> {
    Ok(log
        .prepare_cached(sql::AUDIT_INDEXED)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

fn some(
    log: &Connection,
    record: &Connection,
    keys: &Names,
    (after, old): (i64, i64),
    to: i64,
) -> Result<(), StoreError> {
    let mut rows = IndexRows::default();
    let mut entries = log.prepare_cached(sql::AUDIT_LOG_SAID_UPTO)?;
    let mut found = entries.query((after, to))?;
    while let Some(row) = found.next()? {
        let seq: i64 = row.get(0)?;
        let body: Option<Vec<u8>> = row.get(1)?;
        if let Some(body) = body.as_deref().and_then(said) {
            rows.add(keys, seq, body);
            if seq <= old {
                for id in patients(record, keys, body)? {
                    rows.add_patient(keys, seq, &id);
                }
            }
        }
        let size = seq.cast_unsigned();
        if seq <= old && size.is_multiple_of(span::LENGTH) {
            span::keep(log, size / span::LENGTH - 1)?;
        }
    }
    rows.flush(log)?;
    log.prepare_cached(sql::AUDIT_INDEXED_SET)?.execute([to])?;
    Ok(())
}

/// The patients of what an entry names, as the record knows them now.
fn patients(record: &Connection, keys: &Names, body: &[u8]) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    let mut of = record.prepare_cached(sql::PART_OF)?;
    for item in read(body).map(|said| said.on).unwrap_or_default() {
        let mut parts = item.split('/');
        if let (Some(kind), Some(id)) = (parts.next(), parts.next()) {
            let mut rows = of.query([keys.of(kind, id)])?;
            while let Some(row) = rows.next()? {
                found.push(row.get(0)?);
            }
        }
    }
    ids(record, &found)
}
