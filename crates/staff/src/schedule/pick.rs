//! `/schedule/new`: whom an appointment is for, by name, birth date or number. What is looked for is posted: it has no place
//! in an address.

use aceso_policy::{Action, Purpose};
use aceso_web::page::{
    Button, Column, Crumb, Csrf, Empty, Errors, Field, Form, Link, Page, Table, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::HERE;
use crate::Staff;
use crate::chart::person::Identity;
use crate::fault::unreadable;
use crate::find::{document, escaped, search};
use crate::patient::path;
use crate::patient::save::{may, may_add};
use crate::words::read_day;

/// So many are shown.
const SHOWN: usize = 12;
/// What the calendar said of the time, carried on to the booking.
const CARRIED: [&str; 4] = ["at", "person", "room", "list"];

/// The page.
#[derive(Default)]
pub(crate) struct Pick {
    who: String,
    carried: Vec<(&'static str, String)>,
    found: Option<Vec<Identity>>,
    errors: Errors,
    registers: bool,
}

fn opened(staff: &Staff, ask: &Ask) -> Result<Pick, PageFault> {
    if !may(staff, ask, Action::Create, "Slot")? {
        return Err(PageFault::Missing);
    }
    Ok(Pick {
        registers: may_add(staff, ask, "Patient")?,
        ..Pick::default()
    })
}

/// `GET /schedule/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let mut page = opened(&staff, &ask)?;
    let said = CARRIED.map(|name| (name, ask.query(name).unwrap_or_default().to_owned()));
    page.carried = said.into();
    Ok(Reply::page(&ask, &page))
}

/// `POST /schedule/new`
pub(crate) async fn find(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&["who", "at", "person", "room", "list"].map(Take::One))?;
    let mut page = opened(&staff, &ask)?;
    page.who = fields.trimmed("who").to_owned();
    page.carried = CARRIED
        .map(|name| (name, fields.one(name).to_owned()))
        .into();
    let conditions = page.conditions();
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut found: Vec<Identity> = Vec::new();
    for one in conditions {
        let pairs: Vec<(&str, &str)> = one.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let page = search(&staff, &ask, Purpose::Treatment, "Patient", &pairs).await;
        for stored in page.map_err(unreadable)? {
            if found.iter().all(|f| f.id != stored.id) {
                found.push(Identity::of(
                    &stored.id,
                    &document(&stored)?,
                    staff.store().now(),
                ));
            }
        }
    }
    page.found = Some(found);
    Ok(Reply::page(&ask, &page))
}

impl Pick {
    /// The searches: a day is a birth date, what has digits may be a number, the rest is a name.
    fn conditions(&mut self) -> Vec<Vec<(&'static str, String)>> {
        if self.who.is_empty() || self.who.chars().count() > 100 {
            self.errors
                .add("who", "Enter a name, a birth date (1974-03-01) or a number");
            return Vec::new();
        }
        let most = || ("_count", SHOWN.to_string());
        if read_day(&self.who).is_some() {
            return vec![vec![("birthdate", self.who.clone()), most()]];
        }
        let mut all = Vec::new();
        if self.who.bytes().any(|b| b.is_ascii_digit()) {
            all.push(vec![("identifier", escaped(&self.who)), most()]);
        }
        let words = self.who.split_whitespace().take(8);
        let mut named: Vec<(&'static str, String)> =
            words.map(|word| ("name", escaped(word))).collect();
        named.extend([("_sort", "family".to_owned()), most()]);
        all.push(named);
        all
    }

    fn book(&self, id: &str) -> String {
        let said: Vec<(&str, &str)> = self
            .carried
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        // Onto a list, or into the calendar.
        let list = said.iter().any(|(name, _)| *name == "list");
        let to = match list {
            true => [&path(id), "/waitlist/new"].concat(),
            false => [&path(id), "/appointments/new"].concat(),
        };
        Local::with(&to, &said).as_str().to_owned()
    }

    fn results(&self, found: &[Identity]) -> Markup {
        if found.is_empty() {
            let text = "Check the spelling, or look for the birth date or number.";
            return html! { (Empty::new("Nobody found", text)) };
        }
        let columns = [
            Column::text("Name"),
            Column::text("Born"),
            Column::text("Number"),
        ];
        let mut table = Table::new("Patients found", &columns);
        for person in found {
            table.row(vec![
                html! { a href=(self.book(&person.id)) { (person.name) } },
                html! { (person.born.as_deref().map_or_else(|| crate::words::known("unknown"), str::to_owned)) },
                html! { @for (label, number) in &person.numbers { span.mono { (number) } " " span.soft.small { (label) } " " } },
            ]);
        }
        html! {
            (table)
            @if found.len() >= SHOWN { p.soft { "There may be more: enter more of the name, or the birth date." } }
        }
    }
}

impl View for Pick {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            div.filter {
                (Field::search("who", "Patient").value(&self.who).errors(&self.errors).hint("Name, birth date or number").first())
                (Button::primary("Find"))
            }
        };
        let mut form = Form::post(csrf, [HERE, "/new"].concat(), fields).finds("found");
        for (name, value) in &self.carried {
            form = form.keep(*name, value);
        }
        let body = html! {
            div.card { (form) }
            div id="found" aria-live="polite" { @if let Some(found) = &self.found { (self.results(found)) } }
        };
        let acts = html! { @if self.registers { (Link::secondary("Register a patient", "/patients/new")) } };
        Page::new("Book: for whom?", body)
            .here(HERE)
            .crumbs(vec![Crumb::new("Calendar", HERE)])
            .acts(acts)
    }

    fn samples() -> Vec<Self> {
        let banner = crate::patient::banner::PatientBanner::sample();
        let found = Self {
            who: "exam".into(),
            carried: vec![("at", "2026-03-04T12:00".into())],
            found: Some(vec![banner.identity]),
            registers: true,
            ..Self::default()
        };
        let none = Self {
            found: Some(Vec::new()),
            ..Self::default()
        };
        let wrong = Self {
            errors: Errors::one("who", "Enter a name"),
            ..Self::default()
        };
        vec![Self::default(), found, none, wrong]
    }
}
