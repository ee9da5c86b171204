//! The embedded engine: SQLCipher files in WAL mode with every commit synced.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aceso_vault::Keyring;
use rusqlite::config::DbConfig;
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
        include_str!("../migrations/record-0008.sql"),
        include_str!("../migrations/record-0009.sql"),
        include_str!("../migrations/record-0010.sql"),
        include_str!("../migrations/record-0011.sql"),
        include_str!("../migrations/record-0012.sql"),
        include_str!("../migrations/record-0013.sql"),
        include_str!("../migrations/record-0014.sql"),
        include_str!("../migrations/record-0015.sql"),
        include_str!("../migrations/record-0016.sql"),
        include_str!("../migrations/record-0017.sql"),
        include_str!("../migrations/record-0018.sql"),
        include_str!("../migrations/record-0019.sql"),
        include_str!("../migrations/record-0020.sql"),
        include_str!("../migrations/record-0021.sql"),
        include_str!("../migrations/record-0022.sql"),
        include_str!("../migrations/record-0023.sql"),
    ],
};

/// The audit log.
pub(crate) const AUDIT: Database = Database {
    file: "audit.db",
    migrations: &[
        include_str!("../migrations/audit-0001.sql"),
        include_str!("../migrations/audit-0002.sql"),
        include_str!("../migrations/audit-0003.sql"),
        include_str!("../migrations/audit-0004.sql"),
        include_str!("../migrations/audit-0005.sql"),
        include_str!("../migrations/audit-0006.sql"),
        include_str!("../migrations/audit-0007.sql"),
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
    // Made by us, so that nobody else can read it; the engine gives its side files the same mode. A file that is there is not
    // opened: closing it would let go of the locks that other connections of this process hold on it.
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    if let Err(e) = made
        && e.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(StoreError(format!("{}: {e}", path.display())));
    }
    let key = keyring.page_key_literal();
    let opened = match keyring.next_page_key_literal() {
        None => open_with(&path, (&key, Fits::Surely), cache_kib),
        Some(next) => match open_with(&path, (&key, Fits::Perhaps), cache_kib) {
            Err(error) if is_sealed(&error) => open_with(&path, (&next, Fits::Surely), cache_kib),
            other => other,
        },
    };
    opened.map_err(|error| {
        if is_sealed(&error) {
            StoreError(format!(
                "{} does not open with this keyring's page key: it is another record's, or damaged; restore both from one copy",
                path.display()
            ))
        } else {
            error.into()
        }
    })
}

/// How much SQLCipher tells on its own (its default is `warn`).
const LOG_LEVEL: &str = "cipher_log_level";

/// Whether the pages are under another key, or are none.
fn is_sealed(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase)
}

/// Whether a page key is the one of the pages, or is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fits {
    Surely,
    Perhaps,
}

fn open_with(
    path: &Path,
    (page_key, fits): (&str, Fits),
    cache_kib: u32,
) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // SQLCipher prepares itself at its first use in a process, and two first uses at once have been seen to fail.
    let first_use = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    let first_look = || -> rusqlite::Result<String> {
        seal_with(&connection, page_key)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        // Looks at the first page.
        connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
        connection.query_row("pragma journal_mode = wal", [], |row| row.get(0))
    };
    let mode = match fits {
        Fits::Surely => first_look(),
        // Another key's page is no damaged one: the engine, which tells those on its own, in the whole process, is quiet.
        Fits::Perhaps => {
            connection.pragma_update(None, LOG_LEVEL, "none")?;
            let mode = first_look();
            connection.pragma_update(None, LOG_LEVEL, "warn")?;
            mode
        }
    };
    let mode = mode?;
    drop(first_use);
    if mode != "wal" {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
            Some("the file system does not allow WAL mode".to_owned()),
        ));
    }
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Plans do not depend on what is bound: else each new `limit` has its statement prepared anew, an eighth of a search.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Whether a database is under the page key that the keyring brings its pages to.
pub(crate) fn is_under(path: &Path, page_key: &str) -> Result<bool, StoreError> {
    match open_with(path, (page_key, Fits::Perhaps), 64) {
        Ok(_) => Ok(true),
        Err(error) if is_sealed(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A new database under this key that nobody else sees: a copy is made in it, and when that fails it is thrown away.
pub(crate) fn connect_copy(path: &Path, page_key: &str) -> Result<Connection, StoreError> {
    let mut new = OpenOptions::new();
    let new = new.write(true).create_new(true).mode(0o600).open(path);
    drop(new.map_err(StoreError::io)?);
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    seal_with(&connection, page_key)?;
    connection.query_row("pragma journal_mode = off", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -4096)?;
    Ok(connection)
}

fn seal_with(connection: &Connection, page_key: &str) -> rusqlite::Result<()> {
    connection.pragma_update(None, "key", page_key)?;
    // Processors of the last years have SHA-256 in hardware and SHA-512 not: a page's check costs a third.
    connection.pragma_update(None, "cipher_hmac_algorithm", "HMAC_SHA256")
}

/// How many steps the schemas of the record and of the audit log are from nothing, in this release.
pub fn schemas() -> (u32, u32) {
    let steps = |database: &Database| u32::try_from(database.migrations.len()).unwrap_or(u32::MAX);
    (steps(&RECORD), steps(&AUDIT))
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

/// A connection within one snapshot of the database, until it is dropped.
pub(crate) struct Snapshot<'a>(&'a Connection);

impl<'a> Snapshot<'a> {
    pub(crate) fn new(connection: &'a mut Connection) -> Result<Self, StoreError> {
        let connection = &*connection;
        connection.prepare_cached("begin")?.execute([])?;
        Ok(Self(connection))
    }
}

impl std::ops::Deref for Snapshot<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        let ended = self.0.prepare_cached("rollback");
        if ended.and_then(|mut s| s.execute([])).is_err() {
            // What does not end now makes the next begin fail, loudly.
            tracing::error!("a snapshot could not be ended");
        }
    }
}

/// The same schema as PostgreSQL writes it.
#[cfg(test)]
pub(crate) fn postgres_schema() -> String {
    let all = [RECORD.migrations, crate::desk::DESK, AUDIT.migrations]
        .concat()
        .join("\n");
    all.replace("integer primary key", "bigint primary key")
        .replace(") without rowid", ")")
        .replace(" blob", " bytea")
}
