//! `/admin/calendars/rooms/{room}`: a room: its name, hours, and whether its time is booked.

use aceso_fhir::Value;
use aceso_web::page::{Button, Choices, Csrf, Errors, Field, Link, Page, View, words};
use aceso_web::site::{Ask, Outcome, Reply, Take};
use maud::html;

use super::week::{Shape, WeekTyped};
use super::{Booked, HERE, Kept, Titled, booked, opened, put, same, schedules, sheet};
use crate::Staff;
use crate::patient::save::form_id;

/// The type of what is kept.
const KIND: &str = "Location";

/// The form.
pub(crate) struct Room {
    kept: Kept,
    name: String,
    about: String,
    week: WeekTyped,
    booked: Booked,
    errors: Errors,
}

/// `GET /admin/calendars/rooms/new`
pub(crate) async fn show_new(staff: Staff, ask: Ask) -> Outcome {
    let page = Room::of(Kept::new(KIND, staff.store().new_id()), Booked::Yes);
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/calendars/rooms/new`
pub(crate) async fn save_new(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&Room::takes())?;
    let id = form_id(&staff, fields.one("form"));
    let page = Room::of(Kept::new(KIND, id), Booked::Yes);
    page.save(&staff, &ask).await
}

/// `GET /admin/calendars/rooms/{room}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &Room::open(&staff, &ask).await?))
}

/// `POST /admin/calendars/rooms/{room}`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let page = Room::open(&staff, &ask).await?;
    page.save(&staff, &ask).await
}

impl Room {
    fn takes() -> Vec<Take> {
        let mut takes: Vec<Take> = WeekTyped::takes().into();
        takes.extend(["form", "version", "name", "about", "booked"].map(Take::One));
        takes
    }

    fn of(kept: Kept, booked: Booked) -> Self {
        let text = |name| {
            let told = kept.document.get(name).and_then(Value::as_str);
            told.unwrap_or_default().to_owned()
        };
        let told = kept.document.get(Shape::Open.member());
        let told = told.and_then(Value::as_array).unwrap_or_default();
        Self {
            name: text("name"),
            about: text("description"),
            week: WeekTyped::told(told, Shape::Open),
            booked,
            errors: Errors::none(),
            kept,
        }
    }

    async fn open(staff: &Staff, ask: &Ask) -> Result<Self, aceso_web::site::PageFault> {
        let id = ask.param("room");
        let kept = Kept::fetch(staff, ask, KIND, id).await?;
        let known = schedules(staff, ask, &[KIND, "/", id].concat()).await?;
        Ok(Self::of(kept, booked(&known)))
    }

    async fn save(mut self, staff: &Staff, ask: &Ask) -> Outcome {
        let fields = ask.fields(&Self::takes())?;
        same(&self.kept, fields.one("version"))?;
        self.name = fields.trimmed("name").to_owned();
        self.about = fields.trimmed("about").to_owned();
        self.week = WeekTyped::of(&fields);
        match Booked::parse(fields.one("booked")) {
            Some(booked) => self.booked = booked,
            None => self.errors.add("booked", "Choose one"),
        }
        if self.name.is_empty() || self.name.chars().count() > 60 {
            self.errors
                .add("name", "Give it a name, 60 letters at most");
        }
        if self.about.chars().count() > 300 {
            self.errors.add("about", "300 letters at most");
        }
        let entries = self.week.entries(Shape::Open, &mut self.errors);
        if !self.errors.is_empty() {
            return Ok(Reply::wrong(ask, &self));
        }
        let document = &mut self.kept.document;
        let status = match self.booked {
            Booked::Yes => "active",
            Booked::No => "suspended",
        };
        document.set("status", status);
        document.set("mode", "instance");
        document.set("name", self.name.as_str());
        match self.about.as_str() {
            "" => drop(document.remove("description")),
            about => document.set("description", about),
        }
        match entries.is_empty() {
            true => drop(document.remove(Shape::Open.member())),
            false => document.set(Shape::Open.member(), entries),
        }
        let actor = [KIND, "/", &self.kept.id].concat();
        let known = schedules(staff, ask, &actor).await?;
        let also = opened(staff, known, (&actor, &self.name), self.booked);
        let mut all = vec![self.kept];
        all.extend(also);
        put(staff, ask, all).await?;
        Ok(Reply::to_path(HERE))
    }
}

impl View for Room {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            (Field::text("name", "Name").value(&self.name).errors(&self.errors).longest(60))
            (Field::area("about", "What is in it").value(&self.about).errors(&self.errors).longest(300).optional())
            (Choices::one("booked", "Can be booked", Booked::choices()).chosen([self.booked.code()]).errors(&self.errors).across())
            (self.week.fields(&self.errors))
            p.soft.small { "Without hours of its own, the clinic's hours hold." }
            div.buttons { (Button::primary("Save")) (Link::quiet("Cancel", HERE)) }
        };
        let titled = Titled {
            new: words("New room"),
            kind: words("Room"),
            place: "/rooms",
            name: &self.name,
        };
        sheet(csrf, &self.kept, &titled, fields)
    }

    fn samples() -> Vec<Self> {
        let mut wrong = Self::of(Kept::new(KIND, "r1".into()), Booked::Yes);
        wrong.errors = Errors::one("name", "Give it a name, 60 letters at most");
        let mut known = Self::of(Kept::new(KIND, "r1".into()), Booked::No);
        known.kept.version = 2;
        known.name = "Room 1".into();
        vec![wrong, known]
    }
}
