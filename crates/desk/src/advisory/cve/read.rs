//! Reads CVE records.

use serde_json::Value;

use super::super::json::{At, ReadError};
use super::super::record::*;
use super::super::vulnerability::*;
use crate::cvss::Vector;

/// Reads a published CVE record of format 5: the CNA's part. What the record has no member for is left out: `lost` finds it.
pub fn read(value: &Value) -> Result<Advisory, ReadError> {
    let root = At::root(value);
    let meta = root.need("cveMetadata")?;
    let id = meta.need_text("cveId")?;
    let state = meta.need_text("state")?;
    if state != "PUBLISHED" {
        return Err(meta.wrong(format!(
            "{id} is {state}; only published records say what is affected"
        )));
    }
    let cna = root.need("containers")?.need("cna")?;
    let provider = cna.need("providerMetadata")?;
    let updated = provider.when("dateUpdated")?.or(meta.when("dateUpdated")?);
    let published = meta
        .when("datePublished")?
        .or(meta.when("dateReserved")?)
        .or(updated);
    let initial = published.ok_or_else(|| meta.wrong("datePublished is missing"))?;
    let current = updated.unwrap_or(initial).max(initial);
    let descriptions = texts(&cna, "descriptions")?;
    let lang = descriptions
        .first()
        .map_or("en".to_owned(), |(lang, _)| lang.clone());
    let short = provider
        .text("shortName")?
        .unwrap_or_else(|| "CNA".to_owned());
    let mut vulnerability = Vulnerability {
        cve: Some(id.clone()),
        ..Vulnerability::default()
    };
    for (language, text) in descriptions {
        let mut note = Note::new(NoteKind::Description, None, &text);
        note.lang = (language != lang).then_some(language);
        vulnerability.notes.push(note);
    }
    let mut products = Vec::new();
    affected(&cna, &mut products, &mut vulnerability)?;
    details(&cna, &mut vulnerability)?;
    let title = cna.text("title")?;
    vulnerability.title.clone_from(&title);
    Ok(Advisory {
        title: title.unwrap_or_else(|| id.clone()),
        id,
        lang,
        kind: Kind::SecurityAdvisory,
        publisher: Publisher {
            namespace: "https://www.cve.org".to_owned(),
            name: short.clone(),
            role: Role::Other,
            contact: None,
            authority: None,
            cna: Some(Cna {
                org_id: provider.need_text("orgId")?,
                short_name: short,
            }),
        },
        distribution: Distribution::clear(),
        status: Status::Final,
        version: "1".to_owned(),
        initial,
        current,
        revisions: vec![Revision::first(current, "As published")],
        severity: None,
        notes: Vec::new(),
        references: Vec::new(),
        credits: credits(&cna)?,
        products,
        vulnerabilities: vec![vulnerability],
        timeline: timeline(&cna)?,
    })
}

/// Texts with their languages.
fn texts(at: &At<'_>, key: &str) -> Result<Vec<(String, String)>, ReadError> {
    let each = at.list(key)?;
    each.iter()
        .map(|t| Ok((t.need_text("lang")?, t.need_text("value")?)))
        .collect()
}

fn credits(cna: &At<'_>) -> Result<Vec<Credit>, ReadError> {
    let read = |c: &At<'_>| {
        let (name, kind) = (c.need_text("value")?, c.text("type")?);
        Ok(Credit::published(name, kind.as_deref(), Vec::new()))
    };
    cna.list("credits")?.iter().map(read).collect()
}

fn timeline(cna: &At<'_>) -> Result<Vec<Happened>, ReadError> {
    let each = cna.list("timeline")?;
    each.iter()
        .map(|t| {
            Ok(Happened {
                at: t.need_when("time")?,
                what: t.need_text("value")?,
            })
        })
        .collect()
}

fn details(cna: &At<'_>, found: &mut Vulnerability) -> Result<(), ReadError> {
    found.released = cna.when("datePublic")?;
    for problem in cna.list("problemTypes")? {
        for description in problem.list("descriptions")? {
            let text = description.need_text("description")?;
            let Some(id) = description.text("cweId")? else {
                found
                    .notes
                    .push(Note::new(NoteKind::Other, Some("Problem"), &text));
                continue;
            };
            let name = text
                .strip_prefix(&id)
                .unwrap_or(&text)
                .trim_start_matches([':', ' '])
                .to_owned();
            found.weaknesses.push(Weakness { id, name });
        }
    }
    for metric in cna.list("metrics")? {
        for key in ["cvssV4_0", "cvssV3_1", "cvssV3_0"] {
            let Some(one) = metric.get(key) else { continue };
            let text = one.need_text("vectorString")?;
            let vector = text
                .parse::<Vector>()
                .map_err(|e| one.wrong(format!("vectorString: {e}")))?;
            found.scores.push(Scored {
                vector,
                products: Vec::new(),
            });
        }
    }
    for (key, kind) in [
        ("solutions", RemedyKind::VendorFix),
        ("workarounds", RemedyKind::Workaround),
    ] {
        for (_, details) in texts(cna, key)? {
            found.remedies.push(Remedy {
                kind,
                details,
                url: None,
                at: None,
                products: Vec::new(),
                restart: None,
                entitlements: Vec::new(),
            });
        }
    }
    let threat = |kind, details| Threat {
        kind,
        details,
        at: None,
        products: Vec::new(),
    };
    for (_, details) in texts(cna, "exploits")? {
        found
            .threats
            .push(threat(ThreatKind::ExploitStatus, details));
    }
    for impact in cna.list("impacts")? {
        for (_, details) in texts(&impact, "descriptions")? {
            found.threats.push(threat(ThreatKind::Impact, details));
        }
    }
    for reference in cna.list("references")? {
        found.references.push(Reference {
            summary: reference.text("name")?.unwrap_or_default(),
            url: reference.need_text("url")?,
            category: ReferenceKind::External,
            tags: reference.texts("tags")?,
        });
    }
    Ok(())
}

/// One product for each range, so that each stands for itself.
fn affected(
    cna: &At<'_>,
    products: &mut Vec<Product>,
    found: &mut Vulnerability,
) -> Result<(), ReadError> {
    for entry in cna.list("affected")? {
        let vendor = entry.text("vendor")?.unwrap_or_else(|| "n/a".to_owned());
        let name = entry
            .text("product")?
            .or(entry.text("packageName")?)
            .unwrap_or_else(|| "n/a".to_owned());
        let purl = entry.text("packageURL")?;
        let cpe = entry.texts("cpes")?.into_iter().next();
        let default = entry
            .text("defaultStatus")?
            .unwrap_or_else(|| "unknown".to_owned());
        let versions = entry.list("versions")?;
        let mut ranges = versions.iter().map(range).collect::<Result<Vec<_>, _>>()?;
        if ranges.is_empty() {
            ranges.push(("vers:all/*".to_owned(), default));
        }
        for (text, status) in ranges {
            let id = format!("CSAFPID-{:04}", products.len() + 1);
            let mut product = if text.contains(['<', '>', '*']) {
                Product::of_range(&id, &vendor, &name, &text)
            } else {
                Product::of_version(&id, &vendor, &name, &text)
            };
            product.purl.clone_from(&purl);
            product.cpe.clone_from(&cpe);
            let standing = match status.as_str() {
                "affected" => Standing::KnownAffected,
                "unaffected" => Standing::KnownNotAffected,
                _ => Standing::UnderInvestigation,
            };
            match found.statuses.iter_mut().find(|s| s.standing == standing) {
                Some(same) => same.products.push(id),
                None => found.statuses.push(ProductStatus {
                    standing,
                    products: vec![id],
                }),
            }
            products.push(product);
        }
    }
    Ok(())
}

/// A version entry in words, with its status.
fn range(at: &At<'_>) -> Result<(String, String), ReadError> {
    let version = at.need_text("version")?;
    let status = at.need_text("status")?;
    let (less, equal) = (at.text("lessThan")?, at.text("lessThanOrEqual")?);
    let from = if matches!(version.as_str(), "0" | "unspecified" | "*" | "n/a" | "") {
        String::new()
    } else {
        format!(">= {version}, ")
    };
    let text = match (less.as_deref(), equal.as_deref()) {
        (None, None) => version,
        (Some("*"), _) | (None, Some("*")) if from.is_empty() => "vers:all/*".to_owned(),
        (Some("*"), _) | (None, Some("*")) => format!(">= {version}"),
        (Some(end), _) => format!("{from}< {end}"),
        (None, Some(end)) => format!("{from}<= {end}"),
    };
    Ok((text, status))
}
