//! `/patients/{patient}/appointments/{appointment}`: one appointment, and what can be done with it.

use aceso_clinic::schedule::AppointmentStatus;
use aceso_policy::Action;
use aceso_web::page::{Button, Csrf, Facts, Form, Layout, Link, Page, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::{Markup, html};

use super::appointment::Booking;
use super::one::one;
use super::plan::when;
use super::step::{CONFIRM, NO_SHOW};
use crate::Staff;
use crate::chart::concept;
use crate::patient::save::may;
use crate::patient::top::{Top, open};

/// The page.
pub(crate) struct Show {
    top: Top,
    booking: Booking,
    version: String,
    when: String,
    cancelled: String,
    begun: Begun,
    offers: Offers,
}

/// Whether its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begun {
    /// It is on another day.
    OtherDay,
    /// Later today.
    NotYet,
    /// Today.
    Yes,
    /// On a day that has passed.
    Past,
}

/// Whether the reader changes appointments at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offers {
    Nothing,
    Changes,
    /// Also checks patients in.
    Desk,
}

/// `GET /patients/{patient}/appointments/{appointment}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let found = one(&staff, &ask).await?;
    let changes = may(&staff, &ask, Action::Update, "Appointment")?;
    let now = staff.store().now().millis();
    let page = Show {
        top: open(&staff, &ask, Vec::new()).await?.top,
        version: found.version.to_string(),
        when: when(&staff.settings().zone, &found.booking.span),
        cancelled: concept(found.document.get("cancelationReason")).unwrap_or_default(),
        begun: begun(&staff, &found.booking, now),
        offers: match (changes, may(&staff, &ask, Action::Create, "Encounter")?) {
            (true, true) => Offers::Desk,
            (true, false) => Offers::Changes,
            (false, _) => Offers::Nothing,
        },
        booking: found.booking,
    };
    Ok(Reply::page(&ask, &page))
}

fn begun(staff: &Staff, booking: &Booking, now: i64) -> Begun {
    let (zone, start) = (&staff.settings().zone, booking.span.start());
    match (now < start, zone.date(now) == zone.date(start)) {
        (true, false) => Begun::OtherDay,
        (true, true) => Begun::NotYet,
        (false, true) => Begun::Yes,
        (false, false) => Begun::Past,
    }
}

/// The status in its colour.
pub(crate) fn status_tag(status: AppointmentStatus) -> Tag {
    let tone = match status {
        AppointmentStatus::Booked | AppointmentStatus::Fulfilled => Tone::Good,
        AppointmentStatus::Arrived | AppointmentStatus::CheckedIn => Tone::Info,
        AppointmentStatus::Proposed | AppointmentStatus::Pending | AppointmentStatus::Waitlist => {
            Tone::Warning
        }
        AppointmentStatus::Cancelled
        | AppointmentStatus::NoShow
        | AppointmentStatus::EnteredInError => Tone::Danger,
    };
    Tag::new(tone, status.name())
}

impl Show {
    fn facts(&self) -> Facts {
        let booking = &self.booking;
        let mut facts = Facts::new()
            .with("When", &self.when)
            .with("What", &booking.what)
            .show("Status", html! { (status_tag(booking.status)) })
            .with("With", booking.with().join(", "));
        if booking.status.moves() {
            let said = if booking.confirmed { "Yes" } else { "Not yet" };
            facts = facts.with("Confirmed by the patient", said);
        }
        for (name, text) in [
            ("Reason", &booking.reason),
            ("Comment", &booking.comment),
            ("Cancelled because", &self.cancelled),
        ] {
            if !text.is_empty() {
                facts = facts.with(name, text);
            }
        }
        if booking.series.is_some() {
            facts = facts.with("Series", "One of several");
        }
        facts
    }

    /// Whether the patient may come now.
    fn arrives(&self) -> bool {
        self.offers == Offers::Desk
            && self.booking.status.can_become(AppointmentStatus::Arrived)
            && matches!(self.begun, Begun::NotYet | Begun::Yes)
    }

    fn acts(&self, csrf: &Csrf, own: &str) -> Markup {
        let status = self.booking.status;
        let step = |button: Button, to: &str| {
            let body = html! { (button) };
            Form::post(csrf, [own, "/status"].concat(), body)
                .of_patient(self.top.id())
                .keep("version", &self.version)
                .keep("to", to)
                .inline()
        };
        let absent = matches!(self.begun, Begun::Yes | Begun::Past)
            && status.can_become(AppointmentStatus::NoShow);
        html! {
            div.buttons.no-print {
                @if self.arrives() { (Link::primary("Check in", [own, "/check-in"].concat())) }
                @if status.moves() && !self.booking.confirmed { (step(Button::secondary("Confirmed"), CONFIRM)) }
                @if status.moves() { (Link::secondary("Move", [own, "/move"].concat())) }
                @if absent { (step(Button::secondary("Did not come"), NO_SHOW)) }
                @if status.can_become(AppointmentStatus::Cancelled) { (Link::quiet("Cancel it", [own, "/cancel"].concat())) }
            }
        }
    }
}

impl View for Show {
    fn page(&self, csrf: &Csrf) -> Page {
        let own = super::path(self.top.id(), &self.booking.id);
        let day = self.booking.span.start();
        let day = aceso_base::Instant::from_millis(day).to_fhir();
        let calendar = [super::HERE, "?day=", day.get(..10).unwrap_or_default()].concat();
        let body = html! {
            div.card {
                (self.facts())
                @if self.offers != Offers::Nothing { (self.acts(csrf, &own)) }
            }
            p.no-print { a href=(calendar) { "The day in the calendar" } }
        };
        self.top
            .form(csrf, "Appointment", body)
            .here(super::HERE)
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |(status, begun, offers)| {
            Some(Self {
                top: Top::sample(),
                booking: super::appointment::sample(status)?,
                version: "1".into(),
                when: "Wed 4 Mar 2026, 12:00–12:20".into(),
                cancelled: String::new(),
                begun,
                offers,
            })
        };
        let all = [
            (AppointmentStatus::Booked, Begun::OtherDay, Offers::Changes),
            (AppointmentStatus::Booked, Begun::NotYet, Offers::Desk),
            (AppointmentStatus::Booked, Begun::Yes, Offers::Desk),
            (AppointmentStatus::Cancelled, Begun::Yes, Offers::Nothing),
        ];
        all.into_iter().filter_map(sample).collect()
    }
}
