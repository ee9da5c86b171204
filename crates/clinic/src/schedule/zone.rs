//! The clinic's own clock: dates and times of day as the wall shows them, through changes to and from summer time.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::Span;

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// Why a date and a time of day are no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalError {
    /// The clocks are put forward over it.
    #[error("there is no such time on that day: the clocks go forward over it")]
    Skipped,
    /// It is beyond what times can be told of.
    #[error("there is no such time")]
    OutOfRange,
}

impl Zone {
    /// By its name: `America/New_York`.
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// Coordinated universal time.
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The moment at which the wall shows this, in milliseconds since 1970. Of a time that comes twice, as the clocks are
    /// put back, the first.
    pub fn moment(&self, date: Date, time: Time) -> Result<i64, LocalError> {
        let found = self.0.to_ambiguous_zoned(DateTime::from_parts(date, time));
        if let AmbiguousOffset::Gap { .. } = found.offset() {
            return Err(LocalError::Skipped);
        }
        let zoned = found.earlier().map_err(|_| LocalError::OutOfRange)?;
        Ok(zoned.timestamp().as_millisecond())
    }

    /// As [`Zone::moment`]; a time that is skipped is the moment after the gap.
    pub fn moment_or_after(&self, date: Date, time: Time) -> Result<i64, LocalError> {
        let found = self.0.to_ambiguous_zoned(DateTime::from_parts(date, time));
        let zoned = found.compatible().map_err(|_| LocalError::OutOfRange)?;
        Ok(zoned.timestamp().as_millisecond())
    }

    /// What the wall shows at a moment.
    pub fn local(&self, millis: i64) -> Option<DateTime> {
        let at = Timestamp::from_millisecond(millis).ok()?;
        Some(self.0.to_datetime(at))
    }

    /// The date at a moment.
    pub fn date(&self, millis: i64) -> Option<Date> {
        Some(self.local(millis)?.date())
    }

    /// A whole day, from midnight to midnight: 23, 24 or 25 hours.
    pub fn day(&self, date: Date) -> Option<Span> {
        let next = date.tomorrow().ok()?;
        let start = self.moment_or_after(date, Time::midnight()).ok()?;
        Span::new(start, self.moment_or_after(next, Time::midnight()).ok()?)
    }

    /// A FHIR instant, with the offset that holds then: `2026-03-29T09:00:00+02:00`.
    pub fn write(&self, millis: i64) -> Option<String> {
        let at = Timestamp::from_millisecond(millis).ok()?;
        let zoned = at.to_zoned(self.0.clone());
        Some(zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").unwrap()
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_no_time() {
        let spring = date(2026, 3, 29);
        assert_eq!(
            berlin().moment(spring, time(2, 30, 0, 0)),
            Err(LocalError::Skipped)
        );
        let three = berlin().moment(spring, time(3, 0, 0, 0)).unwrap();
        assert_eq!(berlin().write(three).unwrap(), "2026-03-29T03:00:00+02:00");
        let after = berlin().moment_or_after(spring, time(2, 30, 0, 0)).unwrap();
        assert_eq!(berlin().write(after).unwrap(), "2026-03-29T03:30:00+02:00");
    }

    #[test]
    fn of_a_time_that_comes_twice_the_first_counts() {
        let autumn = date(2026, 10, 25);
        let at = berlin().moment(autumn, time(2, 30, 0, 0)).unwrap();
        assert_eq!(berlin().write(at).unwrap(), "2026-10-25T02:30:00+02:00");
        let again = at + 3_600_000;
        assert_eq!(berlin().write(again).unwrap(), "2026-10-25T02:30:00+01:00");
    }

    #[test]
    fn a_day_has_as_many_hours_as_the_clocks_give_it() {
        let hours = |d| berlin().day(d).unwrap().minutes() / 60;
        assert_eq!(hours(date(2026, 3, 29)), 23);
        assert_eq!(hours(date(2026, 7, 1)), 24);
        assert_eq!(hours(date(2026, 10, 25)), 25);
        // Where midnight itself is skipped, the day begins after the gap.
        let cairo = Zone::named("Africa/Cairo").unwrap();
        let day = cairo.day(date(2026, 4, 24)).unwrap();
        assert_eq!(cairo.local(day.start()).unwrap().time(), time(1, 0, 0, 0));
    }

    #[test]
    fn a_zone_that_does_not_exist_is_none() {
        assert_eq!(Zone::named("Mars/Olympus"), None);
    }
}
