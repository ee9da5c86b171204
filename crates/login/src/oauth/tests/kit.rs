//! A clinic with two people, a patient, some apps, a browser and a clock.

use std::sync::Arc;

use aceso_base::{Clock, Instant, ManualClock};
use aceso_fhir::json;
use aceso_policy::{Caller, FhirUser, Purpose, Role, Strength};
use aceso_store::{App, AppKind, Audience, NewAccount, NewClient, States, Store};
use aceso_testkit::site::{Scratch, Session, account, form, newcomer, rights, sessions, stamp};
use aceso_vault::sha256;
use aceso_web::site::Site;
use aceso_web::{Floor, Settings as FloorSettings, Visit};
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;

use crate::{APP_ROUTES, Issue, Login, Settings, issue};

pub(super) const BASE: &str = "https://clinic.example";
pub(super) const BACK: &str = "https://app.example/cb";
pub(super) const STATE: &str = "7f9c24e8-3b12-4fd1-9c5e-0a1b2c3d4e5f";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7636, appendix B.
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const SECRET: &str = "the-secret-of-the-server-app";

pub(super) struct Clinic {
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    pub(super) login: Login,
    floor: Floor,
    _dir: Scratch,
}

/// Somebody's browser, where they are signed in.
pub(super) type Browser = Session;

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: http::HeaderMap,
    pub(super) text: String,
}

impl Clinic {
    /// With the patients `p1` and `p2`, and the apps `growth` (browser), `rounds` (server) and `other` (browser).
    pub(super) async fn new() -> Self {
        let dir = Scratch::new("apps");
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)));
        let (store, _) = dir.store(clock.clone(), dir.settings());
        let settings = Settings {
            base: BASE.into(),
            origins: Vec::new(),
            token_seconds: 300,
        };
        let login = Login::new(store.clone(), clock.clone(), settings);
        let floor = floor(&store, &login);
        let clinic = Self {
            store,
            clock,
            login,
            floor,
            _dir: dir,
        };
        for id in ["p1", "p2"] {
            clinic.patient(id).await;
        }
        for id in ["growth", "other"] {
            clinic.app(id, AppKind::Browser, Audience::Everybody).await;
        }
        clinic.app("rounds", AppKind::Server, Audience::Staff).await;
        clinic
    }

    async fn patient(&self, id: &str) {
        let text = format!(
            r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"Example","given":["{id}"]}}],"birthDate":"1984-03-12"}}"#
        );
        let mut tx = self.store.write(&Caller::operator(), Purpose::Treatment);
        tx.update(id, json::read(text.as_bytes()).unwrap(), None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    pub(super) async fn app(&self, id: &str, kind: AppKind, audience: Audience) {
        let client = NewClient {
            id: id.into(),
            name: id.to_uppercase(),
            scopes: "openid fhirUser profile launch launch/patient offline_access online_access patient/*.rs user/*.rs".into(),
            jwks: None,
        };
        let secret = match kind {
            AppKind::Server => Some(sha256(SECRET.as_bytes())),
            AppKind::Browser | AppKind::Native => None,
        };
        let app = App {
            kind,
            redirects: vec![BACK.into()],
            launch: Some("https://app.example/launch".into()),
            contact: "Example Apps".into(),
            secret,
            audience,
            states: States::Full,
            origins: App::origins_of(kind, &[BACK.into()]),
        };
        self.store
            .add_app(&Caller::operator(), client, app)
            .await
            .unwrap();
    }

    /// A patient's account that acts for `p1`.
    pub(super) async fn conn(&self) -> Browser {
        let account = self
            .person("conn", Role::PATIENT, Some("Patient/p1"), &["p1"])
            .await;
        self.browser(&account).await
    }

    pub(super) async fn person(
        &self,
        name: &str,
        role: Role,
        user: Option<&str>,
        patients: &[&str],
    ) -> String {
        let new = NewAccount {
            display: name.to_uppercase(),
            fhir_user: user.and_then(FhirUser::parse),
            patients: patients.iter().map(|p| (*p).to_owned()).collect(),
            ..newcomer(name, &[role], None)
        };
        account(&self.store, new, "hash").await
    }

    pub(super) async fn browser(&self, account: &str) -> Browser {
        Session::of(&self.store, account, Strength::Two).await
    }

    pub(super) async fn get(&self, browser: Option<&Browser>, path: &str) -> Answer {
        let mut request = Request::get(path).header("host", "clinic.example");
        if let Some(browser) = browser {
            request = request.header("cookie", browser.cookie());
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form with the token of the session.
    pub(super) async fn post(
        &self,
        browser: &Browser,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let csrf = browser.csrf();
        let all: Vec<_> = fields
            .iter()
            .copied()
            .chain([("csrf", csrf.as_str())])
            .collect();
        let request = Request::post(path)
            .header("host", "clinic.example")
            .header("cookie", browser.cookie())
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form(all))).unwrap())
            .await
    }

    /// A request without cookies, as apps send them.
    pub(super) async fn call(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let mut request = Request::post(path)
            .header("host", "clinic.example")
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self
            .send(
                request
                    .body(Body::from(form(fields.iter().copied())))
                    .unwrap(),
            )
            .await;
        let body = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
        (answer.status, body)
    }

    /// The token of a directory that makes accounts and switches them off.
    pub(super) async fn directory(&self) -> String {
        let (console, scopes) = (Caller::operator(), "system/User.crus");
        let client = NewClient {
            id: "directory".into(),
            name: "Directory".into(),
            scopes: scopes.into(),
            jwks: None,
        };
        self.store.add_client(&console, client).await.unwrap();
        let wish = Issue {
            client: "directory".into(),
            scopes: scopes.into(),
            patient: None,
            expires: self.store.now().plus_millis(3_600_000),
        };
        issue(&self.store, &console, wish).await.unwrap()
    }

    pub(super) async fn patch(&self, path: &str, token: &str, body: &str) -> Answer {
        let request = Request::patch(path)
            .header("host", "clinic.example")
            .header("authorization", ["Bearer ", token].concat())
            .header("content-type", "application/scim+json");
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.floor.answer(request).await.into_parts();
        let text = body.collect().await.unwrap().to_bytes().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(text).unwrap(),
        }
    }

    /// The way from an app's request to the page that asks, and its sealed request.
    pub(super) async fn asked(&self, browser: &Browser, wish: &[(&str, &str)]) -> (Answer, String) {
        let first = self.get(Some(browser), &authorize(wish)).await;
        let place = first.header(header::LOCATION);
        assert!(
            place.starts_with("/oauth/consent?request="),
            "{place} {}",
            first.text
        );
        let sealed = place.split_once('=').unwrap().1.to_owned();
        (self.get(Some(browser), &place).await, sealed)
    }

    /// The person says yes to all that is asked; gives the address that the browser is sent to.
    pub(super) async fn allowed(
        &self,
        browser: &Browser,
        wish: &[(&str, &str)],
        life: &str,
    ) -> String {
        let (page, sealed) = self.asked(browser, wish).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        if page.headers.contains_key(header::REFRESH) {
            // It was allowed before.
            return page.onward();
        }
        let scopes = page.values("scope");
        let chosen = page.values("chosen");
        let mut fields = vec![
            ("request", sealed.as_str()),
            ("life", life),
            ("answer", "allow"),
        ];
        fields.extend(chosen.iter().map(|c| ("chosen", c.as_str())));
        fields.extend(scopes.iter().map(|s| ("scope", s.as_str())));
        self.consented(browser, &fields).await
    }

    /// Sends an answer to what an app asks for; gives the address that the browser is sent to.
    pub(super) async fn consented(&self, browser: &Browser, fields: &[(&str, &str)]) -> String {
        self.post(browser, "/oauth/consent", fields).await.onward()
    }

    /// The code for what an app asks for.
    pub(super) async fn code(&self, browser: &Browser, client: &str, scope: &str) -> String {
        let wish = [("client_id", client), ("scope", scope)];
        let address = self.allowed(browser, &wish, "quarter").await;
        parameter(&address, "code").unwrap_or_else(|| panic!("{address}"))
    }

    /// Takes a code for tokens.
    pub(super) async fn take(&self, client: &str, code: &str) -> (StatusCode, Value) {
        self.take_with(client, code, &[]).await
    }

    pub(super) async fn take_with(
        &self,
        client: &str,
        code: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
            ("client_id", client),
        ];
        self.call("/oauth/token", headers, &fields).await
    }

    /// Tokens for what an app asks for.
    pub(super) async fn tokens(&self, browser: &Browser, client: &str, scope: &str) -> Value {
        let code = self.code(browser, client, scope).await;
        let (status, body) = self.take(client, &code).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    pub(super) async fn refresh(&self, client: &str, token: &str) -> (StatusCode, Value) {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", client),
        ];
        self.call("/oauth/token", &[], &fields).await
    }

    /// Refreshes with the token of an answer to `growth`.
    pub(super) async fn refreshed(&self, body: &Value) -> (StatusCode, Value) {
        let token = body["refresh_token"].as_str();
        let token = token.unwrap_or_else(|| panic!("no refresh token: {body}"));
        self.refresh("growth", token).await
    }

    /// Whom an access token stands for.
    pub(super) async fn caller(&self, token: &str) -> Option<Caller> {
        self.caller_with(&[("authorization", &format!("Bearer {token}"))])
            .await
    }

    pub(super) async fn caller_with(&self, headers: &[(&str, &str)]) -> Option<Caller> {
        let mut request = Request::get("/fhir/Patient/p1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let visit = Visit {
            id: String::new(),
            peer: None,
            base: BASE.into(),
            administration: aceso_web::Entrance::Open,
        };
        let tokens = self.login.tokens();
        let path = request.uri().path();
        tokens
            .caller(request.method(), path, request.headers(), &visit)
            .await
            .ok()
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().seconds()
    }
}

impl Answer {
    pub(super) fn header(&self, name: header::HeaderName) -> String {
        self.headers
            .get(name)
            .map_or(String::new(), |v| v.to_str().unwrap().to_owned())
    }

    /// Where a page leads on to.
    pub(super) fn onward(&self) -> String {
        let text = self.header(header::REFRESH);
        let address = text.strip_prefix("0; url=");
        address
            .unwrap_or_else(|| panic!("{} {} {}", self.status, text, self.text))
            .to_owned()
    }

    /// The values of the inputs with a name.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        let mark = format!("name=\"{name}\" value=\"");
        let parts = self.text.split(&mark).skip(1);
        parts
            .map(|p| p.split('"').next().unwrap().replace("&amp;", "&"))
            .collect()
    }
}

/// An app's request, with these parameters in place of the usual ones; an empty value takes one away.
pub(super) fn authorize(wish: &[(&str, &str)]) -> String {
    let aud = format!("{BASE}/fhir");
    let usual = [
        ("response_type", "code"),
        ("client_id", "growth"),
        ("redirect_uri", BACK),
        ("scope", "openid fhirUser launch/patient patient/*.rs"),
        ("state", STATE),
        ("aud", aud.as_str()),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let mut all: Vec<(&str, &str)> = usual
        .into_iter()
        .filter(|(name, _)| wish.iter().all(|(other, _)| other != name))
        .collect();
    all.extend(wish.iter().filter(|(_, value)| !value.is_empty()));
    format!("/oauth/authorize?{}", form(all.iter().copied()))
}

pub(super) fn parameter(address: &str, name: &str) -> Option<String> {
    let query = address.split_once('?')?.1;
    let found = query
        .split('&')
        .find_map(|p| p.strip_prefix(name)?.strip_prefix('='))?;
    Some(unescape(found))
}

pub(super) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn unescape(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        if b == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            out.push(b);
        }
    }
    String::from_utf8(out).unwrap()
}

fn floor(store: &Store, login: &Login) -> Floor {
    let settings = aceso_web::site::Settings {
        clinic: "Riverside".into(),
        ribbon: None,
        entries: Vec::new(),
    };
    let site = Site::new(settings, sessions(store), rights(store), stamp()).with(login, APP_ROUTES);
    Floor::new(
        login.routes().merge(site.router()),
        FloorSettings::default(),
    )
}
