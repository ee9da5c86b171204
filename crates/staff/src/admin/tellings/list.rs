//! `GET /admin/tellings`: what is open first; and the form that says that the emergency plan is in force.

use aceso_base::Instant;
use aceso_store::{Telling, TellingEnd, TellingKind, TellingOutcome};
use aceso_web::page::{
    Banner, Button, Column, Csrf, Empty, Errors, Field, Form, Page, Table, Tone, View, words,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{HERE, kind, path, state};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::words::{rule, when};

/// The list.
pub(crate) struct Tellings {
    all: Vec<Telling>,
    now: Instant,
    why: String,
    errors: Errors,
    done: bool,
}

async fn page(staff: &Staff, ask: &Ask) -> Result<Tellings, PageFault> {
    let store = staff.store();
    Ok(Tellings {
        all: store.tellings(ask.caller()?).await.map_err(fault)?,
        now: store.now(),
        why: String::new(),
        errors: Errors::none(),
        done: ask.query("done").is_some(),
    })
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &page(&staff, &ask).await?))
}

/// `POST /admin/tellings`: the emergency plan is in force.
pub(crate) async fn plan(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("why")])?;
    let why = fields.trimmed("why");
    let (store, caller) = (staff.store(), ask.caller()?);
    match weigh(store.begin_emergency_plan(caller, why).await)? {
        Ok(()) => Ok(Reply::to(Local::with(HERE, &[("done", "kept")]))),
        Err(refusal) => {
            let mut page = page(&staff, &ask).await?;
            page.why = why.to_owned();
            page.errors.add("why", rule(&refusal));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl Tellings {
    fn table(&self) -> Markup {
        let columns = [
            Column::text("Whom"),
            Column::text("Of what"),
            Column::text("By when"),
            Column::text("State"),
        ];
        let mut table = Table::new("Whom to tell", &columns).under_heading();
        for one in &self.all {
            table.row(vec![
                html! { a href=(path(&one.id)) { (one.whom) } },
                html! { (words(kind(one.kind))) },
                html! { (when(one.due)) },
                html! { (state(one, self.now)) },
            ]);
        }
        html! {
            @if table.is_empty() {
                (Empty::new("Nobody is to be told of anything", "When an account of the staff is disabled, when a patient's data are corrected or erased, and when the emergency plan is in force, a line stands here for each one to be told."))
            } @else { (table) }
        }
    }
}

impl View for Tellings {
    fn page(&self, csrf: &Csrf) -> Page {
        let plan = html! {
            (self.errors)
            (Field::area("why", "What happened, and since when").value(&self.why).errors(&self.errors).longest(2000)
                .hint("Everybody who works with the clinic's data is to be told within 24 hours."))
            div.buttons { (Button::secondary("The emergency plan is in force")) }
        };
        let body = html! {
            @if self.done { (Banner::new(Tone::Good, "It is kept")) }
            (self.table())
            section.card { h2 { "An emergency" } (Form::post(csrf, HERE, plan)) }
        };
        Page::new("Whom to tell", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("Who works with the clinic's data hears within a day when somebody's access ends; who received a patient's data hears when they are corrected or erased.")
    }

    fn samples() -> Vec<Self> {
        let open = super::sample(TellingKind::AccessEnded);
        let ended = |outcome| Telling {
            ended: Some(TellingEnd {
                at: open.since,
                outcome,
                note: "By telephone".into(),
                who: "person/ada".into(),
            }),
            ..super::sample(TellingKind::Corrected)
        };
        let of = |all: Vec<Telling>, now, errors, done| Self {
            all,
            now,
            why: String::new(),
            errors,
            done,
        };
        let all = vec![
            open.clone(),
            super::sample(TellingKind::EmergencyPlan),
            ended(TellingOutcome::Told),
            ended(TellingOutcome::NotNeeded),
        ];
        let wrong = Errors::one(
            "why",
            crate::words::rule(&"say how or why, in at most 2,000 characters"),
        );
        vec![
            of(all.clone(), open.since, Errors::none(), true),
            of(all, open.due, Errors::none(), false),
            of(Vec::new(), open.since, wrong, false),
        ]
    }
}
