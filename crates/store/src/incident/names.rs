//! The log names people by their accounts; whoever decides about them reads their names.

use rusqlite::{Connection, OptionalExtension};

use crate::{StoreError, statements as sql};

/// What people call somebody whom the log names: `person/ann` or `account/ID`; none when it is nobody who works here.
pub(super) fn name_of(c: &Connection, named: &str) -> Result<Option<String>, StoreError> {
    let (text, value) = match named.split_once('/') {
        Some(("person", user)) => (sql::ACCOUNT_NAMED, user),
        Some(("account", id)) => (sql::ACCOUNT_ONE, id),
        Some(_) | None => return Ok(None),
    };
    let mut statement = c.prepare_cached(text)?;
    Ok(statement.query_row([value], |row| row.get(2)).optional()?)
}
