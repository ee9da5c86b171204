//! `GET /admin/templates`: the templates of letters and notes with their versions.

use aceso_web::page::{Column, Csrf, Link, Page, Table, View, words};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::{HERE, Kept, all_shipped, path};
use crate::Staff;
use crate::admin::standing::Standing;
use crate::letters::template::{Use, stored};

/// One version.
struct Line {
    id: String,
    title: String,
    begins: Use,
    version: String,
    standing: Standing,
    shipped: bool,
}

impl Line {
    fn of(kept: &Kept) -> Self {
        Self {
            id: kept.id.clone(),
            title: kept.text("title").to_owned(),
            begins: kept.template().begins,
            version: kept.text("version").to_owned(),
            standing: kept.standing(),
            shipped: kept.version == 0,
        }
    }
}

/// The page.
pub(crate) struct TemplateList {
    lines: Vec<Line>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let stored = stored(&staff, &ask).await?;
    let replaced = |url: &str| {
        let mut others = stored.iter();
        others.any(|d| d.str_at("url") == Some(url) && d.str_at("status") != Some("draft"))
    };
    let own = stored.iter().filter_map(|d| {
        Some(Kept {
            id: d.id()?.to_owned(),
            document: d.as_object()?.clone(),
            version: 1,
        })
    });
    let mut lines: Vec<Line> = own.map(|k| Line::of(&k)).collect();
    let free = all_shipped().filter(|k| !replaced(k.text("url")));
    lines.extend(free.map(|k| Line::of(&k)));
    lines.sort_by_key(|l| (l.title.to_lowercase(), l.version.clone()));
    Ok(Reply::page(&ask, &TemplateList { lines }))
}

impl View for TemplateList {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Template"),
            Column::text("Begins"),
            Column::number("Version"),
            Column::text("Status"),
            Column::text("Comes from"),
        ];
        let mut table = Table::new("Templates and their versions", &columns);
        for line in &self.lines {
            table.row(vec![
                html! { a href=(path(&line.id)) { (line.title) span.hidden { ", version " (line.version) } } },
                html! { (words(line.begins.said())) },
                html! { (line.version) },
                html! { (line.standing.tag()) },
                html! { @if line.shipped { "the program" } @else { "this clinic" } },
            ]);
        }
        Page::new("Templates", html! { (table) })
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("What letters and visits' notes begin with. What was written stays as it is.")
            .acts(html! {
                (Link::primary("New template of a note", [HERE, "/new?begins=note"].concat()))
                (Link::secondary("New template of a letter", [HERE, "/new?begins=letter"].concat()))
            })
    }

    fn samples() -> Vec<Self> {
        let line = |id: &str, standing, shipped| Line {
            id: id.into(),
            title: "Your results".into(),
            begins: Use::Letter,
            version: "2".into(),
            standing,
            shipped,
        };
        vec![Self {
            lines: vec![
                line("a", Standing::Draft, false),
                line("b", Standing::Active, true),
                line("c", Standing::Retired, false),
            ],
        }]
    }
}
