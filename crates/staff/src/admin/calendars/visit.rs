//! `/admin/calendars/visits/{visit}`: a kind of visit: its name, how long it takes, its colour, and who may book it.

use aceso_fhir::{Number, Value};
use aceso_policy::{BuiltIn, Role, Side};
use aceso_web::page::{
    Button, Choice, Choices, Csrf, Errors, Field, Link, Page, Select, View, words,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::html;

use super::{Booked, HERE, Kept, Titled, put, same, sheet};
use crate::Staff;
use crate::patient::save::form_id;
use crate::schedule::hue::Hue;
use crate::schedule::plan::{LONGEST, SHORTEST};
use crate::schedule::setting::{VISIT_BOOKERS, VISIT_COLOUR, VISIT_MINUTES, visit_type};

/// The type of what is kept.
const KIND: &str = "HealthcareService";

/// The form.
pub(crate) struct Visit {
    kept: Kept,
    name: String,
    minutes: String,
    hue: Hue,
    bookers: Vec<String>,
    booked: Booked,
    errors: Errors,
}

/// `GET /admin/calendars/visits/new`
pub(crate) async fn show_new(staff: Staff, ask: Ask) -> Outcome {
    let page = Visit::of(Kept::new(KIND, staff.store().new_id()));
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/calendars/visits/new`
pub(crate) async fn save_new(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&Visit::takes())?;
    let id = form_id(&staff, fields.one("form"));
    Visit::of(Kept::new(KIND, id)).save(&staff, &ask).await
}

/// `GET /admin/calendars/visits/{visit}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &Visit::open(&staff, &ask).await?))
}

/// `POST /admin/calendars/visits/{visit}`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let page = Visit::open(&staff, &ask).await?;
    page.save(&staff, &ask).await
}

/// The roles of those who book: who works in the clinic.
fn roles() -> impl Iterator<Item = (Role, &'static str)> {
    let all = [BuiltIn::FrontDesk, BuiltIn::Nurse, BuiltIn::Clinician].into_iter();
    all.filter(|r| r.side() == Side::Staff)
        .map(|r| (r.role(), r.title()))
}

impl Visit {
    fn takes() -> Vec<Take> {
        let one = ["form", "version", "name", "minutes", "hue", "booked"];
        let mut takes: Vec<Take> = one.map(Take::One).into();
        takes.push(Take::Many("booker"));
        takes
    }

    fn of(kept: Kept) -> Self {
        let document = Value::from(kept.document.clone());
        let known = visit_type(&document);
        let active = document.get("active").and_then(Value::as_bool);
        let known = known.unwrap_or_default();
        Self {
            name: document.str_at("name").unwrap_or_default().to_owned(),
            minutes: match known.minutes {
                0 => String::new(),
                minutes => minutes.to_string(),
            },
            hue: known.hue,
            bookers: known.bookers,
            booked: match active {
                Some(false) => Booked::No,
                Some(true) | None => Booked::Yes,
            },
            errors: Errors::none(),
            kept,
        }
    }

    async fn open(staff: &Staff, ask: &Ask) -> Result<Self, PageFault> {
        let kept = Kept::fetch(staff, ask, KIND, ask.param("visit")).await?;
        Ok(Self::of(kept))
    }

    async fn save(mut self, staff: &Staff, ask: &Ask) -> Outcome {
        let fields = ask.fields(&Self::takes())?;
        same(&self.kept, fields.one("version"))?;
        self.name = fields.trimmed("name").to_owned();
        self.minutes = fields.trimmed("minutes").to_owned();
        self.bookers = fields.many("booker").map(str::to_owned).collect();
        let known = |code: &String| roles().any(|(role, _)| role.as_str() == code);
        if !self.bookers.iter().all(known) {
            return Err(PageFault::Missing);
        }
        match Hue::parse(fields.one("hue")) {
            Some(hue) => self.hue = hue,
            None => self.errors.add("hue", "Choose a colour"),
        }
        match Booked::parse(fields.one("booked")) {
            Some(booked) => self.booked = booked,
            None => self.errors.add("booked", "Choose one"),
        }
        if self.name.is_empty() || self.name.chars().count() > 60 {
            self.errors
                .add("name", "Give it a name, 60 letters at most");
        }
        let minutes = self.minutes.parse::<u32>().ok();
        let minutes = minutes.filter(|m| (SHORTEST..=LONGEST).contains(m));
        if minutes.is_none() {
            let text = crate::words::say("Enter whole minutes, {0} to {1}", &[&SHORTEST, &LONGEST]);
            self.errors.add("minutes", text);
        }
        let (Some(minutes), true) = (minutes, self.errors.is_empty()) else {
            return Ok(Reply::wrong(ask, &self));
        };
        self.write(minutes);
        put(staff, ask, vec![self.kept]).await?;
        Ok(Reply::to_path(HERE))
    }

    fn write(&mut self, minutes: u32) {
        let document = &mut self.kept.document;
        document.set("active", self.booked == Booked::Yes);
        document.set("name", self.name.as_str());
        let told = document.get("extension").and_then(Value::as_array);
        let told = told.unwrap_or_default().iter();
        let ours = [VISIT_MINUTES, VISIT_COLOUR, VISIT_BOOKERS];
        let others = told.filter(|e| !e.str_at("url").is_some_and(|u| ours.contains(&u)));
        let mut all: Vec<Value> = others.cloned().collect();
        let add = |url: &str, member: &str, value: Value| {
            Value::from([("url", Value::from(url)), (member, value)])
        };
        let minutes = Value::from(Number::from(i64::from(minutes)));
        all.push(add(VISIT_MINUTES, "valuePositiveInt", minutes));
        all.push(add(VISIT_COLOUR, "valueCode", Value::from(self.hue.code())));
        let bookers = self.bookers.iter();
        all.extend(bookers.map(|b| add(VISIT_BOOKERS, "valueCode", Value::from(b.as_str()))));
        document.set("extension", all);
    }
}

impl View for Visit {
    fn page(&self, csrf: &Csrf) -> Page {
        let hues = Hue::ALL.map(|h| Choice::new(h.code(), h.name())).into();
        let bookers = roles().map(|(role, title)| Choice::new(role.as_str().to_owned(), title));
        let fields = html! {
            (self.errors)
            (Field::text("name", "Name").value(&self.name).errors(&self.errors).longest(60))
            div.pair {
                (Field::number("minutes", "Minutes").value(&self.minutes).errors(&self.errors))
                (Select::new("hue", "Colour in the calendar", hues).chosen(self.hue.code()).errors(&self.errors))
            }
            (Choices::many("booker", "Who may book it", bookers.collect()).chosen(self.bookers.clone()).hint("Nobody ticked: everybody who books"))
            (Choices::one("booked", "Can be booked", Booked::choices()).chosen([self.booked.code()]).errors(&self.errors).across())
            div.buttons { (Button::primary("Save")) (Link::quiet("Cancel", HERE)) }
        };
        let titled = Titled {
            new: words("New kind of visit"),
            kind: words("Kind of visit"),
            place: "/visits",
            name: &self.name,
        };
        sheet(csrf, &self.kept, &titled, fields)
    }

    fn samples() -> Vec<Self> {
        let mut wrong = Self::of(Kept::new(KIND, "v1".into()));
        wrong.errors = Errors::one("minutes", maud::said("(what is wrong with it)"));
        let mut known = Self::of(Kept::new(KIND, "v1".into()));
        known.kept.version = 3;
        known.name = "Check-up".into();
        vec![wrong, known]
    }
}
