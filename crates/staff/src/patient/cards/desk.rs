//! What the desk sees of a patient: what is booked, who pays, what was claimed, how to reach them.

use aceso_web::page::{Card, Entries, Entry, Facts};
use maud::{Render, html};

use super::{Writes, card};
use crate::chart::story;
use crate::patient::top::Opened;
use crate::patient::{path, registration};

/// The cards of the desk, from the lists that come last.
pub(super) fn cards(opened: &mut Opened, writes: Writes) -> Vec<Card> {
    let (booked, covers) = (opened.take(), opened.take());
    let mut cards = Vec::new();
    if let Some(found) = booked {
        let lines: Vec<Entry> = found
            .matches
            .iter()
            .map(|d| {
                let entry = story::appointment(d, &found);
                match d.id() {
                    Some(id) => entry.to(crate::schedule::path(opened.top.id(), id)),
                    None => entry,
                }
            })
            .collect();
        cards.extend(booked_card(lines, writes, opened.top.id()));
    }
    if let Some(found) = covers {
        let lines: Vec<Entry> = found
            .matches
            .iter()
            .map(|d| story::cover(d, &found))
            .collect();
        cards.extend(card("Insurance", lines));
    }
    let (claims, invoices) = (opened.take(), opened.take());
    let bills = [claims, invoices].into_iter().flatten();
    let bills: Vec<Entry> = bills
        .flat_map(|found| {
            let lines = found.matches.iter().map(|d| story::bill(d, &found));
            lines.collect::<Vec<_>>()
        })
        .collect();
    cards.extend(card("Billing", bills));
    let mut facts = Facts::new();
    let known = story::contact(&opened.patient);
    let none = known.is_empty();
    for (name, value) in known {
        facts = facts.with(name, value);
    }
    let body = html! { @if none { p.soft { "Nothing recorded." } } @else { (facts) } };
    let edit = [&path(opened.top.id()), "/edit"].concat();
    let all = [&path(opened.top.id()), registration::PAGE].concat();
    let contact = Card::new("Contact", body).act("All", "that is registered", all);
    cards.push(if !writes.particulars {
        contact
    } else {
        let merge = [&path(opened.top.id()), "/merge"].concat();
        contact
            .act("Merge", "with another record", merge)
            .act("Change", "particulars", edit)
    });
    cards
}

/// What is booked; whoever books finds the way there also when nothing is.
fn booked_card(lines: Vec<Entry>, writes: Writes, patient: &str) -> Option<Card> {
    if !writes.appointments {
        return card("Appointments", lines);
    }
    let body = if lines.is_empty() {
        html! { p.soft { "Nothing is booked." } }
    } else {
        Entries::new(lines).render()
    };
    let to = [&path(patient), "/appointments/new"].concat();
    Some(Card::new("Appointments", body).act("Book", "an appointment", to))
}
