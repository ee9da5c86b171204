//! `aceso audit report`: the reports on the log, from the console.

use std::process::ExitCode;

use aceso_policy::Caller;
use aceso_store::{AuditLine, AuditQuery, AuditSubject, AuditUse, Store};
use anyhow::Result;
use clap::ValueEnum;
use serde_json::json;

use crate::cli::ReportArgs;
use crate::place::Place;
use crate::say::{complain, say};
use crate::verify;
use crate::wrong::{When, wrong};

/// So many entries at once.
const PAGE: u32 = 1000;

/// How entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Csv,
    Json,
    Ndjson,
}

/// Prints a report.
pub(crate) async fn run(place: &Place, args: ReportArgs, as_json: bool) -> Result<ExitCode> {
    let format = match args.format {
        _ if args.csv => Format::Csv,
        Format::Text if as_json => Format::Json,
        given @ (Format::Text | Format::Csv | Format::Json | Format::Ndjson) => given,
    };
    about(&args)?;
    let store = place.open()?;
    let query = query(&store, &args);
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

/// Some reports are about somebody.
fn about(args: &ReportArgs) -> Result<()> {
    match args.name.subject() {
        Some(AuditSubject::Patient) if args.patient.is_none() => {
            Err(wrong("say which patient: --patient ID"))
        }
        Some(AuditSubject::Person) if args.person.is_none() => {
            Err(wrong("say which person: --person NAME"))
        }
        Some(AuditSubject::Patient | AuditSubject::Person) | None => Ok(()),
    }
}

fn query(store: &Store, args: &ReportArgs) -> AuditQuery {
    AuditQuery {
        patient: args.patient.clone(),
        person: args.person.clone(),
        facility: args.facility.clone(),
        from: args.from.map(When::begins),
        until: args.until.map(When::ends),
        sort: args.sort,
        count: PAGE,
        ..args.name.query(&store.people_rule().hours)
    }
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
    let detail = match said.detail.as_str() {
        "" => String::new(),
        detail => format!("({detail})"),
    };
    let mut text = format!(
        "{} {} {}: {}{outcome}",
        line.seq,
        line.at.to_fhir(),
        line.who(),
        said.act,
    );
    let about = [line.patient_names().join("; "), said.on.join(" "), detail];
    for part in about.iter().filter(|part| !part.is_empty()) {
        text.push(' ');
        text.push_str(part);
    }
    text
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
