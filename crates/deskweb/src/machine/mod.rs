//! The documents that machines fetch: feeds, an advisory in each of its forms, and the provider's directory. They carry no
//! cookie and need none.

mod csaf;
mod feed;
mod form;
mod kept;
pub(crate) mod key;
mod security_txt;

use std::sync::Arc;

use aceso_store::Published;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};

use crate::{DeskWeb, api};
pub(crate) use kept::Feeds;

impl DeskWeb {
    /// What answers to programs, beside the pages.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/advisories.atom", get(feed::atom))
            .route("/advisories.json", get(feed::json))
            .route("/advisories/{id}/{form}", get(form::show))
            .route("/.well-known/security.txt", get(security_txt::show))
            .route(
                "/.well-known/csaf/provider-metadata.json",
                get(csaf::provider),
            )
            .route("/.well-known/csaf/feed-tlp-white.json", get(csaf::rolie))
            .route(
                "/.well-known/csaf/feed-tlp-white.json.asc",
                get(csaf::rolie_signature),
            )
            .route("/.well-known/csaf/service.json", get(csaf::service))
            .route("/.well-known/csaf/white/index.txt", get(csaf::index))
            .route("/.well-known/csaf/white/changes.csv", get(csaf::changes))
            .route("/.well-known/csaf/white/{year}/{file}", get(csaf::file))
            .route("/.well-known/csaf/openpgp/{file}", get(key::show))
            .route(
                "/api/reports",
                post(api::report).layer(DefaultBodyLimit::max(api::MOST_BYTES)),
            )
            .route("/api/reports/{token}", get(api::status))
            .merge(crate::adopt::receive::routes())
            .route("/openapi.json", get(api::openapi))
            .with_state(self.clone())
    }
}

/// A document of a type.
fn document(kind: &'static str, body: impl Into<axum::body::Body>) -> Response {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        ],
        body.into(),
    )
        .into_response()
}

/// Seconds since the epoch, as signatures count.
fn seconds(at: aceso_desk::When) -> u32 {
    u32::try_from(at.millis() / 1000).unwrap_or(0)
}

/// A failure inside: told to the log, and not to who asked.
fn failed(error: impl std::fmt::Display) -> Response {
    tracing::error!(%error, "a document could not be made");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// What is public, with what was withdrawn.
async fn all(web: &DeskWeb) -> Result<Arc<Vec<Published>>, Response> {
    web.desk().published().await.map_err(failed)
}
