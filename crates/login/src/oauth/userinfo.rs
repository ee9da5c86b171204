//! `GET` and `POST /oauth/userinfo`: who the person of an access token is (OpenID Connect Core 1.0, section 5.3).

use aceso_policy::Who;
use aceso_web::{TokenProblem, Visit};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::identity::about;
use crate::Login;
use crate::issue::digest;
use crate::problem::{Problem, uncached};
use crate::scopes::Special;

/// The handler.
pub(crate) async fn answer(
    State(login): State<Login>,
    Extension(visit): Extension<Visit>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = login
        .tokens()
        .caller(&method, "/oauth/userinfo", &headers, &visit)
        .await;
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.split_once(' '))
        .map(|(_, token)| token.trim());
    let (caller, token) = match (caller, token) {
        (Ok(caller), Some(token)) => (caller, token),
        (Ok(_), None) => return Ok(refused(TokenProblem::Missing)),
        (Err(problem), _) => return Ok(refused(problem)),
    };
    let record = login.0.store.token(&digest(token)).await;
    let record = record.map_err(|e| Problem::hidden(&visit, &e))?;
    let acts = record.as_ref().and_then(|r| r.person.as_ref());
    let scopes = record.as_ref().map_or("", |r| r.scopes.as_str());
    let (Who::Client(_), Some(acts), true) = (&caller.who, acts, Special::OpenId.is_in(scopes))
    else {
        return Ok(refused(TokenProblem::Invalid));
    };
    let account = login.0.store.live_account(&acts.account).await;
    match account.map_err(|e| Problem::hidden(&visit, &e))? {
        Some(account) => {
            let claims = about(&login.0.settings.base, &account, scopes);
            Ok(uncached(Json(claims).into_response()))
        }
        None => Ok(refused(TokenProblem::Invalid)),
    }
}

fn refused(problem: TokenProblem) -> Response {
    let mut response = uncached(problem.status().into_response());
    debug_assert_ne!(response.status(), StatusCode::OK);
    let challenge = HeaderValue::from_static(problem.challenge());
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    response
}
