//! FHIR messages: kept whole or not at all, once, and without taking another system's ids for ours.

use http::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

const HIS: &str = "http://his.example/fhir";

fn message(id: &str, entries: &[(&str, Value)]) -> Value {
    let header = json!({"resourceType": "MessageHeader", "id": id, "eventUri": "urn:event:a04",
        "source": {"endpoint": format!("{HIS}/$process-message")}, "focus": [{"reference": "Patient/1"}]});
    let mut all = vec![json!({"fullUrl": format!("{HIS}/MessageHeader/{id}"), "resource": header})];
    all.extend(entries.iter().map(
        |(place, resource)| json!({"fullUrl": format!("{HIS}/{place}"), "resource": resource}),
    ));
    json!({"resourceType": "Bundle", "type": "message", "entry": all})
}

fn patient(family: &str) -> (&'static str, Value) {
    (
        "Patient/1",
        json!({"resourceType": "Patient", "id": "1", "name": [{"family": family}]}),
    )
}

async fn send(server: &Server, message: &Value) -> Answer {
    server.post("/$process-message", message).await
}

async fn patients(server: &Server) -> Vec<Value> {
    let found = server
        .get("/Patient?_sort=_lastUpdated")
        .await
        .expect(200, "search")
        .json();
    let entries = found["entry"].as_array().cloned().unwrap_or_default();
    entries.into_iter().map(|e| e["resource"].clone()).collect()
}

#[tokio::test]
async fn a_message_is_acknowledged_and_its_resources_are_known_by_where_they_came_from() {
    let server = Server::new().await;
    // Ours, with the id that their patient has there.
    let ours = json!({"resourceType": "Patient", "id": "1", "name": [{"family": "Ours"}]});
    server.put("/Patient/1", &ours).await.expect(201, "ours");
    let answer = send(&server, &message("m1", &[patient("Theirs")]))
        .await
        .expect(200, "message")
        .json();
    assert_eq!(
        (
            &answer["type"],
            &answer["entry"][0]["resource"]["response"]["code"]
        ),
        (&json!("message"), &json!("ok"))
    );
    assert_eq!(
        answer["entry"][0]["resource"]["response"]["identifier"],
        "m1"
    );
    let all = patients(&server).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["name"][0]["family"], "Ours");
    let theirs = all[1]["id"].as_str().unwrap().to_owned();

    let encounter = json!({"resourceType": "Encounter", "id": "5", "status": "in-progress", "class": {"code": "AMB"},
        "subject": {"reference": "Patient/1"}, "serviceProvider": {"reference": "Organization/9"}});
    send(&server, &message("m2", &[("Encounter/5", encounter)]))
        .await
        .expect(200, "a later message");
    let found = server.get("/Encounter").await.expect(200, "search").json();
    let kept = &found["entry"][0]["resource"];
    assert_eq!(
        kept["subject"]["reference"],
        format!("Patient/{theirs}"),
        "brought by the first message"
    );
    assert_eq!(
        kept["serviceProvider"]["reference"],
        format!("{HIS}/Organization/9"),
        "never brought"
    );
    let header = server
        .get("/MessageHeader?_sort=-_lastUpdated")
        .await
        .expect(200, "search")
        .json();
    assert_eq!(header["total"], 2);
    let focus = &header["entry"][0]["resource"]["focus"][0]["reference"];
    assert_eq!(*focus, format!("Patient/{theirs}"));

    send(&server, &message("m3", &[patient("Married")]))
        .await
        .expect(200, "an update");
    let all = patients(&server).await;
    assert!(
        all.len() == 2
            && all[1]["id"] == theirs.as_str()
            && all[1]["name"][0]["family"] == "Married"
    );
    server.verify();
}

#[tokio::test]
async fn a_message_that_comes_twice_is_processed_once() {
    let server = Server::new().await;
    let first = message("m1", &[patient("First")]);
    send(&server, &first).await.expect(200, "first");
    send(&server, &message("m2", &[patient("Second")]))
        .await
        .expect(200, "second");
    let again = send(&server, &first)
        .await
        .expect(200, "the first again")
        .json();
    assert_eq!(again["entry"][0]["resource"]["response"]["code"], "ok");
    assert_eq!(patients(&server).await[0]["name"][0]["family"], "Second");
}

#[tokio::test]
async fn a_bad_message_leaves_nothing() {
    let server = Server::new().await;
    let broken = (
        "Observation/2",
        json!({"resourceType": "Observation", "id": "2"}),
    );
    let no_header = json!({"resourceType": "Bundle", "type": "message", "entry": [{"resource": {"resourceType": "Patient"}}]});
    let mut nowhere = message("m1", &[patient("X")]);
    nowhere["entry"][1]
        .as_object_mut()
        .unwrap()
        .shift_remove("fullUrl");
    for (bad, status) in [
        (message("m1", &[patient("X"), broken]), 400),
        (message("m1", &[patient("X"), patient("Y")]), 400),
        (no_header, 400),
        (nowhere, 400),
        (json!({"resourceType": "Bundle", "type": "collection"}), 400),
        (json!({"resourceType": "Patient"}), 400),
    ] {
        send(&server, &bad).await.expect(status, &bad.to_string());
    }
    assert!(patients(&server).await.is_empty());
    let reader = server
        .client("system/*.rs system/MessageHeader.c", None)
        .await;
    let ask = server.ask(Method::POST, "/$process-message").token(&reader);
    ask.json(&message("m1", &[patient("X")]))
        .send()
        .await
        .expect(403, "who may not write patients");
    assert!(patients(&server).await.is_empty());
}
