//! What can be booked: the calendars of people and rooms with their hours, and the kinds of visits. A person or room is
//! booked when an active Schedule names them; people's hours are their PractitionerRole's, a room's its Location's; kinds
//! of visits are HealthcareServices that tell how long one takes.

use aceso_clinic::schedule::{Hours, Span, Week, Zone};
use aceso_fhir::Value;
use aceso_web::site::{Ask, PageFault};
use jiff::civil::{Time, Weekday};

use super::appointment::millis;
use crate::Staff;
use crate::patient::record::{Found, Wanted, searches};

/// How long a visit of a kind takes, in minutes, at a HealthcareService.
pub(crate) const VISIT_MINUTES: &str = "urn:aceso:visit-minutes";
/// So many people and rooms are booked at most.
const MOST: u32 = 300;

/// Whose time a calendar shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Somebody who treats.
    Person,
    /// A room, or a device.
    Room,
}

/// Somebody's or something's calendar.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    /// The Schedule's id.
    pub(crate) id: String,
    /// Whose: `Practitioner/x`, `Location/y`.
    pub(crate) actor: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) week: Week,
}

/// A kind of visit.
#[derive(Clone, Debug)]
pub(crate) struct VisitType {
    /// The HealthcareService's id.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) minutes: u32,
}

/// What can be booked, and by which clock.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) zone: Zone,
    pub(crate) calendars: Vec<Calendar>,
    pub(crate) types: Vec<VisitType>,
}

impl Setting {
    /// Those of a kind, in the order of their names.
    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = &Calendar> {
        self.calendars.iter().filter(move |c| c.kind == kind)
    }

    /// The calendar with this id.
    pub(crate) fn calendar(&self, id: &str) -> Option<&Calendar> {
        self.calendars.iter().find(|c| c.id == id)
    }

    /// Whose calendar it is that this appointment is in.
    pub(crate) fn of_actor(&self, kind: Kind, actors: &[(String, String)]) -> Option<&Calendar> {
        self.of(kind)
            .find(|c| actors.iter().any(|(actor, _)| *actor == c.actor))
    }
}

/// Whether the reader is a patient or acts for one: the clinic's day is not theirs.
pub(crate) fn is_patients(ask: &Ask) -> Result<bool, PageFault> {
    let person = ask.caller()?.as_person();
    Ok(person.is_none_or(|p| p.own_patient().is_some() || !p.patients.is_empty()))
}

/// Reads what can be booked. Missing for whom scheduling is none of their business.
pub(crate) async fn setting(staff: &Staff, ask: &Ask) -> Result<Setting, PageFault> {
    if is_patients(ask)? {
        return Err(PageFault::Missing);
    }
    let wanted = vec![
        Wanted::new("Schedule")
            .with("active", "true")
            .with("_include", "Schedule:actor")
            .most(MOST),
        Wanted::new("PractitionerRole")
            .with("active", "true")
            .most(MOST),
        Wanted::new("HealthcareService")
            .with("active", "true")
            .most(100),
    ];
    let mut lists = searches(staff, ask, wanted).await?.into_iter();
    let schedules = lists.next().flatten().ok_or(PageFault::Missing)?;
    let roles = lists.next().flatten().unwrap_or_default();
    let services = lists.next().flatten().unwrap_or_default();
    let usual = (&staff.settings().zone, &staff.settings().week);
    let all = schedules.matches.iter();
    let mut calendars: Vec<Calendar> = all
        .filter_map(|s| calendar(s, &schedules, &roles, usual))
        .collect();
    calendars.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
    let mut types: Vec<VisitType> = services.matches.iter().filter_map(visit_type).collect();
    types.sort_by(|a, b| a.minutes.cmp(&b.minutes).then_with(|| a.name.cmp(&b.name)));
    Ok(Setting {
        zone: staff.settings().zone.clone(),
        calendars,
        types,
    })
}

fn calendar(
    schedule: &Value,
    found: &Found,
    roles: &Found,
    (zone, usual): (&Zone, &Week),
) -> Option<Calendar> {
    let actor = schedule.items_at("actor").first();
    let reference = actor?.str_at("reference")?;
    let target = found.target(actor);
    let (kind, own) = match reference.split_once('/')?.0 {
        "Practitioner" => {
            let of = |r: &&Value| {
                r.get("practitioner").and_then(|p| p.str_at("reference")) == Some(reference)
            };
            (
                Kind::Person,
                person_week(roles.matches.iter().find(of), zone),
            )
        }
        "PractitionerRole" => (Kind::Person, person_week(target, zone)),
        "Location" | "Device" => (Kind::Room, room_week(target)),
        _ => return None,
    };
    let mut week = own.unwrap_or_else(|| usual.clone());
    week.away.extend(usual.away.iter().copied());
    let id = schedule.id()?;
    Some(Calendar {
        id: id.to_owned(),
        actor: reference.to_owned(),
        name: found.name(actor).unwrap_or_else(|| id.to_owned()),
        kind,
        week,
    })
}

fn visit_type(service: &Value) -> Option<VisitType> {
    let own = service.items_at("extension").iter();
    let minutes = own
        .filter(|e| e.str_at("url") == Some(VISIT_MINUTES))
        .find_map(|e| e.get("valuePositiveInt")?.as_number()?.to_i64())?;
    Some(VisitType {
        id: service.id()?.to_owned(),
        name: service.str_at("name")?.to_owned(),
        minutes: u32::try_from(minutes).ok()?,
    })
}

/// The hours of a PractitionerRole, when it tells any.
fn person_week(role: Option<&Value>, zone: &Zone) -> Option<Week> {
    let role = role?;
    let told = role.items_at("availableTime");
    let hours = told.iter();
    let away = role.items_at("notAvailable").iter().filter_map(|n| {
        let during = n.get("during")?;
        let (start, end) = (during.str_at("start")?, during.str_at("end")?);
        let day = |text: &str| Span::of_day(zone, text.parse().ok()?);
        let first = day(start).map(|d| d.start()).or_else(|| millis(start));
        let last = day(end).map(|d| d.end()).or_else(|| millis(end));
        Span::new(first?, last?)
    });
    (!told.is_empty()).then(|| Week {
        hours: hours
            .filter_map(|h| lines(h, "availableStartTime", "availableEndTime"))
            .collect(),
        away: away.collect(),
    })
}

/// The hours of a Location, when it tells any.
fn room_week(place: Option<&Value>) -> Option<Week> {
    let told = place?.items_at("hoursOfOperation");
    (!told.is_empty()).then(|| Week {
        hours: told
            .iter()
            .filter_map(|h| lines(h, "openingTime", "closingTime"))
            .collect(),
        away: Vec::new(),
    })
}

fn lines(told: &Value, from: &str, to: &str) -> Option<Hours> {
    let codes = told.items_at("daysOfWeek").iter().filter_map(Value::as_str);
    let mut days: Vec<Weekday> = codes.filter_map(weekday).collect();
    if days.is_empty() {
        days = WEEKDAYS.iter().map(|(_, day)| *day).collect();
    }
    if told.get("allDay").and_then(Value::as_bool) == Some(true) {
        let (from, to) = (Time::midnight(), Time::midnight());
        return Some(Hours { days, from, to });
    }
    Some(Hours {
        days,
        from: told.str_at(from)?.parse().ok()?,
        to: told.str_at(to)?.parse().ok()?,
    })
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn weekday(code: &str) -> Option<Weekday> {
    let found = WEEKDAYS.iter().find(|(c, _)| *c == code);
    found.map(|(_, day)| *day)
}

/// One for samples: a person, a room, a kind of visit.
pub(crate) fn sample() -> Setting {
    let calendar = |id: &str, name: &str, kind| Calendar {
        id: id.into(),
        actor: ["Practitioner/", id].concat(),
        name: name.into(),
        kind,
        week: Week::workdays(Time::constant(8, 0, 0, 0), Time::constant(18, 0, 0, 0)),
    };
    Setting {
        zone: Zone::utc(),
        calendars: vec![
            calendar("doc", "Dr. Doc", Kind::Person),
            calendar("room", "Room 1", Kind::Room),
        ],
        types: vec![VisitType {
            id: "check".into(),
            name: "Check-up".into(),
            minutes: 30,
        }],
    }
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn hours_and_absences_are_those_of_the_role() {
        let role = json::read(
            br#"{"resourceType":"PractitionerRole","availableTime":[
                {"daysOfWeek":["mon","wed"],"availableStartTime":"08:30:00","availableEndTime":"12:00:00"}],
                "notAvailable":[{"description":"Holiday","during":{"start":"2026-03-02","end":"2026-03-02"}}]}"#,
        )
        .unwrap();
        let week = person_week(Some(&role), &Zone::utc()).unwrap();
        let open = |day| week.open_on(&Zone::utc(), day);
        assert_eq!(open(date(2026, 3, 4))[0].minutes(), 210);
        assert_eq!(open(date(2026, 3, 3)), Vec::new());
        assert_eq!(open(date(2026, 3, 2)), Vec::new(), "away");
        assert_eq!(person_week(None, &Zone::utc()), None);
    }

    #[test]
    fn a_room_that_never_closes_is_open_all_day() {
        let place =
            json::read(br#"{"resourceType":"Location","hoursOfOperation":[{"allDay":true}]}"#)
                .unwrap();
        let week = room_week(Some(&place)).unwrap();
        assert_eq!(
            week.open_on(&Zone::utc(), date(2026, 3, 7))[0].minutes(),
            1440
        );
    }
}
