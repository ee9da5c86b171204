//! Ways round the guards, each of them shut.

use aceso_policy::{Caller, Purpose};
use aceso_store::{ReadError, WriteError};
use serde_json::{Value, json};

use super::kit::{Clinic, HOUR, caller, creates, person, query, reads, search, value};

async fn clinic() -> Clinic {
    let clinic = Clinic::new();
    let observation = |id: &str, patient: &str| json!({"resourceType":"Observation","id":id,"status":"final","code":{"text":"x"},"subject":{"reference":format!("Patient/{patient}")}});
    let team = json!({"resourceType":"CareTeam","id":"t","status":"active","subject":{"reference":"Patient/a"},
        "participant":[{"member":{"reference":"Practitioner/d"}}]});
    clinic
        .put(&[
            json!({"resourceType":"Practitioner","id":"d"}),
            json!({"resourceType":"Patient","id":"a"}),
            json!({"resourceType":"Patient","id":"b"}),
            observation("oa", "a"),
            observation("ob", "b"),
            team,
        ])
        .await;
    clinic
}

fn observation(patient: &str) -> Value {
    json!({"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":format!("Patient/{patient}")}})
}

fn doctor() -> Caller {
    caller(person(&["clinician"], "Practitioner/d", &[]))
}

#[tokio::test]
async fn nobody_opens_a_chart_by_writing_that_they_treat_the_patient() {
    let clinic = clinic().await;
    let visit = |patient: &str| {
        json!({"resourceType":"Appointment","status":"booked","start":"2026-03-05T09:00:00Z","end":"2026-03-05T09:30:00Z",
            "participant":[{"actor":{"reference":format!("Patient/{patient}")},"status":"accepted"},
            {"actor":{"reference":"Practitioner/d"},"status":"accepted"}]})
    };
    let both = caller(person(&["clinician", "nurse"], "Practitioner/d", &[]));
    assert!(matches!(
        creates(&clinic.store, &both, &visit("b")).await,
        Err(WriteError::Forbidden)
    ));
    assert!(!reads(&clinic.store, &both, "Observation", "ob").await);
    creates(&clinic.store, &both, &visit("a")).await.unwrap();
    let desk = caller(person(&["front-desk"], "Practitioner/x", &[]));
    creates(&clinic.store, &desk, &visit("b")).await.unwrap();
    assert!(reads(&clinic.store, &both, "Observation", "ob").await);
}

#[tokio::test]
async fn p1_an_update_moves_nothing_out_of_or_into_reach() {
    let clinic = clinic().await;
    let doctor = doctor();
    let mut tx = clinic.store.write(&doctor, Purpose::Treatment);
    let stolen = tx.update("ob", value(&observation("a")), None).await;
    assert!(matches!(stolen, Err(WriteError::Unknown)));
    let mut tx = clinic.store.write(&doctor, Purpose::Treatment);
    tx.update("oa", value(&observation("b")), None)
        .await
        .unwrap();
    assert!(matches!(tx.commit().await, Err(WriteError::Forbidden)));
    let mut tx = clinic.store.write(&doctor, Purpose::Treatment);
    let mut note = observation("a");
    note["meta"] = json!({"security":[{"code":"PSYTHPN"}]});
    tx.update("oa", value(&note), None).await.unwrap();
    assert!(matches!(tx.commit().await, Err(WriteError::Forbidden)));
    let mut tx = clinic.store.write(&doctor, Purpose::Treatment);
    tx.update("oa", value(&observation("a")), None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn p1_a_reference_does_not_tell_what_there_is() {
    let clinic = clinic().await;
    let doctor = doctor();
    let naming = |reference: &str| {
        let mut one = observation("a");
        one["derivedFrom"] = json!([{"reference": reference}]);
        one
    };
    for reference in ["Observation/ob", "Observation/none"] {
        let refused = creates(&clinic.store, &doctor, &naming(reference)).await;
        assert!(
            matches!(&refused, Err(WriteError::Dangling(texts)) if texts == &[reference.to_owned()]),
            "{refused:?}"
        );
    }
    creates(&clinic.store, &doctor, &naming("Observation/oa"))
        .await
        .unwrap();
}

#[tokio::test]
async fn p1_what_may_not_be_seen_answers_like_what_does_not_exist() {
    let clinic = clinic().await;
    let doctor = doctor();
    for id in ["ob", "none"] {
        let reading = clinic.store.read(&doctor, Purpose::Treatment);
        assert!(matches!(
            reading.fetch("Observation", id).await,
            Err(ReadError::Unknown)
        ));
        let mut tx = clinic.store.write(&doctor, Purpose::Treatment);
        assert!(matches!(tx.current("Observation", id).await, Ok(None)));
        let mut tx = clinic.store.write(&doctor, Purpose::Treatment);
        let found = tx
            .matches(&query(Some("Observation"), &format!("_id={id}")))
            .await
            .unwrap();
        assert!(found.is_empty());
    }
}

#[tokio::test]
async fn what_was_seen_once_is_gone_with_the_relation_in_old_versions_too() {
    let clinic = clinic().await;
    let doctor = doctor();
    // The older version was about somebody else.
    let mut moved = observation("a");
    moved["id"] = "ob".into();
    clinic.put(&[moved]).await;
    let reading = clinic.store.read(&doctor, Purpose::Treatment);
    assert!(reading.fetch("Observation", "ob").await.is_ok());
    assert!(matches!(
        reading.fetch_version("Observation", "ob", 1).await,
        Err(ReadError::Unknown)
    ));
}

#[tokio::test]
async fn a_consent_counts_at_once_and_a_denial_wins_over_break_glass() {
    let clinic = clinic().await;
    let doctor = doctor();
    let mut consent = json!({"resourceType":"Consent","id":"k","status":"active","patient":{"reference":"Patient/a"},
        "scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"privacy"}],
        "provision":{"type":"deny","actor":[{"role":{"text":"doctor"},"reference":{"reference":"Practitioner/d"}}]}});
    clinic.put(std::slice::from_ref(&consent)).await;
    assert!(!reads(&clinic.store, &doctor, "Observation", "oa").await);
    let (found, _, total) = search(
        &clinic.store,
        &doctor,
        Some("Observation"),
        "patient=a&_total=accurate",
    )
    .await;
    assert_eq!((found.len(), total), (0, Some(0)));
    let new = aceso_store::NewBreak {
        patient: "a".into(),
        reason: aceso_store::BreakReason::Emergency,
        detail: "found unconscious in the waiting room".into(),
        minutes: None,
    };
    clinic.store.break_glass(&doctor, new).await.unwrap();
    assert!(!reads(&clinic.store, &doctor, "Observation", "oa").await);
    consent["provision"]["provision"] = json!([{"type":"permit","purpose":[{"code":"ETREAT"}]}]);
    clinic.put(std::slice::from_ref(&consent)).await;
    assert!(reads(&clinic.store, &doctor, "Observation", "oa").await);
    consent["status"] = "inactive".into();
    clinic.put(&[consent]).await;
    assert!(reads(&clinic.store, &doctor, "Observation", "oa").await);
    let own = caller(person(&["patient"], "Patient/a", &["a"]));
    assert!(reads(&clinic.store, &own, "Observation", "oa").await);
}

/// A program that acts for nobody.
fn program() -> Caller {
    let client = aceso_policy::ApiClient {
        id: "bulk".into(),
        scopes: aceso_policy::Scopes::parse("system/*.rs").unwrap(),
        patient: None,
        person: None,
    };
    Caller::client(std::sync::Arc::new(client), aceso_policy::Origin::default())
}

#[tokio::test]
async fn g18_processing_is_restricted_to_named_purposes_from_the_moment_it_is_recorded() {
    let clinic = clinic().await;
    let program = program();
    let sees = async |purpose: Purpose, id: &str| {
        let reading = clinic.store.read(&program, purpose);
        reading.fetch("Observation", id).await.is_ok()
    };
    let all = [
        (Purpose::Treatment, true),
        (Purpose::Operations, false),
        (Purpose::Payment, false),
    ];
    for (purpose, _) in all {
        assert!(sees(purpose, "oa").await, "{purpose:?}");
    }
    let mut restriction = json!({"resourceType":"Consent","id":"k","status":"active","patient":{"reference":"Patient/a"},
        "scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"privacy"}],
        "provision":{"type":"deny","provision":[{"type":"permit","purpose":[{"code":"TREAT"}]}]}});
    clinic.put(std::slice::from_ref(&restriction)).await;
    for (purpose, seen) in all {
        assert_eq!(sees(purpose, "oa").await, seen, "{purpose:?}");
        assert!(sees(purpose, "ob").await, "another patient's: {purpose:?}");
        let asked = query(Some("Observation"), "patient=a&_total=accurate");
        let reading = clinic.store.read(&program, purpose);
        let page = reading.search(asked).await.unwrap();
        let there = u64::from(seen);
        assert_eq!(
            page.total,
            Some(there),
            "a count tells nothing: {purpose:?}"
        );
        assert_eq!(page.matches.len(), usize::from(seen), "{purpose:?}");
    }
    restriction["status"] = "inactive".into();
    clinic.put(&[restriction]).await;
    for (purpose, _) in all {
        assert!(sees(purpose, "oa").await, "{purpose:?}");
    }
}

#[tokio::test]
async fn a_consent_binds_programs_that_act_for_nobody_too() {
    let clinic = clinic().await;
    let program = program();
    assert!(reads(&clinic.store, &program, "Observation", "oa").await);
    let consent = json!({"resourceType":"Consent","id":"k","status":"active","patient":{"reference":"Patient/a"},
        "scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"privacy"}],
        "provision":{"type":"deny","class":[{"code":"Observation"}]}});
    clinic.put(&[consent]).await;
    assert!(!reads(&clinic.store, &program, "Observation", "oa").await);
    assert!(reads(&clinic.store, &program, "CareTeam", "t").await);
    let (found, _, total) = search(
        &clinic.store,
        &program,
        Some("Observation"),
        "_total=accurate",
    )
    .await;
    assert_eq!((found, total), (vec!["Observation/ob".to_owned()], Some(1)));
}

#[tokio::test]
async fn a_listing_follows_who_treats_whom_as_it_begins_ends_and_runs_out() {
    let clinic = clinic().await;
    let doctor = doctor();
    let listed = async || {
        search(&clinic.store, &doctor, Some("Observation"), "status=final")
            .await
            .0
    };
    let visit = |status: &str, day: &str| {
        json!({"resourceType":"Appointment","id":"v","status":status,"start":format!("{day}T09:00:00Z"),"end":format!("{day}T09:30:00Z"),
            "participant":[{"actor":{"reference":"Patient/b"},"status":"accepted"},{"actor":{"reference":"Practitioner/d"},"status":"accepted"}]})
    };
    let (one, both) = (["Observation/oa"], ["Observation/oa", "Observation/ob"]);
    for _ in 0..2 {
        assert_eq!(listed().await, one);
    }
    clinic.put(&[visit("booked", "2026-03-05")]).await;
    assert_eq!(listed().await, both);
    clinic.put(&[visit("cancelled", "2026-03-05")]).await;
    assert_eq!(listed().await, one);
    // From thirty days before the visit until thirty days after it, as the clock goes on.
    clinic.put(&[visit("booked", "2026-04-13")]).await;
    assert_eq!(listed().await, one);
    clinic.clock.advance_millis(20 * 24 * HOUR);
    assert_eq!(listed().await, both);
    clinic.clock.advance_millis(55 * 24 * HOUR);
    assert_eq!(listed().await, one);
    // Another process on the same record: what this one learned is of an earlier state.
    clinic.put(&[visit("booked", "2026-05-20")]).await;
    assert_eq!(listed().await, both);
    let other = clinic.beside();
    let mut tx = other.write(&Caller::operator(), Purpose::Operations);
    tx.update("v", value(&visit("cancelled", "2026-05-20")), None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(listed().await, one);
}

#[tokio::test]
async fn a_listing_follows_what_patients_deny() {
    let clinic = clinic().await;
    let doctor = doctor();
    let listed = async || {
        search(&clinic.store, &doctor, Some("Observation"), "status=final")
            .await
            .0
            .len()
    };
    let mut consent = json!({"resourceType":"Consent","id":"k","status":"active","patient":{"reference":"Patient/a"},
        "scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"privacy"}],
        "provision":{"type":"deny","actor":[{"role":{"text":"doctor"},"reference":{"reference":"Practitioner/d"}}]}});
    for (status, expected) in [("draft", 1), ("active", 0), ("inactive", 1), ("active", 0)] {
        consent["status"] = status.into();
        clinic.put(std::slice::from_ref(&consent)).await;
        assert_eq!(listed().await, expected, "{status}");
        assert_eq!(listed().await, expected, "{status}");
    }
}
