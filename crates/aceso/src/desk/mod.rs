//! `aceso desk`: the response desk at the console, and as a service. None of it opens a clinic's record.

mod advisory;
mod assess;
mod case;
mod demo;
mod mailbox;
mod matching;
mod report;
mod scan;
mod serve;

pub(crate) use matching::tell as tell_finding;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use aceso_desk::When;
use aceso_desk::advisory::Form;
use aceso_desk::severity::Severity;
use aceso_desk::ssvc::Tree;
use aceso_web::Address;
use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::Common;
use crate::clock::Behind;
use crate::place::Place;
use crate::serve::Kind;
use crate::wrong::one_of;

/// The response desk.
#[derive(Debug, Subcommand)]
pub(crate) enum DeskCommand {
    /// Run the desk: the public report form, the cases, what is published
    #[command(after_help = "Examples:
  aceso desk serve
  aceso desk serve --listen http://127.0.0.1:8090    plain HTTP, on the loopback only
  aceso desk serve --demo                            a desk with people and reports, in $XDG_DATA_HOME/aceso-desk-demo

It has a data directory of its own ($XDG_DATA_HOME/aceso-desk) and holds no patient's data. The other commands work on it with
--data: aceso audit verify, aceso backup run, aceso user list.")]
    Serve {
        /// Fill a separate data directory with a synthetic desk, and print how to sign in
        #[arg(long)]
        demo: bool,
        /// Address to listen on
        #[arg(long, value_name = "URL", value_parser = Address::parse)]
        listen: Option<Address>,
        /// The clock is right although it is behind the log
        #[arg(long)]
        accept_clock: bool,
    },
    /// Score CVSS vectors (3.0, 3.1, 4.0) and write them canonically
    #[command(after_help = "Examples:
  aceso desk cvss CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
  aceso desk cvss CVSS:4.0/AV:N/AC:L/AT:N/PR:H/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:P --json

What is wrong with a vector is told with the metric and what it may be.")]
    Cvss {
        /// Vectors
        #[arg(required = true, value_name = "VECTOR")]
        vectors: Vec<String>,
    },
    /// Ask a decision table of SSVC; without values, show its points
    #[command(after_help = "Examples:
  aceso desk ssvc bod-26-04 \"in kev=yes\" \"publicly exposed=yes\" automatable=no \"technical impact=total\"
  aceso desk ssvc deployer                     what it asks
Tables: supplier, deployer, triage, publish, cisa, bod-26-04, utility, human-impact, public-safety.")]
    Ssvc {
        /// The table
        #[arg(value_parser = table)]
        table: Tree,
        /// Decision points with their values
        #[arg(value_name = "POINT=VALUE")]
        points: Vec<String>,
    },
    /// Show what is due when, counted from a time
    #[command(after_help = "Examples:
  aceso desk deadlines 2026-11-20T17:00:00Z --severity critical
  aceso desk deadlines 2026-11-20T17:00:00Z --fast --zone Africa/Nairobi --holiday 2026-12-25")]
    Deadlines(DeadlinesArgs),
    /// Read mails as reports: what to ask their senders, and which are about the same thing
    #[command(after_help = "Examples:
  aceso desk report mails/*.eml --product Aceso

Attachments are listed and never opened; markup becomes text.")]
    Report {
        /// Mails, one a file
        #[arg(required = true, value_name = "FILE")]
        mails: Vec<PathBuf>,
        /// Names of products that reports speak of
        #[arg(long = "product", value_name = "NAME", default_value = "aceso")]
        products: Vec<String>,
    },
    /// A case in a file: who did what when, where it stands, and what is missing
    #[command(
        subcommand,
        after_help = "Examples:
  aceso desk case open case.ndjson --as mara --report R-1 --proof
  aceso desk case act case.ndjson --as mara '{\"acknowledged\":{\"report\":\"R-1\"}}'
  aceso desk case show case.ndjson
  aceso desk case publish case.ndjson --as cora ACESO-2026-0001.json"
    )]
    Case(case::CaseCommand),
    /// Advisories: check one, or write it in another form
    #[command(subcommand)]
    Advisory(AdvisoryCommand),
    /// Match advisories against a bill of materials (CycloneDX JSON, or Cargo.lock), with reasons
    #[command(after_help = "Examples:
  aceso desk match bom.json advisories/            every .json file below advisories/
  aceso desk match bom.json a.json --fact module=portal --fact exposed=internet
  aceso desk match bom.json advisories/ --all --json
  aceso desk match Cargo.lock advisory-db/crates/

Reads advisories as records, CSAF 2.0, CVE 5, OSV, and RustSec's Markdown. The exit code is 1 when a component is affected, or somebody must
look.")]
    Match {
        /// The bill of materials
        sbom: PathBuf,
        /// Files or directories with advisories
        #[arg(required = true, value_name = "ADVISORY")]
        advisories: Vec<PathBuf>,
        /// What is true of the installation; a kind of which nothing is said is not known
        #[arg(long = "fact", value_name = "KIND=NAME")]
        facts: Vec<String>,
        /// Also what is fixed or not affected
        #[arg(long)]
        all: bool,
    },
}

/// From when deadlines are counted, and how.
#[derive(Debug, Args)]
pub(crate) struct DeadlinesArgs {
    /// When it began (2026-11-20T17:00:00Z)
    start: When,
    /// critical, high, medium, low
    #[arg(long, default_value = "critical", value_parser = severity)]
    severity: Severity,
    /// The fast policy (14, 30, 90, 180 days) instead of the ceiling (90, 180, 180, 365)
    #[arg(long)]
    fast: bool,
    /// The zone that business days are counted in
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    zone: String,
    /// A day on which nobody works
    #[arg(long = "holiday", value_name = "DATE")]
    holidays: Vec<String>,
}

fn table(word: &str) -> Result<Tree, String> {
    one_of(&Tree::ALL, Tree::name, word)
}

fn severity(word: &str) -> Result<Severity, String> {
    let named = |one: &Severity| one.name().eq_ignore_ascii_case(word);
    let found = Severity::ALL.into_iter().find(named);
    found.ok_or_else(|| "one of critical, high, medium, low".to_owned())
}

fn form(word: &str) -> Result<Form, String> {
    one_of(&Form::ALL, Form::name, word)
}

/// Advisories.
#[derive(Debug, Subcommand)]
pub(crate) enum AdvisoryCommand {
    /// Say what an advisory lacks: required fields, contradictions, ranges that a machine cannot read
    #[command(after_help = "Examples:
  aceso desk advisory check ACESO-2026-0001.json
  aceso desk advisory check icsma-24-065-01.json CVE-2026-40076.json --json

Reads records, CSAF 2.0, CVE 5 and OSV. The exit code is 1 when there is an error; warnings do not count.")]
    Check {
        /// Files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Write an advisory in another form
    #[command(after_help = "Examples:
  aceso desk advisory render ACESO-2026-0001.json --form csaf > ACESO-2026-0001.csaf.json
  aceso desk advisory render CVE-2026-40076.json --form page

Forms: record, csaf, cve, osv, openvex, cyclonedx, github, page, markdown, atom, jsonfeed, mail, post.")]
    Render {
        /// The advisory: a record, CSAF 2.0, CVE 5 or OSV
        file: PathBuf,
        /// The form
        #[arg(long, value_name = "FORM", value_parser = form)]
        form: Form,
        /// Which vulnerability a CVE record is about, from 1
        #[arg(long, default_value = "1", value_name = "N")]
        vulnerability: NonZeroUsize,
        /// The address of the desk, for links in pages, feeds and mails [default: the publisher's]
        #[arg(long, value_name = "URL")]
        base: Option<String>,
    },
}

/// Carries out a command of the desk.
pub(crate) fn run(command: DeskCommand, common: &Common) -> Result<ExitCode> {
    let json = common.json;
    match command {
        DeskCommand::Serve {
            demo,
            listen,
            accept_clock,
        } => {
            let (kind, usual) = if demo {
                (Kind::Demo, "aceso-desk-demo")
            } else {
                (Kind::Clinic, "aceso-desk")
            };
            let behind = if accept_clock {
                Behind::Accepted
            } else {
                Behind::Refused
            };
            let place = Place::find(common, usual)?;
            let serving = serve::run(&place, kind, listen, behind);
            crate::beginning(&place)?.block_on(serving)
        }
        DeskCommand::Cvss { vectors } => assess::cvss(&vectors, json),
        DeskCommand::Ssvc { table, points } => assess::ssvc(table, &points, json),
        DeskCommand::Deadlines(args) => assess::deadlines(&args, json),
        DeskCommand::Report { mails, products } => report::run(&mails, &products, json),
        DeskCommand::Case(command) => case::run(command, json),
        DeskCommand::Advisory(AdvisoryCommand::Check { files }) => advisory::check(&files, json),
        DeskCommand::Advisory(AdvisoryCommand::Render {
            file,
            form,
            vulnerability,
            base,
        }) => advisory::render(&file, form, vulnerability, base.as_deref()),
        DeskCommand::Match {
            sbom,
            advisories,
            facts,
            all,
        } => {
            let show = if all {
                matching::Show::All
            } else {
                matching::Show::Open
            };
            matching::run(&sbom, &advisories, &facts, show, json)
        }
    }
}
