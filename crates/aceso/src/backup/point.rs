//! Moments that a repository can bring back: a snapshot, or one with the pieces of the log after it.

use std::collections::BTreeMap;
use std::rc::Rc;

use aceso_backup::{Series, Snapshot};
use anyhow::{Context, Result, bail};

use super::Which;

/// A moment that can be brought back.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// The record's snapshot.
    pub(super) base: Snapshot,
    /// What was written after it, in order.
    pub(super) log: Vec<Snapshot>,
}

impl Point {
    /// What the moment is named after.
    pub(super) fn last(&self) -> &Snapshot {
        self.log.last().unwrap_or(&self.base)
    }
}

/// The same, before it is chosen: a snapshot, and how many of its pieces.
struct Moment<'a> {
    base: &'a Snapshot,
    log: Rc<[&'a Snapshot]>,
    count: usize,
}

impl<'a> Moment<'a> {
    fn last(&self) -> &'a Snapshot {
        let before = self.count.checked_sub(1);
        let piece = before.and_then(|at| self.log.get(at)).copied();
        piece.unwrap_or(self.base)
    }

    fn to_point(&self) -> Point {
        Point {
            base: self.base.clone(),
            log: self.log.iter().take(self.count).copied().cloned().collect(),
        }
    }
}

/// All moments of a repository, in the order of time. Of a log with a gap, what comes before the gap.
fn moments(all: &[Snapshot]) -> Vec<Moment<'_>> {
    let mut moments = Vec::new();
    for base in all.iter().filter(|one| one.series == Series::Record) {
        let pieces = pieces_after(base, all);
        let whole = (1..).map_while(|number| pieces.get(&number).copied());
        let log: Rc<[&Snapshot]> = whole.collect();
        moments.extend((0..=log.len()).map(|count| Moment {
            base,
            log: Rc::clone(&log),
            count,
        }));
    }
    moments.sort_by_key(|moment| moment.last().at);
    moments
}

/// The pieces of a snapshot's log, by their numbers; one that was added twice is the same twice.
fn pieces_after<'a>(base: &Snapshot, all: &'a [Snapshot]) -> BTreeMap<u32, &'a Snapshot> {
    all.iter()
        .filter_map(|one| {
            let link = one.link.as_ref().filter(|link| link.base == base.id)?;
            (one.series == Series::Log).then_some((link.number, one))
        })
        .collect()
}

impl Which {
    /// The moment that is meant.
    pub(super) fn point(&self, all: &[Snapshot]) -> Result<Point> {
        let before = self.at.map(jiff::Timestamp::as_millisecond);
        let mut fit = moments(all).into_iter().filter(|moment| {
            let last = moment.last();
            let named = |id: &String| last.id.starts_with(id);
            before.is_none_or(|before| last.at.millis() <= before)
                && self.snapshot.as_ref().is_none_or(named)
        });
        let newest = fit.next_back();
        if let (Some(id), Some(one), Some(_)) = (&self.snapshot, &newest, fit.next()) {
            bail!(
                "{id} is the beginning of several snapshots, {} among them: say more of it",
                one.last().short()
            );
        }
        newest
            .map(|moment| moment.to_point())
            .context(match (&self.snapshot, &self.at) {
                (Some(id), _) => format!("there is no snapshot {id}: see `aceso backup list`"),
                (None, Some(at)) => format!("there is no snapshot of {at} or before"),
                (None, None) => {
                    "the repository holds no snapshot yet: `aceso backup run` makes one".to_owned()
                }
            })
    }
}

/// Pieces of the log that no moment needs any more: their snapshot is let go of, or the last of them is older than all
/// moments are kept.
pub(super) fn lapsed_log<'a>(
    all: &'a [Snapshot],
    gone: &[&Snapshot],
    is_old: impl Fn(&Snapshot) -> bool,
) -> Vec<&'a Snapshot> {
    let mut bases: BTreeMap<&str, Vec<&Snapshot>> = BTreeMap::new();
    for one in all.iter().filter(|one| one.series == Series::Log) {
        let base = one.link.as_ref().map_or("", |link| link.base.as_str());
        bases.entry(base).or_default().push(one);
    }
    let stays = |base: &str| {
        let is_it = |one: &&Snapshot| one.id == base;
        all.iter().any(|one| is_it(&one)) && !gone.iter().any(is_it)
    };
    let is_lapsed =
        |base: &str, pieces: &[&Snapshot]| !stays(base) || pieces.iter().all(|piece| is_old(piece));
    bases
        .into_iter()
        .filter(|(base, pieces)| is_lapsed(base, pieces))
        .flat_map(|(_, pieces)| pieces)
        .collect()
}

#[cfg(test)]
mod tests {
    use aceso_backup::{Figures, Link};
    use aceso_base::Instant;

    use super::*;

    fn snapshot(id: &str, minute: i64, link: Option<(&str, u32)>) -> Snapshot {
        Snapshot {
            id: id.to_owned(),
            at: Instant::from_millis(1_795_000_000_000 + minute * 60_000),
            series: link.map_or(Series::Record, |_| Series::Log),
            files: 1,
            bytes: 1,
            added: 1,
            figures: Figures::default(),
            link: link.map(|(base, number)| Link {
                base: base.to_owned(),
                number,
            }),
        }
    }

    fn repository() -> Vec<Snapshot> {
        vec![
            snapshot("a0", 0, None),
            snapshot("a1", 4, Some(("a0", 1))),
            snapshot("a2", 8, Some(("a0", 2))),
            snapshot("a4", 16, Some(("a0", 4))),
            snapshot("b0", 20, None),
            snapshot("b1", 24, Some(("b0", 1))),
            snapshot("z1", 30, Some(("lost", 1))),
        ]
    }

    #[track_caller]
    fn check(which: (Option<&str>, Option<&str>), expected: &[&str]) {
        let which = Which {
            snapshot: which.0.map(str::to_owned),
            at: which.1.map(|at| at.parse().unwrap()),
        };
        let point = which.point(&repository()).unwrap();
        let log = point.log.iter().map(|one| one.id.as_str());
        let found: Vec<&str> = std::iter::once(point.base.id.as_str()).chain(log).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn hn4_a_moment_is_a_snapshot_with_every_piece_after_it_and_none_after_a_gap() {
        check((None, None), &["b0", "b1"]);
        check((None, Some("2026-11-18T11:26:39Z")), &["a0", "a1", "a2"]);
        check((Some("a1"), None), &["a0", "a1"]);
        check((Some("a0"), None), &["a0"]);
        let missing = Which {
            snapshot: Some("a4".to_owned()),
            at: None,
        };
        assert!(
            missing.point(&repository()).is_err(),
            "a piece before it is missing"
        );
    }

    #[test]
    fn a_log_goes_with_its_snapshot_or_when_all_of_it_is_old() {
        let all = repository();
        let gone: Vec<&Snapshot> = all.iter().filter(|one| one.id == "a0").collect();
        let ids = |found: Vec<&Snapshot>| -> Vec<String> {
            found.iter().map(|one| one.id.clone()).collect()
        };
        let never = |_: &Snapshot| false;
        assert_eq!(
            ids(lapsed_log(&all, &gone, never)),
            ["a1", "a2", "a4", "z1"]
        );
        let old = |one: &Snapshot| one.id != "a4" && one.id != "b1";
        assert_eq!(ids(lapsed_log(&all, &[], old)), ["z1"]);
        assert_eq!(ids(lapsed_log(&all, &[], |_| true)).len(), 5);
    }
}
