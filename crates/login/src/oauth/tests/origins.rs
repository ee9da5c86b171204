//! Which pages may use an app's tokens from a browser.

use aceso_store::{AppKind, Audience};
use http::StatusCode;

use super::kit::{BACK, Clinic, SECRET, VERIFIER, basic};

const OWN: &str = "https://app.example";
const SCOPE: &str = "openid launch/patient offline_access patient/*.rs";

async fn shown(clinic: &Clinic, token: &str, origin: &str) -> bool {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("origin", origin)];
    clinic.caller_with(&headers).await.is_some()
}

#[tokio::test]
async fn t10_a_token_is_good_from_the_origins_of_its_own_app_alone() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic.tokens(&browser, "growth", SCOPE).await;
    let token = body["access_token"].as_str().unwrap();
    assert!(clinic.caller(token).await.is_some(), "no browser");
    assert!(shown(&clinic, token, OWN).await);
    assert!(
        shown(&clinic, token, super::kit::BASE).await,
        "our own pages"
    );
    for other in [
        "https://evil.example",
        "https://app.example.evil.example",
        "https://app.example:8443",
        "http://app.example",
        "null",
        "*",
    ] {
        assert!(!shown(&clinic, token, other).await, "{other}");
    }
}

#[tokio::test]
async fn t10_codes_and_refresh_tokens_are_taken_from_the_apps_own_origins_alone() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let code = clinic.code(&browser, "growth", SCOPE).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("client_id", "growth"),
    ];
    let evil = [("origin", "https://evil.example")];
    let (status, _) = clinic.call("/oauth/token", &evil, &fields).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let own = [("origin", OWN)];
    let (status, body) = clinic.call("/oauth/token", &own, &fields).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", body["refresh_token"].as_str().unwrap()),
    ];
    let (status, _) = clinic.call("/oauth/token", &evil, &refresh).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = clinic.call("/oauth/token", &own, &refresh).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn t10_an_app_on_a_server_is_not_for_browsers() {
    let clinic = Clinic::new().await;
    let secret = basic("rounds", SECRET);
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let headers = [("authorization", secret.as_str()), ("origin", OWN)];
    let (status, body) = clinic.call("/oauth/token", &headers, &fields).await;
    assert_eq!(
        (status, body["error"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("invalid_client"))
    );
}

#[tokio::test]
async fn asvs_3_4_2_the_store_knows_exactly_the_origins_of_apps_that_are_not_disabled() {
    let clinic = Clinic::new().await;
    assert!(clinic.store.origin_is_registered(OWN).await.unwrap());
    for other in [
        "*",
        "null",
        "",
        "https://app.example/",
        "https://other.example",
    ] {
        assert!(
            !clinic.store.origin_is_registered(other).await.unwrap(),
            "{other}"
        );
    }
    let operator = aceso_policy::Caller::operator();
    for app in ["growth", "other"] {
        clinic.store.disable_client(&operator, app).await.unwrap();
    }
    clinic.clock.advance_millis(2_000);
    assert!(!clinic.store.origin_is_registered(OWN).await.unwrap());
    clinic.app("third", AppKind::Browser, Audience::Staff).await;
    clinic.clock.advance_millis(2_000);
    assert!(clinic.store.origin_is_registered(OWN).await.unwrap());
}
