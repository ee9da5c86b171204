//! What installations say of themselves, and how far a fix has come. A list of clinics that are not patched is of use to attackers: it
//! is sealed, shown to the two who lead a case, and deleted when the case is over; numbers stay.

mod heard;
mod take;

use std::sync::Arc;

use aceso_base::hex;
use aceso_desk::When;
use aceso_desk::case::{Case, PartyId, Role, Stage, What};
use aceso_desk::deploy::{Heard, Progress, Rollout};
use aceso_policy::{Caller, Job, Task};
use rusqlite::{Connection, OptionalExtension};

use super::act::{Open, on_case, replayed, sees};
use super::{Desk, DeskError, json, party};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

pub use heard::Installation;
pub use take::Known;

use heard::{anonymous, installations, named};

/// How far the fix of an advisory has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The advisory.
    pub advisory: String,
    /// Its case.
    pub case: String,
    /// How far the case is.
    pub stage: Stage,
    /// The number of the last event in its log.
    pub seq: u64,
    /// When it was published first.
    pub published: Option<When>,
    /// Until when installations have time before the rest may be named instead.
    pub ends: Option<When>,
    /// Of the installations that are known by their keys.
    pub named: Rollout,
    /// Of those that tell without a name; anybody can say such a thing, so nothing is decided by it.
    pub anonymous: Rollout,
    /// Those that are not done, for the two who may see them; none for everybody else, and when the case is over.
    pub laggards: Option<Vec<Heard>>,
    /// Whether the installations' own words were deleted.
    pub is_over: bool,
}

impl Desk {
    /// The installations that said something under a key, with their names, for the group.
    pub async fn installations(&self, caller: &Caller) -> Result<Vec<Installation>, DeskError> {
        let seal = self.store.sealer(heard::SEAL);
        let act = Act::plain("desk installations");
        let need = Need::May(Task::WorkOnCases);
        let found = self
            .store
            .look(caller, need, act, move |c| Ok(installations(c, &seal)?));
        Ok(found.await?)
    }

    /// Vets an installation: somebody of the group knows whose key it is. Only then it counts.
    pub async fn vet_installation(&self, caller: &Caller, id: [u8; 32]) -> Result<(), DeskError> {
        let me = party(caller);
        let act = Act::plain("desk installation vet").with(hex(&id));
        let need = Need::May(Task::WorkOnCases);
        let done = self.store.act(caller, need, act, move |tx| {
            let values = (&me.0, id.as_slice());
            let mut vet = tx.prepare_cached(sql::DESK_INSTALLATION_VET)?;
            match vet.execute(values)? {
                1 => Ok(()),
                _ => Err(PeopleError::Unknown),
            }
        });
        Ok(done.await?)
    }

    /// Takes an installation out, with all that it said.
    pub async fn end_installation(&self, caller: &Caller, id: [u8; 32]) -> Result<(), DeskError> {
        let act = Act::plain("desk installation end").with(hex(&id));
        let need = Need::May(Task::WorkOnCases);
        let done = self.store.act(caller, need, act, move |tx| {
            let who = [id.as_slice()];
            tx.prepare_cached(sql::DESK_STANDING_END)?.execute(who)?;
            let mut end = tx.prepare_cached(sql::DESK_INSTALLATION_END)?;
            match end.execute(who)? {
                1 => Ok(()),
                _ => Err(PeopleError::Unknown),
            }
        });
        Ok(done.await?)
    }

    /// How far the fix of an advisory has come, for who sees its case.
    pub async fn adoption(&self, caller: &Caller, advisory: &str) -> Result<Adoption, DeskError> {
        let (me, rules, now) = (party(caller), Arc::clone(&self.rules), self.now());
        let (seal, id) = (self.store.sealer(heard::SEAL), advisory.to_owned());
        let act = Act::plain("desk adoption").with(advisory);
        let need = Need::May(Task::WorkOnCases);
        let found = self.store.look(caller, need, act, move |c| {
            let case_id = case_of(c, &id)?.ok_or(PeopleError::Unknown)?;
            let (case, _) = replayed(c, &case_id, &rules)?;
            if !sees(&case, &me) {
                return Err(PeopleError::Unknown);
            }
            let kept = kept(c, &id)?;
            let all = named(c, &seal, &id)?;
            let open = |one: &Heard| one.progress(now) != Progress::Done;
            let may = kept.is_none() && leads(&case, &me);
            Ok(Adoption {
                published: case.publications.first().map(|p| p.at),
                ends: case.rollout_ends(),
                stage: case.stage,
                seq: case.seq,
                laggards: may.then(|| all.iter().filter(|one| open(one)).cloned().collect()),
                is_over: kept.is_some(),
                named: kept.unwrap_or_else(|| Rollout::of(&all, now)),
                anonymous: Rollout::of(&anonymous(c, &seal, &id)?, now),
                case: case_id,
                advisory: id,
            })
        });
        Ok(found.await?)
    }

    /// Takes what the installations say into the case: the share that is done, and who is not, by name. For the two who may see
    /// the names.
    pub async fn say_coverage(
        &self,
        caller: &Caller,
        id: &str,
        seen: u64,
    ) -> Result<(), DeskError> {
        let (me, seal) = (party(caller), self.store.sealer(heard::SEAL));
        self.change(caller, id, "coverage".to_owned(), move |open, at, slot| {
            open.is_as_seen(&me, seen)?;
            if !leads(&open.case, &me) {
                return Err(PeopleError::Forbidden);
            }
            let Some(measured) = measured(open.tx, &seal, open.id, at)? else {
                let wrong = "no installation that is vetted says anything yet";
                return Err(Refusal::Field(wrong).into());
            };
            let (percent, laggards) = measured;
            open.act(at, &me, What::CoverageSaid { percent, laggards }, slot)
        })
        .await
    }

    /// Keeps the numbers of rollouts whose case is over, and deletes what the installations said. Answers how many.
    pub async fn end_rollouts(&self) -> Result<usize, DeskError> {
        let (now, seal) = (self.now(), self.store.sealer(heard::SEAL));
        let due = self
            .store
            .0
            .readers
            .quiet(|c| -> Result<Vec<(String, String)>, StoreError> {
                let mut statement = c.prepare_cached(sql::DESK_ROLLOUT_DUE)?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            });
        let due = due.await??;
        let count = due.len();
        for (advisory, case) in due {
            let (seal, caller) = (seal.clone(), Caller::job(Job::Desk));
            let act = on_case("desk rollout end", &case);
            let done = self.store.act(&caller, Need::Clerk, act, move |tx| {
                let numbers = Rollout::of(&named(tx, &seal, &advisory)?, now);
                let body = serde_json::to_string(&numbers).map_err(json)?;
                tx.prepare_cached(sql::DESK_ROLLOUT_ADD)?.execute((
                    &advisory,
                    now.millis(),
                    body,
                ))?;
                tx.prepare_cached(sql::DESK_STANDING_OVER)?
                    .execute([&advisory])?;
                Ok(())
            });
            done.await?;
        }
        Ok(count)
    }
}

/// What installations say stands against an act in a case: a share above theirs, or an end of the rollout before its time.
pub(super) fn stands(
    open: &Open<'_>,
    desk: &Desk,
    at: When,
    what: &What,
) -> Result<(), PeopleError> {
    match what {
        What::CoverageSaid { percent, .. } => {
            let seal = desk.store.sealer(heard::SEAL);
            match measured(open.tx, &seal, open.id, at)? {
                Some((share, _)) if *percent > share => Err(Refusal::Field(
                    "the installations that are known say less: take their figures from the page of adoption",
                )
                .into()),
                Some(_) | None => Ok(()),
            }
        }
        What::Moved { to: Stage::Review } => {
            let share = open
                .case
                .coverage
                .as_ref()
                .map_or(0, |(percent, _)| *percent);
            let over = open.case.rollout_ends().is_some_and(|end| end <= at);
            if share >= desk.rules.coverage || over {
                return Ok(());
            }
            let wrong = "the share that is wanted is not reached, and those who lag may be named instead only after the time that the severity gives";
            Err(Refusal::Field(wrong).into())
        }
        _ => Ok(()),
    }
}

/// The share that is done, and who is not; none where no installation is vetted. A case with several advisories is as far as the
/// one that is least far.
fn measured(
    c: &Connection,
    seal: &aceso_vault::Sealer,
    case: &str,
    now: When,
) -> Result<Option<(u8, Vec<String>)>, StoreError> {
    let mut of = c.prepare_cached(sql::DESK_PUBLISHED_OF)?;
    let ids = of.query_map([case], |row| row.get::<_, String>(0))?;
    let mut least: Option<(u8, Vec<String>)> = None;
    for id in ids {
        let all = named(c, seal, &id?)?;
        if all.is_empty() {
            continue;
        }
        let percent = Rollout::of(&all, now).percent();
        let open = all.iter().filter(|one| one.progress(now) != Progress::Done);
        let open: Vec<String> = open.map(|one| one.name.clone()).collect();
        if least.as_ref().is_none_or(|(before, _)| percent < *before) {
            least = Some((percent, open));
        }
    }
    Ok(least)
}

/// Whether somebody may see who is not patched.
fn leads(case: &Case, me: &PartyId) -> bool {
    let roles = case.people.get(me).map(|person| &person.roles);
    roles.is_some_and(|r| r.contains(&Role::Manager) || r.contains(&Role::Coordinator))
}

fn case_of(c: &Connection, advisory: &str) -> Result<Option<String>, StoreError> {
    let mut statement = c.prepare_cached(sql::DESK_PUBLISHED_CASE)?;
    Ok(statement
        .query_row([advisory], |row| row.get(0))
        .optional()?)
}

/// The numbers of a rollout that is over.
fn kept(c: &Connection, advisory: &str) -> Result<Option<Rollout>, StoreError> {
    let mut statement = c.prepare_cached(sql::DESK_ROLLOUT_ONE)?;
    let body: Option<String> = statement
        .query_row([advisory], |row| row.get(0))
        .optional()?;
    body.map(|text| serde_json::from_str(&text).map_err(json))
        .transpose()
}
