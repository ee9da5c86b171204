//! `/admin/cases/{case}`: one case: who, when, every reason with the log's entries that show it, and what is decided.

use aceso_shield::insider::Reason;
use aceso_store::{CaseOutcome, CaseReview, InsiderCase};
use aceso_web::page::{
    Button, Choice, Choices, Column, Crumb, Csrf, Errors, Facts, Field, Form, Link, Page, Table,
    View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{HERE, outcome, path, state, sureness};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::words::{day, rule, sentence, when};

/// The case.
pub(crate) struct ShowCase {
    case: InsiderCase,
    chosen: String,
    note: String,
    errors: Errors,
    whose: Whose,
}

/// Whether the reader may decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// It is about the reader: somebody else decides.
    Own,
    /// About somebody else.
    Other,
}

/// The outcomes with what they are called in the form.
const OUTCOMES: [(CaseOutcome, &str, &str); 3] = [
    (
        CaseOutcome::Explained,
        "There was reason to look",
        "Say which. If it happens often, write it down where the review can see it: a task, a message, a team.",
    ),
    (
        CaseOutcome::Coached,
        "There was none; they were spoken to or trained",
        "Say when and by whom.",
    ),
    (
        CaseOutcome::Sanctioned,
        "There was none; a sanction was applied",
        "Say which, and where its record is. The patient may have to be told.",
    ),
];

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = find(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn decide(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("outcome"), Take::One("note")])?;
    let mut page = find(&staff, &ask).await?;
    page.chosen = fields.one("outcome").to_owned();
    page.note = fields.trimmed("note").to_owned();
    let found = OUTCOMES.into_iter().find(|(o, ..)| o.name() == page.chosen);
    let Some((found, ..)) = found else {
        page.errors.add("outcome", "Choose what was found");
        return Ok(Reply::wrong(&ask, &page));
    };
    let (store, caller) = (staff.store(), ask.caller()?);
    let done = store
        .decide_case(caller, &page.case.id, found, &page.note)
        .await;
    match weigh(done)? {
        Ok(()) => Ok(Reply::to(Local::with(HERE, &[("done", "decided")]))),
        Err(refusal) => {
            page.errors.add("note", rule(&refusal));
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

async fn find(staff: &Staff, ask: &Ask) -> Result<ShowCase, PageFault> {
    let (store, caller) = (staff.store(), ask.caller()?);
    let case = store
        .insider_case(caller, ask.param("case"))
        .await
        .map_err(fault)?;
    let own = caller
        .as_person()
        .is_some_and(|p| p.account == case.account);
    Ok(ShowCase {
        case,
        chosen: String::new(),
        note: String::new(),
        errors: Errors::none(),
        whose: if own { Whose::Own } else { Whose::Other },
    })
}

fn entries(reason: &Reason) -> Markup {
    let numbers: Vec<String> = reason.entries.iter().map(ToString::to_string).collect();
    html! { span.mono { (numbers.join(", ")) } }
}

impl ShowCase {
    fn facts(&self) -> Facts {
        let case = &self.case;
        let facts = Facts::new()
            .with("Person", case.name.as_str())
            .with("Week of", day(case.week))
            .show("How sure", html! { (sureness(case.score)) })
            .show("Last looked at", when(case.found))
            .show("Review", html! { (state(case)) });
        match &case.review {
            Some(review) => facts
                .show(
                    "Decided",
                    html! { (when(review.at)) " by " (review.by.trim_start_matches("person/")) },
                )
                .with(
                    "Outcome",
                    sentence(&crate::words::known(outcome(review.outcome))),
                )
                .with("In words", review.note.as_str()),
            None => facts,
        }
    }

    fn table(&self) -> Markup {
        let columns = [
            Column::text("What was seen"),
            Column::text("Rule"),
            Column::text("Patient"),
            Column::text("Entries of the log"),
        ];
        let mut table = Table::new("Reasons", &columns).under_heading();
        for reason in &self.case.reasons {
            table.row(vec![
                html! { (sentence(&maud::recalled(&reason.text))) },
                html! { (maud::words(reason.rule.title())) " " span.soft { "(" (reason.rule) ", " (reason.weight) ")" } },
                html! { @match &reason.patient { Some(id) => span.mono { (id) }, None => span.soft { "several" } } },
                entries(reason),
            ]);
        }
        html! { (table) }
    }

    fn form(&self, csrf: &Csrf) -> Markup {
        let choices = OUTCOMES
            .into_iter()
            .map(|(found, title, hint)| Choice::new(found.name(), title).hint(hint))
            .collect();
        let fields = html! {
            (self.errors)
            (Choices::one("outcome", "What was found", choices).chosen([self.chosen.as_str()]).errors(&self.errors))
            (Field::area("note", "In words").value(&self.note).errors(&self.errors).longest(2000))
            div.buttons { (Button::primary("Keep the decision")) (Link::quiet("Cancel", HERE)) }
        };
        html! { (Form::post(csrf, path(&self.case.id), fields)) }
    }
}

impl View for ShowCase {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            section.card { h2 { "The case" } (self.facts()) }
            section.card { h2 { "Reasons" } (self.table()) }
            @match (&self.case.review, self.whose) {
                (Some(_), _) => {},
                (None, Whose::Own) => p.soft { "This case is about you: somebody else decides it." },
                (None, Whose::Other) => section.card { h2 { "Your decision" } (self.form(csrf)) },
            }
        };
        Page::new(
            crate::words::say("Unexplained access by {0}", &[&self.case.name]),
            body,
        )
        .here(HERE)
        .crumbs(vec![
            crate::admin::crumb(),
            Crumb::new("Unexplained access", HERE),
        ])
    }

    fn samples() -> Vec<Self> {
        let case = super::sample();
        let sample = |case: InsiderCase, whose| Self {
            case,
            chosen: String::new(),
            note: String::new(),
            errors: Errors::one("outcome", "Choose what was found"),
            whose,
        };
        let decided = InsiderCase {
            review: Some(CaseReview {
                at: case.found,
                by: "person/officer".into(),
                outcome: CaseOutcome::Sanctioned,
                note: "Written warning of 12 March, personnel file".into(),
            }),
            ..case.clone()
        };
        vec![
            sample(case.clone(), Whose::Other),
            sample(case, Whose::Own),
            sample(decided, Whose::Other),
        ]
    }
}
