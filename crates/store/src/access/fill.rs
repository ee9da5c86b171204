//! The access rows of resources that were stored by a release that did not know them.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::learned::access_changed;
use crate::index::{insert_access, rows};
use crate::key::Keys;
use crate::reading::document;
use crate::statements as sql;
use crate::stored::from_row;
use crate::{Change, StoreError};
use aceso_base::Instant;
use aceso_fhir::search::extract;

/// What the rows are made by; a change of what implies a label makes them anew.
const NAME: &str = "access-3";
const PAGE: i64 = 2000;

/// Makes the rows when they are not there, all in one transaction.
pub(crate) fn fill(
    connection: &mut Connection,
    keys: &Keys,
    now: Instant,
) -> Result<(), StoreError> {
    let there = |c: &Connection| -> Result<bool, StoreError> {
        let found = c
            .prepare_cached(sql::FILLED_ONE)?
            .query_row([NAME], |r| r.get::<_, i64>(0));
        Ok(found.optional()?.is_some())
    };
    if there(connection)? {
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if there(&tx)? {
        return Ok(());
    }
    for clear in [
        sql::PART_CLEAR,
        sql::LABEL_CLEAR,
        sql::CARE_CLEAR,
        sql::DENY_CLEAR,
    ] {
        tx.execute(clear, [])?;
    }
    let (mut after, mut done) = (i64::MIN, 0_usize);
    loop {
        let mut page = Vec::new();
        {
            let mut statement = tx.prepare_cached(sql::RES_AFTER)?;
            let mut found = statement.query((after, PAGE))?;
            while let Some(row) = found.next()? {
                page.push(from_row(keys, row)?);
            }
        }
        let Some((last, _)) = page.last() else { break };
        after = *last;
        done += page.len();
        for (key, stored) in page.iter().filter(|(_, s)| s.change != Change::Deleted) {
            let document = document(stored)?;
            let all = rows(
                keys,
                stored.kind,
                *key,
                &document,
                &extract(&document, None),
            );
            insert_access(&tx, &all)?;
        }
    }
    access_changed(&tx)?;
    tx.prepare_cached(sql::FILLED_ADD)?
        .execute((NAME, now.millis()))?;
    tx.commit()?;
    if done > 0 {
        tracing::info!(
            resources = done,
            "whom resources are about, and their labels, is noted"
        );
    }
    Ok(())
}
