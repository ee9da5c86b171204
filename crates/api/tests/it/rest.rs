//! The interactions of R4, section 3.1.0.

use aceso_fhir::Value;

use crate::kit::{Server, next_page};

pub(crate) const PATIENT: &str = r#"{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"1"}],"name":[{"family":"Berg"}],"gender":"female"}"#;

#[tokio::test]
async fn what_is_created_is_read_back_with_its_version_and_place() {
    let server = Server::new();
    let got = server.post("/fhir/Patient", PATIENT).await.is(201);
    assert_eq!(got.header("etag"), "W/\"1\"");
    let place = got.local();
    let read = server.get(&format!("/fhir/{place}")).await.is(200);
    assert_eq!(read.text, got.text);
    assert_eq!(
        read.header("content-type"),
        "application/fhir+json; charset=utf-8"
    );
    assert_eq!(format!("Patient/{}", read.json().id().unwrap()), place);
    let head = server
        .ask("HEAD", &format!("/fhir/{place}"), &[], "")
        .await
        .is(200);
    assert_eq!(head.header("etag"), "W/\"1\"");
}

#[tokio::test]
async fn an_update_makes_a_version_and_every_version_can_be_read() {
    let server = Server::new();
    let body = |family: &str| {
        format!(r#"{{"resourceType":"Patient","id":"p1","name":[{{"family":"{family}"}}]}}"#)
    };
    server.put("/fhir/Patient/p1", &body("Aa")).await.is(201);
    server.put("/fhir/Patient/p1", &body("Bb")).await.is(200);
    assert!(
        server
            .get("/fhir/Patient/p1/_history/1")
            .await
            .is(200)
            .text
            .contains("Aa")
    );
    assert!(
        server
            .get("/fhir/Patient/p1/_history/2")
            .await
            .is(200)
            .text
            .contains("Bb")
    );
    server.get("/fhir/Patient/p1/_history/3").await.is(404);
    server
        .ask("DELETE", "/fhir/Patient/p1", &[], "")
        .await
        .is(204);
    server.get("/fhir/Patient/p1").await.is(410);
    server.get("/fhir/Patient/p1/_history/3").await.is(410);
    server
        .ask("DELETE", "/fhir/Patient/p1", &[], "")
        .await
        .is(204);
    server.put("/fhir/Patient/p1", &body("Cc")).await.is(200);
    let history = server.get("/fhir/Patient/p1/_history").await.is(200).json();
    let methods: Vec<_> = history
        .items_at("entry")
        .iter()
        .map(|e| {
            e.get("request")
                .unwrap()
                .str_at("method")
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(methods, ["PUT", "DELETE", "PUT", "PUT"]);
    assert_eq!(
        history
            .get("total")
            .and_then(Value::as_number)
            .map(|n| n.as_str().to_owned()),
        Some("4".into())
    );
}

#[tokio::test]
async fn history_comes_in_pages_without_gaps() {
    let server = Server::new();
    for n in 0..7 {
        server
            .put(
                "/fhir/Patient/p1",
                &format!(r#"{{"resourceType":"Patient","id":"p1","name":[{{"family":"N{n}"}}]}}"#),
            )
            .await;
    }
    server.create(PATIENT).await;
    for (path, wanted) in [
        ("/fhir/Patient/p1/_history?_count=3", 7),
        ("/fhir/Patient/_history?_count=3", 8),
        ("/fhir/_history?_count=3", 8),
    ] {
        let mut seen = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = server.get(&path).await.is(200).json();
            assert!(page.items_at("entry").len() <= 3);
            for entry in page.items_at("entry") {
                let meta = entry.get("resource").unwrap().get("meta").unwrap();
                seen.push(format!(
                    "{} {}",
                    entry.str_at("fullUrl").unwrap(),
                    meta.str_at("versionId").unwrap()
                ));
            }
            next = next_page(&page);
        }
        let unique: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!((seen.len(), unique.len()), (wanted, wanted), "{path}");
    }
}

#[tokio::test]
async fn a_conditional_read_answers_304_when_the_client_has_it() {
    let server = Server::new();
    let got = server.post("/fhir/Patient", PATIENT).await.is(201);
    let path = format!("/fhir/{}", got.local());
    server
        .ask("GET", &path, &[("if-none-match", "W/\"1\"")], "")
        .await
        .is(304);
    server
        .ask("GET", &path, &[("if-none-match", "W/\"2\"")], "")
        .await
        .is(200);
    server
        .ask(
            "GET",
            &path,
            &[("if-modified-since", got.header("last-modified"))],
            "",
        )
        .await
        .is(304);
    server
        .ask(
            "GET",
            &path,
            &[("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT")],
            "",
        )
        .await
        .is(200);
}

#[tokio::test]
async fn if_match_guards_updates_patches_and_deletions() {
    let server = Server::new();
    let body = r#"{"resourceType":"Patient","id":"p1","active":true}"#;
    server
        .ask("PUT", "/fhir/Patient/p1", &[("if-match", "W/\"1\"")], body)
        .await
        .is(412);
    server.put("/fhir/Patient/p1", body).await.is(201);
    server
        .ask("PUT", "/fhir/Patient/p1", &[("if-match", "W/\"1\"")], body)
        .await
        .is(200);
    server
        .ask("PUT", "/fhir/Patient/p1", &[("if-match", "W/\"1\"")], body)
        .await
        .is(412);
    server
        .ask("PUT", "/fhir/Patient/p1", &[("if-match", "nonsense")], body)
        .await
        .is(400);
    server
        .ask("PUT", "/fhir/Patient/p1", &[("if-none-match", "*")], body)
        .await
        .is(412);
    let merge = [
        ("if-match", "W/\"1\""),
        ("content-type", "application/merge-patch+json"),
    ];
    server
        .ask("PATCH", "/fhir/Patient/p1", &merge, r#"{"active":false}"#)
        .await
        .is(412);
    server
        .ask("DELETE", "/fhir/Patient/p1", &[("if-match", "W/\"1\"")], "")
        .await
        .is(412);
    server
        .ask("DELETE", "/fhir/Patient/p1", &[("if-match", "W/\"2\"")], "")
        .await
        .is(204);
}

#[tokio::test]
async fn prefer_decides_what_a_write_answers() {
    let server = Server::new();
    let minimal = server
        .ask(
            "POST",
            "/fhir/Patient",
            &[("prefer", "return=minimal")],
            PATIENT,
        )
        .await
        .is(201);
    assert_eq!(minimal.text, "");
    assert!(!minimal.local().is_empty());
    let outcome = server
        .ask(
            "POST",
            "/fhir/Patient",
            &[("prefer", "return=OperationOutcome")],
            PATIENT,
        )
        .await
        .is(201);
    assert_eq!(outcome.json().resource_type(), Some("OperationOutcome"));
    let whole = server
        .ask(
            "POST",
            "/fhir/Patient",
            &[("prefer", "return=representation")],
            PATIENT,
        )
        .await
        .is(201);
    assert_eq!(whole.json().resource_type(), Some("Patient"));
}

#[tokio::test]
async fn conditional_acts_find_none_one_or_too_many() {
    let server = Server::new();
    let once = [("if-none-exist", "identifier=urn:x|1")];
    let first = server
        .ask("POST", "/fhir/Patient", &once, PATIENT)
        .await
        .is(201)
        .local();
    assert_eq!(
        server
            .ask("POST", "/fhir/Patient", &once, PATIENT)
            .await
            .is(200)
            .local(),
        first
    );
    let by = "/fhir/Patient?identifier=urn:x|1";
    let updated = server.put(by, r#"{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"1"}],"active":true}"#).await.is(200);
    assert_eq!(updated.local(), first);
    server
        .put(
            "/fhir/Patient?identifier=urn:x|2",
            r#"{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"2"}]}"#,
        )
        .await
        .is(201);
    server
        .put(
            by,
            r#"{"resourceType":"Patient","id":"other","active":true}"#,
        )
        .await
        .is(400);
    let merge = [("content-type", "application/merge-patch+json")];
    server
        .ask("PATCH", by, &merge, r#"{"gender":"other"}"#)
        .await
        .is(200);
    server
        .ask(
            "PATCH",
            "/fhir/Patient?identifier=urn:x|9",
            &merge,
            r#"{"gender":"other"}"#,
        )
        .await
        .is(404);
    server.create(PATIENT).await;
    server
        .ask("POST", "/fhir/Patient", &once, PATIENT)
        .await
        .is(412);
    server.put(by, PATIENT).await.is(412);
    server.ask("DELETE", by, &[], "").await.is(412);
    server
        .ask("DELETE", "/fhir/Patient?identifier=urn:x|2", &[], "")
        .await
        .is(204);
    server
        .ask("DELETE", "/fhir/Patient?identifier=urn:x|2", &[], "")
        .await
        .is(204);
    server.ask("DELETE", "/fhir/Patient", &[], "").await.is(400);
    let lenient = [("prefer", "handling=lenient")];
    server
        .ask("DELETE", "/fhir/Patient?identifer=urn:x|1", &lenient, "")
        .await
        .is(400);
    assert_eq!(server.count("Patient").await, 2);
}

#[tokio::test]
async fn patches_are_told_apart_by_type_and_shape() {
    let server = Server::new();
    let path = format!("/fhir/{}", server.create(PATIENT).await);
    let plain = [("content-type", "application/json")];
    let got = server
        .ask("PATCH", &path, &plain, r#"{"gender":"other"}"#)
        .await
        .is(200);
    assert_eq!(got.json().str_at("gender"), Some("other"));
    let got = server
        .ask("PATCH", &path, &plain, r#"{"name":null}"#)
        .await
        .is(200);
    assert!(got.json().get("name").is_none());
    server
        .ask("PATCH", &path, &plain, r#"{"id":"x"}"#)
        .await
        .is(422);
    server
        .ask("PATCH", &path, &plain, r#"{"gender":"x"}"#)
        .await;
    server
        .ask("PATCH", &path, &plain, r#"{"nonsense":1}"#)
        .await
        .is(400);
    server
        .ask("PATCH", &path, &[("content-type", "text/plain")], "{}")
        .await
        .is(415);
}

#[tokio::test]
async fn xml_goes_in_and_comes_out() {
    let server = Server::new();
    let xml =
        r#"<Patient xmlns="http://hl7.org/fhir"><name><family value="Berg"/></name></Patient>"#;
    let sent = [
        ("content-type", "application/fhir+xml"),
        ("accept", "application/fhir+xml"),
    ];
    let got = server
        .ask("POST", "/fhir/Patient", &sent, xml)
        .await
        .is(201);
    assert!(
        got.text.contains("<family value=\"Berg\"/>"),
        "{}",
        got.text
    );
    let path = format!("/fhir/{}", got.local());
    assert_eq!(
        server.get(&path).await.json().items_at("name")[0].str_at("family"),
        Some("Berg")
    );
    assert!(
        server
            .get(&format!("{path}?_format=xml"))
            .await
            .text
            .contains("<Patient")
    );
    assert!(
        server
            .get(&format!("{path}?_pretty=true"))
            .await
            .text
            .contains("\n  \"")
    );
    let summary = server.get(&format!("{path}?_summary=true")).await.json();
    assert!(
        summary
            .get("meta")
            .unwrap()
            .items_at("tag")
            .iter()
            .any(|t| t.str_at("code") == Some("SUBSETTED"))
    );
    let elements = server.get(&format!("{path}?_elements=gender")).await.json();
    assert!(elements.get("name").is_none());
}

#[tokio::test]
async fn a_search_is_asked_by_get_and_by_post_and_its_pages_follow_each_other() {
    let server = Server::new();
    for _ in 0..5 {
        server.create(PATIENT).await;
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let posted = server
        .ask("POST", "/fhir/Patient/_search", &form, "family=berg")
        .await
        .is(200)
        .json();
    assert_eq!(posted.items_at("entry").len(), 5);
    let mut seen = std::collections::BTreeSet::new();
    let mut next = Some("/fhir/Patient?family=berg&_count=2".to_owned());
    while let Some(path) = next {
        let page = server.get(&path).await.is(200).json();
        seen.extend(
            page.items_at("entry")
                .iter()
                .map(|e| e.str_at("fullUrl").unwrap().to_owned()),
        );
        next = next_page(&page);
    }
    assert_eq!(seen.len(), 5);
    server.get("/fhir/Patient?nonsense=1").await.is(400);
    let lenient = server
        .ask(
            "GET",
            "/fhir/Patient?nonsense=1",
            &[("prefer", "handling=lenient")],
            "",
        )
        .await
        .is(200)
        .json();
    let outcome = lenient
        .items_at("entry")
        .iter()
        .find(|e| e.get("search").unwrap().str_at("mode") == Some("outcome"));
    assert!(outcome.is_some());
    let counted = server
        .get("/fhir/Patient?_summary=count")
        .await
        .is(200)
        .json();
    assert!(counted.items_at("entry").is_empty());
    assert_eq!(
        counted
            .get("total")
            .and_then(Value::as_number)
            .and_then(|n| n.to_i64()),
        Some(5)
    );
}
