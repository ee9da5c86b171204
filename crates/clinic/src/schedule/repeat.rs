//! Appointments that repeat: a part of the recurrence rules of RFC 5545 (section 3.3.10), with dates that are left out.
//! Rules go by the wall's clock: nine o'clock stays nine o'clock through changes of clocks.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// So many times a rule may repeat.
pub const MOST_TIMES: u32 = 52;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// By days.
    Daily,
    /// By weeks.
    Weekly,
    /// By months, on the same day of the month; months without that day are left out.
    Monthly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Count(u32),
    Until(Date),
}

/// A rule that ends: `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    frequency: Frequency,
    interval: u32,
    days: Vec<Weekday>,
    end: End,
}

/// Why a rule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepeatError {
    /// A part that is not understood; nothing is left out in silence.
    #[error("{0} is not understood: use FREQ, INTERVAL, BYDAY, and COUNT or UNTIL")]
    Part(String),
    /// It says a thing twice.
    #[error("{0} stands there twice")]
    Twice(String),
    /// It says not how often.
    #[error("FREQ is missing: DAILY, WEEKLY or MONTHLY")]
    NoFrequency,
    /// It never ends, or says so twice.
    #[error("one of COUNT (2 to {MOST_TIMES}) and UNTIL is needed")]
    NoEnd,
    /// Weekdays belong to weeks.
    #[error("BYDAY goes with FREQ=WEEKLY")]
    DaysWithoutWeeks,
}

const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

impl Frequency {
    const ALL: [(&'static str, Self); 3] = [
        ("DAILY", Self::Daily),
        ("WEEKLY", Self::Weekly),
        ("MONTHLY", Self::Monthly),
    ];
}

impl Repeat {
    /// So many times, every so many days, weeks or months; none unless it is 2 to [`MOST_TIMES`] times, 1 to 52 apart.
    pub fn times(frequency: Frequency, interval: u32, count: u32) -> Option<Self> {
        let fine = (2..=MOST_TIMES).contains(&count) && (1..=52).contains(&interval);
        fine.then_some(Self {
            frequency,
            interval,
            days: Vec::new(),
            end: End::Count(count),
        })
    }

    /// Reads a rule.
    pub fn parse(text: &str) -> Result<Self, RepeatError> {
        let (mut frequency, mut interval, mut days) = (None, None, None);
        let (mut count, mut until) = (None, None);
        for part in text.split(';') {
            let wrong = || RepeatError::Part(part.to_owned());
            let twice = || RepeatError::Twice(part.to_owned());
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            let before = match name {
                "FREQ" => {
                    let found = Frequency::ALL.iter().find(|(n, _)| *n == value);
                    frequency.replace(found.ok_or_else(wrong)?.1).is_some()
                }
                "INTERVAL" => interval
                    .replace(number(value, 1, 52).ok_or_else(wrong)?)
                    .is_some(),
                "BYDAY" => days.replace(weekdays(value).ok_or_else(wrong)?).is_some(),
                "COUNT" => count
                    .replace(number(value, 2, MOST_TIMES).ok_or_else(wrong)?)
                    .is_some(),
                "UNTIL" => until.replace(day(value).ok_or_else(wrong)?).is_some(),
                _ => return Err(wrong()),
            };
            if before {
                return Err(twice());
            }
        }
        let frequency = frequency.ok_or(RepeatError::NoFrequency)?;
        let end = match (count, until) {
            (Some(count), None) => End::Count(count),
            (None, Some(until)) => End::Until(until),
            (Some(_), Some(_)) | (None, None) => return Err(RepeatError::NoEnd),
        };
        if days.is_some() && frequency != Frequency::Weekly {
            return Err(RepeatError::DaysWithoutWeeks);
        }
        Ok(Self {
            frequency,
            interval: interval.unwrap_or(1),
            days: days.unwrap_or_default(),
            end,
        })
    }

    /// The dates, the first one included, at most [`MOST_TIMES`]; those of `except` are left out, but counted (RFC 5545,
    /// section 3.8.5.1).
    pub fn dates(&self, first: Date, except: &[Date]) -> Vec<Date> {
        let most = match self.end {
            End::Count(count) => count,
            End::Until(_) => MOST_TIMES,
        };
        let most = usize::try_from(most).unwrap_or(0);
        let mut all = Vec::new();
        // A month may lack the day several times running; four times as many steps are enough for any count.
        for step in 0..MOST_TIMES * 4 {
            for date in self.round(first, step) {
                let over = matches!(self.end, End::Until(until) if date > until);
                if over || all.len() >= most {
                    all.retain(|d| !except.contains(d));
                    return all;
                }
                if date >= first {
                    all.push(date);
                }
            }
        }
        all.retain(|d| !except.contains(d));
        all
    }

    /// The dates of one round: a day, a week's days, a month's day.
    fn round(&self, first: Date, step: u32) -> Vec<Date> {
        let by = i64::from(step) * i64::from(self.interval);
        match self.frequency {
            Frequency::Daily => first.checked_add(by.days()).into_iter().collect(),
            Frequency::Weekly => {
                let back = i64::from(first.weekday().to_monday_zero_offset());
                let monday = first.checked_add((by * 7 - back).days());
                let Ok(monday) = monday else {
                    return Vec::new();
                };
                let own = [first.weekday()];
                let days = if self.days.is_empty() {
                    &own[..]
                } else {
                    &self.days
                };
                let mut offsets: Vec<i64> = days
                    .iter()
                    .map(|d| i64::from(d.to_monday_zero_offset()))
                    .collect();
                offsets.sort_unstable();
                offsets
                    .into_iter()
                    .filter_map(|o| monday.checked_add(o.days()).ok())
                    .collect()
            }
            Frequency::Monthly => {
                // Adding months goes to the month's last day where the day is missing: that is another day.
                let date = first.checked_add(by.months());
                date.into_iter()
                    .filter(|d| d.day() == first.day())
                    .collect()
            }
        }
    }
}

impl fmt::Display for Repeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Frequency::ALL
            .iter()
            .find(|(_, one)| *one == self.frequency);
        write!(f, "FREQ={}", name.map_or("", |(n, _)| n))?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        for (at, day) in self.days.iter().enumerate() {
            let code = DAYS.iter().find(|(_, d)| d == day).map_or("", |(c, _)| *c);
            write!(f, "{}{code}", if at == 0 { ";BYDAY=" } else { "," })?;
        }
        match self.end {
            End::Count(count) => write!(f, ";COUNT={count}"),
            End::Until(until) => write!(f, ";UNTIL={}", until.strftime("%Y%m%d")),
        }
    }
}

fn number(text: &str, least: u32, most: u32) -> Option<u32> {
    let found: u32 = text.parse().ok()?;
    (least..=most).contains(&found).then_some(found)
}

fn weekdays(text: &str) -> Option<Vec<Weekday>> {
    let mut all = Vec::new();
    for code in text.split(',') {
        let (_, day) = DAYS.iter().find(|(c, _)| *c == code)?;
        if all.contains(day) {
            return None;
        }
        all.push(*day);
    }
    Some(all)
}

/// `20261224`, as RFC 5545 writes a date.
fn day(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to);
    let year = part(0, 4)?.parse().ok()?;
    Date::new(year, part(4, 6)?.parse().ok()?, part(6, 8)?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn check(rule: &str, first: Date, except: &[Date], expected: &[&str]) {
        let rule = Repeat::parse(rule).unwrap();
        let found: Vec<String> = rule
            .dates(first, except)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected, "{rule}");
    }

    #[test]
    fn a_rule_repeats_by_days_weeks_and_months() {
        let first = date(2026, 1, 30);
        check(
            "FREQ=DAILY;COUNT=3",
            first,
            &[],
            &["2026-01-30", "2026-01-31", "2026-02-01"],
        );
        check(
            "FREQ=WEEKLY;INTERVAL=2;COUNT=3",
            first,
            &[],
            &["2026-01-30", "2026-02-13", "2026-02-27"],
        );
        // February has no 30th: it is left out, not moved.
        check(
            "FREQ=MONTHLY;COUNT=3",
            first,
            &[],
            &["2026-01-30", "2026-03-30", "2026-04-30"],
        );
    }

    #[test]
    fn weekdays_begin_with_the_first_date() {
        // A Wednesday; Monday of that week has passed.
        check(
            "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=4",
            date(2026, 3, 4),
            &[],
            &["2026-03-06", "2026-03-09", "2026-03-13", "2026-03-16"],
        );
    }

    #[test]
    fn a_rule_ends_with_its_last_day_and_dates_left_out_count() {
        let first = date(2026, 3, 2);
        check(
            "FREQ=WEEKLY;UNTIL=20260316",
            first,
            &[],
            &["2026-03-02", "2026-03-09", "2026-03-16"],
        );
        check(
            "FREQ=WEEKLY;COUNT=3",
            first,
            &[date(2026, 3, 9)],
            &["2026-03-02", "2026-03-16"],
        );
        let long = Repeat::parse("FREQ=DAILY;UNTIL=20301231").unwrap();
        assert_eq!(long.dates(first, &[]).len(), 52);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (rule, why) in [
            ("", "not understood"),
            ("FREQ=YEARLY;COUNT=2", "not understood"),
            ("FREQ=WEEKLY", "COUNT"),
            ("FREQ=WEEKLY;COUNT=2;UNTIL=20260101", "COUNT"),
            ("COUNT=2", "FREQ is missing"),
            ("FREQ=DAILY;COUNT=1", "not understood"),
            ("FREQ=DAILY;COUNT=53", "not understood"),
            ("FREQ=DAILY;COUNT=2;COUNT=3", "twice"),
            ("FREQ=DAILY;BYDAY=MO;COUNT=2", "WEEKLY"),
            ("FREQ=WEEKLY;BYDAY=XX;COUNT=2", "not understood"),
            ("FREQ=WEEKLY;BYSETPOS=1;COUNT=2", "not understood"),
            ("FREQ=WEEKLY;UNTIL=20261332", "not understood"),
        ] {
            let error = Repeat::parse(rule).unwrap_err().to_string();
            assert!(error.contains(why), "{rule}: {error}");
        }
    }

    #[test]
    fn a_rule_is_written_as_it_is_read() {
        for rule in [
            "FREQ=DAILY;COUNT=3",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=8",
            "FREQ=MONTHLY;UNTIL=20261231",
        ] {
            assert_eq!(Repeat::parse(rule).unwrap().to_string(), rule);
        }
        assert_eq!(Repeat::times(Frequency::Daily, 1, 1), None);
        assert_eq!(
            Repeat::times(Frequency::Weekly, 2, 3).unwrap().to_string(),
            "FREQ=WEEKLY;INTERVAL=2;COUNT=3"
        );
    }
}
