//! `/`: where a person can go from here.

use aceso_web::page::{Banner, Csrf, Empty, Group, Page, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::Pages;
use super::account::person;
use super::fault::fault;

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Home {
    name: String,
    role: String,
    groups: Vec<Group>,
    unseen: u64,
}

impl View for Home {
    fn page(&self, _: &Csrf) -> Page {
        let places: Vec<_> = self
            .groups
            .iter()
            .filter(|g| g.items.iter().any(|i| i.path != "/"))
            .collect();
        let body = html! {
            @for group in &places {
                section.stack {
                    @if !group.label.is_empty() { h2 { (group.label) } }
                    ul.tiles {
                        @for item in group.items.iter().filter(|i| i.path != "/") {
                            li { a href=(item.path) { strong { (item.label) } span.soft { (item.about) } } }
                        }
                    }
                }
            }
            @if places.is_empty() { (Empty::new("Nothing to do here", "Your role has no pages of its own.")) }
        };
        let page = Page::new(format!("Welcome, {}", self.name), body)
            .here("/")
            .lead(self.role.as_str());
        match self.unseen {
            0 => page,
            some => {
                let title = if some == 1 {
                    "One new notice about your account".to_owned()
                } else {
                    format!("{some} new notices about your account")
                };
                page.notice(
                    Banner::new(Tone::Info, title)
                        .body(html! { p { a href="/account/notices" { "Look at them" } } }),
                )
            }
        }
    }

    fn samples() -> Vec<Self> {
        let groups = aceso_web::page::Frame::sample().groups;
        let view = |groups, unseen| Self {
            name: "Ann Example".into(),
            role: "Clinician".into(),
            groups,
            unseen,
        };
        vec![view(groups, 1), view(Vec::new(), 0)]
    }
}

/// `GET /`
pub(super) async fn show(pages: Pages, ask: Ask) -> Outcome {
    let who = ask.person()?;
    let account = &person(&ask)?.account;
    let view = Home {
        name: who.badge.name.clone(),
        role: who.badge.role.clone(),
        groups: ask.places.clone(),
        unseen: pages
            .0
            .store
            .unseen_notices(&who.caller, account)
            .await
            .map_err(fault)?,
    };
    Ok(Reply::page(&ask, &view))
}
