//! `/patients/{patient}/appointments/{appointment}/check-in`: the patient is here. Makes the visit, and gives it to those
//! who will treat the patient: their charts open to them with it.

use aceso_clinic::schedule::{AppointmentStatus, Stage};
use aceso_policy::Action;
use aceso_web::page::{Button, Choice, Csrf, Errors, Form, Layout, Link, Page, Select, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::visit::arrived;
use crate::Staff;
use crate::chart::person::name;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::{Saved, add, begin, commit, form_id, may};
use crate::patient::top::{Top, open};
use crate::schedule::appointment::{Progress, set_progress};
use crate::schedule::one::{One, one};
use crate::schedule::plan::when;
use crate::schedule::release::change;
use crate::schedule::step::{cannot, overtaken};

/// The form.
pub(crate) struct CheckIn {
    top: Top,
    form: String,
    id: String,
    version: String,
    when: String,
    with: String,
    nurses: Vec<(String, String)>,
    nurse: String,
    errors: Errors,
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<(CheckIn, One), PageFault> {
    if !may(staff, ask, Action::Create, "Encounter")? {
        return Err(PageFault::Missing);
    }
    let found = one(staff, ask).await?;
    let booking = &found.booking;
    if !booking.status.can_become(AppointmentStatus::Arrived) {
        return Err(cannot(booking.status));
    }
    let zone = &staff.settings().zone;
    let now = staff.store().now().millis();
    if zone.date(now) != zone.date(booking.span.start()) {
        let text = crate::words::say(
            "This appointment is not today: {0}",
            &[&when(zone, &booking.span)],
        );
        return Err(PageFault::Refused(text));
    }
    let page = CheckIn {
        top: open(staff, ask, Vec::new()).await?.top,
        form: staff.store().new_id(),
        id: booking.id.clone(),
        version: found.version.to_string(),
        when: when(zone, &booking.span),
        with: booking.with().join(", "),
        nurses: nurses(staff, ask).await?,
        nurse: String::new(),
        errors: Errors::none(),
    };
    Ok((page, found))
}

/// Those whose role is a nurse's: reference and name.
async fn nurses(staff: &Staff, ask: &Ask) -> Result<Vec<(String, String)>, PageFault> {
    let wanted = Wanted::new("PractitionerRole")
        .with("active", "true")
        .with("role", "nurse")
        .with("_include", "PractitionerRole:practitioner")
        .most(100);
    let found = searches(staff, ask, vec![wanted]).await?;
    let Some(found) = found.into_iter().flatten().next() else {
        return Ok(Vec::new());
    };
    let all = found.matches.iter().filter_map(|role| {
        let who = role.get("practitioner");
        let reference = who?.str_at("reference")?.to_owned();
        Some((reference, found.target(who).map(name)?))
    });
    let mut all: Vec<(String, String)> = all.collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(all)
}

/// `GET …/check-in`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (page, _) = opened(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST …/check-in`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["form", "version", "nurse"].map(Take::One))?;
    let (mut page, found) = opened(&staff, &ask).await?;
    if fields.one("version") != page.version {
        return Err(overtaken());
    }
    page.form = form_id(&staff, fields.one("form"));
    page.nurse = fields.one("nurse").to_owned();
    if !page.nurse.is_empty() && page.nurses.iter().all(|(who, _)| *who != page.nurse) {
        page.errors.add("nurse", "Choose a nurse of the list");
        return Ok(Reply::wrong(&ask, &page));
    }
    let now = staff.store().now().millis();
    let One {
        booking,
        mut document,
        version,
    } = found;
    let actors = booking.actors.iter().map(|(actor, _)| actor);
    let mut treat: Vec<String> = actors
        .filter(|a| a.starts_with("Practitioner"))
        .cloned()
        .collect();
    treat.extend(Some(page.nurse.clone()).filter(|n| !n.is_empty()));
    let visit = arrived(&staff.settings().zone, &document, &booking, &treat, now);
    let mut tx = begin(&staff, &ask)?;
    add(&staff, &mut tx, &page.form, vec![visit])?;
    if let Some(object) = document.as_object_mut() {
        object.set("status", AppointmentStatus::Arrived.code());
        let progress = Progress {
            stage: Stage::Arrived,
            since: now,
            arrived: now,
        };
        set_progress(object, Some(progress));
    }
    change(&mut tx, &booking.id, document, version).await?;
    match commit(&staff, &ask, tx, ("Encounter", &page.form)).await? {
        Saved::Done => Ok(Reply::to(Local::with(super::HERE, &[]))),
        Saved::Overtaken => Err(overtaken()),
    }
}

impl View for CheckIn {
    fn page(&self, csrf: &Csrf) -> Page {
        let own = crate::schedule::path(self.top.id(), &self.id);
        let first = Choice::new("", "Whoever is free");
        let nurses = self.nurses.iter().map(|(r, n)| Choice::new(r, n));
        let nurses: Vec<Choice> = std::iter::once(first).chain(nurses).collect();
        let fields = html! {
            (self.errors)
            p { strong { (self.when) } @if !self.with.is_empty() { " · " (self.with) } }
            p { "Ask for the name and the birth date, and compare them with those above." }
            @if !self.nurses.is_empty() {
                (Select::new("nurse", "Nurse", nurses).chosen(&self.nurse).errors(&self.errors).hint("The chart opens to who is chosen here"))
            }
            div.buttons { (Button::primary("The patient is here")) (Link::quiet("Not yet", &own)) }
        };
        let form = Form::post(csrf, [&own, "/check-in"].concat(), fields)
            .of_patient(self.top.id())
            .keep("form", &self.form)
            .keep("version", &self.version);
        self.top
            .form(csrf, "Check in", html! { div.card { (form) } })
            .here(super::HERE)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |nurses, errors| Self {
            top: Top::sample(),
            form: "f1".into(),
            id: "a1".into(),
            version: "1".into(),
            when: "Wed 4 Mar 2026, 12:00–12:20".into(),
            with: "Dr. Doc".into(),
            nurses,
            nurse: String::new(),
            errors,
        };
        let nora = || vec![("Practitioner/nora".to_owned(), "Nora Quinn".to_owned())];
        vec![
            sample(nora(), Errors::none()),
            sample(Vec::new(), Errors::none()),
            sample(nora(), Errors::one("nurse", "Choose a nurse of the list")),
        ]
    }
}
