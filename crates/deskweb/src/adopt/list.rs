//! `/adoption`: each advisory that is public, with how far its fix has come.

use aceso_store::{Adoption, DeskError};
use aceso_web::page::{Column, Csrf, Empty, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use crate::DeskWeb;
use crate::fault::fault;

/// The address of the list.
pub(crate) const HERE: &str = "/adoption";
/// The latest are counted; older ones stand on their own pages.
const MOST: usize = 50;

/// The list.
pub(crate) struct Adoptions {
    all: Vec<(String, Adoption)>,
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let (desk, caller) = (web.desk(), ask.caller()?);
    let published = desk.published().await.map_err(fault)?;
    let mut all = Vec::new();
    for one in published.iter().take(MOST) {
        match desk.adoption(caller, &one.advisory.id).await {
            Ok(found) => all.push((one.advisory.title.clone(), found)),
            // A case that this person is not in.
            Err(DeskError::Unknown) => {}
            Err(other) => return Err(fault(other)),
        }
    }
    Ok(Reply::page(&ask, &Adoptions { all }))
}

/// How far, in its colour.
pub(super) fn share(adoption: &Adoption) -> Tag {
    let percent = adoption.named.percent();
    let tone = match percent {
        90.. => Tone::Good,
        50..90 => Tone::Info,
        0..50 => Tone::Warning,
    };
    Tag::new(tone, format!("{percent}%"))
}

impl View for Adoptions {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Advisory"),
            Column::text("About"),
            Column::text("Done"),
            Column::number("Of"),
            Column::number("Silent"),
            Column::number("Without a name"),
        ];
        let mut table = Table::new("Adoption", &columns).under_heading();
        for (title, one) in &self.all {
            table.row(vec![
                html! { a.nowrap href={ (HERE) "/" (one.advisory) } { (one.advisory) } },
                html! { (title) @if one.is_over { " " (Tag::plain("over")) } },
                html! { (share(one)) },
                html! { (one.named.known) },
                html! { (one.named.silent) },
                html! { (one.anonymous.done) " of " (one.anonymous.known) },
            ]);
        }
        let body = html! {
            @if table.is_empty() { (Empty::new("Nothing is published yet", "When something is, it stands here with how many installations are patched.")) }
            @else { (table) }
        };
        Page::new("Adoption", body)
            .here(HERE)
            .lead("What installations tell of themselves, as each clinic chose: under a key, or without a name. Who is silent is not counted as patched.")
    }

    fn samples() -> Vec<Self> {
        vec![
            Self { all: Vec::new() },
            Self {
                all: vec![("Documents can be read".into(), super::show::sample())],
            },
        ]
    }
}
