use aceso_vault::jwt::Sender;
use aceso_vault::{random, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};

use super::kit::{BASE, Clinic};

const SCOPE: &str = "openid launch/patient offline_access patient/*.rs";

fn proof(
    clinic: &Clinic,
    sender: &Sender,
    method: &str,
    path: &str,
    token: Option<&str>,
) -> String {
    let jti = URL_SAFE_NO_PAD.encode(random::<16>().unwrap());
    let mut claims =
        json!({"htm": method, "htu": format!("{BASE}{path}"), "iat": clinic.now(), "jti": jti});
    if let Some(token) = token {
        claims["ath"] = json!(URL_SAFE_NO_PAD.encode(sha256(token.as_bytes())));
    }
    sender.proof(&claims).unwrap()
}

async fn bound(clinic: &Clinic, sender: &Sender) -> Value {
    let browser = clinic.conn().await;
    let code = clinic.code(&browser, "growth", SCOPE).await;
    let dpop = proof(clinic, sender, "POST", "/oauth/token", None);
    let (status, body) = clinic.take_with("growth", &code, &[("dpop", &dpop)]).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

#[tokio::test]
async fn asvs_10_3_5_asvs_10_4_14_t14_a_bound_token_is_worth_nothing_without_its_key() {
    let clinic = Clinic::new().await;
    let (sender, thief) = (Sender::generate().unwrap(), Sender::generate().unwrap());
    let body = bound(&clinic, &sender).await;
    assert_eq!(body["token_type"], "DPoP");
    let token = body["access_token"].as_str().unwrap();
    let scheme = format!("DPoP {token}");
    let path = "/fhir/Patient/p1";
    let good = proof(&clinic, &sender, "GET", path, Some(token));
    let with = |proof: &str| {
        vec![
            ("authorization", scheme.clone()),
            ("dpop", proof.to_owned()),
        ]
    };
    let ask = async |headers: Vec<(&str, String)>| {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        clinic.caller_with(&headers).await.is_some()
    };
    assert!(ask(with(&good)).await);
    assert!(!ask(with(&good)).await, "a proof counts once");
    assert!(clinic.caller(token).await.is_none(), "as a bearer token");
    assert!(
        !ask(vec![("authorization", scheme.clone())]).await,
        "without a proof"
    );
    assert!(
        !ask(with(&proof(&clinic, &thief, "GET", path, Some(token)))).await,
        "another key"
    );
    assert!(
        !ask(with(&proof(&clinic, &sender, "POST", path, Some(token)))).await,
        "another method"
    );
    assert!(
        !ask(with(&proof(
            &clinic,
            &sender,
            "GET",
            "/fhir/Patient/p2",
            Some(token)
        )))
        .await,
        "another address"
    );
    assert!(
        !ask(with(&proof(&clinic, &sender, "GET", path, Some("x")))).await,
        "another token"
    );
    assert!(
        !ask(with(&proof(&clinic, &sender, "GET", path, None))).await,
        "no token"
    );
    assert!(
        ask(with(&proof(&clinic, &sender, "GET", path, Some(token)))).await,
        "and again with a new one"
    );
    let (_, about) = clinic
        .call(
            "/oauth/introspect",
            &[],
            &[("token", token), ("client_id", "growth")],
        )
        .await;
    assert_eq!(about["cnf"]["jkt"], sender.thumbprint());
}

#[tokio::test]
async fn t14_a_bound_refresh_token_needs_its_key_too() {
    let clinic = Clinic::new().await;
    let (sender, thief) = (Sender::generate().unwrap(), Sender::generate().unwrap());
    let body = bound(&clinic, &sender).await;
    let token = body["refresh_token"].as_str().unwrap();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", "growth"),
    ];
    let (_, none) = clinic.call("/oauth/token", &[], &fields).await;
    assert_eq!(none["error"], "invalid_grant");
    let other = proof(&clinic, &thief, "POST", "/oauth/token", None);
    let (_, wrong) = clinic
        .call("/oauth/token", &[("dpop", &other)], &fields)
        .await;
    assert_eq!(wrong["error"], "invalid_grant");
    let own = proof(&clinic, &sender, "POST", "/oauth/token", None);
    let (status, right) = clinic
        .call("/oauth/token", &[("dpop", &own)], &fields)
        .await;
    assert_eq!(
        (status, right["token_type"].as_str()),
        (StatusCode::OK, Some("DPoP")),
        "{right}"
    );
    let (_, again) = clinic
        .call("/oauth/token", &[("dpop", &own)], &fields)
        .await;
    assert_eq!(again["error"], "invalid_dpop_proof");
}

#[tokio::test]
async fn a_token_that_is_not_bound_takes_no_proof() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic.tokens(&browser, "growth", SCOPE).await;
    let token = body["access_token"].as_str().unwrap();
    let sender = Sender::generate().unwrap();
    let dpop = proof(&clinic, &sender, "GET", "/fhir/Patient/p1", Some(token));
    let scheme = format!("DPoP {token}");
    let got = clinic
        .caller_with(&[("authorization", &scheme), ("dpop", &dpop)])
        .await;
    assert!(got.is_none());
}
