//! Alerts and incidents: raised, decided, assessed, closed; and whom an incident concerns.

use std::collections::BTreeSet;

use aceso_base::Instant;
use aceso_policy::{Caller, Job, Role};
use aceso_shield::alert::{Alert, Kind};
use http::StatusCode;

use super::kit::{Browser, Clinic};
use super::record::fill;

async fn officer(clinic: &Clinic) -> Browser {
    let officer = clinic.person("olga", &[Role::SECURITY_OFFICER]).await;
    let mut olga = clinic.browser(&officer).await;
    clinic.step_up(&mut olga).await;
    olga
}

async fn raise(clinic: &Clinic, cause: &str, seq: u64) -> usize {
    let alert = Alert {
        kind: Kind::MassRead,
        cause: cause.to_owned(),
        text: "records of 140 patients within an hour".to_owned(),
        seq,
        at: clinic.store.now(),
    };
    let watch = Caller::job(Job::Watch);
    clinic
        .store
        .raise_alerts(&watch, vec![alert])
        .await
        .unwrap()
        .len()
}

fn first(text: &str, path: &str) -> String {
    let start = text.find(&[path, "/"].concat()).unwrap();
    text[start..].chars().take_while(|c| *c != '"').collect()
}

#[tokio::test]
async fn an_alert_is_one_for_a_cause_and_is_decided_with_a_note() {
    let clinic = Clinic::new();
    let olga = officer(&clinic).await;
    assert_eq!(raise(&clinic, "person/ann", 5).await, 1);
    assert_eq!(raise(&clinic, "person/ann", 9).await, 0, "the same cause");
    assert_eq!(raise(&clinic, "person/ann", 9).await, 0, "the same entry");
    assert_eq!(raise(&clinic, "person/ben", 10).await, 1);
    let list = clinic.get(&olga, "/admin/alerts").await;
    assert!(
        list.text.contains("person/ann") && list.text.contains("within the hour"),
        "{}",
        list.text
    );
    let path = first(&list.text, "/admin/alerts");
    let empty = clinic.post(&olga, &path, &[("note", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = clinic
        .post(&olga, &path, &[("note", "The month's lists")])
        .await;
    assert_eq!(done.place, "/admin/alerts?done=decided");
    let again = clinic.post(&olga, &path, &[("note", "Twice")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn b4_an_incident_names_exactly_those_whose_records_were_touched() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let nurse = clinic.person_who_is("nora", &[Role::NURSE], None).await;
    let nora = clinic.browser(&nurse).await;
    let other = clinic.person_who_is("nils", &[Role::NURSE], None).await;
    let nils = clinic.browser(&other).await;
    let mut truth = BTreeSet::new();
    for id in ["p1", "p2", "nobody"] {
        if clinic.get(&nora, &format!("/patients/{id}")).await.status == StatusCode::OK {
            truth.insert(id.to_owned());
        }
    }
    assert!(!truth.is_empty());
    let before = clinic.store.now();
    let olga = officer(&clinic).await;
    raise(&clinic, "person/nora", 1).await;
    let list = clinic.get(&olga, "/admin/alerts").await;
    let alert = first(&list.text, "/admin/alerts")
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let new = clinic
        .get(&olga, &format!("/admin/incidents/new?alert={alert}"))
        .await;
    assert!(new.text.contains("person/nora"), "{}", new.text);
    let day = before.to_fhir()[..10].to_owned();
    let fields = [
        ("title", "Curiosity"),
        ("who", "person/nora"),
        ("discovered", day.as_str()),
        ("from", day.as_str()),
        ("until", day.as_str()),
        ("alert", alert.as_str()),
    ];
    let made = clinic.post(&olga, "/admin/incidents/new", &fields).await;
    let id = made.place.rsplit('/').next().unwrap().to_owned();
    // What comes later is not under the frozen head.
    clinic.get(&nils, "/patients/p1").await;
    clinic.get(&nora, "/patients/p3").await;
    let console = Caller::operator();
    let affected = clinic.store.affected(&console, &id).await.unwrap();
    let found: BTreeSet<String> = affected.patients.keys().cloned().collect();
    assert_eq!(found, truth);
    assert!(affected.patients.values().all(|one| one.entries > 0));
    let page = clinic.get(&olga, &made.place).await;
    assert!(
        truth
            .iter()
            .all(|id| page.text.contains(&format!("/patients/{id}"))),
        "{}",
        page.text
    );
    assert!(page.text.contains("45 CFR 164.404"), "{}", page.text);
}

#[tokio::test]
async fn b1_an_incident_is_closed_only_with_its_assessment_and_not_over_anothers_change() {
    let clinic = Clinic::new();
    let olga = officer(&clinic).await;
    let day = Instant::from_millis(clinic.store.now().millis()).to_fhir()[..10].to_owned();
    let fields = [
        ("title", "A lost stick"),
        ("discovered", day.as_str()),
        ("from", day.as_str()),
        ("until", day.as_str()),
    ];
    let made = clinic.post(&olga, "/admin/incidents/new", &fields).await;
    let path = made.place;
    let send = async |version: u32, field: &str, text: &str| {
        let version = version.to_string();
        let fields = [(field, text), ("version", version.as_str())];
        clinic.post(&olga, &path, &fields).await
    };
    let kept = format!("{path}?done=kept");
    let mut version = 1;
    for (field, text) in [
        ("note", "asked the courier"),
        ("nature", "names"),
        ("recipient", "nobody known"),
        ("acquired", "sealed"),
    ] {
        let refused = send(version, "finding", "low-probability").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert_eq!(send(version, field, text).await.place, kept);
        version += 1;
    }
    let old = send(1, "mitigated", "wiped").await;
    assert_eq!(
        old.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "an older version"
    );
    assert_eq!(send(version, "mitigated", "wiped").await.place, kept);
    assert_eq!(
        send(version + 1, "finding", "low-probability").await.place,
        kept
    );
    let page = clinic.get(&olga, &path).await;
    assert!(page.text.contains("closed: low probability") && !page.text.contains("Keep the note"));
    let notice = clinic.get(&olga, &format!("{path}/notice")).await;
    assert_eq!(notice.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_does_not_review_finds_neither_alerts_nor_incidents() {
    let clinic = Clinic::new();
    let nurse = clinic.person("nora", &[Role::NURSE]).await;
    let nora = clinic.browser(&nurse).await;
    for path in ["/admin/alerts", "/admin/incidents", "/admin/incidents/new"] {
        assert_eq!(
            clinic.get(&nora, path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
