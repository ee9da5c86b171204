//! Who is in the case as what, their conflicts, who needs to know, and the plan.

use aceso_desk::case::{Conflict, Need, Role};
use aceso_web::page::{
    Button, Card, Choice, Choices, Column, Csrf, Field, Select, Table, Tag, Tone,
};
use maud::{Markup, html, say, words};

use super::CasePage;
use crate::inside::words::{key, role};

pub(super) fn show(page: &CasePage, csrf: &Csrf) -> Markup {
    html! {
        (Card::new("People", people(page, csrf)))
        (Card::new("Your conflict of interest", conflict(page, csrf)))
        (Card::new("Plan", plan(page, csrf)))
    }
}

fn people(page: &CasePage, csrf: &Csrf) -> Markup {
    let columns = [
        Column::text("Who"),
        Column::text("As"),
        Column::text("Conflict"),
        Column::text("Needs to know"),
        Column::acts("What you can do"),
    ];
    let mut table = Table::new("People of the case", &columns).under_heading();
    let people = page.file.case.people.iter();
    for (id, person) in people.filter(|(id, _)| id.0 != aceso_store::CLERK) {
        let roles = person.roles.iter().map(|r| words(role(*r)).to_string());
        let roles: Vec<String> = roles.collect();
        let conflict = match &person.conflict {
            Conflict::Unsaid => Tag::new(Tone::Warning, "not said"),
            Conflict::None => Tag::plain("none"),
            Conflict::Declared(what) => Tag::new(Tone::Danger, what.clone()),
        };
        let (said, turn, label) = match person.need {
            Need::No => ("no", Need::ToKnow, "Needs to know"),
            Need::ToKnow => ("yes", Need::No, "Need not know"),
        };
        let button = html! { (Button::secondary(label).of(page.name(id)).small()) };
        table.row(vec![
            html! { (page.name(id)) },
            html! { (roles.join(", ")) },
            html! { (conflict) },
            html! { (words(said)) },
            html! { (page.form(csrf, "need", button).keep("party", &*id.0).keep("need", key(&turn)).inline()) },
        ]);
    }
    let who = page
        .people
        .iter()
        .map(|p| Choice::new(&*p.id.0, format!("{} ({})", p.name, p.user)))
        .collect();
    let roles = Role::ALL
        .iter()
        .map(|r| Choice::new(key(r), role(*r)))
        .collect();
    html! {
        (table)
        (page.form(csrf, "join", html! {
            (Select::new("joins", "Add", who).chosen(page.old("joins", "")))
            (Choices::many("roles", "As", roles).across().chosen(page.typed.many("roles")).errors(&page.errors))
            div.buttons { (Button::secondary("Add to the case")) }
        }))
    }
}

fn conflict(page: &CasePage, csrf: &Csrf) -> Markup {
    html! {
        (page.form(csrf, "conflict", html! {
            (Field::text("conflict", "What it is").any().value(page.old("conflict", "")).hint("Who declares one no longer sees the case, and decides nothing in it"))
            div.buttons {
                (Button::secondary("I have none").says("choice", "none"))
                (Button::danger("I have one").says("choice", "declare"))
            }
        }))
    }
}

fn plan(page: &CasePage, csrf: &Csrf) -> Markup {
    let plan = page.file.case.plan.as_ref();
    html! {
        @if let Some((text, approved)) = plan {
            p.note-text { (text) }
            @match approved {
                Some(by) => p { (Tag::new(Tone::Good, say("approved by {0}", &[&page.name(by)]))) },
                None => (page.press(csrf, "plan-approve", "Approve the plan")),
            }
        }
        (page.form(csrf, "plan", html! {
            (Field::area("plan", "What is to be done, by whom, until when").value(page.old("plan", plan.map_or("", |p| p.0.as_str()))).errors(&page.errors))
            div.buttons { (Button::secondary("Save the plan")) }
        }))
    }
}
