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
    stage.complains(args, 1, part);
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

#[test]
fn a_case_in_a_file_goes_on_only_as_far_as_its_guards_let_it() {
    let stage = Stage::new();
    let log = stage
        .data()
        .with_file_name("case.ndjson")
        .display()
        .to_string();
    stage.expect(
        &[
            "desk", "case", "open", &log, "--as", "mara", "--report", "R-1",
        ],
        0,
    );
    check_refused(
        &stage,
        &[
            "desk", "case", "open", &log, "--as", "mara", "--report", "R-2",
        ],
        "holds a case already",
    );
    let act = |who: &str, what: &str| stage.run(&["desk", "case", "act", &log, "--as", who, what]);
    let refused = act("mara", r#"{"moved":{"to":"triage"}}"#);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("was not told that it is read"));
    assert!(
        act("mara", r#"{"acknowledged":{"report":"R-1"}}"#)
            .status
            .success()
    );
    assert!(!act("stranger", r#""plan_approved""#).status.success());
    assert!(!act("mara", r#"{"nonsense":{}}"#).status.success());
    let shown = stage.json(&["desk", "case", "show", &log], 0);
    assert_eq!(
        (&shown["stage"], &shown["events"]),
        (&json!("intake"), &json!(2))
    );
    assert!(
        shown["missing"]
            .as_array()
            .unwrap()
            .iter()
            .any(|m| m["code"] == "duplicates-searched"),
        "{shown}"
    );
    let sample = sample();
    stage.expect(&["desk", "case", "draft", &log, "--as", "mara", &sample], 0);
    check_refused(
        &stage,
        &["desk", "case", "approve", &log, "--as", "mara", &sample],
        "last editor",
    );
    check_refused(
        &stage,
        &["desk", "case", "publish", &log, "--as", "mara", &sample],
        "is to be approved by two others",
    );
}

#[test]
fn a_mail_is_read_as_a_report_and_its_sender_is_asked_for_what_is_missing() {
    let stage = Stage::new();
    let mail = "From: a@example.org\r\nSubject: bug\r\n\r\nYour site has a bug. Pay me.\r\n";
    let (one, two) = (stage.file("1.eml", mail), stage.file("2.eml", mail));
    let said = stage.expect(
        &[
            "desk",
            "report",
            &one.display().to_string(),
            &two.display().to_string(),
        ],
        0,
    );
    assert!(
        said.contains("ask: Which version did you look at?"),
        "{said}"
    );
    assert!(said.contains("the text is the same word by word"), "{said}");
    let none = stage.file("3.eml", "");
    check_refused(
        &stage,
        &["desk", "report", &none.display().to_string()],
        "not a mail",
    );
}
