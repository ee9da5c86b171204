//! `GET /oauth/openapi.json`: what of the program is neither FHIR nor a page, as OpenAPI 3.1.

use axum::response::{IntoResponse, Response};
use http::header;

const TEXT: &str = include_str!("../data/openapi.json");

/// The handler.
pub(crate) async fn get() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], TEXT).into_response()
}

#[cfg(test)]
mod tests {
    use super::TEXT;

    /// The routes stand in the source once more, as text: what is added there and not described here is found.
    #[test]
    fn p9_every_route_of_the_authorization_server_is_described() {
        let described: serde_json::Value = serde_json::from_str(TEXT).unwrap();
        let described = described["paths"].as_object().unwrap();
        let source = include_str!("lib.rs");
        let routes = source
            .split('"')
            .filter(|text| text.starts_with("/oauth/") || text.contains("/.well-known/"));
        let mut count = 0;
        for route in routes {
            count += 1;
            assert!(described.contains_key(route), "{route} is not described");
        }
        assert!(count >= 9, "{count} routes were found in the source");
    }
}
