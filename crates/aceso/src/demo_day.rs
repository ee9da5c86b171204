//! The demonstration's day: rooms, hours, kinds of visits, appointments of today around the time of the start (some of
//! them done, in a room, waiting, late, cancelled) and of the days to come. Each day is made once.

use aceso_clinic::schedule::Zone;
use aceso_fhir::search::{Options, parse};
use aceso_policy::{Caller, Purpose};
use aceso_store::Store;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::demo::bring;
use crate::import::Loader;

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;
/// So many days ahead there are appointments.
const AHEAD: i64 = 12;

const ROOMS: [(&str, &str); 4] = [
    ("demo-room-1", "Room 1"),
    ("demo-room-2", "Room 2"),
    ("demo-room-3", "Room 3"),
    ("demo-room-4", "Treatment room"),
];
/// Id, name, minutes, colour.
const VISITS: [(&str, &str, u32, &str); 5] = [
    ("demo-visit-vaccination", "Vaccination", 10, "green"),
    ("demo-visit-follow-up", "Follow-up", 15, "blue"),
    ("demo-visit-check-up", "Check-up", 20, "plain"),
    ("demo-visit-acute", "Acute visit", 20, "rose"),
    ("demo-visit-new", "New patient", 40, "violet"),
];
/// Who waits for a time, and who is to come again: whose (by number), the kind of visit (by number), from and until in days
/// from now, and the status that says which list it is.
const WISHES: [(usize, usize, i64, Option<i64>, &str); 6] = [
    (40, 2, 0, Some(10), "waitlist"),
    (41, 1, 1, Some(5), "waitlist"),
    (42, 0, 0, None, "waitlist"),
    (43, 2, -9, None, "proposed"),
    (44, 1, 12, None, "proposed"),
    (45, 2, 80, None, "proposed"),
];
const REASONS: [&str; 6] = [
    "Cough for a week",
    "Blood pressure",
    "Knee pain",
    "Yearly check-up",
    "Flu shot",
    "Results",
];

/// How an appointment stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Fulfilled,
    /// At this stage (the Encounter's status) for so many minutes, in the house for so many.
    Here(&'static str, i64, i64),
    Booked,
    Confirmed,
    Cancelled,
    Absent,
}

/// Today: whose (by number), minutes from now, how it stands.
const TODAY: [(usize, i64, How); 25] = [
    (0, -10, How::Here("triaged", 6, 14)),
    (0, -40, How::Here("in-progress", 18, 45)),
    (0, -70, How::Here("finished", 4, 75)),
    (0, 10, How::Here("arrived", 9, 9)),
    (1, -30, How::Here("in-progress", 12, 33)),
    (1, 0, How::Here("arrived", 34, 34)),
    (2, -10, How::Here("arrived", 19, 19)),
    (0, -160, How::Fulfilled),
    (0, -130, How::Fulfilled),
    (0, -100, How::Absent),
    (0, 40, How::Confirmed),
    (0, 70, How::Booked),
    (0, 100, How::Cancelled),
    (0, 130, How::Confirmed),
    (1, -150, How::Fulfilled),
    (1, -90, How::Fulfilled),
    (1, -60, How::Fulfilled),
    (1, 30, How::Booked),
    (1, 60, How::Confirmed),
    (1, 90, How::Booked),
    (2, -70, How::Fulfilled),
    (2, -40, How::Booked),
    (2, 20, How::Confirmed),
    (2, 50, How::Cancelled),
    (2, 80, How::Booked),
];

/// Who is in the day.
struct Cast {
    zone: Zone,
    /// Id and name: physicians, then patients.
    doctors: Vec<(String, String)>,
    patients: Vec<(String, String)>,
    nurse: String,
}

/// Makes what is not there yet.
pub(crate) async fn fill(store: &Store, loader: &Loader) -> Result<()> {
    let zone = store.people_rule().hours.zone().clone();
    let now = store.now().millis() / (10 * MINUTE) * (10 * MINUTE);
    let date = zone.date(now).context("today")?.to_string();
    let mark = format!("_id=demo-{date}-0");
    if !found(store, "Appointment", &mark).await?.is_empty() {
        return Ok(());
    }
    let mut doctors = found(
        store,
        "Practitioner",
        "identifier=http://hl7.org/fhir/sid/us-npi|&_count=60",
    )
    .await?;
    let first = crate::demo_people::clinician(store).await?;
    doctors.sort_by_key(|(id, _)| *id != first);
    doctors.truncate(3);
    let cast = Cast {
        zone,
        doctors,
        patients: found(store, "Patient", "_count=100&deceased=false").await?,
        nurse: "demo-nurse".to_owned(),
    };
    if cast.doctors.is_empty() || cast.patients.is_empty() {
        bail!("the carried clinic lacks the people of the demonstration's day");
    }
    let mut all = house(&cast);
    all.extend(wishes(&cast, now));
    for (at, one) in TODAY.iter().enumerate() {
        all.extend(today(&cast, &date, at, *one, now));
    }
    for day in 1..=AHEAD {
        all.extend(later(&cast, now + day * DAY));
    }
    for part in all.chunks(100) {
        bring(loader, "demo day", part.to_vec()).await?;
    }
    Ok(())
}

/// Ids and names of resources, in the order of their ids.
async fn found(store: &Store, kind: &'static str, query: &str) -> Result<Vec<(String, String)>> {
    let reading = store.read(&Caller::operator(), Purpose::Operations);
    let query = parse(Some(kind), query, &Options::default())?;
    let mut all = Vec::new();
    for stored in reading.search(query).await?.matches {
        let document: Value = serde_json::from_slice(&stored.body)?;
        let part = |path: &str| document.pointer(path).and_then(Value::as_str);
        let parts = ["/name/0/prefix/0", "/name/0/given/0", "/name/0/family"].map(part);
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        all.push((stored.id.clone(), parts.join(" ")));
    }
    all.sort();
    Ok(all)
}

/// Rooms, hours, kinds of visits, and the calendars.
fn house(cast: &Cast) -> Vec<Value> {
    let mut all = Vec::new();
    for (id, name) in ROOMS {
        all.push(json!({"resourceType": "Location", "id": id, "status": "active", "name": name, "mode": "instance"}));
        all.push(schedule(id, "Location", name));
    }
    for (id, name, minutes, colour) in VISITS {
        all.push(json!({
            "resourceType": "HealthcareService", "id": id, "active": true, "name": name,
            "extension": [
                {"url": "urn:aceso:visit-minutes", "valuePositiveInt": minutes},
                {"url": "urn:aceso:visit-colour", "valueCode": colour}
            ]
        }));
    }
    for (id, name) in &cast.doctors {
        all.push(role(id, "doctor"));
        all.push(schedule(id, "Practitioner", name));
    }
    all.push(role(&cast.nurse, "nurse"));
    all
}

/// Who waits for a time, and who is to come again.
fn wishes(cast: &Cast, now: i64) -> Vec<Value> {
    let day = |ahead: i64| {
        let date = cast.zone.date(now + ahead * DAY);
        date.map_or_else(String::new, |date| date.to_string())
    };
    let each = WISHES.iter().enumerate();
    let each = each.filter_map(|(at, (who, kind, from, until, status))| {
        let (patient, name) = cast.patients.get(who % cast.patients.len())?;
        let (visit, title, ..) = VISITS.get(*kind)?;
        let mut period = json!({"start": day(*from)});
        if let (Some(until), Some(period)) = (until, period.as_object_mut()) {
            period.insert("end".to_owned(), json!(day(*until)));
        }
        Some(json!({
            "resourceType": "Appointment", "id": format!("demo-wish-{at}"), "status": status,
            "created": cast.zone.write(now - (3 + i64::try_from(at).ok()?) * DAY)?,
            "serviceType": [{"coding": [{"system": "urn:aceso:visit-type", "code": visit}], "text": title}],
            "requestedPeriod": [period],
            "participant": [{"actor": {"reference": format!("Patient/{patient}"), "display": name}, "status": "needs-action"}]
        }))
    });
    each.collect()
}

fn schedule(id: &str, kind: &str, name: &str) -> Value {
    json!({
        "resourceType": "Schedule", "id": schedule_id(id), "active": true,
        "actor": [{"reference": format!("{kind}/{id}"), "display": name}]
    })
}

/// A Schedule's id, from whose it is.
fn schedule_id(actor: &str) -> String {
    let tail: String = actor.chars().take(50).collect();
    format!("demo-time-{tail}")
}

fn role(practitioner: &str, code: &str) -> Value {
    let system = "http://terminology.hl7.org/CodeSystem/practitioner-role";
    let tail: String = practitioner.chars().take(50).collect();
    json!({
        "resourceType": "PractitionerRole", "id": format!("demo-role-{tail}"), "active": true,
        "practitioner": {"reference": format!("Practitioner/{practitioner}")},
        "code": [{"coding": [{"system": system, "code": code}]}],
        "availableTime": [{
            "daysOfWeek": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            "availableStartTime": "07:00:00", "availableEndTime": "20:00:00"
        }]
    })
}

/// One appointment with the time it takes.
struct Made<'a> {
    id: &'a str,
    doctor: usize,
    patient: usize,
    visit: usize,
    start: i64,
    how: How,
    now: i64,
}

impl Cast {
    fn at(&self, millis: i64) -> String {
        self.zone.write(millis).unwrap_or_default()
    }

    fn of(all: &[(String, String)], at: usize) -> (&str, &str) {
        let at = at.checked_rem(all.len()).unwrap_or(0);
        all.get(at)
            .map_or(("", ""), |(id, name)| (id.as_str(), name.as_str()))
    }

    /// The appointment, the Slots that it takes, and its visit when it has begun.
    fn make(&self, made: &Made<'_>) -> Vec<Value> {
        let (doctor, doctor_name) = Self::of(&self.doctors, made.doctor);
        let (patient, patient_name) = Self::of(&self.patients, made.patient);
        let (visit, kind, minutes, _) = VISITS
            .get(made.visit % VISITS.len())
            .copied()
            .unwrap_or_default();
        let (room, room_name) = ROOMS
            .get(made.doctor % ROOMS.len())
            .copied()
            .unwrap_or_default();
        let (start, end) = (made.start, made.start + i64::from(minutes) * MINUTE);
        let (status, agreed) = match made.how {
            How::Fulfilled => ("fulfilled", "accepted"),
            How::Here("arrived", ..) => ("arrived", "accepted"),
            How::Here(..) => ("checked-in", "accepted"),
            How::Booked => ("booked", "needs-action"),
            How::Confirmed => ("booked", "accepted"),
            How::Cancelled => ("cancelled", "accepted"),
            How::Absent => ("noshow", "accepted"),
        };
        let mut all = Vec::new();
        let taken = !matches!(made.how, How::Cancelled | How::Absent);
        let mut slots = Vec::new();
        for actor in [doctor, room].into_iter().filter(|_| taken) {
            let id = format!("{}-{}", made.id, slots.len());
            slots.push(json!({"reference": format!("Slot/{id}")}));
            all.push(json!({
                "resourceType": "Slot", "id": id, "status": "busy",
                "schedule": {"reference": format!("Schedule/{}", schedule_id(actor))},
                "start": self.at(start), "end": self.at(end)
            }));
        }
        let who = |reference: String, name: &str, status: &str| json!({"actor": {"reference": reference, "display": name}, "required": "required", "status": status});
        let mut appointment = json!({
            "resourceType": "Appointment", "id": made.id, "status": status,
            "serviceType": [{"coding": [{"system": "urn:aceso:visit-type", "code": visit}], "text": kind}],
            "reasonCode": [{"text": REASONS.get(made.patient % REASONS.len()).copied().unwrap_or_default()}],
            "start": self.at(start), "end": self.at(end), "minutesDuration": minutes,
            "participant": [
                who(format!("Patient/{patient}"), patient_name, agreed),
                who(format!("Practitioner/{doctor}"), doctor_name, "accepted"),
                who(format!("Location/{room}"), room_name, "accepted"),
            ]
        });
        if let Some(fields) = appointment.as_object_mut() {
            if !slots.is_empty() {
                fields.insert("slot".to_owned(), Value::from(slots));
            }
            if let How::Here(stage, since, arrived) = made.how {
                let (since, arrived) = (made.now - since * MINUTE, made.now - arrived * MINUTE);
                let told = json!([{"url": "urn:aceso:stage", "extension": [
                    {"url": "stage", "valueCode": stage},
                    {"url": "since", "valueInstant": self.at(since)},
                    {"url": "arrived", "valueInstant": self.at(arrived)}
                ]}]);
                fields.insert("extension".to_owned(), told);
                all.push(self.visit(made, (stage, since, arrived), (patient, doctor, room, kind)));
            }
        }
        all.push(appointment);
        all
    }

    fn visit(
        &self,
        made: &Made<'_>,
        (stage, since, arrived): (&str, i64, i64),
        (patient, doctor, room, kind): (&str, &str, &str, &str),
    ) -> Value {
        let period = |start: i64, end: i64| json!({"start": self.at(start), "end": self.at(end)});
        let middle = arrived + (since - arrived) / 2;
        let before = match stage {
            "arrived" => Vec::new(),
            "triaged" => vec![json!({"status": "arrived", "period": period(arrived, since)})],
            _ => vec![
                json!({"status": "arrived", "period": period(arrived, middle)}),
                json!({"status": "triaged", "period": period(middle, since)}),
            ],
        };
        let mut visit = json!({
            "resourceType": "Encounter", "id": format!("{}-visit", made.id), "status": stage,
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory"},
            "type": [{"text": kind}],
            "subject": {"reference": format!("Patient/{patient}")},
            "appointment": [{"reference": format!("Appointment/{}", made.id)}],
            "participant": [
                {"individual": {"reference": format!("Practitioner/{doctor}")}},
                {"individual": {"reference": format!("Practitioner/{}", self.nurse)}}
            ],
            "period": {"start": self.at(arrived)}
        });
        let Some(fields) = visit.as_object_mut() else {
            return visit;
        };
        if !before.is_empty() {
            fields.insert("statusHistory".to_owned(), Value::from(before));
            let entered = if stage == "triaged" { since } else { middle };
            let place = if stage == "finished" {
                json!({"status": "completed", "period": period(entered, since)})
            } else {
                json!({"status": "active", "period": {"start": self.at(entered)}})
            };
            let mut place = place;
            if let Some(place) = place.as_object_mut() {
                place.insert(
                    "location".to_owned(),
                    json!({"reference": format!("Location/{room}")}),
                );
            }
            fields.insert("location".to_owned(), json!([place]));
        }
        if stage == "finished" {
            fields.insert("period".to_owned(), period(arrived, since));
        }
        visit
    }
}

/// Everybody comes once where there are patients enough; else who is still to come is nobody who is in the house, and they
/// take turns, in the order of their times.
fn whose(cast: &Cast, at: usize, offset: i64, how: How) -> usize {
    let here = TODAY
        .iter()
        .filter(|(.., how)| matches!(how, How::Here(..)));
    let (here, all) = (here.count(), cast.patients.len());
    let comes = |how: How| matches!(how, How::Booked | How::Confirmed);
    if !comes(how) || all <= here || all >= TODAY.len() {
        return at;
    }
    let before = TODAY.iter().filter(|(_, o, h)| comes(*h) && *o < offset);
    here + before.count() % (all - here)
}

fn today(
    cast: &Cast,
    date: &str,
    at: usize,
    (doctor, offset, how): (usize, i64, How),
    now: i64,
) -> Vec<Value> {
    cast.make(&Made {
        id: &format!("demo-{date}-{at}"),
        doctor,
        patient: whose(cast, at, offset, how),
        // Short ones, so that none runs into the next.
        visit: at % 4,
        start: now + offset * MINUTE,
        how,
        now,
    })
}

/// A day to come: some appointments for each physician, the same whenever they are made.
fn later(cast: &Cast, day: i64) -> Vec<Value> {
    let Some(date) = cast.zone.date(day) else {
        return Vec::new();
    };
    let nine = cast
        .zone
        .moment_or_after(date, jiff::civil::Time::constant(9, 0, 0, 0));
    let Ok(nine) = nine else { return Vec::new() };
    let seed =
        usize::try_from(date.day()).unwrap_or(0) + usize::try_from(date.month()).unwrap_or(0) * 31;
    let mut all = Vec::new();
    for doctor in 0..cast.doctors.len() {
        for turn in 0..4 {
            let number = seed * 7 + doctor * 5 + turn * 3;
            let start = nine + i64::try_from(turn * 90 + (number % 3) * 20).unwrap_or(0) * MINUTE;
            all.extend(cast.make(&Made {
                id: &format!("demo-{date}-later-{doctor}-{turn}"),
                doctor,
                // Nobody is in two places: each physician has patients of their own on such a day.
                patient: seed + doctor * 4 + turn,
                visit: number,
                start,
                how: if number % 2 == 0 {
                    How::Confirmed
                } else {
                    How::Booked
                },
                now: day,
            }));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast() -> Cast {
        let people = |kind: &str, count: usize| {
            (0..count)
                .map(|n| (format!("{kind}{n}"), format!("{kind} {n}")))
                .collect()
        };
        Cast {
            zone: Zone::utc(),
            doctors: people("d", 3),
            patients: people("p", 12),
            nurse: "n".into(),
        }
    }

    #[test]
    fn nobody_of_the_day_is_in_two_places_and_no_time_is_taken_twice() {
        let (cast, now) = (cast(), 1_772_625_600_000);
        let mut all: Vec<Value> = Vec::new();
        for (at, one) in TODAY.iter().enumerate() {
            all.extend(today(&cast, "2026-03-04", at, *one, now));
        }
        for day in 1..=AHEAD {
            all.extend(later(&cast, now + day * DAY));
        }
        let mut taken: Vec<(String, String, String)> = Vec::new();
        for slot in all.iter().filter(|r| r["resourceType"] == "Slot") {
            let text = |v: &Value| v.as_str().unwrap().to_owned();
            taken.push((
                text(&slot["schedule"]["reference"]),
                text(&slot["start"]),
                text(&slot["end"]),
            ));
        }
        taken.sort();
        for pair in taken.windows(2) {
            assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1, "{pair:?}");
        }
        let here: Vec<&Value> = all
            .iter()
            .filter(|r| {
                matches!(r["status"].as_str(), Some("arrived" | "checked-in"))
                    && r["resourceType"] == "Appointment"
            })
            .map(|r| &r["participant"][0]["actor"]["reference"])
            .collect();
        let mut own = here.clone();
        own.sort_by_key(|v| v.to_string());
        own.dedup();
        assert_eq!(own.len(), here.len());
        assert_eq!(here.len(), 7);
    }
}
