//! `/admin/alerts/{alert}`: one alert, and what is decided about it.

use aceso_store::{AlertDecision, KeptAlert};
use aceso_web::page::{Button, Crumb, Csrf, Errors, Facts, Field, Form, Link, Page, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::{HERE, path, severity, state, whose};
use crate::Staff;
use crate::admin::incidents;
use crate::fault::{fault, weigh};
use crate::words::{counted, rule, sentence, when};

/// The alert.
pub(crate) struct ShowAlert {
    alert: KeptAlert,
    note: String,
    errors: Errors,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = find(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn dismiss(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("note")])?;
    let mut page = find(&staff, &ask).await?;
    page.note = fields.trimmed("note").to_owned();
    let (store, caller) = (staff.store(), ask.caller()?);
    let done = store
        .dismiss_alert(caller, &page.alert.id, &page.note)
        .await;
    match weigh(done)? {
        Ok(()) => Ok(Reply::to(Local::with(HERE, &[("done", "decided")]))),
        Err(refusal) => {
            page.errors.add("note", rule(&refusal));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

async fn find(staff: &Staff, ask: &Ask) -> Result<ShowAlert, PageFault> {
    let alert = staff.store().alert(ask.caller()?, ask.param("alert")).await;
    Ok(ShowAlert {
        alert: alert.map_err(fault)?,
        note: String::new(),
        errors: Errors::none(),
    })
}

impl ShowAlert {
    fn facts(&self) -> Facts {
        let alert = &self.alert;
        let facts = Facts::new()
            .show("Whose doing", whose(alert))
            .with("What was seen", sentence(&maud::recalled(&alert.text)))
            .show("How soon", html! { (severity(alert.kind)) })
            .show("First seen", when(alert.first))
            .show(
                "Last seen",
                html! { (when(alert.last)) ", " (counted(alert.count, "{0} time", "{0} times", &[])) },
            )
            .show("Entry of the log", html! { span.mono { (alert.seq) } })
            .show("State", html! { (state(alert)) });
        match &alert.decision {
            Some(AlertDecision {
                at,
                by,
                note,
                incident,
            }) => {
                let by = by.trim_start_matches("person/");
                let facts = facts
                    .show("Decided", html! { (when(*at)) " by " (by) })
                    .with("In words", note.as_str());
                match incident {
                    Some(id) => facts.show(
                        "Incident",
                        html! { a href=(incidents::path(id)) { "Open it" } },
                    ),
                    None => facts,
                }
            }
            None => facts,
        }
    }
}

impl View for ShowAlert {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            (Field::area("note", "Why nothing more has to be done").value(&self.note).errors(&self.errors).longest(2000))
            div.buttons { (Button::secondary("Nothing more to do")) (Link::quiet("Cancel", HERE)) }
        };
        let new = format!("{}?alert={}", incidents::NEW, self.alert.id);
        let body = html! {
            section.card { h2 { "The alert" } (self.facts()) }
            @if self.alert.decision.is_none() {
                section.card {
                    h2 { "What to do" }
                    p { "If health information may have been seen by somebody who should not have, open an incident: its clocks run from now." }
                    div.buttons { (Link::primary("Open an incident", new)) }
                }
                section.card { h2 { "It was nothing" } (Form::post(csrf, path(&self.alert.id), fields)) }
            }
        };
        Page::new(self.alert.kind.title(), body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb(), Crumb::new("Alerts", HERE)])
    }

    fn samples() -> Vec<Self> {
        let alert = super::sample();
        let decided = KeptAlert {
            decision: Some(AlertDecision {
                at: alert.last,
                by: "person/olga".into(),
                note: "She printed the month's lists".into(),
                incident: Some("i1".into()),
            }),
            ..alert.clone()
        };
        let sample = |alert| Self {
            alert,
            note: String::new(),
            errors: Errors::one(
                "note",
                crate::words::rule(&"say in at most 2000 letters why"),
            ),
        };
        vec![sample(alert), sample(decided)]
    }
}
