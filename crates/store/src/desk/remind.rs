//! Clocks that run out are told of by mail, to more people the later it is. A case keeps when the next reminder is due: it is sent
//! once, whenever the program runs again.

use std::sync::Arc;

use aceso_desk::When;
use aceso_desk::case::{Case, Role, Rules};
use aceso_desk::clock::{Clock, Rung};
use aceso_policy::{Caller, Job};
use rusqlite::Connection;

use super::act::{on_case, replayed};
use super::post::{DeskMail, Post};
use super::{Desk, DeskError};
use crate::people::Need;
use crate::statements as sql;
use crate::{PeopleError, StoreError};

impl Desk {
    /// Tells whoever is to be reminded of what is due. Answers how many cases that were.
    pub async fn remind_of_clocks(&self) -> Result<usize, DeskError> {
        let now = self.now();
        let due = self
            .store
            .0
            .readers
            .quiet(move |c| -> Result<Vec<(String, i64)>, StoreError> {
                let mut statement = c.prepare_cached(sql::DESK_CASE_REMIND)?;
                let rows = statement.query_map([now.millis()], |r| Ok((r.get(0)?, r.get(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            });
        let due = due.await??;
        for (case, since) in &due {
            self.remind_of_case(case, When::from_millis(*since), now)
                .await?;
        }
        Ok(due.len())
    }

    async fn remind_of_case(&self, id: &str, since: When, now: When) -> Result<(), DeskError> {
        let (rules, post, owned) = (Arc::clone(&self.rules), Post::new(self), id.to_owned());
        let caller = Caller::job(Job::Desk);
        let act = on_case("desk reminder", id);
        let done = self.store.act(&caller, Need::Clerk, act, move |tx| {
            remind(tx, &owned, (since, now), &rules, &post)
        });
        Ok(done.await?)
    }
}

/// The reminders from one time on, up to now; and when the next one is due.
fn remind(
    tx: &Connection,
    id: &str,
    (since, now): (When, When),
    rules: &Rules,
    post: &Post,
) -> Result<(), PeopleError> {
    let (case, _) = replayed(tx, id, rules)?;
    if !case.stage.is_over() {
        for (_, clock) in case.running(now) {
            // After a long time in which nobody looked, once is enough.
            let last = clock.reminders(since.plus_millis(-1), now).pop();
            if let Some(reminder) = last {
                tell(tx, id, (&case, clock), (reminder.to, now), post)?;
            }
        }
    }
    let next = next(&case, now).map(When::millis);
    tx.prepare_cached(sql::DESK_CASE_REMINDED)?
        .execute((next, id))?;
    Ok(())
}

fn tell(
    tx: &Connection,
    id: &str,
    (case, clock): (&Case, &Clock),
    (to, now): (Rung, When),
    post: &Post,
) -> Result<(), StoreError> {
    let due = clock.due();
    let stands = if due < now { "overdue since" } else { "due" };
    let detail = format!(
        "{id}\n{}\n{stands} {}",
        clock.regime.rule().what,
        due.said()
    );
    let roles: &[Role] = match to {
        Rung::Owner => &[Role::Owner],
        Rung::Coordinator => &[Role::Owner, Role::Coordinator],
        Rung::Manager => &[Role::Owner, Role::Coordinator, Role::Manager],
        Rung::Group => return post.to_group(tx, now, DeskMail::Due, &detail),
    };
    post.to_roles(tx, now, DeskMail::Due, (case, roles), &detail)
}

/// When the next reminder of a case is due, after a time.
pub(super) fn next(case: &Case, after: When) -> Option<When> {
    if case.stage.is_over() {
        return None;
    }
    let running = case.running(after).into_iter();
    running
        .filter_map(|(_, clock)| clock.next_reminder(after))
        .min()
}
