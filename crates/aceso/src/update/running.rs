//! Which release runs, and where it lies.

use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use aceso_supply::{Release, Schema, Slot, Slots};
use anyhow::{Context, Result};
use semver::Version;
use serde::Deserialize;
use tokio::process::Command;

use crate::say::say;

/// A program says within this time which release it is.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// This program where two releases have room.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) slots: Slots,
    pub(super) slot: Slot,
    /// What its slot says of it; none for the first one, which no update brought.
    pub(super) release: Option<Release>,
}

impl Running {
    /// Around this program; refused when it lies elsewhere.
    pub(super) fn here() -> Result<Self> {
        let program = std::env::current_exe().context("where this program lies")?;
        let (slots, slot) = Slots::around(&program)?;
        let release = slots.release(slot)?;
        Ok(Self {
            slots,
            slot,
            release,
        })
    }

    pub(super) fn version(&self) -> Result<Version> {
        match &self.release {
            Some(release) => Ok(release.version.clone()),
            None => own_version(),
        }
    }

    pub(super) fn schema(&self) -> Schema {
        self.release.as_ref().map_or_else(own_schema, |r| r.schema)
    }
}

/// What is known of a program where two have room.
#[derive(Debug, Deserialize)]
pub(super) struct Described {
    /// Which release it is.
    pub(super) version: Version,
    /// The schemas that it knows.
    pub(super) schema: Schema,
}

impl Described {
    /// By its release's statement; one that no update brought says it itself. None: there is no program.
    pub(super) async fn of(slots: &Slots, slot: Slot) -> Result<Option<Self>> {
        if let Some(release) = slots.release(slot)? {
            return Ok(Some(Self {
                version: release.version,
                schema: release.schema,
            }));
        }
        let program = slots.program(slot);
        if !program.is_file() {
            return Ok(None);
        }
        let mut command = Command::new(&program);
        command.args(["update", "describe"]).stdin(Stdio::null());
        let said = tokio::time::timeout(ANSWERS_WITHIN, command.kill_on_drop(true).output()).await;
        let unknown = || format!("{} does not say which release it is", program.display());
        let said = said.with_context(unknown)?.with_context(unknown)?;
        serde_json::from_slice(&said.stdout)
            .with_context(unknown)
            .map(Some)
    }
}

/// The version that is compiled in.
pub(super) fn own_version() -> Result<Version> {
    Ok(Version::parse(env!("CARGO_PKG_VERSION"))?)
}

/// The schemas that are compiled in.
pub(super) fn own_schema() -> Schema {
    let (record, audit) = aceso_store::schemas();
    Schema { record, audit }
}

/// Puts this program into a new directory with room for two.
pub(super) fn install(to: &Path) -> Result<ExitCode> {
    let to = std::path::absolute(to)?;
    let program = std::env::current_exe().context("where this program lies")?;
    let slots = Slots::make(&to, &program)?;
    say(&format!(
        "{0} is this program, and stays it when updates are put in place: start {0} serve",
        slots.linked().display()
    ));
    Ok(ExitCode::SUCCESS)
}
