//! Break-glass.

use aceso_store::{BreakFinding, BreakList, BreakReason, NewBreak, PeopleError};
use serde_json::json;

use super::kit::{Clinic, HOUR, caller, person, reads, search};

fn new(patient: &str) -> NewBreak {
    NewBreak {
        patient: patient.into(),
        reason: BreakReason::Emergency,
        detail: "found unconscious in the waiting room".into(),
        minutes: None,
    }
}

async fn two_patients() -> Clinic {
    let clinic = Clinic::new();
    let observation = |id: &str, patient: &str| json!({"resourceType":"Observation","id":id,"status":"final","code":{"text":"x"},"subject":{"reference":format!("Patient/{patient}")}});
    let note = json!({"resourceType":"DocumentReference","id":"note","status":"current","meta":{"security":[{"code":"PSYTHPN"}]},
        "subject":{"reference":"Patient/a"},"content":[{"attachment":{"title":"session"}}]});
    let patient = |id: &str| json!({"resourceType":"Patient","id":id});
    clinic
        .put(&[
            json!({"resourceType":"Practitioner","id":"d"}),
            patient("a"),
            patient("b"),
            observation("oa", "a"),
            observation("ob", "b"),
            note,
        ])
        .await;
    clinic
}

#[tokio::test]
async fn bg2_bg4_it_opens_one_patient_for_some_hours_and_no_counselling_note() {
    let clinic = two_patients().await;
    let doctor = caller(person(&["clinician"], "Practitioner/d", &[]));
    let store = &clinic.store;
    assert!(!reads(store, &doctor, "Observation", "oa").await);
    let opened = store.break_glass(&doctor, new("a")).await.unwrap();
    assert!(reads(store, &doctor, "Observation", "oa").await);
    assert!(!reads(store, &doctor, "Observation", "ob").await);
    assert!(!reads(store, &doctor, "DocumentReference", "note").await);
    let (found, _, _) = search(store, &doctor, Some("Observation"), "patient=a").await;
    assert_eq!(found, ["Observation/oa"]);
    let other = caller(person(&["clinician"], "Practitioner/e", &[]));
    assert!(!reads(store, &other, "Observation", "oa").await);
    assert_eq!(store.open_breaks(&doctor).await.unwrap(), [opened]);
    clinic.clock.advance_millis(4 * HOUR);
    assert!(!reads(store, &doctor, "Observation", "oa").await);
    assert_eq!(store.open_breaks(&doctor).await.unwrap(), []);
}

#[tokio::test]
async fn bg1_it_needs_the_right_a_reason_a_fresh_proof_and_a_patient() {
    let clinic = two_patients().await;
    let store = &clinic.store;
    let desk = caller(person(&["front-desk"], "Practitioner/d", &[]));
    assert!(matches!(
        store.break_glass(&desk, new("a")).await,
        Err(PeopleError::Forbidden)
    ));
    let mut stale = person(&["clinician"], "Practitioner/d", &[]);
    stale.session.stepped_up_until = None;
    let stale = caller(stale);
    assert!(matches!(
        store.break_glass(&stale, new("a")).await,
        Err(PeopleError::NeedsStepUp)
    ));
    let doctor = caller(person(&["clinician"], "Practitioner/d", &[]));
    let mut short = new("a");
    short.detail = "  because   ".into();
    assert!(matches!(
        store.break_glass(&doctor, short).await,
        Err(PeopleError::Refused(_))
    ));
    assert!(matches!(
        store.break_glass(&doctor, new("nobody")).await,
        Err(PeopleError::Unknown)
    ));
    assert!(!reads(store, &doctor, "Observation", "oa").await);
}

#[tokio::test]
async fn bg3_it_is_reviewed_by_another_and_overdue_after_two_business_days() {
    let clinic = two_patients().await;
    let store = &clinic.store;
    let doctor = caller(person(
        &["clinician", "security-officer"],
        "Practitioner/d",
        &[],
    ));
    let officer = caller(person(&["security-officer"], "Practitioner/s", &[]));
    let opened = store.break_glass(&doctor, new("a")).await.unwrap();
    assert_eq!(opened.due.to_fhir(), "2026-03-06T12:00:00.000Z");
    let waiting = store.breaks(&officer, BreakList::Unreviewed).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(!waiting[0].is_overdue(store.now()));
    clinic.clock.advance_millis(72 * HOUR);
    assert!(waiting[0].is_overdue(store.now()));
    let justified = BreakFinding::Justified;
    let own = store
        .review_break(&doctor, &opened.id, justified, "fine")
        .await;
    assert!(matches!(own, Err(PeopleError::Forbidden)));
    let open = store.review_break(&officer, &opened.id, BreakFinding::Open, "asked her");
    open.await.unwrap();
    assert_eq!(
        store
            .breaks(&officer, BreakList::Unreviewed)
            .await
            .unwrap()
            .len(),
        1
    );
    store
        .review_break(&officer, &opened.id, justified, "seen")
        .await
        .unwrap();
    assert_eq!(
        store.breaks(&officer, BreakList::Unreviewed).await.unwrap(),
        []
    );
    let again = store
        .review_break(&officer, &opened.id, justified, "seen")
        .await;
    assert!(matches!(again, Err(PeopleError::Refused(_))));
    let plain = caller(person(&["clinician"], "Practitioner/d", &[]));
    assert!(matches!(
        store.breaks(&plain, BreakList::All).await,
        Err(PeopleError::Forbidden)
    ));
}

#[tokio::test]
async fn a_patient_sees_who_opened_their_chart_and_nobody_elses() {
    let clinic = two_patients().await;
    let doctor = caller(person(&["clinician"], "Practitioner/d", &[]));
    clinic.store.break_glass(&doctor, new("a")).await.unwrap();
    let patient = caller(person(&["patient"], "Patient/a", &["a"]));
    assert_eq!(
        clinic.store.breaks_of(&patient, "a").await.unwrap().len(),
        1
    );
    assert!(clinic.store.breaks_of(&patient, "b").await.is_err());
}

#[tokio::test]
async fn one_can_end_it_early() {
    let clinic = two_patients().await;
    let doctor = caller(person(&["clinician"], "Practitioner/d", &[]));
    let opened = clinic.store.break_glass(&doctor, new("a")).await.unwrap();
    let other = caller(person(&["clinician"], "Practitioner/e", &[]));
    assert!(clinic.store.end_break(&other, &opened.id).await.is_err());
    clinic.store.end_break(&doctor, &opened.id).await.unwrap();
    assert!(!reads(&clinic.store, &doctor, "Observation", "oa").await);
}
