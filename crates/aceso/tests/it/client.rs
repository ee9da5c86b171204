//! `aceso client`, and what its tokens reach.

use serde_json::Value;

use crate::stage::{Stage, name};

#[test]
fn asvs_10_3_2_a_token_reaches_what_its_scopes_say() {
    let stage = Stage::new();
    let all = stage.token("all", "system/*.cruds");
    let read = stage.token("read", "system/Patient.rs");
    let server = stage.serve();
    let patient = r#"{"resourceType":"Patient","id":"p"}"#;
    assert_eq!(server.ask("PUT", "/fhir/Patient/p", &all, patient).0, 201);
    assert_eq!(server.ask("GET", "/fhir/Patient/p", &read, "").0, 200);
    assert_eq!(server.ask("PUT", "/fhir/Patient/p", &read, patient).0, 403);
    assert_eq!(server.ask("GET", "/fhir/Group/p", &read, "").0, 403);
}

#[test]
fn a_disabled_client_is_out_within_five_seconds() {
    let stage = Stage::new();
    let token = stage.token("app", "system/*.rs");
    let server = stage.serve();
    assert_eq!(server.ask("GET", "/fhir/Patient/p", &token, "").0, 404);
    stage.expect(&["client", "disable", "app"], 0);
    let start = std::time::Instant::now();
    while server.ask("GET", "/fhir/Patient/p", &token, "").0 != 401 {
        assert!(start.elapsed().as_secs() < 5, "five seconds have passed");
        std::thread::yield_now();
    }
    let list = stage.json(&["client", "list"], 0);
    assert!(list[0]["disabled"].is_string());
    stage.expect(&["client", "disable", "nobody"], 1);
}

#[test]
fn a_client_that_cannot_be_right_is_refused() {
    let stage = Stage::new();
    let check = |args: &[&str], why: &str| {
        let args = [&["client", "add"], args].concat();
        stage.complains(&args, 1, why);
    };
    let secret = stage.file("k.json", r#"{"keys":[{"kid":"1","kty":"oct","k":"AA"}]}"#);
    check(
        &["a", "--scopes", "system/*.rs", "--jwks", name(&secret)],
        "public part only",
    );
    stage.token("a", "system/*.rs");
    check(&["a", "--scopes", "system/*.rs"], "already");
    stage.expect(&["client", "add", "b"], 2);
}

#[test]
fn a_new_key_stays_with_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    let file = stage.dir.join("lab.jwk");
    let args = [
        "client",
        "add",
        "lab",
        "--scopes",
        "system/*.rs",
        "--new-key",
        name(&file),
    ];
    stage.expect(&args, 0);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let jwk: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert!(jwk["d"].is_string() && jwk["kid"].is_string());
}
