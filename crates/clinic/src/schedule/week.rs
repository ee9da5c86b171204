//! Weekly hours: when somebody works, or a room is open.

use jiff::civil::{Date, Time, Weekday};

use super::{Span, Zone};

/// On these weekdays from one time of day to another. What ends at or before it begins ends on the next day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The weekdays on which it begins.
    pub days: Vec<Weekday>,
    /// From.
    pub from: Time,
    /// Until.
    pub to: Time,
}

/// A week's hours, and dates on which they do not hold. Without hours it is never open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week {
    /// The hours.
    pub hours: Vec<Hours>,
    /// Spans in which nothing is open, whatever the week says.
    pub away: Vec<Span>,
}

impl Week {
    /// What is usual: Monday to Friday.
    pub fn workdays(from: Time, to: Time) -> Self {
        let days = vec![
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
        ];
        let hours = vec![Hours { days, from, to }];
        Self {
            hours,
            away: Vec::new(),
        }
    }

    /// The open spans that begin on a date, in order and without overlaps. Hours go by the wall's clock, so a span over
    /// a change of clocks is an hour shorter or longer.
    pub fn open_on(&self, zone: &Zone, date: Date) -> Vec<Span> {
        let weekday = date.weekday();
        let here = self.hours.iter().filter(|h| h.days.contains(&weekday));
        let spans = here.filter_map(|hours| {
            let end_date = if hours.to > hours.from {
                date
            } else {
                date.tomorrow().ok()?
            };
            let start = zone.moment_or_after(date, hours.from).ok()?;
            Span::new(start, zone.moment_or_after(end_date, hours.to).ok()?)
        });
        without(joined(spans.collect()), &self.away)
    }

    /// Whether it is open throughout a span.
    pub fn covers(&self, zone: &Zone, span: &Span) -> bool {
        let Some(date) = zone.date(span.start()) else {
            return false;
        };
        let days = [date.yesterday().ok(), Some(date), date.tomorrow().ok()];
        let open = days.into_iter().flatten();
        let open = joined(open.flat_map(|d| self.open_on(zone, d)).collect());
        open.iter().any(|o| o.covers(span))
    }
}

/// Spans in order; those that overlap or touch are one.
pub(super) fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.start() <= last.end() => {
                if let Some(both) = Span::new(last.start(), last.end().max(span.end())) {
                    *last = both;
                }
            }
            Some(_) | None => out.push(span),
        }
    }
    out
}

/// What is left of spans when others are taken out.
pub(super) fn without(spans: Vec<Span>, taken: &[Span]) -> Vec<Span> {
    let taken = joined(taken.to_vec());
    let mut out = Vec::new();
    for span in spans {
        let mut from = span.start();
        for gone in taken.iter().filter(|t| t.overlaps(&span)) {
            out.extend(Span::new(from, gone.start()));
            from = from.max(gone.end());
        }
        out.extend(Span::new(from, span.end()));
    }
    out
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").unwrap()
    }

    fn hours(from: i8, to: i8) -> Week {
        Week::workdays(time(from, 0, 0, 0), time(to, 0, 0, 0))
    }

    #[test]
    fn a_week_is_open_on_its_days_alone() {
        let week = hours(9, 17);
        let open = |d| week.open_on(&berlin(), d);
        assert_eq!(open(date(2026, 3, 4))[0].minutes(), 8 * 60);
        assert_eq!(open(date(2026, 3, 7)), Vec::new());
    }

    #[test]
    fn hours_over_a_change_of_clocks_go_by_the_wall() {
        let days = vec![Weekday::Sunday];
        let night = Hours {
            days,
            from: time(0, 0, 0, 0),
            to: time(8, 0, 0, 0),
        };
        let week = Week {
            hours: vec![night],
            away: Vec::new(),
        };
        let minutes = |d| week.open_on(&berlin(), d)[0].minutes();
        assert_eq!(minutes(date(2026, 3, 29)), 7 * 60);
        assert_eq!(minutes(date(2026, 10, 25)), 9 * 60);
    }

    #[test]
    fn a_shift_past_midnight_covers_what_begins_after_it() {
        let days = vec![Weekday::Friday];
        let shift = Hours {
            days,
            from: time(22, 0, 0, 0),
            to: time(6, 0, 0, 0),
        };
        let week = Week {
            hours: vec![shift],
            away: Vec::new(),
        };
        let at = |d, h| berlin().moment(d, time(h, 0, 0, 0)).unwrap();
        let covers = |d, h| week.covers(&berlin(), &Span::of_minutes(at(d, h), 60).unwrap());
        assert!(covers(date(2026, 3, 6), 23));
        assert!(covers(date(2026, 3, 7), 5));
        assert!(!covers(date(2026, 3, 7), 6));
        let over = Span::of_minutes(at(date(2026, 3, 6), 23), 120).unwrap();
        assert!(week.covers(&berlin(), &over), "over midnight");
    }

    #[test]
    fn what_is_away_is_cut_out() {
        let mut week = hours(9, 17);
        let at = |h| berlin().moment(date(2026, 3, 4), time(h, 0, 0, 0)).unwrap();
        week.away = vec![Span::new(at(12), at(13)).unwrap()];
        let open = week.open_on(&berlin(), date(2026, 3, 4));
        let minutes: Vec<i64> = open.iter().map(Span::minutes).collect();
        assert_eq!(minutes, [180, 240]);
    }
}
