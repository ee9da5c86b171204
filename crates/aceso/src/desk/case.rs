//! `aceso desk case`: a case in a file, one event a line. Whoever may write the file may speak for anybody in it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aceso_base::{Clock, SystemClock};
use aceso_desk::When;
use aceso_desk::advisory::{Document, Weight, check};
use aceso_desk::calendar::Calendar;
use aceso_desk::case::{
    Case, ContentHash, Draft, Event, PartyId, Proof, Rules, Stage, Unmet, What, owed, unmet,
};
use aceso_desk::clock::Standing;
use aceso_desk::severity::Policy;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::advisory::read;
use crate::say::say;
use crate::wrong::wrong;

/// Cases.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// Begin a case with a report
    Open {
        #[command(flatten)]
        who: Who,
        /// The report's name
        #[arg(long)]
        report: String,
        /// The report has a proof of concept: to call it invalid takes two people
        #[arg(long)]
        proof: bool,
    },
    /// Do something in a case: an event as JSON
    Act {
        #[command(flatten)]
        who: Who,
        /// What, for example {"acknowledged":{"report":"R-1"}}
        what: String,
    },
    /// Put an advisory's text into the case; approvals of another text are void from then on
    Draft {
        #[command(flatten)]
        who: Who,
        /// The advisory
        advisory: PathBuf,
    },
    /// Approve exactly this text
    Approve {
        #[command(flatten)]
        who: Who,
        /// The advisory
        advisory: PathBuf,
    },
    /// Record that exactly this text is published, if two others than its last editor approved it
    Publish {
        #[command(flatten)]
        who: Who,
        /// The advisory
        advisory: PathBuf,
    },
    /// Show where a case stands, what is due, and what the next stage lacks
    Show {
        /// The case's log
        log: PathBuf,
    },
}

/// In which case, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Who {
    /// The case's log
    log: PathBuf,
    /// Who does it
    #[arg(long = "as", value_name = "NAME")]
    by: String,
}

/// Carries it out.
pub(super) fn run(command: CaseCommand, as_json: bool) -> Result<ExitCode> {
    match command {
        CaseCommand::Open { who, report, proof } => open(
            &who,
            &report,
            if proof { Proof::Present } else { Proof::Absent },
        ),
        CaseCommand::Act { who, what } => {
            let what = serde_json::from_str(&what).map_err(|error| {
                wrong(format!(
                    "this is no event; one is {{\"acknowledged\":{{\"report\":\"R-1\"}}}}: {error}"
                ))
            })?;
            act(&who, what)
        }
        CaseCommand::Draft { who, advisory } => {
            let (document, hash) = text(&advisory)?;
            let problems = check(&document.advisory, now()).into_iter();
            let errors = problems
                .filter(|p| p.weight == Weight::Error)
                .map(|p| format!("{}: {}", p.at, p.what));
            act(
                &who,
                What::Drafted {
                    draft: Draft {
                        hash,
                        errors: errors.collect(),
                    },
                },
            )
        }
        CaseCommand::Approve { who, advisory } => act(
            &who,
            What::Approved {
                hash: text(&advisory)?.1,
            },
        ),
        CaseCommand::Publish { who, advisory } => act(
            &who,
            What::Published {
                hash: text(&advisory)?.1,
            },
        ),
        CaseCommand::Show { log } => show(&log, as_json),
    }
}

fn now() -> When {
    When::from(SystemClock.now())
}

fn rules() -> Rules {
    Rules {
        policy: Policy::ceiling(),
        calendar: Calendar::plain(),
        coverage: 90,
    }
}

/// An advisory with the digest of its record: another form of the same record has the same one.
fn text(path: &Path) -> Result<(Document, ContentHash)> {
    let document = read(path)?;
    let canonical = serde_json::to_vec(&document.advisory)?;
    Ok((document, ContentHash(aceso_vault::sha256(&canonical))))
}

fn open(who: &Who, report: &str, proof: Proof) -> Result<ExitCode> {
    if who.log.exists() {
        bail!(
            "{} holds a case already: add the report to it with `aceso desk case act`, or name another file",
            who.log.display()
        );
    }
    let event = Case::open(now(), &PartyId(who.by.clone()), report, proof);
    append(&who.log, &event)
}

fn act(who: &Who, what: What) -> Result<ExitCode> {
    let case = Case::replay(&load(&who.log)?, &rules())?;
    let event = case.act(now(), &PartyId(who.by.clone()), what, &rules())?;
    append(&who.log, &event)
}

fn load(path: &Path) -> Result<Vec<Event>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let lines = (1..).zip(text.lines());
    let read = |(at, line): (usize, &str)| {
        serde_json::from_str(line).with_context(|| format!("{}:{at} is no event", path.display()))
    };
    lines.map(read).collect()
}

/// The line is on the disk before anybody is told.
fn append(path: &Path, event: &Event) -> Result<ExitCode> {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path);
    let file = file
        .as_mut()
        .map_err(|e| anyhow::anyhow!("{} cannot be written: {e}", path.display()))?;
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_all()?;
    say(&format!("event {}", event.seq));
    Ok(ExitCode::SUCCESS)
}

fn show(path: &Path, as_json: bool) -> Result<ExitCode> {
    let (now, rules) = (now(), rules());
    let case = Case::replay(&load(path)?, &rules)?;
    let next = case.stage.next();
    let missing = next
        .map(|to| unmet(&case, to, now, &rules))
        .unwrap_or_default();
    let owed = owed(&case, now, &rules);
    if as_json {
        let due = case
            .running(now)
            .into_iter()
            .map(|(n, c)| json!({"clock": n, "what": c.regime.rule().what, "due": c.due()}));
        let told = json!({"events": case.seq, "stage": case.stage, "next": next, "missing": missing, "owed": owed, "due": due.collect::<Vec<_>>()});
        say(&told.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let severity = case
        .assessment
        .as_ref()
        .map_or("not assessed", |a| a.severity.name());
    say(&format!(
        "{:?} after {} events; {severity}",
        case.stage, case.seq
    ));
    for (id, person) in &case.people {
        let roles: Vec<String> = person.roles.iter().map(|r| format!("{r:?}")).collect();
        say(&format!("  {}: {}", id.0, roles.join(", ")));
    }
    for (number, clock) in case.running(now) {
        let rule = clock.regime.rule();
        let said = match clock.standing(now) {
            Standing::Overdue { since } => format!("OVERDUE since {}", since.said()),
            Standing::Paused { until } => format!("paused until {}", until.said()),
            Standing::Running { due } | Standing::MetLate { due, .. } => {
                format!("due {}", due.said())
            }
            Standing::Met { at } => format!("met {}", at.said()),
        };
        say(&format!(
            "  clock {number}: {}, {said} ({})",
            rule.what, rule.source
        ));
    }
    if let Some(to) = next {
        say(&format!(
            "{}{to:?}",
            if missing.is_empty() {
                "may go on to "
            } else {
                "missing for "
            }
        ));
    }
    list(&missing);
    if !owed.is_empty() {
        say("owed since it was published in an emergency");
        list(&owed);
    }
    if case.stage == Stage::Closed {
        say("over");
    }
    Ok(ExitCode::SUCCESS)
}

fn list(missing: &[Unmet]) {
    for unmet in missing {
        say(&format!("  {}: {}", unmet.code, unmet.what));
    }
}
