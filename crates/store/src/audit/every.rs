//! How often a report is made by itself, and about which time.

use aceso_base::{Instant, Zone};

const DAY_MILLIS: i64 = 86_400_000;

/// How often a report is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportEvery {
    /// For each day (UTC).
    Day,
    /// For each week, from Monday on (UTC).
    Week,
    /// For each month (UTC).
    Month,
    /// For each quarter of a year (UTC).
    Quarter,
}

impl ReportEvery {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Quarter];

    /// One word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }

    /// What a word names.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.name() == name)
    }

    pub(super) const fn code(self) -> i64 {
        match self {
            Self::Week => 1,
            Self::Month => 2,
            Self::Day => 3,
            Self::Quarter => 4,
        }
    }

    pub(super) const fn from_code(code: i64) -> Self {
        match code {
            2 => Self::Month,
            3 => Self::Day,
            4 => Self::Quarter,
            _ => Self::Week,
        }
    }

    /// The last whole period before this: its first moment, and the first moment after it.
    pub(super) fn before(self, now: Instant) -> (Instant, Instant) {
        let zone = Zone::default();
        match self {
            Self::Day => {
                let today = Instant::from_millis(zone.day(now) * DAY_MILLIS);
                (today.plus_millis(-DAY_MILLIS), today)
            }
            Self::Week => zone.week_before(now),
            Self::Month => zone.month_before(now),
            Self::Quarter => quarter_before(&zone, now),
        }
    }
}

/// The last whole quarter before this.
fn quarter_before(zone: &Zone, now: Instant) -> (Instant, Instant) {
    let (mut from, mut until) = zone.month_before(now);
    // At most two more months back to the first of January, April, July or October.
    let begins = |at: Instant| {
        let text = at.to_fhir();
        matches!(text.get(5..7), Some("01" | "04" | "07" | "10"))
    };
    for _ in 0..2 {
        if !begins(until) {
            (from, until) = zone.month_before(from);
        }
    }
    for _ in 0..2 {
        (from, _) = zone.month_before(from);
    }
    (from, until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_before(every: ReportEvery, now: i64, from: &str, until: &str) {
        let (found, end) = every.before(Instant::from_millis(now));
        assert_eq!(
            (found.to_fhir().as_str(), end.to_fhir().as_str()),
            (from, until)
        );
    }

    #[test]
    fn h6_a_report_is_about_the_last_period_that_is_over() {
        // 2026-11-22T02:21:08Z, a Sunday.
        let now = 1_795_314_068_000;
        let day = |text: &str| [text, "T00:00:00.000Z"].concat();
        for (every, from, until) in [
            (ReportEvery::Day, "2026-11-21", "2026-11-22"),
            (ReportEvery::Week, "2026-11-09", "2026-11-16"),
            (ReportEvery::Month, "2026-10-01", "2026-11-01"),
            (ReportEvery::Quarter, "2026-07-01", "2026-10-01"),
        ] {
            check_before(every, now, &day(from), &day(until));
            assert_eq!(ReportEvery::parse(every.name()), Some(every));
            assert_eq!(ReportEvery::from_code(every.code()), every);
        }
        // The first moment of a year: 2027-01-01T00:00:00Z.
        let year = 1_798_761_600_000;
        check_before(
            ReportEvery::Quarter,
            year,
            &day("2026-10-01"),
            &day("2027-01-01"),
        );
        check_before(
            ReportEvery::Quarter,
            year - 1,
            &day("2026-07-01"),
            &day("2026-10-01"),
        );
    }
}
