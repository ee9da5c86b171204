//! `GET /patients/{patient}/access`: who looked into a patient's record, a line for each person and purpose: for those who may
//! read the audit log, whether or not they may read the record.

use aceso_base::Instant;
use aceso_policy::Role;
use aceso_store::{AuditKind, AuditLine, AuditOutcome, AuditQuery, AuditReport, AuditUse};
use aceso_web::page::{Column, Crumb, Csrf, Empty, Link, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, Reply};
use maud::html;

use super::{HERE, path};
use crate::Staff;
use crate::fault::fault;
use crate::words::{purpose, role_tags, sentence, when};

/// So many entries are summed up.
const LOOKED_AT: u32 = 5_000;

/// The page.
pub(crate) struct WhoLooked {
    patient: String,
    /// The patient's name, where an entry knows it.
    name: Option<String>,
    lines: Vec<Line>,
    /// How far back the lines go, where the log has more.
    since: Option<Instant>,
}

/// One person's looks for one purpose.
struct Line {
    who: String,
    roles: Vec<Role>,
    purpose: String,
    times: usize,
    last: Instant,
    mark: Option<Mark>,
}

/// What must not be overlooked about somebody's looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// They were refused something.
    Refused,
    /// They opened the record in an emergency.
    Emergency,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let patient = ask.of_patient()?.to_owned();
    let query = AuditQuery {
        patient: Some(patient.clone()),
        count: LOOKED_AT,
        ..AuditQuery::default()
    };
    let found = staff.store().audit(ask.caller()?, query, AuditUse::View);
    let found = found.await.map_err(fault)?;
    let mut names = found.lines.iter().flat_map(|line| &line.patients);
    let name = names.find(|(id, _)| *id == patient);
    let page = WhoLooked {
        name: name.and_then(|(_, name)| name.clone()),
        lines: summed(&found.lines),
        since: found.next.and_then(|_| Some(found.lines.last()?.at)),
        patient,
    };
    Ok(Reply::page(&ask, &page))
}

/// One line for each person and purpose, the newest look first. The entries come newest first.
fn summed(entries: &[AuditLine]) -> Vec<Line> {
    let mut all: Vec<Line> = Vec::new();
    for entry in entries {
        let who = sentence(&entry.who());
        let who = match &entry.by {
            Some(by) => crate::words::say("{0} for {1}", &[&who, by]),
            None => who,
        };
        let mark = match (entry.kind(), entry.said.outcome) {
            (AuditKind::Emergency, _) => Some(Mark::Emergency),
            (_, AuditOutcome::Denied) => Some(Mark::Refused),
            (_, AuditOutcome::Done | AuditOutcome::Unknown) => None,
        };
        let same = |line: &&mut Line| line.who == who && line.purpose == entry.said.purpose;
        match all.iter_mut().find(same) {
            Some(line) => {
                line.times += 1;
                line.mark = line.mark.max(mark);
            }
            None => all.push(Line {
                who,
                roles: entry
                    .said
                    .roles
                    .iter()
                    .filter_map(|role| Role::parse(role).ok())
                    .collect(),
                purpose: entry.said.purpose.clone(),
                times: 1,
                last: entry.at,
                mark,
            }),
        }
    }
    all
}

impl View for WhoLooked {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Who"),
            Column::text("As what"),
            Column::text("What for"),
            Column::number("Times"),
            Column::text("Last"),
        ];
        let mut table = Table::new("Who looked", &columns).under_heading();
        for line in &self.lines {
            table.row(vec![
                html! {
                    (line.who)
                    @match line.mark {
                        Some(Mark::Emergency) => { " " (Tag::new(Tone::Danger, "emergency access")) }
                        Some(Mark::Refused) => { " " (Tag::new(Tone::Warning, "refused something")) }
                        None => {}
                    }
                },
                role_tags(&line.roles),
                html! { (purpose(&line.purpose)) },
                html! { (line.times) },
                when(line.last),
            ]);
        }
        let report = ["/admin/reports/", AuditReport::Patient.name()].concat();
        let report = Local::with(&report, &[("patient", &self.patient)]);
        let body = html! {
            @if self.lines.is_empty() {
                (Empty::new("Nobody has looked", "The log has no look at such a record."))
            } @else { (table) }
            @if let Some(since) = self.since { p.soft { "Looks before " (when(since)) " are in the full report." } }
            div.row { (Link::secondary("Every single look", report.as_str()).small()) }
        };
        let title = match &self.name {
            Some(name) => crate::words::say("Who looked at the record of {0}", &[name]),
            None => crate::words::say("Who looked", &[]),
        };
        Page::new(title, body).here(HERE).crumbs(vec![
            Crumb::new("Patients", HERE),
            Crumb::new("Chart", path(&self.patient)),
        ])
    }

    fn samples() -> Vec<Self> {
        let line = |mark| Line {
            who: "Ann Example".into(),
            roles: vec![Role::CLINICIAN],
            purpose: "TREAT".into(),
            times: 12,
            last: Instant::from_millis(1_772_625_600_000),
            mark,
        };
        vec![
            Self {
                patient: "p1".into(),
                name: Some("Ann Example".into()),
                lines: vec![
                    line(Some(Mark::Emergency)),
                    line(Some(Mark::Refused)),
                    line(None),
                ],
                since: Some(Instant::from_millis(1_772_625_600_000)),
            },
            Self {
                patient: "p1".into(),
                name: None,
                lines: Vec::new(),
                since: None,
            },
        ]
    }
}
