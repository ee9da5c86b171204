//! `/board`: who has arrived, who is in which room, who is with the clinician, who may leave; and for how long.

use aceso_clinic::schedule::{AppointmentStatus, Span, Stage, Wait, WaitBands, Zone};
use aceso_policy::Action;
use aceso_web::page::{Button, Csrf, Empty, Form, Link, Page, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::flow::{BACK, OUT};
use super::{HERE, LIVE, WATCH};
use crate::Staff;
use crate::patient::reconcile;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::may;
use crate::schedule::appointment::{Booking, Progress};
use crate::schedule::setting::{Kind, setting};

/// So many appointments of a day are looked at.
const MOST: u32 = 1000;
/// A screen without script asks again after so many seconds.
const AGAIN: u32 = 30;
/// Appointments of so many minutes ahead are expected.
const SOON: i64 = 60;
const MINUTE: i64 = 60_000;

/// The page.
pub(crate) struct Board {
    zone: Zone,
    now: i64,
    bookings: Vec<(Booking, u64)>,
    /// Id and name.
    rooms: Vec<(String, String)>,
    offers: Offers,
    bands: WaitBands,
}

/// What the reader's role does on the board; the store decides each act again.
#[derive(Clone, Copy, Debug, Default)]
struct Offers {
    /// Checks in and out.
    desk: bool,
    /// Brings into rooms.
    rooms: bool,
    /// Sees patients as a clinician.
    treats: bool,
}

/// `GET /board`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &board(&staff, &ask).await?))
}

/// `GET /board/watch`: for a screen on the wall, and for the script. It asks again by itself, and nobody's session lives on
/// by it.
pub(crate) async fn watch(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &board(&staff, &ask).await?).again(AGAIN, WATCH))
}

async fn board(staff: &Staff, ask: &Ask) -> Result<Board, PageFault> {
    let setting = setting(staff, ask).await?;
    let may = |action, kind| may(staff, ask, action, kind);
    if !may(Action::Update, "Appointment")? {
        return Err(PageFault::Missing);
    }
    let rooms = may(Action::Create, "Observation")? && may(Action::Update, "Encounter")?;
    let now = staff.store().now().millis();
    let rooms_of = setting.of(Kind::Room);
    Ok(Board {
        bookings: today(staff, ask, (&setting.zone, now), None).await?,
        rooms: rooms_of.map(|c| (c.id.clone(), c.name.clone())).collect(),
        offers: Offers {
            // Whoever treats could check in those in their care, but that is the desk's work.
            desk: may(Action::Create, "Encounter")? && (!rooms || may(Action::Create, "Coverage")?),
            rooms,
            treats: rooms && may(Action::Create, "Condition")?,
        },
        zone: setting.zone,
        now,
        bands: staff.settings().bands,
    })
}

/// Today's appointments, all of them or those of one person, with the versions that were read.
pub(crate) async fn today(
    staff: &Staff,
    ask: &Ask,
    (zone, now): (&Zone, i64),
    of: Option<&str>,
) -> Result<Vec<(Booking, u64)>, PageFault> {
    let day = zone.date(now).and_then(|date| Span::of_day(zone, date));
    let day = day.ok_or(PageFault::Missing)?;
    let wanted = day
        .utc_days()
        .into_iter()
        .map(|day| Wanted::new("Appointment").with("date", day).most(MOST))
        .map(|wanted| match of {
            Some(actor) => wanted.with("actor", actor),
            None => wanted,
        });
    let lists = searches(staff, ask, wanted.collect()).await?;
    let found = lists.into_iter().flatten().flat_map(|f| f.matches);
    let all = found.filter_map(|document| {
        let version = document.get("meta")?.str_at("versionId")?.parse().ok()?;
        Some((Booking::of(&document)?, version))
    });
    let mut all: Vec<(Booking, u64)> = all.filter(|(b, _)| day.overlaps(&b.span)).collect();
    all.sort_by_key(|(b, _)| b.span.start());
    Ok(all)
}

/// How long it is since a moment, in whole minutes.
pub(crate) fn minutes(since: i64, now: i64) -> i64 {
    (now - since).div_euclid(MINUTE).max(0)
}

/// A wait in its colour.
pub(crate) fn wait_tag(wait: Wait, minutes: i64) -> Tag {
    let said = crate::words::say("{0} min", &[&minutes]);
    match wait {
        Wait::Fine => Tag::plain(said),
        Wait::Long => Tag::new(Tone::Warning, crate::words::say("{0}, long", &[&said])),
        Wait::TooLong => Tag::new(Tone::Danger, crate::words::say("{0}, too long", &[&said])),
    }
}

impl Board {
    fn at(&self, stage: Stage) -> Vec<(&Booking, u64, Progress)> {
        let all = self.bookings.iter().filter(|(b, _)| {
            matches!(
                b.status,
                AppointmentStatus::Arrived | AppointmentStatus::CheckedIn
            )
        });
        let mut all: Vec<_> = all
            .filter_map(|(b, v)| Some((b, *v, b.progress?)))
            .filter(|(.., p)| p.stage == stage)
            .collect();
        all.sort_by_key(|(.., p)| p.since);
        all
    }

    /// Those who are late, and those who come within the hour.
    fn expected(&self) -> Vec<&Booking> {
        let soon = self.now + SOON * MINUTE;
        let all = self.bookings.iter().map(|(b, _)| b);
        all.filter(|b| b.status.moves() && b.span.start() <= soon)
            .collect()
    }

    fn clock(&self, at: i64) -> String {
        let local = self.zone.local(at);
        local.map_or_else(String::new, |l| l.strftime("%H:%M").to_string())
    }

    fn heading(&self, booking: &Booking) -> Markup {
        html! {
            p.who {
                span.time { (self.clock(booking.span.start())) } " "
                @match booking.path() {
                    Some(path) => a href=(path) { (booking.who()) },
                    None => span { (booking.who()) },
                }
            }
            p.small.soft { (booking.what) @if !booking.with().is_empty() { " · " (booking.with().join(", ")) } }
        }
    }

    fn waiting(
        &self,
        csrf: &Csrf,
        (booking, version, progress): (&Booking, u64, Progress),
    ) -> Markup {
        let here = minutes(progress.since, self.now);
        let whole = minutes(progress.arrived, self.now);
        html! {
            li {
                (self.heading(booking))
                p.tags {
                    (wait_tag(self.bands.band(progress.stage, here), here))
                    @if whole != here { " " span.small.soft { "here since " (self.clock(progress.arrived)) } }
                }
                (self.acts(csrf, booking, version, progress.stage))
            }
        }
    }

    fn acts(&self, csrf: &Csrf, booking: &Booking, version: u64, stage: Stage) -> Markup {
        let (Some(path), Some((patient, _))) = (booking.path(), &booking.patient) else {
            return Markup::default();
        };
        let step = |to: &str, body: Markup| {
            Form::post(csrf, [&path, "/flow"].concat(), body)
                .of_patient(patient)
                .keep("version", version.to_string())
                .keep("to", to)
                .inline()
        };
        let press = |label: &'static str| html! { (Button::secondary(label).of(booking.who().into_owned()).small()) };
        let go = |to: Stage, label: &'static str| step(to.code(), press(label));
        let Offers {
            desk,
            rooms,
            treats,
        } = self.offers;
        html! {
            div.row.no-print {
                @match stage {
                    Stage::Arrived => {
                        @if rooms { (step(Stage::InRoom.code(), self.room(booking))) }
                        @if treats { (go(Stage::WithClinician, "With me")) }
                        @if desk { (step(BACK, press("Not here after all"))) }
                    }
                    Stage::InRoom => {
                        @if treats { (go(Stage::WithClinician, "With me")) }
                        @if rooms { (self.rooming(booking, patient)) (go(Stage::Arrived, "Back to waiting")) }
                    }
                    Stage::WithClinician => { @if treats { (go(Stage::Done, "Done")) } }
                    Stage::Done => { @if desk { (step(OUT, press("Check out"))) (self.again(patient)) } }
                }
            }
        }
    }

    /// What is done in a room before the clinician comes.
    fn rooming(&self, booking: &Booking, patient: &str) -> Markup {
        let base = crate::patient::path(patient);
        let way = |label: &'static str, end: &str| {
            let way = Link::quiet(label, [&base, end].concat());
            way.of(booking.who().into_owned()).small()
        };
        html! { (way("Vital signs", "/vitals/new")) (way("Medication", reconcile::PAGE)) }
    }

    fn again(&self, patient: &str) -> Markup {
        let to = [&crate::patient::path(patient), "/appointments/new"].concat();
        html! { (Link::quiet("Book the next", to).small()) }
    }

    /// Which room.
    fn room(&self, booking: &Booking) -> Markup {
        let own = |name: &str| booking.with().contains(&name);
        html! {
            select.short name="room" aria-label={ "Room for " (booking.who()) } {
                @for (id, name) in &self.rooms { option value=(id) selected[own(name)] { (name) } }
            }
            (Button::secondary("Into the room").of(booking.who().into_owned()).small())
        }
    }

    fn late(&self, booking: &Booking) -> Markup {
        let late = minutes(booking.span.start(), self.now);
        html! {
            li {
                (self.heading(booking))
                @if booking.span.start() < self.now && late > 0 { p.tags { (Tag::new(Tone::Warning, crate::words::say("{0} min late", &[&late]))) } }
                @if self.offers.desk && let Some(path) = booking.path() {
                    div.row.no-print { (Link::secondary("Check in", [&path, "/check-in"].concat()).small()) }
                }
            }
        }
    }

    fn lane(&self, csrf: &Csrf, stage: Stage) -> Markup {
        let all = self.at(stage);
        html! {
            section.lane {
                h2 { (maud::words(stage.name())) " " span.soft.small { (all.len()) } }
                ol { @for one in all { (self.waiting(csrf, one)) } }
            }
        }
    }

    /// The rooms, and who is in them.
    fn places(&self) -> Markup {
        let inside: Vec<_> = [Stage::InRoom, Stage::WithClinician]
            .into_iter()
            .flat_map(|s| self.at(s))
            .collect();
        html! {
            @if !self.rooms.is_empty() {
                section.card.compact {
                    h2 { "Rooms" }
                    ul.rooms {
                        @for (_, name) in &self.rooms {
                            @let who = inside.iter().find(|(b, ..)| b.with().contains(&name.as_str()));
                            li { strong { (name) } " " @match who { Some((b, ..)) => (b.who()), None => span.soft { "free" } } }
                        }
                    }
                }
            }
        }
    }
}

impl View for Board {
    fn page(&self, csrf: &Csrf) -> Page {
        let expected = self.expected();
        let ended = self.bookings.iter();
        let ended = ended.filter(|(b, _)| b.status == AppointmentStatus::Fulfilled);
        let body = html! {
            div.stack id="board" data-live=(LIVE) data-part=(WATCH) {
                p.soft.small { "As of " (self.clock(self.now)) " · " (ended.count()) " done today" }
                @if self.bookings.is_empty() {
                    (Empty::new("Nobody today", "Appointments of today appear here.").way(Link::secondary("To the calendar", crate::schedule::HERE)))
                }
                div.lanes {
                    section.lane {
                        h2 { "Expected " span.soft.small { (expected.len()) } }
                        ol { @for one in expected { (self.late(one)) } }
                    }
                    @for stage in Stage::ALL { (self.lane(csrf, stage)) }
                }
                (self.places())
            }
            noscript { p { a href=(WATCH) { "Keep this page up to date by itself" } } }
        };
        Page::new("Board", body).here(HERE)
    }

    fn samples() -> Vec<Self> {
        let sample = |statuses: &[AppointmentStatus], offers| {
            let all = statuses.iter();
            let all = all.filter_map(|s| crate::schedule::appointment::sample(*s));
            Self {
                zone: Zone::utc(),
                now: 1_772_625_600_000 + 20 * MINUTE,
                bookings: all.map(|b| (b, 1)).collect(),
                rooms: vec![("room".into(), "Room 1".into())],
                offers,
                bands: WaitBands::default(),
            }
        };
        let (here, booked) = (AppointmentStatus::Arrived, AppointmentStatus::Booked);
        let nurse = Offers {
            rooms: true,
            treats: true,
            desk: false,
        };
        let desk = Offers {
            desk: true,
            ..Offers::default()
        };
        vec![
            sample(&[here, booked], nurse),
            sample(&[here, booked, AppointmentStatus::Fulfilled], desk),
            sample(&[], Offers::default()),
        ]
    }
}
