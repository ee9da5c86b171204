//! What people decide about a finding. What was decided holds for one vulnerability in one component, and for the text that it
//! was decided on.

use aceso_base::Instant;
use aceso_desk::advisory::Justification;
use aceso_policy::Caller;

use super::kept::{Asked, Decision, KeptFinding, all, one};
use super::plan::reopen;
use crate::people::{Act, Need};
use crate::{PeopleError, Refusal, Store, StoreError};

const LONGEST: usize = 2000;
const DAY_MILLIS: i64 = 86_400_000;
/// A risk is accepted for half a year at most; then somebody looks again.
const LONGEST_ACCEPTED_DAYS: i64 = 183;

/// What somebody decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decide {
    /// Something was done that stands before it: what.
    Mitigate(String),
    /// It should be accepted: why, and until when. Another person has to agree.
    Accept {
        /// Why.
        why: String,
        /// Until when; it opens again then.
        until: Instant,
    },
    /// Another person's wish to accept it is agreed to.
    Agree,
    /// It is refused: the finding stays open.
    Refuse,
    /// It does not concern this installation.
    NotAffected {
        /// Which of the five reasons.
        justification: Justification,
        /// In words.
        why: String,
    },
    /// The update is to be put in place in the next quiet hours.
    Update,
    /// What was decided does not hold any more: why.
    Reopen(String),
}

impl Decide {
    const fn name(&self) -> &'static str {
        match self {
            Self::Mitigate(_) => "mitigate",
            Self::Accept { .. } => "ask to accept",
            Self::Agree => "agree to accept",
            Self::Refuse => "refuse to accept",
            Self::NotAffected { .. } => "not affected",
            Self::Update => "update",
            Self::Reopen(_) => "reopen",
        }
    }
}

impl Store {
    /// All findings, by advisory.
    pub async fn findings(&self, caller: &Caller) -> Result<Vec<KeptFinding>, PeopleError> {
        let act = Act::plain("finding list");
        self.look(caller, Need::SeeFindings, act, |c| Ok(all(c)?))
            .await
    }

    /// One finding.
    pub async fn finding(&self, caller: &Caller, id: &str) -> Result<KeptFinding, PeopleError> {
        let act = Act::plain("finding read").with(id);
        let id = id.to_owned();
        self.look(caller, Need::SeeFindings, act, move |c| one(c, &id))
            .await
    }

    /// How many wait for somebody, and how many of them too long; an update that somebody asked for is among them. Leaves no
    /// entry: it stands on the overview.
    pub async fn findings_waiting(&self, caller: &Caller) -> Result<(u64, u64), PeopleError> {
        let waiting = self.waiting(caller).await?;
        let now = self.now();
        let overdue = waiting.iter().filter(|row| row.is_overdue(now)).count();
        let size = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Ok((size(waiting.len()), size(overdue)))
    }

    /// Whether somebody decided that the update is to be put in place. Leaves no entry.
    pub async fn update_is_queued(&self, caller: &Caller) -> Result<bool, PeopleError> {
        let waiting = self.waiting(caller).await?;
        Ok(waiting.iter().any(|row| row.decision == Decision::Queued))
    }

    async fn waiting(&self, caller: &Caller) -> Result<Vec<KeptFinding>, PeopleError> {
        self.permit(caller, Need::SeeFindings, &Act::plain("finding count"))
            .await?;
        let read: Result<Vec<KeptFinding>, StoreError> = self.0.readers.quiet(|c| all(c)).await?;
        Ok(read?
            .into_iter()
            .filter(|row| row.decision.waits())
            .collect())
    }

    /// Decides about a finding in the version that the caller saw.
    pub async fn decide_finding(
        &self,
        caller: &Caller,
        id: &str,
        version: u64,
        what: Decide,
    ) -> Result<(), PeopleError> {
        let act = Act::plain("finding decide").with(format!("{id}: {}", what.name()));
        let (id, now, by) = (id.to_owned(), self.now(), caller.name());
        let account = caller.as_person().map(|p| p.account.clone());
        self.act(caller, Need::Findings, act, move |tx| {
            let mut row = one(tx, &id)?;
            if row.version != version {
                return Err(Refusal::Stale.into());
            }
            let account = account.ok_or(PeopleError::Forbidden)?;
            row.decide(now, (&by, &account), what)?;
            row.set(tx)
        })
        .await
    }
}

impl KeptFinding {
    fn decide(
        &mut self,
        now: Instant,
        (by, account): (&str, &str),
        what: Decide,
    ) -> Result<(), PeopleError> {
        if !self.is_live() {
            return Err(Refusal::Field("nothing is left to decide").into());
        }
        match what {
            Decide::Mitigate(done) => {
                let done = text(&done, "say in at most 2000 letters what was done")?;
                self.turn_to(Decision::Mitigated, now);
                self.note(now, by, format!("mitigated: {done}"));
            }
            Decide::Accept { why, until } => {
                let why = text(&why, "say in at most 2000 letters why")?;
                let latest = now.plus_millis(LONGEST_ACCEPTED_DAYS * DAY_MILLIS);
                if until <= now || until > latest {
                    let wrong = "it ends on a day within the next half year";
                    return Err(Refusal::Field(wrong).into());
                }
                self.note(now, by, format!("asks to accept it: {why}"));
                self.asked = Some(Asked {
                    by: by.to_owned(),
                    account: account.to_owned(),
                    why,
                    until: until.millis(),
                });
            }
            Decide::Agree => {
                let asked = self.another(account)?;
                self.turn_to(Decision::Accepted, now);
                self.until = Some(Instant::from_millis(asked.until));
                self.note(now, by, format!("agreed to accept it: {}", asked.why));
            }
            Decide::Refuse => {
                self.another(account)?;
                self.asked = None;
                self.note(now, by, "refused to accept it");
            }
            Decide::NotAffected { justification, why } => {
                let why = text(&why, "say in at most 2000 letters why")?;
                self.turn_to(Decision::NotAffected, now);
                self.justification = Some(justification);
                self.note(now, by, format!("{}: {why}", justification.key()));
            }
            Decide::Update => {
                self.turn_to(Decision::Queued, now);
                self.note(now, by, "the update is to be put in place");
            }
            Decide::Reopen(why) => {
                let why = text(&why, "say in at most 2000 letters why")?;
                reopen(self, now);
                self.note(now, by, format!("opened again: {why}"));
            }
        }
        Ok(())
    }

    /// The wish that waits; whoever asked does not agree.
    fn another(&self, account: &str) -> Result<Asked, PeopleError> {
        let asked = self.asked.clone().ok_or(Refusal::Decided)?;
        if asked.account == account {
            let wrong = "another person than who asks has to agree";
            return Err(Refusal::Field(wrong).into());
        }
        Ok(asked)
    }

    fn turn_to(&mut self, decision: Decision, now: Instant) {
        (self.decision, self.since) = (decision, now);
        (self.until, self.asked, self.justification) = (None, None, None);
    }
}

fn text(typed: &str, wrong: &'static str) -> Result<String, PeopleError> {
    let typed = typed.trim();
    if typed.is_empty() || typed.chars().count() > LONGEST {
        return Err(Refusal::Field(wrong).into());
    }
    Ok(typed.to_owned())
}
