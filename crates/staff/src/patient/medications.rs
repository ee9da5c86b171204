//! `GET /patients/{patient}/medications`: what the patient takes now, and took before.

use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_web::page::{Card, Csrf, Empty, Entries, Entry, Page, Tag, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Render, html};

use super::entry::List;
use super::record::{Found, Wanted};
use super::save::may;
use super::top::{Top, open};
use crate::Staff;
use crate::chart::concept;
use crate::chart::entry::{is_mistake, medication};

/// The lists.
pub(crate) struct Medications {
    top: Top,
    current: Vec<Entry>,
    told: Vec<Entry>,
    past: Vec<Entry>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let wanted = vec![
        Wanted::new("MedicationRequest")
            .with("_sort", "-authoredon")
            .with("_include", "MedicationRequest:medication")
            .with("_include", "MedicationRequest:requester")
            .most(300),
        Wanted::new("MedicationStatement")
            .with("_sort", "-effective")
            .most(200),
    ];
    let mut opened = open(&staff, &ask, wanted).await?;
    let (ordered, stated) = (
        opened.take().unwrap_or_default(),
        opened.take().unwrap_or_default(),
    );
    let real = |found: &Found| -> Vec<Value> {
        found
            .matches
            .iter()
            // What waits in a basket to be signed is none yet.
            .filter(|d| !is_mistake(d) && d.str_at("status") != Some("draft"))
            .cloned()
            .collect()
    };
    let is_now = |d: &Value| matches!(d.str_at("status"), Some("active" | "on-hold" | "intended"));
    let (now, before): (Vec<_>, Vec<_>) = real(&ordered).into_iter().partition(is_now);
    let (told, gone): (Vec<_>, Vec<_>) = real(&stated).into_iter().partition(is_now);
    let id = ask.of_patient()?.to_owned();
    let may = |kind| may(&staff, &ask, Action::Update, kind);
    let (orders, statements) = (may("MedicationRequest")?, may("MedicationStatement")?);
    // Where the reader may say so, a line leads to what may become of it.
    let lines = |all: &[Value], found: &Found, list: List, may: bool| -> Vec<Entry> {
        let lines = all.iter().map(|d| {
            let entry = line(d, found);
            match d.id().filter(|_| may) {
                Some(of) => entry.to(list.address(&id, of)),
                None => entry,
            }
        });
        lines.collect()
    };
    let mut past = lines(&before, &ordered, List::Prescriptions, orders);
    past.extend(lines(&gone, &stated, List::Statements, statements));
    let page = Medications {
        current: lines(&now, &ordered, List::Prescriptions, orders),
        told: lines(&told, &stated, List::Statements, statements),
        past,
        top: opened.top,
    };
    Ok(Reply::page(&ask, &page))
}

fn line(document: &Value, found: &Found) -> Entry {
    let mut line = medication(document, &found.along);
    let by = found.name(document.get("requester"));
    let why = document
        .items_at("reasonCode")
        .iter()
        .find_map(|r| concept(Some(r)));
    let more = [
        Some(line.more.clone()).filter(|m| !m.is_empty()),
        why.map(|why| ["for ", &why].concat()),
        by.map(|by| ["by ", &by].concat()),
    ];
    line.more = more.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let entry = line.entry();
    match document.str_at("status") {
        Some("stopped") => entry.tag(Tag::plain("stopped")),
        Some("cancelled") => entry.tag(Tag::plain("cancelled")),
        Some("not-taken") => entry.tag(Tag::plain("not taken")),
        _ => entry,
    }
}

impl View for Medications {
    fn page(&self, csrf: &Csrf) -> Page {
        let card = |title: &'static str, lines: &Vec<Entry>| {
            (!lines.is_empty()).then(|| {
                Card::new(title, Entries::new(lines.clone()).render()).note(lines.len().to_string())
            })
        };
        let none = self.current.is_empty() && self.told.is_empty() && self.past.is_empty();
        let body = html! {
            @if none { (Empty::new("No medications", "There are none that you can see.")) }
            div.stack {
                @if let Some(card) = card("Current", &self.current) { (card) }
                @if let Some(card) = card("As the patient told", &self.told) { (card) }
                @if let Some(card) = card("Earlier", &self.past) { (card) }
            }
        };
        self.top.page(csrf, "/medications", body)
    }

    fn samples() -> Vec<Self> {
        let line = || {
            vec![
                Entry::new("Metformin 500 mg")
                    .more("twice a day")
                    .end("2 Jan 2020"),
            ]
        };
        let sample = |current, told, past| Self {
            top: Top::sample(),
            current,
            told,
            past,
        };
        vec![
            sample(line(), line(), line()),
            sample(Vec::new(), Vec::new(), Vec::new()),
        ]
    }
}
