//! `POST /oauth/introspect`: what a token is good for (RFC 7662). A client learns about its own tokens only; every
//! other token answers as one that does not exist.

use aceso_web::Visit;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::HeaderMap;
use serde_json::json;

use crate::Login;
use crate::assertion::{self, Proven};
use crate::form::{Body, Parameters};
use crate::issue::digest;
use crate::problem::{Problem, uncached};

/// The handler.
pub(crate) async fn post(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let parameters = Parameters::parse(body)?;
    let asking = asking(&login, &visit, &headers, &parameters).await?;
    let hash = digest(parameters.need("token")?);
    let found = login.0.store.token(&hash).await;
    let record = found.map_err(|e| Problem::hidden(&visit, &e))?;
    let live =
        record.filter(|t| t.client == asking.id && !t.revoked && t.expires > login.0.clock.now());
    let answer = match live {
        None => json!({"active": false}),
        Some(t) => {
            let mut answer = json!({
                "active": true, "token_type": "bearer", "client_id": t.client, "sub": t.client,
                "iss": login.0.settings.base, "scope": t.scopes, "exp": t.expires.seconds()
            });
            if let (Some(patient), Some(fields)) = (t.patient, answer.as_object_mut()) {
                fields.insert("patient".to_owned(), patient.into());
            }
            answer
        }
    };
    Ok(uncached(Json(answer).into_response()))
}

/// The client that asks: by an access token of its own, or by an assertion.
pub(crate) async fn asking(
    login: &Login,
    visit: &Visit,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Proven, Problem> {
    if !headers.contains_key(http::header::AUTHORIZATION) {
        return assertion::client(login, visit, parameters).await;
    }
    let caller = login.tokens().caller(headers, visit).await;
    let caller = caller.map_err(|e| Problem::InvalidClient(e.to_string()))?;
    match caller.who {
        aceso_policy::Who::Client(client) => Ok(Proven {
            id: client.id.clone(),
            scopes: client.scopes.clone(),
        }),
        aceso_policy::Who::Person(_)
        | aceso_policy::Who::Operator
        | aceso_policy::Who::Job(_) => {
            Err(Problem::InvalidClient("only a client can ask".to_owned()))
        }
    }
}
