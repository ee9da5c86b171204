//! The embedded engine: SQLCipher files in WAL mode with every commit synced.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aceso_vault::Keyring;
use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

static OPENING: Mutex<()> = Mutex::new(());

/// How long a commit waits for another process on the same file before it gives up.
const BUSY: Duration = Duration::from_secs(120);

/// A file of the data directory with its migrations.
pub(crate) struct Database {
    /// Its name in the data directory.
    pub(crate) file: &'static str,
    migrations: &'static [&'static str],
}

/// Resources, index, clients, people, apps.
pub(crate) const RECORD: Database = Database {
    file: "record.db",
    migrations: &[
        include_str!("../migrations/record-0001.sql"),
        include_str!("../migrations/record-0002.sql"),
        include_str!("../migrations/record-0003.sql"),
        include_str!("../migrations/record-0004.sql"),
        include_str!("../migrations/record-0005.sql"),
        include_str!("../migrations/record-0006.sql"),
        include_str!("../migrations/record-0007.sql"),
        include_str!("../migrations/record-0009.sql"),
    ],
};

/// The audit log.
pub(crate) const AUDIT: Database = Database {
    file: "audit.db",
    migrations: &[
        include_str!("../migrations/audit-0001.sql"),
        include_str!("../migrations/audit-0002.sql"),
        include_str!("../migrations/audit-0004.sql"),
    ],
};

/// Opens a connection with its page key, a cache of `cache_kib`, and statements kept prepared.
pub(crate) fn connect(
    dir: &Path,
    database: &Database,
    keyring: &Keyring,
    cache_kib: u32,
) -> Result<Connection, StoreError> {
    let path = dir.join(database.file);
    // Made by us, so that nobody else can read it; the engine gives its side files the same mode.
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|e| StoreError(format!("{}: {e}", path.display())))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // SQLCipher prepares itself at its first use in a process, and two first uses at once have been seen to fail.
    let first_use = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "key", keyring.page_key_literal().as_str())?;
    // Processors of the last years have SHA-256 in hardware and SHA-512 not: a page's check costs a third.
    connection.pragma_update(None, "cipher_hmac_algorithm", "HMAC_SHA256")?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    let mode: String = connection.query_row("pragma journal_mode = wal", [], |row| row.get(0))?;
    drop(first_use);
    if mode != "wal" {
        return Err(StoreError(format!(
            "{}: the file system does not allow WAL mode",
            database.file
        )));
    }
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Brings a database to this release's schema; refuses one of a newer release.
pub(crate) fn migrate(connection: &mut Connection, database: &Database) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let have: i64 = tx.query_row("pragma user_version", [], |row| row.get(0))?;
    let known = i64::try_from(database.migrations.len()).unwrap_or(i64::MAX);
    if have > known {
        return Err(StoreError(format!(
            "{} has schema {have}, this release knows {known}: run the release that wrote it, or a newer one",
            database.file
        )));
    }
    for (number, sql) in (1_i64..).zip(database.migrations) {
        if number > have {
            tx.execute_batch(sql)?;
            tx.pragma_update(None, "user_version", number)?;
        }
    }
    Ok(tx.commit()?)
}

/// The same schema as PostgreSQL writes it.
#[cfg(test)]
pub(crate) fn postgres_schema() -> String {
    let all = [RECORD.migrations, AUDIT.migrations].concat().join("\n");
    all.replace("integer primary key", "bigint primary key")
        .replace(") without rowid", ")")
        .replace(" blob", " bytea")
}
