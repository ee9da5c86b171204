//! A span of clinic time.

use aceso_base::Zone;
use jiff::civil::{Date, Time};

/// A span of time in milliseconds since 1970 (UTC); the end is outside it, and always later than the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    start: i64,
    end: i64,
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;

impl Span {
    /// From one moment to a later one.
    pub const fn new(start: i64, end: i64) -> Option<Self> {
        if start < end {
            Some(Self { start, end })
        } else {
            None
        }
    }

    /// So many minutes from a moment on; none for no minutes at all.
    pub const fn of_minutes(start: i64, minutes: u32) -> Option<Self> {
        // A u32 of minutes is far below the largest i64 of milliseconds.
        #[allow(clippy::as_conversions, reason = "widening, in a const fn")]
        Self::new(start, start.saturating_add(minutes as i64 * MINUTE))
    }

    /// A whole day by a place's clocks, from midnight to midnight: 23, 24 or 25 hours.
    pub fn of_day(zone: &Zone, date: Date) -> Option<Self> {
        let next = date.tomorrow().ok()?;
        let begins = |date| zone.moment_or_after(date, Time::midnight()).ok();
        Self::new(begins(date)?, begins(next)?)
    }

    /// Its first moment.
    pub const fn start(&self) -> i64 {
        self.start
    }

    /// The first moment after it.
    pub const fn end(&self) -> i64 {
        self.end
    }

    /// Whole minutes, rounded down.
    pub const fn minutes(&self) -> i64 {
        (self.end - self.start) / MINUTE
    }

    /// The days (UTC) that hold it, `2026-03-05`: as the values of a search by date each is a narrow range of an index,
    /// which two open comparisons are not.
    pub fn utc_days(&self) -> Vec<String> {
        let (first, last) = (self.start.div_euclid(DAY), (self.end - 1).div_euclid(DAY));
        let day = |n: i64| jiff::Timestamp::from_millisecond(n * DAY).ok();
        let all = (first..=last).filter_map(day);
        all.map(|at| at.strftime("%Y-%m-%d").to_string()).collect()
    }

    /// Whether a moment is in both. One that begins when the other ends does not overlap it.
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether all of the other one lies within.
    pub const fn covers(&self, other: &Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// What is in both.
    pub fn common(&self, other: &Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    #[test]
    fn a_span_ends_after_it_starts() {
        assert_eq!(Span::new(5, 5), None);
        assert_eq!(Span::new(6, 5), None);
        assert_eq!(Span::of_minutes(0, 0), None);
        assert_eq!(Span::of_minutes(0, 20).unwrap().minutes(), 20);
    }

    #[test]
    fn a_day_has_as_many_hours_as_the_clocks_give_it() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let hours = |d| Span::of_day(&berlin, d).unwrap().minutes() / 60;
        assert_eq!(hours(date(2026, 3, 29)), 23);
        assert_eq!(hours(date(2026, 7, 1)), 24);
        assert_eq!(hours(date(2026, 10, 25)), 25);
        // Where midnight itself is skipped, the day begins after the gap.
        let cairo = Zone::named("Africa/Cairo").unwrap();
        let day = Span::of_day(&cairo, date(2026, 4, 24)).unwrap();
        assert_eq!(cairo.local(day.start()).unwrap().time(), time(1, 0, 0, 0));
    }

    #[test]
    fn a_span_lies_in_the_days_that_it_touches() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        for (from, to, expected) in [
            (
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
                "2026-03-28,2026-03-29",
            ),
            ("2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z", "2026-03-29"),
            (
                "2026-12-31T23:59:00Z",
                "2027-01-01T00:01:00Z",
                "2026-12-31,2027-01-01",
            ),
        ] {
            let span = Span::new(at(from), at(to)).unwrap();
            assert_eq!(span.utc_days().join(","), expected);
        }
    }

    #[test]
    fn spans_that_only_touch_do_not_overlap() {
        let span = |a, b| Span::new(a, b).unwrap();
        for (a, b, expected) in [
            (span(0, 10), span(10, 20), false),
            (span(0, 10), span(9, 20), true),
            (span(0, 10), span(2, 3), true),
            (span(5, 6), span(0, 10), true),
            (span(0, 1), span(2, 3), false),
        ] {
            assert_eq!(a.overlaps(&b), expected, "{a:?} {b:?}");
            assert_eq!(b.overlaps(&a), expected, "{b:?} {a:?}");
            assert_eq!(a.common(&b).is_some(), expected);
        }
    }
}
