//! Cross-origin requests from browser apps (Fetch standard, CORS protocol).

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// Which origins' scripts may call which paths. The default allows none.
#[derive(Clone, Debug, Default)]
pub struct Cors {
    /// Origins that the installation names, as browsers send them: `https://app.example`. There is no wildcard.
    pub origins: Vec<String>,
    /// Those that apps registered.
    pub registered: Registered,
    /// Paths that scripts may call: these and what is below them.
    pub paths: Vec<String>,
}

type Ask = dyn Fn(String) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync;

/// Who knows the origins that apps registered; the default knows none.
#[derive(Clone, Default)]
pub struct Registered(Option<Arc<Ask>>);

impl Registered {
    /// From the function that knows.
    pub fn new(
        ask: impl Fn(String) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(ask)))
    }

    async fn knows(&self, origin: &str) -> bool {
        match &self.0 {
            Some(ask) => ask(origin.to_owned()).await,
            None => false,
        }
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registered")
    }
}

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const HEADERS: &str = "Authorization, Content-Type, Accept, Prefer, If-Match, If-None-Match, If-Modified-Since, If-None-Exist, DPoP, X-Correlation-Id";
const EXPOSED: &str = "ETag, Location, Content-Location, Last-Modified, X-Request-Id, X-Correlation-Id, WWW-Authenticate, Retry-After";

impl Cors {
    /// The origin to answer, when this request comes from a script that may call this path.
    pub(crate) async fn admitted(&self, path: &str, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let open = self.paths.iter().any(|p| {
            path.strip_prefix(p.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        if !open {
            return None;
        }
        let named = origin.to_str().ok()?;
        let known = self.origins.iter().any(|o| o == named) || self.registered.knows(named).await;
        known.then(|| origin.clone())
    }

    /// Whether a request is a preflight.
    pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
        method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The answer to a preflight from an admitted origin.
    pub(crate) fn preflight() -> axum::response::Response {
        let mut response = axum::response::Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static(METHODS),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(HEADERS),
        );
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("600"),
        );
        response
    }

    /// Marks an answer as readable by the origin.
    pub(crate) fn admit(headers: &mut HeaderMap, origin: HeaderValue) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED),
        );
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
}
