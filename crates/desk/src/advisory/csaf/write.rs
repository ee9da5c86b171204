//! Writes CSAF 2.0.

use serde_json::{Value, json};

use super::super::json::{Object, each, word};
use super::super::record::*;
use super::super::vulnerability::*;
use super::{CVSS4, DATA, SAFETY, SEVERITY, TIMELINE, tree};
use crate::cvss::Version;

/// As CSAF 2.0. Who did not agree to be named is not named.
pub fn write(advisory: &Advisory) -> Value {
    let tree = tree::write(&advisory.products);
    let vulnerabilities = each(&advisory.vulnerabilities, |v| vulnerability(advisory, v));
    Object::new()
        .put("document", document(advisory))
        .put("product_tree", tree)
        .put("vulnerabilities", vulnerabilities)
        .done()
}

fn document(advisory: &Advisory) -> Value {
    let category = match &advisory.kind {
        Kind::SecurityAdvisory => "csaf_security_advisory",
        Kind::Vex => "csaf_vex",
        Kind::Other(text) => text,
    };
    let severity = advisory.severity.as_ref().map(|s| {
        Object::new()
            .put("namespace", s.namespace.as_deref())
            .put("text", s.level.name())
            .done()
    });
    let publisher = &advisory.publisher;
    Object::new()
        .put("acknowledgments", credits(&advisory.credits))
        .put("aggregate_severity", severity.unwrap_or(Value::Null))
        .put("category", category)
        .put("csaf_version", "2.0")
        .put("distribution", distribution(&advisory.distribution))
        .put("lang", advisory.lang.as_str())
        .put("notes", document_notes(advisory))
        .put(
            "publisher",
            Object::new()
                .put("category", word(&publisher.role))
                .put("contact_details", publisher.contact.as_deref())
                .put("issuing_authority", publisher.authority.as_deref())
                .put("name", publisher.name.as_str())
                .put("namespace", publisher.namespace.as_str()),
        )
        .put("references", references(&advisory.references))
        .put("title", advisory.title.as_str())
        .put("tracking", tracking(advisory))
        .done()
}

fn tracking(advisory: &Advisory) -> Value {
    let revision = |r: &Revision| {
        Object::new()
            .put("date", r.at.to_string())
            .put("legacy_version", r.legacy.as_deref())
            .put("number", r.number.as_str())
            .put("summary", r.summary.as_str())
            .done()
    };
    json!({
        "current_release_date": advisory.current.to_string(),
        "generator": {"engine": {"name": "Aceso", "version": env!("CARGO_PKG_VERSION")}},
        "id": advisory.id,
        "initial_release_date": advisory.initial.to_string(),
        "revision_history": each(&advisory.revisions, revision),
        "status": word(&advisory.status),
        "version": advisory.version,
    })
}

fn distribution(of: &Distribution) -> Value {
    let label = match of.tlp {
        Tlp::None => None,
        Tlp::Clear => Some("WHITE"),
        Tlp::Green => Some("GREEN"),
        Tlp::Amber => Some("AMBER"),
        Tlp::Red => Some("RED"),
    };
    let tlp = label.map(|l| {
        Object::new()
            .put("label", l)
            .put("url", of.tlp_url.as_deref())
            .done()
    });
    Object::new()
        .put("text", of.text.as_deref())
        .put("tlp", tlp.unwrap_or(Value::Null))
        .done()
}

fn note(of: &Note) -> Value {
    Object::new()
        .put("audience", of.audience.as_deref())
        .put("category", word(&of.kind))
        .put("text", of.text.as_str())
        .put("title", of.title.as_deref())
        .done()
}

fn titled(kind: NoteKind, title: &str, text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| note(&Note::new(kind, Some(title), text)))
}

fn document_notes(advisory: &Advisory) -> Value {
    let mut notes: Vec<Value> = advisory.notes.iter().map(note).collect();
    if let Some(severity) = &advisory.severity {
        notes.extend(titled(NoteKind::Other, SEVERITY, &severity.why));
        notes.extend(titled(NoteKind::Other, SAFETY, &severity.patient_safety));
        notes.extend(titled(NoteKind::Other, DATA, &severity.patient_data));
    }
    let lines = advisory
        .timeline
        .iter()
        .map(|h| format!("{} {}", h.at, h.what));
    notes.extend(titled(
        NoteKind::Details,
        TIMELINE,
        &lines.collect::<Vec<_>>().join("\n"),
    ));
    Value::Array(notes)
}

fn credits(of: &[Credit]) -> Value {
    let named = of.iter().filter(|c| c.consent.may_name());
    let write = |c: &Credit| {
        let summary = c
            .summary
            .clone()
            .or_else(|| c.kind.said().map(str::to_owned));
        Object::new()
            .put("names", c.names.clone())
            .put("organization", c.organization.as_deref())
            .put("summary", summary)
            .put("urls", c.urls.clone())
            .done()
    };
    Value::Array(named.map(write).collect())
}

fn references(of: &[Reference]) -> Value {
    each(of, |r| {
        let category = match r.category {
            ReferenceKind::External => Some("external"),
            ReferenceKind::Itself => Some("self"),
            ReferenceKind::Unsaid => None,
        };
        Object::new()
            .put("category", category)
            .put("summary", r.summary.as_str())
            .put("url", r.url.as_str())
            .done()
    })
}

fn vulnerability(advisory: &Advisory, of: &Vulnerability) -> Value {
    let ids = each(
        &of.ids,
        |id| json!({"system_name": id.system, "text": id.text}),
    );
    let cwe = of
        .weaknesses
        .first()
        .map(|w| json!({"id": w.id, "name": w.name}));
    let mut notes: Vec<Value> = of.notes.iter().map(note).collect();
    let four = of
        .scores
        .iter()
        .filter(|s| s.vector.version() == Version::V40);
    notes.extend(four.filter_map(|s| titled(NoteKind::Other, CVSS4, &s.vector.to_string())));
    let statuses = Standing::ALL
        .into_iter()
        .fold(Object::new(), |object, standing| {
            let products: Vec<&str> = of.with_status(standing).collect();
            object.put(standing.key(), products)
        });
    Object::new()
        .put("acknowledgments", credits(&of.credits))
        .put("cve", of.cve.as_deref())
        .put("cwe", cwe.unwrap_or(Value::Null))
        .put("discovery_date", of.discovered.map(|d| d.to_string()))
        .put("flags", each(&of.flags, flag))
        .put("ids", ids)
        .put("notes", notes)
        .put("product_status", statuses)
        .put("references", references(&of.references))
        .put("release_date", of.released.map(|d| d.to_string()))
        .put("remediations", each(&of.remedies, |r| remedy(advisory, r)))
        .put("scores", scores(of))
        .put("threats", each(&of.threats, threat))
        .put("title", of.title.as_deref())
        .done()
}

fn flag(of: &Flag) -> Value {
    Object::new()
        .put("date", of.at.map(|d| d.to_string()))
        .put("label", of.justification.key())
        .put("product_ids", of.products.clone())
        .done()
}

fn threat(of: &Threat) -> Value {
    Object::new()
        .put("category", word(&of.kind))
        .put("date", of.at.map(|d| d.to_string()))
        .put("details", of.details.as_str())
        .put("product_ids", of.products.clone())
        .done()
}

/// A remedy for all products names them: CSAF demands it.
fn remedy(advisory: &Advisory, of: &Remedy) -> Value {
    let products = if of.products.is_empty() {
        advisory.products.iter().map(|p| p.id.clone()).collect()
    } else {
        of.products.clone()
    };
    let restart = of.restart.as_ref().map(|r| json!({"category": r}));
    Object::new()
        .put("category", word(&of.kind))
        .put("date", of.at.map(|d| d.to_string()))
        .put("details", of.details.as_str())
        .put("entitlements", of.entitlements.clone())
        .put("product_ids", products)
        .put("restart_required", restart.unwrap_or(Value::Null))
        .put("url", of.url.as_deref())
        .done()
}

fn scores(of: &Vulnerability) -> Value {
    let mut written = Vec::new();
    for scored in &of.scores {
        let vector = &scored.vector;
        if vector.version() == Version::V40 {
            continue;
        }
        let products: Vec<&str> = if scored.products.is_empty() {
            let affected = of.statuses.iter().filter(|s| s.standing.is_affected());
            affected
                .flat_map(|s| s.products.iter().map(String::as_str))
                .collect()
        } else {
            scored.products.iter().map(String::as_str).collect()
        };
        let base = vector.base_score();
        written.push(json!({
            "cvss_v3": {
                "baseScore": base.number(),
                "baseSeverity": base.rating().text(),
                "vectorString": vector.to_string(),
                "version": vector.version().text(),
            },
            "products": products,
        }));
    }
    Value::Array(written)
}
