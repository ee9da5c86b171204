//! Apps: registered by an administrator with a fresh proof, disabled with their tokens.

use aceso_policy::{Caller, Role};
use http::StatusCode;

use super::kit::Clinic;

const APP: [(&str, &str); 9] = [
    ("id", "growth"),
    ("name", "Growth charts"),
    ("kind", "server"),
    ("audience", "everybody"),
    ("scopes", "launch/patient  patient/Observation.rs"),
    ("redirects", "https://app.example/callback"),
    ("launch", ""),
    ("contact", "help@app.example"),
    ("jwks", ""),
];

fn with(name: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    APP.iter()
        .map(|(n, v)| if *n == name { (*n, value) } else { (*n, *v) })
        .collect()
}

#[tokio::test]
async fn asvs_7_5_3_registering_an_app_needs_a_fresh_proof_and_shows_its_secret_once() {
    let clinic = Clinic::new();
    let mut ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    assert!(
        clinic
            .get(&ada, "/admin/clients/new")
            .await
            .place
            .starts_with("/step-up")
    );
    clinic.step_up(&mut ada).await;
    let made = clinic.post(&ada, "/admin/clients/new", &APP).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let secret = made.text.split("<ul class=\"codes long\"").nth(1).unwrap();
    let secret = secret
        .split("<li>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let client = clinic
        .store
        .client(&Caller::operator(), "growth")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(client.scopes, "launch/patient patient/Observation.rs");
    assert_eq!(
        client.app.unwrap().secret,
        Some(aceso_vault::sha256(secret.as_bytes()))
    );
    let page = clinic.get(&ada, "/admin/clients/growth").await;
    assert!(page.text.contains("Growth charts") && !page.text.contains(&secret));
    let disabled = clinic
        .post(&ada, "/admin/clients/growth/disable", &[])
        .await;
    assert_eq!(disabled.place, "/admin/clients?done=disabled");
    assert!(
        clinic
            .store
            .client(&Caller::operator(), "growth")
            .await
            .unwrap()
            .unwrap()
            .disabled
            .is_some()
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_app_stands_beside_its_field() {
    let clinic = Clinic::new();
    let mut ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    clinic.step_up(&mut ada).await;
    for (field, value, said) in [
        ("id", "Growth Charts", "small letters"),
        ("name", "", "Enter the name"),
        ("kind", "toaster", "Choose where it runs"),
        ("audience", "world", "Choose whom it is for"),
        ("scopes", "everything", "everything"),
        ("scopes", "", "Without scopes"),
        ("redirects", "http://app.example/x", "must begin with https"),
        ("redirects", "", "at least one address"),
        ("launch", "javascript:alert(1)", "must begin with https"),
        ("jwks", "{\"keys\":[]}", "f-jwks-error"),
        ("contact", "", "whom to ask"),
    ] {
        let answer = clinic
            .post(&ada, "/admin/clients/new", &with(field, value))
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(answer.text.contains(said), "{field}: {said}");
    }
    assert!(
        clinic
            .store
            .client(&Caller::operator(), "growth")
            .await
            .unwrap()
            .is_none()
    );
}
