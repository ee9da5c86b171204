//! `/admin/proposals`: what waits for a second administrator's agreement.

use aceso_store::{Answer, Proposal, ProposalState};
use aceso_web::page::{Banner, Button, Column, Csrf, Empty, Form, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use crate::Staff;
use crate::admin::people::path as person;
use crate::fault::{fault, weigh};
use crate::words::{role_tags, rule, when};

/// The page's address.
pub(crate) const HERE: &str = "/admin/proposals";

/// The list.
pub(crate) struct Proposals {
    all: Vec<Proposal>,
    done: Option<&'static str>,
    against: Option<String>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = Proposals {
        all: all(&staff, &ask).await?,
        done: match ask.query("done") {
            Some("agree") => Some("The roles are given, from now on. The person has been told."),
            Some("refuse") => Some("It is refused. Who asked has been told."),
            Some(_) | None => None,
        },
        against: None,
    };
    Ok(Reply::page(&ask, &page))
}

async fn all(staff: &Staff, ask: &Ask) -> Result<Vec<Proposal>, PageFault> {
    let found = staff.store().proposals(ask.caller()?).await;
    found.map_err(fault)
}

pub(crate) async fn answer(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("answer")])?;
    let answer = match fields.one("answer") {
        "agree" => Answer::Agree,
        _ => Answer::Refuse,
    };
    let (store, caller) = (staff.store(), ask.caller()?);
    let done = store
        .answer_proposal(caller, ask.param("proposal"), answer)
        .await;
    match weigh(done)? {
        Ok(()) => {
            let done = match answer {
                Answer::Agree => "agree",
                Answer::Refuse => "refuse",
            };
            Ok(Reply::to(Local::with(HERE, &[("done", done)])))
        }
        Err(refusal) => {
            let page = Proposals {
                all: all(&staff, &ask).await?,
                done: None,
                against: Some(rule(&refusal)),
            };
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

fn state(csrf: &Csrf, one: &Proposal) -> Markup {
    let by = one.decider.as_deref().unwrap_or_default();
    let by = by.trim_start_matches("person/");
    match one.state {
        ProposalState::Waiting => {
            let to = [HERE, "/", &one.id].concat();
            let buttons = html! {
                div.row {
                    (Button::secondary("Agree").small().says("answer", "agree"))
                    (Button::quiet("Refuse").small().says("answer", "refuse"))
                }
            };
            html! { (Form::post(csrf, to, buttons).inline()) }
        }
        ProposalState::Agreed => {
            html! { (Tag::new(Tone::Good, "agreed")) br; span.small.soft { "by " (by) } }
        }
        ProposalState::Refused => {
            html! { (Tag::new(Tone::Danger, "refused")) br; span.small.soft { "by " (by) } }
        }
        ProposalState::Ended => html! { (Tag::new(Tone::Warning, "nobody answered in time")) },
    }
}

impl View for Proposals {
    fn page(&self, csrf: &Csrf) -> Page {
        let columns = [
            Column::text("Person"),
            Column::text("Is to have"),
            Column::text("Who asks, and why"),
            Column::text("Asked"),
            Column::acts("Answer"),
        ];
        let mut table = Table::new("Waiting for a second administrator", &columns).under_heading();
        for one in &self.all {
            table.row(vec![
                html! { a href=(person(&one.account)) { (one.user_name) } },
                role_tags(&one.roles),
                html! { (one.asker.trim_start_matches("person/")) br; span.small.soft { (one.reason) } },
                when(one.made),
                state(csrf, one),
            ]);
        }
        let body = html! {
            @if table.is_empty() { (Empty::new("Nothing waits", "Roles that give roles or use keys are given when a second administrator agrees.")) }
            @else { (table) }
        };
        let mut page = Page::new("A second administrator", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("Agree only to what you know to be right. It takes effect at once.");
        if let Some(done) = self.done {
            page = page.notice(Banner::new(Tone::Good, done));
        }
        if let Some(why) = &self.against {
            page = page.notice(Banner::new(Tone::Danger, why));
        }
        page
    }

    fn samples() -> Vec<Self> {
        let mut decided = Proposal::sample();
        decided.state = ProposalState::Agreed;
        decided.decider = Some("person/cora".into());
        let full = Self {
            all: vec![Proposal::sample(), decided],
            done: None,
            against: Some("(what stands against it)".into()),
        };
        let empty = Self {
            all: Vec::new(),
            done: Some("It is refused. Who asked has been told."),
            against: None,
        };
        vec![full, empty]
    }
}
