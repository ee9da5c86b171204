//! A server of its own for each test.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_api::{Api, Settings};
use aceso_base::SystemClock;
use aceso_fhir::{Value, json};
use aceso_policy::{ApiClient, Scopes};
use aceso_store::Store;
use aceso_vault::RootKey;
use aceso_web::{Floor, Tokens};
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;

/// A server with an empty store.
pub(crate) struct Server {
    pub(crate) floor: Floor,
    dir: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        json::read(self.text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// `Patient/123` of the `Location` header.
    pub(crate) fn local(&self) -> String {
        let location = self.header("location");
        let rest = location
            .strip_prefix("http://here/fhir/")
            .unwrap_or_else(|| panic!("{self:?}"));
        rest.split("/_history/").next().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

pub(crate) fn value(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"))
}

impl Server {
    /// Tokens are their own scopes, `_` for a blank: `system/*.cruds`; a patient context goes after `@`.
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("aceso-api-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        let store = aceso_store::Settings::new(dir.join("data"));
        let store = Store::open(store, &root, Arc::new(SystemClock)).unwrap();
        let tokens = Tokens::new(|token| {
            let client = client(token);
            Box::pin(async move { client })
        });
        let router = Api::new(store, tokens, settings).router();
        Self {
            floor: Floor::new(router, aceso_web::Settings::default()),
            dir,
        }
    }

    /// A request by a caller who may do everything.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Got {
        let all = [&[("authorization", "Bearer all")], headers].concat();
        self.raw(method, path, &all, body).await
    }

    /// A patient of this id, and nothing else about them.
    pub(crate) async fn has_patient(&self, id: &str) {
        let body = format!(r#"{{"resourceType":"Patient","id":"{id}"}}"#);
        self.put(&format!("/fhir/Patient/{id}"), &body)
            .await
            .is(201);
    }

    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Got {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "here");
        let mut typed = false;
        for (name, value) in headers {
            typed |= *name == "content-type";
            request = request.header(*name, *value);
        }
        if !typed && !body.is_empty() {
            request = request.header("content-type", "application/fhir+json");
        }
        let response = self
            .floor
            .answer(request.body(Body::from(body.to_owned())).unwrap())
            .await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Got {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.ask("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Got {
        self.ask("POST", path, &[], body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &str) -> Got {
        self.ask("PUT", path, &[], body).await
    }

    /// Creates and answers `Type/id`.
    pub(crate) async fn create(&self, body: &str) -> String {
        let kind = value(body).resource_type().unwrap().to_owned();
        self.post(&format!("/fhir/{kind}"), body)
            .await
            .is(201)
            .local()
    }

    /// How many resources of this type there are.
    pub(crate) async fn count(&self, kind: &str) -> usize {
        let got = self.get(&format!("/fhir/{kind}?_count=1000")).await.is(200);
        got.json().items_at("entry").len()
    }
}

fn client(token: &str) -> Option<Arc<ApiClient>> {
    let (scopes, patient) = match token.split_once("~~") {
        Some((scopes, patient)) => (scopes, Some(patient.to_owned())),
        None => (token, None),
    };
    let scopes = match scopes {
        "all" => "system/*.cruds".to_owned(),
        "reader" => "system/*.rs".to_owned(),
        "patient" => "patient/*.rs".to_owned(),
        _ => return None,
    };
    Some(Arc::new(ApiClient {
        id: "test".into(),
        scopes: Scopes::parse(&scopes).unwrap(),
        patient,
        person: None,
    }))
}

/// The address of the page after this one, if there is one.
pub(crate) fn next_page(page: &Value) -> Option<String> {
    let mut links = page.items_at("link").iter();
    let link = links.find(|l| l.str_at("relation") == Some("next"))?;
    let url = link.str_at("url").unwrap();
    Some(url.strip_prefix("http://here").unwrap().to_owned())
}
