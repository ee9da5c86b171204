//! The audit log as FHIR AuditEvents (IHE Basic Audit Log Patterns): what is claimed of it, row by row.

use aceso_fhir::{json as fhir_json, validate};
use http::Method;
use serde_json::{Value, json};

use crate::server::Server;

async fn events(server: &Server, query: &str) -> Vec<Value> {
    let bundle = server.get(&format!("/AuditEvent?{query}")).await;
    let bundle = bundle.expect(200, query).json();
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    entries.into_iter().map(|e| e["resource"].clone()).collect()
}

fn check_valid(event: &Value) {
    let document = fhir_json::read(event.to_string().as_bytes()).unwrap();
    let issues = validate::resource(&document, &validate::Options::WRITE);
    let wrong: Vec<String> = issues
        .iter()
        .filter(|i| i.severity.refuses())
        .map(|i| format!("{i:?}"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{event:#}");
}

#[tokio::test]
async fn i1_i2_i3_i4_every_event_is_a_valid_audit_event_with_client_server_query_and_request() {
    let server = Server::new().await;
    let patient = json!({"resourceType": "Patient", "id": "ana", "name": [{"family": "Test"}]});
    server
        .put("/Patient/ana", &patient)
        .await
        .expect(201, "put");
    server.get("/Patient/ana").await.expect(200, "read");
    server.get("/Patient?_id=ana").await.expect(200, "search");
    let all = events(&server, "patient=Patient/ana&_count=50").await;
    assert!(all.len() >= 3, "{all:#?}");
    for event in &all {
        check_valid(event);
        let roles: Vec<&str> = event["agent"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|a| a["type"]["coding"][0]["code"].as_str())
            .collect();
        for role in ["110152", "110153"] {
            assert_eq!(roles.iter().filter(|r| **r == role).count(), 1, "{event:#}");
        }
        let text = event.to_string();
        assert!(text.contains("Patient/ana"), "{text}");
        assert!(text.contains("XrequestId"), "{text}");
    }
    let search = all.iter().find(|e| e["subtype"][0]["code"] == "search");
    let query = &search.unwrap()["entity"];
    assert!(query.to_string().contains("\"query\":"), "{query:#}");
    let read = all
        .iter()
        .find(|e| e["subtype"][0]["code"] == "read")
        .unwrap();
    let profile = read["meta"]["profile"][0].as_str().unwrap();
    assert!(profile.ends_with("IHE.BasicAudit.PatientRead"), "{profile}");
    let id = read["id"].as_str().unwrap();
    let again = server.get(&format!("/AuditEvent/{id}")).await;
    assert_eq!(again.expect(200, "read").json()["id"], read["id"]);
    for event in events(&server, "date=ge2020&_count=50").await {
        check_valid(&event);
    }
    assert_eq!(events(&server, "date=lt2001").await.len(), 0);
    server
        .get("/AuditEvent/999999999")
        .await
        .expect(404, "unknown");
    server
        .get("/AuditEvent?site=x")
        .await
        .expect(400, "parameter");
}

#[tokio::test]
async fn o_d2_nobody_writes_the_log_through_the_api() {
    let server = Server::new().await;
    let event = json!({"resourceType": "AuditEvent", "id": "1"});
    for (method, path) in [
        (Method::POST, "/AuditEvent"),
        (Method::PUT, "/AuditEvent/1"),
        (Method::PATCH, "/AuditEvent/1"),
        (Method::DELETE, "/AuditEvent/1"),
        (Method::GET, "/AuditEvent/1/_history"),
    ] {
        let ask = server.ask(method.clone(), path);
        let ask = ask.body("application/fhir+json", event.to_string());
        let answer = ask.send().await;
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
    }
    let entry = json!({"resource": event, "request": {"method": "PUT", "url": "AuditEvent/1"}});
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]});
    let answer = server.post("", &bundle).await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
}
