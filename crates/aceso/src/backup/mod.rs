//! `aceso backup`: copies of the record in an encrypted repository, and the way back.

mod bucket;
mod drill;
mod gentle;
mod left;
mod list;
mod log;
mod patient;
mod point;
mod prune;
mod restore;
mod run;
mod schedule;
mod scratch;
mod target;
mod unlocked;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use aceso_backup::Address;
use anyhow::Result;
use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::place::Place;

pub(crate) use drill::charts;
pub(crate) use left::Left;
pub(crate) use log::log_reaches_to;
pub(crate) use run::{Follow, back_up};
pub(crate) use schedule::{Shipping, keep_up};
pub(crate) use work::Work;

/// Where the repository is, when the configuration does not say.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Where {
    /// The repository: a directory, sftp://USER@HOST/DIR, or s3:https://HOST/BUCKET [default: backup.repository]
    #[arg(long, value_name = "PLACE")]
    repository: Option<Address>,
    /// The file with the repository's password [default: backup.password_file]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Which snapshot.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Which {
    /// A snapshot, or a piece of the log, by the beginning of its id [default: the newest moment]
    #[arg(long, value_name = "ID", conflicts_with = "at")]
    snapshot: Option<String>,
    /// The newest moment that is not after this: 2026-11-22T14:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
}

fn time(text: &str) -> Result<Timestamp, String> {
    let time = text.parse();
    time.map_err(|_| "a time is written 2026-11-22T14:00:00Z".to_owned())
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    /// Make a repository, and its password
    #[command(after_help = "Examples:
  aceso backup init --repository /mnt/backup/aceso
  aceso backup init --repository sftp://aceso@nas.example/backups

The password is printed once, and kept in a file beside the data directory. Write it down and keep it with the recovery
shares: a backup is read with it and the root key together, and with neither alone.")]
    Init {
        #[command(flatten)]
        place: Where,
    },
    /// Make a backup now, beside a running server
    #[command(after_help = "Example:
  aceso backup run

Everything is read as of one moment, sealed as it is on the disk: databases, keyring, patients' keys, configuration. Writers
wait for some milliseconds. The root key is not in it.")]
    Run {
        #[command(flatten)]
        place: Where,
    },
    /// List the snapshots
    List {
        #[command(flatten)]
        place: Where,
    },
    /// Check the repository: its structure, and every byte in it
    #[command(after_help = "Examples:
  aceso backup verify
  aceso backup verify --structure        without reading all data

`restic check --read-data` does the same with a program of others.")]
    Verify {
        #[command(flatten)]
        place: Where,
        /// Its structure alone
        #[arg(long)]
        structure: bool,
    },
    /// Bring a snapshot back: everything into a new directory, or one patient into the record
    #[command(after_help = "Examples:
  aceso backup restore --to /srv/aceso
  aceso backup restore --to /srv/aceso --at 2026-11-22T14:00:00Z
  aceso backup restore --to /srv/aceso --repository /mnt/backup/aceso --password-file password     on a new machine
  aceso backup restore --patient 0Ab1Cd2Ef3G --dry-run       what of this patient was deleted or changed since
  aceso backup restore --patient 0Ab1Cd2Ef3G                 brings back what was deleted
  aceso backup restore --patient 0Ab1Cd2Ef3G --changed       and what was changed, as it was

Nothing is at its place before all of it is checked. Who was erased stays erased: the patients' keys are those of today, or
the newest in the repository.")]
    Restore(RestoreArgs),
    /// Let go of snapshots that are old (backup.keep_...), and of old copies of the patients' keys
    #[command(after_help = "Examples:
  aceso backup prune --dry-run
  aceso backup prune
  aceso backup prune --now        frees the room at once; nothing else may write to the repository meanwhile")]
    Prune {
        #[command(flatten)]
        place: Where,
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
        /// Free the room at once, instead of a day later
        #[arg(long, conflicts_with = "dry_run")]
        now: bool,
    },
    /// Try a restore out: into a scratch directory, checked whole, compared with the record, timed
    #[command(after_help = "Example:
  aceso backup drill

The newest snapshot is restored and opened with the root key, everything in it is checked, what it holds is counted, the
audit log of today must begin with the one of then, and charts are read. The server does it every backup.drill_days days.")]
    Drill {
        #[command(flatten)]
        place: Where,
    },
}

/// What to bring back.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    which: Which,
    /// A directory that does not exist yet; the patients' keys go beside it
    #[arg(long, value_name = "DIR", conflicts_with = "patient")]
    to: Option<PathBuf>,
    /// The Patient's id: what is about this patient goes back into the record
    #[arg(long, value_name = "ID", required_unless_present = "to")]
    patient: Option<String>,
    /// Of the patient: also what was changed since, as it was
    #[arg(long, requires = "patient")]
    changed: bool,
    /// Of the patient: only say what would be written
    #[arg(long, requires = "patient")]
    dry_run: bool,
}

/// Carries a command out.
pub(crate) async fn carry_out(
    place: &Place,
    command: BackupCommand,
    json: bool,
) -> Result<ExitCode> {
    match command {
        BackupCommand::Init { place: at } => target::init(place, &at),
        BackupCommand::Run { place: at } => run::run(place, &at, json).await,
        BackupCommand::List { place: at } => list::list(place, &at, json),
        BackupCommand::Verify {
            place: at,
            structure,
        } => {
            let read = if structure {
                list::Read::Structure
            } else {
                list::Read::Everything
            };
            list::verify(place, &at, read, json)
        }
        BackupCommand::Restore(args) => match &args.to {
            Some(to) => restore::whole(place, &args.place, &args.which, to, json),
            None => patient::back(place, &args, json).await,
        },
        BackupCommand::Prune {
            place: at,
            dry_run,
            now,
        } => {
            let how = match (dry_run, now) {
                (true, _) => prune::How::Say,
                (false, true) => prune::How::AtOnce,
                (false, false) => prune::How::ADayLater,
            };
            prune::prune(place, &at, how, json)
        }
        BackupCommand::Drill { place: at } => drill::run(place, &at, json).await,
    }
}
