//! What the floor says itself, in one form for all rooms: an OperationOutcome is valid JSON for anybody.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::shield::Refusal;

/// What the shield keeps out is told no more than that.
pub(crate) fn kept_out(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Method => (
            [(
                header::ALLOW,
                "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
            )],
            refuse(StatusCode::METHOD_NOT_ALLOWED, "no route has this method"),
        )
            .into_response(),
        Refusal::Target => refuse(StatusCode::URI_TOO_LONG, "the address is too long"),
        Refusal::Later(seconds) => later(
            StatusCode::TOO_MANY_REQUESTS,
            "too many requests from this address",
            seconds,
        ),
    }
}

/// There is too much to do: to come again in so many seconds.
pub(crate) fn busy(text: &str, seconds: u64) -> Response {
    later(StatusCode::SERVICE_UNAVAILABLE, text, seconds)
}

fn later(status: StatusCode, text: &str, seconds: u64) -> Response {
    let mut response = refuse(status, text);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// A refusal before any room was asked; the text has nothing to escape in JSON.
pub(crate) fn refuse(status: StatusCode, text: &str) -> Response {
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "too-long",
        StatusCode::URI_TOO_LONG => "too-long",
        StatusCode::INTERNAL_SERVER_ERROR => "exception",
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "throttled",
        StatusCode::METHOD_NOT_ALLOWED => "not-supported",
        _ => "invalid",
    };
    let body = format!(
        "{{\"resourceType\":\"OperationOutcome\",\"issue\":[{{\"severity\":\"error\",\"code\":\"{code}\",\"diagnostics\":\"{text}\"}}]}}"
    );
    (
        status,
        [(header::CONTENT_TYPE, "application/fhir+json")],
        body,
    )
        .into_response()
}
