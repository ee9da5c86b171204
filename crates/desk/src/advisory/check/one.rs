//! What one vulnerability of an advisory lacks.

use std::collections::HashSet;

use super::super::part::Part;
use super::super::record::*;
use super::super::vulnerability::*;
use super::{Problems, says_nothing};

pub(super) fn of_one(advisory: &Advisory, of: &Vulnerability, at: &str, found: &mut Problems) {
    identity(of, at, found);
    statuses(advisory, of, at, found);
    remedies(advisory, of, at, found);
    exploit(of, at, found);
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
            "reserve one, or say why there is none",
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
            "score it with CVSS 3.1 or 4.0",
        );
    }
    if of.described().is_none_or(says_nothing) {
        found.error(
            format!("{at}/notes"),
            "it is not described",
            "write what is wrong in which part, for somebody who mends software",
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
                found.error(&place, what, "write what to upgrade to, or a workaround");
                found.shown_in(Part::NoFix);
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
            "there is a fix, and no version that has it",
            "add the exact versions that have it",
        );
        found.shown_in(Part::Fixed);
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
        found.shown_in(Part::Workaround);
    }
}

fn exploit(of: &Vulnerability, at: &str, found: &mut Problems) {
    let told = of
        .threats
        .iter()
        .any(|t| t.kind == ThreatKind::ExploitStatus && !says_nothing(&t.details));
    if !told {
        let fix =
            "write what it takes, whether it is seen in the wild, and whether a proof is public";
        found.error(format!("{at}/threats"), "nothing is said of exploits", fix);
    }
}
