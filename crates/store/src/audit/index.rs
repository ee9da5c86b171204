//! The log's indexes: rows that follow from an entry's body alone, so that a check can tell whether they agree.

use rusqlite::Connection;

use super::form::lean;
use crate::StoreError;
use crate::key::Names;
use crate::statements as sql;

/// Index rows of a group of entries.
#[derive(Debug, Default)]
pub(super) struct IndexRows {
    patients: Vec<(i64, i64)>,
    who: Vec<(i64, i64)>,
    kinds: Vec<(i64, i64)>,
}

impl IndexRows {
    /// Adds the rows of an entry; one that is in no known form has none.
    pub(super) fn add(&mut self, keys: &Names, seq: i64, body: &[u8]) {
        let Some(lean) = lean(body) else {
            return;
        };
        let patient = |id: &String| (patient_key(keys, id), seq);
        self.patients.extend(lean.patients.iter().map(patient));
        self.who
            .extend(lean.who.iter().map(|name| (keys.entry(name), seq)));
        if lean.who.iter().any(|name| name.starts_with(ANY_APP)) {
            self.who.push((keys.entry(ANY_APP), seq));
        }
        if is_in_index(lean.kind, lean.outcome) {
            self.kinds.push((kind_key(lean.kind, lean.outcome), seq));
        }
    }

    /// Adds that an entry is about a patient (logical id).
    pub(super) fn add_patient(&mut self, keys: &Names, seq: i64, id: &str) {
        self.patients.push((patient_key(keys, id), seq));
    }

    /// Writes the rows in the order of each table's key, and forgets them.
    pub(super) fn flush(&mut self, log: &Connection) -> Result<(), StoreError> {
        self.sort();
        self.write(log, usize::MAX)
    }

    /// In the order of each table's key: rows that share a page come one after the other.
    pub(super) fn sort(&mut self) {
        for rows in self.tables() {
            rows.sort_unstable();
            rows.dedup();
        }
    }

    /// Writes the last so many of rows that are in order, and forgets these.
    pub(super) fn write(&mut self, log: &Connection, mut most: usize) -> Result<(), StoreError> {
        let texts = [
            sql::AUDIT_PATIENT_ADD,
            sql::AUDIT_WHO_ADD,
            sql::AUDIT_KIND_ADD,
        ];
        for (text, rows) in texts.into_iter().zip(self.tables()) {
            let mut statement = log.prepare_cached(text)?;
            let now = rows.len().min(most);
            most -= now;
            for row in rows.drain(rows.len() - now..) {
                statement.execute(row)?;
            }
        }
        Ok(())
    }

    pub(super) fn count(&self) -> usize {
        self.patients.len() + self.who.len() + self.kinds.len()
    }

    /// The rows of patients, of people and of kinds.
    pub(super) fn tables(&mut self) -> [&mut Vec<(i64, i64)>; 3] {
        [&mut self.patients, &mut self.who, &mut self.kinds]
    }
}

/// What leads to everything that apps did.
pub(super) const ANY_APP: &str = "client/";

/// Whether the index of kinds leads to such entries.
pub(super) const fn is_in_index(kind: super::AuditKind, outcome: super::AuditOutcome) -> bool {
    match outcome {
        super::AuditOutcome::Done => !kind.is_everyday(),
        super::AuditOutcome::Unknown | super::AuditOutcome::Denied => true,
    }
}

/// What stands for a patient in the index.
pub(super) fn patient_key(keys: &Names, id: &str) -> i64 {
    keys.entry(&["Patient/", id].concat())
}

/// What stands for a kind with an outcome.
pub(super) fn kind_key(kind: super::AuditKind, outcome: super::AuditOutcome) -> i64 {
    kind.code() * 4 + i64::from(outcome.code())
}
