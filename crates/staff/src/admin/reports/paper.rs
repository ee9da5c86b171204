//! `GET /admin/reports/{report}/pdf`: a report as a PDF file.

use aceso_print::{Paper, Sheet, Table};
use aceso_store::{AuditLine, AuditOutcome, AuditPage, AuditQuery, AuditReport, AuditUse};
use aceso_web::page::{language, say, words};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};

use super::show::{Filter, act, wanted};
use crate::Staff;
use crate::csv::attached;
use crate::fault::fault;
use crate::state::fresh;
use crate::words::{moment, purpose, things};

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
    let made = say("Made {0} for {1}", &[&moment(store.now()), &by]);
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
    let (head, secret) = (
        words("From the audit log, which nobody can change"),
        words("Confidential: names patients and who looked at their records"),
    );
    let mut paper = Paper::new(words(report.title()).to_string())
        .language(language().tag())
        .number(say("Page {0} of {1}", &[&"{0}", &"{1}"]))
        .on(Sheet::A4Landscape)
        .head(head.to_string())
        .foot(made)
        .foot(secret.to_string());
    paper.paragraph(words(report.about()).to_string());
    let asked = [
        ("From", "from"),
        ("Until", "until"),
        ("Patient's record", "patient"),
        ("User name", "person"),
        ("Organization's record", "facility"),
    ];
    let asked = asked.map(|(title, name)| (words(title).to_string(), filter.get(name)));
    paper.facts(asked.into_iter().filter(|(_, value)| !value.is_empty()));
    let heads = ["When", "Who", "What", "What for", "Patient", "From"];
    let heads = heads.map(|head| words(head).to_string());
    let columns = heads.iter().map(String::as_str);
    let columns = columns.zip([1.6, 1.6, 2.6, 1.2, 2.0, 1.1]);
    let mut table = Table::new(&columns.collect::<Vec<_>>());
    for line in &found.lines {
        table.row(cells(line));
    }
    if found.lines.is_empty() {
        paper.paragraph(words("The log has nothing of this in the period.").to_string());
    } else {
        paper.table(table);
    }
    if found.next.is_some() {
        let shown = found.lines.len();
        paper.paragraph(say(
            "Not all: these are the first {0}. Ask for a shorter period.",
            &[&shown],
        ));
    }
    paper
}

fn cells(line: &AuditLine) -> [String; 6] {
    let said = &line.said;
    let who = match &line.by {
        Some(by) => say("{0} for {1}", &[&crate::words::rule(&line.who()), by]),
        None => crate::words::rule(&line.who()),
    };
    let outcome = match said.outcome {
        AuditOutcome::Done => "",
        AuditOutcome::Unknown => "(not there)",
        AuditOutcome::Denied => "(refused)",
    };
    let late = if said.is_late { "(written late)" } else { "" };
    let marks = [outcome, late].into_iter().filter(|mark| !mark.is_empty());
    let marks = marks.map(crate::words::known);
    let done = std::iter::once(act(line)).chain(marks);
    let done = done.collect::<Vec<_>>().join(" ");
    let consent = match said.rests.as_slice() {
        [] => String::new(),
        some => [
            "\n",
            &crate::words::say("on the consent {0}", &[&some.join(", ")]),
        ]
        .concat(),
    };
    [
        moment(line.at),
        who,
        [&done, "\n", &things(&said.on), &consent].concat(),
        purpose(&said.purpose),
        line.patient_names().join("; "),
        said.address
            .map_or(crate::words::say("console", &[]), |a| a.to_string()),
    ]
}
