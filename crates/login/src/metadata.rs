//! What clients discover the server by: SMART's configuration, OAuth's and OpenID's metadata (RFC 8414), our own keys.

use aceso_vault::jwt::Algorithm;
use aceso_web::Visit;
use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::Login;
use crate::problem::Problem;
use crate::scopes::Special;

/// What an app can count on (SMART App Launch 2.2, "Capability sets").
const CAPABILITIES: [&str; 17] = [
    "launch-ehr",
    "launch-standalone",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-style",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
];

const METHODS: [&str; 3] = ["private_key_jwt", "client_secret_basic", "none"];

/// `GET /fhir/.well-known/smart-configuration` (SMART App Launch 2.2, "Conformance").
pub(crate) async fn smart(State(login): State<Login>) -> Json<Value> {
    let mut answer = common(&login.0.settings.base);
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("capabilities".to_owned(), json!(CAPABILITIES));
        let page = format!("{}/account/apps", login.0.settings.base);
        fields.insert("management_endpoint".to_owned(), page.into());
    }
    Json(answer)
}

/// `GET /.well-known/oauth-authorization-server` and `/.well-known/openid-configuration`.
pub(crate) async fn server(State(login): State<Login>) -> Json<Value> {
    Json(common(&login.0.settings.base))
}

/// `GET /oauth/jwks`: the keys that ID tokens are signed with.
pub(crate) async fn keys(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
) -> Result<Json<Value>, Problem> {
    let keys = login.0.keys.public(&login.0.store).await;
    let keys = keys.map_err(|e| Problem::hidden(&visit, &e))?;
    Ok(Json(json!({ "keys": keys })))
}

fn common(base: &str) -> Value {
    let algorithms = Algorithm::ALL.map(Algorithm::name);
    let special = Special::ALL.map(Special::name);
    let clinical = [
        "patient/*.cruds",
        "patient/*.rs",
        "user/*.cruds",
        "user/*.rs",
        "system/*.cruds",
        "system/*.rs",
    ];
    let scopes = [special.as_slice(), clinical.as_slice()].concat();
    json!({
        "issuer": base,
        "jwks_uri": format!("{base}/oauth/jwks"),
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "authorization_response_iss_parameter_supported": true,
        "token_endpoint": format!("{base}/oauth/token"),
        "token_endpoint_auth_methods_supported": METHODS,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint": format!("{base}/oauth/introspect"),
        "introspection_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint": format!("{base}/oauth/revoke"),
        "revocation_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "userinfo_endpoint": format!("{base}/oauth/userinfo"),
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "acr_values_supported": ["phr"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "fhirUser", "profile", "name",
            "preferred_username", "amr", "acr"],
        "prompt_values_supported": ["none", "login", "consent"],
        "dpop_signing_alg_values_supported": algorithms,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "scopes_supported": scopes
    })
}
