//! The frame around every page: who is signed in, where they may go.

use maud::{DOCTYPE, Markup, html, said};

use super::{Csrf, Density, Icon, Language, Layout, Look, PATIENT, Page, Text, Theme, language};
use crate::site::LONGEST_FORM;
use crate::{asset, script};

/// Who is signed in, as the frame shows it.
#[derive(Clone, Debug)]
pub struct Badge {
    /// The person's name.
    pub name: String,
    /// What they are here: `Clinician`.
    pub roles: Vec<Text>,
}

impl Badge {
    /// All that they are here, in the page's language.
    pub fn role(&self) -> String {
        let all: Vec<_> = self.roles.iter().map(Text::shown).collect();
        all.join(", ")
    }
}

/// A place to go.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is called.
    pub label: Text,
    /// What is done there, in a sentence.
    pub about: Text,
    /// Where it is.
    pub path: String,
}

/// Places that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// What they have in common; empty for the first ones.
    pub label: Text,
    /// They themselves; never empty.
    pub items: Vec<Item>,
}

/// Pages, patients and commands found by a few letters; its answers are the page `/go`.
#[derive(Clone, Debug)]
pub struct Palette {
    /// The patient whose chart is open.
    pub patient: Option<String>,
}

impl Palette {
    /// Its page.
    pub(crate) const AT: &'static str = "/go";

    fn way(&self) -> Markup {
        html! {
            a.button.quiet.go-open href=(Self::AT) aria-label="Go to" aria-keyshortcuts="/ Control+K" {
                (Icon::Search) span { "Go to" } kbd aria-hidden="true" { "/" }
            }
        }
    }

    /// Opened by the script; without it the way leads to the page.
    fn dialog(&self, csrf: &Csrf) -> Markup {
        html! {
            dialog.go id="go" aria-label="Go to" {
                form method="post" action=(Self::AT) role="search" {
                    (csrf)
                    @if let Some(id) = &self.patient { input type="hidden" name=(PATIENT) value=(id); }
                    input id="go-typed" type="search" name="q" autocomplete="off" spellcheck="false" role="combobox" aria-expanded="true"
                        aria-controls="go-found" aria-autocomplete="list" aria-label="Page, patient or command" placeholder="Page, patient or command";
                    div.go-found id="go-found" {}
                    p.soft.small { "Arrow keys choose, Enter opens, Escape closes." }
                }
            }
        }
    }
}

/// What stands around a page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The clinic's name.
    pub clinic: String,
    /// What a ribbon says on every page: that this is a demonstration.
    pub ribbon: Option<Text>,
    /// Who is signed in.
    pub badge: Option<Badge>,
    /// Their account's id: the script sends what was typed only while it is still theirs.
    pub account: Option<String>,
    /// Where they may go.
    pub groups: Vec<Group>,
    /// The token of the forms in the frame.
    pub csrf: Csrf,
    /// The page's own address: where unlocking leads back to.
    pub at: String,
    /// How the person wants it to look.
    pub look: Look,
    /// The command palette, where there is one.
    pub palette: Option<Palette>,
    /// Where a problem is reported, where that can be done.
    pub problem: Option<&'static str>,
    /// What the content security policy of this answer calls our script by.
    pub nonce: String,
}

/// Where the script says why what was typed is not sent yet.
fn held() -> Markup {
    html! {
        div.toasts {
            div.toast.danger id="held" role="alert" data-most=(LONGEST_FORM) hidden {
                (Icon::Danger)
                p {}
                a href="/sign-in" target="_blank" rel="noopener" hidden { "Sign in" }
            }
        }
    }
}

impl Frame {
    /// The page on which a problem is reported.
    pub(crate) const PROBLEM: &'static str = "/problem";

    /// The whole document.
    pub fn around(&self, page: &Page) -> Markup {
        let language = language();
        let theme = Some(self.look.theme).filter(|one| *one != Theme::System);
        let dense = Some(self.look.density).filter(|one| *one == Density::Dense);
        html! {
            (DOCTYPE)
            html lang=(language.tag()) dir=(language.direction().as_str()) data-theme=[theme.map(Theme::code)]
                data-density=[dense.map(Density::code)] data-words=[script::words()] data-whose=[&self.account] {
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
                    footer {
                        p { (said("Aceso")) @if self.clinic != "Aceso" { " · " bdi { (self.clinic) } } }
                        @if let Some(place) = self.problem { p { a href=(self.problem_here(place)) { "Report a problem" } } }
                        @if matches!(page.layout, Layout::Alone | Layout::AloneBroad) && !self.names_another_site() { (self.languages()) }
                    }
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
                @if let Some(palette) = &self.palette { (palette.way()) }
                @if let Some(badge) = &self.badge { (self.lock()) (self.who(badge)) }
            }
            div.body {
                @if !self.groups.is_empty() { (self.side(&page.here)) }
                (page.main())
            }
            @if let Some(palette) = self.palette.as_ref().filter(|_| page.here != Palette::AT) { (palette.dialog(&self.csrf)) }
            @if self.account.is_some() { (held()) }
        }
    }

    /// With the page that the problem was seen on; what is in its question is left out.
    fn problem_here(&self, place: &str) -> String {
        let path = self.at.split('?').next().unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~".contains(&b);
        match path.bytes().all(plain) {
            true => [place, "?from=", path].concat(),
            false => place.to_owned(),
        }
    }

    /// Whether the page's address holds the address of another site, which is not repeated on a page.
    fn names_another_site(&self) -> bool {
        self.at.contains("://") || self.at.to_ascii_lowercase().contains("%3a%2f%2f")
    }

    /// Before sign-in, each language is one press away, in its own name.
    fn languages(&self) -> Markup {
        html! {
            form.inline.languages method="post" action="/look" aria-label="Language" {
                (self.csrf)
                input type="hidden" name="to" value=(self.at);
                @for one in Language::ALL {
                    button.button.quiet.small type="submit" name="language" value=(one.tag()) lang=(one.tag()) aria-pressed=(one == language()) { (one.name()) }
                }
            }
        }
    }

    fn brand(&self) -> Markup {
        html! { a.brand href="/" { (Icon::Mark) bdi { (self.clinic) } } }
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
                    bdi.name { (badge.name) }
                    (Icon::Down)
                    span.hidden { ": account, switch, sign out" }
                }
                div.sheet {
                    div.head { strong { bdi { (badge.name) } } p.soft.small { (badge.role()) } }
                    a href="/account" { (Icon::Person) "Your account" }
                    a href="/look" { (Icon::Look) "Language and look" }
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
        let item = |label: &'static str, path: &str| Item {
            label: label.into(),
            about: Text::default(),
            path: path.into(),
        };
        let group = |label: &'static str, items: Vec<Item>| Group {
            label: label.into(),
            items,
        };
        Self {
            clinic: "Riverside Clinic".into(),
            ribbon: None,
            badge: Some(Badge {
                name: "Ann Example".into(),
                roles: vec!["Clinician".into()],
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
            account: Some("01sample".into()),
            csrf: Csrf::new("sample"),
            at: "/".into(),
            look: Look::default(),
            palette: Some(Palette { patient: None }),
            problem: Some(Frame::PROBLEM),
            nonce: "sample".into(),
        }
    }
}
