//! OSV: <https://ossf.github.io/osv-schema/>.

use serde_json::{Value, json};

use super::json::{At, Object, ReadError, each};
use super::record::*;
use super::vulnerability::*;
use super::words::{ecosystem, purl_kind};
use crate::cvss::{Vector, Version};
use crate::versions::{Edge, Interval, Scheme};

/// As an OSV record, for the first vulnerability; the others are aliases of their own records, so they are `related`.
pub fn write(advisory: &Advisory) -> Value {
    let first = advisory.vulnerabilities.first();
    let names: Vec<&str> = first
        .iter()
        .flat_map(|v| v.names())
        .filter(|n| *n != advisory.id)
        .collect();
    let others = advisory.vulnerabilities.iter().skip(1);
    let related: Vec<&str> = others.filter_map(Vulnerability::name).collect();
    let cwes = first
        .map(|v| {
            v.weaknesses
                .iter()
                .map(|w| w.id.clone())
                .collect::<Vec<_>>()
        })
        .unwrap_or_default();
    let severity = advisory.level().map(|s| s.name().to_uppercase());
    let specific = Object::new().put("cwe_ids", cwes).put("severity", severity);
    Object::new()
        .put("schema_version", "1.7.0")
        .put("id", identity(&advisory.id))
        .put("modified", advisory.current.to_string())
        .put("published", advisory.initial.to_string())
        .put("aliases", names)
        .put("related", related)
        .put("summary", advisory.title.as_str())
        .put("details", details(advisory))
        .put("severity", first.map(|v| severities(&v.scores)))
        .put("affected", first.map(|v| affected(advisory, v)))
        .put("references", references(advisory))
        .put("credits", credits(advisory))
        .put("database_specific", specific)
        .done()
}

/// A number that OSV has not registered begins with `x_`.
fn identity(id: &str) -> String {
    let known = [
        "CVE-", "GHSA-", "RUSTSEC-", "PYSEC-", "OSV-", "GO-", "DSA-", "DLA-", "USN-", "UBUNTU-",
        "SUSE-", "x_",
    ];
    if known.iter().any(|prefix| id.starts_with(prefix)) {
        id.to_owned()
    } else {
        format!("x_{id}")
    }
}

fn details(advisory: &Advisory) -> Option<&str> {
    let first = advisory
        .vulnerabilities
        .first()
        .and_then(Vulnerability::described);
    first.or_else(|| advisory.summary())
}

fn severities(scores: &[Scored]) -> Value {
    each(scores, |s| {
        let kind = match s.vector.version() {
            Version::V30 | Version::V31 => "CVSS_V3",
            Version::V40 => "CVSS_V4",
        };
        json!({"type": kind, "score": s.vector.to_string()})
    })
}

fn references(advisory: &Advisory) -> Value {
    let inner = advisory.vulnerabilities.iter().flat_map(|v| &v.references);
    let all: Vec<&Reference> = advisory.references.iter().chain(inner).collect();
    each(&all, |r| {
        let tagged = |tag: &str| r.tags.iter().any(|t| t == tag);
        let kind = match r.category {
            ReferenceKind::Itself => "ADVISORY",
            ReferenceKind::External | ReferenceKind::Unsaid if tagged("patch") => "FIX",
            ReferenceKind::External | ReferenceKind::Unsaid if tagged("exploit") => "EVIDENCE",
            ReferenceKind::External | ReferenceKind::Unsaid if tagged("vendor-advisory") => {
                "ADVISORY"
            }
            ReferenceKind::External | ReferenceKind::Unsaid => "WEB",
        };
        json!({"type": kind, "url": r.url})
    })
}

fn credits(advisory: &Advisory) -> Value {
    each(&advisory.named_credits(), |c| {
        let kind = c.kind.cve().to_uppercase().replace(' ', "_");
        Object::new()
            .put("name", c.who())
            .put("contact", c.urls.clone())
            .put("type", kind)
            .done()
    })
}

fn affected(advisory: &Advisory, of: &Vulnerability) -> Value {
    let mut found: Vec<(Value, Vec<Value>, Vec<String>)> = Vec::new();
    for product in advisory.affected(of) {
        let head = head(product);
        let at = found
            .iter()
            .position(|(h, _, _)| *h == head)
            .unwrap_or(found.len());
        if at == found.len() {
            found.push((head, Vec::new(), Vec::new()));
        }
        let Some((_, ranges, versions)) = found.get_mut(at) else {
            continue;
        };
        for interval in product.range().range.into_iter().flat_map(|r| r.intervals) {
            match interval.single() {
                Some(version) => versions.push(version.to_owned()),
                None => ranges.extend(range(&interval, product.scheme())),
            }
        }
    }
    each(&found, |(head, ranges, versions)| {
        let object = match head {
            Value::Object(members) => members
                .iter()
                .fold(Object::new(), |o, (k, v)| o.put(k, v.clone())),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Object::new(),
        };
        object
            .put("ranges", ranges.clone())
            .put("versions", versions.clone())
            .done()
    })
}

/// The package; a product that is in no ecosystem is named beside.
fn head(product: &Product) -> Value {
    let package = product.package();
    let known = package
        .as_ref()
        .and_then(|p| ecosystem(&p.kind).map(|e| (p, e)));
    match known {
        Some((purl, ecosystem)) => {
            let name = match (&purl.namespace, purl.kind.as_str()) {
                (Some(group), "maven") => format!("{group}:{}", purl.name),
                (Some(scope), "npm" | "composer" | "golang") => format!("{scope}/{}", purl.name),
                (Some(_) | None, _) => purl.name.clone(),
            };
            let bare = crate::matching::Purl {
                version: None,
                ..purl.clone()
            };
            json!({"package": {"ecosystem": ecosystem, "name": name, "purl": bare.to_string()}})
        }
        None => {
            let specific = Object::new()
                .put("vendor", product.vendor())
                .put("product", product.product())
                .put("purl", product.purl.as_deref());
            json!({"database_specific": specific.done()})
        }
    }
}

/// A range of one interval. OSV has no lower end that is outside.
fn range(of: &Interval, scheme: Scheme) -> Option<Value> {
    let introduced = match &of.from {
        None => "0",
        Some(bound) if bound.edge == Edge::Within => bound.version.as_str(),
        Some(_) => return None,
    };
    let mut events = vec![json!({"introduced": introduced})];
    events.extend(of.to.as_ref().map(|to| match to.edge {
        Edge::Within => json!({"last_affected": to.version}),
        Edge::Outside => json!({"fixed": to.version}),
    }));
    let kind = match scheme {
        Scheme::Semver => "SEMVER",
        Scheme::Maven | Scheme::Debian | Scheme::Pypi | Scheme::Natural => "ECOSYSTEM",
    };
    Some(json!({"type": kind, "events": events}))
}

/// Reads an OSV record. What the record has no member for is left out: `lost` finds it.
pub fn read(value: &Value) -> Result<Advisory, ReadError> {
    let root = At::root(value);
    let id = root.need_text("id")?;
    let modified = root.need_when("modified")?;
    let initial = root.when("published")?.unwrap_or(modified);
    let mut found = Vulnerability::default();
    name(&root, &id, &mut found)?;
    if let Some(text) = root.text("details")?.filter(|t| !t.is_empty()) {
        found
            .notes
            .push(Note::new(NoteKind::Description, None, &text));
    }
    for score in root.list("severity")? {
        if !matches!(score.need_text("type")?.as_str(), "CVSS_V3" | "CVSS_V4") {
            continue;
        }
        let text = score.need_text("score")?;
        let vector = text
            .parse::<Vector>()
            .map_err(|e| score.wrong(format!("score: {e}")))?;
        found.scores.push(Scored {
            vector,
            products: Vec::new(),
        });
    }
    let mut products = Vec::new();
    for entry in root.list("affected")? {
        take(&entry, &mut products, &mut found)?;
    }
    if let Some(specific) = root.get("database_specific") {
        for id in specific.list("cwe_ids")? {
            found.weaknesses.push(Weakness {
                id: id.string()?,
                name: String::new(),
            });
        }
    }
    Ok(Advisory {
        title: root.text("summary")?.unwrap_or_else(|| id.clone()),
        id: id.strip_prefix("x_").map_or(id.clone(), str::to_owned),
        lang: "en".to_owned(),
        kind: Kind::SecurityAdvisory,
        publisher: Publisher {
            name: "OSV".to_owned(),
            namespace: "https://osv.dev".to_owned(),
            role: Role::Other,
            contact: None,
            authority: None,
            cna: None,
        },
        distribution: Distribution::clear(),
        status: Status::Final,
        version: "1".to_owned(),
        initial,
        current: modified.max(initial),
        revisions: vec![Revision::first(modified, "As published")],
        severity: None,
        notes: Vec::new(),
        references: references_of(&root)?,
        credits: credits_of(&root)?,
        products,
        vulnerabilities: vec![found],
        timeline: Vec::new(),
    })
}

/// Its CVE id is what it is called; all else are other names.
fn name(root: &At<'_>, id: &str, found: &mut Vulnerability) -> Result<(), ReadError> {
    let mut names = root.texts("aliases")?;
    names.insert(0, id.strip_prefix("x_").unwrap_or(id).to_owned());
    let cve = names.iter().position(|n| n.starts_with("CVE-"));
    found.cve = cve.map(|at| names.remove(at));
    let system = |name: &str| name.split('-').next().unwrap_or("OSV").to_owned();
    found.ids = names
        .into_iter()
        .map(|text| Id {
            system: system(&text),
            text,
        })
        .collect();
    Ok(())
}

fn references_of(root: &At<'_>) -> Result<Vec<Reference>, ReadError> {
    let read = |r: &At<'_>| {
        let (category, tags) = match r.need_text("type")?.as_str() {
            "ADVISORY" => (ReferenceKind::External, vec!["vendor-advisory".to_owned()]),
            "FIX" => (ReferenceKind::External, vec!["patch".to_owned()]),
            "EVIDENCE" => (ReferenceKind::External, vec!["exploit".to_owned()]),
            _ => (ReferenceKind::External, Vec::new()),
        };
        let url = r.need_text("url")?;
        Ok(Reference {
            summary: url.clone(),
            url,
            category,
            tags,
        })
    };
    root.list("references")?.iter().map(read).collect()
}

fn credits_of(root: &At<'_>) -> Result<Vec<Credit>, ReadError> {
    let read = |c: &At<'_>| {
        let (name, kind) = (c.need_text("name")?, c.text("type")?);
        Ok(Credit::published(
            name,
            kind.as_deref(),
            c.texts("contact")?,
        ))
    };
    root.list("credits")?.iter().map(read).collect()
}

/// One product for each interval, and one for the versions that are listed.
fn take(
    entry: &At<'_>,
    products: &mut Vec<Product>,
    found: &mut Vulnerability,
) -> Result<(), ReadError> {
    let package = entry.get("package");
    let specific = entry.get("database_specific");
    let (vendor, name, purl) = match (&package, &specific) {
        (Some(p), _) => {
            let ecosystem = p.need_text("ecosystem")?;
            let name = p.need_text("name")?;
            let purl = match p.text("purl")? {
                Some(purl) => Some(purl),
                None => purl_kind(&ecosystem)
                    .map(|kind| format!("pkg:{kind}/{}", name.replace(':', "/"))),
            };
            (ecosystem, name, purl)
        }
        (None, Some(s)) => {
            let vendor = s.text("vendor")?.unwrap_or_else(|| "n/a".to_owned());
            (
                vendor,
                s.text("product")?.unwrap_or_else(|| "n/a".to_owned()),
                s.text("purl")?,
            )
        }
        (None, None) => ("n/a".to_owned(), "n/a".to_owned(), None),
    };
    let mut texts = Vec::new();
    for range in entry.list("ranges")? {
        if range.need_text("type")? != "GIT" {
            texts.extend(intervals(&range)?);
        }
    }
    let versions = entry.texts("versions")?;
    if !versions.is_empty() {
        texts.push(versions.join("|"));
    }
    for text in texts {
        let id = format!("CSAFPID-{:04}", products.len() + 1);
        let mut product = Product::of_range(&id, &vendor, &name, &text);
        product.purl.clone_from(&purl);
        products.push(product);
        match found.statuses.first_mut() {
            Some(affected) => affected.products.push(id),
            None => found.statuses.push(ProductStatus {
                standing: Standing::KnownAffected,
                products: vec![id],
            }),
        }
    }
    Ok(())
}

/// The events of a range, as intervals in words.
fn intervals(range: &At<'_>) -> Result<Vec<String>, ReadError> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    let close = |from: Option<String>, to: String| match from.as_deref() {
        None | Some("0") => to,
        Some(from) => format!(">= {from}, {to}"),
    };
    for event in range.list("events")? {
        if let Some(version) = event.text("introduced")? {
            open = Some(version);
        } else if let Some(version) = event.text("fixed")? {
            found.push(close(open.take(), format!("< {version}")));
        } else if let Some(version) = event.text("last_affected")? {
            found.push(close(open.take(), format!("<= {version}")));
        }
    }
    match open.as_deref() {
        Some("0") => found.push("vers:all/*".to_owned()),
        Some(from) => found.push(format!(">= {from}")),
        None => {}
    }
    Ok(found)
}
