//! `aceso audit report`: the reports on the log, from the console.

use std::process::ExitCode;

use aceso_base::Instant;
use aceso_fhir::search::date_span;
use aceso_policy::Caller;
use aceso_store::{AuditLine, AuditQuery, AuditReport, AuditSort, AuditSubject, AuditUse, Store};
use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::cli::ReportArgs;
use crate::place::Place;
use crate::say::{complain, say};
use crate::verify;

/// So many entries at once.
const PAGE: u32 = 1000;

/// How entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    Csv,
    Json,
    Ndjson,
}

/// Prints a report.
pub(crate) async fn run(place: &Place, args: ReportArgs, as_json: bool) -> Result<ExitCode> {
    let format = match args.format.as_str() {
        _ if args.csv => Format::Csv,
        "text" if as_json => Format::Json,
        "text" => Format::Text,
        "csv" => Format::Csv,
        "json" => Format::Json,
        "ndjson" => Format::Ndjson,
        other => bail!("{other}: a report is written as text, csv, json or ndjson"),
    };
    let store = place.open()?;
    let query = query(&store, &args)?;
    let mut count = 0;
    if format == Format::Csv {
        say(aceso_staff::audit_heading().trim_end());
    }
    each(&store, query, &mut |line| {
        count += 1;
        say(&match format {
            Format::Text => text(line),
            Format::Csv => aceso_staff::audit_row(line).trim_end().to_owned(),
            Format::Json => whole(line),
            Format::Ndjson => aceso_api::audit_event(line),
        });
    })
    .await?;
    complain(&format!("{count} entries"));
    Ok(ExitCode::SUCCESS)
}

fn query(store: &Store, args: &ReportArgs) -> Result<AuditQuery> {
    let Some(report) = AuditReport::parse(&args.name) else {
        let names = AuditReport::ALL.map(AuditReport::name).join(", ");
        bail!("{}: there is no such report; there are {names}", args.name);
    };
    match report.subject() {
        Some(AuditSubject::Patient) if args.patient.is_none() => {
            bail!("say which patient: --patient ID");
        }
        Some(AuditSubject::Person) if args.person.is_none() => {
            bail!("say which person: --person NAME");
        }
        Some(AuditSubject::Patient | AuditSubject::Person) | None => {}
    }
    let Some(sort) = AuditSort::parse(&args.sort) else {
        bail!("{}: nothing is sorted by that", args.sort);
    };
    let span = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => date_span(text)
            .map(Some)
            .with_context(|| format!("{text}: not a date, as in 2026-11-22")),
    };
    let (from, until) = (span(&args.from)?, span(&args.until)?);
    Ok(AuditQuery {
        patient: args.patient.clone(),
        person: args.person.clone(),
        facility: args.facility.clone(),
        from: from.map(|(from, _)| Instant::from_millis(from)),
        until: until.map(|(_, end)| Instant::from_millis(end - 1)),
        sort,
        count: PAGE,
        ..report.query(&store.people_rule().hours)
    })
}

async fn each(
    store: &Store,
    mut query: AuditQuery,
    show: &mut dyn FnMut(&AuditLine),
) -> Result<()> {
    let caller = Caller::operator();
    loop {
        let page = store
            .audit(&caller, query.clone(), AuditUse::Export)
            .await?;
        page.lines.iter().for_each(&mut *show);
        if let Some(count) = page.cut {
            complain(&format!(
                "only the newest {count} entries are sorted: ask for a shorter period"
            ));
        }
        let Some(next) = page.next else {
            return Ok(());
        };
        query.mark = Some(next);
    }
}

fn text(line: &AuditLine) -> String {
    let said = &line.said;
    let outcome = match said.outcome.name() {
        "done" => String::new(),
        other => format!(" [{other}]"),
    };
    format!(
        "{} {} {}: {}{outcome} {} {}",
        line.seq,
        line.at.to_fhir(),
        line.who(),
        said.act,
        line.patient_names().join("; "),
        said.on.join(" "),
    )
}

fn whole(line: &AuditLine) -> String {
    let mut whole = verify::said(&line.said);
    if let Some(fields) = whole.as_object_mut() {
        fields.insert("seq".to_owned(), json!(line.seq));
        fields.insert("at".to_owned(), json!(line.at.to_fhir()));
        fields.insert("name".to_owned(), json!(line.who()));
        fields.insert("patientNames".to_owned(), json!(line.patient_names()));
    }
    whole.to_string()
}
