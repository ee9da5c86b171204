//! Cross-origin requests from browser apps (Fetch standard, CORS protocol).

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// Which origins' scripts may call which paths. The default allows none.
#[derive(Clone, Debug, Default)]
pub struct Cors {
    /// Origins as browsers send them: `https://app.example`; `*` for any (tokens travel in a header, never in a cookie).
    pub origins: Vec<String>,
    /// Paths that scripts may call: these and what is below them.
    pub paths: Vec<String>,
}

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const HEADERS: &str = "Authorization, Content-Type, Accept, Prefer, If-Match, If-None-Match, If-Modified-Since, If-None-Exist, DPoP, X-Correlation-Id";
const EXPOSED: &str = "ETag, Location, Content-Location, Last-Modified, X-Request-Id, X-Correlation-Id, WWW-Authenticate, Retry-After";

impl Cors {
    /// The origin to answer, when this request comes from a script that may call this path.
    pub(crate) fn admitted(&self, path: &str, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.origins.is_empty() {
            return None;
        }
        let origin = headers.get(header::ORIGIN)?;
        let known = self
            .origins
            .iter()
            .any(|o| o == "*" || o.as_bytes() == origin.as_bytes());
        let open = self.paths.iter().any(|p| {
            path.strip_prefix(p.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        (known && open).then(|| origin.clone())
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
