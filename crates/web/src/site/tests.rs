use aceso_policy::{Caller, Task, Verdict};
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use maud::html;

use super::*;
use crate::page::{Badge, Csrf, Form, Page, View};
use crate::{Floor, Settings as FloorSettings};

const OPEN: &str = "OOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOO";
const LOCKED: &str = "LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL";
const BARE: &str = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
const VISIT: &str = "VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV";

/// Shows what it was asked, and the waiting form.
#[derive(Clone)]
struct Echo(String, Option<Kept>);

impl View for Echo {
    fn page(&self, csrf: &Csrf) -> Page {
        let kept = self.1.as_ref();
        let body = html! {
            p id="echo" { (self.0) }
            @if let Some(kept) = kept {
                (Form::post(csrf, "/lock", html! {}).keep("to", kept.to.as_str()).keep("kept", kept.write()))
            }
        };
        Page::new("Echo", body)
    }

    fn samples() -> Vec<Self> {
        vec![Self("sample".into(), None)]
    }
}

async fn echo((): (), ask: Ask) -> Outcome {
    Ok(Reply::page(
        &ask,
        &Echo(ask.at.as_str().to_owned(), ask.kept.clone()),
    ))
}

async fn save((): (), ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("note"), Take::One("password")])?;
    Ok(Reply::page(
        &ask,
        &Echo(
            format!("saved:{}:{}", fields.one("note"), fields.one("password")),
            None,
        ),
    ))
}

async fn chart((): (), ask: Ask) -> Outcome {
    let patient = ask.of_patient()?;
    Ok(Reply::page(&ask, &Echo(format!("patient:{patient}"), None)))
}

async fn unlock((): (), ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("to"), Take::One("kept")])?;
    let kept = Kept::read(fields.one("to"), fields.one("kept")).ok_or(PageFault::Missing)?;
    Ok(Reply::go_on(kept).cookie(Cookie::session(OPEN)))
}

async fn broken((): (), _: Ask) -> Outcome {
    Err(PageFault::hidden(std::io::Error::other(
        "the secret reason",
    )))
}

async fn step((): (), _: Ask) -> Outcome {
    Err(PageFault::StepUp)
}

async fn leave((): (), _: Ask) -> Outcome {
    Ok(Reply::to_path("/sign-in")
        .cookie(Cookie::gone(Cookie::SESSION))
        .forget_all())
}

macro_rules! handler {
    ($name:ident) => {
        |state, ask| Box::pin($name(state, ask))
    };
}

const ROUTES: &[PageRoute<()>] = &[
    PageRoute::get("/", Admit::SignedIn, handler!(echo)),
    PageRoute::get("/sign-in", Admit::Anybody, handler!(echo)),
    PageRoute::post("/sign-in", Admit::Anybody, handler!(save)),
    PageRoute::get("/lock", Admit::AnySession, handler!(echo)),
    PageRoute::post("/lock", Admit::AnySession, handler!(unlock)),
    PageRoute::get("/step-up", Admit::SignedIn, handler!(echo)),
    PageRoute::get("/account/enrol", Admit::Enrolling, handler!(echo)),
    PageRoute::post("/notes", Admit::SignedIn, handler!(save)),
    PageRoute::get("/people", Admit::Task(Task::ManageUsers), handler!(echo)),
    PageRoute::get("/roles", Admit::Task(Task::ManageRoles), handler!(echo)),
    PageRoute::get("/export", Admit::Task(Task::Export), handler!(echo)),
    PageRoute::get("/patients/{patient}", Admit::SignedIn, handler!(chart)),
    PageRoute::post("/patients/{patient}", Admit::SignedIn, handler!(chart)),
    PageRoute::get("/broken", Admit::SignedIn, handler!(broken)),
    PageRoute::post("/step", Admit::SignedIn, handler!(step)),
    PageRoute::post("/sign-out", Admit::AnySession, handler!(leave)),
];

fn floor() -> Floor {
    let sessions = Sessions::new(|token, _| {
        let state = match token.as_str() {
            OPEN => Some(State::Open),
            LOCKED => Some(State::Locked),
            BARE => Some(State::MustEnrol),
            _ => None,
        };
        let who = state.map(|state| SignedIn {
            caller: Caller::operator(),
            session: "s1".into(),
            state,
            badge: Badge {
                name: "Ann Example".into(),
                roles: vec!["Nurse".into()],
            },
        });
        Box::pin(std::future::ready(Ok(who)))
    });
    let rights = Rights::new(|_, task| match task {
        Task::ManageUsers => Verdict::Allow,
        Task::Export => Verdict::NeedsStepUp,
        _ => Verdict::Deny,
    });
    let entry = |label, path| Entry {
        group: "",
        label,
        about: "",
        path,
        needs: None,
    };
    let settings = Settings {
        clinic: "Riverside".into(),
        ribbon: None,
        entries: vec![
            entry("People", "/people"),
            entry("Roles", "/roles"),
            entry("Export", "/export"),
        ],
    };
    let stamp = Stamp::new(|text| aceso_vault::sha256_chain(&[b"key", text]));
    let site = Site::new(settings, sessions, rights, stamp).with(&(), ROUTES);
    Floor::new(site.router(), FloorSettings::default())
}

fn token(of: &str) -> String {
    answer::base64(&aceso_vault::sha256_chain(&[b"key", of.as_bytes()]))
}

async fn send(request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response: Response = floor().answer(request).await;
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (parts.status, parts.headers, text)
}

async fn get(path: &str, session: Option<&str>) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::get(path).header("host", "clinic");
    if let Some(session) = session {
        request = request.header("cookie", format!("__Host-aceso={session}"));
    }
    send(request.body(Body::empty()).unwrap()).await
}

fn form(path: &str, cookie: &str, body: &str) -> Request<Body> {
    let request = Request::post(path)
        .header("host", "clinic")
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded");
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn post(path: &str, session: &str, body: &str) -> (StatusCode, HeaderMap, String) {
    let body = format!("{body}&csrf={}", token("session s1"));
    send(form(path, &format!("__Host-aceso={session}"), &body)).await
}

fn place(headers: &HeaderMap) -> &str {
    headers
        .get(header::LOCATION)
        .map_or("", |v| v.to_str().unwrap())
}

#[tokio::test]
async fn a_stranger_is_led_to_sign_in_and_back_to_where_they_wanted() {
    let (status, headers, _) = get("/people?page=2", None).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert_eq!(place(&headers), "/sign-in?to=%2Fpeople%3Fpage%3D2");
    assert_eq!(place(&get("/", None).await.1), "/sign-in");
}

#[tokio::test]
async fn h1_what_a_person_may_not_reach_answers_like_what_does_not_exist() {
    let refused = get("/roles", Some(OPEN)).await;
    let unknown = get("/nowhere", Some(OPEN)).await;
    let nonce = |text: &str| text.split("nonce=\"").nth(1).unwrap()[..22].to_owned();
    assert_eq!(refused.0, StatusCode::NOT_FOUND);
    assert_eq!(unknown.0, StatusCode::NOT_FOUND);
    assert_eq!(
        refused
            .2
            .replace(&nonce(&refused.2), "")
            .replace("roles", "HERE"),
        unknown
            .2
            .replace(&nonce(&unknown.2), "")
            .replace("nowhere", "HERE")
    );
    let names = |h: &HeaderMap| h.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&refused.1), names(&unknown.1));
    assert_eq!(get("/people", Some(OPEN)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_navigation_shows_what_the_person_may_do_and_nothing_else() {
    let (_, _, page) = get("/people", Some(OPEN)).await;
    assert!(page.contains("href=\"/people\""));
    assert!(
        page.contains("href=\"/export\""),
        "what needs a fresh proof is shown"
    );
    assert!(!page.contains("href=\"/roles\""));
    assert!(!get("/sign-in", None).await.2.contains("href=\"/people\""));
}

#[tokio::test]
async fn asvs_7_5_3_what_needs_a_fresh_proof_leads_there_first() {
    assert_eq!(
        place(&get("/export", Some(OPEN)).await.1),
        "/step-up?to=%2Fexport"
    );
    let (status, _, page) = post("/step", OPEN, "note=draft").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("note=draft"),
        "the form waits in the page that asks for the proof"
    );
}

#[tokio::test]
async fn h4_a_locked_session_shows_nothing_but_the_lock() {
    for path in ["/", "/people", "/patients/7", "/step-up", "/account/enrol"] {
        let (status, headers, _) = get(path, Some(LOCKED)).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{path}");
        assert!(place(&headers).starts_with("/lock?to="), "{path}");
    }
    let page = get("/lock", Some(LOCKED)).await.2;
    assert!(!page.contains("Ann Example"));
}

#[tokio::test]
async fn n9_a_form_sent_from_a_locked_session_waits_and_goes_on_after_unlocking() {
    let (status, _, page) = post("/notes", LOCKED, "note=a%26b&password=secret").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("value=\"/notes\""));
    let kept = page
        .split("name=\"kept\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(
        kept,
        "note=a%2526b".replace("%25", "%"),
        "secrets do not wait"
    );
    let body = format!(
        "to=%2Fnotes&kept={}",
        kept.replace('%', "%25").replace('=', "%3D")
    );
    let (status, headers, page) = post("/lock", LOCKED, &body).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("saved:a&amp;b:"), "{page}");
    assert!(headers[header::SET_COOKIE].to_str().unwrap().contains(OPEN));
    // What goes on is admitted like any other request.
    let (status, ..) = post("/lock", LOCKED, "to=%2Froles&kept=").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn asvs_6_3_3_a_person_without_a_second_factor_gets_to_its_enrolment_only() {
    assert_eq!(place(&get("/people", Some(BARE)).await.1), "/account/enrol");
    assert_eq!(
        place(&post("/notes", BARE, "note=a").await.1),
        "/account/enrol"
    );
    assert_eq!(get("/account/enrol", Some(BARE)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn asvs_3_5_1_a_form_without_the_sessions_token_is_refused() {
    let cookie = format!("__Host-aceso={OPEN}");
    for body in [
        "note=a".to_owned(),
        "note=a&csrf=".to_owned(),
        format!("note=a&csrf={}", token("session s2")),
        format!("note=a&csrf={}", token(&format!("visit {VISIT}"))),
    ] {
        let (status, _, page) = send(form("/notes", &cookie, &body)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
        assert!(!page.contains("saved"));
    }
    assert_eq!(post("/notes", OPEN, "note=a").await.0, StatusCode::OK);
}

#[tokio::test]
async fn nobody_signs_a_stranger_in_with_a_token_of_their_own() {
    let (_, headers, _) = get("/sign-in", None).await;
    assert!(
        headers[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .starts_with("__Host-aceso-visit=")
    );
    let own = format!("note=a&csrf={}", token(&format!("visit {VISIT}")));
    let sent = |cookie: &str| send(form("/sign-in", cookie, &own));
    assert_eq!(
        sent(&format!("__Host-aceso-visit={VISIT}")).await.0,
        StatusCode::OK
    );
    assert_eq!(sent("").await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        sent(&format!("__Host-aceso-visit={OPEN}")).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn asvs_3_5_8_a_form_from_another_site_is_refused() {
    let body = format!("note=a&csrf={}", token("session s1"));
    let mut request = form("/notes", &format!("__Host-aceso={OPEN}"), &body);
    request
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(send(request).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn forms_are_bounded_and_of_one_kind() {
    let cookie = format!("__Host-aceso={OPEN}");
    let long = format!("note={}&csrf={}", "a".repeat(600_000), token("session s1"));
    assert_eq!(
        send(form("/notes", &cookie, &long)).await.0,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let mut json = form("/notes", &cookie, "{}");
    json.headers_mut()
        .insert("content-type", "application/json".parse().unwrap());
    assert_eq!(send(json).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(
        post("/notes", OPEN, "note=a&role=administrator").await.0,
        StatusCode::BAD_REQUEST
    );
    let put = Request::put("/notes")
        .header("host", "a")
        .body(Body::empty())
        .unwrap();
    assert_eq!(send(put).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_form_about_another_patient_than_its_address_is_refused() {
    assert_eq!(get("/patients/7", Some(OPEN)).await.0, StatusCode::OK);
    assert_eq!(
        post("/patients/7", OPEN, "patient=7").await.0,
        StatusCode::OK
    );
    for wrong in ["patient=8", "patient=", "note=a"] {
        let (status, _, page) = post("/patients/7", OPEN, wrong).await;
        assert_eq!(status, StatusCode::CONFLICT, "{wrong}");
        assert!(page.contains("another patient"));
    }
}

#[tokio::test]
async fn asvs_16_5_1_a_failure_shows_its_reference_number_and_not_its_reason() {
    let (status, headers, page) = get("/broken", Some(OPEN)).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.contains(headers["x-request-id"].to_str().unwrap()));
    assert!(!page.contains("secret reason"));
}

#[tokio::test]
async fn asvs_3_4_every_page_has_its_headers() {
    for (path, session) in [
        ("/", Some(OPEN)),
        ("/sign-in", None),
        ("/nowhere", None),
        ("/broken", Some(OPEN)),
    ] {
        let (_, headers, page) = get(path, session).await;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        for part in [
            "default-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "require-trusted-types-for",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"));
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap();
        assert!(page.contains(&format!("nonce=\"{nonce}\"")));
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(headers.contains_key("permissions-policy"));
    }
}

#[tokio::test]
async fn asvs_14_3_1_signing_out_has_the_browser_forget() {
    let (_, headers, _) = post("/sign-out", OPEN, "").await;
    assert_eq!(headers["clear-site-data"], "\"cache\", \"storage\"");
    assert!(
        headers[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
}

#[tokio::test]
async fn asvs_7_2_1_asvs_16_5_3_a_session_that_cannot_be_looked_up_refuses_the_request() {
    let sessions = Sessions::new(|_, _| {
        Box::pin(std::future::ready(
            Err(std::io::Error::other("down").into()),
        ))
    });
    let settings = Settings {
        clinic: "c".into(),
        ribbon: None,
        entries: Vec::new(),
    };
    let site = Site::new(
        settings,
        sessions,
        Rights::new(|_, _| Verdict::Allow),
        Stamp::new(|_| [0; 32]),
    );
    let floor = Floor::new(site.with(&(), ROUTES).router(), FloorSettings::default());
    let request = Request::get("/")
        .header("host", "a")
        .header("cookie", format!("__Host-aceso={OPEN}"));
    let response = floor.answer(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[test]
fn what_waits_is_not_printed() {
    let kept = Kept::read("/notes", "note=private").unwrap();
    assert!(!format!("{kept:?}").contains("private"));
}
