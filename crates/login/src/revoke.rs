//! `POST /oauth/revoke`: ends a token (RFC 7009), and with an app's token all that came of the same authorization. A client
//! ends its own tokens only; for every other the answer is the same and nothing happens.

use aceso_store::PeopleError;
use aceso_web::Visit;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};

use crate::Login;
use crate::form::{Body, Parameters};
use crate::introspect::asking;
use crate::issue::digest;
use crate::problem::{Problem, uncached};
use crate::token::caller;

/// The handler.
pub(crate) async fn post(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let parameters = Parameters::parse(body)?;
    let asking = asking(&login, &visit, "/oauth/revoke", &headers, &parameters).await?;
    let hash = digest(parameters.need("token")?);
    end(&login, &visit, &asking, &hash)
        .await
        .map_err(|e| Problem::hidden(&visit, &e))?;
    Ok(uncached(StatusCode::OK.into_response()))
}

async fn end(
    login: &Login,
    visit: &Visit,
    client: &str,
    hash: &[u8; 32],
) -> Result<(), PeopleError> {
    let store = &login.0.store;
    let caller = caller(client, visit);
    let access = store
        .token(hash)
        .await?
        .filter(|t| t.client == client && !t.revoked);
    let family = match &access {
        Some(token) => token.person.as_ref().map(|p| p.family.clone()),
        None => store.refresh_token(client, hash).await?.map(|f| f.id),
    };
    match (family, access) {
        (Some(family), _) => store.end_family(&caller, &family).await?,
        (None, Some(_)) => store.revoke_token(&caller, hash).await?,
        (None, None) => return Ok(()),
    }
    login.0.verifier.forget_all();
    Ok(())
}
