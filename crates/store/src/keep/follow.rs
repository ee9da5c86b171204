//! What is written after an image, page by page, while everything goes on.
//!
//! A read transaction on each database keeps the engine from using its write-ahead log anew before what stands in it was
//! taken: frames that such a transaction does not see are not moved away, and of those that it sees all lie in the
//! database. At most once meanwhile the log begins anew, which its head shows; then all of it is new. So nothing that was
//! committed is missed, and what is taken twice says the same.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aceso_base::Instant;
use aceso_policy::Caller;
use rusqlite::{Connection, Row};

use super::image::copy_keys;
use super::pages::{Position, Written, is_first};
use super::seen;
use super::still::{Frozen, LOG_BESIDE};
use crate::audit::signed_head;
use crate::engine::{AUDIT, Database, RECORD};
use crate::files::Stay;
use crate::people::{Act, Need, PeopleError};
use crate::store::Inner;
use crate::{Store, StoreError};

/// The record and the audit log, followed from the moment of an image. To drop it is to let go of them.
pub struct Following {
    record: Followed,
    audit: Followed,
    locks: Locks,
    /// How often each file had been exchanged when this began.
    exchanged: (u64, u64),
    // Closed after the connections: the system lets go of a process's locks on a file when any handle on it is closed.
    inner: Arc<Inner>,
}

/// What was written between two moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The later moment: all that was acknowledged before is in it.
    pub at: Instant,
    /// How many pages were taken.
    pub pages: u64,
    /// Entries of the audit log.
    pub audit_entries: u64,
    /// The log's signed head of that size (C2SP tlog-checkpoint).
    pub head: String,
    /// The key that the head is checked with.
    pub head_key: String,
    /// The count of changes of the patients' keys that go with it.
    pub key_changes: u64,
}

struct Followed {
    log: PathBuf,
    at: Option<Position>,
    /// The read transaction, and the connection that the next one begins on.
    held: Connection,
    next: Connection,
}

/// Connections that keep others from committing for a moment.
struct Locks {
    record: Connection,
    audit: Connection,
}

/// What a file of pages adds to its database's name.
const PAGES: &str = ".pages";
/// Who reads for longer than this is not waited for.
const READ_WITHIN: Duration = Duration::from_secs(2);

impl Store {
    /// What was written since the last cut, or since the image, goes into files of pages in `into`, with the keyring, and the
    /// patients' keys of that moment or later to `keys`. `into` must be there, empty, and nobody else's. Where nothing was
    /// written there are no pages. When it fails, the record must be followed from a new image on.
    pub async fn cut(
        &self,
        caller: &Caller,
        following: Following,
        into: &Path,
        keys: &Path,
    ) -> Result<(Following, Cut), PeopleError> {
        let act = Act::plain("backup cut");
        self.permit(caller, Need::Backup, &act).await?;
        let (into, keys, at) = (into.to_path_buf(), keys.to_path_buf(), self.now());
        let cut = move || following.cut(&into, &keys, at);
        let done = tokio::task::spawn_blocking(cut).await;
        Ok(done.map_err(|_| StoreError::text("the cut ended early"))??)
    }
}

impl Store {
    /// The record and the log, followed from the last moment at which the engine's logs were empty: what was written since this
    /// store's files were opened first, as long as that is still known; otherwise none. Whether everything before is somewhere
    /// else is for the caller to know.
    pub async fn follow_on(&self, caller: &Caller) -> Result<Option<Following>, PeopleError> {
        self.permit(caller, Need::Backup, &Act::plain("backup follow"))
            .await?;
        let inner = Arc::clone(&self.0);
        let begin_here = move || -> Result<Option<Following>, StoreError> {
            let frozen = Frozen::connect(&inner.files)?;
            if exchanged(&inner) != (0, 0) {
                return Ok(None);
            }
            for (connection, database) in [(&frozen.record, &RECORD), (&frozen.audit, &AUDIT)] {
                begin(connection)?;
                let log = inner
                    .settings
                    .dir
                    .join([database.file, LOG_BESIDE].concat());
                let log = seen::open(&log).map_err(StoreError::io)?;
                let is_known = match log {
                    Some(log) => is_first(&log).map_err(StoreError::io)?,
                    None => true,
                };
                if !is_known {
                    return Ok(None);
                }
            }
            Following::new(inner, frozen).map(Some)
        };
        let done = tokio::task::spawn_blocking(begin_here).await;
        Ok(done.map_err(|_| StoreError::closed())??)
    }
}

impl Following {
    /// Looks at the files of the record and the log while nobody writes and all that was written is in them, not in the
    /// engine's logs, and then empties these: who still holds the store when the process ends leaves nothing in them. None when
    /// something was written since the last cut, or when somebody reads for long what was before.
    pub async fn at_rest<T: Send + 'static>(
        self,
        look: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(Self, Option<T>), StoreError> {
        let looking = move || -> Result<(Self, Option<T>), StoreError> {
            let found = if self.comes_to_rest()? {
                let _nobody_writes = Locked::take(&self.locks.record)?;
                let _nobody_logs = Locked::take(&self.locks.audit)?;
                self.is_at_rest()?.then(look)
            } else {
                None
            };
            if found.is_some() {
                self.each_log("pragma wal_checkpoint(truncate)")?;
            }
            Ok((self, found))
        };
        let done = tokio::task::spawn_blocking(looking).await;
        done.map_err(|_| StoreError::closed())?
    }

    /// Has the engine move what is left in its logs, once nobody reads any more what was before; false when something was
    /// written since the last cut.
    fn comes_to_rest(&self) -> Result<bool, StoreError> {
        if !(self.record.is_at_end()? && self.audit.is_at_end()?) {
            return Ok(false);
        }
        self.each_log("pragma wal_checkpoint(full)")?;
        Ok(true)
    }

    /// Has the engine do something with each of its logs, for which others are waited for.
    fn each_log(&self, pragma: &str) -> Result<(), StoreError> {
        for database in [&RECORD, &AUDIT] {
            let waiting = self.inner.files.connect(database, 1024)?;
            waiting.busy_timeout(READ_WITHIN)?;
            waiting.query_row(pragma, [], |_| Ok(()))?;
        }
        Ok(())
    }

    fn is_at_rest(&self) -> Result<bool, StoreError> {
        for followed in [&self.record, &self.audit] {
            if !followed.is_at_end()? || !move_away(&followed.next)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn new(inner: Arc<Inner>, frozen: Frozen) -> Result<Self, StoreError> {
        let dir = &inner.settings.dir;
        let open = |database: &Database| inner.files.connect(database, 1024);
        let follow = |held: Connection, database: &Database| -> Result<Followed, StoreError> {
            Ok(Followed {
                log: dir.join([database.file, LOG_BESIDE].concat()),
                // All that the log holds at first: the image has its beginning, too.
                at: None,
                held,
                next: open(database)?,
            })
        };
        let Frozen { record, audit } = frozen;
        // Where they are they stay until all that follows them is opened.
        let ((record, _stays), (audit, _stay)) = (record.part(), audit.part());
        Ok(Self {
            exchanged: exchanged(&inner),
            record: follow(record, &RECORD)?,
            audit: follow(audit, &AUDIT)?,
            locks: Locks {
                record: open(&RECORD)?,
                audit: open(&AUDIT)?,
            },
            inner: Arc::clone(&inner),
        })
    }

    /// How much the engine keeps for the next cut, in bytes.
    pub fn waiting(&self) -> u64 {
        let length = |followed: &Followed| followed.log.metadata().map_or(0, |about| about.len());
        length(&self.record) + length(&self.audit)
    }

    fn cut(mut self, into: &Path, keys: &Path, at: Instant) -> Result<(Self, Cut), StoreError> {
        let _stay = Stay::together(&self.inner.settings.dir)?;
        if exchanged(&self.inner) != self.exchanged {
            return Err(StoreError::text(
                "the page keys were changed: what is written now is followed from a new image on",
            ));
        }
        let record = into.join([RECORD.file, PAGES].concat());
        let audit = into.join([AUDIT.file, PAGES].concat());
        // Most of it while everything goes on, so that what is left takes no time.
        let mut pages = self.record.advance(&record)? + self.audit.advance(&audit)?;
        let nobody_writes = Locked::take(&self.locks.record)?;
        self.inner.readers.log().settle()?;
        let nobody_logs = Locked::take(&self.locks.audit)?;
        pages += self.record.end(&record)? + self.audit.end(&audit)?;
        drop(nobody_logs);
        drop(nobody_writes);
        let keyring = &self.inner.keyring;
        let (audit_entries, head, head_key) = signed_head(&self.audit.held, keyring)?;
        let (_, key_changes) = copy_keys(&self.inner.settings, keyring, into, keys)?;
        let cut = Cut {
            at,
            pages,
            audit_entries,
            head,
            head_key,
            key_changes,
        };
        Ok((self, cut))
    }
}

impl Followed {
    /// Takes what there is, and lets the engine move it into the database.
    fn advance(&mut self, pages: &Path) -> Result<u64, StoreError> {
        let first = self.take(pages)?;
        begin(&self.next)?;
        self.held.execute_batch("rollback")?;
        std::mem::swap(&mut self.held, &mut self.next);
        // What was committed before the new transaction began stands in the log still.
        let second = self.take(pages)?;
        move_away(&self.next)?;
        Ok(first + second)
    }

    /// Takes the rest while nobody commits; then nothing is left in the log, so that it may begin anew.
    fn end(&mut self, pages: &Path) -> Result<u64, StoreError> {
        let taken = self.take(pages)?;
        self.held.execute_batch("rollback")?;
        move_away(&self.held)?;
        begin(&self.held)?;
        Ok(taken)
    }

    /// The engine's log, when it is there.
    fn log(&self) -> Result<Option<File>, StoreError> {
        seen::open(&self.log).map_err(StoreError::io)
    }

    /// Whether nothing was written since it was taken last.
    fn is_at_end(&self) -> Result<bool, StoreError> {
        let Some(log) = self.log()? else {
            return Ok(self.at.is_none());
        };
        let written = Written::since(&log, self.at).map_err(StoreError::io)?;
        Ok(written.count() == 0 && written.end == self.at)
    }

    fn take(&mut self, pages: &Path) -> Result<u64, StoreError> {
        let Some(log) = self.log()? else {
            return Ok(0);
        };
        let written = Written::since(&log, self.at).map_err(StoreError::io)?;
        written.add_to(&log, pages).map_err(StoreError::io)?;
        self.at = written.end;
        Ok(written.count())
    }
}

/// How often each file was exchanged since the store was opened.
fn exchanged(inner: &Inner) -> (u64, u64) {
    let files = &inner.files;
    (files.exchanged(&RECORD), files.exchanged(&AUDIT))
}

/// Begins a read transaction: with its first look.
pub(super) fn begin(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch("begin")?;
    connection.query_row("pragma schema_version", [], |row| row.get::<_, i64>(0))?;
    Ok(())
}

/// Has the engine move what it may from its log into the database; others go on. Whether that is all.
pub(crate) fn move_away(connection: &Connection) -> Result<bool, StoreError> {
    let two = |row: &Row<'_>| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
    let (there, moved) = connection.query_row("pragma wal_checkpoint(passive)", [], two)?;
    Ok(there == moved)
}

/// While it lasts nobody else commits to a database.
pub(super) struct Locked<'a>(&'a Connection);

impl<'a> Locked<'a> {
    pub(super) fn take(connection: &'a Connection) -> Result<Self, StoreError> {
        connection.execute_batch("begin immediate")?;
        Ok(Self(connection))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.execute_batch("rollback") {
            tracing::error!(%error, "a lock on the record could not be let go");
        }
    }
}

impl std::fmt::Debug for Following {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Following")
    }
}
