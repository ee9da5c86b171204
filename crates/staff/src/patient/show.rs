//! `GET /patients/{patient}`: the chart's first page, as far as the reader may see it. What they may not see is not there.

use aceso_web::page::{Card, Csrf, Empty, Entries, Entry, Link, Measured, Page, Readings, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, Render, html};

use super::banner::Allergies;
use super::cards::{Writes, cards, wanted};
use super::emergency::Emergency;
use super::path;
use super::top::{Top, open};
use crate::Staff;
use crate::account_access;
use crate::words::fhir_day;

/// A chart's first page.
pub(crate) struct Chart {
    top: Top,
    vitals: Vec<Measured>,
    cards: Vec<Card>,
    /// Whether the reader may open the chart with a reason.
    way: Way,
    reader: Reader,
    writes: Writes,
}

/// Whose eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// The patient's own.
    Patient,
    /// Somebody else's.
    Other,
}

/// How a reader who sees nothing clinical comes further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// They see something.
    Open,
    /// By breaking the glass.
    WithReason,
    /// Not at all.
    Closed,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let mut opened = open(&staff, &ask, wanted(&staff)).await?;
    let writes = if opened.own {
        Writes::default()
    } else {
        Writes::of(&staff, &ask)?
    };
    let (vitals, cards, clinical) = cards(&mut opened, writes);
    let open = clinical || opened.treated || opened.top.emergency.is_some();
    let way = match (open, opened.may_break) {
        (true, _) => Way::Open,
        (false, true) => Way::WithReason,
        (false, false) => Way::Closed,
    };
    let mut top = opened.top;
    if way != Way::Open {
        // An empty list here only means that the reader sees nothing.
        top.banner.allergies = Allergies::Unseen;
    }
    let own = opened.own;
    Ok(Reply::page(
        &ask,
        &Chart {
            top,
            vitals,
            cards,
            way,
            reader: if own { Reader::Patient } else { Reader::Other },
            writes,
        },
    ))
}

impl Chart {
    fn acts(&self) -> Markup {
        let base = path(self.top.id());
        html! {
            @match self.reader {
                Reader::Patient => (Link::secondary("Who looked into it", account_access::HERE)),
                Reader::Other => {
                    @if self.writes.looks { (Link::quiet("Who looked", [&base, "/access"].concat()).small()) }
                    @if self.way == Way::Open && self.writes.notes {
                        (Link::secondary("Write a note", [&base, "/notes/new"].concat()).small())
                    }
                    @if self.way == Way::Open && self.writes.orders {
                        (Link::secondary("Orders", [&base, "/orders"].concat()).small())
                    }
                    @if self.way == Way::Open && self.writes.vitals {
                        (Link::secondary("Record vital signs", [&base, "/vitals/new"].concat()).small())
                    }
                }
            }
        }
    }
}

impl View for Chart {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let all = html! { div.sections { @for card in &self.cards { (card) } } };
        let body = match self.way {
            Way::Open => html! {
                @if !self.vitals.is_empty() { (Readings::new("Latest vital signs", self.vitals.clone())) }
                (all)
            },
            Way::WithReason => html! {
                (Empty::new(
                    "The chart is not open to you",
                    "You are not among those who treat this patient. In an emergency you can open it with a reason: the patient and the security officer will see that you did.",
                )
                .way(Link::secondary("Open with a reason", [&path(id), "/break-glass"].concat())))
            },
            // The desk sees who, when and who pays.
            Way::Closed => all,
        };
        match self.way {
            Way::Open => self.top.page(csrf, "", body).acts(self.acts()),
            Way::WithReason | Way::Closed => self.top.form(csrf, "Chart", body).acts(self.acts()),
        }
    }

    fn samples() -> Vec<Self> {
        let problems = Card::new(
            "Problems",
            Entries::new(vec![Entry::new("Asthma").end(fhir_day("1990"))]).render(),
        );
        let sample = |cards: Vec<Card>, way, reader| Self {
            top: Top {
                emergency: (way == Way::Open).then(Emergency::sample),
                ..Top::sample()
            },
            vitals: vec![Measured::new(
                "Pulse",
                "72",
                "/min",
                crate::words::say("today", &[]),
            )],
            cards,
            way,
            reader,
            writes: Writes::sample(),
        };
        vec![
            sample(vec![problems.clone()], Way::Open, Reader::Other),
            sample(vec![problems], Way::Open, Reader::Patient),
            sample(Vec::new(), Way::WithReason, Reader::Other),
            sample(Vec::new(), Way::Closed, Reader::Other),
        ]
    }
}
