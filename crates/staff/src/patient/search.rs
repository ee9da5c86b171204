//! `/patients`: finding a patient by name, birth date or number, among those the caller may see. What is looked for is
//! posted: it has no place in an address, which lands in logs and histories.

use aceso_policy::{Purpose, Task};
use aceso_store::ReadError;
use aceso_web::page::{
    Button, Column, Csrf, Empty, Errors, Field, Form, Link, Page, Table, Tag, Tone, View, words,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::save::may_add;
use super::{HERE, path, unidentified};
use crate::Staff;
use crate::chart::person::{Identity, Known};
use crate::fault::unreadable;
use crate::find::{document, escaped, search};
use crate::words::read_day;

/// So many are shown; whoever sees more narrows the search.
const SHOWN: usize = 50;

/// The form, and what it found.
#[derive(Default)]
pub(crate) struct Search {
    name: String,
    birth: String,
    number: String,
    errors: Errors,
    found: Option<Vec<Identity>>,
    more: More,
    room: Room,
    /// Whether they register patients.
    registers: Room,
    /// Whether they also assign patients: only then is a record that they make open to anybody.
    assigns: Room,
}

/// Whether the caller may look for patients at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Room {
    #[default]
    Patients,
    Nobody,
}

/// Whether there are more than are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum More {
    #[default]
    No,
    Yes,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let sees = search(
        &staff,
        &ask,
        Purpose::Treatment,
        "Patient",
        &[("_count", "1"), ("_id", "0")],
    )
    .await;
    let room = match sees {
        Ok(_) => Room::Patients,
        Err(ReadError::Forbidden) => Room::Nobody,
        Err(error) => return Err(unreadable(error)),
    };
    let page = Search {
        room,
        registers: registers(&staff, &ask)?,
        assigns: assigns(&staff, &ask)?,
        ..Search::default()
    };
    Ok(Reply::page(&ask, &page))
}

fn registers(staff: &Staff, ask: &Ask) -> Result<Room, PageFault> {
    Ok(match may_add(staff, ask, "Patient")? {
        true => Room::Patients,
        false => Room::Nobody,
    })
}

fn assigns(staff: &Staff, ask: &Ask) -> Result<Room, PageFault> {
    Ok(match staff.offers(ask.caller()?, Task::TakeCare) {
        true => Room::Patients,
        false => Room::Nobody,
    })
}

pub(crate) async fn find(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("name"), Take::One("birth"), Take::One("number")])?;
    let mut page = Search {
        name: fields.trimmed("name").to_owned(),
        birth: fields.trimmed("birth").to_owned(),
        number: fields.trimmed("number").to_owned(),
        registers: registers(&staff, &ask)?,
        assigns: assigns(&staff, &ask)?,
        ..Search::default()
    };
    let conditions = page.conditions();
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let conditions: Vec<(&str, &str)> = conditions.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let found = match search(&staff, &ask, Purpose::Treatment, "Patient", &conditions).await {
        Ok(found) => found,
        Err(ReadError::BadQuery(why)) => {
            page.errors.add("name", why);
            return Ok(Reply::wrong(&ask, &page));
        }
        Err(error) => return Err(unreadable(error)),
    };
    if found.len() > SHOWN {
        page.more = More::Yes;
    }
    let now = staff.store().now();
    let mut people = Vec::new();
    for stored in found.iter().take(SHOWN) {
        people.push(Identity::of(&stored.id, &document(stored)?, now));
    }
    page.found = Some(people);
    Ok(Reply::page(&ask, &page))
}

impl Search {
    /// The search; what is wrong is noted beside its field.
    fn conditions(&mut self) -> Vec<(&'static str, String)> {
        let words = self.name.split_whitespace().take(8);
        let mut all: Vec<(&'static str, String)> =
            words.map(|word| ("name", escaped(word))).collect();
        if !self.birth.is_empty() {
            if read_day(&self.birth).is_none() {
                self.errors
                    .add("birth", "Enter the day as year-month-day: 1974-03-01");
            }
            all.push(("birthdate", self.birth.clone()));
        }
        if !self.number.is_empty() {
            all.push(("identifier", escaped(&self.number)));
        }
        if all.is_empty() {
            self.errors
                .add("name", "Enter a name, a birth date or a number");
        }
        all.extend([
            ("_sort", "family".to_owned()),
            ("_count", (SHOWN + 1).to_string()),
        ]);
        all
    }

    fn results(&self, found: &[Identity]) -> Markup {
        if found.is_empty() {
            let empty = Empty::new(
                "Nobody found",
                "Nobody like this is among the patients you may see. Check the spelling, or look for the birth date alone.",
            );
            return html! { (empty) };
        }
        let columns = [
            Column::text("Name"),
            Column::text("Born"),
            Column::text("Sex"),
            Column::text("Number"),
        ];
        let mut table = Table::new("Patients found", &columns);
        for person in found {
            table.row(vec![
                html! {
                    a href=(path(&person.id)) { (person.name) }
                    @if person.part_of.is_some() { " " (Tag::plain("merged into another record")) }
                    @if person.known == Known::NotYet { " " (Tag::new(Tone::Warning, "not identified")) }
                    @if person.deceased.is_some() { " " (Tag::new(Tone::Danger, "deceased")) }
                },
                html! { (person.born.clone().unwrap_or_else(|| words("unknown").to_string())) @if let Some(age) = &person.age { br; span.soft.small { (age) } } },
                html! { (person.gender.clone().unwrap_or_else(|| words("unknown").to_string())) },
                html! { @for (label, number) in &person.numbers { span.mono { (number) } " " span.soft.small { (label) } br; } },
            ]);
        }
        html! {
            (table)
            @if self.more == More::Yes { p.soft { "There are more than " (SHOWN) ": add the birth date, or more of the name." } }
        }
    }
}

impl View for Search {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            div.filter {
                (Field::search("name", "Name").value(&self.name).errors(&self.errors).first())
                (Field::date("birth", "Birth date").value(&self.birth).errors(&self.errors).optional())
                (Field::search("number", "Record number").value(&self.number).errors(&self.errors))
                (Button::primary("Find"))
            }
        };
        let body = html! {
            @match self.room {
                Room::Patients => div.card { (Form::post(csrf, HERE, fields)) },
                Room::Nobody => (Empty::new("No patients", "Your role does not see patients.")),
            }
            @if let Some(found) = &self.found { (self.results(found)) }
        };
        let unknown = html! { (Button::secondary("Unidentified patient")) };
        let register = html! {
            @if self.registers == Room::Patients {
                (Link::secondary("Register a patient", "/patients/new"))
                @if self.assigns == Room::Patients { (Form::post(csrf, unidentified::AT, unknown).inline()) }
            }
        };
        Page::new("Patients", body).here(HERE).acts(register)
    }

    fn samples() -> Vec<Self> {
        let banner = super::banner::PatientBanner::sample();
        let found = Self {
            registers: Room::Patients,
            assigns: Room::Patients,
            name: "exam".into(),
            found: Some(vec![banner.identity]),
            more: More::Yes,
            ..Self::default()
        };
        let none = Self {
            birth: "1974-03-01".into(),
            found: Some(Vec::new()),
            ..Self::default()
        };
        let wrong = Self {
            errors: Errors::one("birth", "Enter the day as year-month-day: 1974-03-01"),
            birth: "03/01".into(),
            ..Self::default()
        };
        let barred = Self {
            room: Room::Nobody,
            ..Self::default()
        };
        vec![Self::default(), found, none, wrong, barred]
    }
}
