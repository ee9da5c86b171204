//! What an advisory lacks, told while it is written.

use std::collections::HashSet;

use serde::Serialize;

use super::record::*;
use super::vulnerability::*;
use crate::When;
use crate::matching::Predicate;
use crate::severity::Severity;

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
        });
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
        let at = format!("vulnerabilities/{at}");
        identity(vulnerability, &at, &mut found);
        statuses(advisory, vulnerability, &at, &mut found);
        remedies(advisory, vulnerability, &at, &mut found);
        exploit(vulnerability, &at, &mut found);
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
        found.error("notes", "there is no summary", "add a note of kind summary");
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

fn identity(of: &Vulnerability, at: &str, found: &mut Problems) {
    match (&of.cve, &of.no_cve_because) {
        (Some(cve), _) if !is_cve(cve) => {
            found.error(
                format!("{at}/cve"),
                format!("{cve:?} is not a CVE id"),
                "write CVE-, the year, a hyphen and four digits or more",
            );
        }
        (Some(_), _) => {}
        (None, Some(why)) if !says_nothing(why) => {}
        (None, _) => found.error(
            format!("{at}/cve"),
            "there is no CVE id",
            "reserve one, or say why there is none (no_cve_because)",
        ),
    }
    if of.weaknesses.is_empty() {
        found.error(format!("{at}/weaknesses"), "there is none", "name the CWE");
    }
    for weakness in &of.weaknesses {
        let digits = weakness.id.strip_prefix("CWE-").unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            found.error(
                format!("{at}/weaknesses"),
                format!("{:?} is not a CWE id", weakness.id),
                "write CWE- and its number",
            );
        }
    }
    if of.scores.is_empty() {
        found.error(
            format!("{at}/scores"),
            "there is none",
            "score it with CVSS 3.1 or 4.0 (aceso desk cvss)",
        );
    }
    if of.described().is_none_or(says_nothing) {
        found.error(
            format!("{at}/notes"),
            "it is not described",
            "add a note of kind description",
        );
    }
}

fn is_cve(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |part: Option<&str>, least: usize| {
        part.is_some_and(|p| p.len() >= least && p.bytes().all(|b| b.is_ascii_digit()))
    };
    parts.next() == Some("CVE") && digits(parts.next(), 4) && digits(parts.next(), 4)
}

fn statuses(advisory: &Advisory, of: &Vulnerability, at: &str, found: &mut Problems) {
    let affected: HashSet<&str> = of
        .statuses
        .iter()
        .filter(|s| s.standing.is_affected())
        .flat_map(|s| &s.products)
        .map(String::as_str)
        .collect();
    if affected.is_empty() && advisory.kind != Kind::Vex {
        found.error(
            format!("{at}/statuses"),
            "no product is affected",
            "say which versions are, also those whose life is over",
        );
    }
    for status in &of.statuses {
        for id in &status.products {
            if advisory.product(id).is_none() {
                found.error(
                    format!("{at}/statuses"),
                    format!("there is no product {id}"),
                    "add it to products",
                );
            }
            if !status.standing.is_affected()
                && affected.contains(id.as_str())
                && status.standing != Standing::Recommended
            {
                let what = format!("{id} is affected and {} at once", status.standing.key());
                found.error(format!("{at}/statuses"), what, "leave one of the two");
            }
        }
    }
    for id in of.with_status(Standing::KnownNotAffected) {
        let flagged = of.flags.iter().any(|f| f.products.iter().any(|p| p == id));
        let impact =
            |t: &Threat| t.kind == ThreatKind::Impact && t.products.iter().any(|p| p == id);
        if !flagged && !of.threats.iter().any(impact) {
            found.warn(
                format!("{at}/flags"),
                format!("nothing says why {id} is not affected"),
                "add a flag with its justification",
            );
        }
    }
}

fn remedies(advisory: &Advisory, of: &Vulnerability, at: &str, found: &mut Problems) {
    let place = format!("{at}/remedies");
    for product in advisory.affected(of) {
        let ours = |r: &&Remedy| r.products.is_empty() || r.products.contains(&product.id);
        let kinds: Vec<RemedyKind> = of.remedies.iter().filter(ours).map(|r| r.kind).collect();
        let has = |wanted: &[RemedyKind]| kinds.iter().any(|k| wanted.contains(k));
        match product.support {
            Support::Supported
                if !has(&[
                    RemedyKind::VendorFix,
                    RemedyKind::Workaround,
                    RemedyKind::NoFixPlanned,
                ]) =>
            {
                let what = format!("{} has neither a fix nor a workaround", product.name);
                found.error(&place, what, "write the exact fix, or that none is planned");
            }
            Support::EndOfLife
                if !has(&[
                    RemedyKind::VendorFix,
                    RemedyKind::NoFixPlanned,
                    RemedyKind::Workaround,
                ]) =>
            {
                let what = format!(
                    "the life of {} is over, and nothing says what to do",
                    product.name
                );
                found.error(
                    &place,
                    what,
                    "add no_fix_planned with what to upgrade to, or a workaround",
                );
            }
            Support::Supported | Support::EndOfLife => {}
        }
    }
    let fixed: Vec<String> = advisory.fixed(of).filter_map(Product::exact).collect();
    for remedy in &of.remedies {
        if says_nothing(&remedy.details) {
            found.error(&place, "a remedy says nothing", "write its exact steps");
        }
        let names_version = fixed.iter().any(|v| remedy.details.contains(v.as_str()));
        if remedy.kind == RemedyKind::VendorFix && !fixed.is_empty() && !names_version {
            found.error(
                &place,
                "the fix does not name its version",
                format!("name it in the steps: {}", fixed.join(", ")),
            );
        }
    }
    let has_fix = of.remedies.iter().any(|r| r.kind == RemedyKind::VendorFix);
    if has_fix && fixed.is_empty() {
        found.error(
            format!("{at}/statuses"),
            "there is a fix, but no product with status fixed",
            "add the exact versions that have it",
        );
    }
    if !of
        .remedies
        .iter()
        .any(|r| matches!(r.kind, RemedyKind::Workaround | RemedyKind::Mitigation))
    {
        found.warn(
            &place,
            "there is no workaround",
            "say what helps who cannot upgrade today, and what that means for care",
        );
    }
}

fn exploit(of: &Vulnerability, at: &str, found: &mut Problems) {
    let told = of
        .threats
        .iter()
        .any(|t| t.kind == ThreatKind::ExploitStatus && !says_nothing(&t.details));
    if !told {
        let fix = "add a threat of kind exploit_status: preconditions, seen in the wild or not, proof public or not";
        found.error(format!("{at}/threats"), "nothing is said of exploits", fix);
    }
}
