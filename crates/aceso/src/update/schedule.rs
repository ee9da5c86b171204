//! What the server does of its own about newer releases: looks for them, tells the administrators, and puts them in place in the
//! quiet hours.

use std::process::Stdio;
use std::time::Duration;

use aceso_base::Instant;
use aceso_policy::{Caller, Hours, Job};
use aceso_store::{Checked, Finding, Found, Rehearsal, Store};
use anyhow::{Context, Result, bail};

use super::From;
use super::check::{told, version};
use crate::config::UpdatePolicy;
use crate::place::Place;

/// How often to look what is due.
const LOOK: Duration = Duration::from_secs(300);
const HOUR_MILLIS: i64 = 3_600_000;

/// What is to be done about a newer release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Tell,
    PutInPlace,
}

/// Looks, tells and updates, as far as the configuration says, until it is dropped.
pub(crate) async fn keep_up(place: Place, store: Store) {
    match place.config.update.policy() {
        Ok(UpdatePolicy::Off) | Err(_) => return,
        Ok(UpdatePolicy::Notify | UpdatePolicy::Quiet) => {}
    }
    let mut turns = tokio::time::interval(LOOK);
    loop {
        turns.tick().await;
        if let Err(error) = turn(&place, &store).await {
            tracing::error!(error = format!("{error:#}"), "looking for newer releases");
        }
    }
}

async fn turn(place: &Place, store: &Store) -> Result<()> {
    let caller = Caller::job(Job::Backup);
    let found = store.checks(&caller).await?;
    if !is_due(place.config.update.every_hours, &found, store.now()) {
        return Ok(());
    }
    let looked = look(place).await;
    let (wrong, detail) = match &looked {
        Ok(Some((text, _))) => (vec![waits(text)], "a newer release waits".to_owned()),
        Ok(None) => (Vec::new(), "the newest release runs".to_owned()),
        Err(error) => (vec![failed(error)], "looked".to_owned()),
    };
    store
        .keep_rehearsal(&caller, Rehearsal::Release, &wrong, &detail)
        .await?;
    if let Some((_, critical)) = looked? {
        let quiet = place.config.quiet_hours()?.at(store.now());
        let policy = match store.update_is_queued(&caller).await? {
            // Somebody decided it on a finding's page.
            true => UpdatePolicy::Quiet,
            false => place.config.update.policy()?,
        };
        if act(policy, quiet, critical) == Act::PutInPlace {
            put_in_place(place).await?;
        }
    }
    Ok(())
}

/// A release that waits, in words, and whether it is critical.
async fn look(place: &Place) -> Result<Option<(String, bool)>> {
    let trusted = place.look(&From::default()).await?;
    let release = trusted.release();
    Ok((release.version > version()?).then(|| (told(release), release.critical)))
}

fn waits(text: &str) -> Finding {
    Finding {
        place: "program".to_owned(),
        what: text.to_owned(),
        mend: "run `aceso update apply`, or set update.policy = \"quiet\"".to_owned(),
    }
}

fn failed(error: &anyhow::Error) -> Finding {
    Finding {
        place: "program".to_owned(),
        what: format!("newer releases cannot be looked for: {error:#}"),
        mend: "run `aceso update check`".to_owned(),
    }
}

/// Whether it is time to look. While a release waits, every hour, so that the quiet hours are not missed.
fn is_due(every_hours: u32, found: &Found, now: Instant) -> bool {
    let due = |last: &Checked| {
        let hours = if last.wrong > 0 { 1 } else { every_hours };
        last.at.plus_millis(i64::from(hours) * HOUR_MILLIS) <= now
    };
    found.release.as_ref().is_none_or(due)
}

fn act(policy: UpdatePolicy, quiet: Hours, critical: bool) -> Act {
    match (policy, quiet) {
        (UpdatePolicy::Off | UpdatePolicy::Notify, _) => Act::Tell,
        (UpdatePolicy::Quiet, Hours::Open) => Act::PutInPlace,
        (UpdatePolicy::Quiet, Hours::Closed) if critical => Act::PutInPlace,
        (UpdatePolicy::Quiet, Hours::Closed) => Act::Tell,
    }
}

/// In a process of its own, which outlives this server when that goes on as the new release.
async fn put_in_place(place: &Place) -> Result<()> {
    let program = std::env::current_exe().context("where this program lies")?;
    let mut command = tokio::process::Command::new(program);
    command.args(["update", "apply", "--data"]).arg(&place.dir);
    command.arg("--config").arg(&place.config_path);
    if let Some(file) = &place.passphrase_file {
        command.arg("--passphrase-file").arg(file);
    }
    let status = command.stdin(Stdio::null()).status().await?;
    if !status.success() {
        bail!("the newer release was not put in place: {status}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_critical_does_not_wait_for_the_quiet_hours_and_nothing_is_done_unasked() {
        let quiet = UpdatePolicy::Quiet;
        assert_eq!(act(quiet, Hours::Open, false), Act::PutInPlace);
        assert_eq!(act(quiet, Hours::Closed, false), Act::Tell);
        assert_eq!(act(quiet, Hours::Closed, true), Act::PutInPlace);
        assert_eq!(act(UpdatePolicy::Notify, Hours::Open, true), Act::Tell);
        assert_eq!(act(UpdatePolicy::Off, Hours::Open, true), Act::Tell);
    }

    #[test]
    fn while_a_release_waits_it_is_looked_every_hour() {
        const NOW: i64 = 1_795_000_000_000;
        let found = |hours: i64, wrong| Found {
            release: Some(Checked {
                at: Instant::from_millis(NOW - hours * HOUR_MILLIS),
                wrong,
                detail: String::new(),
            }),
            ..Found::default()
        };
        let due = |found: &Found| is_due(6, found, Instant::from_millis(NOW));
        assert!(due(&Found::default()));
        assert!(!due(&found(5, 0)) && due(&found(6, 0)));
        assert!(!due(&found(0, 1)) && due(&found(1, 1)));
    }
}
