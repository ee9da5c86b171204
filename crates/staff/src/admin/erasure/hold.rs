//! `/admin/holds`: what forbids an erasure.

use aceso_base::Instant;
use aceso_store::Hold;
use aceso_web::page::{Button, Column, Crumb, Csrf, Empty, Errors, Field, Form, Page, Table, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::by;
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::words::{day, read_day, rule};

/// The page's address.
pub(crate) const HERE: &str = "/admin/holds";
const DAY_MILLIS: i64 = 86_400_000;

/// The holds, and a form for another.
pub(crate) struct Holds {
    all: Vec<Hold>,
    patient: String,
    reason: String,
    until: String,
    errors: Errors,
}

async fn page(staff: &Staff, ask: &Ask) -> Result<Holds, PageFault> {
    crate::state::fresh(staff, ask)?;
    let all = staff.store().holds(ask.caller()?).await;
    Ok(Holds {
        all: all.map_err(fault)?,
        patient: String::new(),
        reason: String::new(),
        until: String::new(),
        errors: Errors::none(),
    })
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// `POST /admin/holds`: sets one.
pub(crate) async fn set(staff: Staff, ask: Ask) -> Outcome {
    let mut page = page(&staff, &ask).await?;
    let names = ["patient", "reason", "until"];
    let fields = ask.fields(&names.map(Take::One))?;
    page.patient = fields.trimmed("patient").to_owned();
    page.reason = fields.trimmed("reason").to_owned();
    page.until = fields.trimmed("until").to_owned();
    let until = read_day(&page.until).map(|day| day.plus_millis(DAY_MILLIS));
    if page.patient.is_empty() {
        page.errors.add("patient", "Enter the record's id");
    }
    if until.is_none() && !page.until.is_empty() {
        page.errors
            .add("until", "Enter the day as year-month-day: 2030-03-01");
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let patient = page
        .patient
        .strip_prefix("Patient/")
        .unwrap_or(&page.patient);
    let store = staff.store();
    let set = store.hold_patient(ask.caller()?, patient, &page.reason, until);
    match weigh(set.await)? {
        Ok(_) => Ok(Reply::to(Local::with(HERE, &[]))),
        Err(why) => {
            page.errors.add("reason", rule(&why));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// `POST /admin/holds/{hold}/lift`
pub(crate) async fn lift(staff: Staff, ask: Ask) -> Outcome {
    ask.fields(&[])?;
    crate::state::fresh(&staff, &ask)?;
    let lifted = staff.store().lift_hold(ask.caller()?, ask.param("hold"));
    lifted.await.map_err(fault)?;
    Ok(Reply::to(Local::with(HERE, &[])))
}

impl View for Holds {
    fn page(&self, csrf: &Csrf) -> Page {
        let columns = [
            Column::text("Patient's record"),
            Column::text("Why"),
            Column::text("Since"),
            Column::text("Until"),
            Column::text(""),
        ];
        let mut table = Table::new("Holds in force", &columns).under_heading();
        for hold in &self.all {
            let lift = [HERE, "/", &hold.id, "/lift"].concat();
            let label = crate::words::say("Lift the hold on {0}", &[&hold.patient]);
            table.row(vec![
                html! { span.mono { (hold.patient) } },
                html! { (hold.reason) },
                html! { (day(hold.since)) ", " (by(&hold.by)) },
                html! { @match hold.until { Some(until) => (day(until)), None => "it is lifted" } },
                html! { (Form::post(csrf, lift, html! { (Button::secondary(label).small()) }).inline()) },
            ]);
        }
        let fields = html! {
            (self.errors)
            (Field::text("patient", "Patient's record").value(&self.patient).errors(&self.errors)
                .hint("The record's id: it stands in the address of the chart."))
            (Field::area("reason", "Why").value(&self.reason).errors(&self.errors).longest(20_000)
                .hint("A retention period, a lawsuit, an investigation."))
            (Field::date("until", "Until").value(&self.until).errors(&self.errors).optional()
                .hint("Without a day it lasts until it is lifted."))
            (Button::primary("Set the hold"))
        };
        let body = html! {
            @if table.is_empty() { (Empty::new("No record is on hold", "A patient whose record is on hold cannot be erased.")) }
            @else { (table) }
            h2 { "A hold" }
            (Form::post(csrf, HERE, fields))
        };
        Page::new("Holds", body)
            .here(HERE)
            .crumbs(vec![
                crate::admin::crumb(),
                Crumb::new("Erasure", super::HERE),
            ])
            .lead("A hold forbids to erase a patient's data, whoever asks for it.")
    }

    fn samples() -> Vec<Self> {
        let of = |all, errors| Self {
            all,
            patient: String::new(),
            reason: String::new(),
            until: "soon".to_owned(),
            errors,
        };
        let wrong = "Enter the day as year-month-day: 2030-03-01";
        vec![
            of(vec![sample()], Errors::none()),
            of(Vec::new(), Errors::one("until", wrong)),
        ]
    }
}

/// One for samples.
pub(super) fn sample() -> Hold {
    Hold {
        id: "h1".to_owned(),
        patient: "p1".to_owned(),
        reason: "Retention period of 10 years".to_owned(),
        since: Instant::from_millis(1_795_314_068_000),
        until: None,
        by: "person/olga".to_owned(),
    }
}
