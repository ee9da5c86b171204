//! `GET /patients/{patient}/medications`: what the patient takes now, and took before.

use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_web::page::{Card, Csrf, Empty, Entries, Entry, Link, Page, Tag, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Render, html};

use super::entry::List;
use super::record::{Found, Wanted};
use super::save::may;
use super::top::{Top, open};
use super::{path, reconcile};
use crate::Staff;
use crate::chart::concept;
use crate::chart::entry::{is_mistake, medication};
use crate::chart::write::SNOMED;
use crate::words::fhir_day;

/// The lists.
pub(crate) struct Medications {
    top: Top,
    current: Vec<Entry>,
    told: Vec<Entry>,
    past: Vec<Entry>,
    /// When all of it was last gone through with the patient, and by whom.
    gone_through: Option<String>,
    writes: Writes,
}

/// What the reader does here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writes {
    /// Goes through it with the patient.
    Reconciles,
    /// Reads it.
    Nothing,
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
        Wanted::new("List")
            .with("code", [SNOMED, "|", reconcile::CODE].concat())
            .with("_sort", "-date")
            .with("_include", "List:source")
            .most(1),
    ];
    let mut opened = open(&staff, &ask, wanted).await?;
    let (ordered, stated) = (
        opened.take().unwrap_or_default(),
        opened.take().unwrap_or_default(),
    );
    let gone_through = opened.take().unwrap_or_default();
    let gone_through = gone_through.matches.first().map(|list| {
        let day = fhir_day(list.str_at("date").unwrap_or_default());
        match gone_through.name(list.get("source")) {
            Some(by) => crate::words::say("{0} by {1}", &[&day, &by]),
            None => day,
        }
    });
    let reconciles = reconcile::offered(&staff, &ask)?;
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
        gone_through,
        writes: match reconciles && !opened.own {
            true => Writes::Reconciles,
            false => Writes::Nothing,
        },
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
        why.map(|why| crate::words::say("for {0}", &[&why])),
        by.map(|by| crate::words::say("by {0}", &[&by])),
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
            div.row.apart {
                p.soft {
                    @match &self.gone_through {
                        Some(said) => { "Gone through with the patient on " (said) "." }
                        None => { "Not gone through with the patient yet." }
                    }
                }
                @if self.writes == Writes::Reconciles {
                    (Link::secondary("Go through it with the patient", [&path(self.top.id()), reconcile::PAGE].concat()).small())
                }
            }
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
            gone_through: Some("4 Mar 2026 by Dr. Doc".into()),
            writes: Writes::Reconciles,
        };
        vec![
            sample(line(), line(), line()),
            sample(Vec::new(), Vec::new(), Vec::new()),
        ]
    }
}
