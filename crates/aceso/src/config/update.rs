//! `[update]`: where new releases of the program come from, and when they are put in place.

use std::path::PathBuf;

use aceso_policy::OpeningHours;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Config, Key, within};

section! {
    /// New releases of the program: signed, tried on a copy of the record, taken back when they do not serve.
    Update {
        /// Where they come from: a directory, or an https:// address that is among egress.endpoints. Empty: nowhere.
        from: String = String::new(),
        /// The file with the trusted root statement (root.json) of who makes them. It says whose signatures count.
        root: String = String::new(),
        /// What the server does of its own: "off", "notify" (tell the administrators) or "quiet" (put them in place in the
        /// quiet hours, and what is critical at once).
        policy: String = "notify".to_owned(),
        /// The quiet hours, by the clinic's clock.
        quiet: Vec<String> = vec!["mon-sun 02:00-05:00".to_owned()],
        /// How often to look, in hours, 1 to 168.
        every_hours: u32 = 6,
    }
}

/// What the server does of its own about a newer release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Nothing.
    Off,
    /// It tells the administrators.
    Notify,
    /// It puts it in place in the quiet hours; what is critical at once.
    Quiet,
}

impl Update {
    /// The policy, read; without a place where releases come from, nothing.
    pub(crate) fn policy(&self) -> Result<Policy> {
        Ok(match self.policy.as_str() {
            _ if self.from.is_empty() => Policy::Off,
            "off" => Policy::Off,
            "notify" => Policy::Notify,
            "quiet" => Policy::Quiet,
            _ => bail!("update.policy must be off, notify or quiet"),
        })
    }

    /// The file with the trusted root statement.
    pub(crate) fn root_file(&self) -> Result<PathBuf> {
        if self.root.is_empty() {
            bail!("update.root is not set: name the root.json of who makes the releases");
        }
        Ok(PathBuf::from(&self.root))
    }
}

impl Config {
    pub(super) fn check_update(&self) -> Result<()> {
        within("update.every_hours", self.update.every_hours, 1, 168)?;
        self.update.policy()?;
        self.quiet_hours()?;
        if !self.update.from.is_empty() {
            self.update.root_file()?;
        }
        Ok(())
    }

    /// The hours in which the program may be replaced.
    pub(crate) fn quiet_hours(&self) -> Result<OpeningHours> {
        if self.update.quiet.is_empty() {
            bail!("update.quiet must name hours: [\"mon-sun 02:00-05:00\"]");
        }
        OpeningHours::parse(&self.hours.time_zone, &self.update.quiet, &[]).context("update.quiet")
    }
}
