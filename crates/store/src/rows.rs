//! Index rows on their way into the tables and out of them.

use rusqlite::{CachedStatement, Connection};

use crate::StoreError;
use crate::access::learned::access_changed;
use crate::index::{Number, Rows};
use crate::statements as sql;

/// Adds index rows in the order of each table's key, so that neighbours share pages.
pub(crate) fn add_rows(tx: &Connection, rows: Rows) -> Result<(), StoreError> {
    execute_all(tx, rows, &ADD)
}

/// Removes index rows, in the same order.
pub(crate) fn remove_rows(tx: &Connection, rows: Rows) -> Result<(), StoreError> {
    execute_all(tx, rows, &REMOVE)
}

/// The statements for the index tables and those that decisions need.
struct Tables {
    tok: &'static str,
    refs: &'static str,
    pc: &'static str,
    dat: &'static str,
    text: &'static str,
    num: &'static str,
    part: &'static str,
    label: &'static str,
    care: &'static str,
    deny: &'static str,
}

const ADD: Tables = Tables {
    tok: sql::ITOK_ADD,
    refs: sql::IREF_ADD,
    pc: sql::IPC_ADD,
    dat: sql::IDAT_ADD,
    text: sql::ISTR_ADD,
    num: sql::INUM_ADD,
    part: sql::PART_ADD,
    label: sql::LABEL_ADD,
    care: sql::CARE_ADD,
    deny: sql::DENY_ADD,
};

const REMOVE: Tables = Tables {
    tok: sql::ITOK_REMOVE,
    refs: sql::IREF_REMOVE,
    pc: sql::IPC_REMOVE,
    dat: sql::IDAT_REMOVE,
    text: sql::ISTR_REMOVE,
    num: sql::INUM_REMOVE,
    part: sql::PART_REMOVE,
    label: sql::LABEL_REMOVE,
    care: sql::CARE_REMOVE,
    deny: sql::DENY_REMOVE,
};

fn execute_all(tx: &Connection, mut rows: Rows, tables: &Tables) -> Result<(), StoreError> {
    rows.sort();
    each(tx, tables.tok, &rows.tok, |s, r| s.execute(*r))?;
    each(tx, tables.refs, &rows.refs, |s, r| s.execute(*r))?;
    each(tx, tables.pc, &rows.pc, |s, r| s.execute(*r))?;
    each(tx, tables.dat, &rows.dat, |s, r| s.execute(*r))?;
    each(tx, tables.text, &rows.text, |s, (branch, v, key)| {
        s.execute((branch, v, key))
    })?;
    each(tx, tables.num, &rows.num, |s, n: &Number| {
        s.execute((n.branch, n.lo, n.hi, n.unit, n.key))
    })?;
    each(tx, tables.part, &rows.part, |s, r| s.execute(*r))?;
    each(tx, tables.label, &rows.label, |s, r| s.execute(*r))?;
    each(tx, tables.care, &rows.care, |s, r| s.execute(*r))?;
    each(tx, tables.deny, &rows.deny, |s, r| s.execute(*r))?;
    if !(rows.label.is_empty() && rows.care.is_empty() && rows.deny.is_empty()) {
        access_changed(tx)?;
    }
    Ok(())
}

fn each<T>(
    tx: &Connection,
    text: &str,
    rows: &[T],
    run: impl Fn(&mut CachedStatement<'_>, &T) -> rusqlite::Result<usize>,
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = tx.prepare_cached(text)?;
    for row in rows {
        let count = run(&mut statement, row)?;
        if count != 1 {
            return Err(StoreError(format!(
                "{count} index rows where 1 was expected by: {text}"
            )));
        }
    }
    Ok(())
}
