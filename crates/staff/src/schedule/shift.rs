//! `/patients/{patient}/appointments/{appointment}/move`: to another time, other people, another room.

use aceso_clinic::schedule::Span;
use aceso_fhir::Value;
use aceso_store::WriteError;
use aceso_web::page::{Button, Csrf, Errors, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::appointment::Booking;
use super::book::{ATTEMPTS, participant, set_time};
use super::claim::Wants;
use super::one::{One, one};
use super::plan::{Plan, Series, Typed, when};
use super::release::{change, release};
use super::setting::{Setting, setting};
use super::step::{cannot, overtaken};
use super::trouble::Trouble;
use crate::Staff;
use crate::patient::save::{begin, refused};
use crate::patient::top::{Top, open};

/// The form.
pub(crate) struct Shift {
    top: Top,
    id: String,
    version: String,
    was: String,
    setting: Setting,
    typed: Typed,
    trouble: Trouble,
    errors: Errors,
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<(Shift, One), PageFault> {
    let found = one(staff, ask).await?;
    let booking = &found.booking;
    if !booking.status.moves() {
        return Err(cannot(booking.status));
    }
    let top = open(staff, ask, Vec::new()).await?.top;
    let setting = setting(staff, ask).await?;
    let page = Shift {
        top,
        id: booking.id.clone(),
        version: found.version.to_string(),
        was: when(&setting.zone, &booking.span),
        typed: Typed::standing(booking, &setting),
        setting,
        trouble: Trouble::default(),
        errors: Errors::none(),
    };
    Ok((page, found))
}

/// `GET …/move`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (page, _) = opened(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST …/move`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let mut takes = Typed::takes();
    takes.push(Take::One("version"));
    let fields = ask.fields(&takes)?;
    let (mut page, found) = opened(&staff, &ask).await?;
    if fields.one("version") != page.version {
        return Err(overtaken());
    }
    page.typed = Typed::of(&fields);
    let now = staff.store().now().millis();
    let plan = page.typed.plan(&page.setting, now, &mut page.errors);
    let Some(plan) = plan else {
        return Ok(Reply::wrong(&ask, &page));
    };
    let wants = Wants {
        calendars: plan.calendars.clone(),
        patient: ask.of_patient()?,
        own: Some(&found.booking),
    };
    let [span] = plan.spans.as_slice() else {
        return Err(PageFault::Missing);
    };
    let moved = Moved {
        id: &found.booking.id,
        version: found.version,
        document: &found.document,
        before: Some(&found.booking),
    };
    if place(&staff, &ask, &wants, &plan, (&moved, span)).await? {
        let to = super::path(ask.of_patient()?, &page.id);
        return Ok(Reply::to(Local::with(&to, &[])));
    }
    page.trouble = Trouble::look(&staff, &ask, &wants, &[*span]).await?;
    Ok(Reply::wrong(&ask, &page))
}

/// An appointment that gets a time.
pub(super) struct Moved<'a> {
    pub(super) id: &'a str,
    /// The version that was read.
    pub(super) version: u64,
    pub(super) document: &'a Value,
    /// The time that it had, which it gives back.
    pub(super) before: Option<&'a Booking>,
}

/// Whether it got its new time; who is overtaken by others' bookings looks again.
pub(super) async fn place(
    staff: &Staff,
    ask: &Ask,
    wants: &Wants<'_>,
    plan: &Plan<'_>,
    (moved, span): (&Moved<'_>, &Span),
) -> Result<bool, PageFault> {
    for _ in 0..ATTEMPTS {
        let mut tx = begin(staff, ask)?;
        if wants.is_taken(&mut tx, span).await.map_err(refused)? {
            return Ok(false);
        }
        let slots = wants.take(staff, &mut tx, span)?;
        if let Some(before) = moved.before {
            release(&mut tx, before).await?;
        }
        let mut document = moved.document.clone();
        if let Some(object) = document.as_object_mut() {
            set_time(object, &staff.settings().zone, span, slots);
            let kept = object.get("participant").and_then(Value::as_array);
            let kept = kept.unwrap_or_default().iter();
            let mut all: Vec<Value> = kept.filter(|p| is_patient(p)).cloned().collect();
            let others = plan.calendars.iter();
            all.extend(others.map(|c| participant(&c.actor, &c.name, "accepted")));
            object.set("participant", all);
        }
        change(&mut tx, moved.id, document, moved.version).await?;
        match tx.commit().await {
            Ok(()) => return Ok(true),
            Err(WriteError::Stale) => {}
            Err(error) => return Err(refused(error)),
        }
    }
    Err(PageFault::Busy(2))
}

fn is_patient(participant: &Value) -> bool {
    let actor = participant.get("actor").and_then(|a| a.str_at("reference"));
    actor.is_some_and(|a| a.starts_with("Patient/"))
}

impl View for Shift {
    fn page(&self, csrf: &Csrf) -> Page {
        let (id, own) = (self.top.id(), super::path(self.top.id(), &self.id));
        let fields = html! {
            (self.errors)
            (self.trouble)
            p { "Now: " strong { (self.was) } }
            (self.typed.fields(&self.setting, &self.errors, Series::None))
            div.buttons { (Button::primary("Move")) (Link::quiet("Leave it", &own)) }
            (self.trouble.offers())
        };
        let form = Form::post(csrf, [&own, "/move"].concat(), fields)
            .of_patient(id)
            .keep("version", &self.version);
        self.top
            .form(csrf, "Move an appointment", html! { div.card { (form) } })
            .here(super::HERE)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |trouble, errors| Self {
            top: Top::sample(),
            id: "a1".into(),
            version: "1".into(),
            was: "Wed 4 Mar 2026, 12:00–12:20".into(),
            setting: super::setting::sample(),
            typed: Typed::default(),
            trouble,
            errors,
        };
        vec![
            sample(Trouble::default(), Errors::none()),
            sample(Trouble::sample(), Errors::one("day", "This day has passed")),
        ]
    }
}
