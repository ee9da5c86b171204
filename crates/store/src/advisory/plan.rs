//! What a new match changes in what is kept. Nothing disappears: a component that is gone keeps its row, which says so; a
//! decision holds for the text that it was made on.

use std::collections::BTreeMap;

use aceso_base::Instant;
use aceso_desk::deploy::{Match, key_of};
use aceso_desk::matching::State;

use super::kept::{Decision, KeptFinding, is_live};

const DAY_MILLIS: i64 = 86_400_000;
/// Who notes what follows from the feed.
const FEED: &str = "the feed";

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) add: Vec<KeptFinding>,
    pub(super) set: Vec<KeptFinding>,
    /// Places among the two above whose component is affected now and was not before, or has to be decided again.
    pub(super) opened: Vec<String>,
    /// Advisories of which something was affected, and is not any more.
    pub(super) settled: Vec<String>,
}

impl Plan {
    /// Compares what the advisories say now with what is kept; `id` gives new ids.
    pub(super) fn of(
        kept: Vec<KeptFinding>,
        matches: Vec<Match>,
        now: Instant,
        id: impl Fn() -> String,
    ) -> Self {
        let mut plan = Self::default();
        let key = |m: &Match| key_of(&m.finding).map(str::to_owned);
        let mut rows: BTreeMap<[String; 3], KeptFinding> =
            kept.into_iter().map(|row| (key(&row.about), row)).collect();
        for about in matches {
            match rows.remove(&key(&about)) {
                None => plan.new_one(about, now, id()),
                Some(row) => plan.again(row, about, now),
            }
        }
        for row in rows.into_values().filter(|row| !row.gone) {
            plan.gone(row, now);
        }
        plan.settled.sort();
        plan.settled.dedup();
        plan
    }

    fn new_one(&mut self, about: Match, now: Instant, id: String) {
        let live = is_live(about.finding.state);
        let mut row = KeptFinding {
            id,
            version: 1,
            affected: (about.finding.state == State::Affected).then_some(now),
            decision: match live {
                true => Decision::Open,
                false => Decision::Settled,
            },
            due: live.then(|| due(&about, now)),
            about,
            gone: false,
            justification: None,
            first: now,
            since: now,
            until: None,
            asked: None,
            notes: Vec::new(),
        };
        row.note(
            now,
            FEED,
            format!("found: {}", said(row.about.finding.state)),
        );
        if live {
            self.opened.push(named(&row.about));
        }
        self.add.push(row);
    }

    fn again(&mut self, mut row: KeptFinding, about: Match, now: Instant) {
        if row.about == about && !row.gone {
            return;
        }
        let before = std::mem::replace(&mut row.about, about);
        let was_gone = std::mem::take(&mut row.gone);
        let (old, new) = (before.finding.state, row.about.finding.state);
        if new == State::Affected {
            row.affected = row.affected.or(Some(now));
        }
        match (row.decision, is_live(new)) {
            (Decision::Settled, true) => {
                row.note(now, FEED, format!("found again: {}", said(new)));
                self.open(row, now);
            }
            (_, true) if was_gone || old != new || before.current != row.about.current => {
                let text = "the advisory was changed: what was decided is to be decided again";
                row.note(now, FEED, text);
                self.open(row, now);
            }
            (Decision::Settled, false) => self.set.push(row),
            (_, false) => {
                row.note(now, FEED, format!("now {}", said(new)));
                self.settle(row, now);
            }
            // Only what surrounds it is another one: how soon, or the words.
            (_, true) => {
                row.due = row.due.map(|kept| kept.min(due(&row.about, row.first)));
                self.set.push(row);
            }
        }
    }

    fn gone(&mut self, mut row: KeptFinding, now: Instant) {
        row.gone = true;
        let text = "the component is no part of the installation any more";
        row.note(now, FEED, text);
        match row.decision {
            Decision::Settled => self.set.push(row),
            Decision::Open
            | Decision::Queued
            | Decision::Mitigated
            | Decision::Accepted
            | Decision::NotAffected => self.settle(row, now),
        }
    }

    fn open(&mut self, mut row: KeptFinding, now: Instant) {
        let soon = due(&row.about, now);
        row.due = Some(row.due.map_or(soon, |kept| kept.min(soon)));
        reopen(&mut row, now);
        self.opened.push(named(&row.about));
        self.set.push(row);
    }

    fn settle(&mut self, mut row: KeptFinding, now: Instant) {
        row.decision = Decision::Settled;
        (row.since, row.due, row.until, row.asked) = (now, None, None, None);
        if row.affected.is_some() {
            self.settled.push(row.about.finding.advisory.clone());
        }
        self.set.push(row);
    }
}

/// Nothing is decided any more.
pub(super) fn reopen(row: &mut KeptFinding, now: Instant) {
    row.decision = Decision::Open;
    (row.since, row.until, row.asked, row.justification) = (now, None, None, None);
}

fn due(about: &Match, from: Instant) -> Instant {
    from.plus_millis(i64::from(about.urgency.days) * DAY_MILLIS)
}

/// For the audit log: which advisory, which component, how soon.
fn named(about: &Match) -> String {
    let (finding, soon) = (&about.finding, &about.urgency);
    format!("{}: {} ({})", finding.advisory, finding.said, soon.decision)
}

const fn said(state: State) -> &'static str {
    match state {
        State::Affected => "affected",
        State::UnderInvestigation => "somebody must look",
        State::Fixed => "fixed",
        State::NotAffected => "not affected",
    }
}
