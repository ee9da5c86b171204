//! What services elsewhere are asked, what they answered, and what the case is known by there.

use aceso_desk::case::unaskable;
use aceso_desk::port::{Errand, System};
use aceso_store::{ErrandIs, ErrandLine};
use aceso_web::page::{
    Button, Card, Choice, Column, Csrf, Empty, Facts, Field, Select, Table, Tag, Tone,
};
use maud::{Markup, html, words};

use super::CasePage;
use crate::fault::sentence;
use crate::inside::words::{errand, key, system};

/// What somebody asks for; the rest follows by itself.
const OFFERED: [Errand; 9] = [
    Errand::GithubDraft,
    Errand::GithubCve,
    Errand::CveReserve,
    Errand::GithubPublish,
    Errand::CvePublish,
    Errand::CveUpdate,
    Errand::Topic,
    Errand::Campaign,
    Errand::Post,
];

pub(super) fn show(page: &CasePage, csrf: &Csrf) -> Markup {
    html! {
        (Card::new("Known elsewhere by", known(page, csrf)))
        (Card::new("Ask services elsewhere", html! {
            p { "Each request is shown before it is sent. Before the public is told, nothing goes out that the terms of the embargo do not allow; afterwards what goes out is what is published." }
            (offers(page, csrf))
        }))
        (Card::new("What was asked", asked(page)))
    }
}

fn known(page: &CasePage, csrf: &Csrf) -> Markup {
    let kept = &page.file.case.kept;
    let facts = kept.iter().fold(Facts::new(), |facts, (at, id)| {
        facts.show(system(*at), link(*at, id))
    });
    let systems = System::ALL
        .iter()
        .map(|one| Choice::new(key(one), system(*one)));
    html! {
        @if kept.is_empty() { p.soft { "Nothing yet." } } @else { (facts) }
        (page.form(csrf, "keep-id", html! {
            (Select::new("system", "System", systems.collect()).chosen(page.old("system", "")))
            (Field::text("kept_id", "Id there").value(page.old("kept_id", "")).errors(&page.errors)
                .hint("Written in by hand, it works as if a service had answered it"))
            div.buttons { (Button::secondary("Keep")) }
        }))
    }
}

/// An id with the way to it, where it is a place.
fn link(at: System, id: &str) -> Markup {
    match at {
        System::Topic | System::Post => html! { a href=(id) rel="noreferrer" { (id) } },
        System::Ghsa | System::Cve | System::Campaign | System::Own => html! { span.mono { (id) } },
    }
}

fn offers(page: &CasePage, csrf: &Csrf) -> Markup {
    let columns = [
        Column::text("Request"),
        Column::text("To"),
        Column::text("Missing"),
        Column::acts("What you can do"),
    ];
    let mut table = Table::new("Requests", &columns).under_heading();
    for one in OFFERED {
        if !page.places.has(one.service()) {
            table.row(vec![
                html! { (words(errand(one))) },
                html! { (one.service().name()) },
                html! { span.soft { "Not set up: section [services] of the configuration" } },
                html! {},
            ]);
            continue;
        }
        let missing = unaskable(&page.file.case, one);
        let shown = format!("{}/{}", page.path(), key(&one));
        let button = Button::secondary("Send").of(errand(one)).small();
        table.row(vec![
            html! { a href=(shown) { (words(errand(one))) } },
            html! { (one.service().name()) },
            html! {
                @if missing.is_empty() { (Tag::new(Tone::Good, "nothing")) }
                @else { (page.list(&missing)) }
            },
            html! { @if missing.is_empty() {
                (page.form(csrf, "ask", html! { (button) }).keep("errand", key(&one)).inline())
            } },
        ]);
    }
    html! { (table) }
}

fn asked(page: &CasePage) -> Markup {
    if page.file.errands.is_empty() {
        return html! { (Empty::new("Nothing was asked yet", "What goes out and what is answered stands here.")) };
    }
    let columns = [
        Column::text("Request"),
        Column::text("Asked for"),
        Column::number("Sent"),
        Column::text("So far"),
    ];
    let mut table = Table::new("What was asked", &columns).under_heading();
    for line in &page.file.errands {
        table.row(vec![
            html! { (words(errand(line.errand))) },
            html! { (line.at.said()) },
            html! { (line.tries) },
            stands(line),
        ]);
    }
    html! { (table) }
}

fn stands(line: &ErrandLine) -> Markup {
    html! {
        @match &line.state {
            ErrandIs::Waiting { said, .. } if said.is_empty() => (Tag::plain("waits to be sent")),
            ErrandIs::Waiting { due, said } => { (Tag::new(Tone::Warning, "is tried again")) " " (due.said()) ". " (sentence(said)) }
            ErrandIs::UnderWay => (Tag::new(Tone::Info, "on its way")),
            ErrandIs::Done => (Tag::new(Tone::Good, "done")),
            ErrandIs::Refused(why) => { (Tag::new(Tone::Danger, "not done")) " " (sentence(why)) }
        }
    }
}
