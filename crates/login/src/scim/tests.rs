//! The clinic's directory, from request to answer.

use std::sync::Arc;

use aceso_base::{Clock, Instant, ManualClock};
use aceso_policy::{Caller, Role, Strength};
use aceso_store::{NewClient, Store};
use aceso_testkit::site::{Scratch, Session, account, newcomer};
use aceso_vault::sha256;
use aceso_web::Visit;
use axum::body::Body;
use axum::{Extension, Router};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{Issue, Login, Settings, issue};

struct Scene {
    store: Store,
    routes: Router,
    token: String,
    _dir: Scratch,
}

impl Scene {
    /// A clinic whose directory has a token with these scopes.
    async fn new(scopes: &str) -> Self {
        let dir = Scratch::new("scim");
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)));
        let (store, _) = dir.store(clock.clone(), dir.settings());
        let base = "https://clinic.example".to_owned();
        let settings = Settings {
            base: base.clone(),
            origins: Vec::new(),
            token_seconds: 300,
        };
        let login = Login::new(store.clone(), clock.clone(), settings);
        let visit = Visit {
            id: "0123456789abcdef".into(),
            peer: None,
            base,
            administration: aceso_web::Entrance::Open,
        };
        let console = Caller::operator();
        let client = NewClient {
            id: "directory".into(),
            name: "Directory".into(),
            scopes: scopes.into(),
            jwks: None,
        };
        store.add_client(&console, client).await.unwrap();
        let wish = Issue {
            client: "directory".into(),
            scopes: scopes.into(),
            patient: None,
            expires: clock.now().plus_millis(3_600_000),
        };
        let token = issue(&store, &console, wish).await.unwrap();
        Self {
            routes: login.routes().layer(Extension(visit)),
            store,
            token,
            _dir: dir,
        }
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(["/scim/v2/Users", path].concat())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.routes.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = std::str::from_utf8(&bytes).unwrap();
        (status, serde_json::from_str(text).unwrap_or(Value::Null))
    }

    async fn made(&self, name: &str, role: &str) -> (StatusCode, Value) {
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "displayName": "Ben Ortiz",
            "emails": [{"value": "ben@clinic.example"}], "roles": [{"value": role}], "x": "passed over",
        });
        self.ask("POST", "", &user).await
    }

    /// An active person with a session, made at the console; answers their id and their session's hash.
    async fn person(&self, name: &str, role: Role) -> (String, [u8; 32]) {
        let id = account(&self.store, newcomer(name, &[role], None), "x").await;
        let session = Session::of(&self.store, &id, Strength::Two).await;
        (id, sha256(session.token.as_bytes()))
    }
}

fn active(value: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [value]})
}

#[tokio::test]
async fn a_directory_makes_lists_and_finds_accounts() {
    let scene = Scene::new("system/User.crus").await;
    let (status, ben) = scene.made("Ben", "nurse").await;
    assert_eq!(status, StatusCode::CREATED, "{ben}");
    assert_eq!(
        (&ben["userName"], &ben["active"]),
        (&json!("ben"), &json!(true))
    );
    assert_eq!(ben["emails"][0]["value"], "ben@clinic.example");
    let path = format!("/{}", ben["id"].as_str().unwrap());
    assert_eq!(
        scene.ask("GET", &path, &Value::Null).await,
        (StatusCode::OK, ben.clone())
    );
    scene.made("benedict", "nurse").await;
    let (_, all) = scene
        .ask("GET", "?startIndex=2&count=1", &Value::Null)
        .await;
    assert_eq!(
        (&all["totalResults"], &all["Resources"][0]["userName"]),
        (&json!(2), &json!("benedict"))
    );
    let found = scene
        .ask("GET", "?filter=userName%20eq%20%22BEN%22", &Value::Null)
        .await
        .1;
    assert_eq!(
        (&found["totalResults"], &found["Resources"][0]),
        (&json!(1), &ben)
    );
    let none = scene
        .ask("GET", "?filter=userName%20eq%20%22nobody%22", &Value::Null)
        .await
        .1;
    assert_eq!(none["totalResults"], 0);
    let (status, error) = scene.made("ben", "nurse").await;
    assert_eq!(
        (status, &error["scimType"]),
        (StatusCode::CONFLICT, &json!("uniqueness"))
    );
    let (status, error) = scene
        .ask("GET", "?filter=title%20eq%20%22x%22", &Value::Null)
        .await;
    assert_eq!(
        (status, &error["scimType"]),
        (StatusCode::BAD_REQUEST, &json!("invalidFilter"))
    );
    assert_eq!(
        scene.ask("GET", "/nobody", &Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn hn5_a_person_whom_the_directory_switches_off_is_out_at_once() {
    let scene = Scene::new("system/User.rus").await;
    let (ann, session) = scene.person("ann", Role::NURSE).await;
    assert!(scene.store.session(&session).await.unwrap().is_some());
    let path = format!("/{ann}");
    let off = active(json!({"op": "Replace", "path": "active", "value": "False"}));
    let (status, user) = scene.ask("PATCH", &path, &off).await;
    assert_eq!((status, &user["active"]), (StatusCode::OK, &json!(false)));
    assert!(scene.store.session(&session).await.unwrap().is_none());
    assert!(scene.store.live_account(&ann).await.unwrap().is_none());
    let on = active(json!({"op": "replace", "value": {"active": true}}));
    let (status, user) = scene.ask("PATCH", &path, &on).await;
    assert_eq!((status, &user["active"]), (StatusCode::OK, &json!(true)));
    assert!(
        scene.store.session(&session).await.unwrap().is_none(),
        "sessions do not come back"
    );
    assert_eq!(
        scene.ask("DELETE", &path, &Value::Null).await.0,
        StatusCode::NO_CONTENT
    );
    assert!(scene.store.live_account(&ann).await.unwrap().is_none());
}

#[tokio::test]
async fn asvs_15_3_3_a_directory_changes_nothing_but_whether_an_account_is_active() {
    let scene = Scene::new("system/User.crus").await;
    let (ann, _) = scene.person("ann", Role::NURSE).await;
    let path = format!("/{ann}");
    for (operation, kind) in [
        (
            json!({"op": "replace", "path": "roles", "value": [{"value": "administrator"}]}),
            "invalidPath",
        ),
        (
            json!({"op": "replace", "value": {"active": true, "roles": []}}),
            "invalidPath",
        ),
        (
            json!({"op": "add", "path": "active", "value": true}),
            "invalidSyntax",
        ),
        (
            json!({"op": "replace", "path": "active", "value": 1}),
            "invalidValue",
        ),
    ] {
        let (status, error) = scene.ask("PATCH", &path, &active(operation.clone())).await;
        assert_eq!(
            (status, &error["scimType"]),
            (StatusCode::BAD_REQUEST, &json!(kind)),
            "{operation}"
        );
    }
    for body in [json!([]), json!({}), json!("x")] {
        let (status, _) = scene.ask("PATCH", &path, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(
            scene.ask("POST", "", &body).await.0,
            StatusCode::BAD_REQUEST,
            "{body}"
        );
    }
}

#[tokio::test]
async fn asvs_2_3_5_a_directory_neither_makes_nor_brings_back_who_gives_roles_or_uses_keys() {
    let scene = Scene::new("system/User.crus").await;
    let (status, error) = scene.made("eve", "administrator").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{error}");
    let (_, session) = scene.person("root", Role::ADMINISTRATOR).await;
    let (ada, _) = scene.person("ada", Role::ADMINISTRATOR).await;
    let path = format!("/{ada}");
    let off = active(json!({"op": "replace", "path": "active", "value": false}));
    assert_eq!(
        scene.ask("PATCH", &path, &off).await.0,
        StatusCode::OK,
        "who left is out"
    );
    let on = active(json!({"op": "replace", "path": "active", "value": true}));
    assert_eq!(
        scene.ask("PATCH", &path, &on).await.0,
        StatusCode::FORBIDDEN
    );
    // The last one stays.
    let found = scene.store.session(&session).await.unwrap().unwrap();
    let last = format!("/{}", found.account.id);
    assert_eq!(
        scene.ask("PATCH", &last, &off).await.0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn h1_a_directory_needs_the_scope_by_its_name_for_each_act() {
    for scopes in [
        "system/*.cruds",
        "system/Patient.cruds",
        "user/User.crus",
        "system/User.rs?active=true",
    ] {
        let scene = Scene::new(scopes).await;
        let (ann, _) = scene.person("ann", Role::NURSE).await;
        let path = format!("/{ann}");
        let off = active(json!({"op": "replace", "path": "active", "value": false}));
        for (method, path, body) in [
            ("GET", "", &Value::Null),
            ("GET", path.as_str(), &Value::Null),
            ("PATCH", path.as_str(), &off),
            ("DELETE", path.as_str(), &Value::Null),
        ] {
            let (status, _) = scene.ask(method, path, body).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{scopes}: {method} {path}");
        }
        assert_eq!(
            scene.made("ben", "nurse").await.0,
            StatusCode::FORBIDDEN,
            "{scopes}"
        );
    }
    let mut nobody = Scene::new("system/User.crus").await;
    nobody.token = "x".to_owned();
    assert_eq!(
        nobody.ask("GET", "", &Value::Null).await.0,
        StatusCode::UNAUTHORIZED
    );
}
