//! The frame around every page: who is signed in, where they may go.

use maud::{DOCTYPE, Markup, html};

use super::{Csrf, Icon, Layout, Page};
use crate::asset;

/// Who is signed in, as the frame shows it.
#[derive(Clone, Debug)]
pub struct Badge {
    /// The person's name.
    pub name: String,
    /// What they are here: `Clinician`.
    pub role: String,
}

/// A place to go.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is called.
    pub label: String,
    /// What is done there, in a sentence.
    pub about: String,
    /// Where it is.
    pub path: String,
}

/// Places that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// What they have in common; empty for the first ones.
    pub label: String,
    /// They themselves; never empty.
    pub items: Vec<Item>,
}

/// What stands around a page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The clinic's name.
    pub clinic: String,
    /// What a ribbon says on every page: that this is a demonstration.
    pub ribbon: Option<String>,
    /// Who is signed in.
    pub badge: Option<Badge>,
    /// Where they may go.
    pub groups: Vec<Group>,
    /// The token of the forms in the frame.
    pub csrf: Csrf,
    /// The page's own address: where unlocking leads back to.
    pub at: String,
    /// What the content security policy of this answer calls our script by.
    pub nonce: String,
}

impl Frame {
    /// The whole document.
    pub fn around(&self, page: &Page) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { (page.title) " · " (self.clinic) }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    meta name="robots" content="noindex";
                    link rel="stylesheet" href=(asset::STYLE.path());
                    link rel="icon" type="image/svg+xml" href=(asset::MARK.path());
                    script src=(asset::SCRIPT.path()) nonce=(self.nonce) defer {}
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    @if let Some(text) = &self.ribbon { aside.ribbon aria-label="About this installation" { p { (text) } } }
                    @match page.layout {
                        Layout::Alone | Layout::AloneBroad => (self.alone(page)),
                        Layout::Wide | Layout::Column => (self.whole(page)),
                    }
                    footer { p { "Aceso" @if self.clinic != "Aceso" { " · " (self.clinic) } } }
                }
            }
        }
    }

    fn alone(&self, page: &Page) -> Markup {
        html! {
            div.alone {
                header { (self.brand()) }
                (page.main())
            }
        }
    }

    fn whole(&self, page: &Page) -> Markup {
        html! {
            header.bar id="top" {
                @if !self.groups.is_empty() {
                    a.menu.button.quiet href="#menu" { (Icon::Menu) span.hidden { "Menu" } }
                }
                (self.brand())
                span.grow {}
                @if let Some(badge) = &self.badge { (self.lock()) (self.who(badge)) }
            }
            div.body {
                @if !self.groups.is_empty() { (self.side(&page.here)) }
                (page.main())
            }
        }
    }

    fn brand(&self) -> Markup {
        html! { a.brand href="/" { (Icon::Mark) span { (self.clinic) } } }
    }

    fn lock(&self) -> Markup {
        html! {
            form.inline.lock method="post" action="/lock" data-leave="" {
                (self.csrf)
                (self.left())
                button.button.quiet type="submit" aria-label="Lock this screen" { (Icon::Lock) span { "Lock" } }
            }
        }
    }

    /// Where the person was; the script adds what was typed there.
    fn left(&self) -> Markup {
        html! {
            input type="hidden" name="to" value=(self.at);
            input type="hidden" name="draft_to" value="";
            input type="hidden" name="draft" value="";
        }
    }

    fn who(&self, badge: &Badge) -> Markup {
        let initials: String = badge
            .name
            .split_whitespace()
            .filter_map(|w| w.chars().next())
            .take(2)
            .collect();
        html! {
            details.who {
                summary {
                    span.disc aria-hidden="true" { (initials) }
                    span.name { (badge.name) }
                    (Icon::Down)
                    span.hidden { ": account, switch, sign out" }
                }
                div.sheet {
                    div.head { strong { (badge.name) } p.soft.small { (badge.role) } }
                    a href="/account" { (Icon::Person) "Your account" }
                    form method="post" action="/switch" data-leave="" {
                        (self.csrf)
                        (self.left())
                        button type="submit" { (Icon::Switch) "Switch person" }
                    }
                    form method="post" action="/sign-out" { (self.csrf) button type="submit" { (Icon::Leave) "Sign out" } }
                }
            }
        }
    }

    fn side(&self, here: &str) -> Markup {
        html! {
            nav.side id="menu" aria-label="Main" {
                a.close.button.quiet href="#top" { (Icon::Close) "Close" }
                @for group in &self.groups {
                    @if !group.label.is_empty() { p.group { (group.label) } }
                    ul {
                        @for item in &group.items {
                            li { a href=(item.path) aria-current=[(item.path == here).then_some("page")] { (item.label) } }
                        }
                    }
                }
            }
        }
    }

    /// One for samples and tests.
    pub fn sample() -> Self {
        let item = |label: &str, path: &str| Item {
            label: label.into(),
            about: String::new(),
            path: path.into(),
        };
        let group = |label: &str, items: Vec<Item>| Group {
            label: label.into(),
            items,
        };
        Self {
            clinic: "Riverside Clinic".into(),
            ribbon: None,
            badge: Some(Badge {
                name: "Ann Example".into(),
                role: "Clinician".into(),
            }),
            groups: vec![
                group(
                    "",
                    vec![item("Home", "/"), item("Your account", "/account")],
                ),
                group(
                    "Administration",
                    vec![
                        item("People", "/people"),
                        item("Style guide", "/styleguide"),
                    ],
                ),
            ],
            csrf: Csrf::new("sample"),
            at: "/".into(),
            nonce: "sample".into(),
        }
    }
}
