//! Publishing: the event and the public row are one transaction. What is public is read without an entry: everybody may.

use std::sync::{Arc, Mutex, PoisonError};

use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::case::{ContentHash, PartyId, What};
use aceso_policy::{Caller, Job};
use rusqlite::{Connection, OptionalExtension, Row};

use super::act::{Open, Slot, on_case, replayed};
use super::duty::owe;
use super::text::text_of;
use super::{Desk, DeskError, json, party};
use crate::people::Need;
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

/// The most advisories of a feed.
const MOST: i64 = 2_000;

/// An advisory that is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// When this version of it came out, or was withdrawn.
    pub at: When,
    /// Why it was withdrawn, if it was.
    pub withdrawn: Option<String>,
    /// What it says.
    pub advisory: Advisory,
}

/// What is public, as it was read last: every page and feed for strangers asks for it.
#[derive(Default)]
pub(super) struct Public(Mutex<Option<(Mark, Arc<Vec<Published>>)>>);

/// How many rows there are, the time of the last, and the sum of their times: another whenever one is added or changed, but by two changes
/// within a millisecond.
type Mark = (i64, i64, i64);

/// What changed so lately is not kept: it may change again within the same millisecond.
const SETTLED: i64 = 1000;

impl Public {
    fn read(&self, c: &Connection, now: When) -> Result<Arc<Vec<Published>>, StoreError> {
        let mark: Mark = c
            .prepare_cached(sql::DESK_PUBLISHED_MARK)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, all)) = kept.as_ref().filter(|(of, _)| *of == mark) {
            return Ok(Arc::clone(all));
        }
        let mut statement = c.prepare_cached(sql::DESK_PUBLISHED_ALL)?;
        let rows = statement.query_map([MOST], raw)?;
        let all: Result<Vec<Published>, StoreError> = rows.map(|row| row?.parsed()).collect();
        let all = Arc::new(all?);
        *kept = (mark.1 < now.millis() - SETTLED).then(|| (mark, Arc::clone(&all)));
        Ok(all)
    }
}

impl Desk {
    /// Publishes a text, or withdraws what was published, as far as the guards let this person: `what` is one of the
    /// case's events that do.
    pub async fn publish(
        &self,
        caller: &Caller,
        id: &str,
        seen: u64,
        what: What,
    ) -> Result<(), DeskError> {
        let (me, duty) = (party(caller), self.store.new_id());
        self.change(
            caller,
            id,
            "publishing".to_owned(),
            move |open, at, slot| {
                open.is_as_seen(&me, seen)?;
                let emergency = matches!(what, What::EmergencyPublished { .. });
                bring_out(open, at, &me, what, slot)?;
                match emergency {
                    true => owe(open, at, &me, &duty),
                    false => Ok(()),
                }
            },
        )
        .await
    }

    /// Publishes what is scheduled and due, in the name of whoever scheduled it. Gives the numbers of the cases; one whose
    /// guards stand against it stays, and is told.
    pub async fn publish_due(&self) -> Result<Vec<String>, DeskError> {
        let rules = Arc::clone(&self.rules);
        let now = self.now();
        let all: Result<Vec<String>, PeopleError> = self
            .store
            .0
            .readers
            .quiet(move |c| {
                let mut statement = c.prepare_cached(sql::DESK_CASE_SCHEDULED)?;
                let ids = statement.query_map([now.millis()], |row| row.get::<_, String>(0))?;
                let ids: Vec<String> = ids.collect::<rusqlite::Result<_>>()?;
                let mut due = Vec::new();
                for id in ids {
                    let (case, _) = replayed(c, &id, &rules)?;
                    if case.scheduled.is_some_and(|at| at <= now) {
                        due.push(id);
                    }
                }
                Ok(due)
            })
            .await?;
        let mut out = Vec::new();
        for id in all? {
            match self.publish_scheduled(&id).await {
                Ok(()) => out.push(id),
                Err(DeskError::Guard(why)) => {
                    tracing::warn!(case = id, %why, "scheduled, and may not be published");
                }
                Err(other) => return Err(other),
            }
        }
        Ok(out)
    }

    async fn publish_scheduled(&self, id: &str) -> Result<(), DeskError> {
        let (rules, at, owned) = (Arc::clone(&self.rules), self.now(), id.to_owned());
        let slot = Slot::default();
        let inner = slot.clone();
        let caller = Caller::job(Job::Desk);
        let act = on_case("desk publish", id).with("scheduled");
        let done = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let (case, log) = replayed(tx, &owned, &rules)?;
            let by = log.iter().rev().find_map(|event| match event.what {
                What::Scheduled { .. } => Some(event.by.clone()),
                _ => None,
            });
            let hash = case.draft.as_ref().map(|d| d.draft.hash);
            let (Some(by), Some(hash)) = (by, hash) else {
                return Err(PeopleError::Unknown);
            };
            let mut open = Open::read(tx, &owned, &rules)?;
            bring_out(&mut open, at, &by, What::Published { hash }, &inner)
        });
        done.await.map_err(|error| slot.told(error))
    }

    /// What is public, the newest first; with what was withdrawn. Read anew when something of it changed.
    pub async fn published(&self) -> Result<Arc<Vec<Published>>, DeskError> {
        let (public, now) = (Arc::clone(&self.public), self.now());
        let all = self.store.0.readers.quiet(move |c| public.read(c, now));
        Ok(all.await??)
    }

    /// One that is public.
    pub async fn published_one(&self, id: &str) -> Result<Published, DeskError> {
        let id = id.to_owned();
        let one = self
            .store
            .0
            .readers
            .quiet(move |c| -> Result<_, StoreError> {
                let found = c
                    .prepare_cached(sql::DESK_PUBLISHED_ONE)?
                    .query_row([&id], raw)
                    .optional()?;
                found.map(Raw::parsed).transpose()
            });
        one.await??.ok_or(DeskError::Unknown)
    }
}

/// The event, and the public row that follows from it.
fn bring_out(
    open: &mut Open<'_>,
    at: When,
    by: &PartyId,
    what: What,
    slot: &Slot,
) -> Result<(), PeopleError> {
    let text = match &what {
        What::Published { hash } => Some((*hash, None)),
        What::EmergencyPublished {
            hash, to_follow, ..
        } => Some((*hash, Some(to_follow.clone()))),
        What::Withdrawn { .. } => None,
        _ => {
            return Err(PeopleError::Refused(Refusal::Field(
                "this publishes nothing",
            )));
        }
    };
    let why = match &what {
        What::Withdrawn { why } => Some(why.clone()),
        _ => None,
    };
    open.act(at, by, what, slot)?;
    match text {
        Some((hash, to_follow)) => put(open.tx, open.id, at, hash, to_follow.as_deref()),
        None => {
            let values = (why, at.millis(), open.id);
            let gone = open
                .tx
                .prepare_cached(sql::DESK_PUBLISHED_WITHDRAW)?
                .execute(values)?;
            if gone == 0 {
                return Err(PeopleError::Unknown);
            }
            Ok(())
        }
    }
}

/// The public row of a text; one that is published in an emergency says that it is interim, and what is to follow.
fn put(
    tx: &Connection,
    case: &str,
    at: When,
    hash: ContentHash,
    to_follow: Option<&[String]>,
) -> Result<(), PeopleError> {
    let (mut body, mut advisory) = text_of(tx, case, hash)?;
    if let Some(to_follow) = to_follow {
        advisory = advisory.interim(to_follow);
        body = serde_json::to_string(&advisory).map_err(json)?;
    }
    let values = (&advisory.id, case, at.millis(), body);
    let done = tx
        .prepare_cached(sql::DESK_PUBLISHED_PUT)?
        .execute(values)?;
    if done == 1 {
        Ok(())
    } else {
        Err(PeopleError::Refused(Refusal::Field(
            "another case published an advisory of this number: give this one its own",
        )))
    }
}

/// What a case published last, as the public has it.
pub(super) fn public_of(c: &Connection, case: &str) -> Result<Option<Advisory>, StoreError> {
    let mut statement = c.prepare_cached(sql::DESK_PUBLISHED_OF_CASE)?;
    let found = statement.query_row([case], raw).optional()?;
    Ok(found.map(Raw::parsed).transpose()?.map(|one| one.advisory))
}

struct Raw {
    at: i64,
    withdrawn: Option<String>,
    body: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        at: row.get(1)?,
        withdrawn: row.get(2)?,
        body: row.get(3)?,
    })
}

impl Raw {
    fn parsed(self) -> Result<Published, StoreError> {
        Ok(Published {
            at: When::from_millis(self.at),
            withdrawn: self.withdrawn,
            advisory: serde_json::from_str(&self.body).map_err(json)?,
        })
    }
}
