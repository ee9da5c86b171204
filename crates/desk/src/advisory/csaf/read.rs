//! Reads CSAF 2.0.

use std::collections::HashMap;

use serde_json::Value;

use super::super::json::{At, ReadError};
use super::super::record::*;
use super::super::vulnerability::*;
use super::{CVSS4, DATA, SAFETY, SEVERITY, TIMELINE, tree};
use crate::When;
use crate::cvss::Vector;
use crate::severity::Severity;

/// Product groups: their names with what is in them.
type Groups = HashMap<String, Vec<String>>;

/// Reads a CSAF 2.0 document. What the record has no member for is left out: `lost` finds it.
pub fn read(value: &Value) -> Result<Advisory, ReadError> {
    let root = At::root(value);
    let document = root.need("document")?;
    let version = document.need_text("csaf_version")?;
    if version != "2.0" {
        return Err(document.wrong(format!("csaf_version is {version:?}; 2.0 is read here")));
    }
    let tree = root.get("product_tree");
    let products = tree
        .as_ref()
        .map(tree::read)
        .transpose()?
        .unwrap_or_default();
    let groups = tree.as_ref().map(groups).transpose()?.unwrap_or_default();
    let mut advisory = head(&document, products)?;
    for found in root.list("vulnerabilities")? {
        advisory
            .vulnerabilities
            .push(vulnerability(&found, &groups)?);
    }
    Ok(advisory)
}

fn groups(tree: &At<'_>) -> Result<Groups, ReadError> {
    let each = tree.list("product_groups")?;
    each.iter()
        .map(|g| Ok((g.need_text("group_id")?, g.texts("product_ids")?)))
        .collect()
}

fn head(document: &At<'_>, products: Vec<Product>) -> Result<Advisory, ReadError> {
    let tracking = document.need("tracking")?;
    let publisher = document.need("publisher")?;
    let mut advisory = Advisory {
        id: tracking.need_text("id")?,
        title: document.need_text("title")?,
        lang: document.text("lang")?.unwrap_or_default(),
        kind: match document.need_text("category")?.as_str() {
            "csaf_security_advisory" => Kind::SecurityAdvisory,
            "csaf_vex" => Kind::Vex,
            other => Kind::Other(other.to_owned()),
        },
        publisher: Publisher {
            name: publisher.need_text("name")?,
            namespace: publisher.need_text("namespace")?,
            role: publisher.need_word("category")?,
            contact: publisher.text("contact_details")?,
            authority: publisher.text("issuing_authority")?,
            cna: None,
        },
        distribution: distribution(document)?,
        status: tracking.need_word("status")?,
        version: tracking.need_text("version")?,
        initial: tracking.need_when("initial_release_date")?,
        current: tracking.need_when("current_release_date")?,
        revisions: tracking
            .list("revision_history")?
            .iter()
            .map(revision)
            .collect::<Result<_, _>>()?,
        severity: severity(document)?,
        notes: Vec::new(),
        references: references(document)?,
        credits: credits(document)?,
        products,
        vulnerabilities: Vec::new(),
        timeline: Vec::new(),
    };
    for found in document.list("notes")? {
        let note = note(&found)?;
        advisory
            .notes
            .extend(sort(note, &mut advisory.severity, &mut advisory.timeline));
    }
    Ok(advisory)
}

/// A note that says what the record has a member for goes there.
fn sort(note: Note, severity: &mut Option<Assessed>, timeline: &mut Vec<Happened>) -> Option<Note> {
    let title = note.title.as_deref().unwrap_or_default();
    let place = match (title, severity) {
        (SEVERITY, Some(s)) => &mut s.why,
        (SAFETY, Some(s)) => &mut s.patient_safety,
        (DATA, Some(s)) => &mut s.patient_data,
        (TIMELINE, _) => {
            let Some(lines) = note.text.lines().map(happened).collect::<Option<Vec<_>>>() else {
                return Some(note);
            };
            *timeline = lines;
            return None;
        }
        _ => return Some(note),
    };
    if place.is_empty() && note.audience.is_none() {
        *place = note.text;
        return None;
    }
    Some(note)
}

fn happened(line: &str) -> Option<Happened> {
    let (at, what) = line.split_once(' ')?;
    Some(Happened {
        at: at.parse::<When>().ok()?,
        what: what.to_owned(),
    })
}

fn distribution(document: &At<'_>) -> Result<Distribution, ReadError> {
    let Some(found) = document.get("distribution") else {
        return Ok(Distribution::default());
    };
    let tlp = found.get("tlp");
    let label = tlp.as_ref().map(|t| t.need_text("label")).transpose()?;
    Ok(Distribution {
        tlp: match label.as_deref() {
            None => Tlp::None,
            Some("WHITE" | "CLEAR") => Tlp::Clear,
            Some("GREEN") => Tlp::Green,
            Some("AMBER" | "AMBER+STRICT") => Tlp::Amber,
            Some("RED") => Tlp::Red,
            Some(other) => return Err(found.wrong(format!("{other:?} is not a TLP label"))),
        },
        tlp_url: tlp.map(|t| t.text("url")).transpose()?.flatten(),
        text: found.text("text")?,
    })
}

fn severity(document: &At<'_>) -> Result<Option<Assessed>, ReadError> {
    let Some(found) = document.get("aggregate_severity") else {
        return Ok(None);
    };
    let text = found.need_text("text")?;
    let ours = Severity::ALL.into_iter().find(|s| s.name() == text);
    Ok(Some(Assessed {
        level: ours.map_or(Level::Said(text), Level::Ours),
        namespace: found.text("namespace")?,
        why: String::new(),
        patient_safety: String::new(),
        patient_data: String::new(),
    }))
}

fn revision(at: &At<'_>) -> Result<Revision, ReadError> {
    Ok(Revision {
        number: at.need_text("number")?,
        at: at.need_when("date")?,
        summary: at.need_text("summary")?,
        legacy: at.text("legacy_version")?,
    })
}

fn note(at: &At<'_>) -> Result<Note, ReadError> {
    Ok(Note {
        kind: at.need_word("category")?,
        title: at.text("title")?,
        text: at.need_text("text")?,
        audience: at.text("audience")?,
        lang: None,
    })
}

fn references(at: &At<'_>) -> Result<Vec<Reference>, ReadError> {
    let read = |r: &At<'_>| {
        Ok(Reference {
            summary: r.need_text("summary")?,
            url: r.need_text("url")?,
            category: r.word("category")?.unwrap_or(ReferenceKind::Unsaid),
            tags: Vec::new(),
        })
    };
    at.list("references")?.iter().map(read).collect()
}

fn credits(at: &At<'_>) -> Result<Vec<Credit>, ReadError> {
    let read = |c: &At<'_>| {
        let summary = c.text("summary")?;
        let kind = summary.as_deref().and_then(CreditKind::of_words);
        Ok(Credit {
            names: c.texts("names")?,
            organization: c.text("organization")?,
            kind: kind.unwrap_or(CreditKind::Other),
            summary: summary.filter(|_| kind.is_none()),
            urls: c.texts("urls")?,
            consent: Consent::Published,
        })
    };
    at.list("acknowledgments")?.iter().map(read).collect()
}

fn vulnerability(at: &At<'_>, groups: &Groups) -> Result<Vulnerability, ReadError> {
    let mut found = Vulnerability {
        cve: at.text("cve")?,
        title: at.text("title")?,
        references: references(at)?,
        credits: credits(at)?,
        discovered: at.when("discovery_date")?,
        released: at.when("release_date")?,
        ..Vulnerability::default()
    };
    for id in at.list("ids")? {
        found.ids.push(Id {
            system: id.need_text("system_name")?,
            text: id.need_text("text")?,
        });
    }
    if let Some(cwe) = at.get("cwe") {
        found.weaknesses.push(Weakness {
            id: cwe.need_text("id")?,
            name: cwe.need_text("name")?,
        });
    }
    for one in at.list("notes")? {
        let note = note(&one)?;
        match note.text.parse::<Vector>() {
            Ok(vector) if note.title.as_deref() == Some(CVSS4) => {
                found.scores.push(Scored {
                    vector,
                    products: Vec::new(),
                });
            }
            Ok(_) | Err(_) => found.notes.push(note),
        }
    }
    if let Some(status) = at.get("product_status") {
        for standing in Standing::ALL {
            let products = status.texts(standing.key())?;
            if !products.is_empty() {
                found.statuses.push(ProductStatus { standing, products });
            }
        }
    }
    details(at, groups, &mut found)?;
    Ok(found)
}

fn details(at: &At<'_>, groups: &Groups, found: &mut Vulnerability) -> Result<(), ReadError> {
    for flag in at.list("flags")? {
        found.flags.push(Flag {
            justification: flag.need_word("label")?,
            at: flag.when("date")?,
            products: products(&flag, groups)?,
        });
    }
    for threat in at.list("threats")? {
        found.threats.push(Threat {
            kind: threat.need_word("category")?,
            details: threat.need_text("details")?,
            at: threat.when("date")?,
            products: products(&threat, groups)?,
        });
    }
    for remedy in at.list("remediations")? {
        let restart = remedy.get("restart_required");
        found.remedies.push(Remedy {
            kind: remedy.need_word("category")?,
            details: remedy.need_text("details")?,
            url: remedy.text("url")?,
            at: remedy.when("date")?,
            products: products(&remedy, groups)?,
            restart: restart.map(|r| r.need_text("category")).transpose()?,
            entitlements: remedy.texts("entitlements")?,
        });
    }
    for score in at.list("scores")? {
        let Some(three) = score.get("cvss_v3") else {
            continue;
        };
        let text = three.need_text("vectorString")?;
        let vector = text
            .parse::<Vector>()
            .map_err(|e| three.wrong(format!("vectorString: {e}")))?;
        found.scores.push(Scored {
            vector,
            products: score.texts("products")?,
        });
    }
    Ok(())
}

/// The products that something is for, also those of groups.
fn products(at: &At<'_>, groups: &Groups) -> Result<Vec<String>, ReadError> {
    let mut all = at.texts("product_ids")?;
    for group in at.texts("group_ids")? {
        let members = groups
            .get(&group)
            .ok_or_else(|| at.wrong(format!("there is no product group {group:?}")))?;
        for member in members {
            if !all.contains(member) {
                all.push(member.clone());
            }
        }
    }
    Ok(all)
}
