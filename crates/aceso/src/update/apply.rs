//! `aceso update apply`: one step after the other, each of which may be cut off.

use std::process::ExitCode;
use std::time::Instant;

use aceso_policy::Caller;
use aceso_store::{Rehearsal, Store};
use aceso_supply::{Release, Slot, Staging, Trusted};
use anyhow::{Context, Result, bail};
use serde_json::json;

use super::check::told;
use super::running::Running;
use super::trial::{self, Came};
use super::{From, aside};
use crate::backup::{Follow, Where, Work, back_up};
use crate::clock::clock;
use crate::doctor::free_bytes;
use crate::place::Place;
use crate::say::say;

/// Whether there must be a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backup {
    Needed,
    MayBeMissing,
}

/// Puts the newest release in place.
pub(super) async fn run(
    place: &Place,
    from: &From,
    backup: Backup,
    as_json: bool,
) -> Result<ExitCode> {
    let begin = Instant::now();
    let running = Running::here()?;
    if let Some(trial) = running.slots.trial()? {
        if running.slots.current()? == trial.to {
            bail!(
                "the release in {} is being tried: start the server, or take it back with aceso update rollback",
                running.slots.dir(trial.to).display()
            );
        }
        // Cut off before the link was turned.
        running.slots.end_trial()?;
    }
    let trusted = place.look(from).await?;
    let (release, own) = (trusted.release(), running.version()?);
    if release.version <= own {
        say(&format!("{own} is the newest release"));
        return Ok(ExitCode::SUCCESS);
    }
    let step = |text: &str| {
        if !as_json {
            say(text);
        }
    };
    step(&told(release));
    let store = place.open()?;
    let to = make_ready(place, &running, &trusted, &store, backup, &step).await?;
    // Nothing of this process holds the record while another release may change it.
    let served = trial::is_served(place, &running);
    note(&store, &format!("{own} -> {}", release.version)).await?;
    drop(store);
    aside::discard(place)?;
    let now = clock().now();
    running.slots.begin_trial(to, now)?;
    step(&format!(
        "{} is in place of {own}, {:.1} s after the beginning",
        release.version,
        begin.elapsed().as_secs_f64()
    ));
    let came = match served {
        trial::Served::No => Came::NotAsked,
        trial::Served::Here => trial::watch(place, &running, to).await?,
    };
    tell(release, &came, as_json);
    Ok(match came {
        Came::Serves { .. } | Came::NotAsked => ExitCode::SUCCESS,
        Came::TakenBack { .. } => ExitCode::FAILURE,
    })
}

fn tell(release: &Release, came: &Came, as_json: bool) {
    let version = release.version.to_string();
    if as_json {
        let (is, seconds) = match came {
            Came::Serves { seconds } => ("serves", Some(seconds)),
            Came::NotAsked => ("in place", None),
            Came::TakenBack { seconds } => ("taken back", Some(seconds)),
        };
        say(&json!({"release": version, "is": is, "seconds": seconds}).to_string());
        return;
    }
    say(&match came {
        Came::Serves { seconds } => format!("{version} serves, {seconds:.1} s after the switch"),
        Came::NotAsked => {
            format!("no server of this program runs on the record; the next start is {version}")
        }
        Came::TakenBack { seconds } => format!(
            "{version} did not serve: the release before is back in place, {seconds:.1} s after the switch; start the server \
             when nothing else does"
        ),
    });
}

/// Everything before the switch. Whatever fails here has changed nothing.
async fn make_ready(
    place: &Place,
    running: &Running,
    trusted: &Trusted,
    store: &Store,
    backup: Backup,
    step: &dyn Fn(&str),
) -> Result<Slot> {
    look_before(place, running, trusted)?;
    let staging = running.slots.stage()?;
    match tried(place, trusted, store, backup, step, &staging).await {
        Ok(()) => Ok(staging.settle()?),
        Err(error) => {
            staging.discard()?;
            Err(error.context("nothing was changed"))
        }
    }
}

/// Room and schemas.
fn look_before(place: &Place, running: &Running, trusted: &Trusted) -> Result<()> {
    let release = trusted.release();
    if release.schema < running.schema() {
        bail!(
            "release {} is for an older schema than the record's",
            release.version
        );
    }
    let wanted: u64 = release.files().map(|file| trusted.length(file)).sum();
    for (dir, wanted) in [
        (running.slots.top().to_path_buf(), wanted * 2),
        (place.dir.clone(), place.bytes() * 2),
    ] {
        if let Some(free) = free_bytes(&dir).filter(|free| *free < wanted) {
            bail!(
                "{} has room for {} MiB, and the update takes {} MiB: make room",
                dir.display(),
                free >> 20,
                wanted >> 20
            );
        }
    }
    Ok(())
}

async fn tried(
    place: &Place,
    trusted: &Trusted,
    store: &Store,
    backup: Backup,
    step: &dyn Fn(&str),
    staging: &Staging<'_>,
) -> Result<()> {
    let release = trusted.release();
    let program = trusted.take(release.program()?, staging.dir()).await?;
    for beside in [&release.sbom, &release.advisories, &release.vex] {
        trusted.take(beside, staging.dir()).await?;
    }
    let program = staging.complete(release, &program)?;
    step("its files are the ones that were signed");
    match (place.config.backup.is_wanted(), backup) {
        (true, Backup::Needed | Backup::MayBeMissing) => {
            let (at, caller) = (Where::default(), Caller::operator());
            let work = Work::when_free(place, trial::PATIENCE, step).await;
            let made = back_up(place, &at, store, &caller, work, Follow::No).await;
            step(&format!(
                "backed up: {}",
                made.context("the backup before")?
            ));
        }
        (false, Backup::Needed) => bail!(
            "no repository for backups is configured (backup.repository): say --without-backup to go on all the same"
        ),
        (false, Backup::MayBeMissing) => step("no backup is made"),
    }
    let seconds = trial::on_a_copy(place, store, &program, step).await?;
    step(&format!("tried on a copy of the record in {seconds:.1} s"));
    Ok(())
}

/// Leaves the entry of what was put in place or taken back.
pub(super) async fn note(store: &Store, text: &str) -> Result<()> {
    let caller = Caller::operator();
    let kept = store.keep_rehearsal(&caller, Rehearsal::Update, &[], text);
    Ok(kept.await?)
}

impl Place {
    /// How large the record's files are, together.
    pub(super) fn bytes(&self) -> u64 {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.metadata().ok())
            .map(|about| about.len())
            .sum()
    }
}
