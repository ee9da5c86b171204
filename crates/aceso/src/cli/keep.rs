//! Commands that keep the record and the clinic in order: keys, erasure and holds, duties.

use std::path::PathBuf;

use aceso_store::DutyKind;
use aceso_vault::root::Source;
use clap::{Args, Subcommand};

use crate::wrong::{When, one_of};

/// The keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Show every key: its version, when it was made, where the root key comes from
    #[command(after_help = "Examples:
  aceso key status
  aceso key status --json")]
    Status,
    /// Begin a new version of the patients' data keys, and bring all that is stored under it; beside a running server
    #[command(after_help = "Examples:
  aceso key rotate
  aceso key rotate --audit      another key signs the audit log: tell it to its witnesses
  aceso key rotate --tokens     another key signs ID tokens; the one before is shown for another hour
  aceso key rotate --pages      a new key for the database's pages

All of them go beside a running server, and one that was cut off goes on when it is started again. Pages are written anew by
whoever has the record open: a running server does it beside its work, into files that take the place of the others at the
end. That needs as much room on the disk again; other commands are waited for, and the next backup is a whole one.")]
    Rotate {
        /// Begin a new key for the audit log's heads instead; what was signed before is checked with the key of its time
        #[arg(long, conflicts_with_all = ["tokens", "pages"])]
        audit: bool,
        /// Begin a new key for ID tokens instead
        #[arg(long, conflicts_with = "pages")]
        tokens: bool,
        /// Bring the database's pages under a new key instead
        #[arg(long)]
        pages: bool,
    },
    /// Lock the record with a new root key, from the same or from another source; beside a running server
    #[command(after_help = "Examples:
  aceso key rewrap --to keyfile                        a new key in the place of the old
  aceso key rewrap --to passphrase
  aceso key rewrap --to pkcs11 --module /usr/lib/softhsm/libsofthsm2.so --token clinic")]
    Rewrap {
        #[command(flatten)]
        to: NewSource,
    },
    /// Get the root key back from three recovery shares
    #[command(after_help = "Examples:
  aceso key recover                     asks for three shares, writes the key file again
  aceso key recover --to passphrase     and locks the record with a passphrase instead")]
    Recover {
        /// A file (mode 0600) with the shares, one a line, instead of typing them
        #[arg(long, value_name = "FILE")]
        shares: Option<PathBuf>,
        #[command(flatten)]
        to: NewSource,
    },
    /// Print recovery shares of the root key, or check some that were printed
    #[command(after_help = "Examples:
  aceso key shares > /dev/usb/lp0
  aceso key shares --check              type three back: they must give this record's root key")]
    Shares {
        /// Check shares instead of printing
        #[arg(long)]
        check: bool,
        /// A file (mode 0600) with the shares to check, one a line
        #[arg(long, value_name = "FILE", requires = "check")]
        shares: Option<PathBuf>,
    },
}

/// Where a root key is to come from.
#[derive(Debug, Args)]
pub(crate) struct NewSource {
    /// keyfile, passphrase or pkcs11
    #[arg(long, value_name = "SOURCE", default_value = "keyfile", value_parser = source)]
    pub(crate) to: Source,
    /// keyfile: the new file [default: the configured one; the one before stays beside it as .old]
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// passphrase: a file (mode 0600) whose first line is the new one, instead of typing it
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
    /// pkcs11: the token's module [default: root_key.module]
    #[arg(long, value_name = "FILE")]
    pub(crate) module: Option<PathBuf>,
    /// pkcs11: the token's label [default: root_key.token]
    #[arg(long, value_name = "LABEL")]
    pub(crate) token: Option<String>,
    /// pkcs11: a file (mode 0600) whose first line is the user's PIN [default: root_key.pin_file]
    #[arg(long, value_name = "FILE")]
    pub(crate) pin_file: Option<PathBuf>,
}

fn source(word: &str) -> Result<Source, String> {
    let all = [Source::KeyFile, Source::Passphrase, Source::Token];
    one_of(&all, Source::name, word)
}

/// Whom to erase, and why.
#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    /// The Patient's id
    #[arg(long, value_name = "ID", requires = "decision")]
    pub(crate) patient: Option<String>,
    /// The decision and its legal ground: a file, or the text itself
    #[arg(long, value_name = "FILE|TEXT", requires = "patient")]
    pub(crate) decision: Option<String>,
}

/// Holds.
#[derive(Debug, Subcommand)]
pub(crate) enum HoldCommand {
    /// Forbid the erasure of a patient
    #[command(after_help = "Examples:
  aceso hold set --patient 0Ab1Cd2Ef3G --reason \"records law: ten years after the last visit\" --days 3650
  aceso hold set --patient 0Ab1Cd2Ef3G --reason \"litigation 2026-17\"")]
    Set {
        /// The Patient's id
        #[arg(long, value_name = "ID")]
        patient: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// For how long [default: until it is lifted]
        #[arg(long, value_name = "N")]
        days: Option<u32>,
    },
    /// Lift a hold
    Lift {
        /// Its id
        id: String,
    },
    /// List the holds in force
    List,
}

/// What the clinic must keep up.
#[derive(Debug, Subcommand)]
pub(crate) enum DutyCommand {
    /// Note what was agreed or done
    #[command(after_help = "Examples:
  aceso duty add business-associate \"Riverside Laboratories\" --until 2027-06-30 --detail \"blood tests\" --document contract.pdf
  aceso duty add vulnerability-scan \"all hosts, OpenVAS\" --on 2026-11-02 --detail \"nothing serious\" --document scan.pdf
  aceso duty add risk-analysis \"yearly, by the board\" --document risks.odt

Kinds: business-associate (until the day that the agreement says), vulnerability-scan (holds half a year), penetration-test,
compliance-audit, risk-analysis and incident-exercise (a year). A document is not stored: its SHA-256 is.")]
    Add {
        /// Of what kind
        #[arg(value_parser = kind)]
        kind: DutyKind,
        /// With whom, by whom or by what means
        name: String,
        /// What was agreed or found
        #[arg(long, value_name = "TEXT", default_value = "")]
        detail: String,
        /// The day on which it was [default: today]
        #[arg(long, value_name = "DAY", value_parser = When::parse)]
        on: Option<When>,
        /// Until when it holds [default: as long as its kind holds]
        #[arg(long, value_name = "DAY", value_parser = When::parse)]
        until: Option<When>,
        /// The document that says it
        #[arg(long, value_name = "FILE")]
        document: Option<PathBuf>,
    },
    /// Note that something counts no more; it stays on record
    End {
        /// Its id
        id: String,
    },
    /// List everything, and what is missing; the exit code is 1 when something is
    List,
}

fn kind(word: &str) -> Result<DutyKind, String> {
    one_of(&DutyKind::ALL, DutyKind::name, word)
}
