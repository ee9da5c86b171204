//! Who looked into a patient's record: the patient's own report (45 CFR 164.528 asks for less), and the auditor's question.

use std::collections::HashMap;

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use rusqlite::Connection;

use super::door::{Act, Need, PeopleError};
use crate::audit::{AuditOutcome, Found, Walk, Wanted};
use crate::engine::AUDIT;
use crate::key::Keys;
use crate::statements as sql;
use crate::{Store, StoreError};

/// So many entries are looked at in one call.
const LOOKED_AT: u64 = 20_000;

/// What to look for in the audit log.
#[derive(Clone, Debug, Default)]
pub struct AccessQuery {
    /// Only what touched this patient (logical id); none: everything.
    pub patient: Option<String>,
    /// Only what this caller did, named as in the log: `person/ann`.
    pub who: Option<String>,
    /// Not before this.
    pub from: Option<Instant>,
    /// Not after this.
    pub until: Option<Instant>,
    /// Only entries before this one (the page before ended there).
    pub before: Option<u64>,
    /// At most so many.
    pub count: u32,
}

/// One entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// Who, as the log names them: `person/ann`, `client/app`.
    pub who: String,
    /// The name that people see; none when there is no such account.
    pub name: Option<String>,
    /// The person that an app acted for.
    pub by: Option<String>,
    /// The purpose of use (HL7 v3 code).
    pub purpose: String,
    /// What was done.
    pub act: String,
    /// `unknown` or `denied`; none: it was done.
    pub outcome: Option<String>,
    /// What it was done to: `Observation/1/2`. Of a patient's report, only what is that patient's.
    pub on: Vec<String>,
}

/// Entries, newest first.
#[derive(Clone, Debug, Default)]
pub struct AccessPage {
    /// They.
    pub entries: Vec<Access>,
    /// What `before` of the next page is; none: the log's beginning, or the query's, is reached.
    pub next: Option<u64>,
}

impl Store {
    /// Reads the audit log. Those who act for a patient may ask about that patient; auditors about everything.
    pub async fn accesses(
        &self,
        caller: &Caller,
        query: AccessQuery,
    ) -> Result<AccessPage, PeopleError> {
        let person = caller.as_person().map(|p| (p.account.clone(), &p.patients));
        let own = match (&person, &query.patient) {
            (Some((account, patients)), Some(patient)) if patients.contains(patient) => {
                Some(account)
            }
            (Some(_) | None, _) => None,
        };
        let need = own.map_or(Need::May(Task::ReadAudit), |account| Need::Own(account));
        let mut act = Act::plain("audit read");
        act.on
            .extend(query.patient.iter().map(|p| ["Patient/", p].concat()));
        let inner = self.0.clone();
        self.log_settled().await?;
        self.look(caller, need, act, move |record| {
            let log = inner.files.visit(&AUDIT, 4096)?;
            Ok(page(record, &log, &inner.keys, &query)?)
        })
        .await
    }
}

impl Store {
    /// Leaves the entry that a person was refused a page: which task it asks for, and its row in the table of pages.
    pub async fn page_refused(
        &self,
        caller: &Caller,
        task: Task,
        path: &'static str,
    ) -> Result<(), PeopleError> {
        let act = Act::plain("page").with([task.name(), " ", path].concat());
        self.refused(caller, act).await
    }
}

fn page(
    record: &Connection,
    log: &Connection,
    keys: &Keys,
    query: &AccessQuery,
) -> Result<AccessPage, StoreError> {
    let mut about = query.patient.as_deref().map(|id| About::new(keys, id));
    let count = usize::try_from(query.count.clamp(1, 1000)).unwrap_or(1000);
    let wanted = Wanted {
        patient: query.patient.clone(),
        who: query.who.iter().cloned().collect(),
        from: query.from,
        until: query.until,
        ..Wanted::default()
    };
    let mut walk = Walk::new(log, &keys.names(), &wanted, query.before)?;
    let mut page = AccessPage::default();
    while page.entries.len() < count
        && let Some(found) = walk.next(LOOKED_AT - walk.looked_at())?
    {
        if query.who.as_ref().is_some_and(|who| *who != found.said.who) {
            continue;
        }
        let access = access(found);
        let access = match &mut about {
            Some(about) => about.within(record, keys, access)?,
            None => Some(access.0),
        };
        if let Some(mut access) = access {
            access.name = name(record, &access.who)?;
            page.entries.push(access);
        }
    }
    page.next = (!walk.is_over()?).then(|| walk.mark());
    Ok(page)
}

/// Which resources are about a patient.
struct About {
    patient: i64,
    known: HashMap<i64, bool>,
}

impl About {
    fn new(keys: &Keys, id: &str) -> Self {
        let patient = keys.of("Patient", id);
        let known = HashMap::from([(patient, true)]);
        Self { patient, known }
    }

    /// The entry as far as it is about the patient. What is not there any more is theirs when nobody else is spoken of.
    fn within(
        &mut self,
        record: &Connection,
        keys: &Keys,
        (mut entry, said): (Access, Whose),
    ) -> Result<Option<Access>, StoreError> {
        let mut theirs = Vec::new();
        for item in entry.on {
            let mut parts = item.split('/');
            let kind = parts.next().unwrap_or_default();
            let id = parts.next().unwrap_or_default();
            let key = keys.of(kind, id);
            if self.holds(record, key)? || (said == Whose::OnePatients && gone(record, key)?) {
                theirs.push(item);
            }
        }
        entry.on = theirs;
        Ok((said != Whose::Unsaid || !entry.on.is_empty()).then_some(entry))
    }

    fn holds(&mut self, record: &Connection, key: i64) -> Result<bool, StoreError> {
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let mut statement = record.prepare_cached(sql::PART_THERE)?;
        let found = statement.exists((key, self.patient))?;
        self.known.insert(key, found);
        Ok(found)
    }
}

/// Whether a resource is about nobody now: most often, because it was deleted.
fn gone(record: &Connection, key: i64) -> Result<bool, StoreError> {
    Ok(!record.prepare_cached(sql::PART_OF)?.exists([key])?)
}

/// What an entry says of whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// It is of before entries said so.
    Unsaid,
    /// One patient.
    OnePatients,
    /// Several.
    Several,
}

fn access(found: Found) -> (Access, Whose) {
    let said = found.said;
    let whose = match said.patients.len() {
        _ if said.is_old => Whose::Unsaid,
        0 | 1 => Whose::OnePatients,
        _ => Whose::Several,
    };
    let access = Access {
        seq: found.seq.cast_unsigned(),
        at: found.at,
        who: said.who,
        name: None,
        by: said.by,
        purpose: said.purpose,
        act: said.act,
        outcome: (said.outcome != AuditOutcome::Done).then(|| said.outcome.name().to_owned()),
        on: said.on,
    };
    (access, whose)
}

fn name(record: &Connection, who: &str) -> Result<Option<String>, StoreError> {
    use rusqlite::OptionalExtension;

    let Some(user) = who.strip_prefix("person/") else {
        return Ok(None);
    };
    let mut statement = record.prepare_cached(sql::ACCOUNT_NAMED)?;
    Ok(statement.query_row([user], |row| row.get(2)).optional()?)
}
