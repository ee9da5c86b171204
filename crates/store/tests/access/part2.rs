//! What leaves the clinic about substance use, and what does not (42 CFR part 2).

use std::sync::Arc;

use aceso_policy::{ApiClient, Caller, Origin, Purpose, Scopes};
use aceso_store::{AuditQuery, AuditUse, BreakReason, Ground, HistoryQuery, NewBreak, Stored};
use serde_json::{Value, json};

use super::kit::{Clinic, HOUR, caller, person, query, value};

/// A program that acts for nobody.
fn program() -> Caller {
    app("bulk", None)
}

fn app(id: &str, patient: Option<&str>) -> Caller {
    let client = ApiClient {
        id: id.into(),
        scopes: Scopes::parse(if patient.is_some() {
            "patient/*.rs"
        } else {
            "system/*.cruds"
        })
        .unwrap(),
        patient: patient.map(str::to_owned),
        person: None,
    };
    Caller::client(Arc::new(client), Origin::default())
}

fn doctor() -> Caller {
    caller(person(&["clinician"], "Practitioner/d", &[]))
}

fn consent(patient: &str) -> Value {
    json!({"resourceType":"Consent","id":format!("k-{patient}"),"status":"active","patient":{"reference":format!("Patient/{patient}")},
        "scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"privacy"}],"dateTime":"2026-03-01",
        "organization":[{"display":"Clinic"}],"policyRule":{"coding":[{"code":"42CFRPart2"}]},"verification":[{"verified":true}],
        "provision":{"type":"permit","securityLabel":[{"code":"ETH"}],
        "purpose":[{"code":"TREAT"},{"code":"HPAYMT"},{"code":"HOPERAT"}],
        "actor":[{"role":{"text":"recipient"},"reference":{"display":"my treating providers"}}]}})
}

fn legal(patient: &str) -> Value {
    let mut one = consent(patient);
    one["id"] = format!("l-{patient}").into();
    one["extension"] =
        json!([{"url":"urn:aceso:consent-proceeding","valueString":"Circuit court, 26-117"}]);
    one["category"] = json!([{"coding":[{"system":"urn:aceso:consent","code":"proceedings"}]}]);
    one["provision"]["purpose"] = json!([{"code":"HLEGAL"}]);
    one
}

async fn clinic() -> Clinic {
    let clinic = Clinic::new();
    let condition = |id: &str, patients: &[&str], code: &str| {
        json!({"resourceType":"Condition","id":id,"subject":{"reference":format!("Patient/{}", patients[0])},
            "code":{"coding":[{"system":"http://snomed.info/sct","code":code}]}})
    };
    let both = json!({"resourceType":"Appointment","id":"both","status":"booked","meta":{"security":[{"code":"ETH"}]},
        "start":"2026-03-05T09:00:00Z","end":"2026-03-05T09:30:00Z","participant":[
        {"actor":{"reference":"Patient/a"},"status":"accepted"},{"actor":{"reference":"Patient/b"},"status":"accepted"}]});
    clinic
        .put(&[
            json!({"resourceType":"Practitioner","id":"d"}),
            json!({"resourceType":"Device","id":"hospital"}),
            json!({"resourceType":"Patient","id":"a","generalPractitioner":[{"reference":"Practitioner/d"}]}),
            json!({"resourceType":"Patient","id":"b","generalPractitioner":[{"reference":"Practitioner/d"}]}),
            condition("use", &["a"], "6525002"),
            condition("other", &["a"], "38341003"),
            both,
        ])
        .await;
    clinic
}

/// What is read on its way out; by whoever it is an app is always outside.
async fn out(clinic: &Clinic, caller: &Caller, purpose: Purpose, id: &str) -> Option<Stored> {
    let kind = if id == "both" {
        "Appointment"
    } else {
        "Condition"
    };
    let reading = clinic.store.read_out(caller, purpose);
    reading.fetch(kind, id).await.ok()
}

async fn within(clinic: &Clinic, caller: &Caller, id: &str) -> Option<Stored> {
    let reading = clinic.store.read(caller, Purpose::Treatment);
    reading.fetch("Condition", id).await.ok()
}

fn ground(stored: Option<&Stored>) -> Option<&Ground> {
    stored?.release.as_ref().map(|r| &r.ground)
}

#[tokio::test]
async fn s3_without_consent_nothing_about_substance_use_leaves_and_within_nothing_changes() {
    let clinic = clinic().await;
    assert!(within(&clinic, &doctor(), "use").await.is_some());
    for caller in [program(), doctor(), Caller::operator()] {
        let who = caller.name();
        for purpose in [
            Purpose::Treatment,
            Purpose::Payment,
            Purpose::Operations,
            Purpose::Legal,
            Purpose::Emergency,
        ] {
            assert!(
                out(&clinic, &caller, purpose, "use").await.is_none(),
                "{who} {purpose:?}"
            );
            let other = out(&clinic, &caller, purpose, "other").await.unwrap();
            assert!(other.release.is_none(), "{who}");
        }
    }
    let reading = clinic.store.read(&program(), Purpose::Treatment);
    let page = reading
        .search(query(Some("Condition"), "_total=accurate"))
        .await
        .unwrap();
    assert_eq!(
        (page.total, page.matches.len()),
        (Some(1), 1),
        "a count tells nothing"
    );
    let found = reading
        .search(query(
            Some("Patient"),
            "_has:Condition:subject:code=6525002",
        ))
        .await
        .unwrap();
    assert!(
        found.matches.is_empty(),
        "nor does a condition on something else"
    );
}

#[tokio::test]
async fn s3_one_consent_lets_leave_for_treatment_payment_and_operations_and_for_no_proceedings() {
    let clinic = clinic().await;
    clinic.put(&[consent("a")]).await;
    for caller in [program(), doctor()] {
        for purpose in [Purpose::Treatment, Purpose::Payment, Purpose::Operations] {
            let stored = out(&clinic, &caller, purpose, "use").await;
            let Some(Ground::Consents(on)) = ground(stored.as_ref()) else {
                panic!("{purpose:?}")
            };
            assert_eq!((on[0].id.as_str(), on[0].version), ("k-a", 1));
        }
        assert!(out(&clinic, &caller, Purpose::Legal, "use").await.is_none());
    }
    clinic.put(&[legal("a")]).await;
    let stored = out(&clinic, &doctor(), Purpose::Legal, "use").await;
    let Some(Ground::Consents(on)) = ground(stored.as_ref()) else {
        panic!("with its own consent it leaves for proceedings")
    };
    assert_eq!(
        on[0].agreement.proceeding.as_deref(),
        Some("Circuit court, 26-117")
    );
    let mut taken_back = consent("a");
    taken_back["status"] = "inactive".into();
    clinic.put(&[taken_back]).await;
    assert!(
        out(&clinic, &doctor(), Purpose::Treatment, "use")
            .await
            .is_none()
    );
    assert!(
        out(&clinic, &doctor(), Purpose::Legal, "use")
            .await
            .is_some()
    );
}

#[tokio::test]
async fn s3_a_consent_ends_with_its_day_its_status_and_its_recipient() {
    let clinic = clinic().await;
    let leaves = async |caller: &Caller| {
        let leaves = out(&clinic, caller, Purpose::Treatment, "use")
            .await
            .is_some();
        let query = query(Some("Condition"), "code=6525002");
        let reading = clinic.store.read_out(caller, Purpose::Treatment);
        let listed = reading.search(query).await.unwrap().matches.len() == 1;
        assert_eq!(leaves, listed, "a listing follows");
        leaves
    };
    for (status, expected) in [
        ("draft", false),
        ("active", true),
        ("entered-in-error", false),
        ("active", true),
        ("inactive", false),
    ] {
        let mut one = consent("a");
        one["status"] = status.into();
        clinic.put(&[one]).await;
        assert_eq!(leaves(&program()).await, expected, "{status}");
    }
    let mut named = consent("a");
    named["provision"]["actor"][0]["reference"] = json!({"reference":"Device/hospital"});
    clinic.put(&[named]).await;
    assert!(!leaves(&program()).await);
    assert!(leaves(&app("hospital", None)).await);
    assert!(
        !leaves(&doctor()).await,
        "a paper is for whom words designate"
    );
    let mut until = consent("a");
    until["provision"]["period"] = json!({"end":"2026-03-05"});
    clinic.put(&[until]).await;
    assert!(leaves(&program()).await);
    clinic.clock.advance_millis(48 * HOUR);
    assert!(!leaves(&program()).await);
}

#[tokio::test]
async fn s3_what_is_about_two_patients_leaves_when_both_consent() {
    let clinic = clinic().await;
    assert!(
        out(&clinic, &program(), Purpose::Treatment, "both")
            .await
            .is_none()
    );
    clinic.put(&[consent("a")]).await;
    assert!(
        out(&clinic, &program(), Purpose::Treatment, "both")
            .await
            .is_none()
    );
    clinic.put(&[consent("b")]).await;
    let stored = out(&clinic, &program(), Purpose::Treatment, "both").await;
    let Some(Ground::Consents(on)) = ground(stored.as_ref()) else {
        panic!("both consented")
    };
    assert_eq!(on.len(), 2);
}

#[tokio::test]
async fn s3_the_patient_is_given_their_own_and_an_emergency_opens_it_without_consent() {
    let clinic = clinic().await;
    let own = app("phone", Some("a"));
    let reading = clinic.store.read(&own, Purpose::PatientRequest);
    let stored = reading.fetch("Condition", "use").await.unwrap();
    assert_eq!(ground(Some(&stored)), Some(&Ground::PatientRequest));
    let paper = out(&clinic, &doctor(), Purpose::PatientRequest, "use").await;
    assert_eq!(ground(paper.as_ref()), Some(&Ground::PatientRequest));
    // That an app says so of itself is no request of the patient's.
    let asks = out(&clinic, &program(), Purpose::PatientRequest, "use").await;
    assert!(asks.is_none());
    let new = NewBreak {
        patient: "a".into(),
        reason: BreakReason::Emergency,
        detail: "found unconscious in the waiting room".into(),
        minutes: None,
    };
    clinic.store.break_glass(&doctor(), new).await.unwrap();
    let paper = out(&clinic, &doctor(), Purpose::Treatment, "use").await;
    assert_eq!(ground(paper.as_ref()), Some(&Ground::Emergency));
    assert!(
        out(&clinic, &doctor(), Purpose::Legal, "use")
            .await
            .is_none()
    );
    assert!(
        out(&clinic, &program(), Purpose::Treatment, "use")
            .await
            .is_none()
    );
}

#[tokio::test]
async fn s3_i7_a_consent_taken_back_stops_what_comes_and_leaves_what_left_in_the_log() {
    let clinic = clinic().await;
    clinic.put(&[consent("a")]).await;
    assert!(
        out(&clinic, &program(), Purpose::Treatment, "use")
            .await
            .is_some()
    );
    clinic
        .store
        .note_print(
            &doctor(),
            Purpose::Treatment,
            "a",
            &["Consent/k-a/1".to_owned()],
        )
        .await
        .unwrap();
    let mut back = consent("a");
    back["status"] = "inactive".into();
    clinic.put(&[back]).await;
    assert!(
        out(&clinic, &program(), Purpose::Treatment, "use")
            .await
            .is_none()
    );
    let reading = clinic.store.read(&program(), Purpose::Treatment);
    assert!(reading.fetch_version("Condition", "use", 1).await.is_err());
    let asked = AuditQuery {
        patient: Some("a".to_owned()),
        count: 100,
        ..AuditQuery::default()
    };
    let operator = Caller::operator();
    let log = clinic
        .store
        .audit(&operator, asked, AuditUse::View)
        .await
        .unwrap();
    let rested = |who: &str| {
        let of = log.lines.iter().filter(|l| l.said.who.starts_with(who));
        of.filter(|l| l.said.rests == ["Consent/k-a/1"]).count()
    };
    assert_eq!(rested("client/bulk"), 1, "the version that it rested on");
    assert_eq!(rested("person/"), 1);
}

#[tokio::test]
async fn s4_what_leaves_bears_its_labels_the_notice_and_the_scope_however_it_is_read() {
    let clinic = clinic().await;
    clinic.put(&[consent("a")]).await;
    let reading = clinic.store.read(&program(), Purpose::Treatment);
    let fetched = reading.fetch("Condition", "use").await.unwrap();
    let version = reading.fetch_version("Condition", "use", 1).await.unwrap();
    let found = reading
        .search(query(Some("Condition"), "code=6525002"))
        .await
        .unwrap();
    let along = query(Some("Patient"), "_id=a&_revinclude=Condition:subject");
    let along = reading.search(along).await.unwrap();
    let history = HistoryQuery {
        kind: Some("Condition"),
        count: 10,
        ..HistoryQuery::default()
    };
    let history = reading.history(history).await.unwrap();
    let versions = vec![("use".to_owned(), 1)];
    let listed = reading.versions("Condition", versions).await.unwrap();
    let is = |s: &&Stored| s.id == "use";
    for stored in [
        Some(&fetched),
        Some(&version),
        found.matches.first(),
        along.included.iter().find(is),
        history.versions.iter().find(is),
        listed.first(),
    ] {
        let stored = stored.expect("it is there in every way");
        let text = String::from_utf8(stored.body.to_vec()).unwrap();
        for said in [
            "42CFRPart2",
            "NORDSCLCD",
            "42 CFR part 2 prohibits unauthorized use or disclosure of these records.",
            "Consent/k-a/_history/1",
            "treatment, payment, health care operations",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
    let inside = within(&clinic, &doctor(), "use").await.unwrap();
    assert!(!String::from_utf8_lossy(&inside.body).contains("42CFRPart2"));
    // What an app sends back is stored without the notice, and its answer bears it.
    let sent: Value = serde_json::from_slice(&fetched.body).unwrap();
    let mut tx = clinic.store.write(&program(), Purpose::Treatment);
    let answer = tx.update("use", value(&sent), None).await.unwrap();
    tx.commit().await.unwrap();
    assert!(String::from_utf8_lossy(&answer.body).contains("prohibits unauthorized"));
    let stored = within(&clinic, &doctor(), "use").await.unwrap();
    assert!(!String::from_utf8_lossy(&stored.body).contains("prohibits unauthorized"));
}
