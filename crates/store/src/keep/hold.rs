//! What forbids an erasure: a legal hold, or a retention period (45 CFR 164.316(b)(2), state and professional law).

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use rusqlite::{Connection, Row};

use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, Store, StoreError};

const MOST: i64 = 1000;
const LONGEST: usize = 20_000;

/// A hold on a patient's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: String,
    /// The Patient's id.
    pub patient: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Instant,
    /// Until when; none: until it is lifted.
    pub until: Option<Instant>,
    /// Who set it.
    pub by: String,
}

/// Words that somebody must give: one at least, 20,000 bytes at most.
pub(super) fn words(text: &str) -> Result<String, PeopleError> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return Err(Refusal::Field("say why, in at most 20,000 bytes").into());
    }
    Ok(text.to_owned())
}

impl Store {
    /// Sets a hold: the patient cannot be erased until it ends or is lifted.
    pub async fn hold_patient(
        &self,
        caller: &Caller,
        patient: &str,
        reason: &str,
        until: Option<Instant>,
    ) -> Result<String, PeopleError> {
        let reason = words(reason)?;
        let id = self.new_uuid()?;
        let act = Act {
            name: "hold set",
            on: vec![["Patient/", patient].concat()],
            detail: id.clone(),
        };
        let (key, patient) = (self.0.keys.of("Patient", patient), patient.to_owned());
        let (now, by) = (self.now().millis(), caller.name());
        self.act(caller, Need::May(Task::ErasePatient), act, move |tx| {
            let until = until.map(Instant::millis);
            tx.prepare_cached(sql::HOLD_ADD)
                .and_then(|mut s| s.execute((&id, key, patient, reason, now, until, by)))
                .map_err(StoreError::from)?;
            Ok(id)
        })
        .await
    }

    /// Lifts a hold.
    pub async fn lift_hold(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let act = Act::plain("hold lift").with(id);
        let (now, by, id) = (self.now().millis(), caller.name(), id.to_owned());
        self.act(caller, Need::May(Task::ErasePatient), act, move |tx| {
            let lifted = tx
                .prepare_cached(sql::HOLD_LIFT)
                .and_then(|mut s| s.execute((now, by, id)))
                .map_err(StoreError::from)?;
            if lifted == 1 {
                Ok(())
            } else {
                Err(PeopleError::Unknown)
            }
        })
        .await
    }

    /// The holds in force.
    pub async fn holds(&self, caller: &Caller) -> Result<Vec<Hold>, PeopleError> {
        let (act, now) = (Act::plain("hold list"), self.now().millis());
        self.look(caller, Need::May(Task::ErasePatient), act, move |c| {
            Ok(read(c, sql::HOLD_ALL, (now, MOST))?)
        })
        .await
    }
}

/// The holds on one patient.
pub(super) fn on(
    connection: &Connection,
    patient: i64,
    now: Instant,
) -> Result<Vec<Hold>, StoreError> {
    read(connection, sql::HOLD_FOR, (patient, now.millis()))
}

fn read(
    connection: &Connection,
    text: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<Hold>, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    let found = statement.query_map(parameters, one)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn one(row: &Row<'_>) -> rusqlite::Result<Hold> {
    Ok(Hold {
        id: row.get(0)?,
        patient: row.get(1)?,
        reason: row.get(2)?,
        since: Instant::from_millis(row.get(3)?),
        until: row.get::<_, Option<i64>>(4)?.map(Instant::from_millis),
        by: row.get(5)?,
    })
}
