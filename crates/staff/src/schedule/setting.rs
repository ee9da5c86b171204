//! What can be booked: the calendars of people and rooms with their hours, and the kinds of visits. A person or room is
//! booked when an active Schedule names them; people's hours are their PractitionerRole's, a room's its Location's; kinds
//! of visits are HealthcareServices that tell how long one takes.

use aceso_clinic::schedule::{Hours, Span, Week, Zone};
use aceso_fhir::Value;
use aceso_policy::{Action, Role};
use aceso_web::site::{Ask, PageFault};
use jiff::civil::{Time, Weekday};

use super::appointment::millis;
use super::hue::Hue;
use crate::Staff;
use crate::patient::record::{Found, Wanted, searches};
use crate::patient::save::may;

/// How long a visit of a kind takes, in minutes, at a HealthcareService.
pub(crate) const VISIT_MINUTES: &str = "urn:aceso:visit-minutes";
/// The colour of a kind of visit: a code of [`Hue`].
pub(crate) const VISIT_COLOUR: &str = "urn:aceso:visit-colour";
/// The roles that book a kind of visit; all, when none is told.
pub(crate) const VISIT_BOOKERS: &str = "urn:aceso:visit-booked-by";
/// The HealthcareService with this identifier tells the clinic's own hours and holidays.
pub(crate) const CLINIC: &str = "urn:aceso:clinic";
/// The value of that identifier.
pub(crate) const CLINIC_HOURS: &str = "hours";
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
#[derive(Clone, Debug, Default)]
pub(crate) struct VisitType {
    /// The HealthcareService's id.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) minutes: u32,
    pub(crate) hue: Hue,
    /// The roles that book it; all, when there are none.
    pub(crate) bookers: Vec<String>,
}

impl VisitType {
    /// Whether somebody with these roles books it.
    fn is_for(&self, roles: &[Role]) -> bool {
        let told = |role: &Role| self.bookers.iter().any(|b| b == role.as_str());
        self.bookers.is_empty() || roles.iter().any(told)
    }
}

/// What can be booked, and by which clock.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) zone: Zone,
    pub(crate) calendars: Vec<Calendar>,
    pub(crate) types: Vec<VisitType>,
}

impl Setting {
    /// Without the kinds of visits that the reader does not book.
    pub(crate) fn booked_by(mut self, ask: &Ask) -> Result<Self, PageFault> {
        let roles = ask.caller()?.as_person().map_or(&[][..], |p| &p.roles);
        self.types.retain(|kind| kind.is_for(roles));
        Ok(self)
    }

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
    if is_patients(ask)? || !may(staff, ask, Action::Search, "Appointment")? {
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
    let zone = &staff.settings().zone;
    let usual = clinic_week(services.matches.iter().find(|s| is_clinic(s)), staff);
    let usual = (zone, &usual);
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
            let role = own_role(&roles.matches, reference);
            (Kind::Person, available_week(role, zone))
        }
        "PractitionerRole" => (Kind::Person, available_week(target, zone)),
        "Location" | "Device" => (Kind::Room, room_week(target)),
        _ => return None,
    };
    // The clinic's hours hold for whoever tells none; its holidays for everybody.
    let mut week = own.unwrap_or_default();
    if week.hours.is_empty() {
        week.hours.clone_from(&usual.hours);
    }
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

/// The role that tells a practitioner's hours: the first one with hours, else the first.
pub(crate) fn own_role<'v>(roles: &'v [Value], practitioner: &str) -> Option<&'v Value> {
    let of = |r: &&Value| {
        r.get("practitioner").and_then(|p| p.str_at("reference")) == Some(practitioner)
    };
    let tells = |r: &&Value| !r.items_at("availableTime").is_empty();
    let own = || roles.iter().filter(of);
    own().find(tells).or_else(|| own().next())
}

/// Whether a HealthcareService tells the clinic's own hours.
pub(crate) fn is_clinic(service: &Value) -> bool {
    let mut own = service.items_at("identifier").iter();
    own.any(|i| i.str_at("system") == Some(CLINIC) && i.str_at("value") == Some(CLINIC_HOURS))
}

/// The clinic's hours and holidays: as the record tells them, else as the configuration does.
fn clinic_week(service: Option<&Value>, staff: &Staff) -> Week {
    let mut week = staff.settings().week.clone();
    if let Some(told) = available_week(service, &staff.settings().zone) {
        if !told.hours.is_empty() {
            week.hours = told.hours;
        }
        week.away.extend(told.away);
    }
    week
}

/// The kind of visit that a HealthcareService is, if it is one.
pub(crate) fn visit_type(service: &Value) -> Option<VisitType> {
    let own = service.items_at("extension");
    let told = |url: &'static str| own.iter().filter(move |e| e.str_at("url") == Some(url));
    let minutes =
        told(VISIT_MINUTES).find_map(|e| e.get("valuePositiveInt")?.as_number()?.to_i64())?;
    let hue = told(VISIT_COLOUR).find_map(|e| Hue::parse(e.str_at("valueCode")?));
    let bookers = told(VISIT_BOOKERS).filter_map(|e| e.str_at("valueCode"));
    Some(VisitType {
        id: service.id()?.to_owned(),
        name: service.str_at("name")?.to_owned(),
        minutes: u32::try_from(minutes).ok()?,
        hue: hue.unwrap_or_default(),
        bookers: bookers.map(str::to_owned).collect(),
    })
}

/// The hours and absences of a PractitionerRole or HealthcareService.
fn available_week(holder: Option<&Value>, zone: &Zone) -> Option<Week> {
    let role = holder?;
    let hours = role.items_at("availableTime").iter();
    Some(Week {
        hours: hours
            .filter_map(|h| lines(h, "availableStartTime", "availableEndTime"))
            .collect(),
        away: absences(role, zone),
    })
}

/// The days on which the hours of a PractitionerRole or HealthcareService do not hold.
pub(crate) fn absences(holder: &Value, zone: &Zone) -> Vec<Span> {
    let away = holder.items_at("notAvailable").iter().filter_map(|n| {
        let during = n.get("during")?;
        let (start, end) = (during.str_at("start")?, during.str_at("end")?);
        let day = |text: &str| Span::of_day(zone, text.parse().ok()?);
        let first = day(start).map(|d| d.start()).or_else(|| millis(start));
        let last = day(end).map(|d| d.end()).or_else(|| millis(end));
        Span::new(first?, last?)
    });
    away.collect()
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
            ..VisitType::default()
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
        let week = available_week(Some(&role), &Zone::utc()).unwrap();
        let open = |day| week.open_on(&Zone::utc(), day);
        assert_eq!(open(date(2026, 3, 4))[0].minutes(), 210);
        assert_eq!(open(date(2026, 3, 3)), Vec::new());
        assert_eq!(open(date(2026, 3, 2)), Vec::new(), "away");
        assert_eq!(available_week(None, &Zone::utc()), None);
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
