//! `/patients/{patient}/appointments/{appointment}`: one appointment, and what can be done with it.

use aceso_clinic::schedule::AppointmentStatus;
use aceso_policy::Action;
use aceso_web::page::{
    Button, Card, Csrf, Entries, Entry, Facts, Form, Layout, Link, Page, Tag, Tone, View,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::appointment::Booking;
use super::one::one;
use super::plan::when;
use super::setting::{Kind, is_patients, setting};
use super::step::{CONFIRM, NO_SHOW};
use super::wish::{self, List, waiting_for};
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
    /// Who waits for the time that became free: name and where it is booked for them.
    waiting: Vec<(String, String)>,
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
        waiting: waiting(&staff, &ask, &found.booking).await?,
        booking: found.booking,
    };
    Ok(Reply::page(&ask, &page))
}

/// Who waits for the time of a cancelled appointment that has not come yet.
async fn waiting(
    staff: &Staff,
    ask: &Ask,
    freed: &Booking,
) -> Result<Vec<(String, String)>, PageFault> {
    let gone = matches!(
        freed.status,
        AppointmentStatus::Cancelled | AppointmentStatus::NoShow
    );
    if !gone || freed.span.start() <= staff.store().now().millis() || is_patients(ask)? {
        return Ok(Vec::new());
    }
    let setting = setting(staff, ask).await?;
    let at = wish::at(&setting, &freed.span);
    let id = |kind| {
        let calendar = setting.of_actor(kind, &freed.actors);
        calendar.map_or("", |c| c.id.as_str())
    };
    let said = [
        ("at", at.as_str()),
        ("person", id(Kind::Person)),
        ("room", id(Kind::Room)),
    ];
    let all = waiting_for(staff, ask, &setting, freed).await?;
    let each = all.iter().map(|wish| {
        let what = [&wish.patient.1, ": ", &wish.what].concat();
        (what, Local::with(&wish.path(), &said).as_str().to_owned())
    });
    Ok(each.collect())
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
            let said = aceso_web::page::words(if booking.confirmed { "Yes" } else { "Not yet" });
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
            facts = facts.with("Series", aceso_web::page::words("One of several"));
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
            @if !self.waiting.is_empty() {
                (Card::new("Who waits for such a time", html! {
                    p { "The time is free now. Offer it, the one that waits longest first:" }
                    (Entries::new(self.waiting.iter().map(|(who, to)| Entry::new(who).to(to)).collect()))
                }).act("All", " who wait", List::Waiting.path()))
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
                waiting: vec![(
                    "Bea Other: Check-up".into(),
                    "/patients/p2/waitlist/w1".into(),
                )],
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
