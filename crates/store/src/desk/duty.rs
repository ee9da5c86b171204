//! Standing duties: what the desk does whether or not somebody reports something, with who answers for it, until when, and what shows
//! that it was done. Nothing of them is taken back; what comes back by itself is entered anew when it is done.

mod found;
mod origin;

use std::collections::BTreeMap;

use aceso_desk::When;
use aceso_desk::case::PartyId;
use aceso_desk::duty::Duty;
use aceso_policy::{Caller, Job, Task};
use rusqlite::{Connection, OptionalExtension, Row};

use super::case::people_of;
use super::post::{DeskMail, Post};
use super::{CLERK, Desk, DeskError, json, party, word};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

pub(super) use found::found_in;
pub use origin::Origin;
pub(super) use origin::{bill_is_out, caught_up, owe};

/// Somebody is reminded so many days before, and again after as many.
const REMIND_DAYS: i64 = 7;
const LONGEST: usize = 2_000;

/// A duty, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyLine {
    /// Its id.
    pub id: String,
    /// Of which kind.
    pub kind: Duty,
    /// What is to be done.
    pub what: String,
    /// Who answers for it; nobody yet.
    pub owner: Option<PartyId>,
    /// Until when.
    pub due: When,
    /// When it was done, by whom, and what shows it.
    pub done: Option<(When, PartyId, String)>,
    /// What it comes of.
    pub origin: Origin,
}

/// A duty that somebody enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDuty {
    /// Of which kind.
    pub kind: Duty,
    /// What is to be done.
    pub what: String,
    /// Who answers for it; nobody yet.
    pub owner: Option<PartyId>,
    /// Until when.
    pub due: When,
    /// What it comes of: a scan of the programme, or nothing else.
    pub origin: Origin,
}

impl Desk {
    /// What is to be done, due first; after that what was done, the latest first.
    pub async fn duties(&self, caller: &Caller) -> Result<Vec<DutyLine>, DeskError> {
        let need = Need::May(Task::WorkOnCases);
        let act = Act::plain("desk duties");
        let found = self.store.look(caller, need, act, |c| {
            let mut statement = c.prepare_cached(sql::DESK_DUTY_ALL)?;
            let rows = statement.query_map([], raw)?;
            rows.map(|row| Ok(line(row?)?))
                .collect::<Result<Vec<_>, PeopleError>>()
        });
        Ok(found.await?)
    }

    /// Somebody answers for a duty from now on.
    pub async fn own_duty(&self, caller: &Caller, id: &str) -> Result<(), DeskError> {
        let me = party(caller);
        self.on_duty(caller, "desk duty taken", id, move |tx, id| {
            match tx
                .prepare_cached(sql::DESK_DUTY_OWN)?
                .execute((&me.0, id))?
            {
                1 => Ok(()),
                _ => Err(PeopleError::Unknown),
            }
        })
        .await
    }

    /// It is done, and this shows it.
    pub async fn do_duty(
        &self,
        caller: &Caller,
        id: &str,
        evidence: String,
    ) -> Result<(), DeskError> {
        let (me, at, next) = (party(caller), self.now(), self.store.new_id());
        self.on_duty(caller, "desk duty done", id, move |tx, id| {
            let found = one(tx, id)?.ok_or(PeopleError::Unknown)?;
            if found.kind.is_seen() {
                let wrong = "the desk sees by itself when this is done";
                return Err(Refusal::Field(wrong).into());
            }
            done(tx, at, &me, (&found, &evidence), &next)
        })
        .await
    }

    /// A step of a plan, or a release, that is to be done by a day.
    pub async fn add_duty(&self, caller: &Caller, new: NewDuty) -> Result<(), DeskError> {
        let id = self.store.new_id();
        self.on_duty(caller, "desk duty added", &id, move |tx, id| {
            said(&new.what, "say what is to be done")?;
            if !new.kind.is_entered() {
                let wrong = "what comes by itself is not entered";
                return Err(Refusal::Field(wrong).into());
            }
            match &new.origin {
                Origin::Itself => {}
                Origin::Scan(scan) => {
                    let scan = one(tx, scan)?.ok_or(PeopleError::Unknown)?;
                    if scan.kind != Duty::ScanProgramme {
                        return Err(PeopleError::Unknown);
                    }
                }
                Origin::Case(_) | Origin::Found { .. } => return Err(PeopleError::Unknown),
            }
            let people = people_of(tx)?;
            if !people.iter().any(|one| Some(&one.id) == new.owner.as_ref()) {
                let wrong = "who answers for it is somebody of the group";
                return Err(Refusal::Field(wrong).into());
            }
            add(tx, id, &new)
        })
        .await
    }

    async fn on_duty(
        &self,
        caller: &Caller,
        name: &'static str,
        id: &str,
        work: impl FnOnce(&Connection, &str) -> Result<(), PeopleError> + Send + 'static,
    ) -> Result<(), DeskError> {
        let id = id.to_owned();
        let act = Act {
            name,
            on: vec![["duty/", &id].concat()],
            detail: String::new(),
        };
        let need = Need::May(Task::WorkOnCases);
        let worked = self.store.act(caller, need, act, move |tx| work(tx, &id));
        Ok(worked.await?)
    }

    /// Enters what comes back by itself and is not there, and reminds of what is due. Answers how many were told of.
    pub async fn keep_duties(&self) -> Result<usize, DeskError> {
        let now = self.now();
        let looked = self
            .store
            .0
            .readers
            .quiet(move |c| -> Result<_, PeopleError> {
                Ok((missing(c)?, !late(c, now)?.is_empty()))
            });
        let (wanted, told) = looked.await??;
        if wanted.is_empty() && !told {
            return Ok(0);
        }
        let ids: Vec<String> = wanted.iter().map(|_| self.store.new_id()).collect();
        let post = Post::new(self);
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk duties kept");
        let kept = self.store.act(&caller, Need::Clerk, act, move |tx| {
            for (kind, id) in wanted.into_iter().zip(ids) {
                let days = i64::from(kind.every_days().unwrap_or(0));
                let new = NewDuty {
                    kind,
                    what: kind.what().to_owned(),
                    owner: None,
                    due: now.plus_days(days),
                    origin: Origin::Itself,
                };
                add(tx, &id, &new)?;
            }
            let late = late(tx, now)?;
            for duties in together(&late) {
                remind(tx, now, &duties, &post)?;
            }
            Ok(late.len())
        });
        Ok(kept.await?)
    }

    /// What a machine does of its own is done: the open duty of this kind.
    pub async fn duty_done_by_itself(&self, kind: Duty, evidence: String) -> Result<(), DeskError> {
        let (at, next) = (self.now(), self.store.new_id());
        let caller = Caller::job(Job::Desk);
        let act = Act::plain("desk duty done").with(word(&kind)?);
        let done = self.store.act(&caller, Need::Clerk, act, move |tx| {
            let open = open_of(tx, kind)?;
            let found = open.map(|id| one(tx, &id)).transpose()?.flatten();
            match found {
                Some(found) => {
                    let me = PartyId(CLERK.to_owned());
                    done(tx, at, &me, (&found, &evidence), &next)
                }
                None => Ok(()),
            }
        });
        Ok(done.await?)
    }
}

/// Marks it done; what comes back is entered for the next time, with who answers for it.
fn done(
    tx: &Connection,
    at: When,
    by: &PartyId,
    (duty, evidence): (&DutyLine, &str),
    next: &str,
) -> Result<(), PeopleError> {
    said(evidence, "say what shows that it is done")?;
    let values = (at.millis(), &by.0, evidence.trim(), &duty.id);
    if tx.prepare_cached(sql::DESK_DUTY_DONE)?.execute(values)? != 1 {
        return Err(PeopleError::Refused(Refusal::Decided));
    }
    let Some(days) = duty.kind.every_days() else {
        return Ok(());
    };
    let again = NewDuty {
        kind: duty.kind,
        what: duty.what.clone(),
        owner: duty.owner.clone(),
        due: at.plus_days(i64::from(days)),
        origin: Origin::Itself,
    };
    add(tx, next, &again)
}

fn said(text: &str, otherwise: &'static str) -> Result<(), PeopleError> {
    if text.trim().is_empty() || text.len() > LONGEST {
        return Err(PeopleError::Refused(Refusal::Field(otherwise)));
    }
    Ok(())
}

fn add(tx: &Connection, id: &str, new: &NewDuty) -> Result<(), PeopleError> {
    let (origin, finding) = new.origin.columns();
    tx.prepare_cached(sql::DESK_DUTY_ADD)?.execute((
        id,
        word(&new.kind)?,
        new.what.trim(),
        new.owner.as_ref().map_or("", |id| id.0.as_str()),
        new.due.millis(),
        origin,
        finding,
    ))?;
    Ok(())
}

/// What comes back by itself, and is not entered.
fn missing(c: &Connection) -> Result<Vec<Duty>, PeopleError> {
    let mut all = Vec::new();
    for kind in Duty::ALL.into_iter().filter(|k| k.every_days().is_some()) {
        if open_of(c, kind)?.is_none() {
            all.push(kind);
        }
    }
    Ok(all)
}

/// The open duty of a kind that is due first.
fn open_of(c: &Connection, kind: Duty) -> Result<Option<String>, PeopleError> {
    let mut statement = c.prepare_cached(sql::DESK_DUTY_KIND)?;
    let found = statement.query_row([word(&kind)?], |row| row.get(0));
    Ok(found.optional()?)
}

/// What is due within a week or late, and was not told of for a week. What a machine does every night is told of when it is late.
fn late(c: &Connection, now: When) -> Result<Vec<DutyLine>, PeopleError> {
    let mut statement = c.prepare_cached(sql::DESK_DUTY_LATE)?;
    let soon = now.plus_days(REMIND_DAYS).millis();
    let again = now.plus_days(-REMIND_DAYS).millis();
    let rows = statement.query_map((soon, again), raw)?;
    let all: Result<Vec<DutyLine>, PeopleError> = rows.map(|row| Ok(line(row?)?)).collect();
    let mut all = all?;
    all.retain(|duty| duty.kind != Duty::DependencyScan || duty.due <= now);
    Ok(all)
}

/// What is told of in one mail: what was found in one bill of materials and has the same owner; anything else by itself.
fn together(late: &[DutyLine]) -> Vec<Vec<&DutyLine>> {
    let mut bills: BTreeMap<(&str, Option<&str>), Vec<&DutyLine>> = BTreeMap::new();
    let mut all = Vec::new();
    for duty in late {
        match &duty.origin {
            Origin::Found { bill, .. } => {
                let owner = duty.owner.as_ref().map(|id| id.0.as_str());
                bills.entry((bill.as_str(), owner)).or_default().push(duty);
            }
            Origin::Itself | Origin::Scan(_) | Origin::Case(_) => all.push(vec![duty]),
        }
    }
    all.extend(bills.into_values());
    all
}

/// Tells who answers for them, or the group; the first of them is the one that is due first.
fn remind(
    tx: &Connection,
    now: When,
    duties: &[&DutyLine],
    post: &Post,
) -> Result<(), PeopleError> {
    let Some((first, others)) = duties.split_first() else {
        return Ok(());
    };
    let stands = if first.due < now {
        "overdue since"
    } else {
        "due"
    };
    let what = match &first.origin {
        // A mail does not say what is wrong with something that runs.
        Origin::Found { bill, .. } => {
            let many = others.len() + 1;
            format!("Corrective actions for what was found in {bill}: {many}")
        }
        Origin::Itself | Origin::Scan(_) | Origin::Case(_) => first.what.clone(),
    };
    let detail = format!("{what}\n{stands} {}", first.due.said());
    let told = match &first.owner {
        Some(owner) => post.to_member(tx, now, DeskMail::Duty, owner, &detail)?,
        None => 0,
    };
    if told == 0 {
        post.to_group(tx, now, DeskMail::Duty, &detail)?;
    }
    for duty in duties {
        tx.prepare_cached(sql::DESK_DUTY_REMINDED)?
            .execute((now.millis(), &duty.id))?;
    }
    Ok(())
}

fn one(c: &Connection, id: &str) -> Result<Option<DutyLine>, PeopleError> {
    let mut statement = c.prepare_cached(sql::DESK_DUTY_ONE)?;
    let found = statement.query_row([id], raw).optional()?;
    Ok(found.map(line).transpose()?)
}

struct Raw {
    id: String,
    kind: String,
    what: String,
    owner: String,
    due: i64,
    done: Option<i64>,
    by: String,
    evidence: String,
    origin: String,
    finding: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        id: row.get(0)?,
        kind: row.get(1)?,
        what: row.get(2)?,
        owner: row.get(3)?,
        due: row.get(4)?,
        done: row.get(5)?,
        by: row.get(6)?,
        evidence: row.get(7)?,
        origin: row.get(8)?,
        finding: row.get(9)?,
    })
}

fn line(raw: Raw) -> Result<DutyLine, StoreError> {
    let kind = serde_json::from_value(serde_json::Value::String(raw.kind)).map_err(json)?;
    let (by, evidence) = (PartyId(raw.by), raw.evidence);
    Ok(DutyLine {
        id: raw.id,
        kind,
        what: raw.what,
        owner: Some(raw.owner).filter(|id| !id.is_empty()).map(PartyId),
        due: When::from_millis(raw.due),
        done: raw.done.map(|at| (When::from_millis(at), by, evidence)),
        origin: Origin::of(&raw.origin, raw.finding)?,
    })
}
