//! The hours of a week as a form has them: a line for each weekday, `08:00–12:00, 13:00–17:00`.

use aceso_fhir::Value;
use aceso_web::page::{Errors, Field};
use aceso_web::site::{Fields, Take};
use jiff::civil::Time;
use maud::{Markup, html};

use crate::chart::write::one;
use crate::schedule::plan::read_time;

/// FHIR's code, which is also the field's name; the name, and its short form.
const DAYS: [(&str, &str, &str); 7] = [
    ("mon", "Monday", "Mon"),
    ("tue", "Tuesday", "Tue"),
    ("wed", "Wednesday", "Wed"),
    ("thu", "Thursday", "Thu"),
    ("fri", "Friday", "Fri"),
    ("sat", "Saturday", "Sat"),
    ("sun", "Sunday", "Sun"),
];

/// What FHIR calls the members: a Location's differ from the others'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `availableTime` of a PractitionerRole or HealthcareService.
    Available,
    /// `hoursOfOperation` of a Location.
    Open,
}

impl Shape {
    pub(super) const fn member(self) -> &'static str {
        match self {
            Self::Available => "availableTime",
            Self::Open => "hoursOfOperation",
        }
    }

    const fn ends(self) -> (&'static str, &'static str) {
        match self {
            Self::Available => ("availableStartTime", "availableEndTime"),
            Self::Open => ("openingTime", "closingTime"),
        }
    }
}

/// The lines, Monday first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WeekTyped([String; 7]);

/// A span of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Between(Time, Time),
}

impl WeekTyped {
    pub(super) fn takes() -> [Take; 7] {
        DAYS.map(|(code, ..)| Take::One(code))
    }

    pub(super) fn of(fields: &Fields) -> Self {
        Self(DAYS.map(|(code, ..)| fields.trimmed(code).to_owned()))
    }

    /// As a document tells them.
    pub(super) fn told(entries: &[Value], shape: Shape) -> Self {
        let (from, to) = shape.ends();
        Self(DAYS.map(|(code, ..)| {
            let here = |e: &&Value| {
                let days = e.items_at("daysOfWeek");
                days.is_empty() || days.iter().any(|d| d.as_str() == Some(code))
            };
            let mut parts: Vec<String> = entries
                .iter()
                .filter(here)
                .filter_map(|e| {
                    if e.get("allDay").and_then(Value::as_bool) == Some(true) {
                        return Some(crate::words::say("all day", &[]));
                    }
                    let clock = |name| e.str_at(name)?.get(..5);
                    Some([clock(from)?, "–", clock(to)?].concat())
                })
                .collect();
            parts.sort();
            parts.join(", ")
        }))
    }

    /// As a document tells them; what cannot be read is noted beside its line.
    pub(super) fn entries(&self, shape: Shape, errors: &mut Errors) -> Vec<Value> {
        let mut all = Vec::new();
        for ((code, name, _), line) in DAYS.iter().zip(&self.0) {
            match parts(line) {
                Some(parts) => all.extend(parts.iter().map(|part| entry(shape, code, *part))),
                None => errors.add(
                    code,
                    crate::words::say(
                        "Enter the hours of {0} like 08:00–12:00, 13:00–17:00, or leave them out",
                        &[&crate::words::known(name)],
                    ),
                ),
            }
        }
        all
    }

    /// In one line: `Mon–Fri 08:00–18:00; Sat 09:00–12:00`.
    pub(super) fn short(&self) -> String {
        let mut said: Vec<(usize, usize, &str)> = Vec::new();
        for (at, line) in self.0.iter().enumerate() {
            match said.last_mut() {
                Some((_, last, same)) if *same == line && *last + 1 == at => *last = at,
                Some(_) | None => said.push((at, at, line)),
            }
        }
        let day = |at: usize| crate::words::known(DAYS.get(at).map_or("", |(.., short)| *short));
        let open = said.iter().filter(|(.., line)| !line.is_empty());
        let each = open.map(|(first, last, line)| match first == last {
            true => format!("{} {line}", day(*first)),
            false => format!("{}–{} {line}", day(*first), day(*last)),
        });
        each.collect::<Vec<_>>().join("; ")
    }

    pub(super) fn fields(&self, errors: &Errors) -> Markup {
        html! {
            fieldset.group {
                legend { "Hours" }
                p.soft.small id="hours-hint" { "As 08:00–12:00, 13:00–17:00. Nothing: not there. “all day” is midnight to midnight; what ends before it begins ends on the next day." }
                div.pair {
                    @for ((code, name, _), line) in DAYS.iter().zip(&self.0) {
                        (Field::text(*code, *name).value(line).errors(errors).optional().longest(80))
                    }
                }
            }
        }
    }
}

/// The spans of a line; none for what cannot be read, or overlaps.
fn parts(line: &str) -> Option<Vec<Part>> {
    let words = line.split([',', ';']).map(str::trim);
    let mut all = Vec::new();
    for word in words.filter(|w| !w.is_empty()) {
        if word.eq_ignore_ascii_case("all day") || word == crate::words::known("all day") {
            all.push(Part::Whole);
            continue;
        }
        let (from, to) = word.split_once(['-', '–', '—'])?;
        let (from, to) = (from.trim(), to.trim());
        let from = read_time(from)?;
        let to = match to {
            "24:00" => Time::midnight(),
            to => read_time(to)?,
        };
        all.push(match from == to {
            true => Part::Whole,
            false => Part::Between(from, to),
        });
    }
    let mut last: Option<Time> = None;
    for part in &all {
        match part {
            Part::Whole if all.len() > 1 => return None,
            Part::Whole => {}
            Part::Between(from, to) => {
                // After what goes past midnight nothing else begins.
                if last.is_some_and(|last| *from < last || last == Time::midnight()) {
                    return None;
                }
                last = Some(if to > from { *to } else { Time::midnight() });
            }
        }
    }
    Some(all)
}

fn entry(shape: Shape, day: &str, part: Part) -> Value {
    let (open, close) = shape.ends();
    let days = ("daysOfWeek", one(Value::from(day)));
    let clock = |time: Time| Value::from(time.strftime("%H:%M:%S").to_string());
    match part {
        Part::Whole => Value::from([days, ("allDay", Value::from(true))]),
        Part::Between(from, to) => Value::from([days, (open, clock(from)), (close, clock(to))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(monday: &str) -> WeekTyped {
        let mut week = WeekTyped::default();
        week.0[0] = monday.to_owned();
        week
    }

    #[test]
    fn hours_come_back_as_they_were_typed() {
        for shape in [Shape::Available, Shape::Open] {
            for (line, shown) in [
                ("8:00-12:00,13:00 - 17:30", "08:00–12:00, 13:00–17:30"),
                ("22:00–06:00", "22:00–06:00"),
                ("18:00-24:00", "18:00–00:00"),
                ("All day", "all day"),
                ("00:00–24:00", "all day"),
                ("", ""),
            ] {
                let mut errors = Errors::none();
                let entries = typed(line).entries(shape, &mut errors);
                assert!(errors.is_empty(), "{line}");
                assert_eq!(WeekTyped::told(&entries, shape), typed(shown), "{line}");
            }
        }
    }

    #[test]
    fn hours_that_cannot_be_are_told_beside_their_day() {
        for line in [
            "nine to five",
            "08:00",
            "08:00–25:00",
            "08:00–12:00, 11:00–13:00",
            "22:00–06:00, 23:00–23:30",
            "all day, 08:00–09:00",
        ] {
            let mut errors = Errors::none();
            assert!(typed(line).entries(Shape::Open, &mut errors).is_empty());
            assert!(
                errors.of("mon").is_some_and(|e| e.contains("Monday")),
                "{line}"
            );
        }
    }

    #[test]
    fn a_week_is_said_in_one_line() {
        let mut week = WeekTyped::default();
        for day in 0..5 {
            week.0[day] = "08:00–18:00".to_owned();
        }
        week.0[6] = "all day".to_owned();
        assert_eq!(week.short(), "Mon–Fri 08:00–18:00; Sun all day");
        assert_eq!(WeekTyped::default().short(), "");
    }
}
