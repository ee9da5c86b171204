//! No double booking, also over FHIR: an Appointment that takes time which is taken already is refused, by the rule of
//! the clinic's own calendar. Time is taken of the patient, and of people and rooms with an active Schedule; by
//! Appointments, and by busy Slots that the Appointment does not name.
//!
//! What the console and the program itself bring in (imports, the demonstration) is history, and is taken as it is.

use aceso_clinic::schedule::{AppointmentStatus, Span};
use aceso_fhir::Value;
use aceso_fhir::outcome::{Code, Issue};
use aceso_fhir::search::{Options, Query, date_span, parse_pairs};
use aceso_policy::Who;
use aceso_store::{Stored, Tx, WriteError};
use http::StatusCode;

use crate::answer::own;
use crate::problem::{Answered, Problem};

/// The type that is looked at.
pub(crate) const APPOINTMENT: &str = "Appointment";
/// The longest that a booking can last: what began earlier is not looked for.
const LONGEST_MILLIS: i64 = 86_400_000;
/// An Appointment that tells no end takes so long, as in the calendar.
const UNTOLD_MINUTES: u32 = 15;
/// The rule's name in answers.
const RULE: &str = "no-double-booking";

/// An Appointment that takes time.
struct Booking {
    id: String,
    span: Span,
    /// `Patient/x` with the place of each in the Appointment.
    actors: Vec<(usize, String)>,
    slots: Vec<String>,
}

impl Booking {
    /// From an Appointment; none for one that takes no time.
    fn of(document: &Value) -> Option<Self> {
        let status = AppointmentStatus::parse(document.str_at("status")?)?;
        if !status.takes_time() {
            return None;
        }
        let moment = |name| date_span(document.str_at(name)?).map(|(first, _)| first);
        let start = moment("start")?;
        let told = document.get("minutesDuration").and_then(Value::as_number);
        let minutes = told.and_then(|n| u32::try_from(n.to_i64()?).ok());
        let span = moment("end").and_then(|end| Span::new(start, end));
        let span = span.or_else(|| Span::of_minutes(start, minutes.unwrap_or(UNTOLD_MINUTES)))?;
        let all = document.items_at("participant").iter().enumerate();
        let comes = all.filter(|(_, p)| p.str_at("status") != Some("declined"));
        let actors = comes.filter_map(|(at, p)| {
            let actor = p.get("actor")?.str_at("reference")?;
            Some((at, actor.to_owned()))
        });
        let slots = document.items_at("slot").iter();
        Some(Self {
            id: document.id()?.to_owned(),
            span,
            actors: actors.collect(),
            slots: slots
                .filter_map(|s| s.str_at("reference").map(str::to_owned))
                .collect(),
        })
    }

    fn has(&self, actor: &str) -> bool {
        self.actors.iter().any(|(_, a)| a == actor)
    }
}

/// Refuses what a transaction would book on time that is taken. What is looked at must still be so at the commit.
pub(crate) async fn check(tx: &mut Tx) -> Answered<()> {
    match tx.caller().who {
        Who::Person(_) | Who::Client(_) => {}
        Who::Operator | Who::Job(_) => return Ok(()),
    }
    let written: Answered<Vec<Value>> = tx.written(APPOINTMENT).map(|s| own(&s.body)).collect();
    let bookings: Vec<Booking> = written?.iter().filter_map(Booking::of).collect();
    for (at, booking) in bookings.iter().enumerate() {
        let calendars = calendars(tx, booking).await?;
        let exclusive = |actor: &str| {
            actor.starts_with("Patient/") || calendars.iter().any(|(_, whose)| whose == actor)
        };
        let mut taken = around(tx, booking, &calendars).await?;
        // Its own earlier version: what it had, it keeps.
        let before = taken.iter().position(|b| b.id == booking.id);
        let before = before.map(|at| taken.swap_remove(at));
        let slots = busy(tx, booking, before.as_ref(), &calendars).await?;
        taken.retain(|b| bookings.iter().all(|new| new.id != b.id));
        let siblings = bookings.iter().take(at);
        let others = taken.iter().chain(siblings);
        for (place, actor) in booking.actors.iter().filter(|(_, a)| exclusive(a)) {
            let had = |b: &Booking| b.span.covers(&booking.span) && b.has(actor);
            if before.as_ref().is_some_and(had) {
                continue;
            }
            let mut clashes = others.clone().filter(|b| b.has(actor)).map(|b| b.span);
            let clash = clashes.find(|span| span.overlaps(&booking.span));
            let mut slots = slots.iter().filter(|(whose, _)| whose == actor);
            let clash = clash.or_else(|| slots.next().map(|(_, span)| *span));
            if let Some(span) = clash {
                return Err(refusal(*place, actor, &span));
            }
        }
    }
    Ok(())
}

fn refusal(place: usize, actor: &str, span: &Span) -> Problem {
    let clock = |at| aceso_base::Instant::from_millis(at).to_fhir();
    let text = format!(
        "{actor} is booked already from {} to {}",
        clock(span.start()),
        clock(span.end())
    );
    let issue = Issue::error(Code::Conflict, text)
        .at(format!("Appointment.participant[{place}].actor"))
        .fix("Choose another time, or another participant: free time is what no busy Slot of the participant's Schedule and no other Appointment of theirs covers.")
        .rule(RULE);
    Problem::of(StatusCode::CONFLICT, issue)
}

/// The active Schedules of those who take part: reference of the Schedule, and whose it is.
async fn calendars(tx: &mut Tx, booking: &Booking) -> Answered<Vec<(String, String)>> {
    let others = booking.actors.iter().map(|(_, actor)| actor.as_str());
    let others: Vec<&str> = others.filter(|a| !a.starts_with("Patient/")).collect();
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let pairs = [("actor", others.join(",")), ("active", "true".to_owned())];
    let found = tx.all_there(&query("Schedule", &pairs)?).await?;
    let mut all = Vec::new();
    for stored in &found {
        let document = own(&stored.body)?;
        let actors = document.items_at("actor").iter();
        let actors = actors.filter_map(|a| a.str_at("reference"));
        let here = actors.filter(|a| booking.has(a));
        all.extend(here.map(|a| (["Schedule/", &stored.id].concat(), a.to_owned())));
    }
    Ok(all)
}

/// The Appointments that take time of the same actors around it.
async fn around(
    tx: &mut Tx,
    booking: &Booking,
    calendars: &[(String, String)],
) -> Answered<Vec<Booking>> {
    let patients = booking.actors.iter().map(|(_, actor)| actor.as_str());
    let mut actors: Vec<&str> = patients.filter(|a| a.starts_with("Patient/")).collect();
    actors.extend(calendars.iter().map(|(_, actor)| actor.as_str()));
    if actors.is_empty() {
        return Ok(Vec::new());
    }
    let codes: Vec<&str> = AppointmentStatus::taking()
        .map(AppointmentStatus::code)
        .collect();
    let pairs = [
        ("date", days(&booking.span)),
        ("actor", actors.join(",")),
        ("status", codes.join(",")),
    ];
    let found = tx.all_there(&query(APPOINTMENT, &pairs)?).await?;
    let read = |stored: &Stored| Ok(Booking::of(&own(&stored.body)?));
    let all: Answered<Vec<Option<Booking>>> = found.iter().map(read).collect();
    Ok(all?.into_iter().flatten().collect())
}

/// Busy Slots over it that are not its own: whose, and when.
async fn busy(
    tx: &mut Tx,
    booking: &Booking,
    before: Option<&Booking>,
    calendars: &[(String, String)],
) -> Answered<Vec<(String, Span)>> {
    if calendars.is_empty() {
        return Ok(Vec::new());
    }
    let schedules: Vec<&str> = calendars.iter().map(|(id, _)| id.as_str()).collect();
    let pairs = [
        ("start", days(&booking.span)),
        ("schedule", schedules.join(",")),
        ("status", "busy,busy-unavailable,busy-tentative".to_owned()),
    ];
    let found = tx.all_there(&query("Slot", &pairs)?).await?;
    let mut all = Vec::new();
    for stored in &found {
        let name = ["Slot/", &stored.id].concat();
        let own_before = before.is_some_and(|b| b.slots.contains(&name));
        if own_before || booking.slots.contains(&name) {
            continue;
        }
        let document = own(&stored.body)?;
        let moment = |member| date_span(document.str_at(member)?).map(|(first, _)| first);
        let span = moment("start").and_then(|start| Span::new(start, moment("end")?));
        let schedule = document.get("schedule").and_then(|s| s.str_at("reference"));
        let whose = calendars
            .iter()
            .find(|(id, _)| Some(id.as_str()) == schedule);
        if let (Some(span), Some((_, whose))) = (span, whose)
            && span.overlaps(&booking.span)
        {
            all.push((whose.clone(), span));
        }
    }
    Ok(all)
}

/// The days on which something that overlaps a span may begin.
fn days(span: &Span) -> String {
    let early = span.start().saturating_sub(LONGEST_MILLIS);
    let wide = Span::new(early, span.end()).unwrap_or(*span);
    wide.utc_days().join(",")
}

fn query(kind: &'static str, pairs: &[(&str, String)]) -> Answered<Query> {
    let pairs = pairs.iter().map(|(n, v)| ((*n).to_owned(), v.clone()));
    let pairs: Vec<(String, String)> = pairs.collect();
    let query = parse_pairs(Some(kind), &pairs, &Options::default());
    query.map_err(|error| WriteError::BadQuery(format!("{kind}: {error}")).into())
}
