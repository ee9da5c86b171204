//! Notes and documents of a chart, on its first page.

use aceso_web::page::Card;
use maud::html;

use super::{Writes, adding};
use crate::chart::document::{ADMINISTRATIVE, filed};
use crate::chart::entry::is_mistake;
use crate::chart::story;
use crate::patient::documents;
use crate::patient::path;
use crate::patient::top::Opened;

/// Notes and documents, and whether something clinical is among them; none where there is nothing to see and nothing to add.
pub(super) fn card(opened: &mut Opened, writes: Writes) -> (Option<Card>, bool) {
    let mut clinical = false;
    let mut lines = Vec::new();
    let mut notes = Vec::new();
    let base = path(opened.top.id());
    for kind in ["DiagnosticReport", "DocumentReference", "Composition"] {
        let found = opened.take().unwrap_or_default();
        for document in found.matches.iter().filter(|d| !is_mistake(d)) {
            clinical |= filed(document).is_none_or(|code| !ADMINISTRATIVE.contains(&code));
            let entry = story::paper(document, &found);
            match (kind, document.id()) {
                ("Composition", Some(id)) => notes.push(entry.to([&base, "/notes/", id].concat())),
                ("DocumentReference", Some(id)) => {
                    lines.push(entry.to(documents::path(opened.top.id(), id)));
                }
                _ => lines.push(entry),
            }
        }
    }
    notes.extend(lines);
    let all = [&base, documents::PAGE].concat();
    let known = match (notes.is_empty(), writes.documents) {
        (true, false) => None,
        (true, true) => Some(Card::new(
            "Notes and documents",
            html! { p.soft { "There are none here that you can see." } },
        )),
        (false, _) => super::card("Notes and documents", notes),
    };
    let known = known.map(|card| {
        let card = card.act("All", "documents", all.clone());
        adding(
            card,
            writes.documents,
            "a document",
            &[&all, documents::upload::NEW],
        )
    });
    (known, clinical)
}
