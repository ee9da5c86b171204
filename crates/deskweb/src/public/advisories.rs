//! `/advisories` and one page for each.

use std::sync::Arc;

use aceso_desk::When;
use aceso_desk::advisory::{Form, page};
use aceso_store::Published;
use aceso_web::page::{Banner, Column, Crumb, Csrf, Empty, Layout, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html};

use crate::DeskWeb;
use crate::fault::fault;

/// The list.
pub(crate) struct Advisories {
    all: Arc<Vec<Published>>,
    key: String,
}

pub(crate) async fn list(web: DeskWeb, ask: Ask) -> Outcome {
    let all = web.desk().published().await.map_err(fault)?;
    let key = web.signer().fingerprint();
    Ok(Reply::page(&ask, &Advisories { all, key }))
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let one = web.desk().published_one(ask.param("id")).await;
    let published = one.map_err(fault)?;
    Ok(Reply::page(&ask, &One { published }))
}

/// How grave, in its colour.
pub(crate) fn severity(name: &str) -> Tag {
    let said = name.to_owned();
    match name {
        "Critical" => Tag::new(Tone::Danger, said),
        "High" => Tag::new(Tone::Warning, said),
        "Medium" => Tag::new(Tone::Info, said),
        _ => Tag::plain(said),
    }
}

/// Advisories as a table.
pub(crate) fn rows(caption: &'static str, all: &[Published]) -> Table {
    let columns = [
        Column::text("Advisory"),
        Column::text("About"),
        Column::text("Severity"),
        Column::text("Published"),
    ];
    let mut table = Table::new(caption, &columns).under_heading();
    for one in all {
        let advisory = &one.advisory;
        let level = advisory
            .severity
            .as_ref()
            .map(|s| s.level.name().to_owned());
        table.row(vec![
            html! { a href={ "/advisories/" (advisory.id) } { (advisory.id) } },
            html! { (advisory.title) @if one.withdrawn.is_some() { " " (Tag::new(Tone::Danger, "withdrawn")) } },
            html! { @if let Some(level) = &level { (severity(level)) } },
            html! { (advisory.initial.date()) @if advisory.current.date() != advisory.initial.date() { ", changed " (advisory.current.date()) } },
        ]);
    }
    table
}

/// The addresses where machines find them.
fn feeds(key: &str) -> Markup {
    html! {
        p.small {
            "For machines: " a href="/advisories.atom" { "Atom" } ", " a href="/advisories.json" { "JSON feed" } ", "
            a href="/.well-known/csaf/provider-metadata.json" { "CSAF" } ", " a href="/.well-known/security.txt" { "security.txt" } ". "
            "Everything is signed with the OpenPGP key "
            a.mono href={ "/.well-known/csaf/openpgp/" (key) ".asc" } { (key) } "."
        }
    }
}

impl View for Advisories {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! {
            @if self.all.is_empty() {
                (Empty::new("Nothing is published yet", "When something is, it stands here and in the feeds."))
            } @else { (rows("Advisories", &self.all)) }
            (feeds(&self.key))
        };
        Page::new("Security advisories", body).crumbs(vec![Crumb::new("Security", "/")])
    }

    fn samples() -> Vec<Self> {
        let one = |all| Self {
            all,
            key: "AB12".repeat(10),
        };
        vec![one(Arc::default()), one(Arc::new(sample()))]
    }
}

/// One advisory.
pub(crate) struct One {
    published: Published,
}

/// The forms that an advisory's page offers.
const OFFERED: [Form; 7] = [
    Form::Csaf,
    Form::Cve,
    Form::Osv,
    Form::OpenVex,
    Form::CycloneDx,
    Form::Github,
    Form::Markdown,
];

impl View for One {
    fn page(&self, _: &Csrf) -> Page {
        let advisory = &self.published.advisory;
        let body = html! {
            article.stack lang=(advisory.lang) { (page::inner_markup(advisory)) }
            p.small {
                "The same in other forms: "
                @for (at, form) in OFFERED.iter().enumerate() {
                    @if at > 0 { ", " }
                    a href={ "/advisories/" (advisory.id) "/" (form.name()) } { (form.name()) }
                }
                "."
            }
        };
        let shown = Page::new(advisory.title.clone(), body)
            .layout(Layout::Column)
            .crumbs(vec![
                Crumb::new("Security", "/"),
                Crumb::new("Advisories", "/advisories"),
            ]);
        match &self.published.withdrawn {
            Some(why) => shown.notice(
                Banner::new(Tone::Danger, "This advisory was withdrawn")
                    .text(format!("On {}: {why}", self.published.at.said())),
            ),
            None => shown,
        }
    }

    fn samples() -> Vec<Self> {
        let gone = |mut published: Published| {
            published.withdrawn = Some("It was none.".into());
            Self { published }
        };
        let shown = sample().into_iter().map(|published| Self { published });
        shown.chain(sample().into_iter().map(gone)).collect()
    }
}

/// An advisory for samples.
pub(crate) fn sample() -> Vec<Published> {
    vec![Published {
        at: When::from_millis(1_772_625_600_000),
        withdrawn: None,
        advisory: crate::inside::samples::advisory(),
    }]
}
