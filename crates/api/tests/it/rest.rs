//! The interactions of R4, section 3.1.0.

use aceso_fhir::Value;

use crate::kit::Server;

const PATIENT: &str = r#"{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"1"}],"name":[{"family":"Berg"}],"gender":"female"}"#;

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
            let link = page
                .items_at("link")
                .iter()
                .find(|l| l.str_at("relation") == Some("next"));
            next = link.map(|l| {
                l.str_at("url")
                    .unwrap()
                    .strip_prefix("http://here")
                    .unwrap()
                    .to_owned()
            });
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
async fn tags_come_and_go_by_operation() {
    let server = Server::new();
    let path = format!("/fhir/{}", server.create(PATIENT).await);
    let tag = r#"{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"system":"s","code":"c"}]}}]}"#;
    server.post(&format!("{path}/$meta-add"), tag).await.is(200);
    assert!(
        server
            .get(&format!("{path}/$meta"))
            .await
            .is(200)
            .text
            .contains("\"code\":\"c\"")
    );
    server
        .post(&format!("{path}/$meta-delete"), tag)
        .await
        .is(200);
    assert!(
        !server
            .get(&format!("{path}/$meta"))
            .await
            .is(200)
            .text
            .contains("\"code\":\"c\"")
    );
}

#[tokio::test]
async fn the_capability_statement_is_open_and_valid() {
    let server = Server::new();
    let got = server.raw("GET", "/fhir/metadata", &[], "").await.is(200);
    let statement = got.json();
    assert_eq!(statement.str_at("fhirVersion"), Some("4.0.1"));
    let issues = aceso_fhir::validate::resource(&statement, &aceso_fhir::validate::Options::WRITE);
    assert!(issues.iter().all(|i| !i.severity.refuses()), "{issues:?}");
    assert_eq!(
        statement.items_at("rest")[0].items_at("resource").len(),
        146
    );
    let xml = server
        .raw("GET", "/fhir/metadata?_format=xml", &[], "")
        .await
        .is(200);
    assert!(xml.text.contains("<CapabilityStatement"));
}

#[tokio::test]
async fn validate_judges_without_storing() {
    let server = Server::new();
    let good = server
        .post("/fhir/Patient/$validate", PATIENT)
        .await
        .is(200)
        .json();
    assert!(
        good.items_at("issue")
            .iter()
            .all(|i| i.str_at("severity") != Some("error"))
    );
    let bad = server
        .post(
            "/fhir/Patient/$validate",
            r#"{"resourceType":"Patient","birthDate":"yesterday"}"#,
        )
        .await
        .is(200)
        .json();
    let issue = bad
        .items_at("issue")
        .iter()
        .find(|i| i.str_at("severity") == Some("error"))
        .unwrap();
    assert_eq!(
        issue.items_at("expression"),
        [Value::from("Patient.birthDate")]
    );
    let wrapped = format!(
        r#"{{"resourceType":"Parameters","parameter":[{{"name":"resource","resource":{PATIENT}}}]}}"#
    );
    server
        .post("/fhir/Patient/$validate", &wrapped)
        .await
        .is(200);
    assert_eq!(server.count("Patient").await, 0);
}

#[tokio::test]
async fn everything_of_a_patient_comes_and_nothing_of_another() {
    let server = Server::new();
    let one = server.create(PATIENT).await;
    let two = server.create(PATIENT).await;
    for patient in [&one, &two] {
        let observation = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"subject":{{"reference":"{patient}"}},"effectiveDateTime":"2020-01-02"}}"#
        );
        server.create(&observation).await;
    }
    let all = server
        .get(&format!("/fhir/{one}/$everything"))
        .await
        .is(200);
    assert_eq!(all.json().items_at("entry").len(), 2, "{}", all.text);
    assert!(!all.text.contains(&two));
    let mut seen = Vec::new();
    let mut next = Some(format!("/fhir/{one}/$everything?_count=1"));
    while let Some(path) = next {
        let page = server.get(&path).await.is(200).json();
        let urls = page
            .items_at("entry")
            .iter()
            .map(|e| e.str_at("fullUrl").unwrap().to_owned());
        seen.extend(urls);
        let link = page
            .items_at("link")
            .iter()
            .find(|l| l.str_at("relation") == Some("next"));
        next = link.map(|l| {
            l.str_at("url")
                .unwrap()
                .strip_prefix("http://here")
                .unwrap()
                .to_owned()
        });
    }
    let unique: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), unique.len()), (2, 2), "{seen:?}");
    let later = server
        .get(&format!("/fhir/{one}/$everything?start=2021"))
        .await
        .is(200)
        .json();
    assert_eq!(later.items_at("entry").len(), 1);
    let typed = server
        .get(&format!("/fhir/{one}/$everything?_type=Observation"))
        .await
        .is(200)
        .json();
    assert!(
        typed
            .items_at("entry")
            .iter()
            .any(|e| e.get("resource").unwrap().resource_type() == Some("Observation"))
    );
    let compartment = server
        .get(&format!("/fhir/{one}/Observation"))
        .await
        .is(200)
        .json();
    assert_eq!(compartment.items_at("entry").len(), 1);
}

#[tokio::test]
async fn lastn_gives_the_latest_of_each_code() {
    let server = Server::new();
    let patient = server.create(PATIENT).await;
    for (code, day) in [("a", 1), ("a", 3), ("a", 2), ("b", 1)] {
        let text = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"system":"s","code":"{code}"}}]}},"subject":{{"reference":"{patient}"}},"effectiveDateTime":"2020-01-0{day}"}}"#
        );
        server.create(&text).await;
    }
    let got = server
        .get(&format!("/fhir/Observation/$lastn?subject={patient}"))
        .await
        .is(200)
        .json();
    let dates: Vec<_> = got
        .items_at("entry")
        .iter()
        .map(|e| {
            e.get("resource")
                .unwrap()
                .str_at("effectiveDateTime")
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(dates, ["2020-01-03", "2020-01-01"]);
    let two = server
        .get(&format!("/fhir/Observation/$lastn?subject={patient}&max=2"))
        .await
        .is(200)
        .json();
    assert_eq!(two.items_at("entry").len(), 3);
    server.get("/fhir/Observation/$lastn").await.is(400);
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
        let link = page
            .items_at("link")
            .iter()
            .find(|l| l.str_at("relation") == Some("next"));
        next = link.map(|l| {
            l.str_at("url")
                .unwrap()
                .strip_prefix("http://here")
                .unwrap()
                .to_owned()
        });
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
