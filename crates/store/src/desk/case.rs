//! Looking at cases: the list of those that somebody may see, and one with everything in it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::case::{Case, Event, PartyId};
use aceso_desk::report::History;
use aceso_policy::{Caller, Task};
use rusqlite::{Connection, Row};

use super::act::{on_case, replayed, sees};
use super::errand::{ErrandLine, errands_of};
use super::intake::sender;
use super::publish::public_of;
use super::report::{FileLine, Letter, ReportFile, files_of, history_of, letters_of, reports_of};
use super::text::{DraftText, last_text};
use super::wave::{Delivery, deliveries_of};
use super::{Desk, DeskError, json, party};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, StoreError};

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    /// Its number: `C-2026-0001`.
    pub id: String,
    /// When its first report came.
    pub opened: When,
    /// When something happened in it last.
    pub changed: When,
    /// How far it is, as its JSON says it.
    pub stage: String,
    /// How grave it is, once it is assessed.
    pub severity: Option<String>,
    /// What it is about.
    pub title: String,
    /// When the next of its clocks runs out.
    pub due: Option<When>,
    /// Whether somebody leads it.
    pub taken: bool,
}

/// A case with what belongs to it.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// As lists show it.
    pub line: CaseLine,
    /// As its log makes it.
    pub case: Case,
    /// The log.
    pub log: Vec<Event>,
    /// Its reports, the oldest first.
    pub reports: Vec<ReportFile>,
    /// What became of the reports of the same addresses, these among them, by the address in small letters.
    pub histories: BTreeMap<String, History>,
    /// What came with them.
    pub files: Vec<FileLine>,
    /// What was written, the oldest first.
    pub letters: Vec<Letter>,
    /// Who was told of it before the public, and how far each notice came.
    pub deliveries: Vec<Delivery>,
    /// The text of its advisory, as it was saved last.
    pub text: Option<DraftText>,
    /// The text that the public has.
    pub public: Option<Advisory>,
    /// What was asked of services elsewhere, the oldest first.
    pub errands: Vec<ErrandLine>,
    /// Who it is that looks.
    pub me: PartyId,
}

/// Somebody of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskPerson {
    /// The account's id: who they are in the logs of cases.
    pub id: PartyId,
    /// The name they sign in with.
    pub user: String,
    /// The name that people see.
    pub name: String,
}

impl Desk {
    /// One case, if this person may see it.
    pub async fn case(&self, caller: &Caller, id: &str) -> Result<CaseFile, DeskError> {
        let (me, owned, rules) = (party(caller), id.to_owned(), Arc::clone(&self.rules));
        let need = Need::May(Task::WorkOnCases);
        let found = self
            .store
            .look(caller, need, on_case("desk case", id), move |c| {
                let (case, log) = replayed(c, &owned, &rules)?;
                if !sees(&case, &me) {
                    return Err(PeopleError::Unknown);
                }
                let line = c
                    .prepare_cached(sql::DESK_CASE_ONE)?
                    .query_row([&owned], line)?;
                let reports = reports_of(c, &owned)?;
                let mut histories = BTreeMap::new();
                for file in &reports {
                    let who = sender(&file.report);
                    if let Entry::Vacant(place) = histories.entry(who) {
                        let history = history_of(c, place.key())?;
                        place.insert(history);
                    }
                }
                Ok(CaseFile {
                    line,
                    histories,
                    reports,
                    files: files_of(c, &owned)?,
                    letters: letters_of(c, &owned)?,
                    deliveries: deliveries_of(c, &owned)?,
                    text: last_text(c, &owned)?,
                    public: public_of(c, &owned)?,
                    errands: errands_of(c, &owned)?,
                    case,
                    log,
                    me,
                })
            });
        Ok(found.await?)
    }

    /// Everybody of the group who can sign in, by their user names.
    pub async fn people(&self, caller: &Caller) -> Result<Vec<DeskPerson>, DeskError> {
        let need = Need::May(Task::WorkOnCases);
        let found = self
            .store
            .look(caller, need, Act::plain("desk people"), |c| {
                Ok(people_of(c)?)
            });
        Ok(found.await?)
    }
}

/// Everybody who can sign in.
pub(super) fn people_of(c: &Connection) -> Result<Vec<DeskPerson>, StoreError> {
    let mut statement = c.prepare_cached(sql::DESK_PEOPLE)?;
    let rows = statement.query_map([], |row| {
        Ok(DeskPerson {
            id: PartyId(row.get(0)?),
            user: row.get(1)?,
            name: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
}

/// The log of a case, in order.
pub(super) fn log_of(connection: &Connection, id: &str) -> Result<Vec<Event>, StoreError> {
    let mut statement = connection.prepare_cached(sql::DESK_EVENT_OF)?;
    let rows = statement.query_map([id], |row| row.get::<_, String>(0))?;
    rows.map(|body| serde_json::from_str(&body?).map_err(json))
        .collect()
}

pub(super) fn line(row: &Row<'_>) -> rusqlite::Result<CaseLine> {
    Ok(CaseLine {
        id: row.get(0)?,
        opened: When::from_millis(row.get(1)?),
        changed: When::from_millis(row.get(2)?),
        stage: row.get(3)?,
        severity: row.get(4)?,
        title: row.get(5)?,
        taken: row.get::<_, i64>(6)? != 0,
        due: row.get::<_, Option<i64>>(7)?.map(When::from_millis),
    })
}
