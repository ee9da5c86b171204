//! `GET /patients/{patient}/documents`: documents, the newest first, all of them or those of one category.

use aceso_fhir::Value;
use aceso_web::page::{Column, Csrf, Empty, Link, Page, Pager, Tab, Table, Tabs, Tag, View};
use aceso_web::site::{Ask, Local, Outcome, Reply};
use maud::html;

use super::PAGE;
use super::upload::NEW;
use crate::Staff;
use crate::chart::concept;
use crate::chart::document::{CATEGORIES, SYSTEM, filed, filed_under};
use crate::chart::entry::is_mistake;
use crate::patient::path;
use crate::patient::record::{Found, Start, Wanted};
use crate::patient::save::may_add;
use crate::patient::top::{Top, open};
use crate::words::fhir_day;

/// So many on a page.
const COUNT: u32 = 50;
/// Letters of the clinic, among the categories that can be looked through.
const LETTERS: (&str, &str) = ("letter", "Letters of the clinic");

/// The page.
pub(crate) struct Documents {
    top: Top,
    rows: Vec<Row>,
    category: Option<String>,
    next: Option<String>,
    start: Start,
    /// Whether the reader adds documents.
    adds: bool,
}

/// A document in the list.
struct Row {
    to: String,
    title: String,
    kind: String,
    under: &'static str,
    by: String,
    day: String,
    mistake: bool,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let mark = ask.query("after");
    let category = ask.query("category").and_then(|said| {
        let mut all = CATEGORIES.into_iter().chain([LETTERS]);
        all.find(|(code, _)| *code == said)
    });
    let mut wanted = Wanted::new("DocumentReference")
        .with("_sort", "-date")
        .with("_include", "DocumentReference:author")
        .most(COUNT);
    if let Some((code, _)) = category {
        wanted = wanted.with("category", [SYSTEM, "|", code].concat());
    }
    if let Some(mark) = mark {
        wanted = wanted.with("_cursor", mark);
    }
    let mut opened = open(&staff, &ask, vec![wanted]).await?;
    let found = opened.take().unwrap_or_default();
    let rows = found.matches.iter();
    let page = Documents {
        rows: rows
            .filter_map(|d| Row::of(opened.top.id(), d, &found))
            .collect(),
        top: opened.top,
        category: category.map(|(code, _)| code.to_owned()),
        next: found.next,
        start: Start::at(mark),
        adds: may_add(&staff, &ask, "DocumentReference")?,
    };
    Ok(Reply::page(&ask, &page))
}

/// What a document is called.
pub(super) fn title(document: &Value) -> String {
    let said = document.str_at("description").map(str::to_owned);
    said.or_else(|| concept(document.get("type")))
        .unwrap_or_else(|| crate::words::say("Document", &[]))
}

/// Who made it.
pub(super) fn author(document: &Value, found: &Found) -> String {
    let mut authors = document.items_at("author").iter();
    let name = authors.find_map(|a| found.name(Some(a)));
    name.unwrap_or_default()
}

impl Row {
    fn of(patient: &str, document: &Value, found: &Found) -> Option<Self> {
        let id = document.id()?;
        let to = match filed(document) {
            Some("letter") => [&crate::letters::path(patient), "/", id].concat(),
            Some(_) | None => super::path(patient, id),
        };
        Some(Self {
            to,
            title: title(document),
            kind: concept(document.get("type")).unwrap_or_default(),
            under: filed_under(document),
            by: author(document, found),
            day: fhir_day(document.str_at("date").unwrap_or_default()),
            mistake: is_mistake(document),
        })
    }
}

impl View for Documents {
    fn page(&self, csrf: &Csrf) -> Page {
        let here = [&path(self.top.id()), PAGE].concat();
        let with = |pairs: &[(&str, &str)]| Local::with(&here, pairs).as_str().to_owned();
        let all = std::iter::once(Tab::new("All", here.clone()));
        let each = CATEGORIES.into_iter().chain([LETTERS]);
        let each = each.map(|(code, said)| Tab::new(said, with(&[("category", code)])));
        let current = match &self.category {
            Some(code) => with(&[("category", code)]),
            None => here.clone(),
        };
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        pairs.extend(self.category.as_deref().map(|code| ("category", code)));
        let after = self.next.as_deref().map(|mark| {
            let pairs = [&pairs[..], &[("after", mark)]].concat();
            with(&pairs)
        });
        let before = (self.start == Start::Older).then(|| with(&pairs));
        let columns = [
            Column::text("Day"),
            Column::text("Document"),
            Column::text("Type"),
            Column::text("Filed under"),
            Column::text("By"),
        ];
        let mut table = Table::new("Documents", &columns).under_heading();
        for row in &self.rows {
            table.row(vec![
                html! { (row.day) },
                html! {
                    (Link::quiet(&row.title, &row.to))
                    @if row.mistake { " " (Tag::plain("a mistake")) }
                },
                html! { (row.kind) },
                html! { (maud::words(row.under)) },
                html! { (row.by) },
            ]);
        }
        let body = html! {
            @if self.adds { div.row.no-print { (Link::primary("Add a document", [&here, NEW].concat()).small()) } }
            (Tabs::new("Categories", all.chain(each).collect(), current))
            @if self.rows.is_empty() {
                (Empty::new("No documents", "There are none here that you can see."))
            } @else { (table) }
            @if before.is_some() || after.is_some() { (Pager::new("").before(before).after(after)) }
        };
        self.top.page(csrf, PAGE, body)
    }

    fn samples() -> Vec<Self> {
        let row = Row {
            to: "/patients/p1/documents/d1".into(),
            title: "X-ray of the chest".into(),
            kind: "Radiology report".into(),
            under: "Imaging",
            by: "Dr. Ray".into(),
            day: "1 Mar 2026".into(),
            mistake: true,
        };
        let sample = |rows, category: Option<&str>, start| Self {
            top: Top::sample(),
            rows,
            category: category.map(str::to_owned),
            next: Some("m".into()),
            start,
            adds: true,
        };
        vec![
            sample(vec![row], None, Start::Older),
            sample(Vec::new(), Some("imaging"), Start::Newest),
        ]
    }
}
