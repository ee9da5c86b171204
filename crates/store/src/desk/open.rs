//! The desk's schema: a series of migrations of its own beside the record's. It lives in the same file, because a case's
//! event, the accounts that it names and the audit entry's way into the log are written in one transaction, and a commit
//! over two files is not one when the power fails.

use std::sync::Arc;

use aceso_base::Clock;
use aceso_vault::RootKey;
use rusqlite::{Connection, OptionalExtension};

use super::find;
use crate::store::{For, Settings};
use crate::{OpenError, Store, StoreError};

/// The migrations, in order.
pub(crate) const DESK: &[&str] = &[
    include_str!("../../migrations/desk-0001.sql"),
    include_str!("../../migrations/desk-0002.sql"),
    include_str!("../../migrations/desk-0003.sql"),
    include_str!("../../migrations/desk-0004.sql"),
    FOUND,
    include_str!("../../migrations/desk-0006.sql"),
    include_str!("../../migrations/desk-0007.sql"),
];

/// Since this migration cases and reports are found by words.
const FOUND: &str = include_str!("../../migrations/desk-0005.sql");

const SCHEMA: &str = "create table if not exists desk_schema (number integer primary key)";

/// The desk's tables, for a test that prepares its statements.
#[cfg(test)]
pub(crate) fn schema() -> String {
    DESK.concat()
}

/// How many migrations of the desk a file has; none: it is no desk's.
pub(crate) fn mark(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let there: Option<i64> = connection
        .query_row(
            "select 1 from sqlite_master where type = 'table' and name = 'desk_schema'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if there.is_none() {
        return Ok(None);
    }
    Ok(connection.query_row("select max(number) from desk_schema", [], |row| row.get(0))?)
}

/// Brings a desk's file to this release's schema. A file that holds a clinic's record is refused.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let have = mark(&tx)?;
    if have.is_none() {
        let used: bool = tx.query_row(
            "select exists (select 1 from res) or exists (select 1 from account) or exists (select 1 from client)",
            [],
            |row| row.get(0),
        )?;
        if used {
            return Err(StoreError::text(
                "this directory holds a clinic's record: the desk has a directory of its own (--data)",
            ));
        }
        tx.execute_batch(SCHEMA)?;
    }
    let have = have.unwrap_or(0);
    let known = i64::try_from(DESK.len()).unwrap_or(i64::MAX);
    if have > known {
        return Err(StoreError(format!(
            "the desk's tables have schema {have}, this release knows {known}: run the release that wrote them, or a newer one"
        )));
    }
    for (number, sql) in (1_i64..).zip(DESK).filter(|(number, _)| *number > have) {
        tx.execute_batch(sql)?;
        tx.execute("insert into desk_schema (number) values ($1)", [number])?;
        if *sql == FOUND {
            find::fill(&tx)?;
        }
    }
    Ok(tx.commit()?)
}

impl Store {
    /// Opens a response desk's directory, or makes a new one there. A clinic's is refused.
    pub fn open_desk(
        settings: Settings,
        root: &RootKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::open_for(settings, root, clock, For::Desk)
    }
}
