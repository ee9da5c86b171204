//! `/admin/scheduled`: reports that are made by themselves, those that were made, and who took them along.

use aceso_base::Instant;
use aceso_store::{AuditReport, MadeReport, ReportAsked, ReportEvery, ReportPlan};
use aceso_web::page::{
    Button, Choice, Column, Crumb, Csrf, Empty, Errors, Field, Form, Link, Page, Select, Table,
    View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::paper;
use super::show::{FILE, Filter, whole};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::state::fresh;
use crate::words::{day, moment, rule};

/// The page's address.
pub(crate) const HERE: &str = "/admin/scheduled";
/// What the form asks for.
const FIELDS: [&str; 5] = ["report", "every", "patient", "person", "facility"];

/// The plans, and what was made.
pub(crate) struct Scheduled {
    plans: Vec<ReportPlan>,
    made: Vec<MadeReport>,
    typed: [String; 5],
    errors: Errors,
}

async fn page(staff: &Staff, ask: &Ask) -> Result<Scheduled, PageFault> {
    let all = staff.store().planned_reports(ask.caller()?).await;
    let (plans, made) = all.map_err(fault)?;
    Ok(Scheduled {
        plans,
        made,
        typed: FIELDS.map(|name| ask.query(name).unwrap_or_default().to_owned()),
        errors: Errors::none(),
    })
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// `POST /admin/scheduled`
pub(crate) async fn plan(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&FIELDS.map(Take::One))?;
    let some = |name| Some(fields.trimmed(name).to_owned()).filter(|v| !v.is_empty());
    let report = AuditReport::parse(fields.one("report"));
    let every = ReportEvery::parse(fields.one("every"));
    let (Some(report), Some(every)) = (report, every) else {
        return Err(PageFault::Missing);
    };
    let asked = ReportAsked {
        report,
        patient: some("patient"),
        person: some("person"),
        facility: some("facility"),
    };
    let planned = staff.store().plan_report(ask.caller()?, asked, every);
    match weigh(planned.await)? {
        Ok(_) => Ok(Reply::to(Local::with(HERE, &[]))),
        Err(why) => {
            let mut page = page(&staff, &ask).await?;
            page.typed = FIELDS.map(|name| fields.trimmed(name).to_owned());
            page.errors.add("report", rule(&why));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// `POST /admin/scheduled/{plan}/end`
pub(crate) async fn end(staff: Staff, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    let ended = staff
        .store()
        .end_report_plan(ask.caller()?, ask.param("plan"));
    ended.await.map_err(fault)?;
    Ok(Reply::to(Local::with(HERE, &[])))
}

/// `GET /admin/scheduled/{made}/pdf`; needs a fresh proof, as every file does.
pub(crate) async fn pdf(staff: Staff, ask: Ask) -> Outcome {
    let made = taken(&staff, &ask, "pdf").await?;
    let query = made.query(&staff.store().people_rule().hours);
    paper::pdf(&staff, &ask, made.asked.report, &Filter::made(&made), query).await
}

/// `GET /admin/scheduled/{made}/csv`; the same.
pub(crate) async fn csv(staff: Staff, ask: Ask) -> Outcome {
    let made = taken(&staff, &ask, "csv").await?;
    let query = made.query(&staff.store().people_rule().hours);
    Ok(Reply::other(whole(&staff, &ask, query).await?.file(FILE)))
}

async fn taken(staff: &Staff, ask: &Ask, form: &'static str) -> Result<MadeReport, PageFault> {
    fresh(staff, ask)?;
    let made = ask.param("made");
    let taken = staff.store().take_report(ask.caller()?, made, form);
    taken.await.map_err(fault)
}

/// What it asks, in words.
fn asked(asked: &ReportAsked) -> Markup {
    let about = [&asked.patient, &asked.person, &asked.facility];
    html! {
        (maud::words(asked.report.title()))
        @for one in about.into_iter().flatten() { br; span.soft.small.mono { (one) } }
    }
}

const fn every(every: ReportEvery) -> &'static str {
    match every {
        ReportEvery::Day => "Every day",
        ReportEvery::Week => "Every week",
        ReportEvery::Month => "Every month",
        ReportEvery::Quarter => "Every quarter",
    }
}

fn person(name: &str) -> &str {
    name.strip_prefix("person/").unwrap_or(name)
}

impl Scheduled {
    fn made(&self) -> Table {
        let columns = [
            Column::text("Report"),
            Column::text("Period"),
            Column::text("Entries"),
            Column::text("Made"),
            Column::text("Taken along by"),
            Column::text("Files"),
        ];
        let mut table = Table::new("Made", &columns).under_heading();
        for one in &self.made {
            let at = |form: &str| format!("{HERE}/{}/{form}", one.id);
            let last = one.until.plus_millis(-1);
            table.row(vec![
                asked(&one.asked),
                html! { (day(one.from)) " to " (day(last)) },
                html! { (one.entries) @if one.more { " at least" } },
                html! { (day(one.at)) },
                html! {
                    @if one.taken.is_empty() { span.soft { "nobody yet" } }
                    @for (when, who, form) in &one.taken { (person(who)) ", " (moment(*when)) " (" (form) ")" br; }
                },
                html! { div.row { (Link::secondary("PDF", at("pdf")).small()) (Link::secondary("CSV", at("csv")).small()) } },
            ]);
        }
        table
    }

    fn planned(&self, csrf: &Csrf) -> Table {
        let columns = [
            Column::text("Report"),
            Column::text("When"),
            Column::text("Wanted by"),
            Column::text(""),
        ];
        let mut table = Table::new("Made by themselves", &columns).under_heading();
        for plan in &self.plans {
            let end = format!("{HERE}/{}/end", plan.id);
            let stop = html! { (Button::secondary(crate::words::say("Stop “{0}”", &[&maud::words(plan.asked.report.title())])).small()) };
            table.row(vec![
                asked(&plan.asked),
                html! { (maud::words(every(plan.every))) },
                html! { (person(&plan.by)) ", " (day(plan.since)) },
                html! { (Form::post(csrf, end, stop).inline()) },
            ]);
        }
        table
    }

    fn form(&self, csrf: &Csrf) -> Markup {
        let [report, often, patient, who, facility] = &self.typed;
        let reports = AuditReport::ALL.map(|r| Choice::new(r.name(), r.title()));
        let periods = ReportEvery::ALL.map(|e| Choice::new(e.name(), every(e)));
        let fields = html! {
            (self.errors)
            (Select::new("report", "Report", reports.to_vec()).chosen(report).errors(&self.errors))
            (Select::new("every", "How often", periods.to_vec()).chosen(often))
            (Field::text("patient", "Patient's record").value(patient).optional())
            (Field::text("person", "User name").value(who).optional())
            (Field::text("facility", "Organization's record").value(facility).optional())
            (Button::primary("Make it from now on"))
        };
        html! { (Form::post(csrf, HERE, fields)) }
    }
}

impl View for Scheduled {
    fn page(&self, csrf: &Csrf) -> Page {
        let (made, planned) = (self.made(), self.planned(csrf));
        let body = html! {
            h2 { "Made" }
            @if made.is_empty() { (Empty::new("None was made yet", "The first is there when the period that is running now is over.")) }
            @else { (made) }
            h2 { "Plans" }
            @if planned.is_empty() { (Empty::new("No report is made by itself", "Have one made with the form below.")) }
            @else { (planned) }
            h2 { "Another" }
            (self.form(csrf))
        };
        Page::new("Scheduled reports", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb(), Crumb::new("Reports", super::HERE)])
            .lead("A report that was made says what the log said then: the log never changes. Who takes it along is written here.")
    }

    fn samples() -> Vec<Self> {
        let now = Instant::from_millis(1_794_787_200_000);
        let week = 7 * 86_400_000;
        let asked = |report| ReportAsked {
            report,
            patient: None,
            person: Some("ann".to_owned()),
            facility: None,
        };
        let plan = ReportPlan {
            id: "r1".to_owned(),
            asked: asked(AuditReport::Disclosures),
            every: ReportEvery::Week,
            by: "person/olga".to_owned(),
            since: now,
            last: now,
        };
        let made = MadeReport {
            id: "m1".to_owned(),
            asked: asked(AuditReport::Disclosures),
            from: now,
            until: now.plus_millis(week),
            at: now.plus_millis(week),
            size: 4711,
            entries: 12,
            more: false,
            taken: vec![(
                now.plus_millis(week),
                "person/olga".to_owned(),
                "pdf".to_owned(),
            )],
        };
        let of = |plans, made, errors| Self {
            plans,
            made,
            typed: ["patient", "week", "", "", ""].map(str::to_owned),
            errors,
        };
        let wrong = rule(&"say whom this report is to be about");
        vec![
            of(vec![plan], vec![made], Errors::none()),
            of(Vec::new(), Vec::new(), Errors::one("report", wrong)),
        ]
    }
}
