//! Acts in cases: the log is read, the guards decide, the event is appended, and what lists show of the case follows, all
//! in the transaction of the audit entry.

use std::sync::{Arc, Mutex, PoisonError};

use aceso_desk::When;
use aceso_desk::case::{Case, Event, PartyId, Refused, Role, Rules, Unmet, Verdict, What, owed};
use aceso_policy::{Caller, Task};
use rusqlite::Connection;

use super::adoption::stands;
use super::case::log_of;
use super::duty::caught_up;
use super::post::{DeskMail, Post};
use super::remind::next;
use super::{CLERK, Desk, DeskError, json, party, word};
use crate::people::{Act, Need};
use crate::statements as sql;
use crate::{PeopleError, Refusal, StoreError};

/// A case in a transaction: its log so far, and what is appended to it.
pub(super) struct Open<'a> {
    pub(super) tx: &'a Connection,
    pub(super) id: &'a str,
    pub(super) case: Case,
    rules: &'a Rules,
}

impl<'a> Open<'a> {
    /// Whether this person sees the case, and saw all of it: `seen` is the number of the last event that was shown.
    pub(super) fn is_as_seen(&self, by: &PartyId, seen: u64) -> Result<(), PeopleError> {
        if !sees(&self.case, by) {
            return Err(PeopleError::Unknown);
        }
        if self.case.seq != seen {
            return Err(PeopleError::Refused(Refusal::Stale));
        }
        Ok(())
    }

    /// The case of this id, as its log makes it.
    pub(super) fn read(
        tx: &'a Connection,
        id: &'a str,
        rules: &'a Rules,
    ) -> Result<Self, PeopleError> {
        let (case, _) = replayed(tx, id, rules)?;
        Ok(Self {
            tx,
            id,
            case,
            rules,
        })
    }

    /// A new case, with its first event.
    pub(super) fn begin(
        tx: &'a Connection,
        id: &'a str,
        first: &Event,
        title: &str,
        rules: &'a Rules,
    ) -> Result<Self, PeopleError> {
        let case = Case::replay(std::slice::from_ref(first), rules).map_err(broken)?;
        tx.prepare_cached(sql::DESK_CASE_ADD)?.execute((
            id,
            first.at.millis(),
            first.at.millis(),
            0,
            word(&case.stage)?,
            None::<String>,
            title,
            None::<i64>,
            0,
        ))?;
        let open = Self {
            tx,
            id,
            case,
            rules,
        };
        open.append(first)?;
        open.follow()?;
        Ok(open)
    }

    /// Does something in the case, if its guards let this party do it now.
    pub(super) fn act(
        &mut self,
        at: When,
        by: &PartyId,
        what: What,
        refused: &Slot,
    ) -> Result<(), PeopleError> {
        // A clock that is behind the log's last event by what two machines differ does not stop the work.
        let at = at.max(self.case.at);
        let event = match self.case.act(at, by, what, self.rules) {
            Ok(event) => event,
            Err(why) => return Err(refused.keep(why)),
        };
        self.case.take(&event, self.rules).map_err(broken)?;
        self.append(&event)?;
        if let What::Judged {
            report, verdict, ..
        } = &event.what
        {
            let said = match verdict {
                Verdict::Valid => "valid",
                Verdict::Invalid => "invalid",
                Verdict::Duplicate(_) => "duplicate",
            };
            self.tx
                .prepare_cached(sql::DESK_REPORT_VERDICT)?
                .execute((said, report))?;
        }
        self.follow()?;
        caught_up(self, at, by)
    }

    /// What it owes of an emergency.
    pub(super) fn owed(&self, now: When) -> Vec<Unmet> {
        owed(&self.case, now, self.rules)
    }

    fn append(&self, event: &Event) -> Result<(), PeopleError> {
        let body = serde_json::to_string(event).map_err(json)?;
        self.tx.prepare_cached(sql::DESK_EVENT_ADD)?.execute((
            self.id,
            event.seq.cast_signed(),
            event.at.millis(),
            body,
        ))?;
        Ok(())
    }

    /// What lists show of the case.
    fn follow(&self) -> Result<(), PeopleError> {
        let case = &self.case;
        let severity = case.assessment.as_ref().map(|a| a.severity.name());
        let due = case
            .running(case.at)
            .first()
            .map(|(_, clock)| clock.due().millis());
        let changed = self.tx.prepare_cached(sql::DESK_CASE_SET)?.execute((
            case.at.millis(),
            case.seq.cast_signed(),
            word(&case.stage)?,
            severity,
            due,
            i64::from(is_taken(case)),
            next(case, case.at).map(When::millis),
            case.scheduled.map(When::millis),
            case.marks.acknowledged.map(When::millis),
            case.marks.fixed.map(When::millis),
            case.marks.published.map(When::millis),
            case.marks.patched.map(When::millis),
            self.id,
        ))?;
        if changed != 1 {
            return Err(
                StoreError::text("a case is not there, or was changed beside its log").into(),
            );
        }
        let mut add = self.tx.prepare_cached(sql::DESK_PARTY_ADD)?;
        let mut end = self.tx.prepare_cached(sql::DESK_PARTY_END)?;
        for id in case.people.keys().filter(|id| id.0 != CLERK) {
            let side = if sees(case, id) { &mut add } else { &mut end };
            side.execute((&id.0, self.id))?;
        }
        Ok(())
    }
}

/// Whether somebody leads the case, beside the desk's own clerk.
pub(super) fn is_taken(case: &Case) -> bool {
    let leads = |(id, p): (&PartyId, &aceso_desk::case::Participant)| {
        id.0 != CLERK && p.roles.contains(&Role::Manager)
    };
    case.people.iter().any(leads)
}

/// Whether somebody of the group sees a case: nobody leads it yet, or they are in it and have no conflict.
pub(super) fn sees(case: &Case, who: &PartyId) -> bool {
    use aceso_desk::case::Conflict;
    match case.people.get(who) {
        Some(person) => !matches!(person.conflict, Conflict::Declared(_)),
        None => !is_taken(case),
    }
}

/// A case and its log; a log that could not have come about is a failure of the store.
pub(super) fn replayed(
    connection: &Connection,
    id: &str,
    rules: &Rules,
) -> Result<(Case, Vec<Event>), PeopleError> {
    let log = log_of(connection, id)?;
    if log.is_empty() {
        return Err(PeopleError::Unknown);
    }
    let case = Case::replay(&log, rules).map_err(broken)?;
    Ok((case, log))
}

pub(super) fn broken(why: Refused) -> PeopleError {
    StoreError(format!("the log of a case: {why}")).into()
}

/// Where the words of a refusal wait until the transaction is over.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Refused>>>);

impl Slot {
    fn keep(&self, why: Refused) -> PeopleError {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        PeopleError::Refused(Refusal::Guards)
    }

    /// The refusal with its words.
    pub(super) fn told(&self, error: PeopleError) -> DeskError {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (error, kept) {
            (PeopleError::Refused(Refusal::Guards), Some(why)) => DeskError::Guard(why),
            (error, _) => error.into(),
        }
    }
}

impl Desk {
    /// Does something in a case, as far as its guards let this person. `seen` is the number of the last event that the person
    /// saw: after another one they are asked to look again.
    pub async fn act(
        &self,
        caller: &Caller,
        id: &str,
        seen: u64,
        what: What,
    ) -> Result<(), DeskError> {
        let (by, post, desk) = (party(caller), Post::new(self), self.clone());
        self.change(caller, id, name_of(&what)?, move |open, at, slot| {
            open.is_as_seen(&by, seen)?;
            stands(open, &desk, at, &what)?;
            open.act(at, &by, what.clone(), slot)?;
            match &what {
                What::Joined { party, roles } if *party != by => {
                    let roles: Result<Vec<String>, StoreError> = roles.iter().map(word).collect();
                    let detail = format!("{} {}", open.id, roles?.join(", "));
                    post.to_member(open.tx, at, DeskMail::Joined, party, &detail)?;
                }
                _ => {}
            }
            Ok(())
        })
        .await
    }

    /// Takes a case that nobody leads: who does is its manager.
    pub async fn take_case(&self, caller: &Caller, id: &str) -> Result<(), DeskError> {
        let by = party(caller);
        self.change(caller, id, "taken".to_owned(), move |open, at, slot| {
            if is_taken(&open.case) {
                return Err(PeopleError::Refused(Refusal::Stale));
            }
            let roles = [Role::Manager].into();
            let clerk = PartyId(CLERK.to_owned());
            open.act(at, &clerk, What::Joined { party: by, roles }, slot)
        })
        .await
    }

    /// A change of one case by somebody of the group, with its entry.
    pub(super) async fn change(
        &self,
        caller: &Caller,
        id: &str,
        detail: String,
        work: impl FnOnce(&mut Open<'_>, When, &Slot) -> Result<(), PeopleError> + Send + 'static,
    ) -> Result<(), DeskError> {
        let act = on_case("desk act", id).with(detail);
        let (id, rules, at) = (id.to_owned(), Arc::clone(&self.rules), self.now());
        let slot = Slot::default();
        let inner = slot.clone();
        let need = Need::May(Task::WorkOnCases);
        let done = self.store.act(caller, need, act, move |tx| {
            let mut open = Open::read(tx, &id, &rules)?;
            work(&mut open, at, &inner)
        });
        done.await.map_err(|error| slot.told(error))
    }
}

/// An act on a case.
pub(super) fn on_case(name: &'static str, id: &str) -> Act {
    Act {
        name,
        on: vec![["case/", id].concat()],
        detail: String::new(),
    }
}

/// What an event is called, for the audit log: none of its words.
fn name_of(what: &What) -> Result<String, StoreError> {
    let value = serde_json::to_value(what).map_err(json)?;
    let named = value.as_object().and_then(|o| o.keys().next().cloned());
    Ok(named.unwrap_or_else(|| value.as_str().unwrap_or_default().to_owned()))
}
