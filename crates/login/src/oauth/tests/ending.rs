use aceso_policy::{Caller, Origin, Role, Who};
use aceso_vault::sha256;
use http::StatusCode;
use serde_json::Value;

use super::kit::{BACK, Clinic, SECRET, VERIFIER, basic, parameter};

const SCOPE: &str = "openid launch/patient offline_access patient/*.rs";

fn text(body: &Value, name: &str) -> String {
    body[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name}: {body}"))
        .to_owned()
}

#[tokio::test]
async fn asvs_10_4_2_a_code_counts_once_and_a_second_try_ends_what_it_gave() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let code = clinic.code(&browser, "growth", SCOPE).await;
    let (_, body) = clinic.take("growth", &code).await;
    let (access, refresh) = (text(&body, "access_token"), text(&body, "refresh_token"));
    assert!(clinic.caller(&access).await.is_some());
    let (status, again) = clinic.take("growth", &code).await;
    assert_eq!(
        (status, again["error"].as_str()),
        (StatusCode::BAD_REQUEST, Some("invalid_grant"))
    );
    assert!(clinic.caller(&access).await.is_none());
    assert_eq!(
        clinic.refresh("growth", &refresh).await.1["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn asvs_10_4_3_a_code_is_good_for_a_minute() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let code = clinic.code(&browser, "growth", SCOPE).await;
    clinic.clock.advance_millis(60_000);
    let (_, body) = clinic.take("growth", &code).await;
    assert_eq!(body["error"], "invalid_grant");
}

async fn check_injected(change: impl Fn(&mut Vec<(&'static str, &'static str)>)) {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let code = clinic.code(&browser, "growth", SCOPE).await;
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("client_id", "growth"),
    ];
    change(&mut fields);
    let mut fields: Vec<(&str, &str)> = fields;
    fields.push(("code", code.as_str()));
    let (status, body) = clinic.call("/oauth/token", &[], &fields).await;
    assert_ne!(status, StatusCode::OK, "{body}");
    assert!(body.get("access_token").is_none());
    let (_, body) = clinic.take("growth", &code).await;
    assert_eq!(
        body["error"], "invalid_grant",
        "a code that was tried wrongly is spent"
    );
}

#[tokio::test]
async fn t11_a_stolen_code_gives_nothing() {
    let set = |name: &'static str, value: &'static str| {
        move |fields: &mut Vec<(&'static str, &'static str)>| {
            for field in fields.iter_mut().filter(|f| f.0 == name) {
                field.1 = value;
            }
        }
    };
    check_injected(set(
        "code_verifier",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ))
    .await;
    check_injected(set("client_id", "other")).await;
    check_injected(set("redirect_uri", "https://evil.example/cb")).await;
}

#[tokio::test]
async fn asvs_10_4_5_t4_a_refresh_token_counts_once_and_a_second_use_ends_the_family() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let first = clinic.tokens(&browser, "growth", SCOPE).await;
    let (status, second) = clinic.refreshed(&first).await;
    assert_eq!(status, StatusCode::OK, "{second}");
    assert_eq!(second["patient"], "p1");
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert!(
        clinic
            .caller(&text(&second, "access_token"))
            .await
            .is_some()
    );
    let (_, stolen) = clinic.refreshed(&first).await;
    assert_eq!(stolen["error"], "invalid_grant");
    for body in [&first, &second] {
        assert!(clinic.caller(&text(body, "access_token")).await.is_none());
    }
    let (_, own) = clinic.refreshed(&second).await;
    assert_eq!(own["error"], "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_is_its_apps_alone_and_never_gives_more() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic.tokens(&browser, "growth", SCOPE).await;
    let token = text(&body, "refresh_token");
    assert_eq!(
        clinic.refresh("other", &token).await.1["error"],
        "invalid_grant"
    );
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
        ("client_id", "growth"),
        ("scope", "patient/Patient.rs user/*.rs system/*.rs"),
    ];
    let (_, narrow) = clinic.call("/oauth/token", &[], &fields).await;
    assert_eq!(narrow["scope"], "patient/Patient.rs");
}

#[tokio::test]
async fn an_app_without_a_secret_need_not_name_itself_to_refresh_and_one_with_a_secret_must() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic.tokens(&browser, "growth", SCOPE).await;
    let token = text(&body, "refresh_token");
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
    ];
    let (status, body) = clinic.call("/oauth/token", &[], &fields).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let account = clinic.person("ben", Role::CLINICIAN, None, &[]).await;
    let ben = clinic.browser(&account).await;
    let code = clinic
        .code(&ben, "rounds", "user/*.rs offline_access")
        .await;
    let own = basic("rounds", SECRET);
    let (_, body) = clinic
        .take_with("rounds", &code, &[("authorization", &own)])
        .await;
    let token = text(&body, "refresh_token");
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
    ];
    let (status, _) = clinic.call("/oauth/token", &[], &fields).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn asvs_10_4_8_refreshing_ends_on_the_day_that_the_person_said() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let mut body = clinic.tokens(&browser, "growth", SCOPE).await;
    for _ in 0..3 {
        clinic.clock.advance_millis(30 * 86_400_000);
        let (status, next) = clinic.refreshed(&body).await;
        assert_eq!(status, StatusCode::OK, "{next}");
        body = next;
    }
    clinic.clock.advance_millis(3 * 86_400_000);
    let (_, late) = clinic.refreshed(&body).await;
    assert_eq!(late["error"], "invalid_grant");
}

#[tokio::test]
async fn asvs_10_4_9_a_person_stops_an_app_and_all_its_tokens_end_at_once() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic.tokens(&browser, "growth", SCOPE).await;
    let page = clinic.get(Some(&browser), "/account/apps").await;
    assert!(
        page.text.contains("GROWTH") && page.text.contains("See everything in the record"),
        "{}",
        page.text
    );
    assert!(clinic.caller(&text(&body, "access_token")).await.is_some());
    let done = clinic
        .post(&browser, "/account/apps/revoke", &[("client", "growth")])
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert!(clinic.caller(&text(&body, "access_token")).await.is_none());
    assert_eq!(clinic.refreshed(&body).await.1["error"], "invalid_grant");
    let page = clinic.get(Some(&browser), "/account/apps").await;
    assert!(page.text.contains("No app acts for you"));
}

#[tokio::test]
async fn nobody_stops_another_persons_app() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic.tokens(&browser, "growth", SCOPE).await;
    let eve = clinic
        .person("eve", Role::PATIENT, Some("Patient/p2"), &["p2"])
        .await;
    let eve = clinic.browser(&eve).await;
    clinic
        .post(&eve, "/account/apps/revoke", &[("client", "growth")])
        .await;
    assert!(clinic.caller(&text(&body, "access_token")).await.is_some());
    let found = clinic
        .store
        .session(&sha256(eve.token.as_bytes()))
        .await
        .unwrap()
        .unwrap();
    let person = found.person(aceso_policy::Place::Unknown).unwrap();
    let caller = Caller::person(std::sync::Arc::new(person), Origin::default());
    assert!(
        clinic
            .store
            .revoke_app(&caller, &browser.account, "growth")
            .await
            .is_err()
    );
    assert!(
        clinic
            .store
            .apps_of(&caller, &browser.account)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_the_family_and_another_app_cannot() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic.tokens(&browser, "growth", SCOPE).await;
    let (access, refresh) = (text(&body, "access_token"), text(&body, "refresh_token"));
    let other = [("token", refresh.as_str()), ("client_id", "other")];
    assert_eq!(
        clinic.call("/oauth/revoke", &[], &other).await.0,
        StatusCode::OK
    );
    assert!(clinic.caller(&access).await.is_some());
    let own = [("token", refresh.as_str()), ("client_id", "growth")];
    assert_eq!(
        clinic.call("/oauth/revoke", &[], &own).await.0,
        StatusCode::OK
    );
    assert!(clinic.caller(&access).await.is_none());
}

#[tokio::test]
async fn hn5_a_disabled_persons_tokens_end_within_a_minute() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic.tokens(&browser, "growth", SCOPE).await;
    let access = text(&body, "access_token");
    assert!(clinic.caller(&access).await.is_some());
    clinic
        .store
        .disable_account(&Caller::operator(), &browser.account)
        .await
        .unwrap();
    clinic.clock.advance_millis(10_000);
    assert!(clinic.caller(&access).await.is_none());
    assert_eq!(clinic.refreshed(&body).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn hn5_for_a_person_whom_the_directory_switches_off_no_app_acts_any_more() {
    let clinic = Clinic::new().await;
    let account = clinic.person("ben", Role::CLINICIAN, None, &[]).await;
    let browser = clinic.browser(&account).await;
    let body = clinic
        .tokens(&browser, "growth", "user/*.rs offline_access")
        .await;
    let access = text(&body, "access_token");
    assert!(clinic.caller(&access).await.is_some());
    let directory = clinic.directory().await;
    let off = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}"#;
    let path = ["/scim/v2/Users/", &account].concat();
    let done = clinic.patch(&path, &directory, off).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    clinic.clock.advance_millis(10_000);
    assert!(clinic.caller(&access).await.is_none());
    assert_eq!(clinic.refreshed(&body).await.1["error"], "invalid_grant");
    let page = clinic.get(Some(&browser), "/account/apps").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "the session is over");
    // Whoever comes back does not bring the app along.
    let on = off.replace("false", "true");
    let back = clinic.patch(&path, &directory, &on).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text);
    clinic.clock.advance_millis(10_000);
    assert!(clinic.caller(&access).await.is_none());
    assert_eq!(clinic.refreshed(&body).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn asvs_8_3_2_a_change_of_role_reaches_tokens_within_a_minute() {
    let clinic = Clinic::new().await;
    let account = clinic.person("ben", Role::CLINICIAN, None, &[]).await;
    let browser = clinic.browser(&account).await;
    let body = clinic.tokens(&browser, "growth", "user/*.rs").await;
    let roles = |caller: Caller| match caller.who {
        Who::Client(client) => client.person.as_ref().unwrap().roles.clone(),
        Who::Person(_) | Who::Operator | Who::Job(_) => panic!("not a client"),
    };
    let access = text(&body, "access_token");
    assert_eq!(
        roles(clinic.caller(&access).await.unwrap()),
        [Role::CLINICIAN]
    );
    let known = clinic
        .store
        .account(&Caller::operator(), &account)
        .await
        .unwrap();
    let nurse = vec![Role::NURSE];
    clinic
        .store
        .set_roles(&Caller::operator(), &account, known.version, nurse)
        .await
        .unwrap();
    clinic.clock.advance_millis(10_000);
    assert_eq!(roles(clinic.caller(&access).await.unwrap()), [Role::NURSE]);
}

#[tokio::test]
async fn online_access_ends_with_the_session() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let body = clinic
        .tokens(
            &browser,
            "growth",
            "openid launch/patient online_access patient/*.rs",
        )
        .await;
    let (status, next) = clinic.refreshed(&body).await;
    assert_eq!(status, StatusCode::OK, "{next}");
    let job = Caller::sign_in(Origin::default());
    clinic
        .store
        .sign_out(&job, &sha256(browser.token.as_bytes()))
        .await
        .unwrap();
    let (_, after) = clinic.refreshed(&next).await;
    assert_eq!(after["error"], "invalid_grant");
}

#[tokio::test]
async fn until_you_sign_out_means_that_and_is_asked_again() {
    let clinic = Clinic::new().await;
    let browser = clinic.conn().await;
    let wish = [("scope", SCOPE)];
    let address = clinic.allowed(&browser, &wish, "once").await;
    let code = parameter(&address, "code").unwrap();
    let (_, body) = clinic.take("growth", &code).await;
    let (page, _) = clinic.asked(&browser, &wish).await;
    assert!(page.text.contains("Let GROWTH act for you?"));
    let job = Caller::sign_in(Origin::default());
    let hash = sha256(browser.token.as_bytes());
    clinic.store.sign_out(&job, &hash).await.unwrap();
    let (_, after) = clinic.refreshed(&body).await;
    assert_eq!(after["error"], "invalid_grant");
}

#[tokio::test]
async fn t12_nobody_registers_an_app_from_outside() {
    let clinic = Clinic::new().await;
    let metadata = clinic
        .get(None, "/.well-known/openid-configuration")
        .await
        .text;
    assert!(!metadata.contains("registration_endpoint"));
    for path in ["/oauth/register", "/oauth/clients", "/register"] {
        assert_eq!(
            clinic.call(path, &[], &[("redirect_uris", BACK)]).await.0,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let grant = [
        ("grant_type", "password"),
        ("username", "conn"),
        ("password", "x"),
        ("client_id", "growth"),
    ];
    let (_, body) = clinic.call("/oauth/token", &[], &grant).await;
    assert_eq!(body["error"], "unsupported_grant_type", "asvs 10.4.4");
}
