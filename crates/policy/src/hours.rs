//! When the clinic is open: its week, and the days on which it is closed, in its own time zone.

use aceso_base::{Instant, Zone};
use jiff::civil::{Date, Time, Weekday};

use crate::Hours;

/// The hours that a clinic keeps. The default keeps none, so that it is always open.
#[derive(Clone, Debug, Default)]
pub struct OpeningHours {
    zone: Zone,
    spans: Vec<Span>,
    closed: Vec<Date>,
}

/// Open on these days from one time to before another; past midnight when it ends before it begins.
#[derive(Clone, Debug)]
struct Span {
    days: Vec<Weekday>,
    from: Time,
    to: Time,
}

/// Why hours cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// The IANA time zone database does not have it.
    #[error("{0}: no such time zone; they are called as America/New_York and Europe/Madrid are")]
    Zone(String),
    /// Not days and a span of time.
    #[error(
        "{0}: hours are days and a span of time, as in \"mon-fri 07:00-19:00\" or \"sat,sun 09:00-12:00\""
    )]
    Span(String),
    /// Not a date.
    #[error("{0}: a closed day is a date, as in \"2026-12-25\"")]
    Day(String),
}

const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl OpeningHours {
    /// Reads a time zone's IANA name, lines such as `mon-fri 07:00-19:00`, and dates on which the clinic is closed.
    /// Without lines no hours are kept.
    pub fn parse(zone: &str, spans: &[String], closed: &[String]) -> Result<Self, HoursError> {
        let found = Zone::named(zone).ok_or_else(|| HoursError::Zone(zone.to_owned()))?;
        let spans = spans
            .iter()
            .map(|line| Span::parse(line.trim()).ok_or_else(|| HoursError::Span(line.clone())));
        let closed = closed.iter().map(|day| {
            let read = day.trim().parse();
            read.map_err(|_| HoursError::Day(day.clone()))
        });
        Ok(Self {
            zone: found,
            spans: spans.collect::<Result<_, _>>()?,
            closed: closed.collect::<Result<_, _>>()?,
        })
    }

    /// The clinic's clocks.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The week's hours: the weekdays on which each span begins, from and until when. A span that ends at or before it
    /// begins ends on the next day.
    pub fn week(&self) -> impl Iterator<Item = (&[Weekday], Time, Time)> {
        let all = self.spans.iter();
        all.map(|span| (span.days.as_slice(), span.from, span.to))
    }

    /// The dates on which it is closed.
    pub fn closed(&self) -> &[Date] {
        &self.closed
    }

    /// Whether the clinic is open.
    pub fn at(&self, now: Instant) -> Hours {
        if self.spans.is_empty() {
            return Hours::Open;
        }
        let here = self.zone.shown(now);
        let (day, time) = (here.date(), here.time());
        let begun_today = |s: &Span| s.on(day) && s.from <= time && (time < s.to || s.to <= s.from);
        // A night's work belongs to the day on which it began.
        let since_yesterday = |s: &Span, before| s.to <= s.from && s.on(before) && time < s.to;
        let open = self.spans.iter().any(|span| {
            let today = !self.closed.contains(&day) && begun_today(span);
            today
                || day.yesterday().is_ok_and(|before| {
                    !self.closed.contains(&before) && since_yesterday(span, before)
                })
        });
        if open { Hours::Open } else { Hours::Closed }
    }
}

impl Span {
    fn on(&self, day: Date) -> bool {
        self.days.contains(&day.weekday())
    }

    fn parse(line: &str) -> Option<Self> {
        let (days, times) = line.split_once(char::is_whitespace)?;
        let (from, to) = times.trim().split_once('-')?;
        let mut all = Vec::new();
        for part in days.split(',') {
            all.extend(days_of(part.trim())?);
        }
        Some(Self {
            days: all,
            from: time(from)?,
            to: time(to)?,
        })
    }
}

/// `mon`, or `fri-mon` round the week's end.
fn days_of(part: &str) -> Option<Vec<Weekday>> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (weekday(first)?, weekday(last)?);
    let mut days = vec![first];
    let mut day = first;
    while day != last {
        day = day.next();
        days.push(day);
    }
    Some(days)
}

fn weekday(name: &str) -> Option<Weekday> {
    let name = name.trim().to_ascii_lowercase();
    WEEK.iter().find(|(n, _)| *n == name).map(|(_, day)| *day)
}

/// `07:00`; `24:00` is the day's end.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    if (hour, minute) == (24, 0) {
        return Some(Time::midnight());
    }
    Time::new(hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(zone: &str, spans: &[&str], closed: &[&str]) -> OpeningHours {
        let own = |all: &[&str]| all.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
        OpeningHours::parse(zone, &own(spans), &own(closed)).unwrap()
    }

    fn check(hours: &OpeningHours, at: &str, wanted: Hours) {
        let at: jiff::Timestamp = at.parse().unwrap();
        let at = Instant::from_millis(at.as_millisecond());
        assert_eq!(hours.at(at), wanted, "{at:?}");
    }

    #[test]
    fn a_clinic_that_keeps_no_hours_is_always_open() {
        check(
            &OpeningHours::default(),
            "2026-11-22T03:00:00Z",
            Hours::Open,
        );
        check(&hours("UTC", &[], &[]), "2026-11-22T03:00:00Z", Hours::Open);
    }

    #[test]
    fn hours_are_those_of_the_clinics_own_clock() {
        let week = hours("America/New_York", &["mon-fri 07:00-19:00"], &[]);
        // 11:59 and 12:00 in London are 06:59 and 07:00 in New York while it is winter there.
        check(&week, "2026-11-23T11:59:59Z", Hours::Closed);
        check(&week, "2026-11-23T12:00:00Z", Hours::Open);
        check(&week, "2026-07-06T11:00:00Z", Hours::Open);
        check(&week, "2026-11-23T23:59:59Z", Hours::Open);
        check(&week, "2026-11-24T00:00:00Z", Hours::Closed);
        check(&week, "2026-11-22T15:00:00Z", Hours::Closed);
    }

    #[test]
    fn a_closed_day_closes_what_begins_on_it() {
        let nights = hours(
            "UTC",
            &["fri-sun 22:00-06:00", "sat 10:00-12:00"],
            &["2026-11-28"],
        );
        check(&nights, "2026-11-27T23:00:00Z", Hours::Open);
        check(&nights, "2026-11-28T05:59:00Z", Hours::Open);
        check(&nights, "2026-11-28T11:00:00Z", Hours::Closed);
        check(&nights, "2026-11-28T23:00:00Z", Hours::Closed);
        check(&nights, "2026-11-29T05:00:00Z", Hours::Closed);
        check(&nights, "2026-11-30T05:00:00Z", Hours::Open);
        check(&nights, "2026-11-30T06:00:00Z", Hours::Closed);
    }

    #[test]
    fn the_days_end_may_be_written_as_24_00() {
        let late = hours("UTC", &["fri 12:00-24:00"], &[]);
        check(&late, "2026-11-27T23:59:59Z", Hours::Open);
        check(&late, "2026-11-28T00:00:00Z", Hours::Closed);
    }

    #[test]
    fn what_is_no_hours_is_refused_with_an_example() {
        for bad in [
            "",
            "mon",
            "mon 7-19",
            "mon-fri 07:00",
            "xyz 07:00-19:00",
            "mon 25:00-26:00",
        ] {
            let refused = OpeningHours::parse("UTC", &[bad.to_owned()], &[]).unwrap_err();
            assert!(refused.to_string().contains("mon-fri 07:00-19:00"), "{bad}");
        }
        let zone = OpeningHours::parse("Mars/Olympus", &[], &[]).unwrap_err();
        assert!(zone.to_string().contains("America/New_York"));
        let day = OpeningHours::parse("UTC", &[], &["25.12.2026".to_owned()]).unwrap_err();
        assert!(day.to_string().contains("2026-12-25"));
    }
}
