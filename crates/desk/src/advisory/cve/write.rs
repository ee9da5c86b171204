//! Writes a CVE record of one vulnerability.

use serde_json::{Value, json};

use super::super::cut::cut;
use super::super::json::{Object, each};
use super::super::record::*;
use super::super::vulnerability::*;
use crate::cvss::{Vector, Version};
use crate::versions::{Edge, Interval, Scheme};

/// Why there is no CVE record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CveError {
    /// No id.
    #[error("vulnerability {0} has no CVE id; request one, and write it into its cve member")]
    NoId(usize),
    /// Nobody to assign it.
    #[error(
        "publisher.cna is missing: a CVE record names the organization (org_id, short_name) that provides it"
    )]
    NoCna,
    /// It is in another language.
    #[error(
        "the text is in {0:?}: a CVE record is described in English (CVE JSON 5, descriptions), so write it in English and translations beside it"
    )]
    Language(String),
    /// No such vulnerability.
    #[error("the advisory has {count} vulnerabilities; there is none at {at}")]
    NoVulnerability {
        /// Which was asked for, from 0.
        at: usize,
        /// How many there are.
        count: usize,
    },
}

/// So many characters the texts of a record have at most (CVE JSON 5.1.1).
const TITLE: usize = 256;
const TEXT: usize = 4096;
/// And so many references.
const REFERENCES: usize = 512;

/// The CVE record of the vulnerability at this place.
pub fn write(advisory: &Advisory, at: usize) -> Result<Value, CveError> {
    let (_, id) = named(advisory, at)?;
    let cna = advisory.publisher.cna.as_ref().ok_or(CveError::NoCna)?;
    let container = container(advisory, at, cna)?;
    Ok(json!({
        "dataType": "CVE_RECORD",
        "dataVersion": "5.1",
        "cveMetadata": {
            "cveId": id,
            "assignerOrgId": cna.org_id,
            "assignerShortName": cna.short_name,
            "state": "PUBLISHED",
            "datePublished": advisory.initial.to_string(),
            "dateUpdated": advisory.current.to_string(),
        },
        "containers": {"cna": container},
    }))
}

/// What that organization says in such a record: its CNA container.
pub fn container(advisory: &Advisory, at: usize, cna: &Cna) -> Result<Value, CveError> {
    let (of, _) = named(advisory, at)?;
    let lang = lang(advisory);
    if lang.split(['-', '_']).next() != Some("en") {
        return Err(CveError::Language(lang.to_owned()));
    }
    let provider = json!({
        "orgId": cna.org_id,
        "shortName": cna.short_name,
        "dateUpdated": advisory.current.to_string(),
    });
    Ok(said(advisory, of, provider))
}

/// The vulnerability at this place, and its CVE id.
fn named(advisory: &Advisory, at: usize) -> Result<(&Vulnerability, &str), CveError> {
    let count = advisory.vulnerabilities.len();
    let found = advisory.vulnerabilities.get(at);
    let found = found.ok_or(CveError::NoVulnerability { at, count })?;
    Ok((found, found.cve.as_deref().ok_or(CveError::NoId(at))?))
}

fn lang(advisory: &Advisory) -> &str {
    if advisory.lang.is_empty() {
        "en"
    } else {
        &advisory.lang
    }
}

fn said(advisory: &Advisory, of: &Vulnerability, provider: Value) -> Value {
    let lang = lang(advisory);
    let say = |text: &str| json!({"lang": lang, "value": short(text)});
    let notes = of.notes.iter().filter(|n| n.kind == NoteKind::Description);
    let mut described = once(
        notes.map(|n| json!({"lang": n.lang.as_deref().unwrap_or(lang), "value": short(&n.text)})),
    );
    if described.is_empty() {
        described.push(say(of
            .described()
            .or_else(|| advisory.summary())
            .unwrap_or(&advisory.title)));
    }
    let texts = |kinds: &[RemedyKind]| -> Vec<Value> {
        let those = of.remedies.iter().filter(|r| kinds.contains(&r.kind));
        once(those.map(|r| say(&r.details)))
    };
    let threats = |kind: ThreatKind| -> Vec<Value> {
        let those = of.threats.iter().filter(|t| t.kind == kind);
        once(those.map(|t| say(&t.details)))
    };
    let impacts: Vec<Value> = threats(ThreatKind::Impact)
        .into_iter()
        .map(|t| json!({"descriptions": [t]}))
        .collect();
    let weakness = |w: &Weakness| {
        json!({"descriptions": [{
            "type": "CWE", "cweId": w.id, "lang": lang, "description": format!("{}: {}", w.id, w.name),
        }]})
    };
    let timeline =
        |h: &Happened| json!({"time": h.at.to_string(), "lang": lang, "value": short(&h.what)});
    Object::new()
        .put("providerMetadata", provider)
        .put(
            "title",
            cut(of.title.as_deref().unwrap_or(&advisory.title), TITLE, "…"),
        )
        .put("datePublic", of.released.map(|d| d.to_string()))
        .put("descriptions", described)
        .put("affected", affected(advisory, of))
        .put("problemTypes", each(&of.weaknesses, weakness))
        .put("metrics", each(&of.scores, |s| metric(&s.vector)))
        .put("impacts", impacts)
        .put("exploits", threats(ThreatKind::ExploitStatus))
        .put(
            "solutions",
            texts(&[
                RemedyKind::VendorFix,
                RemedyKind::NoFixPlanned,
                RemedyKind::NoneAvailable,
            ]),
        )
        .put(
            "workarounds",
            texts(&[RemedyKind::Workaround, RemedyKind::Mitigation]),
        )
        .put("credits", credits(advisory, lang))
        .put("timeline", each(&advisory.timeline, timeline))
        .put("references", references(advisory, of))
        .put(
            "source",
            json!({"advisory": advisory.id, "discovery": discovery(advisory)}),
        )
        .done()
}

/// Each once: a record's lists have nothing twice.
fn once(all: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// A text as long as a record takes it.
fn short(text: &str) -> String {
    cut(text, TEXT, "…")
}

/// Whether somebody outside found it.
fn discovery(advisory: &Advisory) -> &'static str {
    let finders = advisory
        .credits
        .iter()
        .filter(|c| matches!(c.kind, CreditKind::Finder | CreditKind::Reporter));
    if finders.count() == 0 {
        "UNKNOWN"
    } else {
        "EXTERNAL"
    }
}

fn credits(advisory: &Advisory, lang: &str) -> Vec<Value> {
    let named = advisory.named_credits().into_iter();
    once(named.map(|c| json!({"lang": lang, "type": c.kind.cve(), "value": c.who()})))
}

fn references(advisory: &Advisory, of: &Vulnerability) -> Vec<Value> {
    let mut written: Vec<Value> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for reference in of.references.iter().chain(&advisory.references) {
        if seen.contains(&reference.url.as_str()) {
            continue;
        }
        seen.push(&reference.url);
        let mut tags = reference.tags.clone();
        if reference.category == ReferenceKind::Itself && tags.is_empty() {
            tags.push("vendor-advisory".to_owned());
        }
        let name = Some(reference.summary.as_str()).filter(|s| !s.is_empty());
        written.push(
            Object::new()
                .put("url", reference.url.as_str())
                .put("name", name)
                .put("tags", tags)
                .done(),
        );
    }
    // A record without one is none: the publisher's own place has the advisory.
    if written.is_empty() {
        let place = &advisory.publisher.namespace;
        written.push(json!({"url": place, "tags": ["vendor-advisory"]}));
    }
    written.truncate(REFERENCES);
    written
}

/// A vector as CVSS's own JSON schema has it.
pub(crate) fn metric(vector: &Vector) -> Value {
    let (key, score) = match vector.version() {
        Version::V30 => ("cvssV3_0", vector.base_score()),
        Version::V31 => ("cvssV3_1", vector.base_score()),
        Version::V40 => ("cvssV4_0", vector.score()),
    };
    json!({"format": "CVSS", key: {
        "version": vector.version().text(),
        "vectorString": vector.to_string(),
        "baseScore": score.number(),
        "baseSeverity": score.rating().text(),
    }})
}

/// One entry for each product, with all its ranges.
fn affected(advisory: &Advisory, of: &Vulnerability) -> Value {
    let mut groups: Vec<(&Product, Vec<Value>)> = Vec::new();
    let listed = of
        .statuses
        .iter()
        .flat_map(|s| s.products.iter().map(move |id| (s.standing, id)));
    for (standing, id) in listed {
        let Some(product) = advisory.product(id) else {
            continue;
        };
        let status = match standing {
            Standing::FirstAffected | Standing::KnownAffected | Standing::LastAffected => {
                "affected"
            }
            Standing::UnderInvestigation => "unknown",
            Standing::FirstFixed
            | Standing::Fixed
            | Standing::KnownNotAffected
            | Standing::Recommended => "unaffected",
        };
        let same = |p: &Product| p.vendor() == product.vendor() && p.product() == product.product();
        let at = groups
            .iter()
            .position(|(p, _)| same(p))
            .unwrap_or(groups.len());
        if at == groups.len() {
            groups.push((product, Vec::new()));
        }
        if let Some((_, found)) = groups.get_mut(at) {
            found.extend(versions(product, status));
        }
    }
    let write = |(product, versions): &(&Product, Vec<Value>)| {
        let cpes: Vec<&str> = product.cpe.as_deref().into_iter().collect();
        Object::new()
            .put(
                "vendor",
                product.vendor().unwrap_or(&advisory.publisher.name),
            )
            .put("product", product.product())
            .put(
                "packageURL",
                product
                    .package()
                    .map(|p| crate::matching::Purl { version: None, ..p }.to_string()),
            )
            .put("cpes", cpes)
            .put("defaultStatus", "unaffected")
            .put("versions", once(versions.iter().cloned()))
            .done()
    };
    each(&groups, write)
}

/// A product's intervals; a range that cannot be read stands as it is written.
fn versions(product: &Product, status: &str) -> Vec<Value> {
    let read = product.range();
    let scheme = product.scheme();
    match read.range {
        Some(range) => range
            .intervals
            .iter()
            .map(|i| interval(i, scheme, status))
            .collect(),
        None => {
            vec![json!({"version": product.versions().unwrap_or("unspecified"), "status": status})]
        }
    }
}

fn interval(of: &Interval, scheme: Scheme, status: &str) -> Value {
    if let Some(version) = of.single() {
        return json!({"version": version, "status": status});
    }
    // A lower end that is outside has no place in a record: the words keep it.
    let outside = of.from.as_ref().is_some_and(|b| b.edge == Edge::Outside);
    if outside {
        return json!({"version": of.to_string(), "status": status});
    }
    let from = of.from.as_ref().map_or("0", |b| b.version.as_str());
    let to = of.to.as_ref();
    let end = to.map_or(("lessThan", "*"), |b| match b.edge {
        Edge::Within => ("lessThanOrEqual", b.version.as_str()),
        Edge::Outside => ("lessThan", b.version.as_str()),
    });
    Object::new()
        .put("version", from)
        .put(end.0, end.1)
        .put("status", status)
        .put("versionType", scheme.version_type())
        .done()
}
