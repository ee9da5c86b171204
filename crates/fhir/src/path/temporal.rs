//! Dates, date-times and times that may be known to a part only.

use std::cmp::Ordering;
use std::fmt::Write as _;

use aceso_base::Instant;

use super::calendar::{civil, days, days_in};
use super::quantity::CalendarUnit;

/// How much of a date or time is known. Fractions of a second count as seconds (FHIRPath, section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// Year only.
    Year,
    /// Year and month.
    Month,
    /// A whole date.
    Day,
    /// To the hour.
    Hour,
    /// To the minute.
    Minute,
    /// To the second or a fraction of it.
    Second,
}

/// A date, a date-time or a time of day; what it is is said by the [`super::Item`] it is in. A time has no date parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Year, 1 to 9999.
    pub year: u16,
    /// Month, 1 to 12; 1 when unknown.
    pub month: u8,
    /// Day, 1 to 31; 1 when unknown.
    pub day: u8,
    /// Hour, 0 to 23 (24 is refused).
    pub hour: u8,
    /// Minute.
    pub minute: u8,
    /// Second, 0 to 60.
    pub second: u8,
    /// Digits of the fraction that were written, at most 9.
    pub digits: u8,
    /// The fraction in nanoseconds.
    pub nanos: u32,
    /// Offset from UTC in minutes, when one was written.
    pub offset: Option<i16>,
    /// How much is known.
    pub precision: Precision,
}

const MINUTES_A_DAY: i64 = 24 * 60;
const NANOS_A_DAY: i64 = MINUTES_A_DAY * 60 * 1_000_000_000;

impl Stamp {
    const START: Self = Self {
        year: 1,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        digits: 0,
        nanos: 0,
        offset: None,
        precision: Precision::Year,
    };

    /// A date: `2015`, `2015-02`, `2015-02-04`.
    pub fn date(text: &str) -> Option<Self> {
        let mut out = Self::START;
        let mut parts = text.split('-');
        out.year = u16::try_from(number(parts.next()?, 4)?)
            .ok()
            .filter(|y| *y > 0)?;
        if let Some(month) = parts.next() {
            out.month = within(number(month, 2)?, 1, 12)?;
            out.precision = Precision::Month;
        }
        if let Some(day) = parts.next() {
            out.day = within(number(day, 2)?, 1, u32::from(days_in(out.year, out.month)))?;
            out.precision = Precision::Day;
        }
        parts.next().is_none().then_some(out)
    }

    /// A date-time: a date, or a date with a time and perhaps an offset.
    pub fn date_time(text: &str) -> Option<Self> {
        let Some((date, rest)) = text.split_once('T') else {
            return Self::date(text);
        };
        let mut out = Self::date(date)?;
        if out.precision != Precision::Day {
            return None;
        }
        let (clock, offset) = split_offset(rest)?;
        let time = Self::time(clock)?;
        out.hour = time.hour;
        out.minute = time.minute;
        out.second = time.second;
        out.nanos = time.nanos;
        out.digits = time.digits;
        out.precision = time.precision;
        out.offset = offset;
        Some(out)
    }

    /// A time of day: `14`, `14:34`, `14:34:28.123`.
    pub fn time(text: &str) -> Option<Self> {
        let mut out = Self::START;
        let (clock, fraction) = match text.split_once('.') {
            Some((clock, fraction)) => (clock, Some(fraction)),
            None => (text, None),
        };
        let mut parts = clock.split(':');
        out.hour = within(number(parts.next()?, 2)?, 0, 23)?;
        out.precision = Precision::Hour;
        if let Some(minute) = parts.next() {
            out.minute = within(number(minute, 2)?, 0, 59)?;
            out.precision = Precision::Minute;
        }
        if let Some(second) = parts.next() {
            out.second = within(number(second, 2)?, 0, 60)?;
            out.precision = Precision::Second;
        }
        if parts.next().is_some() {
            return None;
        }
        if let Some(fraction) = fraction {
            if out.precision != Precision::Second {
                return None;
            }
            (out.nanos, out.digits) = nanos(fraction)?;
        }
        Some(out)
    }

    /// The present moment in UTC with milliseconds.
    pub fn now(now: Instant) -> Self {
        let mut out = Self::START;
        out.precision = Precision::Second;
        out.digits = 3;
        out.offset = Some(0);
        let nanos = now
            .millis()
            .rem_euclid(86_400_000)
            .saturating_mul(1_000_000);
        out.set_day(now.millis().div_euclid(86_400_000))
            .unwrap_or(Self::START)
            .with_clock(nanos)
    }

    /// Only the date.
    pub fn to_date(self) -> Self {
        let mut out = self;
        out.hour = 0;
        out.minute = 0;
        out.second = 0;
        out.nanos = 0;
        out.digits = 0;
        out.offset = None;
        out.precision = out.precision.min(Precision::Day);
        out
    }

    /// As FHIR writes a date or date-time.
    pub fn to_text(self) -> String {
        let mut out = format!("{:04}", self.year);
        if self.precision >= Precision::Month {
            push(&mut out, '-', self.month);
        }
        if self.precision >= Precision::Day {
            push(&mut out, '-', self.day);
        }
        if self.precision >= Precision::Hour {
            out.push('T');
            self.push_clock(&mut out);
        }
        match self.offset {
            Some(0) => out.push('Z'),
            Some(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                let _ = write!(out, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
            }
            None => {}
        }
        out
    }

    /// As FHIR writes a time of day.
    pub fn to_time_text(self) -> String {
        let mut out = String::new();
        self.push_clock(&mut out);
        out
    }

    fn push_clock(self, out: &mut String) {
        let _ = write!(out, "{:02}", self.hour);
        if self.precision >= Precision::Minute {
            push(out, ':', self.minute);
        }
        if self.precision >= Precision::Second {
            push(out, ':', self.second);
        }
        if self.digits > 0 {
            let fraction = format!("{:09}", self.nanos);
            out.push('.');
            out.push_str(fraction.get(..usize::from(self.digits)).unwrap_or_default());
        }
    }

    /// Which is earlier; none when the known parts do not tell.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        let both_have_time = self.precision.min(other.precision) >= Precision::Hour;
        match (self.offset, other.offset) {
            (Some(_), Some(_)) => self.in_utc().compare_parts(other.in_utc()),
            (Some(_), None) if both_have_time => self.compare_to_floating(other),
            (None, Some(_)) if both_have_time => {
                other.compare_to_floating(self).map(Ordering::reverse)
            }
            (Some(_) | None, Some(_) | None) => self.compare_parts(other),
        }
    }

    /// Against a date-time without offset, which may be anywhere from UTC-12 to UTC+14.
    fn compare_to_floating(self, other: Self) -> Option<Ordering> {
        let mine = self.in_utc().minutes();
        let theirs = other.minutes();
        if mine < theirs - 14 * 60 {
            Some(Ordering::Less)
        } else if mine > theirs + 12 * 60 {
            Some(Ordering::Greater)
        } else {
            None
        }
    }

    fn compare_parts(self, other: Self) -> Option<Ordering> {
        let known = self.precision.min(other.precision);
        let parts = |s: Self| {
            [
                (Precision::Year, u32::from(s.year)),
                (Precision::Month, u32::from(s.month)),
                (Precision::Day, u32::from(s.day)),
                (Precision::Hour, u32::from(s.hour)),
                (Precision::Minute, u32::from(s.minute)),
                (Precision::Second, u32::from(s.second)),
            ]
        };
        for ((precision, a), (_, b)) in parts(self).into_iter().zip(parts(other)) {
            if precision > known {
                break;
            }
            if a != b {
                return Some(a.cmp(&b));
            }
        }
        (self.precision == other.precision).then(|| {
            if known == Precision::Second {
                self.nanos.cmp(&other.nanos)
            } else {
                Ordering::Equal
            }
        })
    }

    fn minutes(self) -> i64 {
        days(self.year, self.month, self.day) * MINUTES_A_DAY
            + i64::from(self.hour) * 60
            + i64::from(self.minute)
    }

    fn in_utc(self) -> Self {
        let Some(offset) = self.offset.filter(|o| *o != 0) else {
            return self;
        };
        let minutes = self.minutes() - i64::from(offset);
        let Some(mut out) = self.set_day(minutes.div_euclid(MINUTES_A_DAY)) else {
            return self;
        };
        let clock = minutes.rem_euclid(MINUTES_A_DAY);
        out.hour = u8::try_from(clock / 60).unwrap_or(0);
        out.minute = u8::try_from(clock % 60).unwrap_or(0);
        out.offset = Some(0);
        out
    }

    fn set_day(mut self, day_number: i64) -> Option<Self> {
        let (year, month, day) = civil(day_number);
        self.year = u16::try_from(year)
            .ok()
            .filter(|y| (1..=9999).contains(y))?;
        self.month = month;
        self.day = day;
        Some(self)
    }

    fn with_clock(mut self, nanos_of_day: i64) -> Self {
        let seconds = nanos_of_day / 1_000_000_000;
        self.nanos = u32::try_from(nanos_of_day % 1_000_000_000).unwrap_or(0);
        self.hour = u8::try_from(seconds / 3600).unwrap_or(0);
        self.minute = u8::try_from(seconds / 60 % 60).unwrap_or(0);
        self.second = u8::try_from(seconds % 60).unwrap_or(0);
        self
    }

    fn clock(self) -> i64 {
        (i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second))
            * 1_000_000_000
            + i64::from(self.nanos)
    }

    /// This date or date-time moved by whole units; none when it leaves the years 1 to 9999. A unit finer than what
    /// is known is turned into the finest known one (FHIRPath, section 6.6.7).
    pub fn plus(self, count: i64, unit: CalendarUnit) -> Option<Self> {
        let (count, unit) = coarsen(count, unit, self.precision);
        match unit {
            CalendarUnit::Year => self.plus_months(count.checked_mul(12)?),
            CalendarUnit::Month => self.plus_months(count),
            CalendarUnit::Week => self.plus_nanos(count.checked_mul(7)?, NANOS_A_DAY),
            CalendarUnit::Day => self.plus_nanos(count, NANOS_A_DAY),
            CalendarUnit::Hour => self.plus_nanos(count, 3_600_000_000_000),
            CalendarUnit::Minute => self.plus_nanos(count, 60_000_000_000),
            CalendarUnit::Second => self.plus_nanos(count, 1_000_000_000),
            CalendarUnit::Millisecond => {
                let mut out = self.plus_nanos(count, 1_000_000)?;
                out.digits = out.digits.max(3);
                Some(out)
            }
        }
    }

    /// This time of day moved by whole units, around the clock; none for a unit of a day or more.
    pub fn time_plus(self, count: i64, unit: CalendarUnit) -> Option<Self> {
        let (count, unit) = coarsen(count, unit, self.precision);
        let nanos = match unit {
            CalendarUnit::Hour => 3_600_000_000_000_i64,
            CalendarUnit::Minute => 60_000_000_000,
            CalendarUnit::Second => 1_000_000_000,
            CalendarUnit::Millisecond => 1_000_000,
            CalendarUnit::Year | CalendarUnit::Month | CalendarUnit::Week | CalendarUnit::Day => {
                return None;
            }
        };
        let total = i128::from(self.clock()) + i128::from(count) * i128::from(nanos);
        let clock = i64::try_from(total.rem_euclid(i128::from(NANOS_A_DAY))).ok()?;
        Some(self.with_clock(clock))
    }

    fn plus_months(mut self, count: i64) -> Option<Self> {
        let months = (i64::from(self.year) * 12 + i64::from(self.month) - 1).checked_add(count)?;
        self.year = u16::try_from(months.div_euclid(12))
            .ok()
            .filter(|y| (1..=9999).contains(y))?;
        self.month = u8::try_from(months.rem_euclid(12) + 1).ok()?;
        self.day = self.day.min(days_in(self.year, self.month));
        Some(self)
    }

    fn plus_nanos(self, count: i64, nanos: i64) -> Option<Self> {
        let total = i128::from(self.clock()) + i128::from(count) * i128::from(nanos);
        let day = i64::try_from(total.div_euclid(i128::from(NANOS_A_DAY))).ok()?;
        let clock = i64::try_from(total.rem_euclid(i128::from(NANOS_A_DAY))).ok()?;
        let day = days(self.year, self.month, self.day).checked_add(day)?;
        if day.abs() > 5_000_000 {
            return None;
        }
        Some(self.set_day(day)?.with_clock(clock))
    }

    /// The number of digits that are known (FHIRPath `precision()`): 4, 6, 8, 10, 12, 14 or 17 of a date-time.
    pub fn known_digits(self) -> i64 {
        match self.precision {
            Precision::Year => 4,
            Precision::Month => 6,
            Precision::Day => 8,
            Precision::Hour => 10,
            Precision::Minute => 12,
            Precision::Second if self.digits == 0 => 14,
            Precision::Second => 14 + i64::from(self.digits),
        }
    }

    /// The earliest (or latest) moment it may stand for, to that many digits; none when there is no such precision.
    pub fn boundary(self, edge: Edge, digits: i64) -> Option<Self> {
        let (precision, fraction) = match digits {
            4 => (Precision::Year, 0),
            6 => (Precision::Month, 0),
            8 => (Precision::Day, 0),
            10 => (Precision::Hour, 0),
            12 => (Precision::Minute, 0),
            14 => (Precision::Second, 0),
            17 => (Precision::Second, 3),
            _ => return None,
        };
        let mut out = self.filled(edge);
        out.precision = precision;
        out.digits = fraction;
        Some(if precision < Precision::Hour {
            out.to_date()
        } else {
            out
        })
    }

    fn filled(mut self, edge: Edge) -> Self {
        let high = edge == Edge::High;
        if self.precision < Precision::Month {
            self.month = if high { 12 } else { 1 };
        }
        if self.precision < Precision::Day {
            self.day = if high {
                days_in(self.year, self.month)
            } else {
                1
            };
        }
        if self.precision < Precision::Hour {
            self.hour = if high { 23 } else { 0 };
        }
        if self.precision < Precision::Minute {
            self.minute = if high { 59 } else { 0 };
        }
        if self.precision < Precision::Second {
            self.second = if high { 59 } else { 0 };
        }
        if self.digits == 0 {
            self.nanos = if high { 999_000_000 } else { 0 };
        }
        self
    }
}

/// Which end of what a value may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The least.
    Low,
    /// The greatest.
    High,
}

fn coarsen(count: i64, unit: CalendarUnit, known: Precision) -> (i64, CalendarUnit) {
    let (mut count, mut unit) = (count, unit);
    loop {
        let (divisor, coarser, needs) = match unit {
            CalendarUnit::Millisecond => (1000, CalendarUnit::Second, Precision::Second),
            CalendarUnit::Second => (60, CalendarUnit::Minute, Precision::Second),
            CalendarUnit::Minute => (60, CalendarUnit::Hour, Precision::Minute),
            CalendarUnit::Hour => (24, CalendarUnit::Day, Precision::Hour),
            CalendarUnit::Week if known < Precision::Day => {
                count = count.saturating_mul(7);
                unit = CalendarUnit::Day;
                continue;
            }
            CalendarUnit::Day => (30, CalendarUnit::Month, Precision::Day),
            CalendarUnit::Month => (12, CalendarUnit::Year, Precision::Month),
            CalendarUnit::Week | CalendarUnit::Year => return (count, unit),
        };
        if known >= needs {
            return (count, unit);
        }
        count /= divisor;
        unit = coarser;
    }
}

fn push(out: &mut String, separator: char, n: u8) {
    let _ = write!(out, "{separator}{n:02}");
}

fn number(text: &str, digits: usize) -> Option<u32> {
    if text.len() != digits {
        return None;
    }
    text.bytes().try_fold(0_u32, |n, b| {
        b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0'))
    })
}

fn within(n: u32, least: u32, most: u32) -> Option<u8> {
    (least..=most).contains(&n).then(|| u8::try_from(n).ok())?
}

fn nanos(fraction: &str) -> Option<(u32, u8)> {
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut out = 0;
    let mut digits = fraction.bytes().map(|b| u32::from(b - b'0'));
    for _ in 0..9 {
        out = out * 10 + digits.next().unwrap_or(0);
    }
    Some((out, u8::try_from(fraction.len().min(9)).unwrap_or(9)))
}

fn split_offset(text: &str) -> Option<(&str, Option<i16>)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, Some(0)));
    }
    let Some(at) = text.find(['+', '-']) else {
        return Some((text, None));
    };
    let (clock, offset) = text.split_at_checked(at)?;
    let (sign, rest) = offset.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let hours = within(number(hours, 2)?, 0, 14)?;
    let minutes = within(number(minutes, 2)?, 0, 59)?;
    let minutes = i16::from(hours) * 60 + i16::from(minutes);
    Some((clock, Some(if sign == "-" { -minutes } else { minutes })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_added_to_the_last_of_january_ends_in_february() {
        let day = Stamp::date("2015-01-31").unwrap();
        assert_eq!(
            day.plus(1, CalendarUnit::Month).unwrap().to_text(),
            "2015-02-28"
        );
        assert_eq!(
            day.plus(-11, CalendarUnit::Month).unwrap().to_text(),
            "2014-02-28"
        );
    }

    #[test]
    fn a_date_that_no_calendar_has_is_refused() {
        for text in [
            "2015-13",
            "2015-02-29",
            "0000",
            "2015-1-1",
            "2015-02-03T25:00",
            "2015-02T10:00",
        ] {
            assert_eq!(Stamp::date_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_moment_without_offset_is_later_only_beyond_every_offset() {
        let fixed = Stamp::date_time("2015-02-04T12:00:00Z").unwrap();
        let near = Stamp::date_time("2015-02-04T20:00:00").unwrap();
        let far = Stamp::date_time("2015-02-06T12:00:00").unwrap();
        assert_eq!(fixed.compare(near), None);
        assert_eq!(fixed.compare(far), Some(Ordering::Less));
    }
}
