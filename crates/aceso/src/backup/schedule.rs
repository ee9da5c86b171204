//! What the server does of its own: backups, and restores that are tried out.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aceso_base::Instant;
use aceso_policy::{Caller, Job};
use aceso_store::{Checked, Found, Store};
use anyhow::Result;

use super::Where;
use super::drill::drill;
use super::gentle::gently;
use super::left::Left;
use super::log::Current;
use super::run::{Follow, back_up};
use super::work::Work;
use crate::config::Backup;
use crate::downtime;
use crate::place::Place;

/// How often to look what is due.
const LOOK: Duration = Duration::from_secs(300);
const HOUR_MILLIS: i64 = 3_600_000;
const SOON_MILLIS: i64 = 600_000;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Nothing,
    Backup,
    Drill,
}

/// What goes to the repository between backups.
#[derive(Clone, Default)]
pub(crate) struct Shipping {
    pub(crate) log: Arc<Current>,
    /// How the server before left it.
    pub(crate) left: Option<Left>,
}

/// How often the downtime pack is written.
const PACK: Duration = Duration::from_secs(3600);

/// Makes backups, tries restores out and writes downtime packs, as far as the configuration says, until it is dropped.
pub(crate) async fn keep_up(place: Place, store: Store, shipping: Shipping) {
    let Shipping { log, left } = shipping;
    if let Some(left) = left
        && let Err(error) = log.go_on(&place, &store, left).await
    {
        tracing::warn!(
            error = format!("{error:#}"),
            "the log of the last backup does not go on"
        );
    }
    tokio::join!(
        back_ups(&place, &store, &log),
        log.keep_up(&place, &store),
        packs(&place, &store)
    );
}

async fn back_ups(place: &Place, store: &Store, log: &Current) {
    if !place.config.backup.is_wanted() {
        return;
    }
    let mut turns = tokio::time::interval(LOOK);
    loop {
        turns.tick().await;
        if let Err(error) = turn(place, store, log).await {
            tracing::error!(error = format!("{error:#}"), "backups");
        }
    }
}

async fn packs(place: &Place, store: &Store) {
    let file = place.config.backup.downtime.as_str();
    if file.is_empty() {
        return;
    }
    let caller = Caller::job(Job::Downtime);
    let mut turns = tokio::time::interval(PACK);
    loop {
        turns.tick().await;
        match downtime::write(place, store, &caller, Path::new(file)).await {
            Ok(done) => tracing::info!(
                patients = done.patients,
                bytes = done.bytes,
                "downtime pack"
            ),
            Err(error) => tracing::error!(error = format!("{error:#}"), "the downtime pack"),
        }
    }
}

async fn turn(place: &Place, store: &Store, log: &Current) -> Result<()> {
    let caller = Caller::job(Job::Backup);
    let found = store.checks(&caller).await?;
    let (at, whole) = (Where::default(), store.clone());
    let follow = match place.config.backup.log_seconds {
        0 => Follow::No,
        _ => Follow::Yes,
    };
    let needs_base = follow == Follow::Yes && !log.goes_on().await;
    let going_on = if needs_base { Log::Ended } else { Log::GoesOn };
    match due(&place.config.backup, &found, going_on, store.now()) {
        Due::Nothing => {}
        Due::Backup => {
            let (own, work) = (place.clone(), Work::take(place));
            let made =
                gently(
                    move || async move { back_up(&own, &at, &whole, &caller, work, follow).await },
                );
            let made = made.await?;
            tracing::info!(
                seconds = made.seconds,
                bytes = made.snapshot.bytes,
                "backed up"
            );
            log.begin(place, made).await?;
        }
        Due::Drill => {
            let own = place.clone();
            let done = gently(move || async move { drill(&own, &at, &whole, &caller).await });
            let done = done.await?;
            tracing::info!(wrong = done.wrong.len(), "a restore was tried out");
        }
    }
    Ok(())
}

/// Whether what is written between backups comes to the repository, where it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Log {
    /// It does, or need not.
    GoesOn,
    /// The server has just begun, or could not go on: only a backup begins it anew.
    Ended,
}

/// What is due. What failed is tried again after an hour, after ten minutes where nothing comes to the repository meanwhile,
/// a drill after a day.
fn due(rule: &Backup, found: &Found, log: Log, now: Instant) -> Due {
    let since = |last: &Option<Checked>, millis: i64| {
        (last.as_ref()).is_none_or(|last| last.at.plus_millis(millis) <= now)
    };
    let passed = |last: &Option<Checked>, hours: u32| since(last, i64::from(hours) * HOUR_MILLIS);
    let is_wrong = |last: &Option<Checked>| last.as_ref().is_some_and(|last| last.wrong > 0);
    let hours = rule.every_hours;
    let tried = is_wrong(&found.attempt) && !passed(&found.attempt, 1);
    if hours > 0 && !tried && passed(&found.backup, hours) {
        return Due::Backup;
    }
    let tried = is_wrong(&found.attempt) && !since(&found.attempt, SOON_MILLIS);
    if log == Log::Ended && hours > 0 && !tried {
        return Due::Backup;
    }
    let days = if is_wrong(&found.drill) {
        rule.drill_days.min(1)
    } else {
        rule.drill_days
    };
    if days > 0 && found.backup.is_some() && passed(&found.drill, days.saturating_mul(24)) {
        return Due::Drill;
    }
    Due::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000;

    fn checked(hours_ago: i64, wrong: u64) -> Option<Checked> {
        Some(Checked {
            at: Instant::from_millis(NOW - hours_ago * HOUR_MILLIS),
            wrong,
            detail: String::new(),
        })
    }

    #[track_caller]
    fn check(
        backup: Option<Checked>,
        attempt: Option<Checked>,
        drill: Option<Checked>,
        expected: Due,
    ) {
        let found = Found {
            backup,
            attempt,
            drill,
            ..Found::default()
        };
        let now = Instant::from_millis(NOW);
        assert_eq!(due(&Backup::default(), &found, Log::GoesOn, now), expected);
    }

    #[test]
    fn hn4_a_backup_is_due_when_nothing_else_comes_to_the_repository() {
        let now = Instant::from_millis(NOW);
        let due_after = |minutes: i64, wrong: u64, rule: &Backup| {
            let attempt = checked(0, wrong).map(|tried| Checked {
                at: Instant::from_millis(NOW - minutes * 60_000),
                ..tried
            });
            let found = Found {
                backup: checked(1, 0),
                drill: checked(1, 0),
                attempt,
                ..Found::default()
            };
            due(rule, &found, Log::Ended, now)
        };
        let rule = Backup::default();
        assert_eq!(due_after(0, 0, &rule), Due::Backup);
        assert_eq!(due_after(9, 1, &rule), Due::Nothing);
        assert_eq!(due_after(10, 1, &rule), Due::Backup);
        let by_hand = Backup {
            every_hours: 0,
            ..Backup::default()
        };
        assert_eq!(due_after(10, 0, &by_hand), Due::Nothing);
    }

    #[test]
    fn hn4_a_backup_is_due_every_day_and_a_drill_every_month() {
        check(None, None, None, Due::Backup);
        check(checked(24, 0), checked(24, 0), None, Due::Backup);
        check(checked(23, 0), checked(23, 0), None, Due::Drill);
        check(
            checked(23, 0),
            checked(23, 0),
            checked(719, 0),
            Due::Nothing,
        );
        check(checked(23, 0), checked(23, 0), checked(720, 0), Due::Drill);
    }

    #[test]
    fn what_failed_is_tried_again_but_not_at_once() {
        check(None, checked(0, 1), None, Due::Nothing);
        check(None, checked(1, 1), None, Due::Backup);
        check(checked(1, 0), None, checked(23, 1), Due::Nothing);
        check(checked(1, 0), None, checked(24, 1), Due::Drill);
    }
}
