//! `GET /admin/calendars`: everything that can be booked, and when.

use aceso_fhir::Value;
use aceso_policy::Purpose;
use aceso_web::page::{Button, Card, Column, Csrf, Errors, Field, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::HERE;
use super::week::{Shape, WeekTyped};
use crate::Staff;
use crate::chart::person;
use crate::fault::unreadable;
use crate::find::{document, escaped, search};
use crate::patient::record::{Found, Wanted, searches};
use crate::schedule::hue::Hue;
use crate::schedule::setting::{is_clinic, own_role, visit_type};
use crate::words::{fhir_day, field_day};

/// So many of each are shown.
const MOST: u32 = 300;

/// The page.
pub(crate) struct Calendars {
    clinic: Line,
    people: Vec<Line>,
    rooms: Vec<Line>,
    visits: Vec<VisitLine>,
    /// Whom somebody looked for, and who was found: id and name.
    who: String,
    found: Vec<(String, String)>,
}

/// Somebody or something with hours.
#[derive(Clone, Debug, Default)]
struct Line {
    id: String,
    name: String,
    hours: String,
    /// The next absence.
    away: String,
    booked: bool,
}

struct VisitLine {
    id: String,
    name: String,
    minutes: u32,
    hue: Hue,
    bookers: String,
    booked: bool,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let wanted = vec![
        Wanted::new("Schedule")
            .with("_include", "Schedule:actor")
            .most(MOST),
        Wanted::new("PractitionerRole")
            .with("active", "true")
            .most(MOST),
        Wanted::new("HealthcareService").most(MOST),
        Wanted::new("Location").most(MOST),
    ];
    let mut lists = searches(&staff, &ask, wanted).await?.into_iter();
    let mut next = || lists.next().flatten().unwrap_or_default();
    let (schedules, roles, services, places) = (next(), next(), next(), next());
    let today = field_day(staff.store().now());
    let who = ask.query("who").unwrap_or_default().trim().to_owned();
    let clinic = services.matches.iter().find(|s| is_clinic(s));
    let page = Calendars {
        clinic: clinic.map_or_else(Line::default, |c| told(c, Shape::Available, &today)),
        people: people(&schedules, &roles, &today),
        rooms: rooms(&schedules, &places, &today),
        visits: visits(&services),
        found: look(&staff, &ask, &who).await?,
        who,
    };
    Ok(Reply::page(&ask, &page))
}

/// Practitioners of a name.
async fn look(staff: &Staff, ask: &Ask, who: &str) -> Result<Vec<(String, String)>, PageFault> {
    if who.is_empty() || who.chars().count() > 100 {
        return Ok(Vec::new());
    }
    let name = escaped(who);
    let conditions = [("name", name.as_str()), ("_count", "20")];
    let found = search(staff, ask, Purpose::Operations, "Practitioner", &conditions).await;
    let found = found.map_err(unreadable)?;
    let all = found.iter().map(|stored| {
        let document = document(stored)?;
        Ok((stored.id.clone(), person::name(&document)))
    });
    all.collect()
}

fn told(document: &Value, shape: Shape, today: &str) -> Line {
    let away = document.items_at("notAvailable").iter();
    let end = |a: &Value| a.get("during")?.str_at("end").map(str::to_owned);
    let next = away
        .filter(|a| end(a).is_some_and(|end| end.as_str() >= today))
        .min_by_key(|a| end(a));
    let next = next.map(|a| {
        let during = a.get("during");
        let day = |name| fhir_day(during.and_then(|d| d.str_at(name)).unwrap_or_default());
        let what = a.str_at("description").unwrap_or_default();
        match day("start") == day("end") {
            true => format!("{what}, {}", day("start")),
            false => crate::words::say("{0}, {1} to {2}", &[&what, &day("start"), &day("end")]),
        }
    });
    Line {
        id: document.id().unwrap_or_default().to_owned(),
        name: document.str_at("name").unwrap_or_default().to_owned(),
        hours: WeekTyped::told(document.items_at(shape.member()), shape).short(),
        away: next.unwrap_or_default(),
        booked: false,
    }
}

fn is_active(schedule: &Value) -> bool {
    schedule.get("active").and_then(Value::as_bool) != Some(false)
}

/// The Schedules of practitioners, one line for each person.
fn people(schedules: &Found, roles: &Found, today: &str) -> Vec<Line> {
    let mut all: Vec<Line> = Vec::new();
    for schedule in &schedules.matches {
        let actor = schedule.items_at("actor").first();
        let Some(reference) = actor.and_then(|a| a.str_at("reference")) else {
            continue;
        };
        let Some(id) = reference.strip_prefix("Practitioner/") else {
            continue;
        };
        if let Some(known) = all.iter_mut().find(|l| l.id == id) {
            known.booked |= is_active(schedule);
            continue;
        }
        let role = own_role(&roles.matches, reference);
        let line = role.map_or_else(Line::default, |r| told(r, Shape::Available, today));
        all.push(Line {
            id: id.to_owned(),
            name: schedules.name(actor).unwrap_or_else(|| id.to_owned()),
            booked: is_active(schedule),
            ..line
        });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// The Locations that have a Schedule, or are of the clinic's own making (`mode` instance).
fn rooms(schedules: &Found, places: &Found, today: &str) -> Vec<Line> {
    let own = |place: &Value| {
        let reference = ["Location/", place.id().unwrap_or_default()].concat();
        let mut all = schedules.matches.iter();
        let here = |s: &Value| {
            let mut actors = s.items_at("actor").iter();
            actors.any(|a| a.str_at("reference") == Some(&reference))
        };
        let schedule = all.find(|s| here(s));
        let known = schedule.is_some() || place.str_at("mode") == Some("instance");
        known.then(|| schedule.is_some_and(is_active))
    };
    let each = places.matches.iter().filter_map(|place| {
        let booked = own(place)?;
        Some(Line {
            booked,
            ..told(place, Shape::Open, today)
        })
    });
    let mut all: Vec<Line> = each.collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn visits(services: &Found) -> Vec<VisitLine> {
    let each = services.matches.iter().filter_map(|service| {
        let kind = visit_type(service)?;
        let titles = kind.bookers.iter().map(|code| {
            let role = aceso_policy::Role::parse(code);
            role.map_or_else(|_| code.clone(), |role| crate::words::role_title(&role))
        });
        let bookers: Vec<String> = titles.collect();
        Some(VisitLine {
            booked: is_active(service),
            bookers: match bookers.is_empty() {
                true => crate::words::say("everybody who books", &[]),
                false => bookers.join(", "),
            },
            id: kind.id,
            name: kind.name,
            minutes: kind.minutes,
            hue: kind.hue,
        })
    });
    let mut all: Vec<VisitLine> = each.collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn state(booked: bool) -> Tag {
    match booked {
        true => Tag::new(Tone::Good, "can be booked"),
        false => Tag::plain("not booked"),
    }
}

impl Calendars {
    fn lines(caption: &'static str, lines: &[Line], base: &str) -> Markup {
        let columns = [
            Column::text("Name"),
            Column::text("Hours"),
            Column::text("Next away"),
            Column::text("Status"),
        ];
        let mut table = Table::new(caption, &columns).under_heading();
        for line in lines {
            table.row(vec![
                html! { a href={ (base) (line.id) } { (line.name) } },
                html! { @if line.hours.is_empty() { span.soft { "the clinic's" } } @else { (line.hours) } },
                html! { (line.away) },
                html! { (state(line.booked)) },
            ]);
        }
        html! { @if table.is_empty() { p.soft { "None yet." } } @else { (table) } }
    }

    fn visits(&self) -> Markup {
        let columns = [
            Column::text("Name"),
            Column::number("Minutes"),
            Column::text("Colour"),
            Column::text("Booked by"),
            Column::text("Status"),
        ];
        let mut table = Table::new("Kinds of visits", &columns).under_heading();
        for visit in &self.visits {
            table.row(vec![
                html! { a href={ (HERE) "/visits/" (visit.id) } { (visit.name) } },
                html! { (visit.minutes) },
                html! { (visit.hue) },
                html! { (visit.bookers) },
                html! { (state(visit.booked)) },
            ]);
        }
        html! { @if table.is_empty() { p.soft { "None yet." } } @else { (table) } }
    }

    fn more_people(&self) -> Markup {
        html! {
            form.filter method="get" action=(HERE) {
                (Field::search("who", "Somebody else").value(&self.who).errors(&Errors::none()).hint("Find a practitioner by name, to open a calendar for them").any())
                (Button::secondary("Find"))
            }
            @if !self.who.is_empty() {
                @if self.found.is_empty() { p { "No practitioner of this name." } }
                @else { ul { @for (id, name) in &self.found { li { a href={ (HERE) "/people/" (id) } { (name) } } } } }
            }
        }
    }
}

impl View for Calendars {
    fn page(&self, _: &Csrf) -> Page {
        let clinic = html! {
            p { strong { "Open: " } @if self.clinic.hours.is_empty() { "as the configuration says" } @else { (self.clinic.hours) } }
            @if !self.clinic.away.is_empty() { p { strong { "Next closed: " } (self.clinic.away) } }
        };
        let people = html! {
            (Self::lines("People with a calendar", &self.people, &[HERE, "/people/"].concat()))
            (self.more_people())
        };
        let rooms = Self::lines("Rooms", &self.rooms, &[HERE, "/rooms/"].concat());
        let body = html! {
            div.stack {
                (Card::new("The clinic", clinic).act("Change", " the clinic's hours and holidays", [HERE, "/clinic"].concat()))
                (Card::new("People", people))
                (Card::new("Rooms", rooms).act("Add", " a room", [HERE, "/rooms/new"].concat()))
                (Card::new("Kinds of visits", self.visits()).act("Add", " a kind of visit", [HERE, "/visits/new"].concat()))
            }
        };
        Page::new("Calendars", body)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("Who and what can be booked, when, for how long, and by whom.")
    }

    fn samples() -> Vec<Self> {
        let line = |name: &str, booked| Line {
            id: "x".into(),
            name: name.into(),
            hours: "Mon–Fri 08:00–18:00".into(),
            away: "Holidays, 24 Dec 2026".into(),
            booked,
        };
        let visit = VisitLine {
            id: "v".into(),
            name: "Check-up".into(),
            minutes: 20,
            hue: Hue::Green,
            bookers: crate::words::say("everybody who books", &[]),
            booked: true,
        };
        let full = Self {
            clinic: line("", true),
            people: vec![line("Dr. Doc", true), line("Dr. Other", false)],
            rooms: vec![line("Room 1", true)],
            visits: vec![visit],
            who: "ann".into(),
            found: vec![("a".into(), "Ann Example".into())],
        };
        let empty = Self {
            clinic: Line::default(),
            people: Vec::new(),
            rooms: Vec::new(),
            visits: Vec::new(),
            who: "nobody".into(),
            found: Vec::new(),
        };
        vec![full, empty]
    }
}
