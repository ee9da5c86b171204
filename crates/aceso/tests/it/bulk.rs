//! Bulk exports: who gets what, as it was listed, and as long as they may.

use aceso_jobs::Exporter;
use http::Method;
use serde_json::{Value, json};

use crate::server::{Answer, ROOT, Server};

/// Two patients with an observation each, one in a Group, and an Organization.
async fn clinic() -> Server {
    let server = Server::new().await;
    for id in ["a", "b"] {
        let patient = json!({"resourceType": "Patient", "id": id, "active": true});
        server
            .put(&format!("/Patient/{id}"), &patient)
            .await
            .expect(201, "patient");
        let status = if id == "a" { "final" } else { "preliminary" };
        let observation = json!({"resourceType": "Observation", "id": format!("obs-{id}"), "status": status,
            "code": {"text": "x"}, "subject": {"reference": format!("Patient/{id}")}});
        let path = format!("/Observation/obs-{id}");
        server
            .put(&path, &observation)
            .await
            .expect(201, "observation");
    }
    let group = json!({"resourceType": "Group", "id": "g", "type": "person", "actual": true, "member": [
        {"entity": {"reference": "Patient/a"}}, {"entity": {"reference": "Patient/b"}, "inactive": true}]});
    server.put("/Group/g", &group).await.expect(201, "group");
    let organization = json!({"resourceType": "Organization", "id": "o", "name": "O"});
    server
        .put("/Organization/o", &organization)
        .await
        .expect(201, "organization");
    server
}

async fn send(server: &Server, token: &str, method: Method, path: &str) -> Answer {
    let ask = server.ask(method, path).token(token);
    ask.header("prefer", "respond-async").send().await
}

/// Kicks an export off; its status address below the base.
async fn begin(server: &Server, token: &str, path: &str) -> String {
    let begun = send(server, token, Method::GET, path)
        .await
        .expect(202, path);
    let place = begun.header("content-location").to_owned();
    let place = place
        .strip_prefix(&format!("{ROOT}/fhir"))
        .unwrap()
        .to_owned();
    send(server, token, Method::GET, &place)
        .await
        .expect(202, "before it is made");
    place
}

async fn make(server: &Server) {
    Exporter::new(server.store.clone())
        .unwrap()
        .round()
        .await
        .unwrap();
}

/// The resources in all files, as `Type/id/version`, sorted.
async fn fetch(server: &Server, token: &str, place: &str) -> Vec<String> {
    let answer = send(server, token, Method::GET, place)
        .await
        .expect(200, "status");
    assert!(
        answer
            .header("content-type")
            .starts_with("application/json")
    );
    assert!(!answer.header("expires").is_empty() && !answer.header("etag").is_empty());
    let manifest = answer.json();
    assert_eq!(manifest["requiresAccessToken"], true);
    let mut all = Vec::new();
    for file in manifest["output"].as_array().unwrap() {
        let url = file["url"]
            .as_str()
            .unwrap()
            .strip_prefix(&format!("{ROOT}/fhir"))
            .unwrap()
            .to_owned();
        server
            .ask(Method::GET, &url)
            .nobody()
            .send()
            .await
            .expect(401, "a file without a token");
        let ask = server.ask(Method::GET, &url).token(token);
        let ask = ask.header("accept", "application/fhir+ndjson");
        let lines = ask.send().await.expect(200, "file");
        assert_eq!(lines.header("content-type"), "application/fhir+ndjson");
        for line in lines.text().lines() {
            let resource: Value = serde_json::from_str(line).unwrap();
            assert_eq!(resource["resourceType"], file["type"]);
            let version = resource["meta"]["versionId"].as_str().unwrap();
            all.push(format!(
                "{}/{}/{version}",
                file["type"].as_str().unwrap(),
                resource["id"].as_str().unwrap()
            ));
        }
    }
    all.sort();
    all
}

async fn check(server: &Server, path: &str, expected: &[&str]) {
    let place = begin(server, &server.token, path).await;
    make(server).await;
    assert_eq!(
        fetch(server, &server.token, &place).await,
        expected,
        "{path}"
    );
}

#[tokio::test]
async fn each_level_has_what_belongs_to_it() {
    let server = clinic().await;
    let patients = [
        "Observation/obs-a/1",
        "Observation/obs-b/1",
        "Patient/a/1",
        "Patient/b/1",
    ];
    let mut all: Vec<&str> = patients.to_vec();
    all.extend(["Group/g/1", "Organization/o/1"]);
    all.sort_unstable();
    check(&server, "/$export", &all).await;
    let mut compartments = patients.to_vec();
    compartments.push("Group/g/1");
    compartments.sort_unstable();
    check(&server, "/Patient/$export", &compartments).await;
    check(
        &server,
        "/Group/g/$export?_type=Patient,Observation",
        &["Observation/obs-a/1", "Patient/a/1"],
    )
    .await;
    check(
        &server,
        "/$export?_type=Organization",
        &["Organization/o/1"],
    )
    .await;
    let filter =
        "/Patient/$export?_type=Patient,Observation&_typeFilter=Observation%3Fstatus%3Dfinal";
    check(
        &server,
        filter,
        &["Observation/obs-a/1", "Patient/a/1", "Patient/b/1"],
    )
    .await;
    check(&server, "/$export?_since=2999-01-01T00:00:00Z", &[]).await;
    server.verify();
}

#[tokio::test]
async fn what_is_not_offered_is_refused_at_the_kick_off() {
    let server = clinic().await;
    server
        .get("/$export")
        .await
        .expect(400, "without respond-async");
    for (path, status) in [
        ("/$export?_type=Nonsense", 400),
        ("/$export?_outputFormat=text/csv", 400),
        ("/$export?_elements=id", 400),
        ("/$export?_typeFilter=Observation%3Fnonsense%3D1", 400),
        ("/Group/absent/$export", 404),
    ] {
        send(&server, &server.token, Method::GET, path)
            .await
            .expect(status, path);
    }
    let narrow = server.client("system/Patient.rs", None).await;
    send(&server, &narrow, Method::GET, "/$export?_type=Observation")
        .await
        .expect(403, "another type");
}

#[tokio::test]
async fn an_export_is_its_clients_alone_and_no_more_than_that_client_may_see() {
    let server = clinic().await;
    let narrow = server
        .client(
            "system/Patient.rs?_id=a system/Observation.rs?status=final",
            None,
        )
        .await;
    let place = begin(&server, &narrow, "/$export").await;
    make(&server).await;
    assert_eq!(
        fetch(&server, &narrow, &place).await,
        ["Observation/obs-a/1", "Patient/a/1"]
    );
    let file = format!("{}/1", place.replace("$export-status", "$export-file"));
    for method in [Method::GET, Method::DELETE] {
        send(&server, &server.token, method, &place)
            .await
            .expect(404, "another client's export");
    }
    send(&server, &server.token, Method::GET, &file)
        .await
        .expect(404, "another client's file");
    send(&server, &narrow, Method::DELETE, &place)
        .await
        .expect(202, "its end");
    send(&server, &narrow, Method::GET, &place)
        .await
        .expect(404, "after its end");
    send(&server, &narrow, Method::GET, &file)
        .await
        .expect(404, "a file after the end");
}

#[tokio::test]
async fn a_file_has_the_versions_that_were_listed_but_nothing_that_is_gone() {
    let server = clinic().await;
    let place = begin(&server, &server.token, "/$export?_type=Patient,Observation").await;
    make(&server).await;
    let changed = json!({"resourceType": "Patient", "id": "a", "active": false});
    server
        .put("/Patient/a", &changed)
        .await
        .expect(200, "update");
    server
        .delete("/Observation/obs-b")
        .await
        .expect(204, "delete");
    let new = json!({"resourceType": "Patient", "id": "c"});
    server
        .put("/Patient/c", &new)
        .await
        .expect(201, "a new one");
    let before = server.store.verify_audit(&[]).unwrap().audit_entries;
    let all = fetch(&server, &server.token, &place).await;
    assert_eq!(all, ["Observation/obs-a/1", "Patient/a/1", "Patient/b/1"]);
    let after = server.store.verify_audit(&[]).unwrap().audit_entries;
    assert!(
        after >= before + 2,
        "every file that is fetched leaves an audit entry"
    );
}
