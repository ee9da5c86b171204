//! The erasure of a patient (GDPR, Article 17): decided with a reason, carried out by somebody else, and then the key of
//! that patient's data is gone, here and for every copy of the record that was made before.

use aceso_base::Instant;
use aceso_fhir::search::extract;
use aceso_policy::{Caller, Task, Who};
use aceso_vault::data::Whose;
use aceso_vault::sha256;
use rusqlite::{Connection, OptionalExtension, Row};

use super::hold::{on, words};
use super::purge::{keys_of, purge, remove, remove_version, versions_of};
use super::rotate::note_serial;
use crate::index::rows;
use crate::key::{Keys, kind_name};
use crate::people::{Act, Need, Opening, TellingKind};
use crate::reading::{current, document};
use crate::rows::remove_rows;
use crate::statements as sql;
use crate::stored::from_row;
use crate::{Change, PeopleError, Refusal, Store, StoreError};

/// Resources removed in one transaction.
const PIECE: usize = 100;
const MOST: i64 = 1000;
/// Resources about several patients that are told of.
const MOST_SHARED: i64 = 500;
const HELD: Refusal = Refusal::Field(
    "a hold on this patient's record forbids the erasure: let it end, or lift it first",
);
const TWO: Refusal =
    Refusal::Field("an erasure is carried out by somebody else than who decided on it");

/// A decision to erase a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Its id.
    pub id: String,
    /// The Patient's id.
    pub patient: String,
    /// The decision and its legal ground, in words.
    pub decision: String,
    /// When it was taken.
    pub decided: Instant,
    /// By whom.
    pub decided_by: String,
    /// How far it is.
    pub state: ErasureState,
    /// When it was carried out or withdrawn.
    pub ended: Option<Instant>,
    /// By whom.
    pub ended_by: Option<String>,
    /// Resources removed.
    pub resources: u64,
    /// Older versions removed.
    pub versions: u64,
    /// Resources that are about other patients too and stay; to be looked at by a person.
    pub left_over: Vec<String>,
}

/// How far an erasure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasureState {
    /// It waits to be carried out.
    Decided,
    /// It was carried out.
    Done,
    /// It was withdrawn.
    Withdrawn,
}

impl ErasureState {
    const fn code(self) -> i64 {
        match self {
            Self::Decided => 1,
            Self::Done => 2,
            Self::Withdrawn => 3,
        }
    }

    const fn from_code(code: i64) -> Self {
        match code {
            2 => Self::Done,
            3 => Self::Withdrawn,
            _ => Self::Decided,
        }
    }
}

impl Store {
    /// Records the decision. A patient whom nobody knows, or on whose record there is a hold, is refused. While one waits,
    /// that one's id is the answer.
    pub async fn decide_erasure(
        &self,
        caller: &Caller,
        patient: &str,
        decision: &str,
    ) -> Result<String, PeopleError> {
        let decision = words(decision)?;
        let id = self.new_uuid()?;
        let digest = aceso_base::hex(&sha256(decision.as_bytes()));
        let act = Act {
            name: "erase decide",
            on: vec![["Patient/", patient].concat()],
            detail: format!("{id} SHA-256 {digest}"),
        };
        let keys = self.0.keys.clone();
        let (patient, now, by) = (patient.to_owned(), self.now(), caller.name());
        self.act(caller, Need::May(Task::ErasePatient), act, move |tx| {
            let key = keys.of("Patient", &patient);
            let mut waiting = tx
                .prepare_cached(sql::ERASURE_OF)
                .map_err(StoreError::from)?;
            let waiting: Option<String> = waiting
                .query_row([key], |row| row.get(0))
                .optional()
                .map_err(StoreError::from)?;
            if let Some(waiting) = waiting {
                return Ok(waiting);
            }
            if current(tx, &keys, "Patient", &patient)?.is_none() {
                return Err(PeopleError::Unknown);
            }
            if !on(tx, key, now)?.is_empty() {
                return Err(HELD.into());
            }
            tx.prepare_cached(sql::ERASURE_ADD)
                .and_then(|mut s| s.execute((&id, key, patient, decision, now.millis(), by)))
                .map_err(StoreError::from)?;
            Ok(id)
        })
        .await
    }

    /// Withdraws a decision that was not carried out.
    pub async fn withdraw_erasure(&self, caller: &Caller, id: &str) -> Result<(), PeopleError> {
        let act = Act::plain("erase withdraw").with(id);
        let (now, by, id) = (self.now(), caller.name(), id.to_owned());
        self.act(caller, Need::May(Task::ErasePatient), act, move |tx| {
            let ended = Ended {
                state: ErasureState::Withdrawn,
                at: now,
                by,
                ..Ended::default()
            };
            end(tx, &id, &ended)
        })
        .await
    }

    /// Decisions, those that wait first.
    pub async fn erasures(&self, caller: &Caller) -> Result<Vec<Erasure>, PeopleError> {
        let act = Act::plain("erase list");
        self.look(caller, Need::May(Task::ErasePatient), act, |c| {
            let mut statement = c
                .prepare_cached(sql::ERASURE_ALL)
                .map_err(StoreError::from)?;
            let found = statement
                .query_map([MOST], read)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(StoreError::from)?;
            Ok(found.into_iter().map(|(erasure, _)| erasure).collect())
        })
        .await
    }

    /// Carries a decision out: removes every resource and version that is about this patient alone, with its index rows,
    /// and destroys the patient's data key. By another person than the one who decided; the console may do both.
    pub async fn carry_out_erasure(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Erasure, PeopleError> {
        let act = Act::plain("erase").with(id);
        self.permit(caller, Need::May(Task::ErasePatient), &act)
            .await?;
        let (erasure, patient) = match self.erasure_to_do(caller, id).await {
            Err(error) => {
                self.refused(caller, act).await?;
                return Err(error);
            }
            Ok(found) => found,
        };
        let whose = self.0.keys.bodies().whose(patient);
        // Asked while the log still says so.
        let told = self.recipients_of(&erasure.patient)?;
        let (resources, versions) = self.remove_all(whose).await?;
        let act = Act {
            name: "erase",
            on: vec![["Patient/", &erasure.patient].concat()],
            detail: format!("{id}: {resources} resources, {versions} older versions"),
        };
        let (keys, at, by) = (self.0.keys.clone(), self.now(), caller.name());
        let (name, telling) = (id.to_owned(), self.new_id());
        let about = ["Patient/", &erasure.patient].concat();
        self.act(caller, Need::May(Task::ErasePatient), act, move |tx| {
            let left_over = shared(tx, patient)?;
            let ended = Ended {
                state: ErasureState::Done,
                at,
                by,
                resources,
                versions,
                left_over,
            };
            end(tx, &name, &ended)?;
            let opening = Opening {
                id: telling,
                kind: TellingKind::Erased,
                about: &about,
                now: at,
            };
            opening.to(tx, &told)?;
            // The last step: from here on there is no way back.
            let (_, serial) = keys.bodies().change(|data| {
                let erased = data.erase(patient, at);
                erased.map_err(|error| StoreError(error.to_string()))
            })?;
            note_serial(tx, serial)?;
            Ok(())
        })
        .await?;
        self.sweep(whose).await?;
        let id = id.to_owned();
        let found = self.0.readers.quiet(move |c| one(c, &id)).await??;
        Ok(found.ok_or(PeopleError::Unknown)?.0)
    }

    /// A decision that waits and that this caller may carry out now.
    async fn erasure_to_do(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<(Erasure, i64), PeopleError> {
        let (id, now) = (id.to_owned(), self.now());
        let found = self.0.readers.quiet(move |c| {
            let found = one(c, &id)?.filter(|(e, _)| e.state == ErasureState::Decided);
            let held = match &found {
                Some((_, patient)) => !on(c, *patient, now)?.is_empty(),
                None => false,
            };
            Ok::<_, StoreError>((found, held))
        });
        let (found, held) = found.await??;
        let (erasure, patient) = found.ok_or(PeopleError::Unknown)?;
        if held {
            return Err(HELD.into());
        }
        match &caller.who {
            Who::Operator => {}
            Who::Person(_) | Who::Client(_) | Who::Job(_) => {
                if erasure.decided_by == caller.name() {
                    return Err(TWO.into());
                }
            }
        }
        Ok((erasure, patient))
    }

    /// Removes what is there while it can still be read, in small transactions, until nothing is left.
    async fn remove_all(&self, whose: Whose) -> Result<(u64, u64), StoreError> {
        let (mut resources, mut versions) = (0, 0);
        loop {
            let found = self
                .0
                .readers
                .quiet(move |c| Ok::<_, StoreError>((keys_of(c, whose)?, versions_of(c, whose)?)));
            let (found, old) = found.await??;
            if found.is_empty() && old.is_empty() {
                return Ok((resources, versions));
            }
            for piece in found.chunks(PIECE) {
                let (piece, keys) = (piece.to_vec(), self.0.keys.clone());
                resources += u64::try_from(piece.len()).unwrap_or(0);
                let removing = self.0.writer.alone(move |tx| {
                    tx.pragma_update(None, "secure_delete", true)?;
                    let mut removed = 0;
                    for key in piece {
                        forget_rows(tx, &keys, key)?;
                        removed += remove(tx, whose, key)?;
                    }
                    Ok(removed)
                });
                versions += u64::try_from(removing.await?).unwrap_or(0);
            }
            for piece in old.chunks(PIECE) {
                let piece = piece.to_vec();
                let removing = self.0.writer.alone(move |tx| {
                    let mut removed = 0;
                    for (key, version) in piece {
                        removed += remove_version(tx, key, version)?;
                    }
                    Ok(removed)
                });
                versions += u64::try_from(removing.await?).unwrap_or(0);
            }
        }
    }

    /// Removes what came in between the last look and the end of the key.
    async fn sweep(&self, whose: Whose) -> Result<(), StoreError> {
        let late = self.0.readers.quiet(move |c| keys_of(c, whose)).await??;
        if late.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let erased = aceso_vault::data::Erased {
            whose,
            at: now,
            serial: 0,
        };
        let swept = self.0.writer.alone(move |tx| purge(tx, &[erased])).await?;
        tracing::info!(resources = swept, "written during the erasure, removed");
        Ok(())
    }
}

/// Removes the index rows of a resource, by what it says.
fn forget_rows(tx: &Connection, keys: &Keys, key: i64) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(sql::RES_ONE)?;
    let found = statement
        .query_row([key], |row| Ok(from_row(keys, row)))
        .optional()?
        .transpose()?;
    let Some((_, stored)) = found.filter(|(_, s)| s.change != Change::Deleted) else {
        return Ok(());
    };
    let document = document(&stored)?;
    let found = extract(&document, None);
    remove_rows(tx, rows(keys, stored.kind, key, &document, &found))
}

/// What is about this patient and about others.
fn shared(tx: &Connection, patient: i64) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare_cached(sql::ERASED_SHARED)?;
    let found = statement.query_map((patient, MOST_SHARED), |row| {
        let (kind, id): (i64, String) = (row.get(0)?, row.get(1)?);
        Ok(format!("{}/{id}", kind_name(kind).unwrap_or("?")))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// How an erasure ended.
struct Ended {
    state: ErasureState,
    at: Instant,
    by: String,
    resources: u64,
    versions: u64,
    left_over: Vec<String>,
}

impl Default for Ended {
    fn default() -> Self {
        Self {
            state: ErasureState::Decided,
            at: Instant::from_millis(0),
            by: String::new(),
            resources: 0,
            versions: 0,
            left_over: Vec::new(),
        }
    }
}

fn end(tx: &Connection, id: &str, ended: &Ended) -> Result<(), PeopleError> {
    let changed = tx
        .prepare_cached(sql::ERASURE_END)
        .and_then(|mut s| {
            s.execute((
                ended.state.code(),
                ended.at.millis(),
                &ended.by,
                ended.resources.cast_signed(),
                ended.versions.cast_signed(),
                ended.left_over.join(" "),
                id,
            ))
        })
        .map_err(StoreError::from)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(PeopleError::Unknown)
    }
}

fn one(connection: &Connection, id: &str) -> Result<Option<(Erasure, i64)>, StoreError> {
    let mut statement = connection.prepare_cached(sql::ERASURE_ONE)?;
    Ok(statement.query_row([id], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<(Erasure, i64)> {
    let left_over: Option<String> = row.get(10)?;
    let count = |at| -> rusqlite::Result<u64> {
        Ok(row.get::<_, Option<i64>>(at)?.unwrap_or(0).cast_unsigned())
    };
    let erasure = Erasure {
        id: row.get(0)?,
        patient: row.get(1)?,
        decision: row.get(2)?,
        decided: Instant::from_millis(row.get(3)?),
        decided_by: row.get(4)?,
        state: ErasureState::from_code(row.get(5)?),
        ended: row.get::<_, Option<i64>>(6)?.map(Instant::from_millis),
        ended_by: row.get(7)?,
        resources: count(8)?,
        versions: count(9)?,
        left_over: left_over
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    };
    Ok((erasure, row.get(11)?))
}
