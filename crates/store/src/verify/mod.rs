//! Checks everything that is stored: pages, bodies, versions, index rows, people, apps, the audit log.
//!
//! Each part goes on when another fails, so that one broken page does not hide what else is wrong. What is found says
//! where, what differs, and how to mend it.

mod cells;
mod kept;
mod mend;
mod people;
mod resources;
mod scrub;
mod standing;
mod strays;
#[cfg(test)]
mod tests;
mod versions;

use std::path::Path;

use aceso_base::Instant;
use aceso_vault::Keyring;
use rusqlite::Connection;

use crate::engine::{AUDIT, Database, RECORD};
use crate::files::Visit;
use crate::key::Keys;
use crate::{Store, StoreError};

pub use kept::{Checked, Found, Rehearsal};
pub(crate) use kept::{SHARES, object, set as keep_checked};
pub use scrub::{Scrub, Scrubbed};
pub use standing::{AccountStanding, CASE, LogStanding, Standing};

use cells::Cells;

const PAGE: i64 = 1000;
const MOST_FINDINGS: usize = 1000;

const RESTORE: &str = "restore it from a backup, then run `aceso verify` again";
const REBUILD: &str = "run `aceso verify --mend`: it writes the rows anew from the resource";
const LOOK: &str =
    "compare with a backup; the row was not written by this program, or something was lost";
const LOG: &str = "keep a copy of the data directory for whoever investigates, then restore audit.db from a backup";

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where: `Patient/1/2`, `audit 17`, `table itok`.
    pub place: String,
    /// What differs.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Current versions looked at, deletions included.
    pub resources: u64,
    /// Older versions looked at.
    pub versions: u64,
    /// Index rows looked at.
    pub index_rows: u64,
    /// Signed notes whose signatures were checked.
    pub signed: u64,
    /// Sealed values of people and apps that were opened.
    pub sealed: u64,
    /// Audit entries looked at.
    pub audit_entries: u64,
    /// The root of the audit log's tree, in hexadecimal.
    pub audit_root: String,
    /// What is wrong, at most a thousand findings.
    pub findings: Vec<Finding>,
    /// Resources whose index rows are not all there, by key.
    lacking: Vec<i64>,
    /// Index rows that belong to no resource: the table's number, the row.
    strays: Vec<(usize, Cells)>,
}

impl Report {
    /// Whether `aceso verify --mend` can mend something of it.
    pub fn is_mendable(&self) -> bool {
        !self.lacking.is_empty() || !self.strays.is_empty()
    }
}

impl Store {
    /// Checks every page, resource, version, index row, the tables of people and apps, and the audit log, in one snapshot
    /// of each file. Runs for long; `progress` is told how many resources are done.
    pub fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Report, StoreError> {
        let mut check = self.check()?;
        check.part(RECORD.file, |c| c.pages(&RECORD));
        check.part("table res", |c| c.resources(progress));
        check.part("index tables", Check::tables);
        check.part("people and apps", Check::people);
        check.part("audit log", |c| c.audit(&[]));
        Ok(check.report)
    }

    /// Checks the audit log alone. `kept` are signed heads ([`Store::audit_head`]) that were kept elsewhere: the log must
    /// begin with what they speak of.
    pub fn verify_audit(&self, kept: &[String]) -> Result<Report, StoreError> {
        let mut check = self.check()?;
        check.audit(kept)?;
        Ok(check.report)
    }

    /// How many resources there are, deletions included.
    pub fn resource_count(&self) -> Result<u64, StoreError> {
        let record = self.0.files.visit(&RECORD, 1024)?;
        Ok(count(&record, "res")?)
    }

    fn check(&self) -> Result<Check<'_>, StoreError> {
        self.0.readers.log().settle()?;
        Check::new(self, 32 * 1024)
    }
}

/// A check under way.
struct Check<'a> {
    store: &'a Store,
    dir: &'a Path,
    keyring: &'a Keyring,
    record: Visit,
    log: Visit,
    keys: Keys,
    now: Instant,
    /// Rows that are as they should be, by table.
    present: [u64; cells::COUNT],
    report: Report,
}

impl<'a> Check<'a> {
    /// In one snapshot of each file.
    fn new(store: &'a Store, cache_kib: u32) -> Result<Self, StoreError> {
        let inner = &store.0;
        let (dir, keyring) = (inner.settings.dir.as_path(), &inner.keyring);
        let record = inner.files.visit(&RECORD, cache_kib)?;
        record.execute_batch("begin")?;
        let log = inner.files.visit(&AUDIT, 4096)?;
        log.execute_batch("begin")?;
        Ok(Self {
            store,
            dir,
            keyring,
            record,
            log,
            keys: inner.keys.clone(),
            now: store.now(),
            present: [0; cells::COUNT],
            report: Report::default(),
        })
    }

    /// Runs a part; what cannot be read at all is a finding, too.
    fn part(&mut self, place: &str, run: impl FnOnce(&mut Self) -> Result<(), StoreError>) {
        if let Err(error) = run(self) {
            self.find(place, &format!("cannot be read: {error}"), RESTORE);
        }
    }

    /// Every page's own digest (SQLCipher), and that tables and their indexes agree.
    fn pages(&mut self, database: &Database) -> Result<(), StoreError> {
        let connection: &Connection = if database.file == RECORD.file {
            &self.record
        } else {
            &self.log
        };
        let broken = lines(connection, "pragma cipher_integrity_check")?;
        let disagree = if broken.is_empty() {
            lines(connection, "pragma integrity_check(100)")?
        } else {
            Vec::new()
        };
        for problem in broken.into_iter().chain(disagree).filter(|p| p != "ok") {
            self.find(database.file, &problem, RESTORE);
        }
        Ok(())
    }

    fn audit(&mut self, kept: &[String]) -> Result<(), StoreError> {
        self.part(AUDIT.file, |c| c.pages(&AUDIT));
        let checked = crate::audit::check(&self.log, self.dir, self.keyring, kept)?;
        self.report.audit_entries = checked.entries;
        self.report.audit_root = checked.root;
        if let Some((place, what)) = checked.wrong {
            self.find(&place, &what, LOG);
        }
        Ok(())
    }

    fn find(&mut self, place: &str, what: &str, mend: &str) {
        if self.report.findings.len() < MOST_FINDINGS {
            self.report.findings.push(Finding {
                place: place.to_owned(),
                what: what.to_owned(),
                mend: mend.to_owned(),
            });
        }
    }
}

fn lines(connection: &Connection, pragma: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(pragma)?;
    let found: rusqlite::Result<Vec<String>> = statement.query_map([], |row| row.get(0))?.collect();
    Ok(found?)
}

fn count(connection: &Connection, table: &str) -> rusqlite::Result<u64> {
    let text = format!("select count(*) from {table}");
    connection.query_row(&text, [], |row| {
        row.get::<_, i64>(0).map(i64::cast_unsigned)
    })
}
