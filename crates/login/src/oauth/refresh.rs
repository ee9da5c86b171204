//! `grant_type=refresh_token`: a refresh token becomes new ones, once (RFC 6749, section 6; RFC 9700, section 4.14.2).

use aceso_store::RefreshGrant;
use aceso_web::Visit;
use axum::response::Response;
use http::HeaderMap;

use super::code::{Fresh, answer, refused};
use super::{proof, secret};
use crate::Login;
use crate::form::Parameters;
use crate::grant::granted;
use crate::issue::digest;
use crate::problem::Problem;
use crate::scopes::{Special, clinical};
use crate::token::caller;

/// The handler's part for this grant.
pub(crate) async fn grant(
    login: &Login,
    visit: &Visit,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Response, Problem> {
    let refresh = digest(parameters.need("refresh_token")?);
    let app = secret::app_of_refresh(login, visit, headers, parameters, &refresh).await?;
    let key = proof::at_token(login, headers, visit)?;
    let wanted = parameters.find("scope").map(str::to_owned);
    let narrow = move |given: &str| match &wanted {
        Some(wanted) => narrowed(wanted, given),
        None => given.to_owned(),
    };
    let fresh = Fresh::make(visit)?;
    let as_caller = caller(&app.id, visit);
    let store = &login.0.store;
    let done = store
        .refresh_tokens(&as_caller, &app.id, refresh, key, narrow, fresh.kept())
        .await;
    let done = done.map_err(|e| refused(login, visit, &app, "refresh token", e))?;
    let RefreshGrant {
        family,
        scopes,
        expires,
    } = done;
    let seconds = expires.seconds() - login.0.clock.now().seconds();
    answer(login, visit, &fresh, &family, &scopes, None, seconds).await
}

/// The scopes that are asked for now, as far as the person allowed them.
pub(crate) fn narrowed(wanted: &str, given: &str) -> String {
    let special = Special::ALL
        .iter()
        .filter(|s| s.is_in(wanted) && s.is_in(given))
        .map(|s| s.name().to_owned());
    let mut all: Vec<String> = special.collect();
    let shared = granted(wanted, &clinical(given));
    all.extend(shared.split_ascii_whitespace().map(str::to_owned));
    all.join(" ")
}
