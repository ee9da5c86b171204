//! `/admin/break-glass/{case}`: one emergency access: who, why, what they opened, and what the review finds.

use aceso_base::Instant;
use aceso_store::{Access, AccessQuery, Break, BreakFinding, BreakList, PeopleError};
use aceso_web::page::{
    Button, Choice, Choices, Column, Crumb, Csrf, Errors, Facts, Field, Form, Link, Page, Table,
    View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{HERE, path, state};
use crate::Staff;
use crate::fault::{fault, weigh};
use crate::patient::emergency::reason;
use crate::words::{act, rule, things, when};

/// The case.
pub(crate) struct Case {
    one: Break,
    /// What they did with the patient's record while it was open; none: the reader may not see the log.
    opened: Option<Vec<Access>>,
    finding: String,
    note: String,
    errors: Errors,
    now: Instant,
    whose: Whose,
}

/// Whether the reader may review it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// It is the reader's own: somebody else reviews it.
    Own,
    /// Somebody else's.
    Other,
}

/// The findings with their names in the form.
const FINDINGS: [(BreakFinding, &str, &str, &str); 3] = [
    (
        BreakFinding::Justified,
        "justified",
        "There was reason to open the chart",
        "The case is closed.",
    ),
    (
        BreakFinding::Unjustified,
        "unjustified",
        "There was none",
        "A case for the privacy officer. The case is closed here.",
    ),
    (
        BreakFinding::Open,
        "open",
        "It cannot be told yet",
        "Say what is awaited. The case stays in the queue.",
    ),
];

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let case = find(&staff, &ask).await?;
    Ok(Reply::page(&ask, &case))
}

pub(crate) async fn review(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("finding"), Take::One("note")])?;
    let mut case = find(&staff, &ask).await?;
    case.finding = fields.one("finding").to_owned();
    case.note = fields.trimmed("note").to_owned();
    let found = FINDINGS
        .into_iter()
        .find(|(_, name, ..)| *name == case.finding);
    let Some((finding, ..)) = found else {
        case.errors.add("finding", "Choose what was found");
        return Ok(Reply::wrong(&ask, &case));
    };
    let done = staff
        .store()
        .review_break(ask.caller()?, &case.one.id, finding, &case.note)
        .await;
    match weigh(done)? {
        Ok(()) => Ok(Reply::to(Local::with(HERE, &[("done", "reviewed")]))),
        Err(refusal) => {
            case.errors.add("note", rule(&refusal));
            Ok(Reply::wrong(&ask, &case))
        }
    }
}

async fn find(staff: &Staff, ask: &Ask) -> Result<Case, PageFault> {
    let (store, caller, id) = (staff.store(), ask.caller()?, ask.param("case"));
    let all = store.breaks(caller, BreakList::All).await.map_err(fault)?;
    let one = all
        .into_iter()
        .find(|one| one.id == id)
        .ok_or(PageFault::Missing)?;
    let query = AccessQuery {
        patient: Some(one.patient.clone()),
        who: Some(["person/", &one.name].concat()),
        from: Some(one.opened),
        until: Some(one.ends),
        before: None,
        count: 500,
    };
    let opened = match store.accesses(caller, query).await {
        Ok(page) => Some(page.entries),
        Err(PeopleError::Forbidden) => None,
        Err(error) => return Err(fault(error)),
    };
    let own = caller.as_person().is_some_and(|p| p.account == one.account);
    Ok(Case {
        one,
        opened,
        finding: String::new(),
        note: String::new(),
        errors: Errors::none(),
        now: store.now(),
        whose: if own { Whose::Own } else { Whose::Other },
    })
}

impl Case {
    fn facts(&self) -> Facts {
        let one = &self.one;
        let facts = Facts::new()
            .with("Who", one.name.as_str())
            .show("Patient", html! { span.mono { (one.patient) } })
            .with("Reason", maud::words(reason(one.reason)))
            .with("In words", one.detail.as_str())
            .show("Opened", when(one.opened))
            .show(
                if one.is_open(self.now) {
                    "Ends"
                } else {
                    "Ended"
                },
                when(one.ends),
            )
            .show("Review", html! { (state(one, self.now)) });
        match &one.review {
            Some(review) => facts
                .show(
                    "Reviewed",
                    html! { (when(review.at)) " by " (review.by.trim_start_matches("person/")) },
                )
                .with("What was found", review.note.as_str()),
            None => facts,
        }
    }

    fn table(&self) -> Markup {
        let Some(entries) = &self.opened else {
            return html! { p.soft { "Only those who may read the audit log see what was opened." } };
        };
        let mut table = Table::new(
            "What they opened",
            &[
                Column::text("When"),
                Column::text("What"),
                Column::text("Of the patient's record"),
            ],
        )
        .under_heading();
        for entry in entries {
            table.row(vec![
                when(entry.at),
                html! { (act(entry)) },
                html! { (things(&entry.on)) },
            ]);
        }
        html! { @if table.is_empty() { p.soft { "Nothing of the patient's record was opened." } } @else { (table) } }
    }

    fn form(&self, csrf: &Csrf) -> Markup {
        let choices = FINDINGS
            .into_iter()
            .map(|(_, name, title, hint)| Choice::new(name, title).hint(hint))
            .collect();
        let fields = html! {
            (self.errors)
            (Choices::one("finding", "What was found", choices).chosen([self.finding.as_str()]).errors(&self.errors))
            (Field::area("note", "In words").value(&self.note).errors(&self.errors).longest(2000))
            div.buttons { (Button::primary("Keep the review")) (Link::quiet("Cancel", HERE)) }
        };
        html! { (Form::post(csrf, path(&self.one.id), fields)) }
    }
}

impl View for Case {
    fn page(&self, csrf: &Csrf) -> Page {
        let settled = self
            .one
            .review
            .as_ref()
            .is_some_and(|r| r.finding != BreakFinding::Open);
        let body = html! {
            section.card { h2 { "The case" } (self.facts()) }
            section.card { h2 { "What they opened" } (self.table()) }
            @match (settled, self.whose) {
                (true, _) => {},
                (false, Whose::Own) => p.soft { "You opened this chart yourself: somebody else reviews it." },
                (false, Whose::Other) => section.card { h2 { "Your review" } (self.form(csrf)) },
            }
        };
        Page::new(
            crate::words::say("Emergency access by {0}", &[&self.one.name]),
            body,
        )
        .here(HERE)
        .crumbs(vec![
            crate::admin::crumb(),
            Crumb::new("Emergency access", HERE),
        ])
    }

    fn samples() -> Vec<Self> {
        let one = crate::patient::emergency::sample();
        let entry = Access {
            seq: 7,
            at: one.opened,
            who: "person/ann".into(),
            name: Some("Ann Example".into()),
            by: None,
            purpose: "ETREAT".into(),
            act: "search".into(),
            outcome: None,
            on: vec!["Observation/1/1".into(), "Observation/2/1".into()],
        };
        let sample = |opened, whose| Self {
            one: one.clone(),
            opened,
            finding: String::new(),
            note: String::new(),
            errors: Errors::one("finding", "Choose what was found"),
            now: one.due,
            whose,
        };
        vec![
            sample(Some(vec![entry]), Whose::Other),
            sample(None, Whose::Own),
        ]
    }
}
