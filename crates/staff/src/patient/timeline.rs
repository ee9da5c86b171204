//! `GET /patients/{patient}/timeline`: visits, the newest first, a page at a time.

use aceso_web::page::{Card, Csrf, Empty, Entries, Entry, Page, Pager, View};
use aceso_web::site::{Ask, Local, Outcome, Reply};
use maud::{Render, html};

use super::path;
use super::record::{Start, Wanted};
use super::top::{Top, open};
use super::undo;
use super::visit::line;
use crate::Staff;

/// A page of visits.
pub(crate) struct Timeline {
    top: Top,
    /// By year, the newest first.
    years: Vec<(String, Vec<Entry>)>,
    next: Option<String>,
    start: Start,
}

const COUNT: u32 = 40;

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let mark = ask.query("after");
    let mut wanted = Wanted::new("Encounter")
        .with("_sort", "-date")
        .with("_include", "Encounter:participant")
        .with("_include", "Encounter:service-provider")
        .most(COUNT);
    if let Some(mark) = mark {
        wanted = wanted.with("_cursor", mark);
    }
    let mut opened = open(&staff, &ask, vec![wanted]).await?;
    let found = opened.take().unwrap_or_default();
    let mut years: Vec<(String, Vec<Entry>)> = Vec::new();
    for document in &found.matches {
        let start = document.get("period").and_then(|p| p.str_at("start"));
        let year = start
            .and_then(|s| s.get(..4))
            .map_or_else(|| crate::words::known("No date"), str::to_owned);
        let entry = line(opened.top.id(), document, &found);
        match years.last_mut() {
            Some((last, lines)) if *last == year => lines.push(entry),
            Some(_) | None => years.push((year, vec![entry])),
        }
    }
    let page = Timeline {
        top: opened.top,
        years,
        next: found.next,
        start: Start::at(mark),
    };
    Ok(Reply::page(&ask, &page))
}

impl View for Timeline {
    fn page(&self, csrf: &Csrf) -> Page {
        let here = [&path(self.top.id()), "/timeline"].concat();
        let after = self
            .next
            .as_ref()
            .map(|mark| Local::with(&here, &[("after", mark)]).as_str().to_owned());
        let before = (self.start == Start::Older).then(|| here.clone());
        let shown = match (self.years.last(), self.years.first()) {
            (Some((first, _)), Some((last, _))) if first == last => {
                crate::words::say("Visits of {0}", &[first])
            }
            (Some((first, _)), Some((last, _))) => {
                crate::words::say("Visits from {0} to {1}", &[first, last])
            }
            _ => String::new(),
        };
        let body = html! {
            @if self.years.is_empty() {
                (Empty::new("No visits", "There are none that you can see."))
            }
            div.stack {
                @for (year, lines) in &self.years { (Card::new(year, Entries::new(lines.clone()).render())) }
            }
            @if before.is_some() || after.is_some() { (Pager::new(shown).before(before).after(after)) }
            p { a href=([&path(self.top.id()), undo::PAGE].concat()) { "What was changed or deleted in this record" } }
        };
        self.top.page(csrf, "/timeline", body)
    }

    fn samples() -> Vec<Self> {
        let full = Self {
            top: Top::sample(),
            years: vec![(
                "2026".into(),
                vec![Entry::new("Check-up").end("1 Mar 2026")],
            )],
            next: Some("m".into()),
            start: Start::Older,
        };
        let none = Self {
            top: Top::sample(),
            years: Vec::new(),
            next: None,
            start: Start::Newest,
        };
        vec![full, none]
    }
}
