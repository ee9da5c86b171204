//! Walks the route table, so that nothing in it can be left off.

use aceso_api::{Act, ROUTES};

use crate::kit::Server;

fn example(path: &str) -> String {
    let kind = if path.contains("$lastn") {
        "Observation"
    } else {
        "Patient"
    };
    let path = path
        .replace("{type}", kind)
        .replace("{compartment}", "Patient")
        .replace("{inner}", "Observation");
    format!(
        "/fhir{}",
        path.replace("{id}", "none").replace("{vid}", "1")
    )
}

#[tokio::test]
async fn only_what_the_table_calls_open_answers_without_a_token() {
    let server = Server::new();
    for route in ROUTES {
        let path = example(route.path);
        let got = server.raw(route.method, &path, &[], "").await;
        let wanted = if route.open { 200 } else { 401 };
        assert_eq!(
            got.status.as_u16(),
            wanted,
            "{} {path}: {}",
            route.method,
            got.text
        );
    }
}

#[tokio::test]
async fn a_caller_whose_scopes_reach_nothing_gets_nothing_anywhere() {
    let server = Server::new();
    server
        .put(
            "/fhir/Patient/none",
            r#"{"resourceType":"Patient","id":"none","name":[{"family":"Secret"}]}"#,
        )
        .await
        .is(201);
    let other = [("authorization", "Bearer patient~~other")];
    for route in ROUTES.iter().filter(|r| !r.open) {
        let path = example(route.path);
        let body = match route.act {
            Act::Create | Act::Update | Act::UpdateBy => {
                r#"{"resourceType":"Patient","id":"none"}"#
            }
            _ if route.method == "POST" => r#"{"resourceType":"Parameters"}"#,
            _ => "",
        };
        let got = server.raw(route.method, &path, &other, body).await;
        assert!(
            !got.text.contains("Secret"),
            "{} {path}: {}",
            route.method,
            got.text
        );
        assert!(
            got.status.as_u16() < 500,
            "{} {path}: {}",
            route.method,
            got.text
        );
    }
    assert!(
        server
            .get("/fhir/Patient/none")
            .await
            .is(200)
            .text
            .contains("Secret")
    );
}

#[tokio::test]
async fn every_route_of_the_table_answers_something_better_than_a_failure() {
    let server = Server::new();
    for route in ROUTES {
        let path = example(route.path);
        for body in ["", "{}", "[", r#"{"resourceType":"Parameters"}"#] {
            let got = server.ask(route.method, &path, &[], body).await;
            let status = got.status.as_u16();
            assert!(
                status < 500 && status != 405,
                "{} {path} {body}: {status} {}",
                route.method,
                got.text
            );
        }
    }
}
