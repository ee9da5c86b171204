//! `/admin/tellings/{telling}`: one to be told, and what came of it.

use aceso_base::Instant;
use aceso_store::{Telling, TellingEnd, TellingKind, TellingOutcome};
use aceso_web::page::{
    Button, Choice, Crumb, Csrf, Errors, Facts, Field, Form, Link, Page, Select, View, words,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::{HERE, kind, path, state};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::words::{rule, when};

/// One of them.
pub(crate) struct ShowTelling {
    telling: Telling,
    now: Instant,
    outcome: String,
    note: String,
    errors: Errors,
}

async fn find(staff: &Staff, ask: &Ask) -> Result<ShowTelling, PageFault> {
    let store = staff.store();
    let all = store.tellings(ask.caller()?).await.map_err(fault)?;
    let id = ask.param("telling");
    let telling = all.into_iter().find(|one| one.id == id);
    Ok(ShowTelling {
        telling: telling.ok_or(PageFault::Missing)?,
        now: store.now(),
        outcome: String::new(),
        note: String::new(),
        errors: Errors::none(),
    })
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &find(&staff, &ask).await?))
}

pub(crate) async fn end(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&["outcome", "note"].map(Take::One))?;
    let mut page = find(&staff, &ask).await?;
    page.outcome = fields.one("outcome").to_owned();
    page.note = fields.trimmed("note").to_owned();
    let outcome = match page.outcome.as_str() {
        "told" => TellingOutcome::Told,
        "not-needed" => TellingOutcome::NotNeeded,
        _ => {
            page.errors.add("outcome", "Choose one");
            return Ok(Reply::wrong(&ask, &page));
        }
    };
    let (store, caller) = (staff.store(), ask.caller()?);
    let ended = store
        .end_telling(caller, &page.telling.id, outcome, &page.note)
        .await;
    match weigh(ended)? {
        Ok(()) => Ok(Reply::to(Local::with(HERE, &[("done", "kept")]))),
        Err(refusal) => {
            page.errors.add("note", rule(&refusal));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl View for ShowTelling {
    fn page(&self, csrf: &Csrf) -> Page {
        let one = &self.telling;
        let facts = Facts::new()
            .with("Whom", one.whom.as_str())
            .show("Of what", html! { (words(kind(one.kind))) })
            .show("About", html! { span.mono { (one.about) } })
            .show("Since", when(one.since))
            .show("By when", when(one.due))
            .show("State", html! { (state(one, self.now)) });
        let facts = match &one.ended {
            Some(end) => {
                let by = end.who.trim_start_matches("person/");
                facts
                    .show("Decided", html! { (when(end.at)) " by " (by) })
                    .with("In words", end.note.as_str())
            }
            None => facts,
        };
        let choices = vec![
            Choice::new("", "Choose"),
            Choice::new("told", "They were told"),
            Choice::new(
                "not-needed",
                "Not needed: nothing concerns them, or it is impossible or out of all proportion",
            ),
        ];
        let fields = html! {
            (self.errors)
            (Select::new("outcome", "What came of it", choices).chosen(&self.outcome).errors(&self.errors))
            (Field::area("note", "How they were told, or why not").value(&self.note).errors(&self.errors).longest(2000))
            div.buttons { (Button::primary("Keep it")) (Link::quiet("Cancel", HERE)) }
        };
        let body = html! {
            section.card { h2 { "What to tell" } (facts) }
            @if one.ended.is_none() {
                section.card { h2 { "What came of it" } (Form::post(csrf, path(&one.id), fields)) }
            }
        };
        Page::new(kind(one.kind), body).here(HERE).crumbs(vec![
            crate::admin::crumb(),
            Crumb::new("Whom to tell", HERE),
        ])
    }

    fn samples() -> Vec<Self> {
        let open = super::sample(TellingKind::Erased);
        let ended = Telling {
            ended: Some(TellingEnd {
                at: open.since,
                outcome: TellingOutcome::Told,
                note: "By letter".into(),
                who: "person/ada".into(),
            }),
            ..open.clone()
        };
        let of = |telling: Telling, errors| Self {
            now: telling.since,
            telling,
            outcome: "told".into(),
            note: String::new(),
            errors,
        };
        let wrong = Errors::one(
            "note",
            crate::words::rule(&"say how or why, in at most 2,000 characters"),
        );
        vec![of(open, wrong), of(ended, Errors::none())]
    }
}
