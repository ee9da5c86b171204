//! What is asked of services elsewhere. That it is to be asked is an event of the case and a row in a queue, in one transaction; it is
//! sent by `aceso`, which knows the network and the secrets; what came of it is an event again. The guards decide when it is asked
//! for, and once more when it goes.

use std::collections::BTreeMap;

use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::case::{PartyId, What, is_as_asked, text_of as text_for, unsendable};
use aceso_desk::port::{Again, Errand, System, Tells};
use aceso_policy::{Caller, Job};
use rusqlite::{Connection, OptionalExtension};

use super::act::{Open, Slot};
use super::find::add_words;
use super::publish::public_of;
use super::text::text_of;
use super::{CLERK, Desk, DeskError, party, word};
use crate::people::Need;
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

/// It is tried for a day.
const TRIED_MILLIS: i64 = 86_400_000;
/// Said where the program ended between asking and hearing.
const UNHEARD: &str =
    "the program ended before the answer came: look there whether it is done, before you ask again";

const WAITING: i64 = 0;
const DONE: i64 = 1;
const REFUSED: i64 = 2;
const UNDER_WAY: i64 = 3;

/// How an errand stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrandIs {
    /// It waits.
    Waiting {
        /// It is sent then.
        due: When,
        /// What was said the last time; empty before the first try.
        said: String,
    },
    /// It is on its way.
    UnderWay,
    /// It is done.
    Done,
    /// It is not done: why.
    Refused(String),
}

/// An errand of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrandLine {
    /// What is asked.
    pub errand: Errand,
    /// Since when.
    pub at: When,
    /// How often it was sent.
    pub tries: u32,
    /// How it stands.
    pub state: ErrandIs,
}

/// An errand that is to be sent now.
#[derive(Clone, Debug)]
pub struct DueErrand {
    /// Its key, the same for every try.
    pub id: String,
    /// Its case.
    pub case: String,
    /// What is asked.
    pub errand: Errand,
    /// When it was asked for.
    pub at: When,
    /// How often it was sent before.
    pub tries: u32,
    /// By what the case is known elsewhere.
    pub kept: BTreeMap<System, String>,
    /// The text, where it takes one.
    pub advisory: Option<Advisory>,
}

/// What came of sending one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrandEnd {
    /// It is done; what the case is known by there.
    Done(Option<(System, String)>),
    /// It is tried again then: why.
    Later(When, String),
    /// It is not done: why.
    Refused(String),
}

/// A row of the queue.
struct Queued {
    id: String,
    case: String,
    errand: Errand,
    at: When,
    state: i64,
    tries: u32,
}

impl Desk {
    /// Asks for an errand, as far as the case's guards let this person. `seen` as in [`Desk::act`].
    pub async fn ask_errand(
        &self,
        caller: &Caller,
        id: &str,
        seen: u64,
        errand: Errand,
    ) -> Result<(), DeskError> {
        let (by, key) = (party(caller), self.store.new_id());
        let detail = ["errand ", &word(&errand)?].concat();
        self.change(caller, id, detail, move |open, at, slot| {
            open.is_as_seen(&by, seen)?;
            queue(open, at, &by, (&key, errand), slot)
        })
        .await
    }

    /// The case is known elsewhere by this, as somebody wrote it in. `seen` as in [`Desk::act`].
    pub async fn keep_id(
        &self,
        caller: &Caller,
        case: &str,
        seen: u64,
        (system, id): (System, String),
    ) -> Result<(), DeskError> {
        let by = party(caller);
        self.change(caller, case, "id kept".to_owned(), move |open, at, slot| {
            open.is_as_seen(&by, seen)?;
            keep(open, at, &by, (system, id), slot)
        })
        .await
    }

    /// What was on its way when the program ended: what may be asked twice waits again, of the rest nobody knows what came of it.
    pub async fn look_after_errands(&self) -> Result<usize, DeskError> {
        let left = self.errand_ids(sql::DESK_ERRAND_LEFT, None).await?;
        for id in &left {
            let Some(row) = self.errand(id).await? else {
                continue;
            };
            let end = match row.errand.again() {
                Again::Same => ErrandEnd::Later(self.now(), String::new()),
                Again::Another => ErrandEnd::Refused(UNHEARD.to_owned()),
            };
            self.end_errand(id, end).await?;
        }
        Ok(left.len())
    }

    /// The next errand that is due, from now on on its way. One that the guards do not let go any more ends.
    pub async fn next_errand(&self) -> Result<Option<DueErrand>, DeskError> {
        loop {
            let due = Some(self.now());
            let Some(id) = self.errand_ids(sql::DESK_ERRAND_DUE, due).await?.pop() else {
                return Ok(None);
            };
            let Some(row) = self.errand(&id).await? else {
                return Ok(None);
            };
            if let Some(errand) = self.begin_errand(row).await? {
                return Ok(Some(errand));
            }
        }
    }

    async fn begin_errand(&self, row: Queued) -> Result<Option<DueErrand>, DeskError> {
        let (rules, at) = (std::sync::Arc::clone(&self.rules), self.now());
        let slot = Slot::default();
        let inner = slot.clone();
        let caller = Caller::job(Job::Desk);
        let act = super::act::on_case("desk errand", &row.case).with(word(&row.errand)?);
        let begun = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let mut open = Open::read(tx, &row.case, &rules)?;
            let against = unsendable(&open.case, row.errand).into_iter();
            let mut why: Vec<String> = against.map(|unmet| unmet.what.to_string()).collect();
            if !is_as_asked(&open.case, row.errand) {
                why.push("the text is another one since: read it, and ask again".to_owned());
            }
            if !why.is_empty() {
                let end = ErrandEnd::Refused(why.join("; "));
                finish(&mut open, at, &row, end, &inner)?;
                return Ok(None);
            }
            let advisory = text(tx, &open, row.errand)?;
            set(tx, &row, (UNDER_WAY, row.tries.saturating_add(1)), (at, ""))?;
            Ok(Some(DueErrand {
                kept: open.case.kept.clone(),
                advisory,
                id: row.id,
                case: row.case,
                errand: row.errand,
                at: row.at,
                tries: row.tries,
            }))
        });
        begun.await.map_err(|error| slot.told(error))
    }

    /// What came of an errand that was on its way.
    pub async fn end_errand(&self, id: &str, end: ErrandEnd) -> Result<(), DeskError> {
        let Some(row) = self.errand(id).await? else {
            return Err(DeskError::Unknown);
        };
        let (rules, at) = (std::sync::Arc::clone(&self.rules), self.now());
        let slot = Slot::default();
        let inner = slot.clone();
        let (caller, key) = (Caller::job(Job::Desk), self.store.new_id());
        let act = super::act::on_case("desk errand end", &row.case).with(word(&row.errand)?);
        let ended = self.store.act(&caller, Need::Clerk, act, move |tx| {
            if row.state != UNDER_WAY {
                return Err(PeopleError::Refused(Refusal::Decided));
            }
            let mut open = Open::read(tx, &row.case, &rules)?;
            let end = match end {
                ErrandEnd::Later(_, why) if at.millis() - row.at.millis() > TRIED_MILLIS => {
                    ErrandEnd::Refused(format!("given up after a day; {why}"))
                }
                other => other,
            };
            let done = matches!(end, ErrandEnd::Done(_));
            finish(&mut open, at, &row, end, &inner)?;
            match row.errand.then().filter(|_| done) {
                Some(next) => queue(&mut open, at, &clerk(), (&key, next), &inner),
                None => Ok(()),
            }
        });
        ended.await.map_err(|error| slot.told(error))
    }

    async fn errand_ids(
        &self,
        statement: &'static str,
        now: Option<When>,
    ) -> Result<Vec<String>, DeskError> {
        let found = self
            .store
            .0
            .readers
            .quiet(move |c| -> Result<_, StoreError> {
                let mut statement = c.prepare_cached(statement)?;
                let all: rusqlite::Result<Vec<String>> = match now {
                    Some(now) => statement
                        .query_map([now.millis()], |row| row.get(0))?
                        .collect(),
                    None => statement.query_map([], |row| row.get(0))?.collect(),
                };
                Ok(all?)
            });
        Ok(found.await??)
    }

    async fn errand(&self, id: &str) -> Result<Option<Queued>, DeskError> {
        let id = id.to_owned();
        let found = self
            .store
            .0
            .readers
            .quiet(move |c| -> Result<_, StoreError> {
                let mut statement = c.prepare_cached(sql::DESK_ERRAND_ONE)?;
                let row = statement.query_row([&id], |row| {
                    let at = When::from_millis(row.get(2)?);
                    Ok((
                        row.get(0)?,
                        row.get::<_, String>(1)?,
                        at,
                        row.get(3)?,
                        row.get(4)?,
                    ))
                });
                let Some((case, named, at, state, tries)) = row.optional()? else {
                    return Ok(None);
                };
                Ok(Some(Queued {
                    errand: named_errand(&named)?,
                    id,
                    case,
                    at,
                    state,
                    tries,
                }))
            });
        Ok(found.await??)
    }
}

/// The event, and the row.
fn queue(
    open: &mut Open<'_>,
    at: When,
    by: &PartyId,
    (key, errand): (&str, Errand),
    slot: &Slot,
) -> Result<(), PeopleError> {
    open.act(at, by, What::ErrandAsked { errand, hash: None }, slot)?;
    let values = (key, open.id, word(&errand)?, at.millis());
    open.tx
        .prepare_cached(sql::DESK_ERRAND_ADD)?
        .execute(values)?;
    Ok(())
}

fn finish(
    open: &mut Open<'_>,
    at: When,
    row: &Queued,
    end: ErrandEnd,
    slot: &Slot,
) -> Result<(), PeopleError> {
    let (clerk, errand) = (clerk(), row.errand);
    match end {
        ErrandEnd::Done(kept) => {
            if let Some(kept) = kept {
                keep(open, at, &clerk, kept, slot)?;
            }
            open.act(at, &clerk, What::ErrandDone { errand }, slot)?;
            set(open.tx, row, (DONE, row.tries), (at, ""))
        }
        ErrandEnd::Later(due, said) => set(open.tx, row, (WAITING, row.tries), (due, &said)),
        ErrandEnd::Refused(why) => {
            set(open.tx, row, (REFUSED, row.tries), (at, &why))?;
            open.act(at, &clerk, What::ErrandRefused { errand, why }, slot)
        }
    }
}

fn clerk() -> PartyId {
    PartyId(CLERK.to_owned())
}

/// The case is known elsewhere by this, and found by it.
fn keep(
    open: &mut Open<'_>,
    at: When,
    by: &PartyId,
    (system, id): (System, String),
    slot: &Slot,
) -> Result<(), PeopleError> {
    let small = id.to_lowercase();
    open.act(at, by, What::IdKept { system, id }, slot)?;
    Ok(add_words(open.tx, open.id, &[small])?)
}

fn set(
    tx: &Connection,
    row: &Queued,
    (state, tries): (i64, u32),
    (due, said): (When, &str),
) -> Result<(), PeopleError> {
    let values = (state, tries, due.millis(), said, &row.id);
    tx.prepare_cached(sql::DESK_ERRAND_SET)?.execute(values)?;
    Ok(())
}

/// The text that goes out: what the public has, or the draft that was asked for.
fn text(tx: &Connection, open: &Open<'_>, errand: Errand) -> Result<Option<Advisory>, PeopleError> {
    match errand.tells() {
        Tells::Nothing => Ok(None),
        Tells::Public => Ok(public_of(tx, open.id)?),
        Tells::Before => {
            let hash = text_for(&open.case, errand).ok_or(PeopleError::Unknown)?;
            Ok(Some(text_of(tx, open.id, hash)?.1))
        }
    }
}

/// What was asked of services elsewhere in a case.
pub(super) fn errands_of(c: &Connection, case: &str) -> Result<Vec<ErrandLine>, StoreError> {
    let mut statement = c.prepare_cached(sql::DESK_ERRAND_OF)?;
    let rows = statement.query_map([case], |row| {
        let (due, said): (i64, String) = (row.get(4)?, row.get(5)?);
        let state = match row.get(2)? {
            WAITING => ErrandIs::Waiting {
                due: When::from_millis(due),
                said,
            },
            DONE => ErrandIs::Done,
            UNDER_WAY => ErrandIs::UnderWay,
            _ => ErrandIs::Refused(said),
        };
        let at = When::from_millis(row.get(1)?);
        Ok((row.get::<_, String>(0)?, at, row.get(3)?, state))
    })?;
    rows.map(|row| {
        let (named, at, tries, state) = row?;
        Ok(ErrandLine {
            errand: named_errand(&named)?,
            at,
            tries,
            state,
        })
    })
    .collect()
}

fn named_errand(name: &str) -> Result<Errand, StoreError> {
    let value = serde_json::Value::String(name.to_owned());
    serde_json::from_value(value).map_err(super::json)
}
