//! GitHub's repository security advisory, as its REST interface takes a draft (`POST /repos/{owner}/{repo}/security-advisories`).

use serde_json::{Value, json};

use super::cut::cut;
use super::json::{Object, each};
use super::page;
use super::record::*;
use super::vulnerability::*;
use super::words::github_ecosystem;
use crate::cvss::Version;

/// So many characters of each it takes (its OpenAPI description, `repository-advisory-create`).
const SUMMARY: usize = 1024;
const DESCRIPTION: usize = 65_535;

/// As the body of that request, for the first vulnerability. Only people with a GitHub address are credited there by name.
pub fn write(advisory: &Advisory) -> Value {
    let first = advisory.vulnerabilities.first();
    let vector = first.and_then(|v| {
        let threes = v
            .scores
            .iter()
            .filter(|s| s.vector.version() != Version::V40);
        threes.map(|s| &s.vector).next().or_else(|| v.best_vector())
    });
    let cwes: Vec<&str> = first
        .iter()
        .flat_map(|v| &v.weaknesses)
        .map(|w| w.id.as_str())
        .collect();
    let affected: Vec<&Product> = first.iter().flat_map(|v| advisory.affected(v)).collect();
    let severity = if vector.is_some() {
        None
    } else {
        advisory.level().map(|s| s.name().to_lowercase())
    };
    Object::new()
        .put("summary", cut(&advisory.title, SUMMARY, "…"))
        .put("description", description(advisory))
        .put("severity", severity)
        .put("cvss_vector_string", vector.map(ToString::to_string))
        .put("cve_id", first.and_then(|v| v.cve.as_deref()))
        .put("cwe_ids", cwes)
        .put(
            "vulnerabilities",
            each(&affected, |p| vulnerable(advisory, first, p)),
        )
        .put("credits", credits(advisory))
        .done()
}

fn description(advisory: &Advisory) -> String {
    let publisher = &advisory.publisher;
    let rest = format!(
        "\n\nThe text goes on at {}: {}",
        publisher.name, publisher.namespace
    );
    cut(&page::markdown(advisory), DESCRIPTION, &rest)
}

fn vulnerable(advisory: &Advisory, of: Option<&Vulnerability>, product: &Product) -> Value {
    let (kind, name) = match product.package() {
        Some(purl) => {
            let name = match (&purl.namespace, purl.kind.as_str()) {
                (Some(group), "maven") => format!("{group}:{}", purl.name),
                (Some(scope), _) => format!("{scope}/{}", purl.name),
                (None, _) => purl.name.clone(),
            };
            (github_ecosystem(&purl.kind), name)
        }
        None => ("other", product.product().to_owned()),
    };
    let range = product.range().range;
    let ranges = range.map(|r| {
        r.intervals
            .iter()
            .map(exactly)
            .collect::<Vec<_>>()
            .join(" || ")
    });
    let fixed = of.into_iter().flat_map(|v| advisory.fixed(v));
    let patched: Vec<String> = fixed
        .filter(|p| p.product() == product.product())
        .filter_map(Product::exact)
        .collect();
    Object::new()
        .put("package", json!({"ecosystem": kind, "name": name}))
        .put(
            "vulnerable_version_range",
            ranges.as_deref().or(product.versions()),
        )
        .put("patched_versions", patched.join(", "))
        .done()
}

/// GitHub writes one version with an equals sign, and all of them as from 0 on.
fn exactly(interval: &crate::versions::Interval) -> String {
    match (interval.single(), &interval.from, &interval.to) {
        (Some(version), _, _) => format!("= {version}"),
        (None, None, None) => ">= 0".to_owned(),
        (None, _, _) => interval.to_string(),
    }
}

fn credits(advisory: &Advisory) -> Value {
    let mut found = Vec::new();
    for credit in advisory.named_credits() {
        let login = credit
            .urls
            .iter()
            .find_map(|u| u.strip_prefix("https://github.com/"));
        if let Some(login) = login
            .map(|l| l.trim_end_matches('/'))
            .filter(|l| !l.contains('/'))
        {
            found.push(json!({"login": login, "type": credit.kind.cve().replace(' ', "_")}));
        }
    }
    Value::Array(found)
}
