//! What a role does not see of what it reads (P3): by every way in, and past every way round.

use aceso_policy::{ApiClient, Caller, Grid, Origin, Purpose, Role, Scopes};
use aceso_store::{HistoryQuery, NewRole, ReadError, RoleForm, Store, Stored, WriteError};
use serde_json::{Value, json};

use super::kit::{Clinic, caller, person, query, search, value};

const SSN: &str = "http://hl7.org/fhir/sid/us-ssn";
const NUMBER: &str = "123-45-6789";

fn ann() -> Value {
    json!({"resourceType":"Patient","id":"ann","name":[{"family":"Berg"}],"photo":[{"url":"http://pictures.example/ann"}],
        "text":{"status":"generated","div":format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{NUMBER}</div>")},
        "identifier":[{"system":SSN,"value":NUMBER},{"system":"urn:mrn","value":"7"}]})
}

async fn clinic() -> Clinic {
    let clinic = Clinic::new();
    let visit = json!({"resourceType":"Appointment","id":"visit","status":"booked","start":"2026-03-05T09:00:00Z",
        "end":"2026-03-05T09:30:00Z","participant":[{"actor":{"reference":"Patient/ann"},"status":"accepted"},
        {"actor":{"identifier":{"system":SSN,"value":NUMBER}},"status":"accepted"}]});
    clinic.put(&[ann(), visit]).await;
    clinic
}

fn desk() -> Caller {
    caller(person(&["front-desk"], "Practitioner/x", &[]))
}

/// An app that the desk's person lets act for them.
fn app() -> Caller {
    let client = ApiClient {
        id: "app".into(),
        scopes: Scopes::parse("user/*.cruds").unwrap(),
        patient: None,
        person: Some(person(&["front-desk"], "Practitioner/x", &[]).into()),
    };
    Caller::client(client.into(), Origin::default())
}

fn check_hidden(way: &str, shown: &[Stored]) {
    assert!(!shown.is_empty(), "{way} shows something");
    for one in shown {
        let text = std::str::from_utf8(&one.body).unwrap();
        assert!(!text.contains(NUMBER), "{way}: {text}");
        assert!(text.contains("SUBSETTED"), "{way}: {text}");
    }
}

async fn check_every_way(store: &Store, caller: &Caller) {
    let reading = store.read(caller, Purpose::Treatment);
    let read = reading.fetch("Patient", "ann").await.unwrap();
    assert!(std::str::from_utf8(&read.body).unwrap().contains("urn:mrn"));
    check_hidden("read", &[read]);
    let version = reading.fetch_version("Patient", "ann", 1).await.unwrap();
    check_hidden("vread", &[version]);
    let versions = reading.versions("Patient", vec![("ann".into(), 1)]).await;
    check_hidden("versions", &versions.unwrap());
    for (kind, id) in [
        (Some("Patient"), Some("ann".to_owned())),
        (Some("Patient"), None),
    ] {
        let history = HistoryQuery {
            kind,
            id,
            count: 10,
            ..HistoryQuery::default()
        };
        check_hidden("history", &reading.history(history).await.unwrap().versions);
    }
    for text in [
        "name=Berg",
        "identifier=7",
        "identifier=urn:mrn|7",
        "_elements=identifier",
    ] {
        let page = reading.search(query(Some("Patient"), text)).await.unwrap();
        check_hidden(text, &page.matches);
    }
    let text = "_include=Appointment:patient";
    let page = reading
        .search(query(Some("Appointment"), text))
        .await
        .unwrap();
    check_hidden(text, &page.matches);
    check_hidden(text, &page.included);
    let pages = reading
        .search_many(vec![query(Some("Patient"), "name=Berg")])
        .await;
    check_hidden("search_many", &pages.unwrap().remove(0).unwrap().matches);
    let mut tx = store.write(caller, Purpose::Treatment);
    check_hidden(
        "current",
        &[tx.current("Patient", "ann").await.unwrap().unwrap()],
    );
    let found = tx.matches(&query(Some("Patient"), "name=Berg")).await;
    check_hidden("conditional", &found.unwrap());
}

#[tokio::test]
async fn p3_asvs_8_2_3_what_a_role_does_not_see_is_in_nothing_that_it_is_shown() {
    let clinic = clinic().await;
    check_every_way(&clinic.store, &desk()).await;
    check_every_way(&clinic.store, &app()).await;
    let both = caller(person(&["front-desk", "clinician"], "Practitioner/x", &[]));
    check_every_way(&clinic.store, &both).await;
    let doctor = caller(person(&["clinician"], "Practitioner/x", &[]));
    let reading = clinic.store.read(&doctor, Purpose::Treatment);
    let whole = reading.fetch("Patient", "ann").await.unwrap();
    assert!(std::str::from_utf8(&whole.body).unwrap().contains(NUMBER));
}

#[tokio::test]
async fn p3_what_a_role_does_not_see_it_cannot_search_for() {
    let clinic = clinic().await;
    let store = &clinic.store;
    for (kind, text) in [
        ("Patient", format!("identifier={SSN}|{NUMBER}")),
        ("Patient", format!("identifier={SSN}|")),
        ("Patient", format!("_content={NUMBER}")),
        ("Patient", format!("_text={NUMBER}")),
        ("Appointment", format!("patient.identifier={SSN}|{NUMBER}")),
        ("Appointment", format!("actor:identifier={SSN}|{NUMBER}")),
    ] {
        let asked = query(Some(kind), &text);
        for caller in [desk(), app()] {
            let told = store
                .read(&caller, Purpose::Treatment)
                .search(asked.clone())
                .await;
            assert!(matches!(told, Err(ReadError::BadQuery(_))), "{kind}?{text}");
            let mut tx = store.write(&caller, Purpose::Treatment);
            let told = tx.matches(&asked).await;
            assert!(
                matches!(told, Err(WriteError::BadQuery(_))),
                "if-none-exist {text}"
            );
        }
        let doctor = caller(person(&["clinician"], "Practitioner/x", &[]));
        let (found, _, _) = search(store, &doctor, Some(kind), &text).await;
        assert!(
            text.ends_with('|') || !found.is_empty() || text.starts_with("_text"),
            "{text}"
        );
    }
    for text in [
        format!("identifier={NUMBER}"),
        format!("identifier:not=urn:mrn|7&identifier={NUMBER}"),
        format!("_has:Appointment:actor:patient.identifier={NUMBER}"),
    ] {
        let asked = aceso_fhir::search::parse(
            Some("Patient"),
            &text,
            &aceso_fhir::search::Options::default(),
        );
        let Ok(asked) = asked else { continue };
        let told = store.read(&desk(), Purpose::Treatment).search(asked).await;
        assert!(told.is_err() || told.unwrap().matches.is_empty(), "{text}");
    }
    // Whoever tried is in the log.
    let denied = format!("identifier={SSN}");
    let page = store
        .audit(
            &Caller::operator(),
            aceso_store::AuditQuery {
                count: 100,
                ..Default::default()
            },
            aceso_store::AuditUse::View,
        )
        .await
        .unwrap();
    assert!(page.lines.iter().any(|l| {
        l.said.outcome == aceso_store::AuditOutcome::Denied
            && l.said
                .detail
                .replace("%3A", ":")
                .replace("%2F", "/")
                .contains(&denied)
    }));
}

#[tokio::test]
async fn p3_asvs_15_3_3_what_a_role_does_not_see_it_neither_loses_nor_changes() {
    let clinic = clinic().await;
    let store = &clinic.store;
    let reading = store.read(&desk(), Purpose::Treatment);
    let seen = reading.fetch("Patient", "ann").await.unwrap();
    let mut seen: Value = serde_json::from_slice(&seen.body).unwrap();
    seen["name"][0]["family"] = json!("Moe");
    let mut tx = store.write(&desk(), Purpose::Treatment);
    let shown = tx.update("ann", value(&seen), Some(1)).await.unwrap();
    check_hidden("the answer", &[shown]);
    tx.commit().await.unwrap();
    let whole = store
        .read(&Caller::operator(), Purpose::Treatment)
        .fetch("Patient", "ann")
        .await
        .unwrap();
    let whole: Value = serde_json::from_slice(&whole.body).unwrap();
    assert_eq!(whole["name"][0]["family"], "Moe");
    let identifiers = whole["identifier"].as_array().unwrap();
    assert_eq!(identifiers.len(), 2);
    assert!(identifiers.iter().any(|i| i["value"] == NUMBER));
    assert!(!whole.to_string().contains("SUBSETTED"));
    for guess in [NUMBER, "000-00-0000"] {
        let mut guessed = seen.clone();
        guessed["identifier"] = json!([{"system": SSN, "value": guess}]);
        let mut tx = store.write(&desk(), Purpose::Treatment);
        let told = tx.update("ann", value(&guessed), None).await;
        assert!(matches!(told, Err(WriteError::BadQuery(_))), "{guess}");
    }
    // Whoever registers a patient knows what they were told.
    let mut new = ann();
    new.as_object_mut().unwrap().remove("id");
    let mut tx = store.write(&desk(), Purpose::Treatment);
    check_hidden(
        "created",
        &[tx.create(&store.new_id(), value(&new)).unwrap()],
    );
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn p3_a_clinics_own_role_hides_elements_as_its_editor_says() {
    let clinic = clinic().await;
    let store = &clinic.store;
    let text = "demographics: read search update\nhides: Patient.photo Patient.name\n";
    Grid::parse(text).unwrap();
    let greeter = NewRole {
        role: Role::parse("greeter").unwrap(),
        title: "Greeter".into(),
        form: RoleForm::Grid(text.into()),
        version: None,
    };
    store.set_role(&Caller::operator(), greeter).await.unwrap();
    let greeter = caller(person(&["greeter"], "Practitioner/x", &[]));
    let reading = store.read(&greeter, Purpose::Treatment);
    let read = reading.fetch("Patient", "ann").await.unwrap();
    let text = std::str::from_utf8(&read.body).unwrap();
    assert!(
        !text.contains("Berg") && !text.contains("pictures") && text.contains("urn:mrn"),
        "{text}"
    );
    for text in ["name=Berg", "family=Berg", "_sort=family", "phonetic=Berg"] {
        let told = reading.search(query(Some("Patient"), text)).await;
        assert!(matches!(told, Err(ReadError::BadQuery(_))), "{text}");
    }
}
