//! The doctor, the assurance case, the gauges, as an operator meets them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::stage::{Stage, name, text};

#[test]
fn the_doctor_names_every_check_and_fails_with_what_is_wrong() {
    let stage = Stage::new();
    stage.token("x", "system/*.rs");
    let doctor = stage.json(&["doctor"], 1);
    let checks = doctor["checks"].as_array().unwrap();
    assert!(checks.len() >= 40);
    let find = |id: &str| checks.iter().find(|c| c["id"] == id).unwrap();
    assert_eq!(find("directory-mode")["state"], "met");
    assert_eq!(find("release-build")["state"], "failed");
    assert_eq!(find("two-administrators")["state"], "failed");
    let mut open = fs::metadata(stage.data()).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut open, 0o755);
    fs::set_permissions(stage.data(), open).unwrap();
    // A directory that others can enter is not even opened.
    let refused = stage.run(&["doctor"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    assert!(
        said.contains("mode 755") && said.contains("chmod 700"),
        "{said}"
    );
}

#[test]
fn the_doctor_sees_what_a_running_server_listens_on() {
    let stage = Stage::new();
    let server = stage.serve();
    let doctor = stage.json(&["doctor"], 1);
    let checks = doctor["checks"].as_array().unwrap();
    let listening = checks.iter().find(|c| c["id"] == "listening").unwrap();
    assert_eq!(
        listening["found"].as_str(),
        Some(server.address.as_str()),
        "{listening}"
    );
}

fn check_case(stage: &Stage, file: &str) {
    let out = stage.dir.join(file);
    let said = stage.expect(&["assure", "--out", name(&out)], 0);
    let key = said.trim().rsplit(' ').next().unwrap().to_owned();
    stage.expect(&["assure", "--check", name(&out)], 0);
    stage.expect(&["assure", "--check", name(&out), "--key", &key], 0);
    let document = fs::read_to_string(&out).unwrap();
    assert!(document.contains("The installation minimises disclosure of patient data"));
    assert!(document.contains("not met"));
    let changed = stage.file("changed", document.replacen("not met", "met", 1));
    let refused = stage.run(&["assure", "--check", name(&changed)]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("changed after it was signed"));
}

#[test]
fn ha8_the_assurance_case_is_signed_logged_and_not_believed_once_changed() {
    let stage = Stage::new();
    stage.token("x", "system/*.rs");
    check_case(&stage, "case.html");
    check_case(&stage, "case.json");
    let other = Stage::new();
    other.token("x", "system/*.rs");
    let foreign = stage.dir.join("case.html");
    assert_eq!(
        other
            .run(&["assure", "--check", name(&foreign)])
            .status
            .code(),
        Some(1)
    );
    let out = stage.json(&["assure", "--check", name(&foreign)], 0);
    let digest = out["sha256"].as_str().unwrap().to_owned();
    let logged = (1..40).find_map(|seq| {
        let entry = stage.run(&["audit", "proof", &seq.to_string()]);
        let entry: Value = serde_json::from_slice(&entry.stdout).ok()?;
        entry.to_string().contains(&digest).then_some(entry)
    });
    assert!(logged.is_some(), "the log has the digest");
}

#[test]
fn ha8_a_case_of_before_the_key_was_replaced_is_checked_with_the_key_of_its_time() {
    let stage = Stage::new();
    stage.token("x", "system/*.rs");
    let (old, new) = (stage.dir.join("old.html"), stage.dir.join("new.json"));
    stage.expect(&["assure", "--out", name(&old)], 0);
    stage.expect(&["key", "rotate", "--audit"], 0);
    stage.expect(&["assure", "--out", name(&new)], 0);
    let key_of = |file: &Path| {
        let told = stage.json(&["assure", "--check", name(file)], 0);
        told["key"].as_str().unwrap().to_owned()
    };
    assert_ne!(key_of(&old), key_of(&new));
    let document = fs::read_to_string(&old).unwrap();
    let changed = stage.file("changed", document.replacen("not met", "met", 1));
    stage.expect(&["assure", "--check", name(&changed)], 1);
}

#[test]
fn gauges_are_for_this_machine_alone() {
    let stage = Stage::new();
    let server = stage.serve();
    let (status, head, body) = server.ask("GET", "/metrics", "", "");
    assert_eq!(status, 200);
    assert!(head.contains("text/plain"), "{head}");
    for name in [
        "aceso_audit_entries ",
        "aceso_findings 0",
        "aceso_scrub_seconds 0",
        "aceso_disk_free_bytes ",
    ] {
        assert!(body.contains(&format!("\n{name}")), "{name}: {body}");
    }
    let mut wire = crate::wire::Wire::open(&server.address, "").unwrap();
    let passed_on = wire.ask(
        "GET",
        "/metrics",
        &[("X-Forwarded-For", "203.0.113.9")],
        &[],
    );
    assert_eq!(passed_on.unwrap().status, 404);
}

#[test]
fn what_verify_found_is_kept_and_shown_until_it_is_mended() {
    let stage = Stage::new();
    stage.token("x", "system/*.rs");
    stage.expect(&["verify"], 0);
    let doctor = stage.json(&["doctor"], 1).to_string();
    assert!(
        doctor.contains(r#""id":"verify","rows":["H7"],"severity":"low""#),
        "{doctor}"
    );
    let verify = stage.json(&["verify", "--mend"], 0);
    assert_eq!(verify["findings"], Value::Array(Vec::new()));
    assert!(verify["auditEntries"].as_u64().unwrap() > 2);
}

#[test]
fn hn7_g30_the_inventory_names_what_talks_to_what_and_the_register_is_made_from_it() {
    let stage = Stage::new();
    stage.token("rounds", "system/*.rs");
    let config =
        "[listen]\nclinic = \"Riverside\"\n[egress]\nendpoints = [\"https://hooks.example/in\"]\n";
    fs::write(stage.data().join("aceso.toml"), config).unwrap();
    let inventory = stage.json(&["inventory"], 0);
    assert_eq!(inventory["bomFormat"], "CycloneDX");
    assert!(inventory["components"].as_array().unwrap().len() > 100);
    let services = inventory["services"].as_array().unwrap();
    assert_eq!(services[0]["name"], "Riverside");
    let named = |text: &str| {
        services
            .iter()
            .any(|s| s["name"].as_str().unwrap().contains(text))
    };
    assert!(named("https://hooks.example/in") && named("app rounds"));
    stage.expect(
        &[
            "duty",
            "add",
            "business-associate",
            "Riverside Laboratories",
            "--until",
            "2099-06-30",
        ],
        0,
    );
    let register = stage.json(&["inventory", "--processing"], 0);
    assert_eq!(register["controller"], "Riverside");
    assert_eq!(register["processors"][0]["name"], "Riverside Laboratories");
    let recipients = register["recipients"].to_string();
    assert!(recipients.contains("hooks.example") && recipients.contains("app rounds"));
    assert_eq!(register["purposes"].as_array().unwrap().len(), 6);
}

#[test]
fn ha9_hn11_duties_are_noted_listed_and_wrong_ones_refused_with_the_reason() {
    let stage = Stage::new();
    stage.token("x", "system/*.rs");
    let report = stage.file("report.pdf", "all is well");
    stage.expect(
        &[
            "duty",
            "add",
            "risk-analysis",
            "by the board",
            "--on",
            "2026-01-05",
            "--document",
            name(&report),
        ],
        0,
    );
    let said = stage.json(&["duty", "list"], 1);
    assert_eq!(said["duties"][0]["kind"], "risk-analysis");
    assert_eq!(
        said["duties"][0]["documentSha256"].as_str().unwrap().len(),
        64
    );
    assert!(said["missing"].to_string().contains("vulnerability-scan"));
    for (wrong, why) in [
        (
            &["duty", "add", "business-associate", "x"][..],
            "the day on which it ends",
        ),
        (&["duty", "end", "nothing"], "not known"),
    ] {
        stage.complains(wrong, 1, why);
    }
}
