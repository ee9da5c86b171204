//! `GET /patients/{patient}/forms`: the forms that were filled in about a patient, their scores over time, and those that can
//! be begun.

use aceso_web::page::{Card, Column, Csrf, Empty, Entries, Entry, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::catalog::{self, Offer};
use super::fill::DRAFT;
use super::path;
use crate::Staff;
use crate::chart::result::{Test, tests};
use crate::patient::record::Wanted;
use crate::patient::save::may_add;
use crate::patient::top::{Top, open};
use crate::words::fhir_day;

/// One that was filled in.
struct Line {
    id: String,
    title: String,
    when: String,
    by: String,
    draft: bool,
}

/// The page.
pub(crate) struct Forms {
    top: Top,
    lines: Vec<Line>,
    scores: Vec<Test>,
    offers: Vec<Offer>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let responses = Wanted::new("QuestionnaireResponse")
        .with("_sort", "-authored")
        .with("_include", "QuestionnaireResponse:author")
        .most(100);
    let scores = Wanted::new("Observation")
        .with("category", "survey")
        .with("_sort", "-date")
        .most(200);
    let mut opened = open(&staff, &ask, vec![responses, scores]).await?;
    let found = opened.take().unwrap_or_default();
    let scores = opened.take().unwrap_or_default();
    let offers = catalog::offers(&staff, &ask).await?;
    let line = |document: &aceso_fhir::Value| {
        let canonical = document.str_at("questionnaire").unwrap_or_default();
        let url = canonical.split('|').next().unwrap_or_default();
        let known = offers.iter().find(|o| o.url == url);
        Some(Line {
            id: document.id()?.to_owned(),
            title: known.map_or_else(|| crate::words::known("Form"), |o| o.title.clone()),
            when: fhir_day(document.str_at("authored").unwrap_or_default()),
            by: found.name(document.get("author")).unwrap_or_default(),
            draft: document.str_at("status") == Some(DRAFT),
        })
    };
    let lines = found.matches.iter().filter_map(line).collect();
    let page = Forms {
        lines,
        scores: tests(&scores.matches, opened.birth(), opened.sex()),
        offers: match may_add(&staff, &ask, "QuestionnaireResponse")? {
            true => offers,
            false => Vec::new(),
        },
        top: opened.top,
    };
    Ok(Reply::page(&ask, &page))
}

impl View for Forms {
    fn page(&self, csrf: &Csrf) -> Page {
        let base = path(self.top.id());
        let mut table = Table::new(
            "Forms that were filled in",
            &[
                Column::text("Form"),
                Column::text("When"),
                Column::text("By"),
            ],
        );
        for line in &self.lines {
            table.row(vec![
                html! {
                    a href={ (base) "/" (line.id) } { (line.title) }
                    @if line.draft { " " (Tag::new(Tone::Info, "draft")) }
                },
                html! { (line.when) },
                html! { (line.by) },
            ]);
        }
        let scores = self.scores.iter().map(|test| {
            let newest = test.answers.first();
            let trend = test
                .trend()
                .map(|t| [", ", &maud::known(t)].concat())
                .unwrap_or_default();
            Entry::new(&test.name)
                .more(newest.map_or(String::new(), |a| [&a.text, trend.as_str()].concat()))
                .aside(test.spark())
                .end(newest.map_or(String::new(), |a| fhir_day(&a.at)))
        });
        let offers = self.offers.iter().map(|offer| {
            Entry::new(&offer.title)
                .more(&offer.purpose)
                .to([&base, "/new/", &offer.key].concat())
        });
        let body = html! {
            @if self.lines.is_empty() {
                (Empty::new("No forms yet", "Nothing that you can see was filled in about this patient."))
            } @else { (table) }
            div.columns {
                @if !self.scores.is_empty() { (Card::new("Scores", html! { (Entries::new(scores.collect())) })) }
                @if !self.offers.is_empty() { (Card::new("Fill in", html! { (Entries::new(offers.collect())) })) }
            }
        };
        self.top.page(csrf, "/forms", body)
    }

    fn samples() -> Vec<Self> {
        let offer = |key: &str, title: &str| Offer {
            key: key.into(),
            url: String::new(),
            title: title.into(),
            purpose: "Nine questions on the last two weeks".into(),
        };
        let line = |id: &str, draft| Line {
            id: id.into(),
            title: "PHQ-9: depression".into(),
            when: "1 Mar 2026".into(),
            by: "Doc Example".into(),
            draft,
        };
        let full = Self {
            top: Top::sample(),
            lines: vec![line("r1", true), line("r2", false)],
            scores: Vec::new(),
            offers: vec![
                offer("phq-9", "PHQ-9: depression"),
                offer("gad-7", "GAD-7: anxiety"),
            ],
        };
        let none = Self {
            top: Top::sample(),
            lines: Vec::new(),
            scores: Vec::new(),
            offers: Vec::new(),
        };
        vec![full, none]
    }
}
