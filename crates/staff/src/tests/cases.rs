//! Unexplained access: found at night, listed, decided.

use aceso_policy::{Caller, Job, Role};
use aceso_store::{InsiderSettings, Keep};
use http::StatusCode;

use super::kit::{Browser, Clinic, HOUR};
use super::record::fill;

/// A nurse looks at somebody whom she has nothing to do with, who is planted; the night's review finds it.
async fn found(clinic: &Clinic) -> Browser {
    fill(clinic).await;
    let nurse = clinic.person_who_is("nora", &[Role::NURSE], None).await;
    let nora = clinic.browser(&nurse).await;
    let decoy = aceso_store::Decoy {
        kind: aceso_store::DecoyKind::Patient,
        id: "p2".into(),
    };
    clinic
        .store
        .add_decoy(&Caller::operator(), decoy)
        .await
        .unwrap();
    clinic.get(&nora, "/patients/p2").await;
    clinic.clock.advance_millis(12 * HOUR);
    let (watch, now) = (Caller::job(Job::Watch), clinic.store.now());
    let settings = InsiderSettings::default();
    let from = now.plus_millis(-24 * HOUR);
    let found = clinic
        .store
        .review_insiders(&watch, from, now, settings, Keep::Yes)
        .await
        .unwrap();
    assert_eq!(found.cases.len(), 1, "{found:?}");
    let officer = clinic.person("olga", &[Role::SECURITY_OFFICER]).await;
    let mut olga = clinic.browser(&officer).await;
    clinic.step_up(&mut olga).await;
    olga
}

#[tokio::test]
async fn d18_ha2_a_case_is_listed_with_its_reasons_and_decided_with_a_note() {
    let clinic = Clinic::new();
    let olga = found(&clinic).await;
    let list = clinic.get(&olga, "/admin/cases").await;
    assert!(
        list.text.contains("nora") && list.text.contains("planted record"),
        "{}",
        list.text
    );
    let start = list.text.find("/admin/cases/").unwrap();
    let path: String = list.text[start..]
        .chars()
        .take_while(|c| *c != '"')
        .collect();
    let case = clinic.get(&olga, &path).await;
    for part in [
        "Opened a record that was planted",
        "p2",
        "Entries of the log",
        "100 of 100",
    ] {
        assert!(case.text.contains(part), "{part}: {}", case.text);
    }
    let refused = clinic
        .post(&olga, &path, &[("outcome", ""), ("note", "x")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let empty = clinic
        .post(&olga, &path, &[("outcome", "sanctioned"), ("note", " ")])
        .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let note = [
        ("outcome", "sanctioned"),
        ("note", "Written warning, file 12"),
    ];
    assert_eq!(
        clinic.post(&olga, &path, &note).await.place,
        "/admin/cases?done=decided"
    );
    assert!(
        clinic
            .get(&olga, "/admin/cases")
            .await
            .text
            .contains("Nothing to review")
    );
    let all = clinic.get(&olga, "/admin/cases?all=1").await;
    assert!(all.text.contains("sanction"));
    let decided = clinic.get(&olga, &path).await;
    assert!(
        decided.text.contains("Written warning, file 12")
            && !decided.text.contains("Keep the decision")
    );
}

#[tokio::test]
async fn whoever_does_not_review_does_not_find_the_page() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let nurse = clinic.person("nora", &[Role::NURSE]).await;
    let nora = clinic.browser(&nurse).await;
    let page = clinic.get(&nora, "/admin/cases").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}
