//! `GET /admin/reports/{report}/pdf`: a report as a PDF file.

use aceso_print::{Paper, Sheet, Table};
use aceso_store::{AuditLine, AuditOutcome, AuditPage, AuditQuery, AuditReport, AuditUse};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};

use super::show::{Filter, act, wanted};
use crate::Staff;
use crate::csv::attached;
use crate::fault::fault;
use crate::state::fresh;
use crate::words::{moment, purpose, sentence, things};

/// So many entries on one paper: the period of a longer one is to be shorter.
const MOST: u32 = 5000;

/// Needs a fresh proof, as every file does.
pub(crate) async fn file(staff: Staff, ask: Ask) -> Outcome {
    let report = wanted(&ask)?;
    fresh(&staff, &ask)?;
    let filter = Filter::of(&ask);
    if !filter.is_enough(report) {
        return Err(PageFault::Missing);
    }
    let query = filter.query(&staff, report);
    pdf(&staff, &ask, report, &filter, query).await
}

/// The answer to a question, as a file.
pub(super) async fn pdf(
    staff: &Staff,
    ask: &Ask,
    report: AuditReport,
    filter: &Filter,
    mut query: AuditQuery,
) -> Outcome {
    query.count = MOST;
    let (store, caller) = (staff.store(), ask.caller()?);
    let found = store.audit(caller, query, AuditUse::Export).await;
    let found = found.map_err(fault)?;
    let by = caller.as_person().map_or("", |p| p.label());
    let made = format!("Made {} for {by}", moment(store.now()));
    let paper = paper(report, filter, &found, &made);
    // Setting pages takes the processor for itself.
    let pdf = tokio::task::spawn_blocking(move || paper.pdf()).await;
    let pdf = pdf.map_err(PageFault::hidden)?.map_err(PageFault::hidden)?;
    Ok(Reply::other(attached(
        pdf,
        "application/pdf",
        "audit-report.pdf",
    )))
}

fn paper(report: AuditReport, filter: &Filter, found: &AuditPage, made: &str) -> Paper {
    let mut paper = Paper::new(report.title())
        .on(Sheet::A4Landscape)
        .head("From the audit log, which nobody can change")
        .foot(made)
        .foot("Confidential: names patients and who looked at their records");
    paper.paragraph(report.about());
    let asked = [
        ("From", "from"),
        ("Until", "until"),
        ("Patient's record", "patient"),
        ("User name", "person"),
        ("Organization's record", "facility"),
    ];
    let asked = asked.map(|(title, name)| (title, filter.get(name)));
    paper.facts(asked.into_iter().filter(|(_, value)| !value.is_empty()));
    let mut table = Table::new(&[
        ("When", 1.6),
        ("Who", 1.6),
        ("What", 2.6),
        ("What for", 1.2),
        ("Patient", 2.0),
        ("From", 1.1),
    ]);
    for line in &found.lines {
        table.row(cells(line));
    }
    if found.lines.is_empty() {
        paper.paragraph("The log has nothing of this in the period.");
    } else {
        paper.table(table);
    }
    if found.next.is_some() {
        paper.paragraph(format!(
            "Not all: these are the first {}. Ask for a shorter period.",
            found.lines.len()
        ));
    }
    paper
}

fn cells(line: &AuditLine) -> [String; 6] {
    let said = &line.said;
    let who = match &line.by {
        Some(by) => format!("{} for {by}", sentence(&line.who())),
        None => sentence(&line.who()),
    };
    let outcome = match said.outcome {
        AuditOutcome::Done => "",
        AuditOutcome::Unknown => " (not there)",
        AuditOutcome::Denied => " (refused)",
    };
    let late = if said.is_late { " (written late)" } else { "" };
    [
        moment(line.at),
        who,
        format!("{}{outcome}{late}\n{}", act(line), things(&said.on)),
        purpose(&said.purpose).to_owned(),
        line.patient_names().join("; "),
        said.address.map_or("console".to_owned(), |a| a.to_string()),
    ]
}
