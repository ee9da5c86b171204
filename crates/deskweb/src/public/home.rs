//! `/`: what this is, and the two ways on.

use aceso_store::Published;
use aceso_web::page::{Card, Csrf, Empty, Layout, Link, Page, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{html, say};

use super::advisories::rows;
use crate::DeskWeb;
use crate::fault::fault;

/// So many advisories are listed here.
const LATEST: usize = 5;

pub(crate) struct Home {
    publisher: String,
    contact: Option<String>,
    latest: Vec<Published>,
    inside: bool,
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let all = web.desk().published().await.map_err(fault)?;
    let latest = all.iter().take(LATEST).cloned().collect();
    let page = Home {
        publisher: web.settings().publisher.clone(),
        contact: web.settings().contact.clone(),
        latest,
        inside: ask.who.is_some(),
    };
    Ok(Reply::page(&ask, &page))
}

impl View for Home {
    fn page(&self, _: &Csrf) -> Page {
        let report = html! {
            p { "Tell us what you found. You need no account, and you get a case number and a link to follow it at once." }
            @if let Some(mail) = &self.contact {
                p { "Or write to " a href={ "mailto:" (mail) } { (mail) } "; our OpenPGP key is in " a href="/.well-known/security.txt" { "security.txt" } "." }
            }
            div.buttons { (Link::primary("Report a vulnerability", "/report")) (Link::quiet("What is not a vulnerability here", "/not-a-vulnerability")) }
        };
        let advisories = html! {
            @if self.latest.is_empty() {
                (Empty::new("Nothing is published yet", "When something is, it stands here and in the feeds."))
            } @else {
                (rows("The latest advisories", &self.latest))
                p { a href="/advisories" { "All advisories and feeds" } }
            }
        };
        let body = html! {
            (Card::new("Report a vulnerability", report))
            (Card::new("Advisories", advisories))
            div.buttons { @if self.inside { (Link::secondary("Cases", "/cases")) } @else { (Link::quiet("The group signs in here", "/cases")) } }
        };
        Page::new(say("Security at {0}", &[&self.publisher]), body)
            .layout(Layout::Column)
            .lead("How vulnerabilities in our software are reported, mended and told.")
    }

    fn samples() -> Vec<Self> {
        let one = |latest, inside| Self {
            publisher: "Aceso".into(),
            contact: Some("security@desk.example".into()),
            latest,
            inside,
        };
        vec![
            one(Vec::new(), false),
            one(super::advisories::sample(), true),
        ]
    }
}
