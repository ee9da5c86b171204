//! The weekly review of the log (45 CFR 164.308(a)(1)(ii)(D)): each week that is over stands in the queue until somebody
//! signs it off, and is overdue a week later.

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use rusqlite::{Connection, OptionalExtension};

use crate::people::{Act, Need, Refusal};
use crate::statements as sql;
use crate::{PeopleError, Store, StoreError};

const DAY: i64 = 86_400_000;
const WEEK: i64 = 7 * DAY;
/// Monday, 5 January 1970.
const MONDAY: i64 = 4 * DAY;
/// Weeks of longer ago are not asked for any more.
const MOST_WEEKS: i64 = 26;
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
    fn of(week: i64) -> Self {
        Self {
            week: Instant::from_millis(week),
            ends: Instant::from_millis(week + WEEK),
            due: Instant::from_millis(week + 2 * WEEK),
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
        self.look(caller, Need::May(Task::ReadAudit), act, move |record| {
            let log = store.log_connection()?;
            Ok(weeks(record, &log, now)?)
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
            let start = week.millis();
            if (start - MONDAY).rem_euclid(WEEK) != 0 || now.millis() < start + WEEK {
                return Err(PeopleError::Unknown);
            }
            let row = (start, now.millis(), by, note);
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
    let this = monday(now.millis());
    let first = monday(first).max(this - MOST_WEEKS * WEEK);
    let mut found = Vec::new();
    let mut one = record.prepare_cached(sql::REVIEW_ONE)?;
    let mut week = this - WEEK;
    while week >= first {
        let mut review = AuditReview::of(week);
        review.signed = one
            .query_row([week], |row| {
                Ok((Instant::from_millis(row.get(0)?), row.get(1)?, row.get(2)?))
            })
            .optional()?;
        found.push(review);
        week -= WEEK;
    }
    Ok(found)
}

/// The Monday of a time.
const fn monday(at: i64) -> i64 {
    at - (at - MONDAY).rem_euclid(WEEK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday() {
        // 22 November 2026 is a Sunday.
        let sunday = 1_795_305_600_000;
        assert_eq!(
            Instant::from_millis(monday(sunday)).to_fhir(),
            "2026-11-16T00:00:00.000Z"
        );
        assert_eq!(monday(monday(sunday)), monday(sunday));
        assert_eq!(monday(monday(sunday) + WEEK), monday(sunday) + WEEK);
    }
}
