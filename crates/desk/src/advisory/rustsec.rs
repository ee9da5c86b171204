//! Advisories of the RustSec database: Markdown with a head in TOML (<https://github.com/rustsec/advisory-db>).

use serde::Deserialize;

use super::record::*;
use super::vulnerability::*;
use crate::When;
use crate::cvss::Vector;
use crate::versions::{Bound, Edge, Interval, Range, Scheme};

/// Not an advisory of that database.
#[derive(Debug, thiserror::Error)]
pub enum RustsecError {
    /// No head.
    #[error("there is no ```toml head")]
    NoHead,
    /// A head that is wrong.
    #[error("the head is not TOML of an advisory: {0}")]
    Head(#[from] toml::de::Error),
    /// A range that is none.
    #[error("{0:?} is not a requirement on versions")]
    Requirement(String),
    /// A date that is none.
    #[error("{0:?} is not a date")]
    Date(String),
    /// A vector that is none.
    #[error("cvss: {0}")]
    Cvss(#[from] crate::cvss::VectorError),
}

#[derive(Deserialize)]
struct Head {
    advisory: Facts,
    #[serde(default)]
    versions: Versions,
}

#[derive(Deserialize)]
struct Facts {
    id: String,
    package: String,
    date: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    cvss: Option<String>,
    #[serde(default)]
    informational: Option<String>,
    #[serde(default)]
    withdrawn: Option<String>,
}

#[derive(Default, Deserialize)]
struct Versions {
    #[serde(default)]
    patched: Vec<String>,
    #[serde(default)]
    unaffected: Vec<String>,
}

/// Reads an advisory; none for one that was withdrawn, or that is about something else than a vulnerability (a package that
/// nobody maintains).
pub fn read(text: &str) -> Result<Option<Advisory>, RustsecError> {
    let (_, rest) = text.split_once("```toml").ok_or(RustsecError::NoHead)?;
    let (head, body) = rest.split_once("```").ok_or(RustsecError::NoHead)?;
    let Head {
        advisory: facts,
        versions,
    } = toml::from_str(head)?;
    if facts.withdrawn.is_some() || facts.informational.is_some() {
        return Ok(None);
    }
    let at: When = format!("{}T00:00:00Z", facts.date)
        .parse()
        .map_err(|_| RustsecError::Date(facts.date.clone()))?;
    let body = body.trim();
    let (title, description) = body.split_once('\n').unwrap_or((body, ""));
    let title = title.trim_start_matches('#').trim().to_owned();
    let product = product(&facts, &versions)?;
    Ok(Some(Advisory {
        vulnerabilities: vec![vulnerability(
            &facts,
            &versions,
            &title,
            description.trim(),
            &product,
        )?],
        title,
        lang: "en".to_owned(),
        kind: Kind::SecurityAdvisory,
        publisher: Publisher {
            name: "RustSec".to_owned(),
            namespace: "https://rustsec.org".to_owned(),
            role: Role::Coordinator,
            contact: None,
            authority: None,
            cna: None,
        },
        distribution: Distribution::clear(),
        status: Status::Final,
        version: "1".to_owned(),
        initial: at,
        current: at,
        revisions: vec![Revision::first(at, "As published")],
        severity: None,
        notes: Vec::new(),
        references: references(&facts),
        credits: Vec::new(),
        products: product.into_iter().collect(),
        timeline: Vec::new(),
        id: facts.id,
    }))
}

fn references(facts: &Facts) -> Vec<Reference> {
    let own = format!("https://rustsec.org/advisories/{}.html", facts.id);
    let refer = |url: &str, category| Reference {
        summary: url.to_owned(),
        url: url.to_owned(),
        category,
        tags: Vec::new(),
    };
    let mut found = vec![refer(&own, ReferenceKind::Itself)];
    found.extend(
        facts
            .url
            .iter()
            .map(|url| refer(url, ReferenceKind::External)),
    );
    found
}

fn vulnerability(
    facts: &Facts,
    versions: &Versions,
    title: &str,
    text: &str,
    product: &Option<Product>,
) -> Result<Vulnerability, RustsecError> {
    let mut names = vec![facts.id.clone()];
    names.extend(facts.aliases.iter().cloned());
    let cve = names
        .iter()
        .position(|n| n.starts_with("CVE-"))
        .map(|at| names.remove(at));
    let system = |name: &str| name.split('-').next().unwrap_or("RUSTSEC").to_owned();
    let scores = match &facts.cvss {
        Some(text) => vec![Scored {
            vector: text.parse::<Vector>()?,
            products: Vec::new(),
        }],
        None => Vec::new(),
    };
    let upgrade = format!(
        "Upgrade {} to {}.",
        facts.package,
        versions.patched.join(" or ")
    );
    let (kind, details) = if versions.patched.is_empty() {
        (
            RemedyKind::NoneAvailable,
            format!("No version of {} is patched.", facts.package),
        )
    } else {
        (RemedyKind::VendorFix, upgrade)
    };
    let ids: Vec<String> = product.iter().map(|p| p.id.clone()).collect();
    Ok(Vulnerability {
        cve,
        ids: names
            .into_iter()
            .map(|text| Id {
                system: system(&text),
                text,
            })
            .collect(),
        title: Some(title.to_owned()),
        notes: vec![Note::new(
            NoteKind::Description,
            None,
            if text.is_empty() { title } else { text },
        )],
        scores,
        statuses: if ids.is_empty() {
            Vec::new()
        } else {
            vec![ProductStatus {
                standing: Standing::KnownAffected,
                products: ids.clone(),
            }]
        },
        remedies: vec![Remedy {
            kind,
            details,
            url: None,
            at: None,
            products: ids,
            restart: None,
            entitlements: Vec::new(),
        }],
        ..Vulnerability::default()
    })
}

/// The versions that are neither patched nor unaffected; none when there is no such version.
fn product(facts: &Facts, versions: &Versions) -> Result<Option<Product>, RustsecError> {
    let mut good = Vec::new();
    for text in versions.patched.iter().chain(&versions.unaffected) {
        good.push(requirement(text)?);
    }
    let bad = Range {
        scheme: Scheme::Semver,
        intervals: complement(good),
    };
    if bad.intervals.is_empty() {
        return Ok(None);
    }
    let each = bad.intervals.iter().map(ToString::to_string);
    let mut product = Product::of_range(
        "CSAFPID-0001",
        "crates.io",
        &facts.package,
        &each.collect::<Vec<_>>().join(" | "),
    );
    product.purl = Some(format!("pkg:cargo/{}", facts.package));
    Ok(Some(product))
}

/// What no interval has, in semantic versions' order.
fn complement(mut good: Vec<Interval>) -> Vec<Interval> {
    let order = |a: &Bound, b: &Bound| Scheme::Semver.compare(&a.version, &b.version);
    let turn = |b: &Bound| Bound {
        version: b.version.clone(),
        edge: match b.edge {
            Edge::Within => Edge::Outside,
            Edge::Outside => Edge::Within,
        },
    };
    good.sort_by(|a, b| match (&a.from, &b.from) {
        (None, None) => std::cmp::Ordering::Equal,
        (None, Some(_)) => std::cmp::Ordering::Less,
        (Some(_), None) => std::cmp::Ordering::Greater,
        (Some(a), Some(b)) => order(a, b),
    });
    let mut bad = Vec::new();
    // Where the next bad interval begins; the outer none is the end of all versions.
    let mut open: Option<Option<Bound>> = Some(None);
    for interval in good {
        let Some(from) = open.clone() else { break };
        if let Some(start) = &interval.from {
            let to = turn(start);
            let empty = from.as_ref().is_some_and(|f| {
                let order = order(f, &to);
                order.is_gt()
                    || (order.is_eq() && (f.edge == Edge::Outside || to.edge == Edge::Outside))
            });
            if !empty {
                bad.push(Interval {
                    from: from.clone(),
                    to: Some(to),
                });
            }
        }
        open = match (&interval.to, from) {
            (None, _) => None,
            (Some(end), Some(before)) if order(&before, end).is_gt() => Some(Some(before)),
            (Some(end), _) => Some(Some(turn(end))),
        };
    }
    if let Some(from) = open {
        bad.push(Interval { from, to: None });
    }
    bad
}

/// A requirement as Cargo writes it: comparisons, `^`, `~`, `=`, joined by commas.
fn requirement(text: &str) -> Result<Interval, RustsecError> {
    let wrong = || RustsecError::Requirement(text.to_owned());
    let mut whole = Interval::default();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|p| !p.is_empty() && *p != "*")
    {
        let one = comparator(part).ok_or_else(wrong)?;
        // RustSec writes at most one of each end.
        let twice = |old: Option<Bound>, new: &Option<Bound>| old.is_some() && new.is_some();
        if twice(whole.from.clone(), &one.from) || twice(whole.to.clone(), &one.to) {
            return Err(wrong());
        }
        whole.from = whole.from.or(one.from);
        whole.to = whole.to.or(one.to);
    }
    Ok(whole)
}

fn comparator(text: &str) -> Option<Interval> {
    let within = |version: String| {
        Some(Bound {
            version,
            edge: Edge::Within,
        })
    };
    let outside = |version: String| {
        Some(Bound {
            version,
            edge: Edge::Outside,
        })
    };
    let signs = [">=", "<=", ">", "<", "^", "~", "="];
    let (sign, version) = signs
        .iter()
        .find_map(|s| text.strip_prefix(s).map(|v| (*s, v.trim())))
        .unwrap_or(("^", text));
    let (core, pre) = version
        .split_once('-')
        .map_or((version, None), |(core, pre)| (core, Some(pre)));
    let core = core.split('+').next().unwrap_or(core);
    let numbers: Vec<u64> = core
        .split('.')
        .map(|n| n.parse().ok())
        .collect::<Option<_>>()?;
    let full = |n: &[u64]| {
        (0..3)
            .map(|at| n.get(at).copied().unwrap_or(0).to_string())
            .collect::<Vec<_>>()
            .join(".")
    };
    let exact = match pre {
        Some(pre) => format!("{}-{pre}", full(&numbers)),
        None => full(&numbers),
    };
    // The first version that a change at this place makes.
    let after = |place: usize| {
        let mut next: Vec<u64> = numbers.iter().copied().take(place + 1).collect();
        next.resize(place + 1, 0);
        if let Some(last) = next.last_mut() {
            *last += 1;
        }
        full(&next)
    };
    let partial = numbers.len() < 3;
    let last = numbers.len().saturating_sub(1);
    let (from, to) = match sign {
        ">=" => (within(exact), None),
        ">" if partial => (within(after(last)), None),
        ">" => (outside(exact), None),
        "<=" if partial => (None, outside(after(last))),
        "<=" => (None, within(exact)),
        "<" => (None, outside(exact)),
        "=" if partial => (within(exact), outside(after(last))),
        "=" => (within(exact.clone()), within(exact)),
        "~" => (within(exact), outside(after(last.min(1)))),
        _ => {
            let place = numbers.iter().position(|n| *n > 0).unwrap_or(last);
            (within(exact), outside(after(place)))
        }
    };
    Some(Interval { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(good: &[&str], bad: &str) {
        let good = good.iter().map(|g| requirement(g).unwrap()).collect();
        let range = Range {
            scheme: Scheme::Semver,
            intervals: complement(good),
        };
        assert_eq!(range.to_string(), bad);
    }

    #[test]
    fn what_is_neither_patched_nor_unaffected_is_affected() {
        check(&[], "*");
        check(&[">= 1.2.3"], "< 1.2.3");
        check(&[">= 1.2.3", "< 0.5.0"], ">= 0.5.0, < 1.2.3");
        check(&["^0.9.7", ">= 1.0.2"], "< 0.9.7 || >= 0.10.0, < 1.0.2");
        check(&["^0.9.7", ">= 0.10.0"], "< 0.9.7");
        check(
            &["~1.2.5", ">=1.4.0, <1.5.0", ">= 1.5.0"],
            "< 1.2.5 || >= 1.3.0, < 1.4.0",
        );
        check(&["= 1.0.1"], "< 1.0.1 || > 1.0.1");
        check(&["<= 0.3.0"], "> 0.3.0");
        check(&["> 0.3"], "< 0.4.0");
        check(&["*"], "");
        check(&[">= 2.0.0-rc.1"], "< 2.0.0-rc.1");
    }
}
