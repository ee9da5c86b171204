//! For supervisors: alive, ready. No detail to strangers.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::StatusCode;

/// `/health/live` answers 200 as long as the process answers at all; `/health/ready` 200 or 503, as `ready` says.
pub fn health(ready: impl Fn() -> bool + Send + Sync + 'static) -> Router {
    let ready = Arc::new(ready);
    let show_ready = move || {
        let ready = Arc::clone(&ready);
        async move {
            if ready() {
                (StatusCode::OK, "ready\n")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
            }
        }
    };
    Router::new()
        .route("/health/live", get(async || "live\n"))
        .route("/health/ready", get(show_ready))
}
