//! Days and times as people read and type them, in the clinic's time zone. The zone holds while a page is made; what is made
//! elsewhere, or for a clinic that names no zone, is in UTC and says so.

use aceso_base::Instant;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use maud::{Markup, html, month_and_year, month_day, say};

tokio::task_local! {
    static ZONE: TimeZone;
}

/// Makes a page whose times are of this zone.
pub(crate) async fn in_zone<F: Future>(zone: TimeZone, work: F) -> F::Output {
    ZONE.scope(zone, work).await
}

/// The time zone of the page that is being made.
pub fn zone() -> TimeZone {
    ZONE.try_with(TimeZone::clone).unwrap_or(TimeZone::UTC)
}

/// A day that no reader can take for another: `22 Nov 2026`.
pub fn day(at: Instant) -> String {
    local_time(at).map_or_else(String::new, |t| civil_day(t.date()))
}

/// A day as a date field holds it: `2026-11-22`.
pub fn field_day(at: Instant) -> String {
    write(at, "%Y-%m-%d")
}

/// A time of a day: `22 Nov 2026, 08:12`; with `UTC` where the zone is that.
pub fn moment(at: Instant) -> String {
    let Some(local) = local_time(at) else {
        return String::new();
    };
    let clock = local.strftime("%H:%M").to_string();
    let text = say("{0}, {1}", &[&civil_day(local.date()), &clock]);
    match zone() == TimeZone::UTC {
        true => text + " UTC",
        false => text,
    }
}

/// The moment, for machines too.
pub fn when(at: Instant) -> Markup {
    html! { time datetime=(at.to_fhir()) { (moment(at)) } }
}

/// A day that was typed into a date field: its beginning.
pub fn read_day(text: &str) -> Option<Instant> {
    let date: Date = text.parse().ok()?;
    let start = date.to_zoned(zone()).ok()?;
    Some(Instant::from_millis(start.timestamp().as_millisecond()))
}

/// A day and a time (`09:30`) that were typed, as a moment.
pub fn read_moment(day: &str, time: &str) -> Option<Instant> {
    if time.len() != 5 {
        return None;
    }
    let (day, time): (Date, Time) = (day.parse().ok()?, time.parse().ok()?);
    let at = day.to_datetime(time).to_zoned(zone()).ok()?;
    Some(Instant::from_millis(at.timestamp().as_millisecond()))
}

/// A FHIR date or dateTime as people read it: `1 Mar 1974`, `Mar 1974`, `1974`; what is none is shown as it is.
pub fn fhir_day(text: &str) -> String {
    if let Some(date) = fhir_date(text) {
        return civil_day(date);
    }
    match [text, "-01"].concat().parse::<Date>() {
        Ok(date) => month_and_year(date.year(), date.month()),
        Err(_) => text.get(..10).unwrap_or(text).to_owned(),
    }
}

/// The day of a FHIR date or dateTime, `2026-11-22`; as it is where it names none.
pub fn fhir_field_day(text: &str) -> String {
    fhir_date(text).map_or_else(|| text.to_owned(), |date| date.to_string())
}

/// The time of day of a FHIR dateTime: `09:30`, with `UTC` where the zone is that; empty when it says none.
pub fn fhir_clock(text: &str) -> String {
    let Some(at) = local(text) else {
        return String::new();
    };
    let text = at.strftime("%H:%M").to_string();
    match zone() == TimeZone::UTC {
        true => text + " UTC",
        false => text,
    }
}

fn fhir_date(text: &str) -> Option<Date> {
    match local(text) {
        Some(at) => Some(at.date()),
        None => text.get(..10)?.parse().ok(),
    }
}

/// When a FHIR dateTime with a time was here.
fn local(text: &str) -> Option<DateTime> {
    let at: Timestamp = text.parse().ok()?;
    Some(zone().to_datetime(at))
}

fn write(at: Instant, form: &str) -> String {
    local_time(at).map_or_else(String::new, |t| t.strftime(form).to_string())
}

fn local_time(at: Instant) -> Option<DateTime> {
    let at = Timestamp::from_millisecond(at.millis()).ok()?;
    Some(zone().to_datetime(at))
}

/// A day of the calendar as the page's language writes it.
pub fn civil_day(date: Date) -> String {
    month_day(date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-08T06:59:59Z: the second before clocks go forward in New York.
    const AT: Instant = Instant::from_millis(1_772_953_199_000);

    #[tokio::test]
    async fn times_are_of_the_clinics_zone_while_a_page_is_made() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let said = in_zone(zone, async {
            (
                moment(AT),
                moment(AT.plus_millis(1_000)),
                fhir_day("2026-03-08T02:30:00Z"),
                fhir_clock("2026-03-08T09:30:00+01:00"),
                read_day("2026-03-08").map(|d| d.to_fhir()),
                read_moment("2026-07-01", "09:30").map(|d| d.to_fhir()),
            )
        });
        assert_eq!(
            said.await,
            (
                "8 Mar 2026, 01:59".to_owned(),
                "8 Mar 2026, 03:00".to_owned(),
                "7 Mar 2026".to_owned(),
                "04:30".to_owned(),
                Some("2026-03-08T05:00:00.000Z".to_owned()),
                Some("2026-07-01T13:30:00.000Z".to_owned()),
            )
        );
        assert_eq!(moment(AT), "8 Mar 2026, 06:59 UTC");
        assert_eq!(fhir_clock("2026-03-08"), "");
        assert_eq!(fhir_day("1974-03"), "Mar 1974");
        assert_eq!(fhir_day("1974-03-01"), "1 Mar 1974");
        assert_eq!(fhir_field_day("1974"), "1974");
        assert!(read_moment("2026-07-01", "9:30").is_none());
    }
}
