//! Checks everything that is stored: bodies, versions, index rows, the audit log.

use std::path::Path;

use aceso_fhir::search::extract;
use aceso_fhir::{Value, json};
use aceso_vault::Keyring;
use rusqlite::{Connection, OptionalExtension, Params};

use crate::engine::{AUDIT, RECORD, connect};
use crate::index::{Rows, rows};
use crate::key::Keys;
use crate::statements as sql;
use crate::stored::from_row;
use crate::{Change, Store, StoreError, Stored};

const PAGE: i64 = 1000;
const MOST_FINDINGS: usize = 1000;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where: `Patient/1/2`, `audit 17`, `table itok`.
    pub place: String,
    /// What.
    pub what: String,
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
    /// Audit entries looked at.
    pub audit_entries: u64,
    /// The root of the audit log's tree, in hexadecimal.
    pub audit_root: String,
    /// What is wrong, at most a thousand findings.
    pub findings: Vec<Finding>,
}

impl Store {
    /// Checks every stored resource, version, index row, and the audit log, in one snapshot of each file. Runs for
    /// long; `progress` is told how many resources are done.
    pub fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Report, StoreError> {
        self.0.readers.log().settle()?;
        let mut check = Check::new(&self.0.settings.dir, &self.0.keyring, self.0.keys.clone())?;
        check.resources(progress)?;
        check.versions()?;
        check.tables()?;
        check.audit(&[])?;
        Ok(check.report)
    }

    /// Checks the audit log alone. `kept` are signed heads ([`Store::audit_head`]) that were kept elsewhere: the log must
    /// begin with what they speak of.
    pub fn verify_audit(&self, kept: &[String]) -> Result<Report, StoreError> {
        self.0.readers.log().settle()?;
        let mut check = Check::new(&self.0.settings.dir, &self.0.keyring, self.0.keys.clone())?;
        check.audit(kept)?;
        Ok(check.report)
    }
}

struct Check<'a> {
    dir: &'a Path,
    keyring: &'a Keyring,
    record: Connection,
    log: Connection,
    keys: Keys,
    expected: [u64; 10],
    report: Report,
}

const TABLES: [&str; 10] = [
    "itok", "iref", "ipc", "idat", "istr", "inum", "part", "label", "care", "deny",
];

impl<'a> Check<'a> {
    fn new(dir: &'a Path, keyring: &'a Keyring, keys: Keys) -> Result<Self, StoreError> {
        let record = connect(dir, &RECORD, keyring, 32 * 1024)?;
        record.execute_batch("begin")?;
        let log = connect(dir, &AUDIT, keyring, 4096)?;
        log.execute_batch("begin")?;
        Ok(Self {
            dir,
            keyring,
            record,
            log,
            keys,
            expected: [0; 10],
            report: Report::default(),
        })
    }

    fn resources(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        let mut after = i64::MIN;
        loop {
            let page = self.read(sql::RES_AFTER, (after, PAGE))?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = *last;
            for (key, found) in page {
                self.report.resources += 1;
                match found {
                    Ok(stored) => self.resource(key, &stored)?,
                    Err(error) => self.find(&format!("key {key}"), &error.to_string()),
                }
            }
            progress(self.report.resources);
        }
    }

    fn resource(&mut self, key: i64, stored: &Stored) -> Result<(), StoreError> {
        if self.keys.of(stored.kind, &stored.id) != key {
            self.find(&stored.name(), "stands under a key that is not its own");
        }
        let Some(document) = self.document(stored) else {
            return Ok(());
        };
        let found = extract(&document, None);
        let rows = rows(&self.keys, stored.kind, key, &document, &found);
        self.index(stored, &rows)
    }

    /// The body as a document; findings when it is not one, or not of this version.
    fn document(&mut self, stored: &Stored) -> Option<Value> {
        if stored.change == Change::Deleted {
            return None;
        }
        match json::read(&stored.body) {
            Ok(document) => {
                let meta = document.get("meta");
                let at = |name| {
                    meta.and_then(|m| m.str_at(name))
                        .unwrap_or_default()
                        .to_owned()
                };
                let same = document.resource_type() == Some(stored.kind)
                    && document.id() == Some(&stored.id)
                    && at("versionId") == stored.version.to_string()
                    && at("lastUpdated") == stored.updated.to_fhir();
                if !same {
                    self.find(&stored.name(), "the body is of another resource or version");
                }
                Some(document)
            }
            Err(error) => {
                self.find(&stored.name(), &error.to_string());
                None
            }
        }
    }

    fn index(&mut self, stored: &Stored, rows: &Rows) -> Result<(), StoreError> {
        self.report.index_rows += u64::try_from(rows.len()).unwrap_or(0);
        let lengths = [
            rows.tok.len(),
            rows.refs.len(),
            rows.pc.len(),
            rows.dat.len(),
            rows.text.len(),
            rows.num.len(),
            rows.part.len(),
            rows.label.len(),
            rows.care.len(),
            rows.deny.len(),
        ];
        for (sum, length) in self.expected.iter_mut().zip(lengths) {
            *sum += u64::try_from(length).unwrap_or(0);
        }
        let record = &self.record;
        let mut missing = 0_u64;
        let mut see =
            |there: Result<bool, StoreError>| there.map(|there| missing += u64::from(!there));
        for row in &rows.tok {
            see(there(record, sql::ITOK_THERE, *row))?;
        }
        for row in &rows.refs {
            see(there(record, sql::IREF_THERE, *row))?;
        }
        for row in &rows.pc {
            see(there(record, sql::IPC_THERE, *row))?;
        }
        for row in &rows.dat {
            see(there(record, sql::IDAT_THERE, *row))?;
        }
        for (branch, v, key) in &rows.text {
            see(there(record, sql::ISTR_THERE, (branch, v, key)))?;
        }
        for n in &rows.num {
            see(there(
                record,
                sql::INUM_THERE,
                (n.branch, n.lo, n.hi, n.unit, n.key),
            ))?;
        }
        for row in &rows.part {
            see(there(record, sql::PART_THERE, *row))?;
        }
        for row in &rows.label {
            see(there(record, sql::LABEL_THERE, *row))?;
        }
        for row in &rows.care {
            see(there(record, sql::CARE_THERE, *row))?;
        }
        for row in &rows.deny {
            see(there(record, sql::DENY_THERE, *row))?;
        }
        if missing > 0 {
            self.find(&stored.name(), &format!("{missing} index rows are missing"));
        }
        Ok(())
    }

    fn versions(&mut self) -> Result<(), StoreError> {
        let mut after = (i64::MIN, 0_i64);
        loop {
            let page = self.read(sql::HIST_AFTER, (after.0, after.1, PAGE))?;
            let Some((last, found)) = page.last() else {
                return Ok(());
            };
            let version = found
                .as_ref()
                .map_or(after.1 + 1, |s| s.version.cast_signed());
            after = (*last, version);
            for (key, found) in page {
                self.report.versions += 1;
                match found {
                    Ok(stored) => {
                        self.document(&stored);
                    }
                    Err(error) => {
                        self.find(&format!("key {key}, an old version"), &error.to_string())
                    }
                }
            }
        }
    }

    /// Every expected row is there; with as many rows as expected there is none too many.
    fn tables(&mut self) -> Result<(), StoreError> {
        for (table, expected) in TABLES.into_iter().zip(self.expected) {
            let have: i64 =
                self.record
                    .query_row(&format!("select count(*) from {table}"), [], |row| {
                        row.get(0)
                    })?;
            if i64::try_from(expected) != Ok(have) {
                self.find(
                    &format!("table {table}"),
                    &format!("{have} rows where {expected} are expected"),
                );
            }
        }
        for problem in pages(&self.record)? {
            self.find(RECORD.file, &problem);
        }
        Ok(())
    }

    fn audit(&mut self, kept: &[String]) -> Result<(), StoreError> {
        let checked = crate::audit::check(&self.log, self.dir, self.keyring, kept)?;
        self.report.audit_entries = checked.entries;
        self.report.audit_root = checked.root;
        if let Some((place, what)) = checked.wrong {
            self.find(&place, &what);
        }
        for problem in pages(&self.log)? {
            self.find(AUDIT.file, &problem);
        }
        Ok(())
    }

    fn find(&mut self, place: &str, what: &str) {
        if self.report.findings.len() < MOST_FINDINGS {
            self.report.findings.push(Finding {
                place: place.to_owned(),
                what: what.to_owned(),
            });
        }
    }

    #[allow(
        clippy::type_complexity,
        reason = "a list of keys, each with what could be read there"
    )]
    fn read(
        &self,
        text: &str,
        parameters: impl Params,
    ) -> Result<Vec<(i64, Result<Stored, StoreError>)>, StoreError> {
        let mut statement = self.record.prepare_cached(text)?;
        let mut rows = statement.query(parameters)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, from_row(row).map(|(_, stored)| stored)));
        }
        Ok(found)
    }
}

fn there(record: &Connection, text: &str, parameters: impl Params) -> Result<bool, StoreError> {
    let found = record
        .prepare_cached(text)?
        .query_row(parameters, |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// What SQLCipher finds wrong with the pages themselves.
fn pages(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare("pragma cipher_integrity_check")?;
    let found: rusqlite::Result<Vec<String>> = statement.query_map([], |row| row.get(0))?.collect();
    Ok(found?)
}
