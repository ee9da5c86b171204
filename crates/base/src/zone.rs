//! A place's clocks.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use crate::Instant;

const DAY: i64 = 86_400_000;
const WEEK: i64 = 7 * DAY;

/// A place's clocks, with its summer time. The default is UTC.
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

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl Zone {
    /// The zone of this IANA name (`America/New_York`); none when there is none.
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// Coordinated universal time.
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// As the library of calendars has it.
    pub const fn time_zone(&self) -> &TimeZone {
        &self.0
    }

    /// The date and time that the clocks show. At the ends of time: 1970.
    pub fn shown(&self, at: Instant) -> DateTime {
        let at = Timestamp::from_millisecond(at.millis()).unwrap_or(Timestamp::UNIX_EPOCH);
        self.0.to_datetime(at)
    }

    /// What the clocks show, as milliseconds since they showed the beginning of 1970.
    pub fn wall_millis(&self, at: Instant) -> i64 {
        let shown = self.shown(at).to_zoned(TimeZone::UTC);
        shown.map_or(at.millis(), |t| t.timestamp().as_millisecond())
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

    /// A FHIR instant, with the offset that holds then: `2026-03-29T09:00:00+02:00`.
    pub fn write(&self, millis: i64) -> Option<String> {
        let at = Timestamp::from_millisecond(millis).ok()?;
        let zoned = at.to_zoned(self.0.clone());
        Some(zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }

    /// Which day it is by the clocks, in days since 1970-01-01.
    pub fn day(&self, at: Instant) -> i64 {
        self.wall_millis(at).div_euclid(DAY)
    }

    /// The first moment of a date by the clocks.
    pub fn begins(&self, date: Date) -> Instant {
        let first = date.to_zoned(self.0.clone());
        Instant::from_millis(first.map_or(0, |t| t.timestamp().as_millisecond()))
    }

    /// The week of a moment by the clocks: its Monday's first moment, and the next Monday's.
    pub fn week(&self, at: Instant) -> (Instant, Instant) {
        let date = self.shown(at).date();
        let since = i64::from(date.weekday().to_monday_zero_offset());
        let monday = date.saturating_sub(since.days());
        (
            self.begins(monday),
            self.begins(monday.saturating_add(7.days())),
        )
    }

    /// The month before that of a moment, by the clocks: its first moment, and the next month's.
    pub fn month_before(&self, at: Instant) -> (Instant, Instant) {
        let this = self.shown(at).date().first_of_month();
        let before = this.saturating_sub(1.month());
        (self.begins(before), self.begins(this))
    }

    /// Whether this is a week's first moment.
    pub fn begins_week(&self, at: Instant) -> bool {
        self.week(at).0 == at
    }

    /// The week before that of a moment.
    pub fn week_before(&self, at: Instant) -> (Instant, Instant) {
        let (monday, _) = self.week(at);
        // No summer time moves a clock by half a week.
        self.week(monday.plus_millis(-WEEK / 2))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn at(text: &str) -> Instant {
        let at: Timestamp = text.parse().unwrap();
        Instant::from_millis(at.as_millisecond())
    }

    fn check_week(zone: &Zone, moment: &str, monday: &str, next: &str) {
        assert_eq!(zone.week(at(moment)), (at(monday), at(next)), "{moment}");
        assert!(zone.begins_week(at(monday)));
        assert!(!zone.begins_week(at(monday).plus_millis(1)));
        assert_eq!(zone.week_before(at(next)).0, at(monday));
    }

    #[test]
    fn a_week_begins_on_monday_by_the_clocks_of_the_place() {
        let utc = Zone::default();
        let (monday, next) = ("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
        // A Sunday.
        check_week(&utc, "2026-11-22T00:00:00Z", monday, next);
        check_week(&utc, "2026-11-22T23:59:59.999Z", monday, next);
        check_week(&utc, monday, monday, next);
        let york = Zone::named("America/New_York").unwrap();
        let (monday, next) = ("2026-11-16T05:00:00Z", "2026-11-23T05:00:00Z");
        check_week(&york, "2026-11-23T04:59:59Z", monday, next);
        // The week in which summer time ends is an hour longer.
        let (monday, next) = ("2026-10-26T04:00:00Z", "2026-11-02T05:00:00Z");
        check_week(&york, "2026-11-01T12:00:00Z", monday, next);
    }

    #[test]
    fn a_day_is_the_one_on_the_wall() {
        let york = Zone::named("America/New_York").unwrap();
        let late = at("2026-11-23T04:59:59Z");
        assert_eq!(york.day(late) + 1, Zone::default().day(late));
        let shown = at("2026-11-22T23:59:59Z").millis();
        assert_eq!(york.wall_millis(late), shown);
        assert_eq!(Zone::named("Mars/Olympus"), None);
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let york = Zone::named("America/New_York").unwrap();
        let found = york.month_before(at("2027-01-01T04:59:59Z"));
        assert_eq!(
            found,
            (at("2026-11-01T04:00:00Z"), at("2026-12-01T05:00:00Z"))
        );
        let found = Zone::default().month_before(at("2027-01-01T00:00:00Z"));
        assert_eq!(
            found,
            (at("2026-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z"))
        );
    }

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
    fn the_ends_of_time_are_no_trouble() {
        for millis in [i64::MIN, i64::MAX, 0, -1] {
            let _ = Zone::default().week(Instant::from_millis(millis));
        }
    }
}
