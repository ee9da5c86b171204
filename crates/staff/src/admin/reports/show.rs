//! `GET /admin/reports/{report}`: a report on the log, as a page, as a page to print, and as a file for spreadsheets.

use aceso_base::Instant;
use aceso_store::{
    AuditKind, AuditLine, AuditOutcome, AuditPage, AuditQuery, AuditReport, AuditSort,
    AuditSubject, AuditUse, MadeReport, Said,
};
use aceso_web::page::{
    Banner, Choice, Column, Crumb, Csrf, Empty, Field, Link, Page, Select, Table, Tag, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::HERE;
use crate::Staff;
use crate::csv::Csv;
use crate::fault::fault;
use crate::state::fresh;
use crate::words::{field_day, purpose, read_day, sentence, things, when};

/// So many on a page.
const COUNT: u32 = 100;
/// So many on a page to be printed.
const MANY: u32 = 1000;
/// So many in one look of a file.
const LOOK: u32 = 20_000;
/// So many looks for one file: the period of a larger one is to be shorter.
const LOOKS: usize = 200;
const DAY_MILLIS: i64 = 86_400_000;
/// Fields of the filter, as the address has them.
const FIELDS: [&str; 6] = ["from", "until", "patient", "person", "facility", "sort"];

/// Columns of a file.
const COLUMNS: [&str; 12] = [
    "Number", "When", "Who", "For", "What", "Outcome", "What for", "Patients", "On", "From",
    "More", "Consent",
];

/// A report.
pub(crate) struct Report {
    report: AuditReport,
    filter: Filter,
    found: AuditPage,
    sheet: Sheet,
}

/// What the page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sheet {
    /// To be looked at; it goes on from an entry, or begins at the newest.
    Screen(Option<u64>),
    /// To be printed.
    Paper,
}

/// What was asked for, as it was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter([String; 6]);

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let mark = ask.query("mark").and_then(|m| m.parse().ok());
    page(&staff, &ask, Sheet::Screen(mark)).await
}

pub(crate) async fn print(staff: Staff, ask: Ask) -> Outcome {
    page(&staff, &ask, Sheet::Paper).await
}

async fn page(staff: &Staff, ask: &Ask, sheet: Sheet) -> Outcome {
    let report = wanted(ask)?;
    let filter = Filter::of(ask);
    let mut query = filter.query(staff, report);
    let what_for = match sheet {
        Sheet::Screen(mark) => {
            (query.mark, query.count) = (mark, COUNT);
            AuditUse::View
        }
        Sheet::Paper => {
            query.count = MANY;
            AuditUse::Print
        }
    };
    let found = if filter.is_enough(report) {
        let found = staff.store().audit(ask.caller()?, query, what_for).await;
        found.map_err(fault)?
    } else {
        AuditPage::default()
    };
    let page = Report {
        report,
        filter,
        found,
        sheet,
    };
    Ok(Reply::page(ask, &page))
}

/// The whole report, oldest looks last; needs a fresh proof.
pub(crate) async fn file(staff: Staff, ask: Ask) -> Outcome {
    let report = wanted(&ask)?;
    fresh(&staff, &ask)?;
    let filter = Filter::of(&ask);
    if !filter.is_enough(report) {
        return Err(PageFault::Missing);
    }
    let query = filter.query(&staff, report);
    let csv = whole(&staff, &ask, query).await?;
    Ok(Reply::other(csv.file(FILE)))
}

/// The name of a file for spreadsheets.
pub(super) const FILE: &str = "audit-report.csv";

/// Everything that fits, as a file.
pub(super) async fn whole(
    staff: &Staff,
    ask: &Ask,
    mut query: AuditQuery,
) -> Result<Csv, PageFault> {
    let mut csv = Csv::new(&COLUMNS);
    query.count = LOOK;
    for _ in 0..LOOKS {
        let asked = staff
            .store()
            .audit(ask.caller()?, query.clone(), AuditUse::Export);
        let found = asked.await.map_err(fault)?;
        for line in &found.lines {
            csv.row(cells(line));
        }
        query.mark = found.next;
        if found.next.is_none() {
            return Ok(csv);
        }
    }
    csv.row([
        "".to_owned(),
        crate::words::say("Not all: ask for a shorter period", &[]),
    ]);
    Ok(csv)
}

/// The heading of a file of entries.
pub fn audit_heading() -> String {
    Csv::new(&COLUMNS).text()
}

/// An entry as a row of such a file.
pub fn audit_row(line: &AuditLine) -> String {
    let mut csv = Csv::default();
    csv.row(cells(line));
    csv.text()
}

pub(super) fn wanted(ask: &Ask) -> Result<AuditReport, PageFault> {
    AuditReport::parse(ask.param("report")).ok_or(PageFault::Missing)
}

fn cells(line: &AuditLine) -> [String; 12] {
    let said = &line.said;
    [
        line.seq.to_string(),
        line.at.to_fhir(),
        line.who(),
        line.by.clone().unwrap_or_default(),
        act(line),
        said.outcome.name().to_owned(),
        purpose(&said.purpose),
        line.patient_names().join("; "),
        said.on.join(" "),
        said.address.map(|a| a.to_string()).unwrap_or_default(),
        said.detail.clone(),
        said.rests.join(" "),
    ]
}

/// What was done, in words.
pub(super) fn act(line: &AuditLine) -> String {
    let text = match line.said.act.as_str() {
        "read" | "vread" => "opened",
        "search" => "looked through",
        "history" => "looked at earlier versions",
        "create" => "added",
        "update" => "changed",
        "transaction" => "added or changed",
        "delete" => "deleted",
        "break-glass" => "opened in an emergency",
        "sign-in attempt" => "tried to sign in",
        "sign-in" => "signed in",
        "audit read" => "read the audit log",
        "audit export" => "exported an audit report",
        other => other,
    };
    sentence(&crate::words::known(text))
}

impl Filter {
    pub(super) fn of(ask: &Ask) -> Self {
        let said = |name| {
            let text = ask.query(name).map(str::trim).unwrap_or_default();
            text.chars().take(100).collect()
        };
        Self(FIELDS.map(said))
    }

    /// What a report that was made asks.
    pub(super) fn made(made: &MadeReport) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let last = made.until.plus_millis(-1);
        Self([
            field_day(made.from),
            field_day(last),
            text(&made.asked.patient),
            text(&made.asked.person),
            text(&made.asked.facility),
            String::new(),
        ])
    }

    pub(super) fn get(&self, name: &str) -> &str {
        let at = FIELDS.iter().position(|f| *f == name);
        at.and_then(|at| self.0.get(at)).map_or("", String::as_str)
    }

    /// Two reports are about somebody.
    pub(super) fn is_enough(&self, report: AuditReport) -> bool {
        match report.subject() {
            Some(AuditSubject::Patient) => !self.get("patient").is_empty(),
            Some(AuditSubject::Person) => !self.get("person").is_empty(),
            None => true,
        }
    }

    pub(super) fn query(&self, staff: &Staff, report: AuditReport) -> AuditQuery {
        let some = |name| Some(self.get(name).to_owned()).filter(|v| !v.is_empty());
        let id = |kind: &'static str| {
            move |text: String| text.strip_prefix(kind).map(str::to_owned).unwrap_or(text)
        };
        let until = read_day(self.get("until")).map(|day| day.plus_millis(DAY_MILLIS - 1));
        AuditQuery {
            patient: some("patient").map(id("Patient/")),
            person: some("person"),
            facility: some("facility").map(id("Organization/")),
            from: read_day(self.get("from")),
            until,
            sort: AuditSort::parse(self.get("sort")).unwrap_or_default(),
            ..report.query(&staff.store().people_rule().hours)
        }
    }

    /// The same report, with these fields changed.
    pub(super) fn address(&self, place: &str, changed: &[(&'static str, &str)]) -> String {
        let mut query: Vec<(&str, &str)> = FIELDS.iter().map(|f| (*f, self.get(f))).collect();
        for (name, value) in changed {
            query.retain(|(n, _)| n != name);
            query.push((name, value));
        }
        query.retain(|(_, value)| !value.is_empty());
        Local::with(place, &query).to_string()
    }
}

impl Report {
    fn place(&self) -> String {
        format!("{HERE}/{}", self.report.name())
    }

    fn form(&self) -> Markup {
        let titles = [
            (AuditSort::Newest, "When, newest first"),
            (AuditSort::Oldest, "When, oldest first"),
            (AuditSort::Person, "Who"),
            (AuditSort::Act, "What"),
            (AuditSort::Outcome, "Outcome"),
            (AuditSort::Purpose, "What for"),
            (AuditSort::Patient, "Patient"),
            (AuditSort::Address, "From"),
        ];
        let sorts = titles.map(|(sort, title)| Choice::new(sort.name(), title));
        let of = |name: &str| self.filter.get(name).to_owned();
        html! {
            form.filter.no-print method="get" action=(self.place()) role="search" {
                (Field::date("from", "From").value(of("from")).optional())
                (Field::date("until", "Until").value(of("until")).optional())
                (Field::text("patient", "Patient's record").value(of("patient")).optional())
                (Field::text("person", "User name").value(of("person")).optional())
                (Field::text("facility", "Organization's record").value(of("facility")).optional())
                (Select::new("sort", "Sort by", sorts.to_vec()).chosen(of("sort")))
                button.button.secondary type="submit" { "Show" }
                (Link::quiet("Find a patient or an organization", self.filter.address(&[&self.place(), "/find"].concat(), &[])))
            }
        }
    }

    fn table(&self) -> Table {
        let columns = [
            Column::text("When"),
            Column::text("Who"),
            Column::text("What"),
            Column::text("What for"),
            Column::text("Patient"),
            Column::text("From"),
        ];
        let mut table = Table::new(self.report.title(), &columns).under_heading();
        for line in &self.found.lines {
            table.row(vec![
                when(line.at),
                self.who(line),
                what(line),
                html! { (purpose(&line.said.purpose)) },
                self.patients(line),
                html! { @if let Some(address) = line.said.address { (address) } @else { span.soft { "console" } } },
            ]);
        }
        table
    }

    fn who(&self, line: &AuditLine) -> Markup {
        let place = format!("{HERE}/{}", AuditReport::Person.name());
        html! {
            @match &self.sheet {
                Sheet::Screen(_) => {
                    a href=(self.filter.address(&place, &[("person", &line.said.who), ("sort", "")])) { (crate::words::rule(&line.who())) }
                }
                Sheet::Paper => { (crate::words::rule(&line.who())) }
            }
            @if let Some(by) = &line.by { " for " (by) }
        }
    }

    fn patients(&self, line: &AuditLine) -> Markup {
        let place = format!("{HERE}/{}", AuditReport::Patient.name());
        let shown = line.patients.iter().take(3);
        let more = line.patients.len().saturating_sub(3);
        html! {
            @for (at, (id, name)) in shown.enumerate() {
                @if at > 0 { ", " }
                @let name = name.clone().unwrap_or_else(|| crate::words::known("a patient whose data are erased"));
                @match &self.sheet {
                    Sheet::Screen(_) => {
                        a href=(self.filter.address(&place, &[("patient", id), ("sort", "")])) { (name) }
                    }
                    Sheet::Paper => { (name) }
                }
            }
            @if more > 0 { " and " (more) " more" }
        }
    }

    fn ways(&self) -> Markup {
        let csv = self.filter.address(&[&self.place(), "/csv"].concat(), &[]);
        let pdf = self.filter.address(&[&self.place(), "/pdf"].concat(), &[]);
        let print = self
            .filter
            .address(&[&self.place(), "/print"].concat(), &[]);
        html! {
            div.row.no-print {
                (Link::secondary("As a file for spreadsheets", csv).small())
                (Link::secondary("As a PDF file", pdf).small())
                (Link::secondary("To print", print).small())
                @if let Some(next) = self.found.next {
                    (Link::secondary("Go on", self.filter.address(&self.place(), &[("mark", &next.to_string())])).small())
                }
            }
        }
    }
}

fn what(line: &AuditLine) -> Markup {
    let of = things(&line.said.on);
    let accounts: Vec<&str> = line
        .accounts
        .iter()
        .map(|(id, name)| name.as_deref().unwrap_or(id))
        .collect();
    html! {
        (act(line))
        @match line.said.outcome {
            AuditOutcome::Done => {}
            AuditOutcome::Denied => { " " (Tag::new(Tone::Danger, "refused")) }
            AuditOutcome::Unknown => { " " (Tag::plain("not there")) }
        }
        @if line.said.is_late { " " (Tag::new(Tone::Warning, "written late")) }
        @if !accounts.is_empty() { br; span.soft.small { (accounts.join(", ")) } }
        @else if !of.is_empty() { br; span.soft.small { (of) } }
        @if line.kind() != AuditKind::Search && !line.said.detail.is_empty() {
            br; span.soft.small { (line.said.detail) }
        }
        @if !line.said.rests.is_empty() { br; span.soft.small { "on the consent " (line.said.rests.join(", ")) } }
    }
}

impl View for Report {
    fn page(&self, _: &Csrf) -> Page {
        let screen = match self.sheet {
            Sheet::Screen(_) => true,
            Sheet::Paper => false,
        };
        let none = match (self.filter.is_enough(self.report), self.report) {
            (true, _) if self.found.next.is_some() => Empty::new(
                "Nothing yet",
                "A part of the log was looked through. Go on to look further back.",
            ),
            (true, _) => Empty::new("Nothing", "The log has nothing of this in the period."),
            (false, AuditReport::Patient) => {
                Empty::new("Which patient?", "Find them by name, birth date or number.")
            }
            (false, _) => Empty::new("Which person?", "Give the name they sign in with."),
        };
        let body = html! {
            @if screen { (self.form()) }
            @if self.found.lines.is_empty() { (none) } @else { (self.table()) }
            @if screen && self.filter.is_enough(self.report) { (self.ways()) }
        };
        let page = Page::new(self.report.title(), body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb(), Crumb::new("Reports", HERE)])
            .lead(self.report.about());
        match (self.found.cut, self.found.next.filter(|_| !screen)) {
            (Some(count), _) => page.notice(
                Banner::new(
                    Tone::Warning,
                    crate::words::say("The order is of the newest {0} alone", &[&count]),
                )
                .text("Ask for a shorter period to have all of them in this order."),
            ),
            (None, Some(_)) => page.notice(Banner::new(
                Tone::Warning,
                crate::words::say(
                    "Only the first {0} are on paper: ask for a shorter period",
                    &[&MANY],
                ),
            )),
            (None, None) => page,
        }
    }

    fn samples() -> Vec<Self> {
        let line = AuditLine {
            seq: 4711,
            at: Instant::from_millis(1_795_314_068_000),
            said: Said {
                who: "person/ann".into(),
                purpose: "TREAT".into(),
                act: "read".into(),
                address: Some([10, 1, 2, 3].into()),
                on: vec!["Observation/o1/1".into()],
                patients: vec!["p1".into()],
                ..Said::default()
            },
            name: Some("Ann Example".into()),
            by: None,
            patients: vec![("p1".into(), Some("Rosa Marín".into()))],
            accounts: Vec::new(),
        };
        let refused = AuditLine {
            said: Said {
                who: "job/sign-in".into(),
                act: "sign-in attempt".into(),
                outcome: AuditOutcome::Denied,
                detail: "wrong password".into(),
                on: vec!["account/a1".into()],
                ..Said::default()
            },
            name: None,
            patients: Vec::new(),
            accounts: vec![("a1".into(), Some("Ben Example".into()))],
            ..line.clone()
        };
        let mut filter = Filter::default();
        if let Some(from) = filter.0.first_mut() {
            *from = field_day(line.at);
        }
        let of = |report, lines: Vec<AuditLine>, sheet| Self {
            report,
            filter: filter.clone(),
            found: AuditPage {
                next: Some(7),
                cut: lines.is_empty().then_some(20_000),
                lines,
            },
            sheet,
        };
        let both = vec![line, refused];
        vec![
            of(AuditReport::All, both.clone(), Sheet::Screen(None)),
            of(AuditReport::All, both, Sheet::Paper),
            of(AuditReport::Patient, Vec::new(), Sheet::Screen(Some(9))),
            of(AuditReport::Exports, Vec::new(), Sheet::Screen(None)),
        ]
    }
}
