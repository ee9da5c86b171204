//! Dates and times, as the calendar and FHIR have them.

/// Two digits as a number, and what follows.
fn two(b: &[u8]) -> Option<(u8, &[u8])> {
    match b {
        [t, u, rest @ ..] if t.is_ascii_digit() && u.is_ascii_digit() => {
            Some(((t - b'0') * 10 + (u - b'0'), rest))
        }
        _ => None,
    }
}

/// Reads a year, optionally a month, optionally a day that the calendar has; returns what follows.
pub(super) fn date(b: &[u8]) -> Option<&[u8]> {
    let (century, b) = two(b)?;
    let (year, b) = two(b)?;
    let year = u16::from(century) * 100 + u16::from(year);
    if year == 0 {
        return None;
    }
    let Some(b) = b.strip_prefix(b"-") else {
        return Some(b);
    };
    let (month, b) = two(b)?;
    if !(1..=12).contains(&month) {
        return None;
    }
    let Some(b) = b.strip_prefix(b"-") else {
        return Some(b);
    };
    let (day, b) = two(b)?;
    (day >= 1 && day <= days(year, month)).then_some(b)
}

const fn days(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// Reads `hh:mm:ss` with optional fraction; returns what follows. A leap second is allowed.
pub(super) fn time(b: &[u8]) -> Option<&[u8]> {
    let (hour, b) = two(b)?;
    let (minute, b) = two(b.strip_prefix(b":")?)?;
    let (second, b) = two(b.strip_prefix(b":")?)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let Some(fraction) = b.strip_prefix(b".") else {
        return Some(b);
    };
    let end = fraction
        .iter()
        .position(|c| !c.is_ascii_digit())
        .unwrap_or(fraction.len());
    if end == 0 || end > 20 {
        return None;
    }
    fraction.get(end..)
}

fn zone(b: &[u8]) -> bool {
    match b {
        [b'Z'] => true,
        [b'+' | b'-', rest @ ..] => two(rest).is_some_and(|(hour, b)| {
            b.strip_prefix(b":").and_then(two).is_some_and(|(m, end)| {
                end.is_empty() && m <= 59 && (hour <= 13 || (hour == 14 && m == 0))
            })
        }),
        _ => false,
    }
}

/// A date to the day, a time and a zone.
pub(super) fn instant(b: &[u8]) -> bool {
    b.len() > 10
        && date(b)
            .and_then(|rest| rest.strip_prefix(b"T"))
            .filter(|rest| b.len() - rest.len() == 11)
            .and_then(time)
            .is_some_and(zone)
}

/// A date of any precision, or an instant.
pub(super) fn date_time(b: &[u8]) -> bool {
    instant(b) || date(b).is_some_and(<[u8]>::is_empty)
}
