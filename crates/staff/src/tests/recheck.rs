//! Recertification: opened, decided, taken along.

use aceso_policy::{Caller, Role};
use http::StatusCode;

use super::kit::{Browser, Clinic};

async fn opened(clinic: &Clinic, ada: &Browser) -> String {
    let answer = clinic.post(ada, "/admin/recertification", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.place
}

#[tokio::test]
async fn ha4_roles_are_confirmed_or_taken_away_person_by_person() {
    let clinic = Clinic::new();
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let bea = clinic.person("bea", &[Role::CLINICIAN, Role::NURSE]).await;
    let list = opened(&clinic, &ada).await;
    let page = clinic.get(&ada, &list).await;
    assert!(page.text.contains("Decided: 0 of 2"), "{}", page.text);
    let kept = clinic
        .post(&ada, &format!("{list}/{bea}"), &[("roles", "nurse")])
        .await;
    assert_eq!(kept.place, format!("{list}?done=removed"));
    let roles = clinic
        .store
        .account(&Caller::operator(), &bea)
        .await
        .unwrap()
        .roles;
    assert_eq!(roles, [Role::NURSE]);
    let again = clinic
        .post(&ada, &format!("{list}/{bea}"), &[("roles", "nurse")])
        .await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let own = clinic
        .post(
            &ada,
            &format!("{list}/{}", ada.account),
            &[("roles", "administrator")],
        )
        .await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    let more = [("roles", "nurse"), ("roles", "administrator")];
    let grown = clinic.post(&ada, &format!("{list}/{bea}"), &more).await;
    assert_eq!(
        grown.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a list gives no roles"
    );
}

#[tokio::test]
async fn asvs_1_2_10_a_list_taken_along_needs_a_fresh_proof_and_holds_no_formula() {
    let clinic = Clinic::new();
    let mut ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    clinic.person("-1@x.example", &[Role::NURSE]).await;
    let list = opened(&clinic, &ada).await;
    let path = format!("{list}/export");
    assert!(clinic.get(&ada, &path).await.place.starts_with("/step-up"));
    clinic.step_up(&mut ada).await;
    let file = clinic.get(&ada, &path).await;
    assert_eq!(file.kind, "text/csv; charset=utf-8");
    assert!(file.text.contains("\"'-1@x.example\""), "{}", file.text);
}
