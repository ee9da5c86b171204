//! The weekly review of the log (45 CFR 164.308(a)(1)(ii)(D)): each week that is over stands in the queue until somebody
//! signs it off, and is overdue a week later.

use aceso_base::{Instant, Zone};
use aceso_policy::{Caller, Task};
use rusqlite::{Connection, OptionalExtension};

use crate::people::{Act, Need, Refusal};
use crate::statements as sql;
use crate::{PeopleError, Store, StoreError};

/// Weeks of longer ago are not asked for any more.
const MOST_WEEKS: usize = 26;
const LONGEST_NOTE: usize = 2000;

/// A week of the log, to be reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReview {
    /// The week's Monday, 00:00 UTC.
    pub week: Instant,
    /// The next Monday.
    pub ends: Instant,
    /// Until when it is to be signed off.
    pub due: Instant,
    /// When it was signed off, by whom (as the log names them), and what they found.
    pub signed: Option<(Instant, String, String)>,
}

impl AuditReview {
    /// The week of a moment.
    fn of(at: Instant) -> Self {
        let (week, ends) = Zone::default().week(at);
        Self {
            week,
            ends,
            due: Zone::default().week(ends).1,
            signed: None,
        }
    }

    /// Whether nobody signed it off in time.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.signed.is_none() && self.due <= now
    }
}

impl Store {
    /// The weeks that are over, the newest first, half a year of them at most.
    pub async fn audit_reviews(&self, caller: &Caller) -> Result<Vec<AuditReview>, PeopleError> {
        let act = Act::plain("audit review list");
        let (store, now) = (self.clone(), self.now());
        self.log_settled().await?;
        self.look(caller, Need::May(Task::ReadAudit), act, move |record| {
            Ok(store.on_log(|log| weeks(record, log, now))??)
        })
        .await
    }

    /// Signs a week off, with what was found. A week is signed off once, and only when it is over.
    pub async fn sign_audit_review(
        &self,
        caller: &Caller,
        week: Instant,
        note: &str,
    ) -> Result<(), PeopleError> {
        let act = Act::plain("audit review").with(week.to_fhir());
        let (now, by, note) = (self.now(), caller.name(), note.trim().to_owned());
        self.act(caller, Need::May(Task::ReadAudit), act, move |tx| {
            if note.is_empty() || note.chars().count() > LONGEST_NOTE {
                return Err(Refusal::Field("say in at most 2000 letters what was found").into());
            }
            let wanted = AuditReview::of(week);
            if wanted.week != week || now < wanted.ends {
                return Err(PeopleError::Unknown);
            }
            let row = (week.millis(), now.millis(), by, note);
            let count = tx.prepare_cached(sql::REVIEW_ADD)?.execute(row)?;
            if count == 0 {
                return Err(Refusal::Decided.into());
            }
            Ok(())
        })
        .await
    }
}

fn weeks(
    record: &Connection,
    log: &Connection,
    now: Instant,
) -> Result<Vec<AuditReview>, StoreError> {
    let first: Option<i64> = log
        .prepare_cached(sql::AUDIT_LOG_SAID)?
        .query_row([1], |row| row.get(0))
        .optional()?;
    let Some(first) = first else {
        return Ok(Vec::new());
    };
    let first = AuditReview::of(Instant::from_millis(first)).week;
    let mut found = Vec::new();
    let mut one = record.prepare_cached(sql::REVIEW_ONE)?;
    let (mut week, _) = Zone::default().week_before(now);
    while week >= first && found.len() < MOST_WEEKS {
        let mut review = AuditReview::of(week);
        review.signed = one
            .query_row([week.millis()], |row| {
                Ok((Instant::from_millis(row.get(0)?), row.get(1)?, row.get(2)?))
            })
            .optional()?;
        found.push(review);
        (week, _) = Zone::default().week_before(week);
    }
    Ok(found)
}
