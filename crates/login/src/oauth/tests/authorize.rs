use http::{StatusCode, header};

use super::kit::{BACK, BASE, Clinic, STATE, authorize, parameter};

async fn check_told(clinic: &Clinic, wish: &[(&str, &str)], error: &str) {
    let answer = clinic.get(None, &authorize(wish)).await;
    assert_eq!(answer.status, StatusCode::FOUND, "{wish:?} {}", answer.text);
    let place = answer.header(header::LOCATION);
    assert!(
        place.starts_with(&format!("{BACK}?error=")),
        "{wish:?} {place}"
    );
    assert_eq!(
        parameter(&place, "error").as_deref(),
        Some(error),
        "{wish:?} {place}"
    );
    assert_eq!(
        parameter(&place, "iss").as_deref(),
        Some(BASE),
        "t3: who answers"
    );
    assert!(parameter(&place, "code").is_none());
}

#[tokio::test]
async fn t1_t5_t11_a_wrong_request_is_told_to_the_app() {
    let clinic = Clinic::new().await;
    for (wish, error) in [
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("state", ""), "invalid_request"),
        (("state", "abc123"), "invalid_request"),
        (("aud", ""), "invalid_request"),
        (("aud", "https://other.example/fhir"), "invalid_request"),
        (
            ("aud", "https://clinic.example/fhir.evil.example"),
            "invalid_request",
        ),
        (("scope", ""), "invalid_request"),
        (("scope", "system/*.rs"), "invalid_scope"),
        (("scope", "junk"), "invalid_scope"),
        (("scope", "launch patient/*.rs"), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", "id_token"), "unsupported_response_type"),
        (("response_mode", "fragment"), "invalid_request"),
        (("prompt", "create"), "invalid_request"),
        (("prompt", "none"), "login_required"),
        (("max_age", "-1"), "invalid_request"),
        (("request", "eyJ"), "request_not_supported"),
        (
            ("request_uri", "https://evil.example/"),
            "request_not_supported",
        ),
    ] {
        check_told(&clinic, &[wish], error).await;
    }
}

async fn check_page(clinic: &Clinic, path: &str) {
    let answer = clinic.get(None, path).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    assert_eq!(answer.header(header::LOCATION), "", "{path}");
    assert_eq!(answer.header(header::REFRESH), "", "{path}");
    assert!(answer.text.contains("cannot be opened"), "{path}");
    assert!(!answer.text.contains("evil.example"), "{path}");
}

#[tokio::test]
async fn asvs_10_4_1_t2_nothing_is_sent_to_an_address_that_is_not_registered() {
    let clinic = Clinic::new().await;
    for address in [
        "https://evil.example/cb",
        "https://app.example/cb/evil.example",
        "https://app.example.evil.example/cb",
        "https://app.example/cb?x=evil.example",
        "https://app.example/cb#evil.example",
        "//evil.example/cb",
        "javascript:alert('evil.example')",
        "",
    ] {
        check_page(&clinic, &authorize(&[("redirect_uri", address)])).await;
    }
    check_page(&clinic, &authorize(&[("client_id", "nobody")])).await;
    check_page(&clinic, &authorize(&[("client_id", "")])).await;
    let twice = format!(
        "{}&redirect_uri=https%3A%2F%2Fevil.example%2F",
        authorize(&[])
    );
    check_page(&clinic, &twice).await;
    let twice = format!("{}&state={STATE}", authorize(&[]));
    check_page(&clinic, &twice).await;
}

#[tokio::test]
async fn who_is_not_signed_in_signs_in_first_and_comes_back() {
    let clinic = Clinic::new().await;
    let first = clinic.get(None, &authorize(&[])).await;
    let place = first.header(header::LOCATION);
    let answer = clinic.get(None, &place).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let to = answer.header(header::LOCATION);
    assert!(
        to.starts_with("/sign-in?to=%2Foauth%2Fconsent%3Frequest%3D"),
        "{to}"
    );
}

#[tokio::test]
async fn a_sealed_request_cannot_be_changed_or_kept_for_long() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let (page, sealed) = clinic.asked(&browser, &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let mut forged = sealed.clone();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.push(last);
    for bad in [forged.as_str(), "", "x"] {
        let answer = clinic
            .get(Some(&browser), &format!("/oauth/consent?request={bad}"))
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    clinic.clock.advance_millis(14 * 60_000);
    clinic.get(Some(&browser), "/account/apps").await;
    let browser = clinic.browser(&browser.account).await;
    clinic.clock.advance_millis(14 * 60_000);
    let late = format!("/oauth/consent?request={sealed}");
    assert_eq!(
        clinic.get(Some(&browser), &late).await.status,
        StatusCode::OK
    );
    clinic.clock.advance_millis(2 * 60_000);
    let browser = clinic.browser(&browser.account).await;
    let answer = clinic.get(Some(&browser), &late).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn no_form_of_another_session_says_yes() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let (_, sealed) = clinic.asked(&browser, &[]).await;
    let foreign = super::kit::Browser {
        id: "another".into(),
        account: browser.account.clone(),
        token: browser.token.clone(),
    };
    let fields = [
        ("request", sealed.as_str()),
        ("life", "once"),
        ("answer", "allow"),
        ("scope", "patient/*.rs"),
    ];
    let answer = clinic.post(&foreign, "/oauth/consent", &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.header(header::REFRESH), "");
}
