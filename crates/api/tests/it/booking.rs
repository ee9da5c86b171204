//! Nobody is booked twice over FHIR either.

use crate::kit::Server;

const DOC: &str = "Practitioner/doc";

async fn clinic() -> Server {
    let server = Server::new();
    for (path, body) in [
        ("Patient/a", r#"{"resourceType":"Patient","id":"a"}"#),
        ("Patient/b", r#"{"resourceType":"Patient","id":"b"}"#),
        (
            "Practitioner/doc",
            r#"{"resourceType":"Practitioner","id":"doc"}"#,
        ),
        (
            "Practitioner/free",
            r#"{"resourceType":"Practitioner","id":"free"}"#,
        ),
        (
            "Schedule/s",
            r#"{"resourceType":"Schedule","id":"s","active":true,"actor":[{"reference":"Practitioner/doc"}]}"#,
        ),
    ] {
        server.put(&format!("/fhir/{path}"), body).await.is(201);
    }
    server
}

fn appointment(id: &str, patient: &str, actor: &str, (from, to): (&str, &str)) -> String {
    let id = match id {
        "" => String::new(),
        id => format!(r#""id":"{id}","#),
    };
    format!(
        r#"{{"resourceType":"Appointment",{id}"status":"booked","start":"2026-03-05T{from}:00Z","end":"2026-03-05T{to}:00Z",
        "participant":[{{"actor":{{"reference":"Patient/{patient}"}},"status":"accepted"}},
        {{"actor":{{"reference":"{actor}"}},"status":"accepted"}}]}}"#
    )
}

#[tokio::test]
async fn emr_2_1_an_appointment_over_a_booked_one_is_refused_with_where_and_how_to_mend_it() {
    let server = clinic().await;
    let at = |id, patient, actor, span| appointment(id, patient, actor, span);
    let first = at("x", "a", DOC, ("09:00", "09:30"));
    server.put("/fhir/Appointment/x", &first).await.is(201);
    let over = at("", "b", DOC, ("09:15", "09:45"));
    let refused = server.post("/fhir/Appointment", &over).await.is(409).json();
    let issue = &refused.items_at("issue")[0];
    let place = issue.items_at("expression")[0].as_str();
    assert_eq!(place, Some("Appointment.participant[1].actor"));
    let told = issue.get("details").and_then(|d| d.str_at("text"));
    let told = told.or(issue.str_at("diagnostics")).unwrap_or_default();
    assert!(
        told.contains("Practitioner/doc is booked already"),
        "{told}"
    );
    assert!(format!("{refused:?}").contains("Choose another time"));
    // The patient is in one place at a time; who has no calendar is not looked at.
    let twice = at("", "a", "Practitioner/free", ("09:15", "09:45"));
    server.post("/fhir/Appointment", &twice).await.is(409);
    let other = at("", "b", "Practitioner/free", ("09:15", "09:45"));
    server.post("/fhir/Appointment", &other).await.is(201);
    // What touches does not overlap; what is cancelled takes no time; what it had, it keeps.
    let next = at("y", "b", DOC, ("09:45", "10:00"));
    server.put("/fhir/Appointment/y", &next).await.is(201);
    let commented = first.replace("\"status\":\"booked\"", "\"status\":\"arrived\"");
    server.put("/fhir/Appointment/x", &commented).await.is(200);
    let longer = at("x", "a", DOC, ("09:00", "09:50"));
    server.put("/fhir/Appointment/x", &longer).await.is(409);
    let patch = r#"[{"op":"replace","path":"/end","value":"2026-03-05T09:50:00Z"}]"#;
    let header = [("content-type", "application/json-patch+json")];
    server
        .ask("PATCH", "/fhir/Appointment/x", &header, patch)
        .await
        .is(409);
    let cancelled = next.replace("booked", "cancelled");
    server.put("/fhir/Appointment/y", &cancelled).await.is(200);
    server.put("/fhir/Appointment/x", &longer).await.is(200);
}

#[tokio::test]
async fn emr_2_1_busy_slots_and_the_same_bundle_are_looked_at_too() {
    let server = clinic().await;
    let slot = r#"{"resourceType":"Slot","id":"t","schedule":{"reference":"Schedule/s"},"status":"busy",
        "start":"2026-03-05T09:00:00Z","end":"2026-03-05T09:30:00Z"}"#;
    server.put("/fhir/Slot/t", slot).await.is(201);
    let one = appointment("", "a", DOC, ("09:00", "09:30"));
    server.post("/fhir/Appointment", &one).await.is(409);
    // Its own Slot does not stand in its way.
    let own = one.replacen('{', r#"{"slot":[{"reference":"Slot/t"}],"#, 1);
    server.post("/fhir/Appointment", &own).await.is(201);
    let entry = |patient, span| {
        let body = appointment("", patient, DOC, span);
        format!(r#"{{"resource":{body},"request":{{"method":"POST","url":"Appointment"}}}}"#)
    };
    let bundle = |kind: &str, second| {
        let entries = [entry("a", ("11:00", "11:30")), entry("b", second)].join(",");
        format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{entries}]}}"#)
    };
    let before = server.count("Appointment").await;
    let both = bundle("transaction", ("11:20", "11:40"));
    server.post("/fhir", &both).await.is(409);
    assert_eq!(server.count("Appointment").await, before);
    let apart = bundle("transaction", ("11:30", "11:40"));
    server.post("/fhir", &apart).await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asvs_2_3_4_of_fifty_apps_that_book_one_time_at_once_one_gets_it() {
    let server = std::sync::Arc::new(clinic().await);
    let mut running = tokio::task::JoinSet::new();
    for n in 0..50 {
        let server = std::sync::Arc::clone(&server);
        running.spawn(async move {
            let patient = ["a", "b"][n % 2];
            let body = appointment("", patient, DOC, ("09:00", "09:30"));
            server
                .post("/fhir/Appointment", &body)
                .await
                .status
                .as_u16()
        });
    }
    let all = running.join_all().await;
    assert_eq!(all.iter().filter(|s| **s == 201).count(), 1, "{all:?}");
    assert_eq!(all.iter().filter(|s| **s == 409).count(), 49, "{all:?}");
}
