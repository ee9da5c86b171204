//! `/patients/{patient}/waitlist/{wish}`: somebody who waits for a time or is to come again: note that they were called,
//! book, or take them off the list.

use aceso_clinic::schedule::AppointmentStatus;
use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_web::page::{
    Button, Card, Choice, Csrf, Entries, Entry, Errors, Facts, Field, Form, Layout, Page, Select,
    View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::book::VISIT_TYPE;
use super::claim::Wants;
use super::plan::{Plan, Series, Typed};
use super::release::change;
use super::setting::{Setting, setting};
use super::shift::{Moved, place};
use super::step::overtaken;
use super::trouble::Trouble;
use super::wish::{Contact, List, WAYS, Wish, path};
use crate::Staff;
use crate::chart::write::{coded, coding, one};
use crate::find::fetched;
use crate::patient::save::{begin, may, refused};
use crate::patient::top::{Top, open};
use crate::words::{fhir_day, moment};

/// The page.
pub(crate) struct ShowWish {
    top: Top,
    wish: Wish,
    version: String,
    setting: Setting,
    typed: Typed,
    way: String,
    words: String,
    trouble: Trouble,
    errors: Errors,
}

/// A wish of the patient of the address, its document, and what can be booked.
async fn opened(staff: &Staff, ask: &Ask) -> Result<(ShowWish, Value), PageFault> {
    if !may(staff, ask, Action::Update, "Appointment")? {
        return Err(PageFault::Missing);
    }
    let patient = ask.of_patient()?;
    let document = fetched(staff, ask, "Appointment", ask.param("wish")).await?;
    let Some(wish) = Wish::of(&document).filter(|w| w.patient.0 == patient) else {
        // It was booked in the meantime: that is another page.
        let booked = super::path(patient, ask.param("wish"));
        return Err(PageFault::Instead(Local::with(&booked, &[])));
    };
    let setting = setting(staff, ask).await?.booked_by(ask)?;
    let person = wish.with.as_ref().and_then(|(who, _)| {
        let all = &setting.calendars;
        all.iter().find(|c| c.actor == *who).map(|c| c.id.clone())
    });
    let version = document.get("meta").and_then(|m| m.str_at("versionId"));
    let page = ShowWish {
        top: open(staff, ask, Vec::new()).await?.top,
        version: version.unwrap_or_default().to_owned(),
        typed: Typed {
            kind: wish.kind.clone(),
            person: person.unwrap_or_default(),
            ..Typed::default()
        },
        wish,
        setting,
        way: "reached".to_owned(),
        words: String::new(),
        trouble: Trouble::default(),
        errors: Errors::none(),
    };
    Ok((page, document))
}

/// `GET …/waitlist/{wish}`; the query may carry a time that became free.
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (mut page, _) = opened(&staff, &ask).await?;
    let said = |name| ask.query(name).map(str::to_owned);
    if let Some(at) = said("at")
        && let Some((day, time)) = at.split_once('T')
    {
        (page.typed.day, page.typed.time) = (day.to_owned(), time.to_owned());
    }
    page.typed.person = said("person").unwrap_or(page.typed.person);
    page.typed.room = said("room").unwrap_or_default();
    Ok(Reply::page(&ask, &page))
}

/// `POST …/waitlist/{wish}`
pub(crate) async fn act(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let mut takes = Typed::takes();
    takes.extend(["version", "act", "way", "words"].map(Take::One));
    let fields = ask.fields(&takes)?;
    let (mut page, document) = opened(&staff, &ask).await?;
    if fields.one("version") != page.version {
        return Err(overtaken());
    }
    match fields.one("act") {
        "contact" => {
            page.way = fields.one("way").to_owned();
            page.words = fields.trimmed("words").to_owned();
            page.contact(&staff, &ask, document).await
        }
        "off" => page.take_off(&staff, &ask, document).await,
        _ => {
            page.typed = Typed::of(&fields);
            page.book(&staff, &ask, document).await
        }
    }
}

impl ShowWish {
    fn number(&self) -> u64 {
        self.version.parse().unwrap_or_default()
    }

    /// Puts a changed document in the place of the one that was read.
    async fn put(&self, staff: &Staff, ask: &Ask, document: Value) -> Result<(), PageFault> {
        let mut tx = begin(staff, ask)?;
        change(&mut tx, &self.wish.id, document, self.number()).await?;
        tx.commit().await.map_err(refused)
    }

    async fn contact(mut self, staff: &Staff, ask: &Ask, mut document: Value) -> Outcome {
        if !WAYS.iter().any(|(code, _)| *code == self.way) {
            self.errors.add("way", "Choose how");
        }
        if self.words.chars().count() > 200 {
            self.errors.add("words", "At most 200 letters");
        }
        if !self.errors.is_empty() {
            return Ok(Reply::wrong(ask, &self));
        }
        let contact = Contact {
            at: staff.store().now().to_fhir(),
            way: self.way.clone(),
            words: self.words.clone(),
        };
        if let Some(object) = document.as_object_mut() {
            let told = object.get("extension").and_then(Value::as_array);
            let mut all = told.unwrap_or_default().to_vec();
            all.push(contact.extension());
            object.set("extension", all);
        }
        self.put(staff, ask, document).await?;
        Ok(Reply::to(Local::with(&self.wish.path(), &[])))
    }

    async fn take_off(self, staff: &Staff, ask: &Ask, mut document: Value) -> Outcome {
        if let Some(object) = document.as_object_mut() {
            object.set("status", AppointmentStatus::Cancelled.code());
        }
        self.put(staff, ask, document).await?;
        Ok(Reply::to_path(self.wish.list.path()))
    }

    async fn book(mut self, staff: &Staff, ask: &Ask, mut document: Value) -> Outcome {
        let now = staff.store().now().millis();
        let plan = self.typed.plan(&self.setting, now, &mut self.errors);
        let Some(plan) = plan else {
            return Ok(Reply::wrong(ask, &self));
        };
        let wants = Wants {
            calendars: plan.calendars.clone(),
            patient: ask.of_patient()?,
            own: None,
        };
        let [span] = plan.spans.as_slice() else {
            return Err(PageFault::Missing);
        };
        booked(&mut document, &plan, &self.typed.reason);
        let moved = Moved {
            id: &self.wish.id,
            version: self.number(),
            document: &document,
            before: None,
        };
        if place(staff, ask, &wants, &plan, (&moved, span)).await? {
            let to = super::path(ask.of_patient()?, &self.wish.id);
            return Ok(Reply::to(Local::with(&to, &[])));
        }
        let trouble = Trouble::look(staff, ask, &wants, &[*span]).await?;
        self.trouble = trouble;
        Ok(Reply::wrong(ask, &self))
    }

    fn facts(&self) -> Facts {
        let wish = &self.wish;
        let mut facts = Facts::new()
            .with("List", aceso_web::page::words(wish.list.title()))
            .with("What", &wish.what)
            .with(
                "With",
                wish.with
                    .as_ref()
                    .map_or_else(|| crate::words::known("Anybody"), |(_, name)| name.clone()),
            );
        let days = match wish.list {
            List::Recalls => [("Due", &wish.from), ("Until", &wish.until)],
            List::Waiting => [("From", &wish.from), ("Until", &wish.until)],
        };
        for (name, day) in days {
            if !day.is_empty() {
                facts = facts.with(name, fhir_day(day));
            }
        }
        if !wish.comment.is_empty() {
            facts = facts.with("Comment", &wish.comment);
        }
        facts
    }

    fn contacts(&self, csrf: &Csrf) -> Markup {
        let own = path(self.top.id(), &self.wish.id);
        let lines = self.wish.contacts.iter().rev().map(|c| {
            let at = super::appointment::millis(&c.at).map(aceso_base::Instant::from_millis);
            Entry::new(c.said())
                .more(&c.words)
                .end(at.map_or_else(String::new, moment))
        });
        let ways = WAYS.map(|(code, name)| Choice::new(code, name));
        let fields = html! {
            div.pair {
                (Select::new("way", "How", ways.into()).chosen(&self.way).errors(&self.errors))
                (Field::text("words", "What came of it").value(&self.words).errors(&self.errors).optional().longest(200))
            }
            div.buttons { (Button::secondary("Note it").says("act", "contact")) }
        };
        let form = Form::post(csrf, &own, fields)
            .of_patient(self.top.id())
            .keep("version", &self.version);
        html! {
            @if self.wish.contacts.is_empty() { p.soft { "Nobody has reached them yet." } }
            @else { (Entries::new(lines.collect())) }
            (form)
        }
    }

    fn booking(&self, csrf: &Csrf) -> Markup {
        let own = path(self.top.id(), &self.wish.id);
        let kinds = self.setting.types.iter();
        let kinds: Vec<Choice> = kinds
            .map(|t| Choice::new(t.id.clone(), format!("{} ({} min)", t.name, t.minutes)))
            .collect();
        let fields = html! {
            (self.trouble)
            @if !kinds.is_empty() { (Select::new("kind", "Kind of visit", kinds).chosen(&self.typed.kind).errors(&self.errors)) }
            (self.typed.fields(&self.setting, &self.errors, Series::None))
            div.buttons { (Button::primary("Book").says("act", "book")) }
            (self.trouble.offers())
        };
        let form = Form::post(csrf, own, fields)
            .of_patient(self.top.id())
            .keep("version", &self.version);
        html! { (form) }
    }
}

/// The wish as a booked appointment of this kind; its time and people come with its place.
fn booked(document: &mut Value, plan: &Plan<'_>, reason: &str) {
    let Some(object) = document.as_object_mut() else {
        return;
    };
    object.set("status", AppointmentStatus::Booked.code());
    object.remove("requestedPeriod");
    if let Some(kind) = plan.kind {
        let code = coding(VISIT_TYPE, &kind.id, &kind.name);
        object.set("serviceType", one(coded(code, &kind.name)));
    }
    if !reason.is_empty() {
        object.set("reasonCode", one(crate::chart::write::words(reason)));
    }
}

impl View for ShowWish {
    fn page(&self, csrf: &Csrf) -> Page {
        let own = path(self.top.id(), &self.wish.id);
        let off = html! { (Button::quiet("Take off the list").says("act", "off")) };
        let off = Form::post(csrf, own, off)
            .of_patient(self.top.id())
            .keep("version", &self.version)
            .inline();
        let body = html! {
            (self.errors)
            div.stack {
                div.card { (self.facts()) div.buttons { (off) } }
                (Card::new("Contacted", self.contacts(csrf)))
                (Card::new("Book", self.booking(csrf)))
            }
        };
        self.top
            .form(csrf, self.wish.list.title(), body)
            .here(super::HERE)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |list, trouble, errors| Self {
            top: Top::sample(),
            wish: super::wish::sample(list),
            version: "1".into(),
            setting: super::setting::sample(),
            typed: Typed::default(),
            way: "reached".into(),
            words: String::new(),
            trouble,
            errors,
        };
        vec![
            sample(List::Waiting, Trouble::default(), Errors::none()),
            sample(
                List::Recalls,
                Trouble::sample(),
                Errors::one("way", "Choose how"),
            ),
        ]
    }
}
