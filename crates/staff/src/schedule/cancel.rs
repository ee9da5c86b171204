//! `/patients/{patient}/appointments/{appointment}/cancel`: with a reason; of a series one, or this and all later ones.

use aceso_clinic::schedule::AppointmentStatus;
use aceso_web::page::{
    Button, Choice, Choices, Csrf, Errors, Field, Form, Layout, Link, Page, Select, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::appointment::{Booking, SERIES};
use super::one::{One, one};
use super::plan::when;
use super::release::{change, release};
use super::step::{cannot, overtaken};
use crate::Staff;
use crate::chart::write::{coded, coding};
use crate::find::escaped;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::{begin, refused};
use crate::patient::top::{Top, open};

/// Why (HL7 appointment-cancellation-reason).
const REASONS: [(&str, &str); 5] = [
    ("", "Choose one"),
    ("pat", "The patient cannot or will not come"),
    ("prov", "Whoever treats cannot"),
    ("maint", "The room or a device is out of order"),
    ("other", "Something else"),
];
const REASON_SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason";

/// The form.
pub(crate) struct Cancel {
    top: Top,
    id: String,
    version: String,
    when: String,
    what: String,
    series: bool,
    why: String,
    words: String,
    which: String,
    errors: Errors,
}

impl Cancel {
    fn of(staff: &Staff, top: Top, found: &One) -> Self {
        let booking = &found.booking;
        Self {
            top,
            id: booking.id.clone(),
            version: found.version.to_string(),
            when: when(&staff.settings().zone, &booking.span),
            what: booking.what.clone(),
            series: booking.series.is_some(),
            why: String::new(),
            words: String::new(),
            which: "this".to_owned(),
            errors: Errors::none(),
        }
    }
}

async fn opened(staff: &Staff, ask: &Ask) -> Result<(Top, One), PageFault> {
    let found = one(staff, ask).await?;
    if !found
        .booking
        .status
        .can_become(AppointmentStatus::Cancelled)
    {
        return Err(cannot(found.booking.status));
    }
    Ok((open(staff, ask, Vec::new()).await?.top, found))
}

/// `GET …/cancel`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (top, found) = opened(&staff, &ask).await?;
    Ok(Reply::page(&ask, &Cancel::of(&staff, top, &found)))
}

/// `POST …/cancel`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["version", "why", "words", "which"].map(Take::One))?;
    let (top, found) = opened(&staff, &ask).await?;
    let mut page = Cancel::of(&staff, top, &found);
    if fields.one("version") != page.version {
        return Err(overtaken());
    }
    page.why = fields.one("why").to_owned();
    page.words = fields.trimmed("words").to_owned();
    if page.series {
        page.which = fields.one("which").to_owned();
    }
    page.check();
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let mut all = vec![found];
    if page.which == "later"
        && let Some(first) = all.first()
    {
        let later = later(&staff, &ask, &first.booking).await?;
        all.extend(later);
    }
    let mut tx = begin(&staff, &ask)?;
    for one in all {
        let mut document = one.document;
        if let Some(object) = document.as_object_mut() {
            object.set("status", AppointmentStatus::Cancelled.code());
            object.set("cancelationReason", page.reason());
            object.remove("slot");
        }
        release(&mut tx, &one.booking).await?;
        change(&mut tx, &one.booking.id, document, one.version).await?;
    }
    tx.commit().await.map_err(refused)?;
    let to = super::path(ask.of_patient()?, &page.id);
    Ok(Reply::to(Local::with(&to, &[])))
}

/// The later appointments of a series that can still be cancelled.
async fn later(staff: &Staff, ask: &Ask, first: &Booking) -> Result<Vec<One>, PageFault> {
    let Some(series) = &first.series else {
        return Ok(Vec::new());
    };
    let after = aceso_base::Instant::from_millis(first.span.start()).to_fhir();
    let wanted = Wanted::new("Appointment")
        .with("identifier", [SERIES, "|", &escaped(series)].concat())
        .with("patient", ["Patient/", ask.of_patient()?].concat())
        .with("date", ["gt", &after].concat())
        .most(100);
    let found = searches(staff, ask, vec![wanted]).await?;
    let found = found.into_iter().flatten().flat_map(|f| f.matches);
    let all = found.filter_map(|document| {
        let version = document.get("meta")?.str_at("versionId")?.parse().ok()?;
        Some(One {
            booking: Booking::of(&document)?,
            document,
            version,
        })
    });
    Ok(all
        .filter(|one| one.booking.status.moves() && one.booking.id != first.id)
        .collect())
}

impl Cancel {
    fn check(&mut self) {
        let known = REASONS.iter().any(|(c, _)| !c.is_empty() && *c == self.why);
        if !known {
            self.errors.add("why", "Choose why");
        }
        if self.why == "other" && self.words.is_empty() {
            self.errors.add("words", "Say why, in a few words");
        }
        if self.words.chars().count() > 200 {
            self.errors.add("words", "At most 200 letters");
        }
        if !["this", "later"].contains(&self.which.as_str()) {
            self.errors.add("which", "Choose which ones");
        }
    }

    fn reason(&self) -> aceso_fhir::Value {
        let said = REASONS.iter().find(|(code, _)| *code == self.why);
        let said = said.map_or("", |(_, said)| *said);
        let text = if self.words.is_empty() {
            said
        } else {
            &self.words
        };
        coded(coding(REASON_SYSTEM, &self.why, ""), text)
    }
}

impl View for Cancel {
    fn page(&self, csrf: &Csrf) -> Page {
        let (id, own) = (self.top.id(), super::path(self.top.id(), &self.id));
        let reasons = REASONS.iter().map(|(c, n)| Choice::new(*c, *n)).collect();
        let which = vec![
            Choice::new("this", "This one"),
            Choice::new("later", "This one and all later ones of the series"),
        ];
        let fields = html! {
            (self.errors)
            p { strong { (self.when) } " · " (self.what) }
            (Select::new("why", "Why", reasons).chosen(&self.why).errors(&self.errors))
            (Field::text("words", "In words").value(&self.words).errors(&self.errors).optional().longest(200))
            @if self.series { (Choices::one("which", "Which", which).chosen([self.which.as_str()]).errors(&self.errors)) }
            div.buttons { (Button::danger("Cancel the appointment")) (Link::quiet("Keep it", &own)) }
        };
        let form = Form::post(csrf, [&own, "/cancel"].concat(), fields)
            .of_patient(id)
            .keep("version", &self.version);
        self.top
            .form(csrf, "Cancel an appointment", html! { div.card { (form) } })
            .here(super::HERE)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |series, errors| Self {
            top: Top::sample(),
            id: "a1".into(),
            version: "1".into(),
            when: "Wed 4 Mar 2026, 12:00–12:20".into(),
            what: "Check-up".into(),
            series,
            why: String::new(),
            words: String::new(),
            which: "this".into(),
            errors,
        };
        vec![
            sample(true, Errors::none()),
            sample(false, Errors::one("why", "Choose why")),
        ]
    }
}
