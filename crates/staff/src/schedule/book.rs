//! `/patients/{patient}/appointments/new`: booking, once or as a series.

use aceso_clinic::schedule::Span;
use aceso_fhir::{Number, Object, Value};
use aceso_policy::Action;
use aceso_store::WriteError;
use aceso_web::page::{
    Banner, Button, Choice, Csrf, Errors, Field, Form, Layout, Link, Page, Select, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::appointment::SERIES;
use super::claim::Wants;
use super::plan::{Plan, Series, Skips, Typed};
use super::setting::{Setting, setting};
use super::trouble::Trouble;
use super::wish::List;
use crate::Staff;
use crate::chart::write::{coded, coding, one, reference, resource, words};
use crate::patient::path;
use crate::patient::save::{add, begin, form_id, may, refused};
use crate::patient::top::{Top, open};

/// The system of the codes of our kinds of visits: ids of HealthcareServices.
pub(crate) const VISIT_TYPE: &str = "urn:aceso:visit-type";
/// So often booking is tried again when others book around the same time.
pub(super) const ATTEMPTS: usize = 60;

/// The form.
pub(crate) struct Book {
    top: Top,
    form: String,
    setting: Setting,
    typed: Typed,
    trouble: Trouble,
    errors: Errors,
}

/// How booking ended.
enum Booked {
    Done,
    Taken(Vec<Span>),
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<(Top, Setting), PageFault> {
    if !may(staff, ask, Action::Create, "Appointment")? {
        return Err(PageFault::Missing);
    }
    Ok((
        open(staff, ask, Vec::new()).await?.top,
        setting(staff, ask).await?.booked_by(ask)?,
    ))
}

/// `GET /patients/{patient}/appointments/new`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (top, setting) = opened(&staff, &ask).await?;
    let said = |name| ask.query(name).unwrap_or_default().to_owned();
    let at = said("at");
    let (day, time) = at.split_once('T').unwrap_or((&at, ""));
    let typed = Typed {
        day: day.to_owned(),
        time: time.to_owned(),
        person: said("person"),
        room: said("room"),
        kind: setting
            .types
            .first()
            .map_or_else(String::new, |t| t.id.clone()),
        ..Typed::default()
    };
    let page = Book {
        top,
        form: staff.store().new_id(),
        setting,
        typed,
        trouble: Trouble::default(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/appointments/new`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let mut takes = Typed::takes();
    takes.push(Take::One("form"));
    let fields = ask.fields(&takes)?;
    let (top, setting) = opened(&staff, &ask).await?;
    let mut page = Book {
        top,
        form: form_id(&staff, fields.one("form")),
        setting,
        typed: Typed::of(&fields),
        trouble: Trouble::default(),
        errors: Errors::none(),
    };
    let now = staff.store().now().millis();
    let plan = page.typed.plan(&page.setting, now, &mut page.errors);
    let Some(plan) = plan else {
        return Ok(Reply::wrong(&ask, &page));
    };
    let wants = Wants {
        calendars: plan.calendars.clone(),
        patient: ask.of_patient()?,
        own: None,
    };
    match page.book(&staff, &ask, &wants, &plan).await? {
        Booked::Done => Ok(Reply::to(Local::with(
            &super::path(ask.of_patient()?, &page.form),
            &[],
        ))),
        Booked::Taken(spans) => {
            page.trouble = Trouble::look(&staff, &ask, &wants, &spans).await?;
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

impl Book {
    /// Books all of it in one transaction, or finds what is taken. Who is overtaken looks again.
    async fn book(
        &self,
        staff: &Staff,
        ask: &Ask,
        wants: &Wants<'_>,
        plan: &Plan<'_>,
    ) -> Result<Booked, PageFault> {
        for _ in 0..ATTEMPTS {
            let mut tx = begin(staff, ask)?;
            let (mut free, mut taken) = (Vec::new(), Vec::new());
            for span in &plan.spans {
                match wants.is_taken(&mut tx, span).await.map_err(refused)? {
                    true => taken.push(*span),
                    false => free.push(*span),
                }
            }
            if !taken.is_empty() && (plan.skips == Skips::Nothing || free.is_empty()) {
                return self.done_before(staff, ask, taken).await;
            }
            let mut documents = Vec::new();
            for span in &free {
                let slots = wants.take(staff, &mut tx, span)?;
                documents.push(self.document(staff, plan, span, slots));
            }
            add(staff, &mut tx, &self.form, documents)?;
            match tx.commit().await {
                Ok(()) => return Ok(Booked::Done),
                Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => {}
                Err(WriteError::Forbidden) => return Err(not_theirs()),
                Err(error) => return Err(refused(error)),
            }
        }
        Err(PageFault::Busy(2))
    }

    /// What is in the way may be what this very form booked when it was sent before.
    async fn done_before(
        &self,
        staff: &Staff,
        ask: &Ask,
        taken: Vec<Span>,
    ) -> Result<Booked, PageFault> {
        let reading = staff
            .store()
            .read(ask.caller()?, aceso_policy::Purpose::Treatment);
        Ok(match reading.fetch("Appointment", &self.form).await {
            Ok(_) => Booked::Done,
            Err(_) => Booked::Taken(taken),
        })
    }

    fn document(&self, staff: &Staff, plan: &Plan<'_>, span: &Span, slots: Vec<Value>) -> Object {
        let zone = &self.setting.zone;
        let mut document = resource("Appointment");
        if let Some(repeat) = &plan.repeat {
            let identifier = [
                ("system", Value::from(SERIES)),
                (
                    "value",
                    Value::from([&self.form, " ", &repeat.to_string()].concat()),
                ),
            ];
            document.set("identifier", one(Value::from(identifier)));
        }
        document.set("status", "booked");
        if let Some(kind) = plan.kind {
            let code = coding(VISIT_TYPE, &kind.id, &kind.name);
            document.set("serviceType", one(coded(code, &kind.name)));
        }
        if !self.typed.reason.is_empty() {
            document.set("reasonCode", one(words(&self.typed.reason)));
        }
        set_time(&mut document, zone, span, slots);
        document.set(
            "created",
            zone.write(staff.store().now().millis()).unwrap_or_default(),
        );
        let identity = &self.top.banner.identity;
        let mut all = vec![participant(
            &["Patient/", &identity.id].concat(),
            &identity.name,
            "needs-action",
        )];
        all.extend(
            plan.calendars
                .iter()
                .map(|c| participant(&c.actor, &c.name, "accepted")),
        );
        document.set("participant", all);
        document
    }
}

/// Whoever may not make appointments of this patient is told how to get one.
pub(crate) fn not_theirs() -> PageFault {
    PageFault::Refused(
        "This patient is not in your care: ask the front desk to book or change it".to_owned(),
    )
}

/// Says in an Appointment when it is.
pub(crate) fn set_time(
    document: &mut Object,
    zone: &aceso_clinic::schedule::Zone,
    span: &Span,
    slots: Vec<Value>,
) {
    document.set("start", zone.write(span.start()).unwrap_or_default());
    document.set("end", zone.write(span.end()).unwrap_or_default());
    document.set("minutesDuration", Number::from(span.minutes()));
    if slots.is_empty() {
        document.remove("slot");
    } else {
        document.set("slot", slots);
    }
}

/// Somebody or something that takes part.
pub(crate) fn participant(actor: &str, name: &str, status: &str) -> Value {
    let mut to = reference(actor);
    if let Some(object) = to.as_object_mut() {
        object.set("display", name);
    }
    Value::from([
        ("actor", to),
        ("required", Value::from("required")),
        ("status", Value::from(status)),
    ])
}

impl View for Book {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let kinds = &self.setting.types;
        let kinds = kinds.iter().map(|t| {
            Choice::new(
                t.id.clone(),
                crate::words::say("{0} ({1} min)", &[&t.name, &t.minutes]),
            )
        });
        let none = kinds.len() == 0;
        let fields = html! {
            (self.errors)
            (self.trouble)
            @if !none { (Select::new("kind", "Kind of visit", kinds.collect()).chosen(&self.typed.kind).errors(&self.errors)) }
            (self.typed.fields(&self.setting, &self.errors, Series::Offered))
            (Field::text("reason", "Reason").value(&self.typed.reason).errors(&self.errors).optional().longest(200).hint("In the patient's words; everybody who sees appointments reads it"))
            div.buttons { (Button::primary("Book")) (Link::quiet("Cancel", super::HERE)) }
            (self.trouble.offers())
        };
        let form = Form::post(csrf, [&path(id), "/appointments/new"].concat(), fields)
            .of_patient(id)
            .keep("form", &self.form);
        let list = |list: List| [&path(id), "/waitlist/new?list=", list.code()].concat();
        let acts = html! {
            (Link::secondary("Waiting list instead", list(List::Waiting)))
            (Link::quiet("Recall later", list(List::Recalls)))
        };
        let page = self
            .top
            .form(csrf, "Book an appointment", html! { div.card { (form) } })
            .acts(acts)
            .here(super::HERE)
            .layout(Layout::Column);
        if self.setting.calendars.is_empty() {
            page.notice(Banner::new(Tone::Warning, "Nobody can be booked yet").text(
                "An administrator opens calendars of people and rooms, under Administration, Calendars.",
            ))
        } else {
            page
        }
    }

    fn samples() -> Vec<Self> {
        let sample = |typed, trouble, errors| Self {
            top: Top::sample(),
            form: "f1".into(),
            setting: super::setting::sample(),
            typed,
            trouble,
            errors,
        };
        let typed = || Typed {
            day: "2026-03-05".into(),
            time: "09:30".into(),
            person: "doc".into(),
            ..Typed::default()
        };
        let weekly = Typed {
            every: "week".into(),
            times: "4".into(),
            ..typed()
        };
        vec![
            sample(Typed::default(), Trouble::default(), Errors::none()),
            sample(typed(), Trouble::sample(), Errors::none()),
            sample(
                weekly,
                Trouble::default(),
                Errors::one("times", maud::said("(what is wrong with it)")),
            ),
        ]
    }
}
