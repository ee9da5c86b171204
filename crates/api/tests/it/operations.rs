//! Operations and the CapabilityStatement.

use aceso_fhir::Value;

use crate::kit::{Server, next_page};
use crate::rest::PATIENT;

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
async fn g15_g20_everything_of_a_patient_comes_and_nothing_of_another() {
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
        next = next_page(&page);
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
