//! `/admin/erasure`: decisions to erase, and a new one.

use aceso_store::{Erasure, ErasureState, Hold, PeopleError};
use aceso_web::page::{Button, Column, Csrf, Empty, Errors, Field, Form, Link, Page, Table, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{HERE, by, hold, path, state};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::state::fresh;
use crate::words::{day, rule};

/// The decisions and the holds in force, and a form for another decision.
pub(crate) struct Erasures {
    all: Vec<Erasure>,
    holds: Vec<Hold>,
    patient: String,
    decision: String,
    errors: Errors,
}

async fn page(staff: &Staff, ask: &Ask) -> Result<Erasures, PageFault> {
    let (store, caller) = (staff.store(), ask.caller()?);
    Ok(Erasures {
        all: store.erasures(caller).await.map_err(fault)?,
        holds: store.holds(caller).await.map_err(fault)?,
        patient: String::new(),
        decision: String::new(),
        errors: Errors::none(),
    })
}

/// Those who may erase; they show who they are once more first.
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    fresh(&staff, &ask)?;
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// `POST /admin/erasure`: decides.
pub(crate) async fn decide(staff: Staff, ask: Ask) -> Outcome {
    fresh(&staff, &ask)?;
    let fields = ask.fields(&[Take::One("patient"), Take::One("decision")])?;
    let (patient, decision) = (fields.trimmed("patient"), fields.trimmed("decision"));
    let id = patient.strip_prefix("Patient/").unwrap_or(patient);
    let store = staff.store();
    let decided = store.decide_erasure(ask.caller()?, id, decision).await;
    let problem = match decided {
        Ok(id) => return Ok(Reply::to(Local::with(&path(&id), &[]))),
        Err(PeopleError::Unknown) => (
            "patient",
            crate::words::say("There is no such patient", &[]),
        ),
        other => match weigh(other)? {
            Ok(_) => return Err(PageFault::Missing),
            Err(why) => ("decision", rule(&why)),
        },
    };
    let mut page = page(&staff, &ask).await?;
    page.patient = patient.to_owned();
    page.decision = decision.to_owned();
    page.errors.add(problem.0, problem.1);
    Ok(Reply::wrong(&ask, &page))
}

impl Erasures {
    fn decisions(&self) -> Markup {
        let columns = [
            Column::text("Patient's record"),
            Column::text("Decided"),
            Column::text("By"),
            Column::text("Status"),
        ];
        let mut table = Table::new("Decisions", &columns).under_heading();
        for one in &self.all {
            table.row(vec![
                html! { a.mono href=(path(&one.id)) { (one.patient) } },
                html! { (day(one.decided)) },
                html! { (by(&one.decided_by)) },
                html! { (state(one.state)) },
            ]);
        }
        html! {
            @if table.is_empty() { (Empty::new("Nothing was decided", "A decision stands here until it is carried out, and after.")) }
            @else { (table) }
        }
    }
}

impl View for Erasures {
    fn page(&self, csrf: &Csrf) -> Page {
        let decide = html! {
            (self.errors)
            (Field::text("patient", "Patient's record").value(&self.patient).errors(&self.errors)
                .hint("The record's id: it stands in the address of the chart."))
            (Field::area("decision", "The decision and its legal ground").value(&self.decision).errors(&self.errors).longest(20_000)
                .hint("For example: request of the patient under GDPR Article 17(1)(b), received on 3 May 2026; the retention period of 10 years ended on 1 May 2026. The audit log keeps its digest."))
            (Button::danger("Decide to erase"))
        };
        let body = html! {
            (self.decisions())
            h2 { "A decision" }
            p { "Somebody else carries it out. A hold on the record forbids both." }
            (Form::post(csrf, HERE, decide))
            h2 { "Holds" }
            p { @match self.holds.len() { 0 => "No record is on hold.", 1 => "One record is on hold.", n => { (n) " records are on hold." } } }
            div.row { (Link::secondary("Holds", hold::HERE)) }
        };
        Page::new("Erasure", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("What is erased is gone from here and from every copy of the record that was made before.")
    }

    fn samples() -> Vec<Self> {
        let of = |all: Vec<Erasure>, errors| Self {
            all,
            holds: vec![hold::sample()],
            patient: "p1".to_owned(),
            decision: String::new(),
            errors,
        };
        vec![
            of(
                vec![
                    super::show::sample(ErasureState::Decided),
                    super::show::sample(ErasureState::Done),
                ],
                Errors::none(),
            ),
            of(
                Vec::new(),
                Errors::one("patient", "There is no such patient"),
            ),
        ]
    }
}
