//! The response desk's tables: a case is the log of its events, each appended through `desk::case`'s guards in one
//! transaction with its audit entry. The desk has a data directory of its own with accounts, keys and an audit log like a
//! clinic's; its record holds no resource, and a clinic's record has no tables of the desk.

mod act;
mod adoption;
mod case;
mod contact;
mod duty;
mod errand;
mod error;
mod figures;
mod find;
mod intake;
mod mailbox;
mod open;
mod post;
mod publish;
mod remind;
mod report;
mod sbom;
mod text;
mod wave;

use std::sync::Arc;

use aceso_desk::When;
use aceso_desk::case::{PartyId, Rules};
use aceso_policy::{Caller, Who};
use serde_json::Value;

use crate::Store;
use publish::Public;

pub use adoption::{Adoption, Installation, Known};
pub use case::{CaseFile, CaseLine, DeskPerson};
pub use contact::{Contact, NewContact};
pub use duty::{DutyLine, NewDuty, Origin};
pub use errand::{DueErrand, ErrandEnd, ErrandIs, ErrandLine};
pub use error::DeskError;
pub use figures::{CaseFigures, ReportFigures};
pub use find::{
    CaseQuestion, CaseSort, ClockIs, ListPlace, Listed, ReportLine, ReportQuestion, SeverityIs,
    StageIs, VerdictIs, Whose,
};
pub use intake::{NewReport, Received, ToReporter};
pub use mailbox::BoxPlace;
pub use post::DeskMail;
pub use publish::Published;
pub use report::{Credit, FileLine, Letter, OneFile, ReportFile, ReportStatus, Thread};
pub use sbom::SbomLine;
pub use text::DraftText;
pub use wave::{Delivery, NoticeShown, Reached};

#[cfg(test)]
pub(crate) use open::{DESK, schema as desk_schema};
pub(crate) use open::{mark, migrate as migrate_desk};

/// The desk's own clerk in the logs of cases: who takes reports in before anybody does.
pub const CLERK: &str = "desk";

/// The desk over its store; cheap to clone.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    rules: Arc<Rules>,
    public: Arc<Public>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    /// Over a store that was opened with [`Store::open_desk`]. All its cases go by these rules, old events too.
    pub fn new(store: Store, rules: Rules) -> Self {
        Self {
            store,
            rules: Arc::new(rules),
            public: Arc::default(),
        }
    }

    /// The accounts, sessions and the log beside it.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What it decided for all its cases.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Who a caller is in the logs of cases.
    pub fn me(&self, caller: &Caller) -> PartyId {
        party(caller)
    }

    /// The desk's time.
    pub fn now(&self) -> When {
        When::from(self.store.now())
    }
}

/// Who a caller is in the log of a case.
fn party(caller: &Caller) -> PartyId {
    match &caller.who {
        Who::Person(person) => PartyId(person.account.clone()),
        Who::Operator | Who::Job(_) | Who::Client(_) => PartyId(CLERK.to_owned()),
    }
}

/// A closed enum's word, as its JSON has it.
fn word<T: serde::Serialize>(value: &T) -> Result<String, crate::StoreError> {
    match serde_json::to_value(value).map_err(json)? {
        Value::String(text) => Ok(text),
        other => Ok(other.to_string()),
    }
}

/// What is stored cannot be read, or the other way round: a failure of the store.
fn json(error: serde_json::Error) -> crate::StoreError {
    crate::StoreError(format!("a row of the desk: {error}"))
}
