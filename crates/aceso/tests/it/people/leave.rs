//! Signing out, and people who leave.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Clinic, PASSWORD, is_in, sign_in};
use crate::browser::{Browser, Page};

/// Waits until it is so; answers how long that took.
#[track_caller]
fn until(what: &str, mut so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !so() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{what}: not within 60 s"
        );
        std::thread::yield_now();
    }
    start.elapsed()
}

#[test]
fn hn5_when_a_person_leaves_every_session_ends_within_sixty_seconds_and_no_proof_is_good_any_more()
{
    let clinic = Clinic::new();
    let (ana, app) = clinic.person("ana", "nurse", &[]);
    let app = app.expect("a nurse enrols a second factor");
    let mut second = ana.clone();
    second.cookies.remove("__Host-aceso");
    sign_in(&mut second, "ana", PASSWORD, Some(&app));
    assert!(is_in(&ana) && is_in(&second));
    let link = clinic.stage.expect(&["user", "reset", "ana"], 0);
    let link = super::path(link.lines().last().unwrap()).to_owned();
    clinic.stage.expect(&["user", "disable", "ana"], 0);
    let took = until("sessions", || !is_in(&ana) && !is_in(&second));
    assert!(took < Duration::from_secs(5), "{took:?}");
    let mut again = ana.clone();
    again.cookies.remove("__Host-aceso");
    let page = sign_in(&mut again, "ana", PASSWORD, Some(&app));
    assert!(page.form("/sign-in").is_some(), "{}", page.body);
    assert!(!is_in(&again));
    assert_eq!(again.get(&link).status, 404, "the reset link is void");
    // Enabled again, the old sessions stay dead.
    clinic.stage.expect(&["user", "enable", "ana"], 0);
    std::thread::sleep(Duration::from_secs(3));
    assert!(!is_in(&ana));
}

#[test]
fn asvs_7_4_1_signing_out_ends_the_session_at_the_server() {
    let clinic = Clinic::new();
    let kept = clinic.root.clone();
    let mut root = clinic.root.clone();
    let page = root.open("/account");
    let page = root.submit(&page, "/sign-out", &[]);
    let cleared = page.lines("clear-site-data");
    root.follow(page.clone()).expect(200, "signed out");
    assert!(!cleared.is_empty(), "{}", page.head);
    assert!(!is_in(&kept), "the old cookie is dead");
}

const BACK: &str = "https://app.example/done";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What an app was given.
struct Tokens {
    access: String,
    refresh: String,
}

/// The person allows the app `rounds` to act for them.
fn allow(clinic: &Clinic, browser: &mut Browser) -> Tokens {
    let base = format!("http://{}", clinic.server.address);
    let aud = format!("{base}/fhir")
        .replace(':', "%3A")
        .replace('/', "%2F");
    let back = BACK.replace(':', "%3A").replace('/', "%2F");
    let ask = format!(
        "/oauth/authorize?response_type=code&client_id=rounds&redirect_uri={back}&aud={aud}\
         &scope=openid%20offline_access%20user%2FPatient.rs&state=7f9c24e8-3b12-4fd1-9c5e-0a1b2c3d4e5f\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let page = browser.open(&ask).expect(200, "the consent page");
    let fields = [
        ("scope", "user/Patient.rs"),
        ("scope", "offline_access"),
        ("life", "quarter"),
        ("answer", "allow"),
    ];
    let form = page.form("/oauth/consent").expect("a form");
    let hidden = |name: &str| {
        let mark = format!("name=\"{name}\" value=\"");
        let value = form.split(&mark).nth(1).unwrap_or_default();
        value.split('"').next().unwrap_or_default().to_owned()
    };
    let kept = ["csrf", "request", "chosen"].map(|name| (name, hidden(name)));
    let kept = kept.iter().map(|(name, value)| (*name, value.as_str()));
    let all: Vec<(&str, &str)> = kept.chain(fields).collect();
    let left = browser.post("/oauth/consent", &all);
    let refresh = left.lines("refresh");
    let to = refresh.first().unwrap_or_else(|| panic!("{}", left.body));
    let code = to.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("client_id", "rounds"),
    ];
    let body = token(clinic, &fields).expect(200, "tokens").body;
    let body: Value = serde_json::from_str(&body).unwrap();
    Tokens {
        access: body["access_token"].as_str().unwrap().to_owned(),
        refresh: body["refresh_token"].as_str().unwrap().to_owned(),
    }
}

fn token(clinic: &Clinic, fields: &[(&str, &str)]) -> Page {
    Browser::new(&clinic.server.address).post("/oauth/token", fields)
}

fn refresh(clinic: &Clinic, tokens: &Tokens) -> Page {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh.as_str()),
        ("client_id", "rounds"),
    ];
    token(clinic, &fields)
}

fn app(clinic: &Clinic) {
    let args = [
        "client",
        "add",
        "rounds",
        "--app",
        "browser",
        "--redirect",
        BACK,
        "--scopes",
        "openid offline_access user/*.rs",
    ];
    clinic.stage.expect(&args, 0);
}

#[test]
fn hn5_when_a_person_leaves_their_apps_tokens_die_within_sixty_seconds() {
    let clinic = Clinic::new();
    app(&clinic);
    let (mut ana, _) = clinic.person("ana", "nurse", &[]);
    let tokens = allow(&clinic, &mut ana);
    let works = || {
        clinic
            .server
            .ask("GET", "/fhir/Patient", &tokens.access, "")
            .0
            == 200
    };
    assert!(works(), "before");
    clinic.stage.expect(&["user", "disable", "ana"], 0);
    let took = until("the access token", || !works());
    assert!(took < Duration::from_secs(10), "{took:?}");
    let refused = refresh(&clinic, &tokens).expect(400, "the refresh token");
    assert!(refused.body.contains("invalid_grant"), "{}", refused.body);
    assert!(!is_in(&ana));
}

#[test]
fn a_role_that_the_console_gives_or_takes_holds_in_the_running_server_within_seconds() {
    let clinic = Clinic::new();
    app(&clinic);
    let (mut ana, _) = clinic.person("ana", "nurse", &[]);
    let tokens = allow(&clinic, &mut ana);
    let administers = |ana: &Browser| {
        let page = ana.clone().get("/admin/people");
        // Without the right there is no such page.
        page.status != 404
    };
    assert!(!administers(&ana));
    clinic
        .stage
        .expect(&["user", "role", "ana", "nurse", "administrator"], 0);
    let took = until("the new role", || administers(&ana));
    assert!(took < Duration::from_secs(5), "{took:?}");
    clinic.stage.expect(&["user", "role", "ana"], 0);
    let took = until("no role", || !administers(&ana));
    assert!(took < Duration::from_secs(5), "{took:?}");
    // The app can no more than the person.
    let reads = || {
        clinic
            .server
            .ask("GET", "/fhir/Patient", &tokens.access, "")
            .0
    };
    let took = until("the app's right", || reads() == 403);
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn t10_scripts_may_call_from_the_origins_that_apps_registered_and_from_no_other() {
    let clinic = Clinic::new();
    let ask = |path: &str, origin: &str| {
        let mut browser = Browser::new(&clinic.server.address);
        browser.from = Some(format!(
            "x\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: GET"
        ));
        let page = browser.send("OPTIONS", path, "");
        page.lines("access-control-allow-origin").join(",")
    };
    let own = "https://app.example";
    assert_eq!(ask("/fhir/Patient", own), "", "not registered yet");
    app(&clinic);
    until("the registration", || ask("/fhir/Patient", own) == own);
    for path in [
        "/fhir/metadata",
        "/oauth/token",
        "/.well-known/openid-configuration",
    ] {
        assert_eq!(ask(path, own), own, "{path}");
    }
    for path in ["/", "/sign-in", "/account", "/admin", "/health/live"] {
        assert_eq!(ask(path, own), "", "{path}");
    }
    for other in [
        "https://evil.example",
        "https://app.example.evil.example",
        "null",
        "*",
        "http://app.example",
    ] {
        assert_eq!(ask("/fhir/Patient", other), "", "{other}");
    }
    clinic.stage.expect(&["client", "disable", "rounds"], 0);
    until("the end", || ask("/fhir/Patient", own).is_empty());
}
