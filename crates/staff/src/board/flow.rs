//! `POST /patients/{patient}/appointments/{appointment}/flow`: a visit goes on: into a room, to the clinician, done, out of
//! the house; or an arrival is taken back. The appointment and its Encounter change in one transaction.

use aceso_clinic::schedule::{AppointmentStatus, Stage};
use aceso_fhir::Value;
use aceso_store::{Tx, WriteError};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};

use super::visit::{Visit, go_on, visit};
use crate::Staff;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::{begin, checked, refused};
use crate::schedule::appointment::{Booking, Progress, set_progress};
use crate::schedule::book::participant;
use crate::schedule::one::{One, one};
use crate::schedule::release::change;
use crate::schedule::setting::{Calendar, Kind, setting};
use crate::schedule::step::{cannot, overtaken};

/// What buttons say besides the stages: out of the house, and that somebody else has arrived.
pub(super) const OUT: &str = "out";
pub(super) const BACK: &str = "back";

/// `POST …/flow`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["to", "room", "version"].map(Take::One))?;
    let found = one(&staff, &ask).await?;
    if fields.one("version") != found.version.to_string() {
        return Err(overtaken());
    }
    let Some(progress) = found.booking.progress else {
        return Err(cannot(found.booking.status));
    };
    match (fields.one("to"), progress.stage) {
        (OUT, Stage::Done) => leave(&staff, &ask, found).await?,
        (BACK, Stage::Arrived) => take_back(&staff, &ask, found).await?,
        (to, from) => {
            let to = Stage::parse(to).filter(|to| from.next().contains(to));
            let to = to.ok_or_else(|| cannot(found.booking.status))?;
            go(&staff, &ask, found, (progress, to), fields.one("room")).await?;
        }
    }
    Ok(Reply::to(Local::with(super::HERE, &[])))
}

/// On to the next stage, perhaps into a room.
async fn go(
    staff: &Staff,
    ask: &Ask,
    found: One,
    (progress, to): (Progress, Stage),
    room: &str,
) -> Result<(), PageFault> {
    let setting = setting(staff, ask).await?;
    let room = match to {
        Stage::InRoom => {
            let room = setting.calendar(room).filter(|c| c.kind == Kind::Room);
            let room = room.ok_or_else(|| PageFault::Refused("Choose a room".to_owned()))?;
            must_be_empty(staff, ask, &found.booking, room).await?;
            Some(room)
        }
        Stage::Arrived | Stage::WithClinician | Stage::Done => None,
    };
    let (zone, now) = (&staff.settings().zone, staff.store().now().millis());
    let Visit {
        id,
        document,
        version,
    } = visit(staff, ask, &found.booking)
        .await?
        .ok_or_else(not_yours)?;
    let Value::Object(mut encounter) = document else {
        return Err(PageFault::Missing);
    };
    let place = (to, room.map(|r| r.actor.as_str()));
    go_on(&mut encounter, zone, place, (progress.since, now));
    let mut tx = begin(staff, ask)?;
    update(&mut tx, &id, encounter, version).await?;
    let mut document = found.document;
    if let Some(object) = document.as_object_mut() {
        let status = match to {
            Stage::Arrived => AppointmentStatus::Arrived,
            Stage::InRoom | Stage::WithClinician | Stage::Done => AppointmentStatus::CheckedIn,
        };
        object.set("status", status.code());
        let told = Progress {
            stage: to,
            since: now,
            ..progress
        };
        set_progress(object, Some(told));
        if let Some(room) = room {
            take_room(object, room);
        }
    }
    change(&mut tx, &found.booking.id, document, found.version).await?;
    tx.commit().await.map_err(refused)
}

/// A room holds one visit at a time.
async fn must_be_empty(
    staff: &Staff,
    ask: &Ask,
    own: &Booking,
    room: &Calendar,
) -> Result<(), PageFault> {
    let inside = Wanted::new("Appointment")
        .with("actor", &room.actor)
        .with("status", AppointmentStatus::CheckedIn.code())
        .most(50);
    let found = searches(staff, ask, vec![inside]).await?;
    let found = found.into_iter().flatten().flat_map(|f| f.matches);
    let here = |stage| matches!(stage, Stage::InRoom | Stage::WithClinician);
    let other = found
        .filter_map(|d| Booking::of(&d))
        .find(|b| b.id != own.id && b.progress.is_some_and(|p| here(p.stage)));
    match other {
        Some(other) => Err(PageFault::Refused(crate::words::say(
            "{0} is in {1} now: choose another room",
            &[&other.who(), &room.name],
        ))),
        None => Ok(()),
    }
}

/// The room of the appointment is the one that the patient is in.
fn take_room(appointment: &mut aceso_fhir::Object, room: &Calendar) {
    let kept = appointment.get("participant").and_then(Value::as_array);
    let elsewhere = |p: &&Value| {
        let actor = p.get("actor").and_then(|a| a.str_at("reference"));
        actor.is_none_or(|a| !a.starts_with("Location/"))
    };
    let kept = kept.unwrap_or_default().iter().filter(elsewhere);
    let mut all: Vec<Value> = kept.cloned().collect();
    all.push(participant(&room.actor, &room.name, "accepted"));
    appointment.set("participant", all);
}

/// The patient leaves; the visit itself was ended by who treated them.
async fn leave(staff: &Staff, ask: &Ask, found: One) -> Result<(), PageFault> {
    let mut document = found.document;
    if let Some(object) = document.as_object_mut() {
        object.set("status", AppointmentStatus::Fulfilled.code());
    }
    let mut tx = begin(staff, ask)?;
    change(&mut tx, &found.booking.id, document, found.version).await?;
    tx.commit().await.map_err(refused)
}

/// It was somebody else who arrived: the visit is marked as a mistake, the appointment waits again.
async fn take_back(staff: &Staff, ask: &Ask, found: One) -> Result<(), PageFault> {
    let Visit {
        id,
        document,
        version,
    } = visit(staff, ask, &found.booking)
        .await?
        .ok_or_else(not_yours)?;
    let Value::Object(mut encounter) = document else {
        return Err(PageFault::Missing);
    };
    encounter.set("status", "entered-in-error");
    let mut tx = begin(staff, ask)?;
    update(&mut tx, &id, encounter, version).await?;
    let mut document = found.document;
    if let Some(object) = document.as_object_mut() {
        object.set("status", AppointmentStatus::Booked.code());
        set_progress(object, None);
    }
    change(&mut tx, &found.booking.id, document, found.version).await?;
    tx.commit().await.map_err(refused)
}

async fn update(
    tx: &mut Tx,
    id: &str,
    encounter: aceso_fhir::Object,
    version: u64,
) -> Result<(), PageFault> {
    match tx.update(id, checked(encounter)?, Some(version)).await {
        Ok(_) => Ok(()),
        Err(WriteError::Forbidden | WriteError::Unknown) => Err(not_yours()),
        Err(error) => Err(refused(error)),
    }
}

fn not_yours() -> PageFault {
    PageFault::Refused(
        "This visit is not yours to take on: the patient is in somebody else's care".to_owned(),
    )
}
