//! The case: claims with their evidence, and what follows from it.

use std::collections::BTreeMap;

use aceso_base::Instant;
use serde_json::{Value, json};

use super::claims::{ROOT, ids_of, rule_of, sections, speaks_of};
use super::evidence::{Evidence, Kind, Weight};
use super::passed::Passed;

/// Whether a claim is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Each of its rows has evidence, and none speaks against it.
    Met,
    /// Some rows have evidence, and none speaks against it.
    Partly,
    /// Something speaks against it, or nothing for it.
    Not,
}

/// A leaf of the tree.
pub(super) struct Leaf {
    pub(super) ids: Vec<&'static str>,
    pub(super) claim: &'static str,
    pub(super) state: State,
    /// Why it is not met, or not whole.
    pub(super) why: String,
    pub(super) evidence: Vec<Evidence>,
}

/// A branch.
pub(super) struct Branch {
    pub(super) title: &'static str,
    pub(super) leaves: Vec<Leaf>,
}

/// The tree, with where and when it was made.
pub(super) struct Case {
    pub(super) clinic: String,
    pub(super) at: Instant,
    pub(super) release: &'static str,
    /// The release that the tests passed on.
    pub(super) tested: String,
    pub(super) branches: Vec<Branch>,
}

/// How many claims are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) met: usize,
    pub(super) partly: usize,
    pub(super) not: usize,
}

impl State {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Partly => "partly met",
            Self::Not => "not met",
        }
    }
}

impl Case {
    /// Puts evidence to claims. A test speaks of the rows that its name begins with.
    pub(super) fn build(clinic: String, at: Instant, passed: &Passed, found: &[Evidence]) -> Self {
        let mut evidence = found.to_vec();
        evidence.extend(of_tests(passed));
        let branch = |section: super::claims::Section| Branch {
            title: section.title,
            leaves: section
                .claims
                .into_iter()
                .map(|claim| leaf(claim.ids, claim.text, &evidence))
                .collect(),
        };
        Self {
            clinic,
            at,
            release: env!("CARGO_PKG_VERSION"),
            tested: passed.release.clone(),
            branches: sections().into_iter().map(branch).collect(),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        count(self.branches.iter().flat_map(|b| &b.leaves))
    }

    pub(super) fn to_json(&self) -> Value {
        let leaf = |leaf: &Leaf| {
            let evidence = leaf.evidence.iter().map(|e| {
                json!({"kind": e.kind.name(), "weight": e.weight.name(), "name": e.name, "found": e.found})
            });
            json!({
                "ids": leaf.ids, "claim": leaf.claim, "state": leaf.state.name(), "why": leaf.why,
                "evidence": evidence.collect::<Vec<_>>(),
            })
        };
        let branch = |branch: &Branch| json!({"title": branch.title, "claims": branch.leaves.iter().map(leaf).collect::<Vec<_>>()});
        let counts = self.counts();
        json!({
            "claim": ROOT,
            "clinic": self.clinic,
            "at": self.at.to_fhir(),
            "release": self.release,
            "testsPassedOn": self.tested,
            "met": counts.met, "partlyMet": counts.partly, "notMet": counts.not,
            "branches": self.branches.iter().map(branch).collect::<Vec<_>>(),
        })
    }
}

pub(super) fn count<'a>(leaves: impl Iterator<Item = &'a Leaf>) -> Counts {
    leaves.fold(Counts::default(), |mut counts, leaf| {
        match leaf.state {
            State::Met => counts.met += 1,
            State::Partly => counts.partly += 1,
            State::Not => counts.not += 1,
        }
        counts
    })
}

/// Tests that speak of the same rows are evidence one by one.
fn of_tests(passed: &Passed) -> Vec<Evidence> {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for test in &passed.tests {
        let rows = ids_of(test);
        if !rows.is_empty() {
            all.insert(test, rows);
        }
    }
    let one = |(test, rows): (&str, Vec<String>)| Evidence {
        kind: Kind::Test,
        weight: Weight::For,
        rows,
        name: words(test),
        found: format!("passed on release {}", passed.release),
    };
    all.into_iter().map(one).collect()
}

/// A test's name as a sentence, and where it is.
fn words(test: &str) -> String {
    let (place, name) = test.rsplit_once("::").unwrap_or(("", test));
    let rule = rule_of(name).replace('_', " ");
    match place {
        "" => rule,
        place => format!("{rule} ({place})"),
    }
}

fn leaf(ids: Vec<&'static str>, claim: &'static str, all: &[Evidence]) -> Leaf {
    let of = |id: &str, e: &Evidence| e.rows.iter().any(|row| speaks_of(row, id));
    let evidence: Vec<Evidence> = all
        .iter()
        .filter(|e| ids.iter().any(|id| of(id, e)))
        .cloned()
        .collect();
    let shown = |id: &&&str| {
        evidence
            .iter()
            .any(|e| e.weight == Weight::For && of(id, e))
    };
    let missing: Vec<&str> = ids.iter().filter(|id| !shown(id)).copied().collect();
    let against: Vec<&str> = evidence
        .iter()
        .filter(|e| e.weight == Weight::Against)
        .map(|e| e.name.as_str())
        .collect();
    let nothing: Vec<&str> = evidence
        .iter()
        .filter(|e| e.weight == Weight::Nothing)
        .map(|e| e.found.as_str())
        .collect();
    let (state, why) = if !against.is_empty() {
        (State::Not, format!("against it: {}", against.join("; ")))
    } else if missing.len() == ids.len() {
        let why = match nothing.first() {
            Some(found) => (*found).to_owned(),
            None => "nothing shows it yet: no check and no test names this row".to_owned(),
        };
        (State::Not, why)
    } else if !missing.is_empty() {
        (
            State::Partly,
            format!("nothing shows {} yet", missing.join(", ")),
        )
    } else if let Some(found) = nothing.first() {
        (State::Partly, (*found).to_owned())
    } else {
        (State::Met, String::new())
    };
    Leaf {
        ids,
        claim,
        state,
        why,
        evidence,
    }
}
