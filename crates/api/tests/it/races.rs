//! Concurrent writers.

use std::sync::Arc;

use crate::kit::Server;

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_identical_conditional_creates_store_one() {
    let server = Arc::new(Server::new());
    let body = r#"{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"1"}]}"#;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let server = Arc::clone(&server);
        running.spawn(async move {
            server
                .ask(
                    "POST",
                    "/fhir/Patient",
                    &[("if-none-exist", "identifier=urn:x|1")],
                    body,
                )
                .await
        });
    }
    let all = running.join_all().await;
    let mut places: Vec<String> = all.iter().map(crate::kit::Got::local).collect();
    assert_eq!(all.iter().filter(|g| g.status.as_u16() == 201).count(), 1);
    assert_eq!(all.iter().filter(|g| g.status.as_u16() == 200).count(), 15);
    places.dedup();
    assert_eq!(places.len(), 1);
    assert_eq!(server.count("Patient").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_updates_with_the_same_if_match_one_wins() {
    let server = Arc::new(Server::new());
    server.has_patient("p1").await;
    let mut running = tokio::task::JoinSet::new();
    for n in 0..16 {
        let server = Arc::clone(&server);
        running.spawn(async move {
            let body =
                format!(r#"{{"resourceType":"Patient","id":"p1","name":[{{"family":"N{n}"}}]}}"#);
            server
                .ask("PUT", "/fhir/Patient/p1", &[("if-match", "W/\"1\"")], &body)
                .await
                .status
                .as_u16()
        });
    }
    let all = running.join_all().await;
    assert_eq!(all.iter().filter(|s| **s == 200).count(), 1, "{all:?}");
    assert_eq!(all.iter().filter(|s| **s == 412).count(), 15, "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_updates_without_if_match_all_become_versions() {
    let server = Arc::new(Server::new());
    server.has_patient("p1").await;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let server = Arc::clone(&server);
        running.spawn(async move {
            server
                .put(
                    "/fhir/Patient/p1",
                    r#"{"resourceType":"Patient","id":"p1","active":true}"#,
                )
                .await
                .status
                .as_u16()
        });
    }
    let all = running.join_all().await;
    assert!(all.iter().all(|s| *s == 200), "{all:?}");
    assert_eq!(
        server.get("/fhir/Patient/p1").await.header("etag"),
        "W/\"9\""
    );
}
