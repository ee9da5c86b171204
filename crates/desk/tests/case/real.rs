//! Real records as whole cases, from a mail to patched installations.

use aceso_desk::advisory::{
    self, Advisory, Assessed, Level, Product, ProductStatus, Standing, Threat, ThreatKind, Weight,
};
use aceso_desk::case::*;
use aceso_desk::matching::{Facts, Matcher, Sbom, State};
use aceso_desk::report::{Dkim, History, Limits, from_mail, gate};
use aceso_desk::severity::Severity;

use crate::kit::*;

/// A digest that is good enough to tell texts of a test apart.
fn digest(bytes: &[u8]) -> ContentHash {
    let sum = bytes.iter().fold(7_u64, |sum, b| {
        sum.wrapping_mul(31).wrapping_add(u64::from(*b))
    });
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&sum.to_be_bytes());
    ContentHash(hash)
}

/// What the desk adds to what the CVE record says.
fn complete(record: &Advisory, fixed: &str) -> Advisory {
    let mut whole = record.clone();
    let product = whole.products[0].clone();
    let text = |text: &str| text.to_owned();
    whole.severity = Some(Assessed {
        level: Level::Ours(Severity::High),
        namespace: None,
        why: text("As scored."),
        patient_safety: text("Nothing that care depends on changes."),
        patient_data: text("Patients' data can be read."),
    });
    whole.publisher.contact = Some(text("security@example.org"));
    let credit = r#"{"names": ["Finder"], "kind": "finder", "consent": "given"}"#;
    whole.credits.push(serde_json::from_str(credit).unwrap());
    let mut release = Product::of_version(
        "CSAFPID-9000",
        product.vendor().unwrap(),
        product.product(),
        fixed,
    );
    release.name = format!("{} {fixed}", product.product());
    whole.products.push(release);
    let found = &mut whole.vulnerabilities[0];
    found.statuses.push(ProductStatus {
        standing: Standing::Fixed,
        products: vec![text("CSAFPID-9000")],
    });
    found.threats.push(Threat {
        kind: ThreatKind::ExploitStatus,
        details: text("Not seen in the wild."),
        at: None,
        products: vec![],
    });
    let remedy = format!(r#"{{"kind": "vendor_fix", "details": "Upgrade to {fixed}."}}"#);
    found.remedies.push(serde_json::from_str(&remedy).unwrap());
    whole
}

/// Fifty installations that run this version.
fn installations(product: &Product, version: &str) -> Vec<Sbom> {
    let bom = |n: usize| {
        serde_json::json!({
            "bomFormat": "CycloneDX", "serialNumber": format!("urn:uuid:00000000-0000-4000-8000-{n:012}"),
            "components": [{"type": "application", "group": product.vendor(), "name": product.product(), "version": version}],
        })
    };
    (0..50)
        .map(|n| Sbom::read(bom(n).to_string().as_bytes()).unwrap())
        .collect()
}

fn affected(advisory: &Advisory, of: &[Sbom]) -> usize {
    let advisories = [advisory.clone()];
    let matcher = Matcher::new(&advisories);
    let open = |s: &&Sbom| {
        matcher
            .find(s, &Facts::default())
            .iter()
            .any(|f| f.state == State::Affected)
    };
    of.iter().filter(open).count()
}

#[test]
fn real_openmrs_and_openemr_records_go_from_a_mail_to_fifty_patched_installations() {
    let Some(files) = aceso_testkit::shared::archive("desk-data.tar.xz") else {
        return;
    };
    for (name, running, fixed) in [
        ("CVE-2026-25744", "7.0.3", "8.0.0.2"),
        ("CVE-2026-32238", "8.0.0.1", "8.0.0.2"),
        ("CVE-2026-40076", "2.8.5", "2.8.6"),
        ("CVE-2026-41258", "2.7.3", "2.7.9"),
    ] {
        let (_, bytes) = files
            .iter()
            .find(|(p, _)| p.ends_with(&format!("emr/{name}.json")))
            .unwrap();
        let record = advisory::read(bytes).unwrap().advisory;
        let words = record.vulnerabilities[0].described().unwrap();
        let mail = format!(
            "From: finder@example.org\r\nSubject: {}\r\n\r\n{words}\r\n",
            record.title
        );
        let report = from_mail(mail.as_bytes(), start(), Dkim::None, Limits::default()).unwrap();
        assert!(
            gate(&report, &[record.products[0].product()], History::default()).evidence >= 2,
            "{name}"
        );
        let mut desk = ready();
        desk.now = start().plus_days(21);
        desk.does("olu", What::Moved { to: Stage::Publish });
        desk.does("cora", step(Step::LinksResolve));
        let whole = complete(&record, fixed);
        let errors: Vec<String> = advisory::check(&whole, "2026-11-22T00:00:00Z".parse().unwrap())
            .into_iter()
            .filter(|p| p.weight == Weight::Error)
            .map(|p| format!("{}: {}", p.at, p.what))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
        let hash = digest(&serde_json::to_vec(&whole).unwrap());
        desk.does(
            "dan",
            What::Drafted {
                draft: Draft { hash, errors },
            },
        );
        desk.does("rex", What::Approved { hash });
        desk.does("olu", What::Approved { hash });
        desk.does("cora", What::Published { hash });
        let product = &whole.products[0];
        assert_eq!(
            affected(&whole, &installations(product, running)),
            50,
            "{name}"
        );
        assert_eq!(
            affected(&whole, &installations(product, fixed)),
            0,
            "{name}"
        );
        desk.does("olu", What::Moved { to: Stage::Rollout });
        desk.does(
            "cora",
            What::CoverageSaid {
                percent: 100,
                laggards: Vec::new(),
            },
        );
        desk.does("olu", What::Moved { to: Stage::Review });
        assert_eq!(Case::replay(&desk.log, &rules()).unwrap(), desk.case);
    }
    let (_, bytes) = files
        .iter()
        .find(|(p, _)| p.ends_with("emr/CVE-2025-25925.json"))
        .unwrap();
    let vague = advisory::read(bytes).unwrap().advisory;
    let problems = advisory::check(&vague, "2026-11-22T00:00:00Z".parse().unwrap());
    let said: Vec<_> = problems
        .iter()
        .filter(|p| p.at.starts_with("products/0"))
        .map(|p| p.what.as_str())
        .collect();
    assert!(
        said.iter().any(|w| w.contains("names no version"))
            && said.iter().any(|w| w.contains("say nothing")),
        "{said:?}"
    );
}
