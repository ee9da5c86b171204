//! What an advisory lacks, told while it is written.

mod one;

use std::collections::HashSet;

use serde::Serialize;

use super::part::{Part, elsewhere};
use super::record::*;
use crate::When;
use crate::matching::Predicate;
use crate::severity::Severity;

use one::of_one;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It cannot be published so.
    Error,
    /// It should be better.
    Warning,
}

/// A problem: where, what, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How much it matters.
    pub weight: Weight,
    /// The member of the record: `vulnerabilities/0/remedies`.
    pub at: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub fix: String,
    /// Where the form shows that member, if it does.
    #[serde(skip)]
    pub part: Option<Part>,
}

impl Problem {
    /// Where it is, as people call it.
    pub fn place(&self) -> String {
        self.part
            .map_or_else(|| elsewhere(&self.at), |part| part.label().to_owned())
    }
}

/// Collects problems.
struct Problems(Vec<Problem>);

impl Problems {
    fn add(
        &mut self,
        weight: Weight,
        at: impl Into<String>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.0.push(Problem {
            weight,
            at: at.into(),
            what: what.into(),
            fix: fix.into(),
            part: None,
        });
    }

    /// The form shows what was found last in this part, and not where its member is shown else.
    fn shown_in(&mut self, part: Part) {
        if let Some(last) = self.0.last_mut() {
            last.part = Some(part);
        }
    }

    fn error(&mut self, at: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) {
        self.add(Weight::Error, at, what, fix);
    }

    fn warn(&mut self, at: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) {
        self.add(Weight::Warning, at, what, fix);
    }
}

/// All problems at a time, errors first. An advisory without errors has the fields R37 to R41 and says the same in every form.
pub fn check(advisory: &Advisory, now: When) -> Vec<Problem> {
    let mut found = Problems(Vec::new());
    head(advisory, now, &mut found);
    severity(advisory, &mut found);
    credits(advisory, &mut found);
    products(advisory, &mut found);
    if advisory.vulnerabilities.is_empty() {
        found.error(
            "vulnerabilities",
            "there is none",
            "add what the advisory is about",
        );
    }
    for (at, vulnerability) in advisory.vulnerabilities.iter().enumerate() {
        of_one(
            advisory,
            vulnerability,
            &format!("vulnerabilities/{at}"),
            &mut found,
        );
    }
    for problem in &mut found.0 {
        problem.part = Part::of(advisory, &problem.at).map(|part| problem.part.unwrap_or(part));
    }
    found.0.sort_by_key(|p| p.weight);
    found.0
}

/// Whether a text says nothing.
fn says_nothing(text: &str) -> bool {
    ["", "n/a", "na", "none", "unknown", "tbd", "-", "?"]
        .contains(&text.trim().to_lowercase().as_str())
}

fn head(advisory: &Advisory, now: When, found: &mut Problems) {
    for (at, text) in [
        ("id", &advisory.id),
        ("title", &advisory.title),
        ("publisher/name", &advisory.publisher.name),
    ] {
        if says_nothing(text) {
            found.error(at, "it is empty", "write it");
        }
    }
    if !advisory.publisher.namespace.contains("://") {
        found.error(
            "publisher/namespace",
            "it is not an address",
            "write the publisher's own, for example https://example.org",
        );
    }
    if advisory.publisher.contact.is_none() {
        found.error(
            "publisher/contact",
            "nobody can ask",
            "say how to reach the publisher",
        );
    }
    if advisory.current < advisory.initial {
        found.error(
            "current",
            "it is before the first release",
            "write when this version is released",
        );
    }
    if advisory.status != Status::Draft && advisory.current > now {
        found.error(
            "current",
            format!("{} is in the future", advisory.current),
            "publish then, or write the time of now",
        );
    }
    let numbers = advisory.revisions.last().map(|r| r.number.as_str());
    if numbers != Some(advisory.version.as_str()) {
        let last = numbers.unwrap_or("none");
        found.error(
            "revisions",
            format!("the last is {last}, the version is {}", advisory.version),
            "say what this version changed",
        );
    }
    if advisory
        .revisions
        .windows(2)
        .any(|w| matches!(w, [a, b] if a.at > b.at))
    {
        found.error(
            "revisions",
            "they are not in order",
            "write the oldest first",
        );
    }
    if advisory
        .revisions
        .last()
        .is_some_and(|r| r.at > advisory.current)
    {
        found.error(
            "revisions",
            "the last is after this version's release",
            "make current the time of the last revision",
        );
    }
    if advisory.status != Status::Draft
        && (advisory.version == "0" || advisory.version.starts_with("0."))
    {
        found.error(
            "version",
            "a version 0 is a draft",
            "call the first release 1 or 1.0.0",
        );
    }
    if advisory.summary().is_none() {
        found.error(
            "notes",
            "there is no summary",
            "write what it is, for somebody who runs the software",
        );
    }
    for (at, reference) in advisory.references.iter().enumerate() {
        if !reference.url.starts_with("https://") && !reference.url.starts_with("http://") {
            found.error(
                format!("references/{at}/url"),
                "it is not an address",
                "write it with https://",
            );
        }
    }
}

fn severity(advisory: &Advisory, found: &mut Problems) {
    let Some(assessed) = &advisory.severity else {
        found.error(
            "severity",
            "it is missing",
            "set one of the four by their characteristics, and say why",
        );
        return;
    };
    for (at, text) in [
        ("severity/why", &assessed.why),
        ("severity/patient_safety", &assessed.patient_safety),
        ("severity/patient_data", &assessed.patient_data),
    ] {
        if says_nothing(text) {
            found.error(
                at,
                "it says nothing",
                "write it in a sentence, also when there is no danger",
            );
        }
    }
    let scores = advisory
        .vulnerabilities
        .iter()
        .flat_map(|v| &v.scores)
        .map(|s| s.vector.base_score());
    let highest = scores.max().and_then(|s| Severity::of_rating(s.rating()));
    if let (Level::Ours(level), Some(score)) = (&assessed.level, highest)
        && *level != score
    {
        let what = format!(
            "{} is set, the highest score is {}",
            level.name(),
            score.name()
        );
        found.warn("severity/level", what, "check that why explains it");
    }
}

fn credits(advisory: &Advisory, found: &mut Problems) {
    let inner = advisory.vulnerabilities.iter().flat_map(|v| &v.credits);
    let all: Vec<&Credit> = advisory.credits.iter().chain(inner).collect();
    if all.is_empty() {
        found.error(
            "credits",
            "nobody is thanked",
            "name reporters and fixers, with their consent, or refused where they want none",
        );
    }
    for (at, credit) in all.iter().enumerate() {
        if credit.who().is_empty() {
            found.error(
                format!("credits/{at}"),
                "it names nobody",
                "write names or an organization",
            );
        }
        if credit.consent == Consent::Unknown {
            found.error(
                format!("credits/{at}/consent"),
                format!("{} was not asked", credit.who()),
                "ask, then write given or refused",
            );
        }
    }
}

fn products(advisory: &Advisory, found: &mut Problems) {
    let mut seen = HashSet::new();
    for (at, product) in advisory.products.iter().enumerate() {
        let at = format!("products/{at}");
        if !seen.insert(product.id.as_str()) {
            found.error(
                &at,
                format!("{} stands twice", product.id),
                "give each product an id of its own",
            );
        }
        if says_nothing(product.product()) || product.vendor().is_none_or(says_nothing) {
            found.error(&at, "vendor or product say nothing", "name both");
        }
        let read = product.range();
        for doubt in &read.doubts {
            let text = doubt.to_string();
            let fix = "write it with >=, <=, < and a comma: >= 2.8.0, < 2.8.6";
            if read.range.is_none() || text.contains("contains no version") {
                found.error(&at, text, fix);
            } else {
                found.warn(&at, text, fix);
            }
        }
        if let Some(Err(error)) = product.when.as_deref().map(Predicate::read) {
            found.error(
                format!("{at}/when"),
                error.to_string(),
                "write kind(name) with and, or, not",
            );
        }
        if product.purl.is_some() && product.package().is_none() {
            found.error(
                format!("{at}/purl"),
                "it is not a package URL",
                "write for example pkg:cargo/aceso",
            );
        }
    }
}
