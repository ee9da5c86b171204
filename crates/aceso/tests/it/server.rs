//! The whole server in this process, without a socket: floor, tokens, API, store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_api::Api;
use aceso_base::{Clock, Instant, SystemClock};
use aceso_login::{Issue, Login, issue};
use aceso_policy::Caller;
use aceso_store::{NewClient, Report, Settings, Store};
use aceso_vault::RootKey;
use aceso_web::Floor;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;

use crate::place::Dir;

/// Scheme and authority of the server, as its clients see it.
pub(crate) const ROOT: &str = "http://localhost:8080";

/// Whether a resource may refer to what is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum References {
    Enforced,
    Free,
}

/// A server over a fresh store.
pub(crate) struct Server {
    pub(crate) store: Store,
    floor: Floor,
    /// A token for everything.
    pub(crate) token: String,
    clients: AtomicU32,
    _dir: Dir,
}

/// What was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A request in the making.
pub(crate) struct Ask<'a> {
    server: &'a Server,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    token: Option<String>,
    body: Bytes,
}

impl Server {
    pub(crate) async fn new() -> Self {
        Self::with(References::Enforced).await
    }

    pub(crate) async fn with(references: References) -> Self {
        Self::by(references, Arc::new(SystemClock)).await
    }

    /// By this clock.
    pub(crate) async fn by(references: References, clock: Arc<dyn Clock>) -> Self {
        Self::open(clock, |usual| Settings {
            allow_dangling: references == References::Free,
            ..usual
        })
        .await
    }

    /// What is about substance use leaves as 42 CFR part 2 lets it.
    pub(crate) async fn under_part2() -> Self {
        Self::open(Arc::new(SystemClock), |usual| Settings {
            part2: true,
            ..usual
        })
        .await
    }

    async fn open(clock: Arc<dyn Clock>, set: impl FnOnce(Settings) -> Settings) -> Self {
        let dir = Dir::new("server");
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        let settings = set(Settings {
            cache_mib: 64,
            ..Settings::new(dir.join("data"))
        });
        let store = Store::open(settings, &root, clock.clone()).unwrap();
        let settings = aceso_login::Settings {
            base: ROOT.to_owned(),
            origins: Vec::new(),
            token_seconds: 300,
        };
        let login = Login::new(store.clone(), clock, settings);
        let api = Api::new(
            store.clone(),
            login.tokens(),
            aceso_api::Settings::default(),
        );
        let router = api
            .router()
            .merge(login.routes())
            .merge(aceso_web::health(|| true));
        let floor = Floor::new(router, aceso_web::Settings::default());
        let mut server = Self {
            store,
            floor,
            token: String::new(),
            clients: AtomicU32::new(0),
            _dir: dir,
        };
        server.token = server.client("system/*.cruds", None).await;
        server
    }

    /// A token of a new client with these scopes.
    pub(crate) async fn client(&self, scopes: &str, patient: Option<&str>) -> String {
        let until = self.store.now().plus_millis(3_600_000);
        self.client_until(scopes, patient, until).await
    }

    /// The same, with the token's end.
    pub(crate) async fn client_until(
        &self,
        scopes: &str,
        patient: Option<&str>,
        expires: Instant,
    ) -> String {
        let id = format!("client{}", self.clients.fetch_add(1, Ordering::Relaxed));
        let new = NewClient {
            id: id.clone(),
            name: id.clone(),
            scopes: scopes.to_owned(),
            jwks: None,
        };
        let operator = Caller::operator();
        self.store.add_client(&operator, new).await.unwrap();
        let wish = Issue {
            client: id,
            scopes: scopes.to_owned(),
            patient: patient.map(str::to_owned),
            expires,
        };
        issue(&self.store, &operator, wish).await.unwrap()
    }

    /// Begins a request below `/fhir`, with the token for everything.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask {
            server: self,
            method,
            path: ["/fhir", path].concat(),
            headers: Vec::new(),
            token: Some(self.token.clone()),
            body: Bytes::new(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path).json(body).send().await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PUT, path).json(body).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path).send().await
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.floor.answer(request).await.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    /// Checks all that is stored; nothing may be wrong.
    pub(crate) fn verify(&self) -> Report {
        let report = self.store.verify(&mut |_| ()).unwrap();
        assert_eq!(report.findings, []);
        report
    }

    /// How many resources of a type a search finds.
    pub(crate) async fn count(&self, kind: &str) -> u64 {
        let answer = self.get(&format!("/{kind}?_summary=count")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["total"].as_u64().unwrap()
    }
}

impl Ask<'_> {
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub(crate) fn nobody(mut self) -> Self {
        self.token = None;
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/fhir+json", serde_json::to_vec(body).unwrap())
    }

    pub(crate) fn body(mut self, kind: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", kind)
    }

    pub(crate) async fn send(self) -> Answer {
        let mut request = Request::builder()
            .method(self.method)
            .uri(&self.path)
            .header("host", "localhost:8080");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.server
            .send(request.body(Body::from(self.body)).unwrap())
            .await
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// The beginning of the body.
    pub(crate) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        text.chars().take(1500).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the status; answers itself.
    #[track_caller]
    pub(crate) fn expect(self, status: u16, what: &str) -> Self {
        assert_eq!(self.status.as_u16(), status, "{what}: {}", self.text());
        self
    }

    /// The id of the resource that was written.
    pub(crate) fn id(&self) -> String {
        let location = self.header("location");
        let mut parts = location.trim_start_matches(ROOT).split('/').skip(3);
        parts.next().unwrap_or_default().to_owned()
    }
}
