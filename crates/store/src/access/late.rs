//! An emergency access that is opened while the record cannot be written: it stands in the emergency spool, and comes into
//! the record with it.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use aceso_base::Instant;

use super::breaks::{Break, tell_officers};
use super::{BreakReason, guard::account_number};
use crate::StoreError;
use crate::key::Keys;
use crate::statements as sql;

/// An emergency access as the spool keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LateBreak {
    id: String,
    account: String,
    number: i64,
    name: String,
    patient: String,
    key: i64,
    reason: String,
    detail: String,
    opened: i64,
    ends: i64,
    due: i64,
    notice: String,
}

impl LateBreak {
    pub(crate) fn of(one: &Break, keys: &Keys, notice: String) -> Self {
        Self {
            id: one.id.clone(),
            account: one.account.clone(),
            number: account_number(keys, &one.account),
            name: one.name.clone(),
            patient: one.patient.clone(),
            key: keys.of("Patient", &one.patient),
            reason: one.reason.code().to_owned(),
            detail: one.detail.clone(),
            opened: one.opened.millis(),
            ends: one.ends.millis(),
            due: one.due.millis(),
            notice,
        }
    }

    /// Brings it into the record, once, and tells the security officers.
    pub(crate) fn keep(&self, record: &Connection) -> Result<(), StoreError> {
        let added = record.prepare_cached(sql::BREAK_ADD_LATE)?.execute((
            &self.id,
            &self.account,
            self.number,
            &self.name,
            &self.patient,
            self.key,
            &self.reason,
            &self.detail,
            self.opened,
            self.ends,
            self.due,
        ))?;
        if added > 0 {
            tell_officers(record, &self.notice, &self.told())?;
        }
        Ok(())
    }

    pub(crate) fn told(&self) -> Break {
        Break {
            id: self.id.clone(),
            account: self.account.clone(),
            name: self.name.clone(),
            patient: self.patient.clone(),
            reason: BreakReason::parse(&self.reason).unwrap_or(BreakReason::Other),
            detail: self.detail.clone(),
            opened: Instant::from_millis(self.opened),
            ends: Instant::from_millis(self.ends),
            due: Instant::from_millis(self.due),
            review: None,
        }
    }
}
