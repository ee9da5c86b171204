//! `/admin/codes`: the code systems that were loaded, with their versions and counts, a search in them, and a file with another
//! one. A file is taken whole or refused whole, with the line.

pub(crate) mod load;

use std::sync::Arc;

use aceso_web::page::{
    Button, Card, Column, Crumb, Csrf, Empty, Field, Link, Page, Table, View, say,
};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html};

use crate::Staff;
use crate::codes::{System, systems};
use crate::words::fhir_day;

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/codes";
/// So many codes are shown of a system.
const SHOWN: usize = 20;

/// The page.
pub(crate) struct CodeSystems {
    systems: Vec<Arc<System>>,
    typed: String,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = CodeSystems {
        systems: systems(&staff, &ask).await?,
        typed: ask.query("q").unwrap_or_default().trim().to_owned(),
    };
    Ok(Reply::page(&ask, &page))
}

fn crumbs() -> Vec<Crumb> {
    vec![crate::admin::crumb(), Crumb::new("Code systems", HERE)]
}

impl CodeSystems {
    fn table(&self) -> Markup {
        let columns = [
            Column::text("Code system"),
            Column::text("Address"),
            Column::text("Version"),
            Column::number("Codes"),
            Column::text("Loaded"),
        ];
        let mut table = Table::new("Code systems", &columns);
        for system in &self.systems {
            table.row(vec![
                html! { (system.title) },
                html! { span.mono.small { (system.url) } },
                html! { (system.version) },
                html! { (system.codes.len()) },
                html! { (fhir_day(&system.loaded)) },
            ]);
        }
        html! { (table) }
    }

    fn found(&self) -> Markup {
        let card = |system: &Arc<System>| {
            let columns = [Column::text("Code"), Column::text("What it says")];
            let mut table = Table::new("Codes", &columns).under_heading();
            let found = system.search(&self.typed, SHOWN);
            for one in &found {
                table.row(vec![
                    html! { span.mono { (one.code) } },
                    html! { (one.display) },
                ]);
            }
            let body =
                html! { @if found.is_empty() { p.soft { "Nothing fits." } } @else { (table) } };
            Card::new(system.title.clone(), body).note(say("version {0}", &[&system.version]))
        };
        html! { @for system in &self.systems { (card(system)) } }
    }
}

impl View for CodeSystems {
    fn page(&self, _: &Csrf) -> Page {
        let field = Field::search("q", "Find a code").value(&self.typed);
        let body = html! {
            @if self.systems.is_empty() {
                (Empty::new("No code system is loaded", "Diagnoses and orders can be written in words all the same. Load ICD-10-CM, LOINC, RxNorm, SNOMED CT or a table of your own to find their codes."))
            } @else {
                (self.table())
                form.filter method="get" action=(HERE) { (field) (Button::secondary("Find")) }
                @if !self.typed.is_empty() { (self.found()) }
            }
        };
        Page::new("Code systems", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("What diagnoses and orders are coded by. Vaccines (CVX), countries and the codes of FHIR are built in.")
            .acts(html! { (Link::primary("Load a file", [HERE, "/load"].concat())) })
    }

    fn samples() -> Vec<Self> {
        let system = || Arc::new(System::sample());
        vec![
            Self {
                systems: Vec::new(),
                typed: String::new(),
            },
            Self {
                systems: vec![system()],
                typed: "asthma".into(),
            },
            Self {
                systems: vec![system()],
                typed: "gout".into(),
            },
        ]
    }
}
