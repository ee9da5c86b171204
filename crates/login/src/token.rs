//! `POST /oauth/token`: tokens for apps that a person allowed (codes, refresh tokens), and for backend services (RFC 6749,
//! section 4.4; SMART App Launch 2.2, "Backend Services").

use std::sync::Arc;

use aceso_policy::{ApiClient, Caller, Origin, Scopes};
use aceso_web::Visit;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::HeaderMap;
use serde_json::json;

use crate::form::{Body, Parameters};
use crate::grant::granted;
use crate::oauth::{code, refresh};
use crate::problem::{Problem, uncached};
use crate::{Issue, Login, assertion, issue};

/// A backend service's token lives for five minutes at most (SMART App Launch 2.2, "Backend Services").
const LONGEST_SECONDS: u32 = 300;

/// The handler.
pub(crate) async fn post(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let parameters = Parameters::parse(body)?;
    match parameters.need("grant_type")? {
        "authorization_code" => code::grant(&login, &visit, &headers, &parameters).await,
        "refresh_token" => refresh::grant(&login, &visit, &headers, &parameters).await,
        "client_credentials" => service(&login, &visit, &parameters).await,
        _ => Err(Problem::UnsupportedGrantType),
    }
}

/// `grant_type=client_credentials`: for a backend service, which signs an assertion.
async fn service(
    login: &Login,
    visit: &Visit,
    parameters: &Parameters,
) -> Result<Response, Problem> {
    let client = assertion::client(login, visit, parameters).await?;
    let scope = granted(parameters.find("scope").unwrap_or_default(), &client.scopes);
    if scope.is_empty() {
        let text = "none of the requested scopes is registered for this client; ask for scopes like system/Patient.rs";
        return Err(Problem::InvalidScope(text.to_owned()));
    }
    let seconds = login.0.settings.token_seconds.min(LONGEST_SECONDS);
    let wish = Issue {
        client: client.id.clone(),
        scopes: scope.clone(),
        patient: None,
        expires: login.0.clock.now().plus_millis(i64::from(seconds) * 1000),
    };
    let token = issue(&login.0.store, &caller(&client.id, visit), wish)
        .await
        .map_err(|e| Problem::hidden(visit, &e))?;
    let answer = json!({
        "access_token": token, "token_type": "bearer", "expires_in": seconds, "scope": scope
    });
    Ok(uncached(Json(answer).into_response()))
}

/// The client as the audit log names it; it may do nothing here but be named.
pub(crate) fn caller(client: &str, visit: &Visit) -> Caller {
    let origin = Origin {
        address: visit.peer,
        request: visit.id.clone(),
    };
    let client = ApiClient {
        id: client.to_owned(),
        scopes: Scopes::default(),
        patient: None,
        person: None,
    };
    Caller::client(Arc::new(client), origin)
}
