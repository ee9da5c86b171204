//! `GET /admin/forms`: the clinic's forms with their versions, and those that the program brings along.

use aceso_fhir::Value;
use aceso_web::page::{Column, Csrf, Link, Page, Table, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use super::{HERE, path, standing};
use crate::Staff;
use crate::admin::standing::Standing;
use crate::forms::{catalog, shipped};
use crate::patient::record::Wanted;

/// One version of a form.
struct Line {
    id: String,
    title: String,
    version: String,
    standing: Standing,
    shipped: bool,
}

/// The page.
pub(crate) struct FormList {
    lines: Vec<Line>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let stored = catalog::stored(&staff, &ask, Wanted::new("Questionnaire")).await?;
    let own = shipped::all().iter().map(|s| &s.document);
    let free = own.filter(|d| stored.iter().all(|s| s.str_at("url") != d.str_at("url")));
    let mut lines: Vec<Line> = stored.iter().filter_map(|d| line(d, false)).collect();
    lines.extend(free.filter_map(|d| line(d, true)));
    // A form's versions stand together, the newest first.
    lines.sort_by_key(|l| {
        (
            l.title.to_lowercase(),
            std::cmp::Reverse(number(&l.version)),
        )
    });
    Ok(Reply::page(&ask, &FormList { lines }))
}

fn number(version: &str) -> u32 {
    version.parse().unwrap_or_default()
}

fn line(document: &Value, shipped: bool) -> Option<Line> {
    let text = |name| document.str_at(name).unwrap_or_default().to_owned();
    Some(Line {
        id: document.id()?.to_owned(),
        title: text("title"),
        version: text("version"),
        standing: standing(document),
        shipped,
    })
}

impl View for FormList {
    fn page(&self, _: &Csrf) -> Page {
        let mut table = Table::new(
            "Forms and their versions",
            &[
                Column::text("Form"),
                Column::number("Version"),
                Column::text("Status"),
                Column::text("Comes from"),
            ],
        );
        for line in &self.lines {
            table.row(vec![
                html! { a href=(path(&line.id)) { (line.title) span.hidden { ", version " (line.version) } } },
                html! { (line.version) },
                html! { (line.standing.tag()) },
                html! { @if line.shipped { "the program" } @else { "this clinic" } },
            ]);
        }
        Page::new("Forms", html! { (table) })
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("What is asked of patients, and by which version. Answers keep the version that they were given to.")
            .acts(html! { (Link::primary("New form", [HERE, "/new"].concat())) })
    }

    fn samples() -> Vec<Self> {
        let line = |id: &str, standing, shipped| Line {
            id: id.into(),
            title: "PHQ-9: depression".into(),
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
