//! `GET /patients/{patient}/changes`: what was changed or deleted, the last first.

use aceso_base::Instant;
use aceso_policy::Purpose;
use aceso_web::page::{Column, Csrf, Empty, Layout, Page, Table, Tag, View, words};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::html;

use super::{path, presence};
use crate::Staff;
use crate::chart::past::{kind, title};
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::top::{Top, open};
use crate::words::when;

/// The list.
pub(crate) struct Changes {
    top: Top,
    lines: Vec<Line>,
}

struct Line {
    kind: &'static str,
    id: String,
    title: String,
    at: Instant,
    tag: Tag,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let top = open(&staff, &ask, Vec::new()).await?.top;
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let found = reading.changes(ask.of_patient()?).await;
    let mut lines = Vec::new();
    for past in found.map_err(unreadable)? {
        let Some(last) = past.versions.first() else {
            continue;
        };
        lines.push(Line {
            kind: last.kind,
            id: last.id.clone(),
            title: title(&document(last)?),
            at: past.at,
            tag: presence(&past),
        });
    }
    Ok::<_, PageFault>(Reply::page(&ask, &Changes { top, lines }))
}

impl View for Changes {
    fn page(&self, csrf: &Csrf) -> Page {
        let columns = [
            Column::text("What"),
            Column::text("Kind"),
            Column::text("When"),
            Column::text("State"),
        ];
        let mut table = Table::new("Changes", &columns);
        for line in &self.lines {
            let to = path(self.top.id(), line.kind, &line.id);
            table.row(vec![
                html! { a href=(to) { @if line.title.is_empty() { (words(kind(line.kind))) } @else { (line.title) } } },
                html! { (words(kind(line.kind))) },
                html! { (when(line.at)) },
                html! { (line.tag) },
            ]);
        }
        let body = html! {
            p.soft { "What was changed or deleted last, as far as you may see it. Each can be looked at as it was, and brought back." }
            @if self.lines.is_empty() {
                (Empty::new("Nothing was changed", "What was written once and stayed so is not listed."))
            } @else { (table) }
        };
        self.top.form(csrf, "Changes", body).layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let line = Line {
            kind: "Condition",
            id: "c1".into(),
            title: "Asthma".into(),
            at: Instant::from_millis(1_772_409_600_000),
            tag: Tag::plain("changed"),
        };
        let sample = |lines| Self {
            top: Top::sample(),
            lines,
        };
        vec![sample(vec![line]), sample(Vec::new())]
    }
}
