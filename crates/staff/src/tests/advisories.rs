//! Findings of the makers' advisories through their pages, and problems that staff report.

use aceso_base::Instant;
use aceso_policy::{Caller, Job, Role};
use aceso_store::{Decision, KeptFinding};
use http::StatusCode;

use super::kit::{Browser, Clinic};
use crate::admin::advisories::{HERE, path, sample};

/// A finding that is open, as a match put it there.
async fn found(clinic: &Clinic) -> KeptFinding {
    let about = sample(Decision::Open).about;
    let caller = Caller::job(Job::Verify);
    let taken = clinic.store.take_matches(&caller, vec![about], "1".into());
    assert_eq!(taken.await.unwrap().opened.len(), 1);
    clinic.store.findings(&caller).await.unwrap().remove(0)
}

async fn now(clinic: &Clinic, id: &str) -> KeptFinding {
    let caller = Caller::job(Job::Verify);
    clinic.store.finding(&caller, id).await.unwrap()
}

async fn send(
    clinic: &Clinic,
    browser: &Browser,
    id: &str,
    fields: &[(&str, &str)],
) -> super::kit::Answer {
    let version = now(clinic, id).await.version.to_string();
    let all = fields
        .iter()
        .copied()
        .chain([("version", version.as_str())]);
    let all: Vec<(&str, &str)> = all.collect();
    clinic.post(browser, &path(id), &all).await
}

#[tokio::test]
async fn a_finding_is_shown_with_its_reasons_and_decided_on_its_page() {
    let clinic = Clinic::new();
    let id = found(&clinic).await.id;
    let mut ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let mut olga = clinic.signed_in("olga", &[Role::SECURITY_OFFICER]).await;
    let list = clinic.get(&ada, HERE).await.text;
    assert!(
        list.contains("Documents of other patients") && list.contains(&path(&id)),
        "{list}"
    );
    let page = clinic.get(&olga, &path(&id)).await.text;
    for said in [
        "aceso 0.9.1 is within",
        "Run aceso update apply",
        "Switch documents off",
        "Run aceso audit report",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }

    // What leaves it open needs a fresh proof, and a second person.
    let day = Instant::from_millis(clinic.store.now().millis() + 20 * 86_400_000);
    let day = day.to_fhir()[..10].to_owned();
    let accept = [
        ("act", "accept"),
        ("why", "It is off"),
        ("until", day.as_str()),
    ];
    // The page that asks for it is not part of this bench.
    let version = now(&clinic, &id).await.version;
    let weak = send(&clinic, &ada, &id, &accept).await;
    assert_ne!(weak.status, StatusCode::SEE_OTHER);
    assert_eq!(now(&clinic, &id).await.version, version);
    clinic.step_up(&mut ada).await;
    clinic.step_up(&mut olga).await;
    let wrong = [("act", "accept"), ("why", "It is off"), ("until", "soon")];
    let wrong = send(&clinic, &ada, &id, &wrong).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("It is off"), "what was typed is kept");
    let asked = send(&clinic, &ada, &id, &accept).await;
    assert_eq!(
        asked.place,
        format!("{HERE}?done=decided"),
        "{}",
        asked.text
    );
    let alone = send(&clinic, &ada, &id, &[("act", "agree")]).await;
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
    send(&clinic, &olga, &id, &[("act", "agree")]).await;
    assert_eq!(now(&clinic, &id).await.decision, Decision::Accepted);
    let again = [("act", "reopen"), ("again", "It is on again")];
    send(&clinic, &olga, &id, &again).await;
    assert_eq!(now(&clinic, &id).await.decision, Decision::Open);
    send(&clinic, &olga, &id, &[("act", "update")]).await;
    assert!(
        clinic
            .store
            .update_is_queued(&Caller::job(Job::Backup))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn findings_are_for_who_looks_after_the_installation() {
    let clinic = Clinic::new();
    let id = found(&clinic).await.id;
    for role in [Role::CLINICIAN, Role::NURSE] {
        let browser = clinic.signed_in(&format!("a-{role}"), &[role]).await;
        for place in [HERE.to_owned(), path(&id)] {
            let answer = clinic.get(&browser, &place).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{place}");
        }
    }
    // Who reads the log reads them, too, and decides nothing.
    let audra = clinic.signed_in("audra", &[Role::AUDITOR]).await;
    let page = clinic.get(&audra, &path(&id)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("name=\"act\""), "{}", page.text);
    let update = send(&clinic, &audra, &id, &[("act", "update")]).await;
    assert_eq!(update.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn anybody_reports_a_problem_and_it_becomes_an_incident_without_whom_the_page_was_about() {
    let clinic = Clinic::new();
    let nora = clinic.signed_in("nora", &[Role::NURSE]).await;
    let foot = clinic.get(&nora, "/patients").await.text;
    assert!(foot.contains("/problem?from=/patients"), "{foot}");
    let empty = [("text", " "), ("place", "/patients/anna"), ("goes", "here")];
    let empty = clinic.post(&nora, "/problem", &empty).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [
        ("text", "A document is listed twice"),
        ("place", "/patients/anna"),
        ("goes", "makers"),
    ];
    // No desk is configured: nothing is sent, whatever the form says.
    let done = clinic.post(&nora, "/problem", &fields).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let all = clinic.store.incidents(&Caller::operator()).await.unwrap();
    assert_eq!(all.len(), 1);
    let incident = &all[0].incident;
    assert_eq!(incident.title, "A document is listed twice");
    assert!(
        incident
            .notes
            .iter()
            .any(|n| n.text == "on the page /patients/{patient}")
    );
    assert!(!format!("{incident:?}").contains("anna"));
}
