//! `aceso incident`: alerts and incidents that are open, and the hand-over of one to the makers' response desk when the program itself may be to blame.

use std::process::ExitCode;

use aceso_base::Instant;
use aceso_egress::{Client, Limits};
use aceso_policy::{Caller, Endpoints};
use aceso_store::{Affected, AlertList, IncidentChange, KeptAlert, KeptIncident, NewIncident};
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::delivery::trust;
use crate::makers::post;
use crate::place::Place;
use crate::say::say;
use crate::wrong::When;

/// Incidents.
#[derive(Debug, Subcommand)]
pub(crate) enum IncidentCommand {
    /// The incidents, newest first
    #[command(after_help = "Example:
  aceso incident list --json")]
    List,
    /// Alerts that nobody has decided yet: what the rules over the audit log found
    #[command(after_help = "Example:
  aceso incident alerts --json")]
    Alerts,
    /// Open one: the audit log is frozen as it stands now
    #[command(after_help = "Examples:
  aceso incident open \"A lost laptop\" --from 2026-11-20
  aceso incident open \"Curiosity\" --who person/ann --from 2026-11-01 --until 2026-11-20 --discovered 2026-11-21

The clocks run from the discovery. Days are whole, and of UTC. Its id is the last word.")]
    Open {
        /// What happened, without names of patients
        title: String,
        /// Whose accesses are looked at, as the audit log names them: person/ann, client/report. Without it, anybody's
        #[arg(long, default_value = "")]
        who: String,
        /// From when on; without it, from the discovery
        #[arg(long, value_name = "TIME", value_parser = When::parse)]
        from: Option<When>,
        /// Until when; without it, until now
        #[arg(long, value_name = "TIME", value_parser = When::parse)]
        until: Option<When>,
        /// When somebody knew, or should have known; without it, now
        #[arg(long, value_name = "TIME", value_parser = When::parse)]
        discovered: Option<When>,
    },
    /// Report one to the makers' response desk: what was seen of the program, and nothing of patients or people
    #[command(after_help = "Examples:
  aceso incident hand-over 0Ab1Cd2Ef3G --steps \"Sign in as a nurse, open /patients/new twice\" --dry-run
  aceso incident hand-over 0Ab1Cd2Ef3G --steps \"Sign in as a nurse, open /patients/new twice\"

The desk's address is in the configuration ([advisories] desk). Sent are the incident's title, what was noted as the answer to
the first of the four questions, the release, how many entries of the log were looked at, and the steps that you give: --dry-run
prints it. The desk's number and the secret page with the state of the report are noted in the incident's timeline.")]
    HandOver {
        /// The incident's id
        incident: String,
        /// What somebody does to see it happen, in words
        #[arg(long)]
        steps: String,
        /// Print what would be sent, and send nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Carries it out.
pub(crate) async fn run(
    place: &Place,
    command: IncidentCommand,
    as_json: bool,
) -> Result<ExitCode> {
    match command {
        IncidentCommand::List => list(place, as_json).await,
        IncidentCommand::Alerts => alerts(place, as_json).await,
        IncidentCommand::Open {
            title,
            who,
            from,
            until,
            discovered,
        } => {
            let new = NewIncident {
                title,
                who,
                discovered: discovered.map(When::begins),
                from: from.map(When::begins),
                until: until.map(When::ends),
                alert: None,
            };
            open(place, new, as_json).await
        }
        IncidentCommand::HandOver {
            incident,
            steps,
            dry_run,
        } => hand_over(place, &incident, &steps, dry_run.into()).await,
    }
}

async fn open(place: &Place, new: NewIncident, as_json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    let now = store.now();
    let new = NewIncident {
        until: new.until.map(|until| until.min(now)),
        ..new
    };
    let id = store.open_incident(&Caller::operator(), new).await?;
    say(&match as_json {
        true => json!({ "id": id }).to_string(),
        false => format!("The log is frozen. The incident is {id}"),
    });
    Ok(ExitCode::SUCCESS)
}

async fn list(place: &Place, as_json: bool) -> Result<ExitCode> {
    let all = place.open()?.incidents(&Caller::operator()).await?;
    if as_json {
        let all: Vec<Value> = all.iter().map(told).collect();
        say(&Value::Array(all).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    if all.is_empty() {
        say("There are no incidents.");
    }
    for kept in &all {
        say(&format!(
            "{}  discovered {}  {}  {}",
            kept.id,
            Instant::from_millis(kept.incident.discovered).to_fhir(),
            state(kept),
            kept.incident.title
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn alerts(place: &Place, as_json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    let open = store.alerts(&Caller::operator(), AlertList::Open).await?;
    if as_json {
        let told = |one: &KeptAlert| {
            json!({"id": one.id, "kind": one.kind.name(), "severity": one.kind.severity().name(), "cause": one.cause, "name": one.name,
                "text": one.text, "first": one.first.to_fhir(), "last": one.last.to_fhir(), "entry": one.seq, "count": one.count})
        };
        let all: Vec<Value> = open.iter().map(told).collect();
        say(&Value::Array(all).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    if open.is_empty() {
        say("No alert waits for a decision.");
    }
    for one in &open {
        let (severity, last) = (one.kind.severity().name(), one.last.to_fhir());
        let (kind, whose, text) = (one.kind.title(), one.whose(), &one.text);
        say(&format!("{severity}  {last}  {kind}: {whose}, {text}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn state(kept: &KeptIncident) -> &'static str {
    kept.incident
        .finding
        .map_or("open", |finding| finding.name())
}

fn told(kept: &KeptIncident) -> Value {
    let at = |millis| Instant::from_millis(millis).to_fhir();
    json!({
        "id": kept.id, "title": kept.incident.title, "opened": kept.opened.to_fhir(),
        "discovered": at(kept.incident.discovered), "state": state(kept), "who": kept.incident.who,
        "from": at(kept.incident.from), "until": at(kept.incident.until), "entry": kept.incident.last_entry,
    })
}

/// Whether a report is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    Sent,
    Shown,
}

impl From<bool> for Sending {
    fn from(dry_run: bool) -> Self {
        match dry_run {
            true => Self::Shown,
            false => Self::Sent,
        }
    }
}

async fn hand_over(place: &Place, id: &str, steps: &str, sending: Sending) -> Result<ExitCode> {
    let desk = place.config.advisories.desk.trim_end_matches('/');
    if desk.is_empty() {
        bail!("no desk is configured: set desk in [advisories]");
    }
    let (store, operator) = (place.open()?, Caller::operator());
    let kept = store.incident(&operator, id).await;
    let kept = kept.with_context(|| format!("incident {id}"))?;
    let affected = store.affected(&operator, id).await?;
    let report = report(&kept, &affected, steps);
    if sending == Sending::Shown {
        say(&serde_json::to_string_pretty(&report)?);
        return Ok(ExitCode::SUCCESS);
    }
    let endpoints = Endpoints::new(&[desk]).context("advisories.desk")?;
    let client = Client::new(endpoints, &trust(&place.config), Limits::default())?;
    let taken = post(&client, desk, &report).await?;
    let note = format!(
        "handed over to {desk} as {}: {}",
        taken.report, taken.status
    );
    let change = IncidentChange::Note(note.clone());
    store
        .change_incident(&operator, id, kept.version, change)
        .await
        .with_context(|| format!("it was {note}, but that could not be noted"))?;
    say(&note);
    Ok(ExitCode::SUCCESS)
}

/// What the desk is told: nothing of patients, and of people nothing but what somebody wrote into the title or the steps.
fn report(kept: &KeptIncident, affected: &Affected, steps: &str) -> Value {
    let incident = &kept.incident;
    let at = |millis| Instant::from_millis(millis).to_fhir();
    let nature = incident
        .factors
        .get(&aceso_shield::incident::Factor::Nature)
        .map_or("not assessed yet", String::as_str);
    let text = format!(
        "An installation has an incident in which the program itself may be to blame.\n\nBetween {} and {}; discovered {}. {} entries \
         of the audit log were looked at; {} patients' records are concerned.\n\nWhich information: {nature}.",
        at(incident.from),
        at(incident.until),
        at(incident.discovered),
        affected.looked_at,
        affected.patients.len()
    );
    json!({
        "product": "Aceso", "version": env!("CARGO_PKG_VERSION"), "subject": incident.title, "text": text, "steps": steps,
        "impact": format!("{} patients' records", affected.patients.len()), "exploited": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_to_the_desk_names_no_patient_and_not_who_it_was() {
        let mut kept = KeptIncident {
            id: "i1".into(),
            version: 1,
            opened: Instant::from_millis(0),
            closed: None,
            name: None,
            incident: aceso_shield::incident::Incident::default(),
        };
        kept.incident.title = "Charts open twice".into();
        kept.incident.who = "person/ann".into();
        let mut affected = Affected::default();
        affected.patients.entry("p7".into()).or_default();
        let report = report(&kept, &affected, "Open two").to_string();
        assert!(report.contains("Charts open twice") && report.contains("1 patients"));
        assert!(
            !report.contains("p7") && !report.contains("ann"),
            "{report}"
        );
    }
}
