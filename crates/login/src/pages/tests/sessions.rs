//! Rules of sessions and of one's own account, each through the pages.

use aceso_policy::{Caller, Role};
use aceso_store::SessionState;
use aceso_vault::TotpSecret;
use aceso_web::site::{Admit, Verb};
use http::StatusCode;

use super::kit::{Browser, Clinic, PASSWORD};
use crate::pages::ROUTES;

async fn signed_in(role: Role) -> (Clinic, Browser, TotpSecret, String) {
    let clinic = Clinic::new();
    let secret = TotpSecret::generate().unwrap();
    let id = clinic.person("ann", role, Some(&secret)).await;
    let mut browser = clinic.browser();
    browser.sign_in(&clinic, "ann", &secret).await;
    (clinic, browser, secret, id)
}

#[tokio::test]
async fn asvs_7_3_1_n9_an_idle_session_locks_and_what_was_typed_goes_on_after_unlocking() {
    let (clinic, mut browser, ..) = signed_in(Role::NURSE).await;
    let account = browser.get("/account").await;
    let path = account
        .text
        .split("href=\"")
        .find(|p| p.contains("/rename"))
        .unwrap();
    let path = path.split('"').next().unwrap().to_owned();
    clinic.minutes(14);
    assert_eq!(browser.get(&path).await.title(), "Rename");
    clinic.minutes(15);
    assert!(
        browser
            .clone()
            .get("/account")
            .await
            .to()
            .starts_with("/lock?to=")
    );
    let locked = browser.post(&path, &[("label", "A & \"B\"")]).await;
    assert_eq!((locked.status, locked.title()), (StatusCode::OK, "Locked"));
    assert!(locked.text.contains("What you typed is kept"));
    let (to, kept) = (locked.hidden("to"), locked.hidden("kept"));
    let fields = [("password", "not it at all"), ("to", &to), ("kept", &kept)];
    let wrong = browser.post("/unlock", &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        (wrong.hidden("to"), wrong.hidden("kept")),
        (to.clone(), kept.clone()),
        "it is kept still"
    );
    clinic.clock.advance_millis(1_100);
    let fields = [("password", PASSWORD), ("to", &to), ("kept", &kept)];
    assert_eq!(
        browser.post("/unlock", &fields).await.to(),
        "/account?done=renamed"
    );
    let account = browser.get("/account").await;
    assert!(account.text.contains("A &amp; &quot;B&quot;"));
}

#[tokio::test]
async fn asvs_7_3_2_a_session_ends_after_twelve_hours_however_busy() {
    let (clinic, mut browser, ..) = signed_in(Role::NURSE).await;
    for _ in 0..71 {
        clinic.minutes(10);
        assert_eq!(browser.get("/").await.status, StatusCode::OK);
    }
    clinic.minutes(10);
    assert_eq!(browser.get("/").await.to(), "/sign-in");
}

#[tokio::test]
async fn asvs_7_4_1_signing_out_ends_the_session_in_the_store() {
    let (_clinic, mut browser, ..) = signed_in(Role::NURSE).await;
    let mut copy = browser.clone();
    assert_eq!(
        browser.post("/sign-out", &[]).await.to(),
        "/sign-in?after=done"
    );
    assert_eq!(browser.session(), "");
    assert_eq!(
        copy.get("/").await.to(),
        "/sign-in",
        "also for who kept the cookie"
    );
}

#[tokio::test]
async fn ha3_hn5_asvs_7_4_2_disabling_an_account_ends_its_sessions_at_once() {
    let (clinic, mut browser, _, id) = signed_in(Role::NURSE).await;
    clinic
        .store
        .disable_account(&Caller::operator(), &id)
        .await
        .unwrap();
    assert_eq!(browser.get("/").await.to(), "/sign-in");
    let mut again = clinic.browser();
    clinic.minutes(1);
    let refused = again.password("ann", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("do not belong together"),
        "it does not say that the account is disabled"
    );
}

#[tokio::test]
async fn asvs_7_5_2_a_person_sees_their_sessions_and_ends_them() {
    let (clinic, mut here, secret, _) = signed_in(Role::NURSE).await;
    let mut there = clinic.browser();
    there.sign_in(&clinic, "ann", &secret).await;
    let page = here.get("/account/sessions").await;
    let path = page
        .text
        .split("action=\"")
        .find(|p| p.starts_with("/account/sessions/") && !p.contains("others"));
    let path = path.unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(
        here.post(&path, &[]).await.to(),
        "/account/sessions?done=ended"
    );
    assert_eq!(there.get("/").await.to(), "/sign-in");
    assert_eq!(here.get("/").await.status, StatusCode::OK);
    let mut third = clinic.browser();
    third.sign_in(&clinic, "ann", &secret).await;
    here.get("/account/sessions").await;
    here.post("/account/sessions/end-others", &[]).await;
    assert_eq!(third.get("/").await.to(), "/sign-in");
}

#[tokio::test]
async fn p1_another_persons_session_or_credential_is_not_there() {
    let (clinic, mut ann, ..) = signed_in(Role::ADMINISTRATOR).await;
    let secret = TotpSecret::generate().unwrap();
    clinic.person("ben", Role::NURSE, Some(&secret)).await;
    let mut ben = clinic.browser();
    ben.sign_in(&clinic, "ben", &secret).await;
    let theirs = |text: &str, part: &str, end: char| {
        let path = text
            .split(['"'])
            .find(|p| p.starts_with(part) && p.ends_with(end))
            .unwrap();
        path.to_owned()
    };
    ann.get("/").await;
    let rename = theirs(
        &ben.get("/account").await.text,
        "/account/credentials/",
        'e',
    );
    assert_eq!(ann.get(&rename).await.status, StatusCode::NOT_FOUND);
    let mut second = clinic.browser();
    second.sign_in(&clinic, "ben", &secret).await;
    let end = theirs(
        &ben.get("/account/sessions").await.text,
        "/account/sessions/",
        'd',
    );
    assert_eq!(ann.post(&end, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(second.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn asvs_7_5_1_a_new_password_needs_a_fresh_proof_that_holds_for_ten_minutes() {
    let (clinic, mut browser, secret, _) = signed_in(Role::NURSE).await;
    assert_eq!(
        browser.get("/account/password").await.to(),
        "/step-up?to=%2Faccount%2Fpassword"
    );
    let asked = browser
        .post(
            "/account/password",
            &[("password", "amber fox writes letters")],
        )
        .await;
    assert_eq!(asked.title(), "Confirm that it is you");
    assert!(
        !asked.text.contains("amber"),
        "a password does not wait in a page"
    );
    let to = asked.hidden("to");
    clinic.clock.advance_millis(90_000);
    let code = clinic.code(&secret);
    let half = browser
        .post("/step-up", &[("code", &code), ("to", &to)])
        .await;
    assert_eq!(
        half.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "both factors are asked for"
    );
    clinic.clock.advance_millis(90_000);
    let code = clinic.code(&secret);
    let fields = [
        ("password", PASSWORD),
        ("code", &code),
        ("to", "/account/password"),
    ];
    assert_eq!(
        browser.post("/step-up", &fields).await.to(),
        "/account/password"
    );
    assert_eq!(
        browser.get("/account/password").await.title(),
        "New password"
    );
    clinic.minutes(9);
    assert_eq!(
        browser.get("/account/password").await.status,
        StatusCode::OK
    );
    let done = browser
        .post(
            "/account/password",
            &[("password", "amber fox writes letters")],
        )
        .await;
    assert_eq!(done.to(), "/account?done=password");
    clinic.minutes(1);
    assert!(
        browser
            .get("/account/password")
            .await
            .to()
            .starts_with("/step-up")
    );
}

#[tokio::test]
async fn asvs_15_3_3_nobody_gives_themselves_a_role_by_a_field_more() {
    let (_clinic, mut browser, ..) = signed_in(Role::NURSE).await;
    let fields = [
        ("password", "amber fox writes letters"),
        ("roles", "administrator"),
    ];
    assert_eq!(
        browser.post("/account/password", &fields).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        browser.get("/recovery-shares").await.status,
        StatusCode::NOT_FOUND,
        "h1: a nurse has no keys"
    );
}

#[tokio::test]
async fn the_last_second_factor_stays_where_the_role_asks_for_one() {
    let (clinic, mut browser, secret, _) = signed_in(Role::NURSE).await;
    clinic.clock.advance_millis(90_000);
    browser.get("/step-up").await;
    let code = clinic.code(&secret);
    browser
        .post(
            "/step-up",
            &[("password", PASSWORD), ("code", &code), ("to", "/account")],
        )
        .await;
    let account = browser.get("/account").await;
    let path = account
        .text
        .split("href=\"")
        .find(|p| p.contains("/remove"))
        .unwrap();
    let path = path.split('"').next().unwrap().to_owned();
    assert!(browser.get(&path).await.title().starts_with("Remove"));
    let refused = browser.post(&path, &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("your role needs a second factor"));
}

/// A path of the table with something in its placeholders.
fn filled(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn asvs_3_5_1_every_form_of_the_table_is_refused_without_its_token() {
    let (_clinic, mut browser, ..) = signed_in(Role::ADMINISTRATOR).await;
    let rows = ROUTES.iter().filter(|r| r.verb == Verb::Post);
    for row in rows {
        let mut bare = browser.clone();
        bare.csrf = "forged".into();
        let answer = bare.post(&filled(row.path), &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", row.path);
    }
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn h1_p5_asvs_8_2_1_every_page_of_the_table_sends_a_stranger_away_unless_it_is_for_anybody() {
    let clinic = Clinic::new();
    for row in ROUTES {
        let mut browser = clinic.browser();
        browser.get("/sign-in").await;
        let path = filled(row.path);
        let answer = match row.verb {
            Verb::Get => browser.get(&path).await,
            Verb::Post => browser.post(&path, &[]).await,
        };
        assert!(!answer.status.is_server_error(), "{path}");
        match row.admit {
            Admit::Anybody => assert!(!answer.to().starts_with("/sign-in?to"), "{path}"),
            Admit::AnySession | Admit::Enrolling | Admit::SignedIn | Admit::Task(_) => {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
                assert!(answer.to().starts_with("/sign-in"), "{path}");
            }
        }
    }
}

/// Signs in another person beside the one whose session the browser has.
async fn switch(browser: &mut Browser, name: &str) {
    let page = browser.get("/switch").await;
    assert!(page.text.contains("is locked here"), "{}", page.text);
    let fields = [("user", name), ("password", PASSWORD)];
    let done = browser.post("/sign-in", &fields).await;
    assert_eq!(done.to(), "/", "{}", done.text);
    browser.get("/").await;
}

#[tokio::test]
async fn who_leaves_a_workstation_finds_session_and_draft_again_and_nobody_else_does() {
    let clinic = Clinic::new();
    let ann = clinic.person("ann", Role::PATIENT, None).await;
    clinic.person("bob", Role::PATIENT, None).await;
    let mut browser = clinic.browser();
    browser.password("ann", PASSWORD).await;
    browser.get("/").await;
    let before = browser.session().to_owned();
    let left = browser
        .post(
            "/switch",
            &[
                ("to", "/account/password"),
                ("draft_to", "/account/password"),
                ("draft", "note=half+a+sentence&password=secret&csrf=x"),
            ],
        )
        .await;
    assert_eq!(left.to(), "/switch");
    switch(&mut browser, "bob").await;
    assert!(browser.get("/account").await.text.contains("bob"));
    let operator = Caller::operator();
    let sessions = clinic.store.sessions_of(&operator, &ann).await.unwrap();
    assert_eq!(sessions.len(), 1, "it is locked, not ended");
    assert_eq!(sessions[0].state, SessionState::Locked);
    // Bob sees nothing of it, and cannot open it.
    assert_eq!(browser.get("/draft").await.to(), "/");
    let id = sessions[0].id.clone();
    let mut elsewhere = clinic.browser();
    elsewhere.get("/sign-in").await;
    let stolen = elsewhere.post(&format!("/switch/{id}"), &[]).await;
    assert_eq!(stolen.status, StatusCode::NOT_FOUND, "another browser");
    browser.post("/switch", &[]).await;
    let page = browser.get("/switch").await;
    assert!(page.text.contains("Locked here"), "{}", page.text);
    let resumed = browser.post(&format!("/switch/{id}"), &[]).await;
    assert_eq!(resumed.to(), "/lock");
    assert_eq!(browser.get("/account").await.to(), "/lock?to=%2Faccount");
    let lock = browser.get("/lock").await;
    assert!(!lock.text.contains("half a sentence"), "locked still");
    let wrong = browser
        .post("/unlock", &[("password", "not it at all")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    clinic.minutes(1);
    let open = browser
        .post("/unlock", &[("password", PASSWORD), ("to", "/")])
        .await;
    assert_eq!(open.to(), "/draft", "{}", open.text);
    let draft = browser.get("/draft").await;
    assert!(draft.text.contains("half a sentence"), "{}", draft.text);
    assert!(!draft.text.contains("secret"), "no secrets are kept");
    let gone = browser.post("/draft", &[("answer", "drop")]).await;
    assert_eq!(gone.to(), "/");
    assert_eq!(browser.get("/draft").await.to(), "/");
    // The cookie from before is worth nothing.
    browser.cookies.insert("__Host-aceso".into(), before);
    assert!(browser.get("/account").await.to().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_draft_is_sent_when_its_person_says_so() {
    let clinic = Clinic::new();
    clinic.person("ann", Role::PATIENT, None).await;
    let mut browser = clinic.browser();
    browser.password("ann", PASSWORD).await;
    browser.get("/").await;
    let draft = [
        ("to", "/account/notices"),
        ("draft_to", "/account/notices/seen"),
        ("draft", "unknown=1"),
    ];
    assert!(
        browser
            .post("/lock", &draft)
            .await
            .to()
            .starts_with("/lock")
    );
    browser.get("/lock").await;
    let open = browser.post("/unlock", &[("password", PASSWORD)]).await;
    assert_eq!(open.to(), "/draft");
    browser.get("/draft").await;
    let sent = browser.post("/draft", &[("answer", "send")]).await;
    assert!(
        sent.text.contains("This form cannot be read"),
        "it went to its page: {}",
        sent.text
    );
}
