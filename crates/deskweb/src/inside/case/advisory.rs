//! The advisory: what the text lacks, who approved exactly it, the notice, and publishing.

use aceso_desk::case::{Way, unpublishable};
use aceso_store::Reached;
use aceso_web::page::{
    Banner, Button, Card, Choice, Column, Csrf, Facts, Field, Link, Select, Table, Tag, Tone,
};
use maud::{Markup, html, say};

use super::CasePage;
use crate::fault::sentence;
use crate::inside::cases::HERE;
use crate::inside::contacts;

pub(super) fn show(page: &CasePage, csrf: &Csrf) -> Markup {
    html! {
        (Card::new("The text", text(page, csrf)))
        (Card::new("Time for implementers", notice(page, csrf)))
        (Card::new("Tell implementers", wave(page, csrf)))
        (Card::new("Publish", publish(page, csrf)))
        @if page.file.case.is_emergency() { (Card::new("Emergency", emergency(page, csrf))) }
    }
}

fn text(page: &CasePage, csrf: &Csrf) -> Markup {
    let to = format!("{HERE}/{}/text", page.file.line.id);
    let Some(text) = &page.file.text else {
        return html! {
            p { "There is no text yet. The first one takes over what the case knows." }
            div.buttons { (Link::primary("Write the advisory", to)) }
        };
    };
    let draft = page.file.case.draft.as_ref();
    let names = |ids: &std::collections::BTreeSet<aceso_desk::case::PartyId>| -> String {
        let all: Vec<String> = ids.iter().map(|id| page.name(id)).collect();
        if all.is_empty() {
            say("nobody yet", &[])
        } else {
            all.join(", ")
        }
    };
    let facts = Facts::new()
        .with("Title", text.advisory.title.as_str())
        .with(
            "Saved",
            say("{0}, by {1}", &[&text.at.said(), &page.name(&text.who)]),
        )
        .show(
            "Its digest",
            html! { span.mono { (String::from(text.hash)) } },
        )
        .with(
            "Approved by",
            draft.map(|d| names(&d.approvals)).unwrap_or_default(),
        );
    let errors = draft.map(|d| d.draft.errors.as_slice()).unwrap_or_default();
    html! {
        (facts)
        @if !errors.is_empty() {
            (Banner::new(Tone::Warning, "The text lacks something").body(html! { ul { @for e in errors { li { (sentence(e)) } } } }))
        }
        div.buttons { (Link::primary("Edit", to.as_str())) (Link::secondary("Read it", format!("{to}/page"))) }
        p.hint { "Whoever edited it last does not approve it; two others do. Approving is for exactly this digest." }
        (page.form(csrf, "approve", html! { (Button::secondary("I approve exactly this text")) }).keep("hash", String::from(text.hash)).inline())
    }
}

fn notice(page: &CasePage, csrf: &Csrf) -> Markup {
    html! {
        @match page.file.case.notice {
            Some(until) if until <= page.now => p { "Implementers are not waited for any more, since " (until.said()) "." },
            Some(until) => p { "Implementers are told before the public, until " (until.said()) "." },
            None => p { "The policy gives them " (page.notice_days) " days for this severity." },
        }
        @if let Some(window) = page.file.case.window { p { "Publishing waits until " (window.said()) " at least: so long the policy gives them." } }
        (page.form(csrf, "notice", html! {
            (Field::moment("notice_until", "They are told before the public until, in UTC").any().value(page.old("notice_until", "")).errors(&page.errors))
            (Field::text("notice_why", "Or why they need not be waited for").any().value(page.old("notice_why", "")))
            div.buttons {
                (Button::secondary("Start").says("choice", "start"))
                (Button::secondary("Do not wait").says("choice", "waive"))
            }
        }))
    }
}

/// Whom a notice went to, and who is silent.
fn wave(page: &CasePage, csrf: &Csrf) -> Markup {
    let columns = [
        Column::text("Who"),
        Column::text("Copy"),
        Column::text("Told"),
        Column::text("So far"),
    ];
    let mut table = Table::new("Who was told", &columns).under_heading();
    for told in &page.file.deliveries {
        table.row(vec![
            html! { @if told.name.is_empty() { span.soft { "not in the register any more" } } @else { (told.name) ", " (told.organisation) } },
            html! { span.mono { (told.copy) } },
            html! { (told.at.said()) },
            reached(&told.reached),
        ]);
    }
    html! {
        @if !page.file.deliveries.is_empty() { (table) }
        p { "Everybody in the " a href=(contacts::HERE) { "register" } " who is vetted and has the tag gets a mail that says nothing of the matter. They read the text after they agreed to the embargo." }
        (page.form(csrf, "wave", html! {
            (Field::text("wave_tag", "Tag").value(page.old("wave_tag", "security-advisory")).errors(&page.errors))
            (Field::moment("wave_until", "They are told before the public until, in UTC").value(page.old("wave_until", "")).errors(&page.errors))
            div.buttons { (Button::secondary("Tell them")) }
        }))
    }
}

fn reached(how: &Reached) -> Markup {
    html! {
        @match how {
            Reached::Waiting => (Tag::plain("waits to be sent")),
            Reached::Silent => (Tag::new(Tone::Warning, "silent")),
            Reached::Back(why) => { (Tag::new(Tone::Danger, "did not arrive")) " " (why) }
            Reached::Agreed(at) => { (Tag::new(Tone::Info, "agreed")) " " (at.said()) }
            Reached::Read(at) => { (Tag::new(Tone::Good, "read")) " " (at.said()) }
        }
    }
}

fn publish(page: &CasePage, csrf: &Csrf) -> Markup {
    let case = &page.file.case;
    let hash = page.file.text.as_ref().map(|t| t.hash);
    let missing = hash
        .map(|hash| unpublishable(case, hash, page.now))
        .unwrap_or_default();
    let list = page.list(&missing);
    html! {
        @for publication in &case.publications {
            p { @match publication.how { Way::Approved => { (Tag::new(Tone::Good, "published")) " " (publication.at.said()) ", approved by " } Way::Interim(_) => { (Tag::new(Tone::Warning, "interim")) " " (publication.at.said()) ", in an emergency, by " } }
                @for (at, id) in publication.by.iter().enumerate() { @if at > 0 { ", " } (page.name(id)) } "." }
        }
        @if case.withdrawn { p { (Tag::new(Tone::Danger, "withdrawn")) } }
        @if let Some(at) = case.scheduled { p { "It is published by itself at " (at.said()) "." } }
        @if let Some(hash) = hash {
            @if case.publications.last().is_some_and(|last| last.hash == hash && last.how == Way::Approved) {
                p { "Exactly this text is public." }
            } @else {
                @if missing.is_empty() { (Banner::new(Tone::Good, "It can be published")) }
                @else { (Banner::new(Tone::Warning, "Missing before it can be published").body(list)) }
                (page.form(csrf, "publish", html! { (Button::primary("Publish now")) }).keep("hash", String::from(hash)).inline())
                (page.form(csrf, "schedule", html! {
                    (Field::moment("publish_at", "Publish by itself at, in UTC").value(page.old("publish_at", "")).errors(&page.errors))
                    div.buttons { (Button::secondary("Schedule")) }
                }))
            }
        } @else { p { "Write the text first." } }
        @if !case.publications.is_empty() && !case.withdrawn {
            (page.form(csrf, "withdraw", html! {
                (Field::text("withdraw_why", "Why it is withdrawn").value(page.old("withdraw_why", "")).errors(&page.errors).hint("Everybody reads this"))
                div.buttons { (Button::danger("Withdraw")) }
            }))
        }
    }
}

fn emergency(page: &CasePage, csrf: &Csrf) -> Markup {
    let others = page
        .file
        .case
        .people
        .keys()
        .filter(|id| **id != page.file.me && id.0 != aceso_store::CLERK)
        .map(|id| Choice::new(&*id.0, page.name(id)))
        .collect();
    let hash = page
        .file
        .text
        .as_ref()
        .map(|t| String::from(t.hash))
        .unwrap_or_default();
    html! {
        p { "The public or attackers know. A manager and one other may publish now; what the text lacks has to be said in it as to follow." }
        (page.form(csrf, "emergency", html! {
            (Select::new("second_person", "Together with", others).chosen(page.old("second_person", "")))
            (Field::text("emergency_why", "Why now").value(page.old("emergency_why", "")).errors(&page.errors))
            div.buttons { (Button::danger("Publish as interim now")) }
        }).keep("hash", hash))
    }
}
