//! Which snapshots are kept: by their age, never by their number. Whoever may only add could add so many, or such late ones,
//! that a rule by number lets go of all good ones.

use std::collections::BTreeMap;

use aceso_base::Instant;

use crate::Snapshot;

const DAY_MILLIS: i64 = 86_400_000;

/// What is kept for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// All of so many days.
    pub days: u32,
    /// The first and the last of each day (UTC), for so many days.
    pub daily_days: u32,
    /// The first and the last of each month (UTC), for so many days.
    pub monthly_days: u32,
}

impl Keep {
    /// The ids of those that are older than the time in which all are kept.
    pub fn lapsed_by_days<'a>(&self, all: &'a [Snapshot], now: Instant) -> Vec<&'a str> {
        let from = now.plus_millis(-i64::from(self.days).saturating_mul(DAY_MILLIS));
        let old = all.iter().filter(|one| one.at <= from);
        old.map(|one| one.id.as_str()).collect()
    }

    /// The snapshots that may go now. One from the future stays, and so does the newest of the past.
    pub fn lapsed<'a>(&self, all: &'a [Snapshot], now: Instant) -> Vec<&'a Snapshot> {
        let within = |one: &Snapshot, days: u32| {
            one.at > now.plus_millis(-(i64::from(days).saturating_mul(DAY_MILLIS)))
        };
        let (mut days, mut months) = (BTreeMap::new(), BTreeMap::new());
        for one in all {
            let text = one.at.to_fhir();
            for (length, groups) in [(10, &mut days), (7, &mut months)] {
                let group = text.get(..length).unwrap_or_default().to_owned();
                let ends = groups.entry(group).or_insert((one, one));
                if one.at < ends.0.at {
                    ends.0 = one;
                }
                if one.at > ends.1.at {
                    ends.1 = one;
                }
            }
        }
        let is_end = |groups: &BTreeMap<String, (&Snapshot, &Snapshot)>, one: &Snapshot| {
            groups
                .values()
                .any(|(first, last)| first.id == one.id || last.id == one.id)
        };
        let newest = (all.iter().filter(|one| one.at <= now)).max_by_key(|one| one.at);
        all.iter()
            .filter(|one| {
                let kept = within(one, self.days)
                    || (within(one, self.daily_days) && is_end(&days, one))
                    || (within(one, self.monthly_days) && is_end(&months, one))
                    || newest.is_some_and(|newest| newest.id == one.id);
                !kept
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Series;

    const NOW: i64 = 1_795_000_000_000;

    fn snapshot(name: &str, hours_ago: i64) -> Snapshot {
        Snapshot {
            id: name.to_owned(),
            at: Instant::from_millis(NOW - hours_ago * 3_600_000),
            series: Series::Record,
            files: 1,
            bytes: 1,
            added: 1,
            figures: crate::Figures::default(),
            link: None,
        }
    }

    fn lapsed(all: &[Snapshot]) -> Vec<&str> {
        let keep = Keep {
            days: 2,
            daily_days: 10,
            monthly_days: 90,
        };
        let gone = keep.lapsed(all, Instant::from_millis(NOW));
        gone.iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn all_of_the_last_days_the_ends_of_days_and_months_before_and_nothing_older() {
        let all = [
            snapshot("an hour ago", 1),
            snapshot("two hours ago", 2),
            snapshot("fifth day, last", 5 * 24),
            snapshot("fifth day, middle", 5 * 24 + 1),
            snapshot("fifth day, first", 5 * 24 + 2),
            snapshot("thirty days, alone in its month", 30 * 24),
            snapshot("a hundred days", 100 * 24),
        ];
        assert_eq!(lapsed(&all), ["fifth day, middle", "a hundred days"]);
    }

    #[test]
    fn snapshots_that_a_thief_adds_push_nothing_out() {
        let mut all = vec![snapshot("good", 20), snapshot("good, older", 40)];
        let before = lapsed(&all).len();
        all.extend((0..500).map(|n| snapshot(&format!("far ahead {n}"), -24 * 365 * 10 - n)));
        all.extend((0..500).map(|n| snapshot(&format!("now {n}"), 0)));
        assert_eq!(before, 0);
        assert!(lapsed(&all).is_empty());
    }

    #[test]
    fn the_newest_stays_however_old_it_is() {
        let all = [snapshot("older", 24 * 500), snapshot("newest", 24 * 400)];
        assert_eq!(lapsed(&all), ["older"]);
    }
}
