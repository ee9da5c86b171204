//! VEX: OpenVEX 0.2.0 and CycloneDX 1.6. Every statement is about one vulnerability *and* certain products.

use serde_json::{Value, json};

use super::json::{Object, each};
use super::record::*;
use super::vulnerability::*;
use crate::cvss::Version;
use crate::versions::{Edge, Interval, Scheme};

/// Why OpenVEX cannot say it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VexError {
    /// A vulnerability without a name.
    #[error(
        "vulnerability {0} has neither a CVE id nor another name; a VEX statement names what it is about"
    )]
    NoName(usize),
    /// Not affected, without a reason.
    #[error(
        "{product} is not affected by {name}, but nothing says why: add a flag with a justification, or an impact"
    )]
    NoReason {
        /// The product.
        product: String,
        /// The vulnerability.
        name: String,
    },
    /// Nothing is said of any product.
    #[error("no product has a status; there is nothing to state")]
    Nothing,
}

/// A vulnerability and products that stand alike to it, for the same reason.
struct Statement<'a> {
    of: &'a Vulnerability,
    standing: Standing,
    justification: Option<Justification>,
    products: Vec<&'a Product>,
}

fn statements(advisory: &Advisory) -> Vec<Statement<'_>> {
    let mut found: Vec<Statement<'_>> = Vec::new();
    for of in &advisory.vulnerabilities {
        for status in &of.statuses {
            for product in status.products.iter().filter_map(|id| advisory.product(id)) {
                let flag = of.flags.iter().find(|f| f.products.contains(&product.id));
                let justification = flag
                    .map(|f| f.justification)
                    .filter(|_| status.standing == Standing::KnownNotAffected);
                let alike = |s: &&mut Statement<'_>| {
                    std::ptr::eq(s.of, of)
                        && s.standing == status.standing
                        && s.justification == justification
                };
                match found.iter_mut().find(alike) {
                    Some(same) => same.products.push(product),
                    None => found.push(Statement {
                        of,
                        standing: status.standing,
                        justification,
                        products: vec![product],
                    }),
                }
            }
        }
    }
    found
}

impl Statement<'_> {
    fn concerns(&self, products: &[String]) -> bool {
        products.is_empty() || self.products.iter().any(|p| products.contains(&p.id))
    }

    /// What to do about it, in words.
    fn action(&self) -> String {
        let those = self
            .of
            .remedies
            .iter()
            .filter(|r| self.concerns(&r.products));
        let words: Vec<&str> = those.map(|r| r.details.as_str()).collect();
        if words.is_empty() {
            "No remedy is known yet.".to_owned()
        } else {
            words.join("\n")
        }
    }

    /// What it means here, in words.
    fn impact(&self) -> Option<String> {
        let impacts = self
            .of
            .threats
            .iter()
            .filter(|t| t.kind == ThreatKind::Impact && self.concerns(&t.products));
        let words: Vec<&str> = impacts.map(|t| t.details.as_str()).collect();
        (!words.is_empty()).then(|| words.join("\n"))
    }
}

/// As OpenVEX 0.2.0.
pub fn openvex(advisory: &Advisory) -> Result<Value, VexError> {
    let mut written = Vec::new();
    for statement in statements(advisory) {
        written.push(open_statement(advisory, &statement)?);
    }
    if written.is_empty() {
        return Err(VexError::Nothing);
    }
    let version = advisory
        .version
        .split('.')
        .next()
        .and_then(|v| v.parse::<u32>().ok())
        .unwrap_or(1)
        .max(1);
    let namespace = advisory.publisher.namespace.trim_end_matches('/');
    Ok(json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": format!("{namespace}/openvex/{}", advisory.id),
        "author": advisory.publisher.name,
        "timestamp": advisory.initial.to_string(),
        "last_updated": advisory.current.to_string(),
        "version": version,
        "statements": written,
    }))
}

fn open_statement(advisory: &Advisory, of: &Statement<'_>) -> Result<Value, VexError> {
    let at = advisory
        .vulnerabilities
        .iter()
        .position(|v| std::ptr::eq(v, of.of))
        .unwrap_or(0);
    let name = of.of.name().ok_or(VexError::NoName(at))?;
    let aliases: Vec<&str> = of.of.names().filter(|n| *n != name).collect();
    let vulnerability = Object::new()
        .put("name", name)
        .put("description", of.of.title.as_deref().or(of.of.described()))
        .put("aliases", aliases);
    let products = each(&of.products, |p| {
        let identifiers = Object::new().put("purl", package_url(p)).put(
            "cpe23",
            p.cpe.as_deref().filter(|c| c.starts_with("cpe:2.3")),
        );
        Object::new()
            .put("@id", component_id(p))
            .put("identifiers", identifiers)
            .done()
    });
    let status = match of.standing {
        Standing::FirstAffected | Standing::KnownAffected | Standing::LastAffected => "affected",
        Standing::FirstFixed | Standing::Fixed | Standing::Recommended => "fixed",
        Standing::KnownNotAffected => "not_affected",
        Standing::UnderInvestigation => "under_investigation",
    };
    let impact = of
        .impact()
        .filter(|_| of.standing == Standing::KnownNotAffected);
    if of.standing == Standing::KnownNotAffected && of.justification.is_none() && impact.is_none() {
        let product = of
            .products
            .first()
            .map(|p| p.id.clone())
            .unwrap_or_default();
        return Err(VexError::NoReason {
            product,
            name: name.to_owned(),
        });
    }
    Ok(Object::new()
        .put("vulnerability", vulnerability)
        .put("products", products)
        .put("status", status)
        .put("justification", of.justification.map(Justification::key))
        .put("impact_statement", impact)
        .put(
            "action_statement",
            of.standing.is_affected().then(|| of.action()),
        )
        .done())
}

/// What names a product in a VEX document: its package URL with the version, or with the range as its `vers` qualifier; else
/// a URN of its own.
fn component_id(product: &Product) -> String {
    package_url(product).unwrap_or_else(|| format!("urn:aceso:product:{}", product.id))
}

fn package_url(product: &Product) -> Option<String> {
    let purl = product.package()?;
    let bare = crate::matching::Purl {
        version: product.exact(),
        ..purl
    };
    let range = product.range().range.filter(|_| bare.version.is_none());
    let intervals: Vec<String> = range.iter().flat_map(|r| &r.intervals).map(ends).collect();
    let every = intervals.iter().any(String::is_empty);
    if intervals.is_empty() || every {
        return Some(bare.to_string());
    }
    let vers = format!(
        "vers:{}/{}",
        vers_kind(product.scheme()),
        intervals.join("|")
    );
    Some(format!("{bare}?vers={}", crate::matching::encode(&vers)))
}

/// As a CycloneDX 1.6 document with vulnerabilities: one entry for each statement, so that each is about its own components.
pub fn cyclonedx(advisory: &Advisory) -> Value {
    let component = |p: &Product| {
        Object::new()
            .put("type", "application")
            .put("bom-ref", p.id.as_str())
            .put("publisher", p.vendor())
            .put("name", p.product())
            .put("version", p.exact())
            .put("purl", p.purl.as_deref())
            .put("cpe", p.cpe.as_deref())
            .done()
    };
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"timestamp": advisory.current.to_string(), "supplier": {"name": advisory.publisher.name}},
        "components": each(&advisory.products, component),
        "vulnerabilities": each(&statements(advisory), |s| bom_statement(advisory, s)),
    })
}

fn bom_statement(advisory: &Advisory, of: &Statement<'_>) -> Value {
    let found = of.of;
    let cwes: Vec<u32> = found
        .weaknesses
        .iter()
        .filter_map(|w| w.id.strip_prefix("CWE-")?.parse().ok())
        .collect();
    let remedies = |kinds: &[RemedyKind]| {
        let those = found
            .remedies
            .iter()
            .filter(|r| kinds.contains(&r.kind) && of.concerns(&r.products));
        those
            .map(|r| r.details.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let individuals: Vec<Value> = advisory
        .named_credits()
        .iter()
        .map(|c| json!({"name": c.who()}))
        .collect();
    let credits = Object::new().put("individuals", individuals);
    let advisories: Vec<Value> = advisory
        .references
        .iter()
        .map(|r| json!({"url": r.url}))
        .collect();
    let source = Object::new()
        .put("name", advisory.publisher.name.as_str())
        .put("url", advisory.publisher.namespace.as_str());
    Object::new()
        .put("id", found.name().unwrap_or(&advisory.id))
        .put("source", source)
        .put("ratings", each(&found.scores, rating))
        .put("cwes", cwes)
        .put("description", found.described())
        .put("recommendation", remedies(&[RemedyKind::VendorFix]))
        .put(
            "workaround",
            remedies(&[RemedyKind::Workaround, RemedyKind::Mitigation]),
        )
        .put("advisories", advisories)
        .put("published", advisory.initial.to_string())
        .put("updated", advisory.current.to_string())
        .put("credits", credits)
        .put("analysis", analysis(of))
        .put("affects", each(&of.products, |p| affects(p, of.standing)))
        .done()
}

fn analysis(of: &Statement<'_>) -> Value {
    let (state, response) = match of.standing {
        Standing::FirstAffected | Standing::KnownAffected | Standing::LastAffected => {
            ("exploitable", response(of))
        }
        Standing::FirstFixed | Standing::Fixed | Standing::Recommended => ("resolved", Vec::new()),
        Standing::KnownNotAffected => ("not_affected", Vec::new()),
        Standing::UnderInvestigation => ("in_triage", Vec::new()),
    };
    // The words keep apart what CycloneDX calls the same.
    let key = of.justification.map(Justification::key);
    let words = [key.map(str::to_owned), of.impact()];
    Object::new()
        .put("state", state)
        .put(
            "justification",
            of.justification.map(Justification::cyclonedx),
        )
        .put("response", response)
        .put(
            "detail",
            words.into_iter().flatten().collect::<Vec<_>>().join(": "),
        )
        .done()
}

fn response(of: &Statement<'_>) -> Vec<&'static str> {
    let mut found = Vec::new();
    for remedy in of.of.remedies.iter().filter(|r| of.concerns(&r.products)) {
        let word = match remedy.kind {
            RemedyKind::VendorFix => "update",
            RemedyKind::Workaround | RemedyKind::Mitigation => "workaround_available",
            RemedyKind::NoFixPlanned => "will_not_fix",
            RemedyKind::NoneAvailable => "can_not_fix",
        };
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

fn rating(of: &Scored) -> Value {
    let method = match of.vector.version() {
        Version::V30 => "CVSSv3",
        Version::V31 => "CVSSv31",
        Version::V40 => "CVSSv4",
    };
    let score = of.vector.base_score();
    json!({
        "score": score.number(),
        "severity": score.rating().text().to_lowercase(),
        "method": method,
        "vector": of.vector.to_string(),
    })
}

fn affects(product: &Product, standing: Standing) -> Value {
    let status = match standing {
        Standing::FirstAffected | Standing::KnownAffected | Standing::LastAffected => "affected",
        Standing::UnderInvestigation => "unknown",
        Standing::FirstFixed
        | Standing::Fixed
        | Standing::KnownNotAffected
        | Standing::Recommended => "unaffected",
    };
    let range = product.range().range;
    let write = |i: &Interval| match i.single() {
        Some(version) => json!({"version": version, "status": status}),
        None => json!({"range": vers(i, product.scheme()), "status": status}),
    };
    let versions: Vec<Value> = range.iter().flat_map(|r| &r.intervals).map(write).collect();
    Object::new()
        .put("ref", product.id.as_str())
        .put("versions", versions)
        .done()
}

/// `vers:semver/>=1.0|<2.0`.
fn vers(of: &Interval, scheme: Scheme) -> String {
    match ends(of) {
        all if all.is_empty() => "vers:all/*".to_owned(),
        ends => format!("vers:{}/{ends}", vers_kind(scheme)),
    }
}

const fn vers_kind(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Semver => "semver",
        Scheme::Maven => "maven",
        Scheme::Debian => "deb",
        Scheme::Pypi => "pypi",
        Scheme::Natural => "generic",
    }
}

/// `>=1.0|<2.0`, `1.0`, nothing for all versions.
fn ends(of: &Interval) -> String {
    if let Some(version) = of.single() {
        return version.to_owned();
    }
    let from = of.from.as_ref().map(|b| match b.edge {
        Edge::Within => format!(">={}", b.version),
        Edge::Outside => format!(">{}", b.version),
    });
    let to = of.to.as_ref().map(|b| match b.edge {
        Edge::Within => format!("<={}", b.version),
        Edge::Outside => format!("<{}", b.version),
    });
    from.into_iter().chain(to).collect::<Vec<_>>().join("|")
}
