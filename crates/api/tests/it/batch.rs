//! Batches and transactions (R4, section 3.1.0.11).

use aceso_fhir::Value;

use crate::kit::Server;

fn transaction(entries: &[String]) -> String {
    format!(
        r#"{{"resourceType":"Bundle","type":"transaction","entry":[{}]}}"#,
        entries.join(",")
    )
}

fn entry(full_url: &str, method: &str, url: &str, more: &str, resource: &str) -> String {
    let full_url = if full_url.is_empty() {
        String::new()
    } else {
        format!(r#""fullUrl":"{full_url}","#)
    };
    let resource = if resource.is_empty() {
        String::new()
    } else {
        format!(r#""resource":{resource},"#)
    };
    format!(r#"{{{full_url}{resource}"request":{{"method":"{method}","url":"{url}"{more}}}}}"#)
}

fn observation(subject: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"subject":{{"reference":"{subject}"}}}}"#
    )
}

fn statuses(bundle: &Value) -> Vec<String> {
    let status = |e: &Value| {
        e.get("response")
            .unwrap()
            .str_at("status")
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .to_owned()
    };
    bundle.items_at("entry").iter().map(status).collect()
}

const PATIENT: &str = r#"{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"1"}]}"#;
const ONE: &str = "urn:uuid:11111111-1111-4111-8111-111111111111";

#[tokio::test]
async fn references_within_a_transaction_lead_to_what_was_created() {
    let server = Server::new();
    let body = transaction(&[
        entry("", "POST", "Observation", "", &observation(ONE)),
        entry(ONE, "POST", "Patient", "", PATIENT),
        entry("", "GET", "Patient?identifier=urn:x|1", "", ""),
    ]);
    let got = server.post("/fhir", &body).await.is(200).json();
    assert_eq!(got.str_at("type"), Some("transaction-response"));
    assert_eq!(statuses(&got), ["201", "201", "200"]);
    let place = |n: usize| {
        let location = got.items_at("entry")[n]
            .get("response")
            .unwrap()
            .str_at("location")
            .unwrap();
        location.split("/_history").next().unwrap().to_owned()
    };
    let stored = server
        .get(&format!("/fhir/{}", place(0)))
        .await
        .is(200)
        .json();
    assert_eq!(
        stored.get("subject").unwrap().str_at("reference"),
        Some(place(1).as_str())
    );
    let found = got.items_at("entry")[2].get("resource").unwrap();
    assert_eq!(found.items_at("entry").len(), 1);
}

async fn check_refused(server: &Server, entries: &[String], status: u16, place: &str) {
    let got = server.post("/fhir", &transaction(entries)).await;
    let got = got.is(status).json();
    let issue = &got.items_at("issue")[0];
    assert_eq!(issue.items_at("expression"), [Value::from(place)]);
}

#[tokio::test]
async fn one_bad_entry_leaves_nothing_and_is_named() {
    let server = Server::new();
    let mut entries: Vec<String> = (0..20)
        .map(|_| entry("", "POST", "Patient", "", PATIENT))
        .collect();
    entries[17] = entry(
        "",
        "POST",
        "Patient",
        "",
        r#"{"resourceType":"Patient","birthDate":"yesterday"}"#,
    );
    check_refused(
        &server,
        &entries,
        400,
        "Bundle.entry[17].resource.birthDate",
    )
    .await;
    assert_eq!(server.count("Patient").await, 0);
    entries[17] = entry("", "POST", "Observation", "", &observation("Patient/none"));
    check_refused(
        &server,
        &entries,
        422,
        "Bundle.entry[17].resource.subject.reference",
    )
    .await;
    entries[17] = entry("", "GET", "Patient/none", "", "");
    check_refused(&server, &entries, 404, "Bundle.entry[17]").await;
    entries[17] = entry("", "GET", "Patient?nonsense=1", "", "");
    server.post("/fhir", &transaction(&entries)).await.is(400);
    assert_eq!(server.count("Patient").await, 0);
}

#[tokio::test]
async fn deletions_come_first_and_reads_last() {
    let server = Server::new();
    server.has_patient("old").await;
    server.has_patient("kept").await;
    let body = transaction(&[
        entry("", "GET", "Patient/kept", "", ""),
        entry(
            "",
            "PUT",
            "Patient/kept",
            "",
            r#"{"resourceType":"Patient","id":"kept","active":true}"#,
        ),
        entry("", "POST", "Patient", "", PATIENT),
        entry("", "DELETE", "Patient/old", "", ""),
    ]);
    let got = server.post("/fhir", &body).await.is(200).json();
    assert_eq!(statuses(&got), ["200", "200", "201", "204"]);
    let read = got.items_at("entry")[0].get("resource").unwrap();
    assert_eq!(read.get("active"), Some(&Value::Bool(true)));
    server.get("/fhir/Patient/old").await.is(410);
}

#[tokio::test]
async fn conditions_in_entries_are_kept() {
    let server = Server::new();
    let once = r#","ifNoneExist":"identifier=urn:x|1""#;
    let pair = |more: &str| {
        transaction(&[
            entry(ONE, "POST", "Patient", more, PATIENT),
            entry("", "POST", "Observation", "", &observation(ONE)),
        ])
    };
    let first = server.post("/fhir", &pair(once)).await.is(200).json();
    assert_eq!(statuses(&first), ["201", "201"]);
    let second = server.post("/fhir", &pair(once)).await.is(200).json();
    assert_eq!(statuses(&second), ["200", "201"]);
    assert_eq!(
        (
            server.count("Patient").await,
            server.count("Observation").await
        ),
        (1, 2)
    );
    let referring = |reference: &str| {
        transaction(&[entry(
            "",
            "POST",
            "Observation",
            "",
            &observation(reference),
        )])
    };
    server
        .post("/fhir", &referring("Patient?identifier=urn:x|1"))
        .await
        .is(200);
    server
        .post("/fhir", &referring("Patient?identifier=urn:x|2"))
        .await
        .is(412);
    let stale = r#","ifMatch":"W/\"7\"""#;
    server.has_patient("p").await;
    let guarded = transaction(&[
        entry("", "POST", "Patient", "", PATIENT),
        entry(
            "",
            "PUT",
            "Patient/p",
            stale,
            r#"{"resourceType":"Patient","id":"p"}"#,
        ),
    ]);
    server.post("/fhir", &guarded).await.is(412);
    assert_eq!(server.count("Patient").await, 2);
    let updated = transaction(&[
        entry("", "PUT", "Patient?identifier=urn:x|1", "", PATIENT),
        entry("", "DELETE", "Patient?identifier=urn:x|3", "", ""),
    ]);
    assert_eq!(
        statuses(&server.post("/fhir", &updated).await.is(200).json()),
        ["200", "204"]
    );
}

#[tokio::test]
async fn two_entries_for_one_resource_are_refused() {
    let server = Server::new();
    let put = || {
        entry(
            "",
            "PUT",
            "Patient/p",
            "",
            r#"{"resourceType":"Patient","id":"p"}"#,
        )
    };
    server
        .post("/fhir", &transaction(&[put(), put()]))
        .await
        .is(400);
    server
        .post(
            "/fhir",
            &transaction(&[put(), entry("", "DELETE", "Patient/p", "", "")]),
        )
        .await
        .is(400);
    let named = || entry(ONE, "POST", "Patient", "", PATIENT);
    server
        .post("/fhir", &transaction(&[named(), named()]))
        .await
        .is(400);
    let once = || {
        entry(
            "",
            "POST",
            "Patient",
            r#","ifNoneExist":"identifier=urn:x|1""#,
            PATIENT,
        )
    };
    server
        .post("/fhir", &transaction(&[once(), once()]))
        .await
        .is(400);
    assert_eq!(server.count("Patient").await, 0);
}

#[tokio::test]
async fn entries_of_a_batch_stand_alone() {
    let server = Server::new();
    let batch = |entries: &[String]| transaction(entries).replace("\"transaction\"", "\"batch\"");
    let body = batch(&[
        entry("", "POST", "Patient", "", PATIENT),
        entry(
            "",
            "POST",
            "Patient",
            "",
            r#"{"resourceType":"Patient","birthDate":"yesterday"}"#,
        ),
        entry("", "GET", "Patient/none", "", ""),
        entry("", "GET", "Foo", "", ""),
        entry(
            "",
            "PUT",
            "Patient/p",
            "",
            r#"{"resourceType":"Patient","id":"p"}"#,
        ),
        entry("", "GET", "Patient/p", "", ""),
        entry(
            "",
            "POST",
            "/",
            "",
            r#"{"resourceType":"Bundle","type":"batch"}"#,
        ),
    ]);
    let got = server.post("/fhir", &body).await.is(200).json();
    assert_eq!(got.str_at("type"), Some("batch-response"));
    let all = statuses(&got);
    assert_eq!(all[..4], ["201", "400", "404", "404"]);
    assert_eq!(all[4..6], ["201", "200"]);
    assert_eq!(all[6], "400");
    let outcome = got.items_at("entry")[1]
        .get("response")
        .unwrap()
        .get("outcome")
        .unwrap();
    assert_eq!(outcome.resource_type(), Some("OperationOutcome"));
    let read = got.items_at("entry")[5].get("resource").unwrap();
    assert_eq!(read.id(), Some("p"));
}
