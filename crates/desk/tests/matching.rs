//! Advisories against bills of materials.
#![cfg(test)]

use aceso_desk::advisory::{Advisory, Justification};
use aceso_desk::matching::{Facts, Finding, Matcher, Sbom, State};
use serde_json::json;

fn sample() -> Advisory {
    serde_json::from_str(include_str!("data/ACESO-2026-0001.json")).unwrap()
}

fn bom(components: &[(&str, &str)]) -> Sbom {
    let component = |(name, version): &(&str, &str)| {
        json!({
            "type": "library", "name": name, "version": version, "bom-ref": format!("{name}@{version}"),
            "purl": format!("pkg:cargo/{name}@{version}"),
        })
    };
    let list: Vec<_> = components.iter().map(component).collect();
    let text =
        json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": list}).to_string();
    Sbom::read(text.as_bytes()).unwrap()
}

fn facts(of: &[(&str, &str)]) -> Facts {
    let mut known = Facts::default();
    for (kind, name) in of {
        known.add(kind, name);
    }
    known
}

fn find(version: &str, known: &Facts) -> Vec<Finding> {
    Matcher::new(&[sample()]).find(&bom(&[("aceso", version), ("other", version)]), known)
}

fn check(
    version: &str,
    known: &Facts,
    state: State,
    justification: Option<Justification>,
    because: &str,
) {
    let found = find(version, known);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        (found[0].state, found[0].justification),
        (state, justification),
        "{version}: {found:#?}"
    );
    assert!(
        found[0].because.iter().any(|b| b.contains(because)),
        "{version}: {found:#?}"
    );
}

#[test]
fn a_component_is_affected_fixed_or_not_by_range_and_configuration_and_the_reasons_say_so() {
    let open = facts(&[("module", "portal"), ("exposed", "internet")]);
    check(
        "0.9.3",
        &open,
        State::Affected,
        None,
        "0.9.3 is within >= 0.8.0, < 0.9.4",
    );
    check(
        "0.6.0",
        &open,
        State::Affected,
        None,
        "within >= 0.5.0, < 0.8.0",
    );
    check(
        "0.9.4",
        &open,
        State::Fixed,
        None,
        "0.9.4 is within 0.9.4 (fixed)",
    );
    check(
        "1.0.0",
        &open,
        State::NotAffected,
        None,
        "1.0.0 is not within",
    );
    check(
        "0.4.9",
        &open,
        State::NotAffected,
        Some(Justification::ComponentNotPresent),
        "known_not_affected",
    );
    let inside = facts(&[("module", "portal"), ("exposed", "loopback")]);
    let reason = Some(Justification::VulnerableCodeNotInExecutePath);
    check(
        "0.9.3",
        &inside,
        State::NotAffected,
        reason,
        "the configuration is not that of the advisory",
    );
    check(
        "0.9.3",
        &facts(&[("module", "portal")]),
        State::Affected,
        None,
        "not known here: exposed",
    );
    let found = find("0.9.3", &open);
    assert!(found[0].remedies[0].contains("aceso update"), "{found:#?}");
}

#[test]
fn a_component_without_version_or_a_range_that_cannot_be_read_is_for_somebody_to_look_at() {
    let sbom = json!({"bomFormat": "CycloneDX", "components": [{"type": "library", "name": "aceso", "purl": "pkg:cargo/aceso"}]});
    let sbom = Sbom::read(sbom.to_string().as_bytes()).unwrap();
    let found = Matcher::new(&[sample()]).find(&sbom, &Facts::default());
    assert_eq!(found[0].state, State::UnderInvestigation, "{found:#?}");
    let mut vague = sample();
    vague.products[0].branches[2].name = "the old ones (see mail) >= ?".into();
    let found = Matcher::new(&[vague]).find(&bom(&[("aceso", "0.9.3")]), &Facts::default());
    assert_eq!(found[0].state, State::UnderInvestigation, "{found:#?}");
}

#[test]
fn products_without_a_package_url_are_found_by_vendor_and_name() {
    let Some(files) = aceso_testkit::shared::archive("desk-data.tar.xz") else {
        return;
    };
    let of = |part: &str| {
        let (_, bytes) = files.iter().find(|(path, _)| path.ends_with(part)).unwrap();
        aceso_desk::advisory::read(bytes).unwrap().advisory
    };
    let advisories = [
        of("CVE-2026-40076.json"),
        of("CVE-2026-41258.json"),
        of("icsma-24-200-01.json"),
        of("CVE-2025-25925.json"),
    ];
    let sbom = json!({"bomFormat": "CycloneDX", "components": [
        {"type": "application", "group": "openmrs", "name": "openmrs-core", "version": "2.7.8"},
        {"type": "application", "group": "somebody else", "name": "openmrs-core", "version": "2.7.8"},
        {"type": "application", "publisher": "Philips", "name": "Vue PACS", "version": "12.2.8.400"},
        {"type": "application", "name": "vue pacs", "version": "12.2.8.410"},
    ]});
    let found = Matcher::new(&advisories).find(
        &Sbom::read(sbom.to_string().as_bytes()).unwrap(),
        &Facts::default(),
    );
    let said = |f: &Finding| (f.advisory.clone(), f.said.clone(), f.state);
    let affected: Vec<_> = found
        .iter()
        .filter(|f| f.state == State::Affected)
        .map(said)
        .collect();
    assert_eq!(affected.len(), 2 + 13, "{affected:#?}");
    assert!(affected.contains(&(
        "CVE-2026-41258".into(),
        "openmrs-core 2.7.8".into(),
        State::Affected
    )));
    assert!(
        found
            .iter()
            .filter(|f| f.said == "vue pacs 12.2.8.410")
            .all(|f| f.state == State::NotAffected)
    );
}

#[test]
fn a_thousand_advisories_against_a_thousand_components_take_less_than_200_ms() {
    let names: Vec<String> = (0..1000).map(|n| format!("crate-{n}")).collect();
    let advisories: Vec<Advisory> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let mut one = sample();
            one.id = format!("ACESO-2026-{at:04}");
            for product in &mut one.products {
                product.purl = product.purl.as_ref().map(|p| p.replace("aceso", name));
            }
            one
        })
        .collect();
    let components: Vec<(&str, &str)> = names.iter().map(|n| (n.as_str(), "0.9.3")).collect();
    let (sbom, known) = (
        bom(&components),
        facts(&[("module", "portal"), ("exposed", "internet")]),
    );
    let mut best = u128::MAX;
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let found = Matcher::new(&advisories).find(&sbom, &known);
        best = best.min(start.elapsed().as_millis());
        assert_eq!(
            found.iter().filter(|f| f.state == State::Affected).count(),
            1000
        );
    }
    println!("1,000 advisories x 1,000 components: {best} ms");
    assert!(best <= 200, "{best} ms");
}
