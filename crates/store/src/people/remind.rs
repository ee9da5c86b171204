//! What happens by itself when its time has come: overdue reviews are told to everybody who should know, the quarterly list
//! of who may do what is opened, duties of the clinic that hold no more are told, old notices are removed.

use aceso_base::Instant;
use aceso_policy::{Caller, Role};
use rusqlite::Connection;

use super::door::{Act, Need, PeopleError};
use super::duty::untold;
use super::notice::NoticeKind;
use super::recheck::{open, opens_itself};
use super::telling::{access_ended, left, owed};
use crate::access::{overdue, tell_role};
use crate::statements as sql;
use crate::{Store, StoreError};

/// Notices are kept for a year.
const NOTICES_MILLIS: i64 = 365 * 86_400_000;
/// Who is told.
pub(super) const OFFICERS: [Role; 2] = [Role::SECURITY_OFFICER, Role::ADMINISTRATOR];

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reminded {
    /// So many overdue reviews of emergency accesses were told to security officers and administrators.
    pub escalated: usize,
    /// The list that was opened.
    pub recheck: Option<String>,
    /// So many duties of the clinic that hold no more were told.
    pub duties: usize,
    /// Of so many people who left by their date others are to be told.
    pub left: usize,
    /// Of so many corrections those who had received what was wrong are to be told: the program had stopped in between.
    pub corrected: usize,
    /// So many old notices were removed.
    pub pruned: usize,
}

impl Store {
    /// Does what is due. Nothing due leaves no entry.
    pub async fn remind(&self, caller: &Caller) -> Result<Reminded, PeopleError> {
        let now = self.now();
        self.permit(caller, Need::Remind, &Act::plain("reminders"))
            .await?;
        let due: Result<Due, StoreError> = self.0.readers.quiet(move |c| Due::now(c, now)).await?;
        let due = due?;
        let mut done = Reminded::default();
        if due.reviews > 0 {
            done.escalated = self.escalate(caller).await?;
        }
        if due.recheck {
            done.recheck = Some(self.open_recheck_itself(caller).await?);
        }
        if due.duties > 0 {
            done.duties = self.tell_of_duties(caller).await?;
        }
        if due.left > 0 {
            done.left = self.tell_who_left(caller).await?;
        }
        if due.owed > 0 {
            done.corrected = self.tell_of_corrections(caller).await?;
        }
        if due.notices > 0 {
            let before = now.plus_millis(-NOTICES_MILLIS);
            let act = Act::plain("notice prune");
            let work = move |tx: &Connection| {
                Ok(tx
                    .prepare_cached(sql::NOTICE_PRUNE)?
                    .execute([before.millis()])?)
            };
            done.pruned = self.act(caller, Need::Remind, act, work).await?;
        }
        Ok(done)
    }

    async fn escalate(&self, caller: &Caller) -> Result<usize, PeopleError> {
        let (now, notice) = (self.now(), self.new_id());
        let act = Act::plain("break-glass escalate");
        self.act(caller, Need::Remind, act, move |tx| {
            let all = overdue(tx, now)?;
            for (number, one) in all.iter().enumerate() {
                let id = format!("{notice}-{number}");
                let text = format!(
                    "{} opened a chart; nobody has reviewed it in time",
                    one.name
                );
                for role in &OFFICERS {
                    tell_role(tx, &id, role, NoticeKind::ReviewOverdue, now, &text)?;
                }
                tx.prepare_cached(sql::BREAK_ESCALATED)?
                    .execute((now.millis(), &one.id))?;
            }
            Ok(all.len())
        })
        .await
    }

    async fn tell_of_duties(&self, caller: &Caller) -> Result<usize, PeopleError> {
        let (now, notice) = (self.now(), self.new_id());
        let act = Act::plain("duty over");
        self.act(caller, Need::Remind, act, move |tx| {
            let all = untold(tx, now)?;
            for (number, one) in all.iter().enumerate() {
                let id = format!("{notice}-{number}");
                let day: String = one.until.to_fhir().chars().take(10).collect();
                let text = format!("{} ({}) is valid until {day}", one.kind.name(), one.name);
                for role in &OFFICERS {
                    tell_role(tx, &id, role, NoticeKind::DutyOver, now, &text)?;
                }
                tx.prepare_cached(sql::DUTY_TOLD)?
                    .execute((now.millis(), &one.id))?;
            }
            Ok(all.len())
        })
        .await
    }

    async fn tell_who_left(&self, caller: &Caller) -> Result<usize, PeopleError> {
        let (now, id) = (self.now(), self.new_id());
        let act = Act::plain("telling open").with("by their last day");
        self.act(caller, Need::Remind, act, move |tx| {
            let all = left(tx, now)?;
            for (number, account) in all.iter().enumerate() {
                access_ended(tx, format!("{id}-{number}"), account, now)?;
            }
            Ok(all.len())
        })
        .await
    }

    async fn open_recheck_itself(&self, caller: &Caller) -> Result<String, PeopleError> {
        let (id, now, policies) = (self.new_id(), self.now(), self.policies());
        let act = Act::plain("recertification open").with("by itself");
        self.act(caller, Need::Remind, act, move |tx| {
            open(tx, &id, &policies, now)?;
            for role in &OFFICERS {
                let text = "to be worked through within two weeks";
                tell_role(tx, &id, role, NoticeKind::RecheckOpened, now, text)?;
            }
            Ok(id)
        })
        .await
    }
}

/// What is due.
struct Due {
    reviews: usize,
    recheck: bool,
    duties: usize,
    left: usize,
    owed: usize,
    notices: i64,
}

impl Due {
    fn now(c: &Connection, now: Instant) -> Result<Self, StoreError> {
        let before = now.plus_millis(-NOTICES_MILLIS);
        Ok(Self {
            reviews: overdue(c, now)?.len(),
            recheck: opens_itself(c, now)?,
            duties: untold(c, now)?.len(),
            left: left(c, now)?.len(),
            owed: owed(c)?.len(),
            notices: c
                .prepare_cached(sql::NOTICE_OLD)?
                .query_row([before.millis()], |row| row.get(0))?,
        })
    }
}
