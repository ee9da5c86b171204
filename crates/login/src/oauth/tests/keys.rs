//! The keys of ID tokens, and their rotation.

use aceso_policy::{Caller, Role};
use aceso_store::PeopleError;
use aceso_vault::jwt::{KeySet, Wanted};
use serde_json::Value;

use super::kit::{BASE, Clinic};
use crate::oauth::keys::KeyError;
use crate::rotate_signing_key;

const SCOPE: &str = "openid patient/*.rs launch/patient";

async fn jwks(clinic: &Clinic) -> String {
    clinic.get(None, "/oauth/jwks").await.text
}

fn ids(jwks: &str) -> Vec<String> {
    let body: Value = serde_json::from_str(jwks).unwrap();
    let keys = body["keys"].as_array().unwrap().iter();
    keys.map(|k| k["kid"].as_str().unwrap().to_owned())
        .collect()
}

fn verifies(clinic: &Clinic, token: &str, jwks: &str) -> bool {
    let wanted = Wanted {
        issuer: BASE,
        client: "growth",
        nonce: "n-1",
        now: clinic.store.now(),
        max_age: None,
    };
    let keys = KeySet::of_provider(jwks).unwrap();
    wanted.check(token, &keys).is_ok()
}

async fn id_token(clinic: &Clinic, browser: &super::kit::Browser) -> String {
    let wish = [("scope", SCOPE), ("nonce", "n-1")];
    let address = clinic.allowed(browser, &wish, "once").await;
    let code = super::kit::parameter(&address, "code").unwrap();
    let (_, body) = clinic.take("growth", &code).await;
    body["id_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_that_was_rotated_away_is_shown_until_what_it_signed_has_expired() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let before = id_token(&clinic, &browser).await;
    let first = ids(&jwks(&clinic).await);
    clinic.clock.advance_millis(1_000);
    let next = rotate_signing_key(&clinic.store, &Caller::operator()).await;
    let next = next.unwrap();
    clinic.clock.advance_millis(2_000);
    let both = jwks(&clinic).await;
    assert_eq!(ids(&both), [next.clone(), first[0].clone()]);
    assert!(
        verifies(&clinic, &before, &both),
        "signed before the rotation"
    );
    let after = id_token(&clinic, &browser).await;
    assert!(verifies(&clinic, &after, &both));
    clinic.clock.advance_millis(3_600_000);
    let later = jwks(&clinic).await;
    assert_eq!(ids(&later), [next]);
    assert!(!verifies(&clinic, &before, &later));
}

#[tokio::test]
async fn asvs_13_3_4_keys_are_rotated_by_those_who_manage_keys_alone() {
    let clinic = Clinic::new().await;
    let nurse = clinic.person("nora", Role::NURSE, None, &[]).await;
    let account = clinic.store.live_account(&nurse).await.unwrap().unwrap();
    let mut person = account.person(aceso_policy::Strength::Two);
    person.session.stepped_up_until = Some(clinic.store.now().plus_millis(60_000));
    let caller = Caller::person(std::sync::Arc::new(person), aceso_policy::Origin::default());
    let refused = rotate_signing_key(&clinic.store, &caller).await;
    assert!(matches!(
        refused,
        Err(KeyError::Keep(PeopleError::Forbidden))
    ));
}
