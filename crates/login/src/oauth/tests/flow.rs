use aceso_base::Instant;
use aceso_policy::{Role, Who};
use aceso_store::{AppKind, Audience};
use aceso_vault::jwt::{KeySet, Wanted};
use http::{StatusCode, header};
use serde_json::json;

use super::kit::{BACK, BASE, Clinic, SECRET, STATE, authorize, basic, parameter};

#[tokio::test]
async fn asvs_10_7_a_patient_reads_what_an_app_wants_and_allows_a_part_of_it() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let scope = "openid launch/patient offline_access patient/Observation.rs?category=laboratory patient/Patient.r";
    let (page, sealed) = clinic.asked(&browser, &[("scope", scope)]).await;
    for words in [
        "Let GROWTH act for you?",
        "See laboratory results",
        "p1 Example",
        "1984-03-12",
        "Do not allow",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let fields = [
        ("request", sealed.as_str()),
        ("chosen", "p1"),
        ("life", "once"),
        ("answer", "allow"),
        ("scope", "patient/Patient.r"),
    ];
    let address = clinic.consented(&browser, &fields).await;
    assert!(address.starts_with(&format!("{BACK}?code=")), "{address}");
    assert_eq!(parameter(&address, "state").as_deref(), Some(STATE));
    assert_eq!(parameter(&address, "iss").as_deref(), Some(BASE));
    let code = parameter(&address, "code").unwrap();
    let (status, body) = clinic.take("growth", &code).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["scope"], "openid launch/patient patient/Patient.r");
    assert!(
        body.get("refresh_token").is_none(),
        "the tick was taken away"
    );
    let empty = [
        ("request", sealed.as_str()),
        ("chosen", "p1"),
        ("life", "once"),
        ("answer", "allow"),
    ];
    let again = clinic.post(&browser, "/oauth/consent", &empty).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("Tick at least one thing"));
    let more = [
        ("request", sealed.as_str()),
        ("chosen", "p1"),
        ("life", "once"),
        ("answer", "allow"),
        ("scope", "patient/Patient.r"),
        ("scope", "patient/*.rs"),
        ("scope", "user/*.rs"),
    ];
    let address = clinic.consented(&browser, &more).await;
    let (_, body) = clinic
        .take("growth", &parameter(&address, "code").unwrap())
        .await;
    assert_eq!(
        body["scope"], "openid launch/patient patient/Patient.r",
        "a form cannot add a scope"
    );
}

#[tokio::test]
async fn who_says_no_sends_the_app_away() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let (_, sealed) = clinic.asked(&browser, &[]).await;
    let fields = [("request", sealed.as_str()), ("answer", "deny")];
    let address = clinic.consented(&browser, &fields).await;
    assert_eq!(
        parameter(&address, "error").as_deref(),
        Some("access_denied")
    );
    assert_eq!(parameter(&address, "state").as_deref(), Some(STATE));
}

#[tokio::test]
async fn t8_the_token_stands_for_the_person_and_the_patient() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic
        .tokens(
            &browser,
            "growth",
            "openid fhirUser launch/patient offline_access patient/*.rs",
        )
        .await;
    assert_eq!(body["patient"], "p1");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 600);
    assert_eq!(body["need_patient_banner"], true);
    assert_eq!(body["smart_style_url"], format!("{BASE}/oauth/style.json"));
    assert_eq!(body["fhirUser"], format!("{BASE}/fhir/Patient/p1"));
    let caller = clinic
        .caller(body["access_token"].as_str().unwrap())
        .await
        .unwrap();
    let Who::Client(client) = &caller.who else {
        panic!("{caller:?}");
    };
    assert_eq!(client.patient.as_deref(), Some("p1"));
    assert_eq!(client.person.as_ref().unwrap().account, browser.account);
    assert_eq!(client.scopes.iter().count(), 1);
}

#[tokio::test]
async fn asvs_9_2_the_id_token_is_for_the_app_and_its_request() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let wish = [
        ("scope", "openid fhirUser launch/patient patient/*.rs"),
        ("nonce", "n-1"),
    ];
    let address = clinic.allowed(&browser, &wish, "once").await;
    let (_, body) = clinic
        .take("growth", &parameter(&address, "code").unwrap())
        .await;
    let keys = clinic.get(None, "/oauth/jwks").await.text;
    assert!(!keys.contains("\"d\""), "the private part stays here");
    let keys = KeySet::of_provider(&keys).unwrap();
    let wanted = Wanted {
        issuer: BASE,
        client: "growth",
        nonce: "n-1",
        now: Instant::from_millis(clinic.now() * 1000),
        max_age: Some(60),
    };
    let claims = wanted
        .check(body["id_token"].as_str().unwrap(), &keys)
        .unwrap();
    assert_eq!(claims["sub"], browser.account.as_str());
    assert_eq!(claims["fhirUser"], format!("{BASE}/fhir/Patient/p1"));
    let other = Wanted {
        client: "other",
        ..wanted
    };
    assert!(
        other
            .check(body["id_token"].as_str().unwrap(), &keys)
            .is_err()
    );
}

#[tokio::test]
async fn t9_introspection_and_userinfo_say_who_and_what() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic
        .tokens(
            &browser,
            "growth",
            "openid fhirUser profile launch/patient offline_access patient/*.rs",
        )
        .await;
    let token = body["access_token"].as_str().unwrap();
    let about = [("token", token), ("client_id", "growth")];
    let (_, got) = clinic.call("/oauth/introspect", &[], &about).await;
    assert_eq!(got["active"], true, "{got}");
    assert_eq!(got["client_id"], "growth");
    assert_eq!(got["patient"], "p1");
    assert_eq!(got["iss"], BASE);
    assert_eq!(got["sub"], browser.account.as_str());
    assert_eq!(got["fhirUser"], format!("{BASE}/fhir/Patient/p1"));
    assert_eq!(got["exp"], clinic.now() + 600);
    assert!(got["scope"].as_str().unwrap().contains("patient/*.rs"));
    let refresh = [
        ("token", body["refresh_token"].as_str().unwrap()),
        ("client_id", "growth"),
    ];
    let (_, got) = clinic.call("/oauth/introspect", &[], &refresh).await;
    assert_eq!(
        (&got["active"], &got["token_type"]),
        (&json!(true), &json!("refresh_token"))
    );
    let (_, got) = clinic
        .call(
            "/oauth/introspect",
            &[],
            &[("token", token), ("client_id", "other")],
        )
        .await;
    assert_eq!(got, json!({"active": false}), "another app learns nothing");
    let bearer = format!("Bearer {token}");
    let (_, got) = clinic
        .call("/oauth/userinfo", &[("authorization", &bearer)], &[])
        .await;
    assert_eq!(got["sub"], browser.account.as_str());
    assert_eq!(got["name"], "CONN");
    let (status, _) = clinic
        .call(
            "/oauth/userinfo",
            &[("authorization", "Bearer made-up")],
            &[],
        )
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_server_app_proves_itself_with_its_secret_and_nobody_else_can() {
    let clinic = Clinic::new().await;
    let account = clinic
        .person("ben", Role::CLINICIAN, Some("Practitioner/d1"), &[])
        .await;
    let browser = clinic.browser(&account).await;
    for (headers, status) in [
        (vec![], StatusCode::UNAUTHORIZED),
        (
            vec![("authorization", basic("rounds", "wrong"))],
            StatusCode::UNAUTHORIZED,
        ),
        (
            vec![("authorization", basic("growth", SECRET))],
            StatusCode::UNAUTHORIZED,
        ),
        (
            vec![("authorization", basic("rounds", SECRET))],
            StatusCode::OK,
        ),
    ] {
        let code = clinic
            .code(&browser, "rounds", "openid fhirUser user/*.rs")
            .await;
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let (got, body) = clinic.take_with("rounds", &code, &headers).await;
        assert_eq!(got, status, "{body}");
    }
}

#[tokio::test]
async fn an_app_is_for_those_it_is_registered_for() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let (page, _) = clinic
        .asked(&browser, &[("client_id", "rounds"), ("scope", "user/*.rs")])
        .await;
    assert_eq!(
        parameter(&page.onward(), "error").as_deref(),
        Some("access_denied")
    );
    clinic
        .app("portal", AppKind::Browser, Audience::Patients)
        .await;
    let account = clinic.person("ben", Role::CLINICIAN, None, &[]).await;
    let ben = clinic.browser(&account).await;
    let (page, _) = clinic
        .asked(&ben, &[("client_id", "portal"), ("scope", "user/*.rs")])
        .await;
    assert_eq!(
        parameter(&page.onward(), "error").as_deref(),
        Some("access_denied")
    );
}

#[tokio::test]
async fn t8_nobody_chooses_a_patient_that_is_not_theirs() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let (_, sealed) = clinic.asked(&browser, &[]).await;
    let page = clinic
        .get(
            Some(&browser),
            &format!("/oauth/consent?request={sealed}&patient=p2"),
        )
        .await;
    assert_eq!(
        parameter(&page.onward(), "error").as_deref(),
        Some("access_denied")
    );
    let fields = [
        ("request", sealed.as_str()),
        ("chosen", "p2"),
        ("life", "once"),
        ("answer", "allow"),
        ("scope", "patient/*.rs"),
    ];
    let answer = clinic.consented(&browser, &fields).await;
    assert_eq!(
        parameter(&answer, "error").as_deref(),
        Some("access_denied")
    );
}

#[tokio::test]
async fn who_acts_for_several_patients_chooses_one() {
    let clinic = Clinic::new().await;
    let account = clinic
        .person("pat", Role::PROXY, Some("RelatedPerson/r1"), &["p1", "p2"])
        .await;
    let browser = clinic.browser(&account).await;
    let (page, sealed) = clinic.asked(&browser, &[]).await;
    assert!(
        page.header(header::LOCATION)
            .starts_with("/oauth/patient?request=")
    );
    let picker = clinic
        .get(Some(&browser), &page.header(header::LOCATION))
        .await;
    assert!(
        picker.text.contains("p1 Example") && picker.text.contains("p2 Example"),
        "{}",
        picker.text
    );
    let page = clinic
        .get(
            Some(&browser),
            &format!("/oauth/consent?request={sealed}&patient=p2"),
        )
        .await;
    assert!(page.text.contains("p2 Example"), "{}", page.text);
}

#[tokio::test]
async fn what_was_allowed_is_not_asked_again_until_it_ends() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let silent = authorize(&[("prompt", "none")]);
    let before = clinic
        .get(Some(&browser), &silent)
        .await
        .header(header::LOCATION);
    assert_eq!(
        parameter(&before, "error").as_deref(),
        Some("interaction_required")
    );
    clinic.allowed(&browser, &[], "quarter").await;
    let after = clinic
        .get(Some(&browser), &silent)
        .await
        .header(header::LOCATION);
    assert!(parameter(&after, "code").is_some(), "{after}");
    let (page, _) = clinic.asked(&browser, &[]).await;
    assert!(parameter(&page.onward(), "code").is_some());
    let (page, _) = clinic.asked(&browser, &[("prompt", "consent")]).await;
    assert!(
        page.text.contains("Let GROWTH act for you?"),
        "the app may ask to ask"
    );
    let more = authorize(&[
        ("prompt", "none"),
        (
            "scope",
            "openid fhirUser launch/patient patient/*.rs offline_access",
        ),
    ]);
    let more = clinic
        .get(Some(&browser), &more)
        .await
        .header(header::LOCATION);
    assert_eq!(
        parameter(&more, "error").as_deref(),
        Some("interaction_required"),
        "more than was allowed"
    );
    clinic.clock.advance_millis(93 * 86_400_000);
    let browser = clinic.browser(&browser.account).await;
    let late = clinic
        .get(Some(&browser), &silent)
        .await
        .header(header::LOCATION);
    assert_eq!(
        parameter(&late, "error").as_deref(),
        Some("interaction_required")
    );
}

#[tokio::test]
async fn an_app_can_ask_for_a_fresh_proof() {
    let clinic = Clinic::new().await;
    let mut browser = clinic.conn().await;
    clinic.clock.advance_millis(5 * 60_000);
    for wish in [("prompt", "login"), ("max_age", "60")] {
        let first = clinic
            .get(Some(&browser), &authorize(&[wish]))
            .await
            .header(header::LOCATION);
        let page = clinic.get(Some(&browser), &first).await;
        assert!(
            page.header(header::LOCATION).starts_with("/step-up?to="),
            "{wish:?} {}",
            page.text
        );
        clinic.clock.advance_millis(1000);
        browser.step_up(&clinic.store).await;
        let page = clinic.get(Some(&browser), &first).await;
        assert!(
            page.text.contains("Let GROWTH act for you?"),
            "{wish:?} {}",
            page.text
        );
    }
    let (page, _) = clinic.asked(&browser, &[("max_age", "3600")]).await;
    assert!(page.text.contains("Let GROWTH act for you?"));
}

#[tokio::test]
async fn an_app_opened_from_the_clinic_gets_its_patient_once() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let list = clinic.get(Some(&browser), "/apps?patient=p1").await;
    assert!(
        list.text.contains("GROWTH") && !list.text.contains("ROUNDS"),
        "{}",
        list.text
    );
    let fields = [("client", "growth"), ("of", "p1"), ("encounter", "e1")];
    let address = clinic.post(&browser, "/apps/open", &fields).await.onward();
    assert_eq!(parameter(&address, "iss"), Some(format!("{BASE}/fhir")));
    let handle = parameter(&address, "launch").unwrap();
    let wish = [
        ("scope", "launch openid patient/*.rs"),
        ("launch", handle.as_str()),
    ];
    let stranger = clinic
        .person("eve", Role::PATIENT, Some("Patient/p2"), &["p2"])
        .await;
    let stranger = clinic.browser(&stranger).await;
    let (page, _) = clinic.asked(&stranger, &wish).await;
    assert_eq!(
        parameter(&page.onward(), "error").as_deref(),
        Some("access_denied"),
        "another person's launch"
    );
    let stolen = [("client_id", "other"), wish[0], wish[1]];
    let (page, _) = clinic.asked(&browser, &stolen).await;
    assert_eq!(
        parameter(&page.onward(), "error").as_deref(),
        Some("access_denied"),
        "another app's launch"
    );
    let address = clinic.allowed(&browser, &wish, "quarter").await;
    let (_, body) = clinic
        .take("growth", &parameter(&address, "code").unwrap())
        .await;
    assert_eq!(
        (&body["patient"], &body["encounter"]),
        (&json!("p1"), &json!("e1"))
    );
    let (page, _) = clinic.asked(&browser, &wish).await;
    assert_eq!(
        parameter(&page.onward(), "error").as_deref(),
        Some("access_denied"),
        "a handle counts once"
    );
}
