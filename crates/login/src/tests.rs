//! The whole authorization server, from request to answer.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Clock, Instant, ManualClock};
use aceso_policy::Caller;
use aceso_store::{NewClient, Store};
use aceso_vault::RootKey;
use aceso_vault::jwt::SigningKey;
use aceso_web::Visit;
use axum::body::Body;
use axum::{Extension, Router};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{Login, Settings};

const BASE: &str = "https://clinic.example";
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

struct Scene {
    clock: Arc<ManualClock>,
    store: Store,
    login: Login,
    key: SigningKey,
    routes: Router,
    _dir: Dir,
}

/// A directory that is gone when the test is over.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "aceso-login-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Scene {
    /// A server that knows the client `lab` with its key.
    async fn new(scopes: &str) -> Self {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)));
        let dir = Dir::new();
        let root = RootKey::create_file(&dir.0.join("key")).unwrap();
        let store = Store::open(
            aceso_store::Settings::new(dir.0.join("data")),
            &root,
            clock.clone(),
        )
        .unwrap();
        let key = SigningKey::generate("k1").unwrap();
        let settings = Settings {
            base: BASE.into(),
            origins: Vec::new(),
            token_seconds: 300,
        };
        let login = Login::new(store.clone(), clock.clone(), settings);
        let visit = Visit {
            id: "0123456789abcdef".into(),
            peer: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            base: BASE.into(),
            administration: aceso_web::Entrance::Open,
        };
        let routes = login.routes().layer(Extension(visit));
        let scene = Self {
            clock,
            store,
            login,
            key,
            routes,
            _dir: dir,
        };
        scene.register("lab", scopes).await;
        scene
    }

    async fn register(&self, id: &str, scopes: &str) {
        let new = NewClient {
            id: id.into(),
            name: id.into(),
            scopes: scopes.into(),
            jwks: Some(json!({"keys": [self.key.public_jwk()]}).to_string()),
        };
        self.store
            .add_client(&Caller::operator(), new)
            .await
            .unwrap();
    }

    fn assertion(&self, client: &str, jti: &str) -> String {
        let exp = self.clock.now().seconds() + 60;
        let aud = format!("{BASE}/oauth/token");
        let claims = json!({"iss": client, "sub": client, "aud": aud, "exp": exp, "jti": jti});
        self.key.sign(&claims).unwrap()
    }

    async fn post(&self, path: &str, token: Option<&str>, form: &str) -> (StatusCode, Value) {
        let mut request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::from(form.to_owned())).unwrap();
        let answer = self.routes.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        (status, body)
    }

    async fn ask(&self, client: &str, jti: &str, scope: &str) -> (StatusCode, Value) {
        let assertion = self.assertion(client, jti);
        let scope = scope.replace('?', "%3F").replace('=', "%3D");
        let form = format!(
            "grant_type=client_credentials&client_assertion_type={TYPE}&client_assertion={assertion}&scope={scope}"
        );
        self.post("/oauth/token", None, &form).await
    }

    async fn token(&self, client: &str, jti: &str) -> String {
        let (status, body) = self.ask(client, jti, "system/*.rs").await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    async fn is_good(&self, token: &str) -> bool {
        let request = Request::get("/")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(())
            .unwrap();
        let visit = Visit {
            id: String::new(),
            peer: None,
            base: BASE.into(),
            administration: aceso_web::Entrance::Open,
        };
        let tokens = self.login.tokens();
        tokens
            .caller(request.method(), "/", request.headers(), &visit)
            .await
            .is_ok()
    }
}

#[tokio::test]
async fn asvs_7_2_2_asvs_7_2_3_a_backend_service_gets_a_token_for_five_minutes() {
    let scene = Scene::new("system/Patient.rs system/Observation.cruds").await;
    let (status, body) = scene.ask("lab", "1", "system/*.rs").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["token_type"], "bearer");
    assert_eq!(body["expires_in"], 300);
    assert_eq!(body["scope"], "system/Patient.rs system/Observation.rs");
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(token.len(), 43, "256 bits");
    assert!(scene.is_good(token).await);
    scene.clock.advance_millis(300_000);
    assert!(!scene.is_good(token).await);
}

#[tokio::test]
async fn t6_an_assertion_counts_once() {
    let scene = Scene::new("system/*.rs").await;
    scene.token("lab", "1").await;
    let (status, body) = scene.ask("lab", "1", "system/*.rs").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body["error"], "invalid_client");
    scene.token("lab", "2").await;
}

async fn check_refused(scene: &Scene, form: &str, status: StatusCode, error: &str) {
    let (got, body) = scene.post("/oauth/token", None, form).await;
    assert_eq!(
        (got, body["error"].as_str()),
        (status, Some(error)),
        "{form} {body}"
    );
}

#[tokio::test]
async fn refusals_have_the_form_of_rfc_6749() {
    let scene = Scene::new("system/*.rs").await;
    let bad = StatusCode::BAD_REQUEST;
    let grant = "grant_type=client_credentials";
    check_refused(&scene, "", bad, "invalid_request").await;
    check_refused(&scene, "grant_type=password", bad, "unsupported_grant_type").await;
    check_refused(&scene, &format!("{grant}&{grant}"), bad, "invalid_request").await;
    check_refused(&scene, grant, StatusCode::UNAUTHORIZED, "invalid_client").await;
    let (status, body) = scene.ask("lab", "1", "system/*.d openid").await;
    assert_eq!((status, &body["error"]), (bad, &json!("invalid_scope")));
}

#[tokio::test]
async fn unknown_disabled_and_forging_clients_answer_alike() {
    let scene = Scene::new("system/*.rs").await;
    let unknown = scene.ask("nobody", "1", "system/*.rs").await;
    let forger = SigningKey::generate("k1").unwrap();
    let exp = scene.clock.now().seconds() + 60;
    let claims = json!({"iss": "lab", "sub": "lab", "aud": BASE, "exp": exp, "jti": "2"});
    let form = format!(
        "grant_type=client_credentials&client_assertion_type={TYPE}&scope=system/*.rs&client_assertion={}",
        forger.sign(&claims).unwrap()
    );
    let forged = scene.post("/oauth/token", None, &form).await;
    let operator = Caller::operator();
    scene.store.disable_client(&operator, "lab").await.unwrap();
    let disabled = scene.ask("lab", "3", "system/*.rs").await;
    assert_eq!(unknown.0, StatusCode::UNAUTHORIZED);
    assert_eq!(unknown, forged);
    assert_eq!(unknown, disabled);
}

#[tokio::test]
async fn a_revoked_token_ends_at_once_and_only_its_client_can_revoke_it() {
    let scene = Scene::new("system/*.rs").await;
    scene.register("other", "system/*.rs").await;
    let mine = scene.token("lab", "1").await;
    let others = scene.token("other", "1").await;
    assert!(scene.is_good(&mine).await && scene.is_good(&others).await);
    let form = format!("token={others}");
    let (status, _) = scene.post("/oauth/revoke", Some(&mine), &form).await;
    assert_eq!(status, StatusCode::OK);
    assert!(scene.is_good(&others).await);
    let form = format!("token={mine}");
    let (status, _) = scene.post("/oauth/revoke", Some(&mine), &form).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!scene.is_good(&mine).await);
}

#[tokio::test]
async fn a_revocation_from_elsewhere_counts_within_five_seconds() {
    let scene = Scene::new("system/*.rs").await;
    let token = scene.token("lab", "1").await;
    assert!(scene.is_good(&token).await);
    let hash = crate::issue::digest(&token);
    let operator = Caller::operator();
    scene.store.revoke_token(&operator, &hash).await.unwrap();
    scene.clock.advance_millis(5_000);
    assert!(!scene.is_good(&token).await);
}

#[tokio::test]
async fn a_disabled_clients_tokens_end_within_five_seconds() {
    let scene = Scene::new("system/*.rs").await;
    let token = scene.token("lab", "1").await;
    assert!(scene.is_good(&token).await);
    let operator = Caller::operator();
    scene.store.disable_client(&operator, "lab").await.unwrap();
    scene.clock.advance_millis(5_000);
    assert!(!scene.is_good(&token).await);
}

#[tokio::test]
async fn introspection_tells_a_client_about_its_own_tokens_only() {
    let scene = Scene::new("system/*.rs").await;
    scene.register("other", "system/*.rs").await;
    let (mine, others) = (
        scene.token("lab", "1").await,
        scene.token("other", "1").await,
    );
    let about = |token: &str| format!("token={token}");
    let (_, own) = scene
        .post("/oauth/introspect", Some(&mine), &about(&mine))
        .await;
    assert_eq!(own["active"], true);
    assert_eq!(own["client_id"], "lab");
    assert_eq!(own["scope"], "system/*.rs");
    let dead = json!({"active": false});
    for token in [others.as_str(), "made-up"] {
        let (_, body) = scene
            .post("/oauth/introspect", Some(&mine), &about(token))
            .await;
        assert_eq!(body, dead);
    }
    let (status, _) = scene.post("/oauth/introspect", None, &about(&mine)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = scene
        .post("/oauth/introspect", Some("made-up"), &about(&mine))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_address_in_the_metadata_is_there() {
    let scene = Scene::new("system/*.rs").await;
    for path in [
        "/fhir/.well-known/smart-configuration",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = scene.routes.clone().oneshot(request).await.unwrap();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let metadata: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(metadata["issuer"], BASE);
        for (name, value) in metadata.as_object().unwrap() {
            let Some(address) = value.as_str().and_then(|v| v.strip_prefix(BASE)) else {
                continue;
            };
            // Pages are rows of the site's table.
            let page = matches!(
                name.as_str(),
                "authorization_endpoint" | "management_endpoint"
            );
            if address.is_empty() || page {
                continue;
            }
            let request = Request::get(address).body(Body::empty()).unwrap();
            let answer = scene.routes.clone().oneshot(request).await.unwrap();
            assert_ne!(answer.status(), StatusCode::NOT_FOUND, "{name}");
        }
    }
}
