//! What clients discover the server by: SMART's configuration, OAuth's metadata (RFC 8414), the server's own keys.

use aceso_vault::jwt::Algorithm;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::Login;

/// `GET /fhir/.well-known/smart-configuration` (SMART App Launch 2.2, "Conformance").
pub(crate) async fn smart(State(login): State<Login>) -> Json<Value> {
    let mut answer = common(&login.0.settings.base);
    if let Some(fields) = answer.as_object_mut() {
        fields.insert(
            "capabilities".to_owned(),
            json!([
                "client-confidential-asymmetric",
                "permission-v1",
                "permission-v2"
            ]),
        );
    }
    Json(answer)
}

/// `GET /.well-known/oauth-authorization-server` and, for clients that know no other name,
/// `/.well-known/openid-configuration`.
pub(crate) async fn server(State(login): State<Login>) -> Json<Value> {
    Json(common(&login.0.settings.base))
}

/// `GET /oauth/jwks`: the server signs nothing yet, so it has no keys to show.
pub(crate) async fn keys() -> Json<Value> {
    Json(json!({"keys": []}))
}

fn common(base: &str) -> Value {
    let algorithms = Algorithm::ALL.map(Algorithm::name);
    json!({
        "issuer": base,
        "jwks_uri": format!("{base}/oauth/jwks"),
        "token_endpoint": format!("{base}/oauth/token"),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint": format!("{base}/oauth/introspect"),
        "introspection_endpoint_auth_methods_supported": ["private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint": format!("{base}/oauth/revoke"),
        "revocation_endpoint_auth_methods_supported": ["private_key_jwt"],
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["system/*.cruds", "system/*.rs"]
    })
}
