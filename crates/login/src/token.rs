//! `POST /oauth/token`: an access token for a backend service (RFC 6749, section 4.4; SMART App Launch 2.2, "Backend
//! Services").

use std::sync::Arc;

use aceso_policy::{ApiClient, Caller, Origin, Scopes};
use aceso_web::Visit;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use crate::assertion::{self, Proven};
use crate::form::{Body, Parameters};
use crate::grant::granted;
use crate::problem::{Problem, uncached};
use crate::{Issue, Login, issue};

/// The handler.
pub(crate) async fn post(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    body: Body,
) -> Result<Response, Problem> {
    let parameters = Parameters::parse(body)?;
    if parameters.need("grant_type")? != "client_credentials" {
        return Err(Problem::UnsupportedGrantType);
    }
    let client = assertion::client(&login, &visit, &parameters).await?;
    let scope = granted(parameters.find("scope").unwrap_or_default(), &client.scopes);
    if scope.is_empty() {
        let text = "none of the requested scopes is registered for this client; ask for scopes like system/Patient.rs";
        return Err(Problem::InvalidScope(text.to_owned()));
    }
    let seconds = login.0.settings.token_seconds;
    let wish = Issue {
        client: client.id.clone(),
        scopes: scope.clone(),
        patient: None,
        expires: login.0.clock.now().plus_millis(i64::from(seconds) * 1000),
    };
    let caller = caller(client, &visit);
    let token = issue(&login.0.store, &caller, wish)
        .await
        .map_err(|e| Problem::hidden(&visit, &e))?;
    let answer = json!({
        "access_token": token, "token_type": "bearer", "expires_in": seconds, "scope": scope
    });
    Ok(uncached(Json(answer).into_response()))
}

/// The client as the audit log names it; it may do nothing here but be named.
pub(crate) fn caller(client: Proven, visit: &Visit) -> Caller {
    let origin = Origin {
        address: visit.peer,
        request: visit.id.clone(),
    };
    let client = ApiClient {
        id: client.id,
        scopes: Scopes::default(),
        patient: None,
        person: None,
    };
    Caller::client(Arc::new(client), origin)
}
