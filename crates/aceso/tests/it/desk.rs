//! `aceso desk` at the console, with wrong input too.

use std::path::Path;

use serde_json::json;

use crate::stage::Stage;

fn sample() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../desk/tests/data/ACESO-2026-0001.json");
    path.display().to_string()
}

fn check_refused(stage: &Stage, args: &[&str], part: &str) {
    let out = stage.run(args);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{args:?}: {said}");
    assert!(said.contains(part), "{args:?}: {said}");
}

#[test]
fn a_vector_is_scored_and_a_wrong_one_is_told_with_its_metric() {
    let stage = Stage::new();
    let text = "CVSS:4.0/AV:N/AC:L/AT:N/PR:H/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H";
    let said = stage.expect(&["desk", "cvss", text], 0);
    assert!(said.contains("9.4 CRITICAL (CVSS-B)"), "{said}");
    check_refused(
        &stage,
        &["desk", "cvss", "CVSS:3.1/AV:N"],
        "AC (Attack Complexity) is missing",
    );
    let said = stage.expect(
        &[
            "desk",
            "ssvc",
            "utility",
            "automatable=yes",
            "value density=diffuse",
        ],
        0,
    );
    assert!(said.starts_with("efficient"), "{said}");
    check_refused(&stage, &["desk", "ssvc", "astrology"], "supplier, deployer");
    check_refused(
        &stage,
        &["desk", "deadlines", "yesterday"],
        "2026-11-22T14:00:00Z",
    );
}

#[test]
fn an_advisory_is_checked_written_in_a_form_and_matched() {
    let stage = Stage::new();
    let sample = sample();
    let said = stage.expect(&["desk", "advisory", "check", &sample], 0);
    assert!(
        said.contains("ACESO-2026-0001 (record), 0 errors"),
        "{said}"
    );
    let csaf = stage.expect(
        &["desk", "advisory", "render", &sample, "--form", "csaf"],
        0,
    );
    let csaf = stage.file("advisory.json", csaf);
    let bom = json!({"bomFormat": "CycloneDX", "components": [{"type": "application", "name": "aceso", "purl": "pkg:cargo/aceso@0.9.3"}]});
    let bom = stage.file("bom.json", bom.to_string());
    let (bom, csaf) = (bom.display().to_string(), csaf.display().to_string());
    let said = stage.expect(
        &[
            "desk",
            "match",
            &bom,
            &csaf,
            "--fact",
            "module=portal",
            "--fact",
            "exposed=lan",
        ],
        1,
    );
    assert!(
        said.contains("AFFECTED: aceso 0.9.3 by CVE-2026-90001"),
        "{said}"
    );
    stage.expect(
        &[
            "desk",
            "match",
            &bom,
            &csaf,
            "--fact",
            "module=",
            "--fact",
            "exposed=lan",
        ],
        0,
    );
    check_refused(
        &stage,
        &["desk", "advisory", "render", &sample, "--form", "fax"],
        "csaf, cve, osv",
    );
    check_refused(
        &stage,
        &["desk", "advisory", "render", &bom, "--form", "csaf"],
        "this is none of",
    );
    check_refused(
        &stage,
        &["desk", "match", &sample, &csaf],
        "bomFormat is absent",
    );
    check_refused(
        &stage,
        &["desk", "match", &bom, "no-such-file.json"],
        "no-such-file.json",
    );
}
