//! `/advisories` and one page for each.

use aceso_desk::When;
use aceso_desk::advisory::{Form, Product, page};
use aceso_store::{Published, SeverityIs};
use aceso_web::page::{
    Banner, Column, Crumb, Csrf, Empty, Field, Layout, Link, Page, Table, Tag, Tone, View,
};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html, say};

use crate::DeskWeb;
use crate::fault::fault;
use crate::inside::cases::{Place, choice, how_grave, of, pages, searched};

/// The address of the list.
pub(crate) const HERE: &str = "/advisories";
/// So many are on a page.
const PAGE: usize = 50;

/// The list.
pub(crate) struct Advisories {
    /// Those of this page.
    shown: Vec<Published>,
    /// How many fit.
    total: usize,
    asked: Asked,
    /// Whose id the next page begins after.
    next: Option<String>,
    key: String,
}

/// What an address asks for.
#[derive(Clone, Default)]
struct Asked {
    words: String,
    severity: SeverityIs,
    after: Option<String>,
}

impl Asked {
    fn fits(&self, one: &Published) -> bool {
        let advisory = &one.advisory;
        let level = advisory.severity.as_ref().map(|s| s.level.name());
        let grave = match self.severity {
            SeverityIs::Any => true,
            SeverityIs::None => level.is_none(),
            other => level == Some(other.name()),
        };
        let names = advisory.vulnerabilities.iter().flat_map(|v| v.names());
        let products = advisory.products.iter().map(Product::product);
        let own = [advisory.id.as_str(), advisory.title.as_str()];
        let said: Vec<String> = own
            .into_iter()
            .chain(names)
            .chain(products)
            .map(str::to_lowercase)
            .collect();
        let asked = self.words.to_lowercase();
        let mut asked = asked.split_whitespace();
        grave && asked.all(|word| said.iter().any(|text| text.contains(word)))
    }
}

pub(crate) async fn list(web: DeskWeb, ask: Ask) -> Outcome {
    let all = web.desk().published().await.map_err(fault)?;
    let asked = Asked {
        words: searched(&ask),
        severity: of(&ask, "severity", SeverityIs::of_name),
        after: ask.query("after").map(str::to_owned),
    };
    let fitting: Vec<&Published> = all.iter().filter(|one| asked.fits(one)).collect();
    let after = asked.after.as_deref();
    let begin = fitting
        .iter()
        .position(|one| Some(one.advisory.id.as_str()) == after);
    let rest = fitting.iter().skip(begin.map_or(0, |at| at + 1));
    let shown: Vec<Published> = rest.clone().take(PAGE).map(|one| (*one).clone()).collect();
    let last = shown.last().map(|one| one.advisory.id.clone());
    let page = Advisories {
        total: fitting.len(),
        next: last.filter(|_| rest.count() > PAGE),
        shown,
        asked,
        key: web.signer().fingerprint(),
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let one = web.desk().published_one(ask.param("id")).await;
    let published = one.map_err(fault)?;
    Ok(Reply::page(&ask, &One { published }))
}

/// How grave, in its colour.
pub(crate) fn severity(name: &str) -> Tag {
    match name {
        "Critical" => Tag::new(Tone::Danger, "Critical"),
        "High" => Tag::new(Tone::Warning, "High"),
        "Medium" => Tag::new(Tone::Info, "Medium"),
        "Low" => Tag::plain("Low"),
        other => Tag::plain(other.to_owned()),
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
            html! { a.nowrap href={ "/advisories/" (advisory.id) } { (advisory.id) } },
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
        let asked = [
            ("q", self.asked.words.as_str()),
            ("severity", self.asked.severity.name()),
        ];
        let place = Place {
            total: u64::try_from(self.total).unwrap_or(u64::MAX),
            next: self.next.as_deref(),
            begun: self.asked.after.is_some(),
        };
        let all = self.asked.words.is_empty() && self.asked.severity == SeverityIs::Any;
        let body = html! {
            form.filter method="get" action=(HERE) role="search" {
                (Field::search("q", "Number, title, CVE id or product").value(&self.asked.words))
                (choice(("severity", "Severity"), SeverityIs::ALL, |one| (one.name(), how_grave(one)), self.asked.severity))
                button.button.secondary type="submit" { "Show" }
            }
            @if !self.shown.is_empty() { (rows("Advisories", &self.shown)) }
            @else if all { (Empty::new("Nothing is published yet", "When something is, it stands here and in the feeds.")) }
            @else { (Empty::new("No advisory fits", "Try fewer words.").way(Link::secondary("Show all", HERE))) }
            (pages(HERE, &asked, place))
            (feeds(&self.key))
        };
        Page::new("Security advisories", body).crumbs(vec![Crumb::new("Security", "/")])
    }

    fn samples() -> Vec<Self> {
        let one = |shown: Vec<Published>, words: &str| Self {
            total: shown.len(),
            next: shown.first().map(|one| one.advisory.id.clone()),
            shown,
            asked: Asked {
                words: words.into(),
                ..Asked::default()
            },
            key: "AB12".repeat(10),
        };
        vec![
            one(Vec::new(), ""),
            one(Vec::new(), "zzz"),
            one(sample(), ""),
        ]
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
                    .text(say("On {0}: {1}", &[&self.published.at.said(), why])),
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
