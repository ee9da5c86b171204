//! The Encounter of an appointment: made when the patient arrives, it keeps each status with its times, and each room.

use aceso_clinic::schedule::{Stage, Zone};
use aceso_fhir::{Object, Value};
use aceso_policy::Purpose;
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::chart::write::{coding, one, reference, resource};
use crate::fault::unreadable;
use crate::find::{document, search};
use crate::schedule::appointment::Booking;

/// A visit that goes on: its document and version.
pub(super) struct Visit {
    pub(super) id: String,
    pub(super) document: Value,
    pub(super) version: u64,
}

/// The Encounter of an appointment that has not ended, as far as the reader may see it.
pub(super) async fn visit(
    staff: &Staff,
    ask: &Ask,
    booking: &Booking,
) -> Result<Option<Visit>, PageFault> {
    let appointment = ["Appointment/", &booking.id].concat();
    let open: Vec<&str> = Stage::ALL
        .into_iter()
        .filter(|s| *s != Stage::Done)
        .map(Stage::code)
        .collect();
    let open = open.join(",");
    let pairs = [
        ("appointment", appointment.as_str()),
        ("status", open.as_str()),
    ];
    let found = search(staff, ask, Purpose::Treatment, "Encounter", &pairs).await;
    let found = found.map_err(unreadable)?;
    let Some(stored) = found.first() else {
        return Ok(None);
    };
    Ok(Some(Visit {
        id: stored.id.clone(),
        document: document(stored)?,
        version: stored.version,
    }))
}

/// The Encounter of somebody who has just arrived. `treat`: references to those who will treat them.
pub(super) fn arrived(
    zone: &Zone,
    appointment: &Value,
    booking: &Booking,
    treat: &[String],
    now: i64,
) -> Object {
    let mut visit = resource("Encounter");
    visit.set("status", Stage::Arrived.code());
    let class = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    visit.set("class", coding(class, "AMB", "ambulatory"));
    for (from, to) in [("serviceType", "type"), ("reasonCode", "reasonCode")] {
        if let Some(told) = appointment.get(from) {
            visit.set(to, told.clone());
        }
    }
    if let Some((patient, _)) = &booking.patient {
        visit.set("subject", reference(["Patient/", patient].concat()));
    }
    let appointment = ["Appointment/", &booking.id].concat();
    visit.set("appointment", one(reference(appointment)));
    let treat: Vec<Value> = treat
        .iter()
        .map(|who| Value::from([("individual", reference(who))]))
        .collect();
    if !treat.is_empty() {
        visit.set("participant", treat);
    }
    visit.set("period", Value::from([("start", at(zone, now))]));
    visit
}

fn at(zone: &Zone, millis: i64) -> Value {
    Value::from(zone.write(millis).unwrap_or_default())
}

/// Goes on to a stage: the status before goes into the history with its times, the room before is left, `room` is entered.
pub(super) fn go_on(
    visit: &mut Object,
    zone: &Zone,
    (stage, room): (Stage, Option<&str>),
    (since, now): (i64, i64),
) {
    let before = visit.get("status").and_then(Value::as_str);
    let before = before.unwrap_or_default().to_owned();
    let period = Value::from([("start", at(zone, since)), ("end", at(zone, now))]);
    let past = Value::from([("status", Value::from(before)), ("period", period)]);
    push(visit, "statusHistory", past);
    visit.set("status", stage.code());
    if room.is_some() || stage != Stage::WithClinician {
        leave_room(visit, zone, now);
    }
    if let Some(room) = room {
        let entered = Value::from([
            ("location", reference(room)),
            ("status", Value::from("active")),
            ("period", Value::from([("start", at(zone, now))])),
        ]);
        push(visit, "location", entered);
    }
    if stage == Stage::Done
        && let Some(period) = visit.get_mut("period").and_then(Value::as_object_mut)
    {
        period.set("end", at(zone, now));
    }
}

fn leave_room(visit: &mut Object, zone: &Zone, now: i64) {
    let rooms = visit.get_mut("location").and_then(Value::as_array_mut);
    for room in rooms.into_iter().flatten() {
        if room.str_at("status") != Some("active") {
            continue;
        }
        if let Some(room) = room.as_object_mut() {
            room.set("status", "completed");
            if let Some(period) = room.get_mut("period").and_then(Value::as_object_mut) {
                period.set("end", at(zone, now));
            }
        }
    }
}

fn push(document: &mut Object, member: &str, item: Value) {
    match document.get_mut(member).and_then(Value::as_array_mut) {
        Some(all) => all.push(item),
        None => document.set(member, vec![item]),
    }
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;

    use super::*;

    #[test]
    fn emr_1_7_a_visit_keeps_its_statuses_and_rooms_with_their_times() {
        let text = br#"{"resourceType":"Appointment","id":"a","status":"arrived","start":"2026-03-04T09:00:00Z",
            "reasonCode":[{"text":"Cough"}],"participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}"#;
        let appointment = json::read(text).unwrap();
        let booking = Booking::of(&appointment).unwrap();
        let zone = Zone::utc();
        let minute = |m: i64| 1_772_614_800_000 + m * 60_000;
        let treat = ["Practitioner/d".to_owned()];
        let mut visit = arrived(&zone, &appointment, &booking, &treat, minute(0));
        go_on(
            &mut visit,
            &zone,
            (Stage::InRoom, Some("Location/1")),
            (minute(0), minute(5)),
        );
        go_on(
            &mut visit,
            &zone,
            (Stage::WithClinician, None),
            (minute(5), minute(12)),
        );
        go_on(
            &mut visit,
            &zone,
            (Stage::Done, None),
            (minute(12), minute(30)),
        );
        let visit = Value::from(visit);
        assert_eq!(visit.str_at("status"), Some("finished"));
        let told: Vec<_> = visit
            .items_at("statusHistory")
            .iter()
            .map(|h| {
                (
                    h.str_at("status").unwrap(),
                    h.get("period").unwrap().str_at("end").unwrap(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("arrived", "2026-03-04T09:05:00+00:00"),
                ("triaged", "2026-03-04T09:12:00+00:00"),
                ("in-progress", "2026-03-04T09:30:00+00:00"),
            ]
        );
        let room = &visit.items_at("location")[0];
        assert_eq!(room.str_at("status"), Some("completed"));
        assert_eq!(
            room.get("period").unwrap().str_at("end"),
            Some("2026-03-04T09:30:00+00:00")
        );
        assert_eq!(
            visit.get("period").unwrap().str_at("end"),
            Some("2026-03-04T09:30:00+00:00")
        );
        assert!(crate::patient::save::checked(visit.as_object().unwrap().clone()).is_ok());
    }
}
