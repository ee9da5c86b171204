//! Refusals in the form of RFC 6749, section 5.2.

use std::error::Error;

use aceso_web::Visit;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// Why a request to the authorization server is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A parameter is missing, given twice, or not of its form.
    InvalidRequest(String),
    /// The client did not prove who it is.
    InvalidClient(String),
    /// The code or refresh token is not good (any more).
    InvalidGrant(String),
    /// The DPoP proof is not good.
    InvalidProof(String),
    /// Nothing of what was asked for may be granted.
    InvalidScope(String),
    /// A grant that this server does not do.
    UnsupportedGrantType,
    /// Something failed inside; the text is the reference number.
    Hidden(String),
}

impl Problem {
    /// The log gets the failure, the caller a reference.
    pub(crate) fn hidden(visit: &Visit, error: &dyn Error) -> Self {
        Self::Hidden(visit.hide(error))
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient(_) => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::InvalidProof(_) => "invalid_dpop_proof",
            Self::InvalidScope(_) => "invalid_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::Hidden(_) => "server_error",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_)
            | Self::InvalidGrant(_)
            | Self::InvalidProof(_)
            | Self::InvalidScope(_)
            | Self::UnsupportedGrantType => StatusCode::BAD_REQUEST,
            Self::InvalidClient(_) => StatusCode::UNAUTHORIZED,
            Self::Hidden(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn description(self) -> String {
        match self {
            Self::InvalidRequest(text)
            | Self::InvalidClient(text)
            | Self::InvalidGrant(text)
            | Self::InvalidProof(text)
            | Self::InvalidScope(text) => text,
            Self::UnsupportedGrantType => {
                "grant_type must be authorization_code, refresh_token or client_credentials"
                    .to_owned()
            }
            Self::Hidden(reference) => format!("something failed; the log knows it as {reference}"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code) = (self.status(), self.code());
        let body = json!({"error": code, "error_description": self.description()});
        uncached((status, Json(body)).into_response())
    }
}

/// Answers that hold or concern tokens are never kept (RFC 6749, section 5.1).
pub(crate) fn uncached(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
