//! What apps, exports and subscribers are given of records about substance use (42 CFR part 2).

use aceso_jobs::Exporter;
use http::Method;
use serde_json::{Value, json};

use crate::server::{Answer, ROOT, Server};
use crate::stage::{Stage, name};

const NOTICE: &str = "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";

fn condition(id: &str, patient: &str, code: &str) -> Value {
    json!({"resourceType": "Condition", "id": id, "subject": {"reference": format!("Patient/{patient}")},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]}})
}

fn consent(id: &str, patient: &str) -> Value {
    let purpose = |code: &str| json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": code});
    let purposes: Vec<Value> = ["TREAT", "HPAYMT", "HOPERAT"].map(purpose).into();
    json!({"resourceType": "Consent", "id": id, "status": "active", "patient": {"reference": format!("Patient/{patient}")},
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "urn:aceso:consent", "code": "tpo"}]}], "dateTime": "2026-03-01",
        "organization": [{"display": "Riverside"}],
        "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]},
        "verification": [{"verified": true, "verificationDate": "2026-03-01"}],
        "provision": {"type": "permit",
            "securityLabel": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "ETH"}],
            "purpose": purposes,
            "actor": [{"role": {"text": "recipient"}, "reference": {"display": "my treating providers"}}]}})
}

fn proceedings(id: &str, patient: &str) -> Value {
    let mut one = consent(id, patient);
    one["extension"] =
        json!([{"url": "urn:aceso:consent-proceeding", "valueString": "Circuit court, 26-117"}]);
    one["category"][0]["coding"][0]["code"] = "proceedings".into();
    one["provision"]["purpose"] =
        json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HLEGAL"}]);
    one
}

async fn put(server: &Server, one: &Value) {
    let (kind, id) = (
        one["resourceType"].as_str().unwrap(),
        one["id"].as_str().unwrap(),
    );
    let answer = server.put(&format!("/{kind}/{id}"), one).await;
    assert!(answer.status.is_success(), "{}", answer.text());
}

/// Patient a with a problem of substance use and another one, patient b with the same and no consent ever.
async fn clinic() -> Server {
    let server = Server::under_part2().await;
    for patient in ["a", "b"] {
        put(&server, &json!({"resourceType": "Patient", "id": patient})).await;
        put(
            &server,
            &condition(&format!("use-{patient}"), patient, "F11.20"),
        )
        .await;
        put(
            &server,
            &condition(&format!("other-{patient}"), patient, "I10"),
        )
        .await;
    }
    server
}

async fn set(server: &Server, status: &str) {
    let mut one = consent("k", "a");
    one["status"] = status.into();
    put(server, &one).await;
}

async fn found(server: &Server, path: &str) -> Vec<String> {
    let bundle = server.get(path).await.expect(200, path).json();
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let ids = entries
        .iter()
        .map(|e| e["resource"]["id"].as_str().unwrap().to_owned());
    let mut ids: Vec<String> = ids.collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn s3_apps_are_given_substance_use_only_while_the_patient_consents() {
    let server = clinic().await;
    let sees = async || {
        let read = server.get("/Condition/use-a").await.status.as_u16();
        let listed = found(&server, "/Condition?subject=Patient/a").await;
        let everything = found(&server, "/Patient/a/$everything").await;
        let has = |ids: &[String]| ids.iter().any(|id| id == "use-a");
        assert_eq!(
            (read == 200, has(&listed)),
            (has(&everything), has(&everything))
        );
        assert!(listed.iter().any(|id| id == "other-a"));
        read == 200
    };
    assert!(!sees().await, "no consent");
    for (status, expected) in [
        ("active", true),
        ("inactive", false),
        ("active", true),
        ("entered-in-error", false),
    ] {
        set(&server, status).await;
        assert_eq!(sees().await, expected, "{status}");
    }
    let mut over = consent("k2", "a");
    over["provision"]["period"] = json!({"end": "2025-12-31"});
    put(&server, &over).await;
    assert!(!sees().await, "its day has passed");
    put(&server, &proceedings("l", "a")).await;
    assert!(!sees().await, "for proceedings alone");
    server
        .get("/Condition/use-b")
        .await
        .expect(404, "another patient's");
    // The patient's own app is given the patient's own, without any consent.
    let own = server.client("patient/*.rs", Some("a")).await;
    let ask = |path: &str| server.ask(Method::GET, path).token(&own);
    ask("/Condition/use-a")
        .send()
        .await
        .expect(200, "their own");
    ask("/Condition/use-b")
        .send()
        .await
        .expect(404, "not theirs");
}

/// That a Consent is refused, and why.
fn check_refused(answer: Answer) {
    let outcome = answer
        .expect(422, "a consent for proceedings and more")
        .json();
    let issue = &outcome["issue"][0];
    assert!(
        issue["diagnostics"]
            .as_str()
            .unwrap()
            .contains("42 CFR 2.31(d)"),
        "{outcome}"
    );
    assert!(
        issue["expression"][0]
            .as_str()
            .unwrap()
            .starts_with("Consent."),
        "{outcome}"
    );
}

#[tokio::test]
async fn s3_a_consent_for_proceedings_combined_with_anything_else_is_refused_by_every_way_in() {
    let server = clinic().await;
    let mut mixed = proceedings("m", "a");
    mixed["provision"]["purpose"] = json!([
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HLEGAL"},
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "TREAT"}]);
    check_refused(server.put("/Consent/m", &mixed).await);
    check_refused(server.post("/Consent", &mixed).await);
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": mixed, "request": {"method": "PUT", "url": "Consent/m"}}]});
    let refused = server.post("", &bundle).await;
    assert!(
        refused.text().contains("42 CFR 2.31(d)"),
        "{}",
        refused.text()
    );
    set(&server, "active").await;
    let patch = json!([{"op": "add", "path": "/provision/purpose/-",
        "value": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HLEGAL"}}]);
    let ask = server.ask(Method::PATCH, "/Consent/k");
    let refused = ask
        .body("application/json-patch+json", patch.to_string())
        .send()
        .await;
    assert!(
        refused.text().contains("42 CFR 2.31(d)"),
        "{}",
        refused.text()
    );
    let mut unnamed = proceedings("m", "a");
    unnamed.as_object_mut().unwrap().remove("extension");
    let refused = server
        .put("/Consent/m", &unnamed)
        .await
        .expect(400, "which proceeding?");
    assert!(
        refused.text().contains("names the proceeding"),
        "{}",
        refused.text()
    );
    server
        .put("/Consent/m", &proceedings("m", "a"))
        .await
        .expect(201, "by itself");
}

fn codes(meta: &Value) -> Vec<&str> {
    let all = meta["security"].as_array().into_iter().flatten();
    all.filter_map(|c| c["code"].as_str()).collect()
}

/// That a resource or a Bundle bears what goes with it.
fn check_marked(one: &Value, consent: Option<&str>) {
    let codes = codes(&one["meta"]);
    for code in ["42CFRPart2", "NORDSCLCD", "PERSISTLABEL"] {
        assert!(codes.contains(&code), "{code}: {one}");
    }
    let said = one["meta"]["extension"].to_string();
    assert!(said.contains(NOTICE), "{said}");
    match consent {
        Some(consent) => {
            assert!(said.contains(consent), "{said}");
            assert!(
                said.contains("treatment, payment, health care operations"),
                "{said}"
            );
        }
        None => assert!(!said.contains("Consent/"), "{said}"),
    }
}

#[tokio::test]
async fn s4_each_answer_about_substance_use_bears_labels_notice_and_scope_and_no_other_does() {
    let server = clinic().await;
    set(&server, "active").await;
    set(&server, "active").await;
    let on = Some("Consent/k/_history/2");
    for path in [
        "/Condition/use-a",
        "/Condition/use-a/_history/1",
        "/Condition/use-a?_elements=code",
    ] {
        let one = server.get(path).await.expect(200, path).json();
        check_marked(&one, on);
    }
    for path in [
        "/Condition?subject=Patient/a",
        "/Condition/_history",
        "/Condition/use-a/_history",
        "/Patient/a/$everything",
        "/Patient?_id=a&_revinclude=Condition:subject",
    ] {
        let bundle = server.get(path).await.expect(200, path).json();
        check_marked(&bundle, on);
        assert!(
            codes(&bundle["meta"]).contains(&"R"),
            "the high-water mark: {path}"
        );
        for entry in bundle["entry"].as_array().unwrap() {
            let one = &entry["resource"];
            match one["id"].as_str() {
                Some("use-a") => check_marked(one, on),
                _ => assert!(!one.to_string().contains(NOTICE), "{one}"),
            }
        }
    }
    let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "GET", "url": "Condition/use-a"}}, {"request": {"method": "GET", "url": "Patient/a"}}]});
    let answers = server.post("", &batch).await.expect(200, "a batch").json();
    check_marked(&answers, on);
    let plain = server
        .get("/Condition?subject=Patient/a&code=I10")
        .await
        .json();
    assert!(
        plain["meta"]["security"].is_null() && !plain.to_string().contains(NOTICE),
        "{plain}"
    );
    let own = server.client("patient/*.rs", Some("a")).await;
    let own = server
        .ask(Method::GET, "/Condition/use-a")
        .token(&own)
        .send()
        .await;
    check_marked(&own.expect(200, "the patient's own").json(), None);
    let xml = server
        .ask(Method::GET, "/Condition/use-a")
        .header("accept", "application/fhir+xml");
    assert!(xml.send().await.expect(200, "XML").text().contains(NOTICE));
}

#[tokio::test]
async fn s3_s4_a_bulk_export_bears_notice_and_labels_and_has_nothing_after_revocation() {
    let server = clinic().await;
    set(&server, "active").await;
    let ask = |path: &str| {
        let ask = server.ask(Method::GET, path);
        ask.header("prefer", "respond-async")
    };
    let begun = ask("/$export?_type=Condition")
        .send()
        .await
        .expect(202, "kick-off");
    let below = |url: &str| {
        url.strip_prefix(&format!("{ROOT}/fhir"))
            .unwrap()
            .to_owned()
    };
    let place = below(begun.header("content-location"));
    Exporter::new(server.store.clone())
        .unwrap()
        .round()
        .await
        .unwrap();
    let manifest = ask(&place).send().await.expect(200, "status").json();
    assert_eq!(
        manifest["extension"]["urn:aceso:disclosure"]["notice"], NOTICE,
        "{manifest}"
    );
    let file = below(manifest["output"][0]["url"].as_str().unwrap());
    let lines = async || {
        let answer = ask(&file).send().await.expect(200, "file");
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        let all = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        all.collect::<Vec<_>>()
    };
    let before = lines().await;
    assert_eq!(before.len(), 3, "patient b did not consent");
    for one in &before {
        match one["id"].as_str() {
            Some("use-a") => check_marked(one, Some("Consent/k/_history/1")),
            _ => assert!(!one.to_string().contains(NOTICE), "{one}"),
        }
    }
    set(&server, "inactive").await;
    let after = lines().await;
    assert!(after.iter().all(|one| one["id"] != "use-a"), "{after:?}");
    // What left stays in the accounting of disclosures, with the version of the consent that it rested on.
    let events = server.get("/AuditEvent?patient=Patient/a&_count=200").await;
    let events = events.expect(200, "the log").json();
    let rested = |event: &&Value| event.to_string().contains("\"Consent/k/_history/1\"");
    let count = events["entry"]
        .as_array()
        .unwrap()
        .iter()
        .filter(rested)
        .count();
    assert!(count > 0, "{events}");
}

#[tokio::test]
async fn s4_what_an_app_writes_back_is_kept_without_the_notice_and_keeps_its_label() {
    let server = clinic().await;
    set(&server, "active").await;
    let mut one = server.get("/Condition/use-a").await.json();
    one["code"]["text"] = "Opioid dependence".into();
    let answer = server
        .put("/Condition/use-a", &one)
        .await
        .expect(200, "an update")
        .json();
    check_marked(&answer, Some("Consent/k/_history/1"));
    let again = server.get("/Condition/use-a").await.json();
    let notices = again["meta"]["extension"].as_array().unwrap();
    assert_eq!(notices.len(), 1, "{again}");
}

#[test]
fn s3_s4_an_export_for_somebody_outside_holds_what_the_patient_lets_leave() {
    let stage = Stage::new();
    let config = stage.file("program.toml", "[record]\npart2 = true\n");
    let config = ["--config", name(&config)];
    let entries = [
        json!({"resourceType": "Patient", "id": "a"}),
        condition("use-a", "a", "F11.20"),
        condition("other-a", "a", "I10"),
        consent("k", "a"),
    ];
    let entries: Vec<Value> = entries
        .into_iter()
        .map(|r| json!({"resource": r}))
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    let file = stage.file("clinic.json", bundle.to_string());
    stage.expect(&[&["import"], &config[..], &[name(&file)]].concat(), 0);
    let export = |out: &str, reason: &[&str]| {
        let out = stage.dir.join(out);
        let manifest = stage.json(
            &[&["export"], &config[..], reason, &[name(&out)]].concat(),
            0,
        );
        let conditions = std::fs::read_to_string(out.join("Condition.ndjson")).unwrap();
        (manifest, conditions)
    };
    let (own, conditions) = export("own", &[]);
    assert_eq!(
        (own["notice"].is_null(), conditions.lines().count()),
        (true, 2)
    );
    let (manifest, conditions) = export("treatment", &["--for", "treatment"]);
    assert_eq!(manifest["notice"], NOTICE);
    assert_eq!(manifest["purpose"], "TREAT");
    assert!(conditions.contains("Consent/k/_history/1"), "{conditions}");
    let (manifest, conditions) = export("court", &["--for", "legal"]);
    assert!(
        manifest["notice"].is_null(),
        "with a consent for treatment alone"
    );
    assert!(!conditions.contains("use-a") && conditions.contains("other-a"));
    let (_, conditions) = export("patient", &["--for", "patient"]);
    assert!(conditions.contains("use-a") && conditions.contains("The patient asked for it"));
}
