//! When there is time.

use super::week::{joined, without};
use super::{Span, Week, Zone};

/// What time is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The clinic's clock.
    pub zone: &'a Zone,
    /// From this moment on.
    pub from: i64,
    /// So long.
    pub minutes: u32,
    /// Times begin at whole multiples of so many minutes of the wall's clock.
    pub step: u32,
    /// So many days are looked through.
    pub days: u32,
    /// So many times are enough.
    pub count: usize,
}

/// The next times at which everybody is there and nothing is booked. `weeks`: the hours of each one who is needed.
pub fn free_times(search: Search<'_>, weeks: &[&Week], taken: &[Span]) -> Vec<Span> {
    let mut found = Vec::new();
    let Some(mut date) = search.zone.date(search.from) else {
        return found;
    };
    let taken = joined(taken.to_vec());
    for _ in 0..=search.days {
        for open in common_hours(search.zone, weeks, date) {
            for gap in without(vec![open], &taken) {
                fill(search, &gap, &mut found);
                if found.len() >= search.count {
                    return found;
                }
            }
        }
        match date.tomorrow() {
            Ok(next) => date = next,
            Err(_) => return found,
        }
    }
    found
}

/// When all are there.
fn common_hours(zone: &Zone, weeks: &[&Week], date: jiff::civil::Date) -> Vec<Span> {
    let mut all = weeks.iter().map(|week| week.open_on(zone, date));
    let Some(first) = all.next() else {
        return Vec::new();
    };
    all.fold(first, |so_far, next| {
        let pairs = so_far
            .iter()
            .flat_map(|a| next.iter().filter_map(|b| a.common(b)));
        pairs.collect()
    })
}

/// The times that fit into a gap, one after the other.
fn fill(search: Search<'_>, gap: &Span, found: &mut Vec<Span>) {
    let mut at = rounded(search, gap.start().max(search.from));
    while found.len() < search.count {
        let Some(span) = at.and_then(|at| Span::of_minutes(at, search.minutes)) else {
            return;
        };
        if !gap.covers(&span) {
            return;
        }
        found.push(span);
        at = rounded(search, span.end());
    }
}

/// The first moment from here on that the wall shows as a multiple of the step.
fn rounded(search: Search<'_>, at: i64) -> Option<i64> {
    let minute = at.checked_add(59_999)?.div_euclid(60_000);
    let local = search.zone.local(minute.checked_mul(60_000)?)?;
    let step = i64::from(search.step.max(1));
    let over = (i64::from(local.hour()) * 60 + i64::from(local.minute())) % step;
    let more = if over == 0 { 0 } else { step - over };
    minute.checked_add(more)?.checked_mul(60_000)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Time, date, time};

    use super::*;

    fn search(zone: &Zone, from: i64) -> Search<'_> {
        Search {
            zone,
            from,
            minutes: 30,
            step: 15,
            days: 14,
            count: 3,
        }
    }

    fn shown(zone: &Zone, spans: &[Span]) -> Vec<String> {
        let local = |s: &Span| zone.local(s.start()).unwrap();
        spans
            .iter()
            .map(|s| local(s).strftime("%d %H:%M").to_string())
            .collect()
    }

    #[test]
    fn free_times_lie_within_everybodys_hours_and_beside_what_is_booked() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let at = |h, m| zone.moment(date(2026, 3, 6), time(h, m, 0, 0)).unwrap();
        let doctor = Week::workdays(time(9, 0, 0, 0), time(12, 0, 0, 0));
        let room = Week::workdays(time(8, 0, 0, 0), time(11, 30, 0, 0));
        let taken = [Span::of_minutes(at(9, 0), 50).unwrap()];
        // A Friday: what does not fit goes on after the weekend.
        let found = free_times(search(&zone, at(9, 0)), &[&doctor, &room], &taken);
        assert_eq!(shown(&zone, &found), ["06 10:00", "06 10:30", "06 11:00"]);
        let late = free_times(search(&zone, at(10, 50)), &[&doctor, &room], &taken);
        assert_eq!(shown(&zone, &late), ["06 11:00", "09 09:00", "09 09:30"]);
    }

    #[test]
    fn nobody_there_is_no_free_time() {
        let zone = Zone::utc();
        assert_eq!(
            free_times(search(&zone, 0), &[&Week::default()], &[]),
            Vec::new()
        );
        assert_eq!(free_times(search(&zone, 0), &[], &[]), Vec::new());
    }

    #[test]
    fn over_a_change_of_clocks_times_go_on_by_the_wall() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let days = vec![jiff::civil::Weekday::Sunday];
        let night = super::super::Hours {
            days,
            from: Time::midnight(),
            to: time(6, 0, 0, 0),
        };
        let week = Week {
            hours: vec![night],
            away: Vec::new(),
        };
        let from = zone.moment(date(2026, 3, 29), time(1, 30, 0, 0)).unwrap();
        let found = free_times(search(&zone, from), &[&week], &[]);
        assert_eq!(shown(&zone, &found), ["29 01:30", "29 03:00", "29 03:30"]);
    }
}
