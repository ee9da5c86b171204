//! Each refusal has its status and says what is wrong.

use aceso_fhir::Value;

use crate::kit::Server;

async fn check(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
    status: u16,
) {
    let got = server.ask(method, path, headers, body).await;
    assert_eq!(got.status.as_u16(), status, "{method} {path}: {}", got.text);
    assert_eq!(
        got.json().resource_type(),
        Some("OperationOutcome"),
        "{method} {path}"
    );
    assert!(!got.json().items_at("issue").is_empty());
}

#[tokio::test]
async fn every_refusal_has_the_status_that_the_specification_gives_it() {
    let server = Server::new();
    let patient = r#"{"resourceType":"Patient"}"#;
    check(&server, "GET", "/fhir/Foo", &[], "", 404).await;
    check(&server, "GET", "/fhir/Foo/1", &[], "", 404).await;
    check(&server, "GET", "/fhir/Patient/none", &[], "", 404).await;
    check(&server, "GET", "/fhir/Patient/a_b", &[], "", 404).await;
    check(&server, "POST", "/fhir/Patient/1", &[], patient, 405).await;
    check(&server, "DELETE", "/fhir/metadata", &[], "", 405).await;
    check(
        &server,
        "GET",
        "/fhir/Patient",
        &[("accept", "image/png")],
        "",
        406,
    )
    .await;
    check(
        &server,
        "POST",
        "/fhir/Patient",
        &[("content-type", "text/plain")],
        patient,
        415,
    )
    .await;
    check(
        &server,
        "POST",
        "/fhir/Patient",
        &[],
        "{\"resourceType\":",
        400,
    )
    .await;
    check(
        &server,
        "POST",
        "/fhir/Patient",
        &[],
        r#"{"resourceType":"Observation"}"#,
        400,
    )
    .await;
    check(
        &server,
        "POST",
        "/fhir/Patient",
        &[],
        r#"{"resourceType":"Patient","foo":1}"#,
        400,
    )
    .await;
    check(&server, "POST", "/fhir/Patient", &[], "{}", 400).await;
    check(&server, "PUT", "/fhir/Patient/1", &[], patient, 400).await;
    check(
        &server,
        "PUT",
        "/fhir/Patient/a_b",
        &[],
        r#"{"resourceType":"Patient","id":"a_b"}"#,
        400,
    )
    .await;
    check(
        &server,
        "POST",
        "/fhir",
        &[],
        r#"{"resourceType":"Bundle","type":"collection"}"#,
        400,
    )
    .await;
    check(
        &server,
        "GET",
        "/fhir/Patient/1/_history?foo=1",
        &[],
        "",
        400,
    )
    .await;
    let dangling = r#"{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/none"}}"#;
    check(&server, "POST", "/fhir/Observation", &[], dangling, 422).await;
    let got = server.post("/fhir/Observation", dangling).await.json();
    assert_eq!(
        got.items_at("issue")[0].items_at("expression"),
        [Value::from("Observation.subject.reference")]
    );
}

#[tokio::test]
async fn a_resource_that_others_refer_to_is_not_deleted() {
    let server = Server::new();
    let patient = server.create(r#"{"resourceType":"Patient"}"#).await;
    let text = format!(
        r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"subject":{{"reference":"{patient}"}}}}"#
    );
    server.create(&text).await;
    check(&server, "DELETE", &format!("/fhir/{patient}"), &[], "", 409).await;
}

#[tokio::test]
async fn without_a_token_there_is_nothing_to_see() {
    let server = Server::new();
    for path in [
        "/fhir/Patient",
        "/fhir/Foo",
        "/fhir",
        "/fhir/Patient/1/_history",
    ] {
        let got = server.raw("GET", path, &[], "").await.is(401);
        assert!(
            got.header("www-authenticate").starts_with("Bearer"),
            "{path}"
        );
        let got = server
            .raw("GET", path, &[("authorization", "Bearer wrong")], "")
            .await
            .is(401);
        assert!(got.header("www-authenticate").contains("invalid_token"));
    }
}

#[tokio::test]
async fn scopes_bound_what_can_be_done_and_seen() {
    let server = Server::new();
    let one = server.create(r#"{"resourceType":"Patient"}"#).await;
    let two = server.create(r#"{"resourceType":"Patient"}"#).await;
    let reader = [("authorization", "Bearer reader")];
    server
        .raw("GET", &format!("/fhir/{one}"), &reader, "")
        .await
        .is(200);
    server
        .raw(
            "POST",
            "/fhir/Patient",
            &reader,
            r#"{"resourceType":"Patient"}"#,
        )
        .await
        .is(403);
    let id = one.split_once('/').unwrap().1;
    let token = format!("Bearer patient~~{id}");
    let own = [("authorization", token.as_str())];
    server
        .raw("GET", &format!("/fhir/{one}"), &own, "")
        .await
        .is(200);
    let hidden = server
        .raw("GET", &format!("/fhir/{two}"), &own, "")
        .await
        .is(404);
    let absent = server
        .raw("GET", "/fhir/Patient/none", &own, "")
        .await
        .is(404);
    assert_eq!(hidden.text, absent.text);
    let seen = server
        .raw("GET", "/fhir/Patient", &own, "")
        .await
        .is(200)
        .json();
    assert_eq!(seen.items_at("entry").len(), 1);
}

#[tokio::test]
async fn asvs_2_2_2_hostile_bodies_are_refused_and_leave_nothing() {
    let server = Server::new();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!(
        "{{\"resourceType\":\"Patient\",\"extension\":{}1{}}}",
        "[{\"extension\":".repeat(50_000),
        "}]".repeat(50_000)
    );
    for body in [
        deep.as_str(),
        &nested,
        "\u{0}",
        "[]",
        "null",
        "\"x\"",
        r#"{"resourceType":"Patient","resourceType":"Patient"}"#,
    ] {
        let got = server.post("/fhir/Patient", body).await;
        assert_eq!(got.status.as_u16(), 400, "{:.60}: {}", body, got.text);
    }
    assert_eq!(server.count("Patient").await, 0);
}

#[tokio::test]
async fn s1_a_security_label_that_its_code_system_does_not_have_is_refused_by_every_way_in() {
    let server = Server::new();
    let labelled = |system: &str, code: &str| {
        format!(
            r#"{{"resourceType":"Patient","id":"p1","meta":{{"security":[{{"system":"http://terminology.hl7.org/CodeSystem/{system}","code":"{code}"}}]}}}}"#
        )
    };
    for (system, code) in [("v3-ActCode", "HIV"), ("v3-Confidentiality", "R")] {
        let body = labelled(system, code);
        server.put("/fhir/Patient/p1", &body).await;
        server.get("/fhir/Patient/p1").await.is(200);
    }
    for (system, code) in [("v3-ActCode", "HVI"), ("v3-Confidentiality", "RR")] {
        let body = labelled(system, code);
        let post = server.post("/fhir/Patient", &body).await;
        let put = server.put("/fhir/Patient/p1", &body).await;
        let tag = format!(
            r#"[{{"op":"add","path":"/meta/security/0","value":{{"system":"http://terminology.hl7.org/CodeSystem/{system}","code":"{code}"}}}}]"#
        );
        let json = [("content-type", "application/json-patch+json")];
        let patch = server.ask("PATCH", "/fhir/Patient/p1", &json, &tag).await;
        let bundle = format!(
            r#"{{"resourceType":"Bundle","type":"transaction","entry":[{{"resource":{body},"request":{{"method":"PUT","url":"Patient/p1"}}}}]}}"#
        );
        let bundle = server.post("/fhir", &bundle).await;
        for (way, got) in [
            ("POST", post),
            ("PUT", put),
            ("PATCH", patch),
            ("Bundle", bundle),
        ] {
            assert!(
                matches!(got.status.as_u16(), 400 | 422),
                "{way}: {}",
                got.text
            );
            assert!(got.text.contains("code-invalid"), "{way}: {}", got.text);
            assert!(got.text.contains(code), "{way}: {}", got.text);
        }
    }
}
