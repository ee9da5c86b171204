//! `aceso serve`, and what the first run leaves on the disk.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::stage::Stage;

fn mode(path: &std::path::Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn the_first_run_makes_a_private_directory_and_a_key_beside_it() {
    let stage = Stage::new();
    let server = stage.serve();
    assert_eq!(mode(&stage.data()), 0o700);
    assert_eq!(mode(&stage.dir.join("data.key")), 0o600);
    assert_eq!(server.stop("-TERM"), Some(0));
}

#[test]
fn without_its_key_file_the_record_does_not_open() {
    let stage = Stage::new();
    stage.token("a", "system/*.rs");
    std::fs::remove_file(stage.dir.join("data.key")).unwrap();
    for args in [&["verify"][..], &["serve"], &["client", "list"]] {
        stage.expect(args, 1);
        assert!(!stage.dir.join("data.key").exists(), "no new key is made");
    }
}

#[test]
fn a_resource_goes_in_and_comes_out_and_survives_a_restart() {
    let stage = Stage::new();
    let token = stage.token("a", "system/*.cruds");
    let server = stage.serve();
    let body = r#"{"resourceType":"Patient","name":[{"family":"Ærø"}]}"#;
    let (status, head, created) = server.ask("POST", "/fhir/Patient", &token, body);
    assert_eq!(status, 201, "{created}");
    assert!(head.contains("etag: w/\"1\""), "{head}");
    let id = serde_json::from_str::<Value>(&created).unwrap()["id"].clone();
    let path = format!("/fhir/Patient/{}", id.as_str().unwrap());
    let before = server.ask("GET", &path, &token, "");
    assert_eq!((before.0, before.2.contains("Ærø")), (200, true));
    assert_eq!(server.stop("-INT"), Some(0));
    let again = stage.serve();
    let after = again.ask("GET", &path, &token, "");
    assert_eq!((after.0, after.2), (200, before.2));
}

#[test]
fn only_the_open_addresses_answer_without_a_token() {
    let stage = Stage::new();
    let server = stage.serve();
    for open in [
        "/fhir/metadata",
        "/fhir/.well-known/smart-configuration",
        "/.well-known/oauth-authorization-server",
        "/oauth/jwks",
        "/health/live",
        "/health/ready",
    ] {
        assert_eq!(server.ask("GET", open, "", "").0, 200, "{open}");
    }
    for closed in [
        "/fhir",
        "/fhir/Patient",
        "/fhir/Patient/1",
        "/fhir/_history",
        "/fhir/Nonsense",
    ] {
        let (status, head, _) = server.ask("GET", closed, "", "");
        assert_eq!(status, 401, "{closed}");
        assert!(head.contains("www-authenticate: bearer"), "{closed}");
        assert_eq!(server.ask("GET", closed, "made-up", "").0, 401, "{closed}");
    }
    assert_eq!(server.ask("GET", "/nonsense", "", "").0, 404);
}

#[test]
fn commands_work_beside_a_running_server() {
    let stage = Stage::new();
    let server = stage.serve();
    let patient = stage.file("p.json", r#"{"resourceType":"Patient","id":"beside"}"#);
    stage.expect(&["import", patient.to_str().unwrap()], 0);
    let token = stage.token("late", "system/*.rs");
    let (status, _, body) = server.ask("GET", "/fhir/Patient/beside", &token, "");
    assert_eq!(status, 200, "{body}");
    stage.expect(&["verify"], 0);
}

#[test]
fn h9_o_d9_hn2_plain_http_that_others_could_reach_is_refused() {
    let stage = Stage::new();
    stage.expect(&["serve", "--listen", "http://0.0.0.0:0"], 2);
    stage.expect(&["serve", "--listen", "nonsense"], 2);
}

#[test]
fn a_demonstration_never_touches_a_record() {
    let stage = Stage::new();
    stage.token("a", "system/*.rs");
    let out = stage.run(&["serve", "--demo", "--listen", "http://127.0.0.1:0"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(crate::stage::text(&out.stderr).contains("not a demonstration"));
}

#[test]
fn a_wrong_configuration_stops_the_program_by_name() {
    let stage = Stage::new();
    stage.file("data/aceso.toml", "[listen]\nadress = 'x'\n");
    let out = stage.run(&["serve"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(crate::stage::text(&out.stderr).contains("adress"));
    let explained = stage.expect(&["config", "explain"], 0);
    stage.file("data/aceso.toml", explained);
    stage.token("a", "system/*.rs");
}
