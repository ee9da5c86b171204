//! Planted records and clients.

use aceso_policy::{Caller, Task};
use rusqlite::Connection;

use crate::people::{Act, Need, PeopleError};
use crate::{Store, StoreError, statements as sql};

/// What is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecoyKind {
    /// A patient's record that is nobody's.
    Patient,
    /// A client whose token lies where only a thief looks.
    Client,
}

/// Something planted: nobody has reason to open or use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoy {
    /// What it is.
    pub kind: DecoyKind,
    /// The patient's logical id, or the client's.
    pub id: String,
}

impl DecoyKind {
    const fn code(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Client => "client",
        }
    }
}

impl Store {
    /// Notes that something is planted. The record itself does not say so, and only those who may read the log can learn it.
    pub async fn add_decoy(&self, caller: &Caller, decoy: Decoy) -> Result<(), PeopleError> {
        let (now, who) = (self.now(), caller.name());
        let act = Act::plain("decoy add");
        self.act(caller, Need::May(Task::ReadAudit), act, move |tx| {
            tx.prepare_cached(sql::DECOY_ADD)?.execute((
                decoy.kind.code(),
                &decoy.id,
                now.millis(),
                who,
            ))?;
            Ok(())
        })
        .await
    }

    /// What is planted.
    pub async fn decoys(&self, caller: &Caller) -> Result<Vec<Decoy>, PeopleError> {
        let act = Act::plain("decoy list");
        self.look(caller, Need::May(Task::ReadAudit), act, |c| Ok(all(c)?))
            .await
    }

    /// Notes that something is planted no more.
    pub async fn remove_decoy(&self, caller: &Caller, decoy: Decoy) -> Result<(), PeopleError> {
        let act = Act::plain("decoy remove");
        self.act(caller, Need::May(Task::ReadAudit), act, move |tx| {
            let count = tx
                .prepare_cached(sql::DECOY_REMOVE)?
                .execute((decoy.kind.code(), &decoy.id))?;
            if count == 0 {
                return Err(PeopleError::Unknown);
            }
            Ok(())
        })
        .await
    }
}

pub(super) fn all(c: &Connection) -> Result<Vec<Decoy>, StoreError> {
    let mut statement = c.prepare_cached(sql::DECOY_ALL)?;
    let rows = statement.query_map([], |row| {
        let kind: String = row.get(0)?;
        let kind = if kind == DecoyKind::Patient.code() {
            DecoyKind::Patient
        } else {
            DecoyKind::Client
        };
        Ok(Decoy {
            kind,
            id: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
