//! Whom the clinic must tell of what, and by when.

use std::sync::Arc;

use aceso_fhir::json;
use aceso_policy::{ApiClient, Caller, Job, Origin, Purpose, Role, Scopes};
use aceso_store::{
    AccountChange, DutyKind, NewDuty, NoticeKind, PeopleError, Telling, TellingKind, TellingOutcome,
};

use super::kit::{Clinic, HOUR};

const DAY: i64 = 24 * HOUR;

async fn associate(clinic: &Clinic, name: &str) -> String {
    let now = clinic.store.now();
    let new = NewDuty {
        kind: DutyKind::BusinessAssociate,
        name: name.to_owned(),
        detail: String::new(),
        done: now,
        until: Some(now.plus_millis(400 * DAY)),
        digest: None,
    };
    let store = &clinic.store;
    store.add_duty(&Caller::operator(), new).await.unwrap()
}

async fn all(clinic: &Clinic) -> Vec<Telling> {
    let store = &clinic.store;
    store.tellings(&Caller::operator()).await.unwrap()
}

fn whom(all: &[Telling]) -> Vec<&str> {
    all.iter().map(|one| one.whom.as_str()).collect()
}

async fn put_patient(clinic: &Clinic, id: &str) {
    let text = format!(r#"{{"resourceType":"Patient","id":"{id}","birthDate":"1950-02-03"}}"#);
    let operator = Caller::operator();
    let mut tx = clinic.store.write(&operator, Purpose::Treatment);
    let document = json::read(text.as_bytes()).unwrap();
    tx.update(id, document, None).await.unwrap();
    tx.commit().await.unwrap();
}

/// Writes what corrects a patient's data.
async fn correct(clinic: &Clinic, patient: &str, about: &str) {
    let mut tx = clinic.store.write(&Caller::operator(), Purpose::Treatment);
    let text = format!(
        r#"{{"resourceType":"Communication","status":"completed","subject":{{"reference":"Patient/{patient}"}}}}"#
    );
    let document = json::read(text.as_bytes()).unwrap();
    let (_, id) = about.split_once('/').unwrap();
    tx.create(id, document).unwrap();
    tx.corrects(patient, about);
    tx.commit().await.unwrap();
}

fn app(name: &str) -> Caller {
    let client = ApiClient {
        id: name.to_owned(),
        scopes: Scopes::parse("system/*.rs").unwrap(),
        patient: None,
        person: None,
    };
    Caller::client(Arc::new(client), Origin::default())
}

#[tokio::test]
async fn hn6_when_somebodys_access_ends_each_associate_is_to_be_told_within_a_day() {
    let clinic = Clinic::new();
    let (store, operator) = (&clinic.store, Caller::operator());
    let root = clinic.person("root", &[Role::ADMINISTRATOR]).await;
    let ann = clinic.person("ann", &[Role::NURSE]).await;
    associate(&clinic, "Riverside Laboratories").await;
    let old = associate(&clinic, "Old Billing").await;
    associate(&clinic, "Cloud Backups").await;
    store.end_duty(&operator, &old).await.unwrap();
    store.disable_account(&operator, &ann).await.unwrap();
    let open = all(&clinic).await;
    assert_eq!(whom(&open), ["Cloud Backups", "Riverside Laboratories"]);
    for one in &open {
        assert_eq!(one.kind, TellingKind::AccessEnded);
        assert_eq!(one.about, format!("account/{ann}"));
        assert_eq!(one.due, one.since.plus_millis(DAY));
    }
    let notices = store.notices(&operator, &root).await.unwrap();
    assert!(
        notices
            .iter()
            .any(|n| n.kind == NoticeKind::DutyOver && n.detail.contains("2 to be told"))
    );
    // Once: disabling again ends nothing more.
    store.disable_account(&operator, &ann).await.unwrap();
    assert_eq!(all(&clinic).await.len(), 2);
    let (first, second) = (&open[0].id, &open[1].id);
    let end = async |id: &str, note: &str| {
        let administrator = clinic.caller(&root).await;
        store
            .end_telling(&administrator, id, TellingOutcome::Told, note)
            .await
    };
    assert!(matches!(
        end(first, " ").await,
        Err(PeopleError::Refused(_))
    ));
    end(first, "by telephone, Mr Roe").await.unwrap();
    assert!(matches!(
        end(first, "again").await,
        Err(PeopleError::Unknown)
    ));
    clinic.clock.advance_millis(DAY - 1);
    assert_eq!(store.tellings_open(&operator).await.unwrap(), (1, 0));
    clinic.clock.advance_millis(1);
    assert_eq!(store.tellings_open(&operator).await.unwrap(), (1, 1));
    end(second, "by mail").await.unwrap();
    let ended = all(&clinic).await;
    assert!(ended.iter().all(|one| one.ended.is_some()));
    let kept = ended.iter().find(|one| one.id == *first).unwrap();
    let kept = kept.ended.as_ref().unwrap();
    assert_eq!(kept.outcome, TellingOutcome::Told);
    assert_eq!(
        (kept.note.as_str(), kept.who.as_str()),
        ("by telephone, Mr Roe", "person/root")
    );
}

#[tokio::test]
async fn hn6_who_leaves_by_their_last_day_is_told_of_once_too() {
    let clinic = Clinic::new();
    let (store, operator) = (&clinic.store, Caller::operator());
    let reminder = Caller::job(Job::Remind);
    let ann = clinic.person("ann", &[Role::NURSE]).await;
    let pat = clinic.person("pat", &[Role::PATIENT]).await;
    for id in [&ann, &pat] {
        let account = store.account(&operator, id).await.unwrap();
        let mut change = AccountChange::of(&account);
        change.not_after = Some(store.now().plus_millis(DAY));
        store
            .update_account(&operator, id, account.version, change)
            .await
            .unwrap();
    }
    associate(&clinic, "Riverside Laboratories").await;
    assert_eq!(store.remind(&reminder).await.unwrap().left, 0);
    clinic.clock.advance_millis(DAY);
    assert_eq!(store.remind(&reminder).await.unwrap().left, 1);
    assert_eq!(store.remind(&reminder).await.unwrap().left, 0, "once");
    let open = all(&clinic).await;
    assert_eq!(open[0].about, format!("account/{ann}"));
    assert_eq!(open.len(), 1);
}

#[tokio::test]
async fn hn6_who_comes_through_the_portal_has_no_access_elsewhere_and_an_emergency_concerns_all() {
    let clinic = Clinic::new();
    let (store, operator) = (&clinic.store, Caller::operator());
    let nurse = clinic.person("nora", &[Role::NURSE]).await;
    let pat = clinic.person("pat", &[Role::PATIENT]).await;
    associate(&clinic, "Riverside Laboratories").await;
    store.disable_account(&operator, &pat).await.unwrap();
    assert_eq!(all(&clinic).await, []);
    let nora = clinic.caller(&nurse).await;
    let refused = store.begin_emergency_plan(&nora, "a flood").await;
    assert!(matches!(refused, Err(PeopleError::Forbidden)));
    assert!(store.tellings(&nora).await.is_err());
    store
        .begin_emergency_plan(&operator, "a flood")
        .await
        .unwrap();
    let open = all(&clinic).await;
    assert_eq!(whom(&open), ["Riverside Laboratories"]);
    assert_eq!(
        (open[0].kind, open[0].about.as_str()),
        (TellingKind::EmergencyPlan, "a flood")
    );
    assert_eq!(open[0].due, open[0].since.plus_millis(DAY));
}

#[tokio::test]
async fn g19_whoever_received_a_patients_data_is_to_be_told_once_they_are_corrected_or_erased() {
    let clinic = Clinic::new();
    let (store, operator) = (&clinic.store, Caller::operator());
    for id in ["p1", "p2"] {
        put_patient(&clinic, id).await;
    }
    for (name, patient) in [
        ("lab", "p1"),
        ("lab", "p1"),
        ("registry", "p1"),
        ("other", "p2"),
    ] {
        let reading = store.read(&app(name), Purpose::Treatment);
        reading.fetch("Patient", patient).await.unwrap();
    }
    let itself = Caller::job(Job::Remind);
    correct(&clinic, "p1", "Communication/c1").await;
    // It is owed from the commit on: a program that stops here tells them when it is back.
    assert_eq!(all(&clinic).await, []);
    let corrected = clinic.store.now();
    clinic.clock.advance_millis(HOUR);
    assert_eq!(store.remind(&itself).await.unwrap().corrected, 1);
    assert_eq!(store.tell_of_corrections(&itself).await.unwrap(), 0, "once");
    let open = all(&clinic).await;
    assert_eq!(whom(&open), ["client/lab", "client/registry"]);
    assert!(
        open.iter()
            .all(|one| one.about == "Patient/p1, Communication/c1")
    );
    for one in &open {
        assert_eq!(one.since, corrected, "not when they were looked up");
        assert_eq!(one.due, corrected.plus_millis(30 * DAY));
    }
    // A clinician opens none by hand.
    let nurse = clinic.person("nora", &[Role::NURSE]).await;
    let nora = clinic.caller(&nurse).await;
    assert!(store.tell_of_corrections(&nora).await.is_err());
    let erasure = store
        .decide_erasure(&operator, "p2", "asked for")
        .await
        .unwrap();
    store.carry_out_erasure(&operator, &erasure).await.unwrap();
    let open = all(&clinic).await;
    let erased: Vec<&Telling> = open
        .iter()
        .filter(|one| one.kind == TellingKind::Erased)
        .collect();
    assert_eq!(erased.len(), 1);
    assert_eq!(
        (erased[0].whom.as_str(), erased[0].about.as_str()),
        ("client/other", "Patient/p2")
    );
    // Nobody received anything: nobody is to be told.
    put_patient(&clinic, "p3").await;
    let before = all(&clinic).await;
    correct(&clinic, "p3", "Communication/c3").await;
    assert_eq!(store.tell_of_corrections(&itself).await.unwrap(), 1);
    assert_eq!(all(&clinic).await, before);
}
