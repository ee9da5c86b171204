//! One case for one person in one week.

use std::collections::{BTreeMap, BTreeSet};

use aceso_base::Instant;
use serde::{Deserialize, Serialize};

use super::explain::{Explained, Hold, Share};
use super::facts::{Facts, Touch, What};
use super::{Rule, chart, pattern};
use crate::filled::filled;

/// From this score on, of 100, a person's week is a case.
pub const CASE_FROM: u8 = 45;
/// So many entries of the log are named for a reason.
const NAMED: usize = 20;

/// A person's week that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Place in [`Facts::workers`].
    pub worker: usize,
    /// The week's first moment: a Monday's, by the clinic's clocks.
    pub week: Instant,
    /// How sure the rules are together, of 100.
    pub score: u8,
    /// Why, the strongest first.
    pub reasons: Vec<Reason>,
}

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule.
    pub rule: Rule,
    /// How sure it is alone, of 100.
    pub weight: u8,
    /// What was seen, in words. Names no patient.
    pub text: String,
    /// The patient that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// The log's entries that show it; the first twenty.
    pub entries: Vec<u64>,
}

impl Reason {
    pub(super) fn new<'a>(
        rule: Rule,
        weight: u8,
        text: impl Into<String>,
        touches: impl IntoIterator<Item = &'a Touch>,
    ) -> Self {
        Self {
            rule,
            weight,
            text: text.into(),
            patient: None,
            entries: touches.into_iter().map(|t| t.seq).take(NAMED).collect(),
        }
    }

    pub(super) fn of(mut self, patient: &str) -> Self {
        self.patient = Some(patient.to_owned());
        self
    }
}

/// What a person did in a week, and before.
pub(super) struct Week<'a> {
    pub(super) facts: &'a Facts,
    pub(super) explained: &'a Explained,
    pub(super) worker: usize,
    pub(super) from: Instant,
    pub(super) to: Instant,
    /// Everything of this person in this week, in the order of time.
    pub(super) all: Vec<&'a Touch>,
    /// Of that, what is about one patient and unexplained.
    pub(super) bare: Vec<&'a Touch>,
    /// The same, and what a link of some days off explains.
    pub(super) loose: Vec<&'a Touch>,
    /// The same, and what the role or the place explains: all that no link names.
    pub(super) unnamed: Vec<&'a Touch>,
    /// Everything of this person before.
    pub(super) before: Vec<&'a Touch>,
    pub(super) days: &'a Days,
}

/// How many patients' records each person opened without explanation, by day.
pub(super) struct Days {
    /// By worker and day; days on which they were here at all.
    pub(super) counts: BTreeMap<usize, BTreeMap<i64, usize>>,
}

impl Week<'_> {
    /// The day of an instant, by the clinic's clocks.
    pub(super) fn day(&self, at: Instant) -> i64 {
        self.facts.zone.day(at)
    }
}

/// Reviews what happened in a time, week by week; answers the cases, the surest first, and how much was explained. What
/// happened before is what the rules compare with.
pub fn review(facts: &Facts, from: Instant, to: Instant) -> (Vec<Case>, Share) {
    let explained = Explained::new(facts);
    let days = days(facts, &explained);
    let mut cases = Vec::new();
    let (mut begin, mut end) = facts.zone.week(from);
    while begin < to {
        let span = (begin.max(from), end.min(to));
        for worker in 0..facts.workers.len() {
            let week = week(facts, &explained, &days, worker, span);
            cases.extend(case(&week, begin));
        }
        (begin, end) = facts.zone.week(end);
    }
    cases.sort_by_key(|c| (std::cmp::Reverse(c.score), c.worker));
    (cases, explained.share(&facts.touches, from, to))
}

fn week<'a>(
    facts: &'a Facts,
    explained: &'a Explained,
    days: &'a Days,
    worker: usize,
    (from, to): (Instant, Instant),
) -> Week<'a> {
    let own = facts.touches.iter().filter(|t| t.worker == worker);
    let (before, rest): (Vec<&Touch>, Vec<&Touch>) =
        own.filter(|t| t.at < to).partition(|t| t.at < from);
    let left = |than: Option<Hold>| -> Vec<&Touch> {
        let left = |t: &&&Touch| is_left(explained, t, than);
        rest.iter().filter(left).copied().collect()
    };
    Week {
        facts,
        explained,
        worker,
        from,
        to,
        bare: left(None),
        loose: left(Some(Hold::Around)),
        unnamed: left(Some(Hold::Place)),
        all: rest,
        before,
        days,
    }
}

/// Whether nothing explains what was done to one patient's record, or nothing that holds better than this.
pub(super) fn is_left(explained: &Explained, touch: &Touch, than: Option<Hold>) -> bool {
    match &touch.what {
        What::Opened(patient, _) | What::TakenOut(patient) => explained
            .hold(touch.worker, patient, touch.at)
            .is_none_or(|hold| than.is_some_and(|than| hold >= than)),
        What::Listed(_) | What::Present => false,
    }
}

fn days(facts: &Facts, explained: &Explained) -> Days {
    let mut found: BTreeMap<usize, BTreeMap<i64, BTreeSet<&str>>> = BTreeMap::new();
    for touch in &facts.touches {
        let day = facts.zone.day(touch.at);
        let patients = found
            .entry(touch.worker)
            .or_default()
            .entry(day)
            .or_default();
        if let (What::Opened(patient, _) | What::TakenOut(patient), true) =
            (&touch.what, is_left(explained, touch, None))
        {
            patients.insert(patient);
        }
    }
    let count = |days: BTreeMap<i64, BTreeSet<&str>>| {
        days.into_iter().map(|(day, p)| (day, p.len())).collect()
    };
    Days {
        counts: found
            .into_iter()
            .map(|(w, days)| (w, count(days)))
            .collect(),
    }
}

fn case(week: &Week<'_>, monday: Instant) -> Option<Case> {
    let mut reasons = chart::reasons(week);
    reasons.extend(pattern::reasons(week));
    reasons.extend(tokens(week));
    let score = score(&reasons);
    if score < CASE_FROM {
        return None;
    }
    reasons.sort_by_key(|r| (std::cmp::Reverse(r.weight), r.rule));
    Some(Case {
        worker: week.worker,
        week: monday,
        score,
        reasons,
    })
}

/// Reasons add up as if they were independent; of one rule only the strongest counts.
fn score(reasons: &[Reason]) -> u8 {
    let mut strongest: BTreeMap<Rule, u8> = BTreeMap::new();
    for reason in reasons {
        let best = strongest.entry(reason.rule).or_default();
        *best = reason.weight.min(100).max(*best);
    }
    let doubt = strongest.values().fold(10_000_u32, |doubt, weight| {
        doubt * (100 - u32::from(*weight)) / 100
    });
    u8::try_from((10_000 - doubt).div_ceil(100)).unwrap_or(100)
}

/// D19.
fn tokens(week: &Week<'_>) -> Vec<Reason> {
    let used = week.facts.tokens.iter();
    let theirs =
        used.filter(|t| t.worker == Some(week.worker) && week.from <= t.at && t.at < week.to);
    theirs
        .map(|used| Reason {
            rule: Rule::D19,
            weight: 100,
            text: filled(
                "the token that was planted as \"{0}\" was used from an address that this person used within the hour",
                &[&used.client],
            ),
            patient: None,
            entries: vec![used.seq],
        })
        .collect()
}
