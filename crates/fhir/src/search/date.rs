//! FHIR dates as spans of milliseconds.

use super::entry::{BEGINNING, END};

const DAY: i64 = 86_400_000;

/// The span `[lo, hi)` in milliseconds that a FHIR `date`, `dateTime` or `instant` stands for by its precision
/// (`2024-02` is the whole month). Without a time zone it is read as UTC. Times may leave out the seconds, as
/// searches do; a space before the zone is read as the `+` that it was. None when it is no date.
pub fn date_span(text: &str) -> Option<(i64, i64)> {
    let bytes = text.as_bytes();
    let year = i64::from(digits(bytes, 0, 4)?);
    if year == 0 {
        return None;
    }
    match bytes.get(4) {
        None => return span_of_days(days(year, 1, 1), days(year + 1, 1, 1)),
        Some(b'-') => {}
        Some(_) => return None,
    }
    let month = i64::from(digits(bytes, 5, 2)?);
    if !(1..=12).contains(&month) {
        return None;
    }
    match bytes.get(7) {
        None => {
            let (y, m) = if month == 12 {
                (year + 1, 1)
            } else {
                (year, month + 1)
            };
            return span_of_days(days(year, month, 1), days(y, m, 1));
        }
        Some(b'-') => {}
        Some(_) => return None,
    }
    let day = i64::from(digits(bytes, 8, 2)?);
    if day < 1 || day > days_in(year, month) {
        return None;
    }
    let start = days(year, month, day);
    match bytes.get(10) {
        None => span_of_days(start, start + 1),
        Some(b'T') => time_span(bytes.get(11..)?, start * DAY),
        Some(_) => None,
    }
}

fn span_of_days(from: i64, to: i64) -> Option<(i64, i64)> {
    Some(((from * DAY).max(BEGINNING), (to * DAY).min(END)))
}

/// `hh:mm[:ss[.f+]][zone]` on a day that begins at `midnight`.
fn time_span(time: &[u8], midnight: i64) -> Option<(i64, i64)> {
    let hour = i64::from(digits(time, 0, 2)?);
    let minute = i64::from(digits(time, 3, 2)?);
    if time.get(2) != Some(&b':') || hour > 24 || minute > 59 || (hour == 24 && minute > 0) {
        return None;
    }
    let mut at = midnight + (hour * 60 + minute) * 60_000;
    let mut width = 60_000;
    let mut rest = time.get(5..)?;
    if rest.first() == Some(&b':') {
        let second = i64::from(digits(rest, 1, 2)?);
        if second > 60 {
            return None;
        }
        at += second.min(59) * 1000;
        width = 1000;
        rest = rest.get(3..)?;
        if rest.first() == Some(&b'.') {
            let fraction = rest
                .iter()
                .skip(1)
                .take_while(|b| b.is_ascii_digit())
                .count();
            let (millis, unit) = fraction_of_second(rest.get(1..=fraction)?)?;
            at += millis;
            width = unit;
            rest = rest.get(fraction + 1..)?;
        }
    }
    let at = at - zone(rest)?;
    Some((at, at + width))
}

/// Milliseconds, and the width of the last digit (at least one).
fn fraction_of_second(fraction: &[u8]) -> Option<(i64, i64)> {
    let shown = fraction.len().min(3);
    let value = i64::from(digits(fraction, 0, shown)?);
    match shown {
        1 => Some((value * 100, 100)),
        2 => Some((value * 10, 10)),
        3 => Some((value, 1)),
        _ => None,
    }
}

/// How far the zone is ahead of UTC, in milliseconds.
fn zone(text: &[u8]) -> Option<i64> {
    let sign = match text.first() {
        None => return Some(0),
        Some(b'Z') if text.len() == 1 => return Some(0),
        Some(b'+' | b' ') => 1,
        Some(b'-') => -1,
        Some(_) => return None,
    };
    if text.len() != 6 || text.get(3) != Some(&b':') {
        return None;
    }
    let hours = i64::from(digits(text, 1, 2)?);
    let minutes = i64::from(digits(text, 4, 2)?);
    (hours <= 14 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let digits = bytes.get(at..at.checked_add(count)?)?;
    digits.iter().try_fold(0_u32, |n, b| {
        b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0'))
    })
}

fn days_in(year: i64, month: i64) -> i64 {
    let (y, m) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    days(y, m, 1) - days(year, month, 1)
}

/// Days since 1970-01-01 in the Gregorian calendar (after Howard Hinnant, `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, lo: &str, hi: &str) {
        let at = |s: &str| s.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert_eq!(date_span(text), Some((at(lo), at(hi))), "{text}");
    }

    #[test]
    fn a_date_is_the_span_of_its_precision() {
        check("2024", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
        check("2024-02", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
        check("2024-12", "2024-12-01T00:00:00Z", "2025-01-01T00:00:00Z");
        check("2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z");
        check(
            "1804-02-29T10:20Z",
            "1804-02-29T10:20:00Z",
            "1804-02-29T10:21:00Z",
        );
        check(
            "2024-02-29T10:20:30",
            "2024-02-29T10:20:30Z",
            "2024-02-29T10:20:31Z",
        );
        check(
            "2024-02-29T10:20:30.25+02:00",
            "2024-02-29T08:20:30.25Z",
            "2024-02-29T08:20:30.26Z",
        );
        check(
            "2024-02-29T10:20:30.123456-05:30",
            "2024-02-29T15:50:30.123Z",
            "2024-02-29T15:50:30.124Z",
        );
        check(
            "2024-02-29T10:20:30 02:00",
            "2024-02-29T08:20:30Z",
            "2024-02-29T08:20:31Z",
        );
    }

    #[test]
    fn what_is_no_date_is_none() {
        for bad in [
            "",
            "24",
            "0000",
            "2024-",
            "2024-13",
            "2024-00",
            "2023-02-29",
            "2024-2-1",
            "2024-01-01T",
            "2024-01-01T1:00",
            "2024-01-01T25:00",
            "2024-01-01T10:00:00.",
            "2024-01-01T10:00Zx",
            "2024-01-01T10:00+99:00",
            "2024é",
            "x",
        ] {
            assert_eq!(date_span(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_span_or_none(text in "\\PC*") {
            if let Some((lo, hi)) = date_span(&text) {
                assert!(lo < hi);
            }
        }
    }
}
