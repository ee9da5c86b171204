//! What is typed into the forms that book and move, and what it asks for once it is right.

use aceso_clinic::schedule::{Frequency, LocalError, MOST_TIMES, Repeat, Span, Zone};
use aceso_web::page::{Choice, Choices, Errors, Field, Select};
use aceso_web::site::{Fields, Take};
use jiff::civil::{Date, Time};
use maud::{Markup, html};

use super::appointment::Booking;
use super::setting::{Calendar, Kind, Setting, VisitType};

/// A visit takes at least and at most so many minutes.
pub(crate) const SHORTEST: u32 = 5;
pub(crate) const LONGEST: u32 = 480;
/// So many days ahead may be booked.
const AHEAD_DAYS: i32 = 730;
/// What a visit of no kind takes.
const USUAL_MINUTES: u32 = 20;

/// What is typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    pub(crate) day: String,
    pub(crate) time: String,
    pub(crate) minutes: String,
    pub(crate) kind: String,
    pub(crate) person: String,
    pub(crate) room: String,
    pub(crate) reason: String,
    pub(crate) every: String,
    pub(crate) times: String,
    pub(crate) without: String,
    /// What is done although something speaks against it.
    pub(crate) anyway: Vec<String>,
}

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// When; the first one, and those that repeat it.
    pub(crate) spans: Vec<Span>,
    pub(crate) kind: Option<&'a VisitType>,
    pub(crate) calendars: Vec<&'a Calendar>,
    pub(crate) repeat: Option<Repeat>,
    /// Whether dates that are taken are left out.
    pub(crate) skips: Skips,
}

/// What happens to dates of a series that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skips {
    /// Nothing is booked.
    Nothing,
    /// They are left out.
    Taken,
}

/// Said of what is done all the same.
const OUTSIDE: &str = "outside";
const SKIP: &str = "skip";

/// What a form calls it, what it shows, how often.
type Rhythm = (&'static str, &'static str, Option<(Frequency, u32)>);

const EVERY: [Rhythm; 6] = [
    ("", "Once", None),
    ("day", "Every day", Some((Frequency::Daily, 1))),
    ("week", "Every week", Some((Frequency::Weekly, 1))),
    ("2weeks", "Every two weeks", Some((Frequency::Weekly, 2))),
    ("4weeks", "Every four weeks", Some((Frequency::Weekly, 4))),
    ("month", "Every month", Some((Frequency::Monthly, 1))),
];

impl Typed {
    /// The fields of the form.
    pub(crate) fn takes() -> Vec<Take> {
        let one = [
            "day", "time", "minutes", "kind", "person", "room", "reason", "every", "times",
            "without", "pick",
        ];
        let mut all: Vec<Take> = one.map(Take::One).into();
        all.push(Take::Many("anyway"));
        all
    }

    /// What was typed; a free time that was picked takes the place of day and time.
    pub(crate) fn of(fields: &Fields) -> Self {
        let text = |name| fields.trimmed(name).to_owned();
        let mut typed = Self {
            day: text("day"),
            time: text("time"),
            minutes: text("minutes"),
            kind: text("kind"),
            person: text("person"),
            room: text("room"),
            reason: text("reason"),
            every: text("every"),
            times: text("times"),
            without: text("without"),
            anyway: fields.many("anyway").map(str::to_owned).collect(),
        };
        if let Some((day, time)) = fields.one("pick").split_once('T') {
            (typed.day, typed.time) = (day.to_owned(), time.to_owned());
        }
        typed
    }

    /// As an appointment stands.
    pub(crate) fn standing(booking: &Booking, setting: &Setting) -> Self {
        let local = setting.zone.local(booking.span.start());
        let write = |form| local.map_or_else(String::new, |l| l.strftime(form).to_string());
        let id = |kind| {
            let calendar = setting.of_actor(kind, &booking.actors);
            calendar.map_or_else(String::new, |c| c.id.clone())
        };
        Self {
            day: write("%Y-%m-%d"),
            time: write("%H:%M"),
            minutes: booking.span.minutes().to_string(),
            person: id(Kind::Person),
            room: id(Kind::Room),
            ..Self::default()
        }
    }

    /// What is asked for; what is wrong is noted beside its field. `now` in milliseconds since 1970.
    pub(crate) fn plan<'a>(
        &self,
        setting: &'a Setting,
        now: i64,
        errors: &mut Errors,
    ) -> Option<Plan<'a>> {
        let kind = setting.types.iter().find(|t| t.id == self.kind);
        if kind.is_none() && !self.kind.is_empty() {
            errors.add("kind", "Choose a kind of visit");
        }
        let minutes = self.length(kind, errors);
        let person = setting.calendar(&self.person);
        let person = person.filter(|c| c.kind == Kind::Person);
        if person.is_none() {
            errors.add("person", "Choose with whom");
        }
        let room = setting
            .calendar(&self.room)
            .filter(|c| c.kind == Kind::Room);
        if room.is_none() && !self.room.is_empty() {
            errors.add("room", "Choose a room of the list, or none");
        }
        if self.reason.chars().count() > 200 {
            errors.add("reason", "At most 200 letters");
        }
        let first = self.first(setting, now, errors);
        let repeat = self.repeat(errors);
        let except = self.except(errors);
        let ((day, time), minutes) = (first?, minutes?);
        let dates = match &repeat {
            Some(rule) => rule.dates(day, &except),
            None => vec![day],
        };
        let spans = spans(&setting.zone, &dates, time, minutes, errors);
        if spans.is_empty() && errors.is_empty() {
            errors.add("without", "Nothing is left to book: all dates are left out");
        }
        let calendars: Vec<&Calendar> = [person, room].into_iter().flatten().collect();
        self.hours(setting, &calendars, &spans, errors);
        errors.is_empty().then_some(Plan {
            spans,
            kind,
            calendars,
            repeat,
            skips: if self.anyway.iter().any(|a| a == SKIP) {
                Skips::Taken
            } else {
                Skips::Nothing
            },
        })
    }

    fn length(&self, kind: Option<&VisitType>, errors: &mut Errors) -> Option<u32> {
        if self.minutes.is_empty() {
            return Some(kind.map_or(USUAL_MINUTES, |k| k.minutes));
        }
        let told = self.minutes.parse::<u32>().ok();
        let fine = told.filter(|m| (SHORTEST..=LONGEST).contains(m));
        if fine.is_none() {
            let text = crate::words::say("Enter whole minutes, {0} to {1}", &[&SHORTEST, &LONGEST]);
            errors.add("minutes", text);
        }
        fine
    }

    fn first(&self, setting: &Setting, now: i64, errors: &mut Errors) -> Option<(Date, Time)> {
        let today = setting.zone.date(now)?;
        let day = self.day.parse::<Date>().ok();
        match day {
            None => errors.add("day", "Enter the day as year-month-day: 2026-11-30"),
            Some(day) if day < today => errors.add("day", "This day has passed"),
            Some(day) if (day - today).get_days() > AHEAD_DAYS => {
                errors.add("day", "This is more than two years ahead");
            }
            Some(_) => {}
        }
        let time = read_time(&self.time);
        if time.is_none() {
            errors.add("time", "Enter the time as hours and minutes: 09:30");
        }
        Some((day?, time?))
    }

    fn repeat(&self, errors: &mut Errors) -> Option<Repeat> {
        let Some((.., how)) = EVERY.iter().find(|(code, ..)| *code == self.every) else {
            errors.add("every", "Choose how often");
            return None;
        };
        let (frequency, interval) = (*how)?;
        let times = self.times.parse::<u32>().ok();
        let rule = times.and_then(|count| Repeat::times(frequency, interval, count));
        if rule.is_none() {
            errors.add(
                "times",
                crate::words::say("Enter how many times, 2 to {0}", &[&MOST_TIMES]),
            );
        }
        rule
    }

    fn except(&self, errors: &mut Errors) -> Vec<Date> {
        let words = self
            .without
            .split([',', ' ', ';', '\n', '\r'])
            .filter(|w| !w.is_empty());
        let mut all = Vec::new();
        for word in words {
            match word.parse::<Date>() {
                Ok(date) => all.push(date),
                Err(_) => {
                    let text =
                        crate::words::say("{0} is no day: enter days as 2026-12-24", &[&word]);
                    errors.add("without", text);
                    break;
                }
            }
        }
        all
    }

    /// Outside of somebody's hours only when it is said that this is meant.
    fn hours(&self, setting: &Setting, who: &[&Calendar], spans: &[Span], errors: &mut Errors) {
        if self.anyway.iter().any(|a| a == OUTSIDE) {
            return;
        }
        for calendar in who {
            let out = spans
                .iter()
                .find(|s| !calendar.week.covers(&setting.zone, s));
            if let Some(span) = out {
                let when = when(&setting.zone, span);
                errors.add(
                    "anyway",
                    crate::words::say("{0} is not there then: {1}", &[&calendar.name, &when]),
                );
            }
        }
    }

    /// The fields for whom and when. `taken`: whether dates of a series are taken, which may be left out.
    pub(crate) fn fields(&self, setting: &Setting, errors: &Errors, series: Series) -> Markup {
        let choices = |kind, none: &'static str| {
            let first = Choice::new("", none);
            let all = setting
                .of(kind)
                .map(|c| Choice::new(c.id.clone(), c.name.clone()));
            std::iter::once(first).chain(all).collect()
        };
        let mut anyway = Vec::new();
        if errors.of("anyway").is_some() || !self.anyway.is_empty() {
            anyway.push(Choice::new(
                OUTSIDE,
                "Book outside of the hours all the same",
            ));
        }
        if series != Series::None && !self.every.is_empty() {
            anyway.push(Choice::new(SKIP, "Leave out dates that are taken"));
        }
        html! {
            div.pair {
                (Select::new("person", "With", choices(Kind::Person, "Choose one")).chosen(&self.person).errors(errors))
                (Select::new("room", "Room", choices(Kind::Room, "No room yet")).chosen(&self.room).errors(errors))
            }
            div.pair {
                (Field::date("day", "Day").value(&self.day).errors(errors))
                (Field::time("time", "Time").value(&self.time).errors(errors))
                (Field::number("minutes", "Minutes").value(&self.minutes).errors(errors).optional().hint("Empty: as the kind of visit takes"))
            }
            @if series != Series::None {
                details.more-fields open[!self.every.is_empty() || errors.of("times").is_some() || errors.of("without").is_some()] {
                    summary { "Repeat it" }
                    div.pair {
                        (Select::new("every", "How often", EVERY.iter().map(|(c, n, _)| Choice::new(*c, *n)).collect()).chosen(&self.every).errors(errors))
                        (Field::number("times", "How many times").value(&self.times).errors(errors).optional())
                    }
                    (Field::text("without", "Without these days").value(&self.without).errors(errors).optional().longest(400).hint("As 2026-12-24, 2026-12-31"))
                }
            }
            @if !anyway.is_empty() {
                (Choices::many("anyway", "All the same", anyway).chosen(self.anyway.clone()).errors(errors))
            }
        }
    }
}

/// Whether a form offers to repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Series {
    None,
    Offered,
}

/// A time of day as a field holds it: `09:30`, perhaps with seconds that are none.
pub(crate) fn read_time(text: &str) -> Option<Time> {
    let (hour, rest) = text.split_once(':')?;
    let minute = rest.strip_suffix(":00").unwrap_or(rest);
    let plain =
        |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(hour) || !plain(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

fn spans(zone: &Zone, dates: &[Date], time: Time, minutes: u32, errors: &mut Errors) -> Vec<Span> {
    let mut all = Vec::new();
    for date in dates {
        match zone.moment(*date, time) {
            Ok(start) => all.extend(Span::of_minutes(start, minutes)),
            Err(LocalError::Skipped) => {
                let day = maud::dated(&date.strftime("%-d %b %Y").to_string());
                errors.add(
                    "time",
                    crate::words::say(
                        "There is no such time on {0}: the clocks go forward over it",
                        &[&day],
                    ),
                );
                return Vec::new();
            }
            Err(LocalError::OutOfRange) => errors.add("day", "This day is beyond the calendar"),
        }
    }
    all
}

/// A span as people read it: `Mon 2 Mar 2026, 09:00–09:20`.
pub(crate) fn when(zone: &Zone, span: &Span) -> String {
    let day = zone.local(span.start());
    let day = day.map_or_else(String::new, |l| {
        maud::dated(&l.strftime("%a %-d %b %Y").to_string())
    });
    [&day, ", ", &hours(zone, span)].concat()
}

/// The time of a span: `09:00–09:20`.
pub(crate) fn hours(zone: &Zone, span: &Span) -> String {
    let clock = |at| {
        let local = zone.local(at);
        local.map_or_else(String::new, |l| l.strftime("%H:%M").to_string())
    };
    [&clock(span.start()), "–", &clock(span.end())].concat()
}

#[cfg(test)]
mod tests {
    use aceso_clinic::schedule::Week;
    use jiff::civil::time;

    use super::*;

    /// 2026-03-04T12:00:00Z, a Wednesday.
    const NOW: i64 = 1_772_625_600_000;

    fn setting() -> Setting {
        let calendar = |id: &str, kind| Calendar {
            id: id.into(),
            actor: ["Practitioner/", id].concat(),
            name: ["Dr. ", id].concat(),
            kind,
            week: Week::workdays(time(8, 0, 0, 0), time(18, 0, 0, 0)),
        };
        Setting {
            zone: Zone::named("Europe/Berlin").unwrap(),
            calendars: vec![calendar("doc", Kind::Person), calendar("room", Kind::Room)],
            types: vec![VisitType {
                id: "check".into(),
                name: "Check-up".into(),
                minutes: 30,
                ..VisitType::default()
            }],
        }
    }

    fn typed() -> Typed {
        Typed {
            day: "2026-03-05".into(),
            time: "09:30".into(),
            kind: "check".into(),
            person: "doc".into(),
            ..Typed::default()
        }
    }

    #[test]
    fn what_is_typed_right_is_a_plan() {
        let setting = setting();
        let mut errors = Errors::none();
        let plan = typed().plan(&setting, NOW, &mut errors).unwrap();
        assert_eq!(plan.spans[0].minutes(), 30);
        assert_eq!(
            when(&setting.zone, &plan.spans[0]),
            "Thu 5 Mar 2026, 09:30–10:00"
        );
        let weekly = Typed {
            every: "week".into(),
            times: "4".into(),
            without: "2026-03-12".into(),
            ..typed()
        };
        let plan = weekly.plan(&setting, NOW, &mut errors).unwrap();
        // Nine thirty stays nine thirty when the clocks change on 29 March; the one of 12 March is left out.
        let shown: Vec<String> = plan.spans.iter().map(|s| when(&setting.zone, s)).collect();
        assert_eq!(
            shown,
            [
                "Thu 5 Mar 2026, 09:30–10:00",
                "Thu 19 Mar 2026, 09:30–10:00",
                "Thu 26 Mar 2026, 09:30–10:00"
            ]
        );
    }

    #[test]
    fn whatever_is_wrong_stands_beside_its_field() {
        let setting = setting();
        let check = |field: &str, said: &str, change: &dyn Fn(&mut Typed)| {
            let mut wrong = typed();
            change(&mut wrong);
            let mut errors = Errors::none();
            assert!(wrong.plan(&setting, NOW, &mut errors).is_none(), "{field}");
            let found = errors.of(field).unwrap_or_default();
            assert!(found.contains(said), "{field}: {errors:?}");
        };
        check("day", "year-month-day", &|t| t.day = "5.3.2026".into());
        check("day", "passed", &|t| t.day = "2026-03-03".into());
        check("day", "two years", &|t| t.day = "2029-03-03".into());
        check("time", "hours and minutes", &|t| t.time = "25:00".into());
        check("time", "hours and minutes", &|t| t.time = "nine".into());
        check("minutes", "whole minutes", &|t| t.minutes = "4".into());
        check("minutes", "whole minutes", &|t| t.minutes = "481".into());
        check("kind", "kind of visit", &|t| t.kind = "other".into());
        check("person", "with whom", &|t| t.person = "room".into());
        check("room", "a room of the list", &|t| t.room = "doc".into());
        check("reason", "200", &|t| t.reason = "x".repeat(201));
        check("every", "how often", &|t| t.every = "year".into());
        check("times", "2 to 52", &|t| t.every = "week".into());
        check("without", "no day", &|t| t.without = "tomorrow".into());
        check("without", "Nothing is left", &|t| {
            (t.every, t.times) = ("day".into(), "2".into());
            t.without = "2026-03-05 2026-03-06".into();
        });
        check("anyway", "not there", &|t| t.time = "07:50".into());
        check("anyway", "not there", &|t| t.day = "2026-03-07".into());
        check("anyway", "not there", &|t| t.time = "23:50".into());
        check("time", "clocks go forward", &|t| {
            (t.day, t.time) = ("2026-03-29".into(), "02:30".into());
        });
    }

    #[test]
    fn outside_of_the_hours_is_booked_when_it_is_meant() {
        let setting = setting();
        let night = Typed {
            time: "23:50".into(),
            anyway: vec![OUTSIDE.into()],
            ..typed()
        };
        let plan = night.plan(&setting, NOW, &mut Errors::none()).unwrap();
        assert_eq!(
            when(&setting.zone, &plan.spans[0]),
            "Thu 5 Mar 2026, 23:50–00:20"
        );
    }
}
