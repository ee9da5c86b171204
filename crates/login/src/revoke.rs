//! `POST /oauth/revoke`: ends a token (RFC 7009). A client ends its own tokens only; for every other the answer is the
//! same and nothing happens.

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
    let asking = asking(&login, &visit, &headers, &parameters).await?;
    let hash = digest(parameters.need("token")?);
    let store = &login.0.store;
    let hidden = |e: aceso_store::StoreError| Problem::hidden(&visit, &e);
    let record = store.token(&hash).await.map_err(hidden)?;
    if record.is_some_and(|t| t.client == asking.id && !t.revoked) {
        let caller = caller(asking, &visit);
        store.revoke_token(&caller, &hash).await.map_err(hidden)?;
        login.0.verifier.forget(&hash);
    }
    Ok(uncached(StatusCode::OK.into_response()))
}
