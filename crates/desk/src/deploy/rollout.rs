//! How far a fix has come, as a desk counts what installations say. Who is silent is never taken for patched.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::statement::Standing;
use crate::When;

/// Who was not heard of for so long, and is not done, is silent: a statement comes every day.
pub const SILENT_DAYS: i64 = 7;

/// What a desk heard of one installation about an advisory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The name that its clinic chose; empty for an anonymous one.
    pub name: String,
    /// Whom to call.
    pub contact: String,
    /// When it was heard of last.
    pub last: When,
    /// How it stands; none where it said nothing of this advisory.
    pub standing: Option<Standing>,
    /// Since when it stands so, as it was heard here.
    pub since: When,
    /// The release that runs there.
    pub version: String,
    /// Releases that failed there: taken back, or with a self-test that failed.
    pub failed: Vec<String>,
}

/// How far one installation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is left to do there.
    Done,
    /// It says how it stands, and is not done.
    Open(Standing),
    /// It says nothing, or did not for some days.
    Silent,
}

impl Heard {
    /// How far it is. A release whose self-test failed patches nothing.
    pub fn progress(&self, now: When) -> Progress {
        match self.standing {
            Some(standing) if standing.is_done() && !self.failed.contains(&self.version) => {
                Progress::Done
            }
            Some(_) if self.last.plus_days(SILENT_DAYS) < now => Progress::Silent,
            Some(Standing::Patched) => Progress::Open(Standing::Affected),
            Some(standing) => Progress::Open(standing),
            None => Progress::Silent,
        }
    }
}

/// How far all of them are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// Installations that are known.
    pub known: u32,
    /// Where nothing is left to do.
    pub done: u32,
    /// That say nothing.
    pub silent: u32,
    /// The others, by how they stand.
    pub open: BTreeMap<String, u32>,
    /// The number of those that are done, each time that it rose.
    pub curve: Vec<(When, u32)>,
    /// How often each release failed.
    pub failures: BTreeMap<String, u32>,
    /// Which releases run.
    pub versions: BTreeMap<String, u32>,
}

impl Rollout {
    /// Of what was heard.
    pub fn of(all: &[Heard], now: When) -> Self {
        let mut found = Self::default();
        let mut times = Vec::new();
        for one in all {
            found.known += 1;
            match one.progress(now) {
                Progress::Done => {
                    found.done += 1;
                    times.push(one.since);
                }
                Progress::Open(standing) => {
                    *found.open.entry(standing.key().to_owned()).or_default() += 1;
                }
                Progress::Silent => found.silent += 1,
            }
            for release in &one.failed {
                *found.failures.entry(release.clone()).or_default() += 1;
            }
            if !one.version.is_empty() {
                *found.versions.entry(one.version.clone()).or_default() += 1;
            }
        }
        times.sort_unstable();
        for (count, at) in (1_u32..).zip(times) {
            match found.curve.last_mut().filter(|(last, _)| *last == at) {
                Some((_, before)) => *before = count,
                None => found.curve.push((at, count)),
            }
        }
        found
    }

    /// Percent of the known that are done, rounded down; none is known: nothing.
    pub fn percent(&self) -> u8 {
        let share = u64::from(self.done) * 100;
        let share = share.checked_div(u64::from(self.known)).unwrap_or(0);
        u8::try_from(share).unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: When = When::from_millis(1_795_000_000_000);

    fn heard(standing: Option<Standing>, days_ago: i64, failed: &[&str]) -> Heard {
        Heard {
            name: "Harbour Clinic".into(),
            contact: String::new(),
            last: NOW.plus_days(-days_ago),
            standing,
            since: NOW.plus_days(-days_ago),
            version: "0.9.4".into(),
            failed: failed.iter().map(|t| (*t).to_owned()).collect(),
        }
    }

    #[test]
    fn d59_who_is_silent_is_never_counted_as_patched_and_who_patched_stays_so() {
        let all = [
            heard(Some(Standing::Patched), 30, &[]),
            heard(Some(Standing::NotAffected), 0, &[]),
            heard(Some(Standing::Affected), 0, &["0.9.3"]),
            heard(Some(Standing::Affected), 8, &[]),
            heard(None, 0, &[]),
            heard(Some(Standing::Patched), 0, &["0.9.4"]),
        ];
        let rollout = Rollout::of(&all, NOW);
        assert_eq!((rollout.known, rollout.done, rollout.silent), (6, 2, 2));
        assert_eq!(
            rollout.open["affected"], 2,
            "a release that failed patches nothing"
        );
        assert_eq!(rollout.percent(), 33);
        assert_eq!(rollout.curve.last().unwrap().1, 2);
        assert_eq!(
            (rollout.failures["0.9.3"], rollout.failures["0.9.4"]),
            (1, 1)
        );
        assert_eq!(Rollout::of(&[], NOW).percent(), 0);
    }
}
