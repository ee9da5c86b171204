//! A new release is tried twice: on a copy of the record before it is put in place, and in its place, where it has to serve
//! within some seconds.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use aceso_policy::Caller;
use aceso_store::Store;
use aceso_supply::Slot;
use anyhow::{Context, Result, bail};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::aside;
use super::running::Running;
use crate::backup::Work;
use crate::doctor::{held_by, listening};
use crate::place::Place;

/// To migrate a copy and look at it; large records take their time.
const PROBE: Duration = Duration::from_secs(900);
/// How long another backup or a drill is waited for; a drill checks the whole record.
pub(super) const PATIENCE: Duration = Duration::from_secs(1800);
/// In its place it has to serve within this, or it is taken back.
const SERVE: Duration = Duration::from_secs(20);
/// How often to look.
const LOOK: Duration = Duration::from_millis(200);

/// What came of a release in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Came {
    /// It serves.
    Serves { seconds: f64 },
    /// It did not, and the one before is back.
    TakenBack { seconds: f64 },
    /// No server was running: the next start tries it.
    NotAsked,
}

/// Whether a server runs on the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Served {
    No,
    Here,
}

/// Whether one does that goes on as another release when the link is turned: a process that holds the record, listens, and
/// lies where two releases have room.
pub(super) fn is_served(place: &Place, running: &Running) -> Served {
    let record = place.dir.join("record.db");
    let here = |program: &PathBuf| program.starts_with(running.slots.top());
    if !listening(&record).is_empty() && held_by(&record).iter().any(here) {
        Served::Here
    } else {
        Served::No
    }
}

/// Has a program migrate a copy of the record and look at it. Answers the seconds that it took.
pub(super) async fn on_a_copy(
    place: &Place,
    store: &Store,
    program: &Path,
    step: &dyn Fn(&str),
) -> Result<f64> {
    let work = Work::when_free(place, PATIENCE, step).await?;
    let begin = Instant::now();
    let data = work.directory("data")?;
    let keys = data.with_extension("patient-keys");
    store.image(&Caller::operator(), &data, &keys).await?;
    let config = data.with_extension("toml");
    std::fs::write(&config, place.alone()?)?;
    let mut command = Command::new(program);
    command.args(["update", "probe", "--data"]).arg(&data);
    command.arg("--config").arg(&config);
    if let Some(file) = &place.passphrase_file {
        command.arg("--passphrase-file").arg(file);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().context("the new release does not start")?;
    let mut said = Vec::new();
    let ended = async {
        if let Some(errors) = child.stderr.take() {
            errors.take(64 * 1024).read_to_end(&mut said).await?;
        }
        child.wait().await
    };
    let ended = tokio::time::timeout(PROBE, ended).await;
    let status = ended.context("the new release came to no end on a copy of the record")??;
    judge(status, &String::from_utf8_lossy(&said))?;
    Ok(begin.elapsed().as_secs_f64())
}

fn judge(status: ExitStatus, said: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    bail!(
        "the new release does not pass on a copy of the record ({status}): {}",
        last.unwrap_or("it says nothing")
    );
}

impl Place {
    /// The configuration for a copy of the record: its keys are those that were copied with it, and it calls nobody.
    fn alone(&self) -> Result<String> {
        let text = match std::fs::read_to_string(&self.config_path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).context(self.config_path.display().to_string()),
        };
        let mut table: toml::Table = toml::from_str(&text)?;
        for section in ["egress", "backup", "update", "audit", "listen"] {
            table.remove(section);
        }
        let root = table
            .entry("root_key")
            .or_insert_with(|| toml::Table::new().into());
        let root = root.as_table_mut().context("root_key is no section")?;
        root.insert(
            "file".to_owned(),
            self.key_file().display().to_string().into(),
        );
        root.remove("patient_keys");
        if let Some(sign_in) = table.get_mut("sign_in").and_then(|t| t.as_table_mut()) {
            sign_in.remove("provider");
        }
        Ok(toml::to_string(&table)?)
    }
}

/// Waits until the release in its place says that it serves; takes it back when it does not.
pub(super) async fn watch(place: &Place, running: &Running, to: Slot) -> Result<Came> {
    let begin = Instant::now();
    while begin.elapsed() < SERVE {
        if running.slots.trial()?.is_none() {
            return Ok(Came::Serves {
                seconds: begin.elapsed().as_secs_f64(),
            });
        }
        tokio::time::sleep(LOOK).await;
    }
    take_back(place, running, to)?;
    Ok(Came::TakenBack {
        seconds: begin.elapsed().as_secs_f64(),
    })
}

/// Puts the release before back in its place, with the record as it was when the new one changed its form.
pub(super) fn take_back(place: &Place, running: &Running, tried: Slot) -> Result<()> {
    running.slots.switch(tried.other())?;
    if aside::is_whole(place) {
        if !held_by(&place.dir.join("record.db")).is_empty() {
            bail!(
                "a process still holds the record: end it, then put {} back in the place of {}",
                aside::path(place).display(),
                place.dir.display()
            );
        }
        aside::bring_back(place)?;
    }
    Ok(running.slots.end_trial()?)
}
