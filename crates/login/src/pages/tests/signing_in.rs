//! Rules of signing in, each through the pages.

use std::time::Duration;

use aceso_policy::{Caller, Origin, Role};
use aceso_store::LinkKind;
use aceso_vault::TotpSecret;
use aceso_vault::password::Cost;
use aceso_vault::recovery::RecoveryCode;
use http::{StatusCode, header};

use super::kit::{CHEAP, Clinic, PASSWORD};
use crate::pages::Installation;

pub(super) fn app() -> TotpSecret {
    TotpSecret::generate().unwrap()
}

#[tokio::test]
async fn asvs_6_3_8_a_name_that_nobody_has_answers_like_a_wrong_password() {
    let clinic = Clinic::new();
    clinic.person("ann", Role::NURSE, Some(&app())).await;
    let mut browser = clinic.browser();
    let wrong = browser.password("ann", "not it at all").await;
    let nobody = browser.password("bob", "not it at all").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(nobody.status, wrong.status);
    assert_eq!(
        nobody.settled().replace("\"bob\"", "\"ann\""),
        wrong.settled()
    );
    let (wrong, nobody) = (
        browser.password("ann", PASSWORD).await,
        browser.password("bob", PASSWORD).await,
    );
    assert!(wrong.text.contains("Too many wrong attempts"));
    assert_eq!(
        nobody.settled().replace("\"bob\"", "\"ann\""),
        wrong.settled()
    );
}

/// Medians of 15 each, taken in turn: with the real cost of a hash, a stranger sees no difference.
#[tokio::test]
async fn asvs_6_3_8_a_name_that_nobody_has_takes_as_long_as_a_wrong_password() {
    let clinic = Clinic::with(Cost::default(), Installation::Clinic);
    clinic.person("ann", Role::NURSE, Some(&app())).await;
    let mut browser = clinic.browser();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        for (name, times) in [("ann", &mut known), ("bob", &mut unknown)] {
            clinic.minutes(1);
            browser.get("/sign-in").await;
            let begin = std::time::Instant::now();
            let fields = [("user", name), ("password", "not it at all")];
            browser.post("/sign-in", &fields).await;
            times.push(begin.elapsed());
        }
    }
    known.sort();
    unknown.sort();
    let (known, unknown) = (known[7], unknown[7]);
    println!("median: known {known:?}, unknown {unknown:?}");
    let apart = known.abs_diff(unknown);
    assert!(
        apart < known.max(Duration::from_millis(10)) / 3,
        "{known:?} {unknown:?}"
    );
}

#[tokio::test]
async fn ha5_n4_after_a_wrong_password_there_is_a_pause_that_time_ends() {
    let clinic = Clinic::new();
    let secret = app();
    clinic.person("ann", Role::NURSE, Some(&secret)).await;
    let mut browser = clinic.browser();
    browser.password("ann", "not it at all").await;
    let soon = browser.password("ann", PASSWORD).await;
    assert!(
        soon.text.contains("Please try again in 2 seconds"),
        "{}",
        soon.text
    );
    clinic.clock.advance_millis(1_100);
    assert!(
        browser
            .password("ann", PASSWORD)
            .await
            .to()
            .starts_with("/sign-in/second")
    );
}

#[tokio::test]
async fn h8_o_d13_asvs_6_3_3_a_password_alone_opens_nothing_where_the_role_asks_for_two_factors() {
    let clinic = Clinic::new();
    clinic.person("ann", Role::NURSE, Some(&app())).await;
    clinic.person("bare", Role::NURSE, None).await;
    clinic.person("pat", Role::PATIENT, None).await;
    let mut ann = clinic.browser();
    assert!(
        ann.password("ann", PASSWORD)
            .await
            .to()
            .starts_with("/sign-in/second")
    );
    assert_eq!(ann.get("/account").await.to(), "/sign-in?to=%2Faccount");
    let mut bare = clinic.browser();
    assert_eq!(bare.password("bare", PASSWORD).await.to(), "/account/enrol");
    for path in [
        "/",
        "/account",
        "/account/sessions",
        "/account/password",
        "/recovery-shares",
    ] {
        assert_eq!(bare.get(path).await.to(), "/account/enrol", "{path}");
    }
    let mut pat = clinic.browser();
    assert_eq!(pat.password("pat", PASSWORD).await.to(), "/");
    let account = pat.get("/account").await;
    assert!(
        account
            .text
            .contains("Your password is all that protects your account"),
        "a patient is offered more"
    );
}

#[tokio::test]
async fn asvs_6_5_1_a_code_counts_once() {
    let clinic = Clinic::new();
    let secret = app();
    clinic.person("ann", Role::NURSE, Some(&secret)).await;
    let code = clinic.code(&secret);
    let mut first = clinic.browser();
    first.password("ann", PASSWORD).await;
    let done = first
        .post("/sign-in/second", &[("code", &code), ("to", "/account")])
        .await;
    assert_eq!(done.to(), "/account");
    let mut second = clinic.browser();
    second.password("ann", PASSWORD).await;
    let refused = second.post("/sign-in/second", &[("code", &code)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("That is not right"));
}

#[tokio::test]
async fn n8_a_recovery_code_signs_in_once_and_leaves_a_notice() {
    let clinic = Clinic::new();
    let id = clinic.person("ann", Role::NURSE, Some(&app())).await;
    let sheet = RecoveryCode::sheet().unwrap();
    let sign_in = Caller::sign_in(Origin::default());
    let digests = sheet.iter().map(RecoveryCode::digest).collect();
    clinic
        .store
        .set_recovery_codes(&sign_in, &id, digests)
        .await
        .unwrap();
    let typed = sheet[0].to_printed().to_lowercase().replace('-', " ");
    let mut browser = clinic.browser();
    browser.password("ann", PASSWORD).await;
    assert_eq!(
        browser.get("/sign-in/recovery").await.title(),
        "Recovery code"
    );
    let done = browser
        .post("/sign-in/recovery", &[("code", &typed), ("to", "/")])
        .await;
    assert_eq!(done.to(), "/");
    assert!(
        browser
            .get("/account/notices")
            .await
            .text
            .contains("A recovery code was used")
    );
    let mut again = clinic.browser();
    again.password("ann", PASSWORD).await;
    let refused = again
        .post("/sign-in/recovery", &[("code", &typed), ("to", "/")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn asvs_7_2_4_every_proof_gives_a_new_session_cookie_and_the_old_one_is_dead() {
    let clinic = Clinic::new();
    let secret = app();
    clinic.person("ann", Role::NURSE, Some(&secret)).await;
    let mut browser = clinic.browser();
    // Fixation: a cookie that somebody planted.
    browser
        .cookies
        .insert("__Host-aceso".into(), "A".repeat(43));
    browser.password("ann", PASSWORD).await;
    let pending = browser.session().to_owned();
    assert_ne!(pending, "A".repeat(43));
    let code = clinic.code(&secret);
    browser
        .post("/sign-in/second", &[("code", &code), ("to", "/")])
        .await;
    let full = browser.clone();
    browser.get("/").await;
    browser.post("/lock", &[("to", "/")]).await;
    browser.get("/lock").await;
    browser
        .post("/unlock", &[("password", PASSWORD), ("to", "/")])
        .await;
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_ne!(full.session(), pending);
    assert_ne!(browser.session(), full.session());
    let mut stale = full.clone();
    assert_eq!(
        stale.get("/").await.to(),
        "/sign-in",
        "the cookie before unlocking"
    );
}

#[tokio::test]
async fn asvs_3_7_2_signing_in_leads_to_addresses_of_our_own_only() {
    let clinic = Clinic::new();
    clinic.person("pat", Role::PATIENT, None).await;
    for (to, expected) in [
        ("/account/sessions", "/account/sessions"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
    ] {
        let mut browser = clinic.browser();
        browser.get("/sign-in").await;
        let fields = [("user", "pat"), ("password", PASSWORD), ("to", to)];
        assert_eq!(
            browser.post("/sign-in", &fields).await.to(),
            expected,
            "{to}"
        );
    }
}

#[tokio::test]
async fn asvs_6_4_a_reset_sets_a_password_keeps_the_second_factor_and_ends_sessions() {
    let clinic = Clinic::new();
    let secret = app();
    let id = clinic.person("ann", Role::NURSE, Some(&secret)).await;
    let mut before = clinic.browser();
    before.sign_in(&clinic, "ann", &secret).await;
    let path = format!("/reset/{}", clinic.link(LinkKind::Reset, &id).await);
    let mut browser = clinic.browser();
    assert_eq!(browser.get(&path).await.title(), "Choose a new password");
    let new = "amber fox writes letters";
    assert_eq!(
        browser.post(&path, &[("password", new)]).await.to(),
        "/sign-in?after=reset"
    );
    assert_eq!(
        browser.get(&path).await.status,
        StatusCode::NOT_FOUND,
        "once"
    );
    assert_eq!(before.get("/").await.to(), "/sign-in");
    assert!(
        browser
            .password("ann", new)
            .await
            .to()
            .starts_with("/sign-in/second")
    );
    assert_eq!(
        clinic.browser().password("ann", PASSWORD).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn asvs_6_3_2_the_first_administrator_comes_by_a_link_that_works_once() {
    let clinic = Clinic::new();
    let path = format!("/set-up/{}", clinic.link(LinkKind::SetUp, "").await);
    let mut browser = clinic.browser();
    browser.get(&path).await;
    let refused = browser
        .post(
            &path,
            &[
                ("display", "Ann"),
                ("user", "ann"),
                ("password", "password1"),
            ],
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("value=\"ann\"") && !refused.text.contains("password1"));
    let done = browser
        .post(
            &path,
            &[("display", "Ann"), ("user", "ann"), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(done.to(), "/account/enrol");
    assert_eq!(
        clinic.browser().get(&path).await.status,
        StatusCode::NOT_FOUND
    );
    assert!(clinic.store.has_administrator().await.unwrap());
}

#[tokio::test]
async fn an_invitation_is_taken_up_once_and_leads_to_the_second_factor() {
    let clinic = Clinic::new();
    let new = aceso_store::NewAccount {
        user_name: aceso_store::UserName::parse("ben").unwrap(),
        display: "Ben".into(),
        email: None,
        fhir_user: None,
        roles: vec![Role::BILLER],
        facilities: Vec::new(),
        patients: Vec::new(),
        not_after: None,
        enrol: aceso_store::Enrol::No,
    };
    let id = clinic
        .store
        .add_account(&Caller::operator(), new)
        .await
        .unwrap();
    let path = format!(
        "/invitation/{}",
        clinic.link(LinkKind::Invitation, &id).await
    );
    let mut browser = clinic.browser();
    assert_eq!(browser.get(&path).await.title(), "Welcome");
    assert_eq!(
        browser.post(&path, &[("password", PASSWORD)]).await.to(),
        "/account/enrol"
    );
    assert_eq!(
        clinic.browser().get(&path).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn n1_n2_a_password_is_refused_for_being_short_common_or_about_its_owner_and_for_nothing_else()
 {
    let clinic = Clinic::new();
    let path = format!("/set-up/{}", clinic.link(LinkKind::SetUp, "").await);
    let mut browser = clinic.browser();
    browser.get(&path).await;
    for bad in [
        "short1!",
        "password123",
        "annexample1",
        "riverside",
        "aaaaaaaaaa",
        "qwertyuiop",
    ] {
        let refused = browser
            .post(
                &path,
                &[
                    ("display", "Ann Example"),
                    ("user", "annexample"),
                    ("password", bad),
                ],
            )
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(refused.text.contains("f-password-error"), "{bad}");
    }
    let long = "пароль из многих слов 🦦 ".repeat(8);
    let fields = [
        ("display", "Ann Example"),
        ("user", "annexample"),
        ("password", long.as_str()),
    ];
    assert_eq!(browser.post(&path, &fields).await.to(), "/account/enrol");
}

#[tokio::test]
async fn links_of_a_demonstration_are_good_nowhere_else() {
    for (installation, expected) in [
        (Installation::Demo, StatusCode::OK),
        (Installation::Clinic, StatusCode::NOT_FOUND),
    ] {
        let clinic = Clinic::with(CHEAP, installation);
        let id = clinic.person("ann", Role::NURSE, None).await;
        let path = format!("/demo/sign-in/{}", clinic.link(LinkKind::Demo, &id).await);
        let mut browser = clinic.browser();
        assert_eq!(browser.get(&path).await.status, expected);
        browser.get("/sign-in").await;
        let entered = browser.post(&path, &[]).await;
        assert_eq!(entered.to() == "/", expected == StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_sign_ins_is_asked_to_come_again() {
    let heavy = Cost {
        memory_kib: 64 * 1024,
        passes: 2,
    };
    let clinic = Clinic::with(heavy, Installation::Clinic);
    let mut first = clinic.browser();
    first.get("/sign-in").await;
    let tries = (0..80).map(|n| {
        let mut browser = first.clone();
        tokio::spawn(async move {
            let name = format!("nobody{n}");
            browser
                .post(
                    "/sign-in",
                    &[("user", &name), ("password", "not it at all")],
                )
                .await
        })
    });
    let tries: Vec<_> = tries.collect();
    let mut busy = 0;
    for one in tries {
        let answer = one.await.unwrap();
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            assert!(answer.headers.contains_key(header::RETRY_AFTER));
            assert_eq!(answer.title(), "Too many at a time");
            busy += 1;
        } else {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
    assert!(busy > 0);
}

#[tokio::test]
async fn asvs_6_6_4_a_sign_in_is_approved_by_its_number_once_and_a_wrong_one_refuses() {
    let clinic = Clinic::new();
    let secret = app();
    clinic.person("ann", Role::NURSE, Some(&secret)).await;
    let mut device = clinic.browser();
    device.sign_in(&clinic, "ann", &secret).await;
    for right in [false, true] {
        let mut browser = clinic.browser();
        browser.password("ann", PASSWORD).await;
        browser.get("/sign-in/second?to=%2Faccount").await;
        let shown = browser
            .post("/sign-in/approval", &[("to", "/account")])
            .await;
        let number = shown.hidden("number");
        let action = shown
            .text
            .split('"')
            .find(|p| p.starts_with("/sign-in/approval/"));
        let path = action.unwrap().to_owned();
        let fields = [("to", "/account"), ("number", number.as_str())];
        let early = browser.post(&path, &fields).await;
        assert!(early.text.contains("Waiting for your approval"));
        let page = device.get("/account/approvals").await;
        assert!(
            !page.text.contains(&format!(">{number}<")),
            "the device does not show it"
        );
        let action = page
            .text
            .split('"')
            .find(|p| p.starts_with("/account/approvals/"));
        let typed = if right {
            number.clone()
        } else {
            "9".to_owned()
        };
        let answer = device.post(action.unwrap(), &[("number", &typed)]).await;
        let expected = if right { "approved" } else { "refused" };
        assert_eq!(answer.to(), format!("/account/approvals?done={expected}"));
        let done = browser.post(&path, &fields).await;
        assert_eq!(done.to() == "/account", right, "{}", done.text);
        assert_eq!(
            browser.get("/account").await.status == StatusCode::OK,
            right
        );
    }
}
