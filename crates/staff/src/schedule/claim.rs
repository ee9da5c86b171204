//! Taking time: what is booked at the same time for the same people and rooms is found within the transaction that books,
//! and is what must still be true when it is committed. So of many who book the same time at once, one gets it.
//!
//! Time is taken as busy Slots, which say nothing of the patient: also who may not know of an appointment sees that its
//! time is gone. Appointments that came by other ways than these pages, without Slots, are looked at too.

use aceso_clinic::schedule::{Search, Span, Zone, free_times};
use aceso_fhir::search::{Options, Query, parse_pairs};
use aceso_fhir::{Object, Value};
use aceso_policy::Purpose;
use aceso_store::{Stored, Tx, WriteError};
use aceso_web::site::{Ask, PageFault};

use super::appointment::Booking;
use super::setting::Calendar;
use crate::Staff;
use crate::chart::write::{reference, resource};
use crate::fault::unreadable;
use crate::find::{document, search};
use crate::patient::save::{checked, refused};

/// The longest an appointment or another busy time can last: what began earlier is not looked for.
const LONGEST_MILLIS: i64 = 86_400_000;
/// So many free times are offered, within so many weeks.
const OFFERED: usize = 3;
const WEEKS: u32 = 9;
/// Offered times begin at quarters of an hour.
const STEP: u32 = 15;

/// Whose time is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wants<'a> {
    /// People and rooms.
    pub(crate) calendars: Vec<&'a Calendar>,
    /// The patient's id: nobody is in two places.
    pub(crate) patient: &'a str,
    /// The appointment that moves: it does not stand in its own way.
    pub(crate) own: Option<&'a Booking>,
}

/// What is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) span: Span,
    /// Whose time it is: a name of a calendar, or the patient's.
    pub(crate) whose: String,
    /// What it is, as far as the reader may know.
    pub(crate) what: String,
    /// Its page.
    pub(crate) path: Option<String>,
}

/// What is booked around a span.
#[derive(Debug, Default)]
struct Around {
    appointments: Vec<Booking>,
    /// Busy spans with the ids of their Schedules.
    slots: Vec<(String, Span)>,
}

impl Wants<'_> {
    /// Whether something is in the way of a span. That nothing else comes is part of what must still be true at commit.
    pub(crate) async fn is_taken(&self, tx: &mut Tx, span: &Span) -> Result<bool, WriteError> {
        let mut around = Around::default();
        let found = tx
            .all_matches(&query("Appointment", &self.appointments(span))?)
            .await?;
        around.appointments = found.iter().filter_map(booking).collect();
        if !self.calendars.is_empty() {
            let found = tx.all_matches(&query("Slot", &self.slots(span))?).await?;
            around.slots = self.others(&found);
        }
        Ok(!self.in_the_way(span, &around).is_empty())
    }

    /// What is in the way of a span, as the reader may see it.
    pub(crate) async fn taken(
        &self,
        staff: &Staff,
        ask: &Ask,
        span: &Span,
    ) -> Result<Vec<Taken>, PageFault> {
        let around = self.around(staff, ask, span).await?;
        Ok(self.in_the_way(span, &around))
    }

    /// The next times at which everybody is free.
    pub(crate) async fn free(
        &self,
        staff: &Staff,
        ask: &Ask,
        wanted: &Span,
    ) -> Result<Vec<Span>, PageFault> {
        let zone = &staff.settings().zone;
        let weeks: Vec<_> = self.calendars.iter().map(|c| &c.week).collect();
        let mut from = wanted.start().max(staff.store().now().millis());
        let mut all = Vec::new();
        for _ in 0..WEEKS {
            let end = from.saturating_add(7 * LONGEST_MILLIS);
            let Some(horizon) = Span::new(from, end) else {
                break;
            };
            let around = self.around(staff, ask, &horizon).await?;
            let own = |b: &&Booking| self.own.is_some_and(|own| own.id == b.id);
            let mut taken: Vec<Span> = around.slots.iter().map(|(_, span)| *span).collect();
            taken.extend(
                around
                    .appointments
                    .iter()
                    .filter(|b| !own(b))
                    .map(|b| b.span),
            );
            let search = Search {
                zone,
                from,
                minutes: u32::try_from(wanted.minutes()).unwrap_or(0),
                step: STEP,
                days: 7,
                count: OFFERED,
            };
            let fits = |s: &Span| s.end() <= end;
            all.extend(free_times(search, &weeks, &taken).into_iter().filter(fits));
            all.dedup();
            if all.len() >= OFFERED {
                break;
            }
            from = end;
        }
        all.truncate(OFFERED);
        Ok(all)
    }

    fn in_the_way(&self, span: &Span, around: &Around) -> Vec<Taken> {
        let mut found: Vec<Taken> = around
            .appointments
            .iter()
            .flat_map(|b| self.by(b))
            .collect();
        for (schedule, busy) in &around.slots {
            let Some(calendar) = self.calendars.iter().find(|c| c.id == *schedule) else {
                continue;
            };
            // The Slot of an appointment that is known already.
            let told = |t: &Taken| t.span == *busy && t.whose == calendar.name;
            if !found.iter().any(told) {
                found.push(Taken {
                    span: *busy,
                    whose: calendar.name.clone(),
                    what: crate::words::known("Busy"),
                    path: None,
                });
            }
        }
        found.retain(|t| t.span.overlaps(span));
        found.sort_by_key(|t| t.span.start());
        found
    }

    fn by(&self, booking: &Booking) -> Vec<Taken> {
        if self.own.is_some_and(|own| own.id == booking.id) {
            return Vec::new();
        }
        let what = [&*booking.who(), ": ", &booking.what].concat();
        let one = |whose: &str| Taken {
            span: booking.span,
            whose: whose.to_owned(),
            what: what.clone(),
            path: booking.path(),
        };
        let here = |c: &&&Calendar| booking.actors.iter().any(|(a, _)| *a == c.actor);
        let calendars = self.calendars.iter().filter(here);
        let mut all: Vec<Taken> = calendars.map(|c| one(&c.name)).collect();
        if booking.is_of(self.patient) {
            all.push(one(&crate::words::known("The patient")));
        }
        all
    }

    fn appointments(&self, span: &Span) -> Pairs {
        let mut actors: Vec<String> = self.calendars.iter().map(|c| c.actor.clone()).collect();
        actors.push(["Patient/", self.patient].concat());
        let mut pairs = window("date", span);
        pairs.push(("actor", actors.join(",")));
        pairs
    }

    fn slots(&self, span: &Span) -> Pairs {
        let all = self.calendars.iter();
        let schedules: Vec<String> = all.map(|c| ["Schedule/", &c.id].concat()).collect();
        let mut pairs = window("start", span);
        pairs.push(("schedule", schedules.join(",")));
        pairs
    }

    fn others(&self, slots: &[Stored]) -> Vec<(String, Span)> {
        let own = |id: &String| self.own.is_some_and(|own| own.slots.contains(id));
        slots
            .iter()
            .filter(|s| !own(&s.id))
            .filter_map(|s| busy(&document(s).ok()?))
            .collect()
    }

    async fn around(&self, staff: &Staff, ask: &Ask, span: &Span) -> Result<Around, PageFault> {
        let find = async |kind: &'static str, pairs: Pairs| {
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let most = [pairs.as_slice(), &[("_count", "1000")]].concat();
            search(staff, ask, Purpose::Treatment, kind, &most)
                .await
                .map_err(unreadable)
        };
        let found = find("Appointment", self.appointments(span)).await?;
        let slots = if self.calendars.is_empty() {
            Vec::new()
        } else {
            self.others(&find("Slot", self.slots(span)).await?)
        };
        Ok(Around {
            appointments: found.iter().filter_map(booking).collect(),
            slots,
        })
    }

    /// Takes the span: Slots, and the references to them.
    pub(crate) fn take(
        &self,
        staff: &Staff,
        tx: &mut Tx,
        span: &Span,
    ) -> Result<Vec<Value>, PageFault> {
        let mut all = Vec::new();
        for calendar in &self.calendars {
            let id = staff.store().new_id();
            let slot = slot(&staff.settings().zone, &calendar.id, span);
            tx.create(&id, checked(slot)?).map_err(refused)?;
            all.push(reference(["Slot/", &id].concat()));
        }
        Ok(all)
    }
}

type Pairs = Vec<(&'static str, String)>;

/// An appointment that takes time; its status is not searched by, as a Slot's is not.
fn booking(stored: &Stored) -> Option<Booking> {
    Booking::of(&document(stored).ok()?).filter(|b| b.status.takes_time())
}

/// Those of a Slot that stands for no appointment.
pub(super) const BLOCKED: &str = "busy-unavailable,busy-tentative";

/// The statuses of a Slot whose time is gone.
const BUSY: [&str; 3] = ["busy", "busy-unavailable", "busy-tentative"];

/// The Schedule and span of a Slot whose time is gone. Searches do not ask for its status: nearly all Slots have the one that is
/// looked for, and going through all of those costs more than leaving a few out here.
pub(super) fn busy(slot: &Value) -> Option<(String, Span)> {
    slot.str_at("status").filter(|s| BUSY.contains(s))?;
    let schedule = slot.get("schedule")?.str_at("reference")?;
    let start = super::appointment::millis(slot.str_at("start")?)?;
    let end = super::appointment::millis(slot.str_at("end")?)?;
    let id = schedule.strip_prefix("Schedule/")?;
    Some((id.to_owned(), Span::new(start, end)?))
}

/// A busy Slot.
pub(super) fn slot(zone: &Zone, schedule: &str, span: &Span) -> Object {
    let mut slot = resource("Slot");
    slot.set("schedule", reference(["Schedule/", schedule].concat()));
    slot.set("status", "busy");
    slot.set("start", zone.write(span.start()).unwrap_or_default());
    slot.set("end", zone.write(span.end()).unwrap_or_default());
    slot
}

/// What may begin early enough, and not too late, to overlap a span.
fn window(name: &'static str, span: &Span) -> Pairs {
    let early = Span::new(span.start().saturating_sub(LONGEST_MILLIS), span.end());
    vec![(name, early.unwrap_or(*span).utc_days().join(","))]
}

fn query(kind: &'static str, pairs: &[(&str, String)]) -> Result<Query, WriteError> {
    let pairs: Vec<(String, String)> = pairs
        .iter()
        .map(|(n, v)| ((*n).to_owned(), v.clone()))
        .collect();
    parse_pairs(Some(kind), &pairs, &Options::default())
        .map_err(|error| WriteError::BadQuery(format!("{kind}: {error}")))
}
