//! Dates in headers.

use aceso_base::Instant;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Reads an HTTP date in the form that senders must use (RFC 9110, section 5.6.7): `Sun, 22 Nov 2026 02:21:08 GMT`.
pub(crate) fn from_http(text: &str) -> Option<Instant> {
    let mut parts = text.split_once(", ")?.1.split(' ');
    let day: i64 = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let month = (1_i64..).zip(MONTHS).find(|(_, m)| *m == name)?.0;
    let year: i64 = parts.next()?.parse().ok()?;
    let mut clock = parts.next()?.split(':').map(|t| t.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let fits = parts.next() == Some("GMT")
        && (1..=31).contains(&day)
        && (1601..=9999).contains(&year)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    fits.then(|| Instant::from_millis(seconds * 1000))
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, years counted from March (Hinnant, "chrono-compatible
/// low-level date algorithms").
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_date_is_read_as_it_is_written() {
        for millis in [0, 1_795_314_068_000, 951_782_400_000, 4_102_444_799_000] {
            let at = Instant::from_millis(millis);
            assert_eq!(from_http(&at.to_http_date()), Some(at));
        }
        for bad in [
            "",
            "Sun, 22 Nov 2026",
            "Sun, 22 Foo 2026 02:21:08 GMT",
            "Sun, 99 Nov 2026 02:21:08 GMT",
            "22 Nov 2026 02:21:08 GMT",
        ] {
            assert_eq!(from_http(bad), None, "{bad}");
        }
    }
}
