//! What happens to every request before and after its handler.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::Service;

use crate::body::Guarded;
use crate::refusal::{busy, kept_out, refuse};
use crate::visit::{authority, fresh_id};
use crate::{BodyError, Certificate, Cors, Gate, Row, Shield, Traffic, Visit, gzip};

/// The floor's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The longest request body, in bytes.
    pub body_limit: u64,
    /// How long a request body may take to arrive.
    pub body_time: Duration,
    /// How long a request's head may take to arrive, and how long an idle connection is kept.
    pub head_time: Duration,
    /// How long a write to the client may stand still.
    pub write_time: Duration,
    /// The most connections at a time; more wait in the kernel's queue.
    pub connections: u16,
    /// The most connections of one address; the loopback's are not counted.
    pub connections_each: u16,
    /// The most requests that are being answered at a time; more wait for a second, then are told to come again.
    pub at_once: u16,
    /// How long a handler may take to begin its answer.
    pub answer_time: Duration,
    /// Keeps attackers out.
    pub shield: Shield,
    /// Counts requests.
    pub traffic: Traffic,
    /// How long requests under way may take to end at a shutdown.
    pub drain_time: Duration,
    /// Whether a proxy in front is trusted to tell the client's view in `X-Forwarded-Host`, `-Proto` and `-For`.
    pub trust_forwarded: bool,
    /// Cross-origin callers.
    pub cors: Cors,
    /// Who may come to the administration area at all.
    pub gate: Gate,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_limit: 32 * 1024 * 1024,
            body_time: Duration::from_secs(60),
            head_time: Duration::from_secs(20),
            write_time: Duration::from_secs(30),
            connections: 1024,
            connections_each: 256,
            at_once: 512,
            answer_time: Duration::from_secs(120),
            shield: Shield::default(),
            traffic: Traffic::default(),
            drain_time: Duration::from_secs(10),
            trust_forwarded: false,
            cors: Cors::default(),
            gate: Gate::default(),
        }
    }
}

/// The floor under a router; cheap to clone.
#[derive(Clone, Debug)]
pub struct Floor {
    router: Router,
    pub(crate) settings: Arc<Settings>,
    /// One for each request that is being answered.
    turns: Arc<Semaphore>,
}

/// So long a request waits for its turn.
const TURN_TIME: Duration = Duration::from_secs(1);
/// When to come again, in seconds, who did not get one.
const COME_AGAIN: u64 = 2;

/// How a request came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    pub(crate) peer: Option<IpAddr>,
    pub(crate) secure: bool,
    pub(crate) certificate: Certificate,
}

const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CSP: HeaderName = header::CONTENT_SECURITY_POLICY;

/// Headers every answer has unless its handler set them.
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        CSP,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

impl Floor {
    /// A floor under these routes. What they do not know answers 404.
    pub fn new(router: Router, settings: Settings) -> Self {
        Self {
            router,
            turns: Arc::new(Semaphore::new(usize::from(settings.at_once))),
            settings: Arc::new(settings),
        }
    }

    /// Answers a request as if it had come in over plain HTTP from the loopback.
    pub async fn answer(&self, request: Request<Body>) -> Response {
        self.handle(
            Connection {
                peer: None,
                secure: false,
                certificate: Certificate::Absent,
            },
            request,
        )
        .await
    }

    pub(crate) async fn handle<B>(&self, connection: Connection, request: Request<B>) -> Response
    where
        B: http_body::Body<Data = bytes::Bytes> + Send + Unpin + 'static,
    {
        let id = fresh_id();
        let correlation = correlation(request.headers());
        let admitted = self
            .settings
            .cors
            .admitted(request.uri().path(), request.headers())
            .await;
        let asked = (self.settings.traffic).begin(request.method(), request.headers());
        let gzip = gzip::asked(request.headers());
        let head = request.method() == Method::HEAD;
        let mut response = match &admitted {
            Some(_) if Cors::is_preflight(request.method(), request.headers()) => Cors::preflight(),
            _ => self.through(connection, &id, request).await,
        };
        let row = response.extensions().get::<Row>();
        self.settings.traffic.end(&asked, row, response.status());
        if gzip && !head {
            response = gzip::compress(response).await;
        }
        let headers = response.headers_mut();
        for (name, value) in ALWAYS {
            headers.entry(name).or_insert(value);
        }
        if connection.secure {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000"),
            );
        }
        if let Ok(value) = HeaderValue::try_from(id) {
            headers.insert(REQUEST_ID, value);
        }
        if let Some(value) = correlation {
            headers.insert(CORRELATION, value);
        }
        if let Some(origin) = admitted {
            Cors::admit(headers, origin);
        }
        response
    }

    async fn through<B>(&self, connection: Connection, id: &str, request: Request<B>) -> Response
    where
        B: http_body::Body<Data = bytes::Bytes> + Send + Unpin + 'static,
    {
        let Some(visit) = self.visit(connection, id, &request) else {
            return refuse(
                StatusCode::BAD_REQUEST,
                "the Host header is missing, given twice, or malformed",
            );
        };
        let look = match self.settings.shield.look(visit.peer, &request) {
            Ok(look) => look,
            Err(refusal) => return kept_out(refusal),
        };
        let response = self.answered(visit, id, request).await;
        self.settings.shield.note(&look, id, response.status());
        response
    }

    /// What the routes answer, in its turn and in time.
    async fn answered<B>(&self, visit: Visit, id: &str, request: Request<B>) -> Response
    where
        B: http_body::Body<Data = bytes::Bytes> + Send + Unpin + 'static,
    {
        let limit = self.settings.body_limit;
        if request.body().size_hint().lower() > limit {
            return refuse(
                StatusCode::PAYLOAD_TOO_LARGE,
                &BodyError::TooLarge(limit).to_string(),
            );
        }
        let mut request = request.map(|body| {
            if body.is_end_stream() {
                Body::empty()
            } else {
                Body::new(Guarded::new(body, limit, self.settings.body_time))
            }
        });
        request.extensions_mut().insert(visit);
        let Ok(Ok(_turn)) = timeout(TURN_TIME, self.turns.acquire()).await else {
            return busy("too many requests are being answered", COME_AGAIN);
        };
        let mut router = self.router.clone();
        let answer = caught(Service::call(&mut router, request));
        match timeout(self.settings.answer_time, answer).await {
            Ok(Some(Ok(response))) => response,
            Err(_) => {
                tracing::error!(reference = id, "a handler did not answer in time");
                busy(&format!("no answer in time; reference {id}"), COME_AGAIN)
            }
            Ok(None) => {
                tracing::error!(reference = id, "a handler panicked");
                refuse(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    &format!("something failed; reference {id}"),
                )
            }
        }
    }

    fn visit<B>(&self, connection: Connection, id: &str, request: &Request<B>) -> Option<Visit> {
        let forwarded = |name: &str| {
            let value = request
                .headers()
                .get(name)
                .filter(|_| self.settings.trust_forwarded);
            value.and_then(|v| v.to_str().ok()).map(str::trim)
        };
        let authority = authority(
            request.uri(),
            request.headers(),
            forwarded("x-forwarded-host"),
        )?;
        let scheme = match forwarded("x-forwarded-proto") {
            Some("https") => "https",
            Some("http") => "http",
            Some(_) => return None,
            None if connection.secure => "https",
            None => "http",
        };
        // The last address is the one that the trusted proxy itself saw.
        let peer = forwarded("x-forwarded-for")
            .and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
        let peer = peer.or(connection.peer);
        let certificate = connection.certificate;
        Some(Visit {
            id: id.to_owned(),
            peer,
            base: [scheme, "://", authority].concat(),
            administration: self.settings.gate.entrance(peer, certificate),
        })
    }
}

/// A client's own correlation id, when it is harmless to repeat.
fn correlation(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers
        .get(CORRELATION)
        .or_else(|| headers.get(REQUEST_ID))?;
    let bytes = value.as_bytes();
    let fine = (1..=64).contains(&bytes.len())
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b));
    fine.then(|| value.clone())
}

/// The future's value, or `None` when it panics (the panic hook has logged where).
async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(move |cx| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Some),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use aceso_base::{Clock, Instant, ManualClock};
    use aceso_shield::request::Rule;
    use axum::routing::{get, post};
    use http_body_util::BodyExt;

    use super::*;
    use crate::collect;

    fn floor(settings: Settings) -> Floor {
        let base = async |visit: axum::Extension<Visit>| visit.base.clone();
        let swallow =
            async |request: Request<Body>| match collect(request.into_body(), u64::MAX).await {
                Ok(bytes) => bytes.len().to_string(),
                Err(error) => error.to_string(),
            };
        let router = Router::new()
            .route("/base", get(base))
            .route("/swallow", post(swallow))
            .route(
                "/panic",
                get(async || -> &'static str { panic!("on purpose") }),
            );
        Floor::new(router, settings)
    }

    async fn ask(
        floor: &Floor,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, String) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = floor.answer(request.body(Body::empty()).unwrap()).await;
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        (parts.status, parts.headers, text)
    }

    #[tokio::test]
    async fn links_are_built_on_what_the_client_used_and_a_forwarded_host_counts_only_when_trusted()
    {
        let forwarded = [
            ("host", "a:1"),
            ("x-forwarded-host", "b"),
            ("x-forwarded-proto", "https"),
        ];
        let plain = floor(Settings::default());
        assert_eq!(ask(&plain, "/base", &forwarded).await.2, "http://a:1");
        let trusting = floor(Settings {
            trust_forwarded: true,
            ..Settings::default()
        });
        assert_eq!(ask(&trusting, "/base", &forwarded).await.2, "https://b");
        for bad in [&[("host", "a/b")][..], &[], &[("host", "a"), ("host", "b")]] {
            assert_eq!(
                ask(&plain, "/base", bad).await.0,
                StatusCode::BAD_REQUEST,
                "{bad:?}"
            );
        }
    }

    #[tokio::test]
    async fn asvs_16_5_4_a_panic_answers_500_with_the_reference_number() {
        let (status, headers, body) =
            ask(&floor(Settings::default()), "/panic", &[("host", "a")]).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains(headers[REQUEST_ID].to_str().unwrap()));
        assert!(!body.contains("on purpose"));
    }

    #[tokio::test]
    async fn a_request_id_is_ours_and_a_correlation_id_is_repeated_only_when_harmless() {
        let f = floor(Settings::default());
        let (_, headers, _) = ask(&f, "/base", &[("host", "a"), ("x-request-id", "abc-1")]).await;
        assert_ne!(headers[REQUEST_ID], "abc-1");
        assert_eq!(headers[CORRELATION], "abc-1");
        let (_, headers, _) = ask(
            &f,
            "/base",
            &[("host", "a"), ("x-correlation-id", "a b<script>")],
        )
        .await;
        assert!(!headers.contains_key(CORRELATION));
    }

    #[tokio::test]
    async fn a_body_over_the_limit_answers_413_before_it_is_read() {
        let f = floor(Settings {
            body_limit: 4,
            ..Settings::default()
        });
        let request = Request::post("/swallow")
            .header("host", "a")
            .body(Body::from("12345"))
            .unwrap();
        assert_eq!(
            f.answer(request).await.status(),
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }

    fn shield(clock: &Arc<ManualClock>) -> Settings {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        let office = vec!["192.0.2.0/24".parse().unwrap()];
        Settings {
            trust_forwarded: true,
            shield: Shield::new(Rule::default(), office, clock),
            ..Settings::default()
        }
    }

    async fn status(floor: &Floor, path: &str, from: &str) -> StatusCode {
        let headers = [("host", "a"), ("x-forwarded-for", from)];
        ask(floor, path, &headers).await.0
    }

    #[tokio::test]
    async fn a_honey_path_answers_like_what_is_not_there_and_its_caller_stays_out() {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(0)));
        let f = floor(shield(&clock));
        let host = [("host", "a"), ("x-forwarded-for", "203.0.113.9")];
        let unknown = ask(&f, "/no-such-page", &host).await;
        let honey = ask(&f, "/wp-login.php", &host).await;
        assert_eq!((honey.0, &honey.2), (unknown.0, &unknown.2));
        assert_eq!(honey.0, StatusCode::NOT_FOUND);
        let (out, headers, _) = ask(&f, "/base", &host).await;
        assert_eq!(out, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(headers[header::RETRY_AFTER], "900");
        assert_eq!(status(&f, "/base", "203.0.113.8").await, StatusCode::OK);
        assert_eq!(f.settings.shield.out().len(), 1);
        clock.advance_millis(900_000);
        assert_eq!(status(&f, "/base", "203.0.113.9").await, StatusCode::OK);
        assert_eq!(f.settings.shield.figures().sentenced, 1);
    }

    #[tokio::test]
    async fn the_clinics_own_networks_and_the_loopback_are_never_kept_out() {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(0)));
        let f = floor(shield(&clock));
        for from in ["192.0.2.7", "127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            for _ in 0..3 {
                assert_eq!(status(&f, "/.env", from).await, StatusCode::NOT_FOUND);
            }
            assert_eq!(status(&f, "/base", from).await, StatusCode::OK, "{from}");
        }
    }

    #[tokio::test]
    async fn what_looks_like_an_attack_counts_only_when_it_was_refused() {
        let clock = Arc::new(ManualClock::new(Instant::from_millis(0)));
        let f = floor(shield(&clock));
        for _ in 0..50 {
            let well = status(&f, "/base?q=union%20select%20sleep(1)", "203.0.113.9").await;
            assert_eq!(well, StatusCode::OK);
        }
        let mut tries = 0;
        while status(&f, "/x?q=union%20select", "203.0.113.9").await == StatusCode::NOT_FOUND {
            tries += 1;
        }
        assert_eq!(tries, 5);
    }

    #[tokio::test]
    async fn methods_that_no_route_has_and_endless_addresses_are_refused() {
        let f = floor(Settings::default());
        for method in ["TRACE", "CONNECT", "PROPFIND", "DEBUG"] {
            let request = Request::builder()
                .method(method)
                .uri("/base")
                .header("host", "a");
            let answer = f.answer(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        }
        let long = format!("/base?q={}", "a".repeat(9_000));
        let (status, ..) = ask(&f, &long, &[("host", "a")]).await;
        assert_eq!(status, StatusCode::URI_TOO_LONG);
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_at_once_and_what_takes_too_long_are_told_to_come_again() {
        let wait = async || -> &'static str { std::future::pending().await };
        let router = Router::new()
            .route("/wait", get(wait))
            .route("/base", get(async || "a"));
        let settings = Settings {
            at_once: 2,
            answer_time: Duration::from_secs(30),
            ..Settings::default()
        };
        let f = Floor::new(router, settings);
        let host = [("host", "a")];
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let f = f.clone();
                tokio::spawn(async move { ask(&f, "/wait", &host).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(10)).await;
        let (status, headers, _) = ask(&f, "/base", &host).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(headers[header::RETRY_AFTER], "2");
        for one in waiting {
            assert_eq!(one.await.unwrap().0, StatusCode::SERVICE_UNAVAILABLE);
        }
        assert_eq!(ask(&f, "/base", &host).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn asvs_3_5_2_other_origins_may_call_only_what_is_configured() {
        let cors = Cors {
            origins: vec!["https://app.example".into()],
            paths: vec!["/base".into()],
            ..Cors::default()
        };
        let f = floor(Settings {
            cors,
            ..Settings::default()
        });
        let allow = |h: &HeaderMap| h.get(header::ACCESS_CONTROL_ALLOW_ORIGIN).cloned();
        let (_, headers, _) = ask(
            &f,
            "/base",
            &[("host", "a"), ("origin", "https://app.example")],
        )
        .await;
        assert_eq!(allow(&headers).unwrap(), "https://app.example");
        for (path, origin) in [
            ("/base", "https://evil.example"),
            ("/swallow", "https://app.example"),
            ("/based", "https://app.example"),
        ] {
            let (_, headers, _) = ask(&f, path, &[("host", "a"), ("origin", origin)]).await;
            assert_eq!(allow(&headers), None, "{path} {origin}");
        }
    }
}
