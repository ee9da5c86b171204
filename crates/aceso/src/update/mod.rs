//! `aceso update`: new releases of the program, and the way back.

mod apply;
mod aside;
mod back;
mod check;
mod probe;
mod running;
mod schedule;
mod serving;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;

use aceso_supply::platform;
use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::place::Place;
use crate::say::say;

pub(crate) use schedule::keep_up;
pub(crate) use serving::Serving;

/// Where releases come from, when the configuration does not say.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct From {
    /// A directory (a stick, a share) or an https:// address [default: update.from]
    #[arg(long, value_name = "PLACE")]
    from: Option<String>,
    /// The trusted root statement, root.json [default: update.root]
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum UpdateCommand {
    /// Put the program where two releases have room beside each other, so that it can be updated
    #[command(after_help = "Example:
  aceso update install --to /var/lib/aceso/program

Then have the service start /var/lib/aceso/program/current/aceso.")]
    Install {
        /// A directory that does not exist yet
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Look whether there is a newer release
    #[command(after_help = "Examples:
  aceso update check
  aceso update check --from /media/stick/aceso        without a network; checked just the same

What is offered is believed only when it is signed by the keys that update.root names, has not expired, and is not older than
what was offered before.")]
    Check {
        #[command(flatten)]
        from: From,
    },
    /// Put the newest release in place
    #[command(after_help = "Examples:
  aceso update apply
  aceso update apply --from /media/stick/aceso

In this order: fetched and checked; room, schema and the age of the last backup looked at; backed up; tried on a copy of the
record (the copy is migrated, pages answer, charts are drawn, the audit log is verified); put in place by one rename. A running
server goes on as the new release. When that one does not serve within 20 seconds, the one before is back, with its record.
Killed at any step, the release in use stays whole.")]
    Apply {
        #[command(flatten)]
        from: From,
        /// Although no repository for backups is configured
        #[arg(long)]
        without_backup: bool,
    },
    /// Go back to the release before
    #[command(after_help = "Examples:
  aceso update rollback
  aceso update rollback --below --first ana --second ben      to a release that should not run any more

A release whose schema is older than the record's does not open it: restore a backup from then instead (aceso backup restore).
Below the lowest release that the one in use allows, two administrators must agree: each types their own password.")]
    Rollback {
        #[command(flatten)]
        agreed: back::Agreed,
    },
    /// Try this program on a copy of a record, and say what came of it
    #[command(hide = true)]
    Probe,
    /// Say which release this is, and its schemas
    #[command(hide = true)]
    Describe,
}

/// Carries a command out.
pub(crate) async fn carry_out(
    place: &Place,
    command: UpdateCommand,
    json: bool,
) -> Result<ExitCode> {
    match command {
        UpdateCommand::Install { to } => running::install(&to),
        UpdateCommand::Check { from } => check::run(place, &from, json).await,
        UpdateCommand::Apply {
            from,
            without_backup,
        } => {
            let backup = if without_backup {
                apply::Backup::MayBeMissing
            } else {
                apply::Backup::Needed
            };
            apply::run(place, &from, backup, json).await
        }
        UpdateCommand::Rollback { agreed } => back::run(place, &agreed).await,
        UpdateCommand::Probe => probe::run(place).await,
        UpdateCommand::Describe => describe(),
    }
}

/// What a maker of releases asks a program: which it is.
pub(crate) fn describe() -> Result<ExitCode> {
    let (record, audit) = aceso_store::schemas();
    say(&json!({
        "version": env!("CARGO_PKG_VERSION"), "platform": platform(), "schema": {"record": record, "audit": audit}
    })
    .to_string());
    Ok(ExitCode::SUCCESS)
}
