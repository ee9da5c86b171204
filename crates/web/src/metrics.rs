//! Gauges in Prometheus' text form, for this machine alone.

use std::sync::Arc;

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};

use crate::Visit;

/// What a proxy adds: a request that was passed on is not this machine's own.
const PASSED_ON: [&str; 4] = ["x-forwarded-for", "forwarded", "via", "x-real-ip"];

/// `GET /metrics`: what `write` gives, for requests of the loopback that nobody passed on. For everybody else there is no such
/// address.
pub fn metrics<F, W>(write: W) -> Router
where
    F: Future<Output = Option<String>> + Send + 'static,
    W: Fn() -> F + Send + Sync + 'static,
{
    let write = Arc::new(write);
    let show = move |visit: Option<Extension<Visit>>, headers: HeaderMap| {
        let write = Arc::clone(&write);
        async move {
            let peer = visit.and_then(|Extension(visit)| visit.peer);
            let passed_on = PASSED_ON.iter().any(|name| headers.contains_key(*name));
            let kind = [(
                header::CONTENT_TYPE,
                "text/plain; version=0.0.4; charset=utf-8",
            )];
            if passed_on || !peer.is_some_and(|ip| ip.is_loopback()) {
                return (StatusCode::NOT_FOUND, kind, "not found\n".to_owned());
            }
            match write().await {
                Some(text) => (StatusCode::OK, kind, text),
                None => (
                    StatusCode::SERVICE_UNAVAILABLE,
                    kind,
                    "no figures\n".to_owned(),
                ),
            }
        }
    };
    Router::new().route("/metrics", get(show))
}
