//! Business days: a zone, a weekend, holidays.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};

use crate::When;

/// Which days somebody works.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    weekend: Vec<Weekday>,
    holidays: BTreeSet<Date>,
}

/// A calendar that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No such zone.
    #[error("there is no time zone {0:?}; write one of the IANA names, for example Europe/Zurich")]
    Zone(String),
    /// Not a date.
    #[error("holiday {0:?} is not a date; write 2026-12-25")]
    Holiday(String),
    /// No day is left.
    #[error("every day of the week is in the weekend; leave at least one to work")]
    NoDays,
}

impl Calendar {
    /// Monday to Friday in UTC, without holidays.
    pub fn plain() -> Self {
        Self {
            zone: TimeZone::UTC,
            weekend: vec![Weekday::Saturday, Weekday::Sunday],
            holidays: BTreeSet::new(),
        }
    }

    /// Of a zone, with its weekend (days from Monday = 1 to Sunday = 7) and holidays (`2026-12-25`).
    pub fn new(zone: &str, weekend: &[i8], holidays: &[&str]) -> Result<Self, CalendarError> {
        let zone = TimeZone::get(zone).map_err(|_| CalendarError::Zone(zone.to_owned()))?;
        let weekend: Vec<Weekday> = weekend
            .iter()
            .filter_map(|d| Weekday::from_monday_one_offset(*d).ok())
            .collect();
        if (1..=7).all(|d| Weekday::from_monday_one_offset(d).is_ok_and(|d| weekend.contains(&d))) {
            return Err(CalendarError::NoDays);
        }
        let date = |text: &&str| {
            text.parse::<Date>()
                .map_err(|_| CalendarError::Holiday((*text).to_owned()))
        };
        let holidays = holidays.iter().map(date).collect::<Result<_, _>>()?;
        Ok(Self {
            zone,
            weekend,
            holidays,
        })
    }

    /// Whether somebody works on the day of this time.
    pub fn is_open(&self, at: When) -> bool {
        self.works(self.local(at).date())
    }

    /// The end of the n-th business day after the day of this time: the first counted is the next one that is worked.
    pub fn business_days_after(&self, start: When, days: u16) -> When {
        let mut date = self.local(start).date();
        let mut left = days;
        while left > 0 {
            let Ok(next) = date.tomorrow() else { break };
            date = next;
            if self.works(date) {
                left -= 1;
            }
        }
        self.end(date).unwrap_or(start)
    }

    /// The same day of the month and time some months later; the month's last day where it has fewer.
    pub fn months_after(&self, start: When, months: u16) -> When {
        let later = self.local(start).checked_add(i64::from(months).months());
        later.map_or(start, |z| When::from_millis(z.timestamp().as_millisecond()))
    }

    /// The local time as people write it, with its zone: `Mon 23 Nov 2026 17:00 CET`.
    pub fn said(&self, at: When) -> String {
        self.local(at).strftime("%a %d %b %Y %H:%M %Z").to_string()
    }

    fn local(&self, at: When) -> Zoned {
        at.stamp().to_zoned(self.zone.clone())
    }

    fn works(&self, date: Date) -> bool {
        !self.weekend.contains(&date.weekday()) && !self.holidays.contains(&date)
    }

    fn end(&self, date: Date) -> Option<When> {
        let next = date.tomorrow().ok()?.to_zoned(self.zone.clone()).ok()?;
        Some(When::from_millis(next.timestamp().as_millisecond() - 1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(calendar: &Calendar, start: &str, days: u16, expected: &str) {
        let due = calendar.business_days_after(start.parse().unwrap(), days);
        assert_eq!(due.to_string(), expected, "{days} after {start}");
    }

    #[test]
    fn r24_business_days_leave_out_weekends_and_holidays() {
        let plain = Calendar::plain();
        check(&plain, "2026-11-23T10:00:00Z", 5, "2026-11-30T23:59:59Z");
        check(&plain, "2026-11-21T10:00:00Z", 5, "2026-11-27T23:59:59Z");
        let nairobi = Calendar::new("Africa/Nairobi", &[6, 7], &["2026-12-25"]).unwrap();
        check(&nairobi, "2026-12-21T22:30:00Z", 3, "2026-12-28T20:59:59Z");
        let cairo = Calendar::new("Africa/Cairo", &[5, 6], &[]).unwrap();
        assert!(!cairo.is_open("2026-11-20T10:00:00Z".parse().unwrap()));
        assert!(cairo.is_open("2026-11-22T10:00:00Z".parse().unwrap()));
    }

    #[test]
    fn a_calendar_that_cannot_be_says_why() {
        assert!(matches!(
            Calendar::new("Mars/Base", &[], &[]),
            Err(CalendarError::Zone(_))
        ));
        assert!(matches!(
            Calendar::new("UTC", &[], &["25.12."]),
            Err(CalendarError::Holiday(_))
        ));
        assert!(matches!(
            Calendar::new("UTC", &[1, 2, 3, 4, 5, 6, 7], &[]),
            Err(CalendarError::NoDays)
        ));
    }

    #[test]
    fn a_month_is_a_month_and_not_thirty_days() {
        let later = Calendar::plain().months_after("2026-01-31T12:00:00Z".parse().unwrap(), 1);
        assert_eq!(later.to_string(), "2026-02-28T12:00:00Z");
    }
}
