//! `grant_type=authorization_code`: a code becomes tokens (RFC 6749, section 4.1.3; PKCE, RFC 7636).

use aceso_store::{ClientRecord, CodeGrant, CodeRedeem, Family, PeopleError, Refusal, Tokens};
use aceso_vault::{random, sha256};
use aceso_web::Visit;
use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use serde_json::{Value, json};

use super::identity::{context, id_token};
use super::{ACCESS_SECONDS, proof, secret};
use crate::Login;
use crate::form::Parameters;
use crate::issue::digest;
use crate::problem::{Problem, uncached};
use crate::token::caller;

/// New tokens, before anybody keeps them.
pub(crate) struct Fresh {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Fresh {
    pub(crate) fn make(visit: &Visit) -> Result<Self, Problem> {
        let text = || random::<32>().map(|b| URL_SAFE_NO_PAD.encode(b));
        match (text(), text()) {
            (Ok(access), Ok(refresh)) => Ok(Self { access, refresh }),
            (Err(error), _) | (_, Err(error)) => Err(Problem::hidden(visit, &error)),
        }
    }

    pub(crate) fn kept(&self) -> Tokens {
        Tokens {
            access: digest(&self.access),
            access_millis: i64::from(ACCESS_SECONDS) * 1000,
            refresh: digest(&self.refresh),
        }
    }
}

/// The handler's part for this grant.
pub(crate) async fn grant(
    login: &Login,
    visit: &Visit,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Response, Problem> {
    let app = secret::app(login, visit, headers, parameters).await?;
    let key = proof::at_token(login, headers, visit)?;
    let verifier = parameters.need("code_verifier")?;
    let well_formed = (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    if !well_formed {
        return Err(Problem::InvalidGrant(
            "code_verifier must have 43 to 128 letters, digits, - . _ ~".to_owned(),
        ));
    }
    let fresh = Fresh::make(visit)?;
    let redeem = CodeRedeem {
        client: app.id.clone(),
        code: digest(parameters.need("code")?),
        redirect: parameters.need("redirect_uri")?.to_owned(),
        challenge: URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes())),
        key,
        tokens: fresh.kept(),
    };
    let as_caller = caller(&app.id, visit);
    let done = login.0.store.redeem_code(&as_caller, redeem).await;
    let CodeGrant {
        family,
        nonce,
        expires,
    } = done.map_err(|e| refused(login, visit, &app, "code", e))?;
    let seconds = expires.seconds() - login.0.clock.now().seconds();
    let scopes = family.scopes.clone();
    answer(
        login,
        visit,
        &fresh,
        &family,
        &scopes,
        nonce.as_deref(),
        seconds,
    )
    .await
}

/// Tokens with what comes beside them.
pub(crate) async fn answer(
    login: &Login,
    visit: &Visit,
    fresh: &Fresh,
    family: &Family,
    scopes: &str,
    nonce: Option<&str>,
    seconds: i64,
) -> Result<Response, Problem> {
    let account = login.0.store.live_account(&family.account).await;
    let account = account.map_err(|e| Problem::hidden(visit, &e))?;
    let account =
        account.ok_or_else(|| Problem::InvalidGrant("the person was disabled".to_owned()))?;
    let kind = if family.key.is_some() {
        "DPoP"
    } else {
        "Bearer"
    };
    let mut fields = context(&login.0.settings.base, family, &account);
    fields.insert("access_token".to_owned(), fresh.access.as_str().into());
    fields.insert("token_type".to_owned(), kind.into());
    fields.insert("expires_in".to_owned(), seconds.into());
    fields.insert("scope".to_owned(), scopes.into());
    if family.is_refreshable() {
        fields.insert("refresh_token".to_owned(), fresh.refresh.as_str().into());
    }
    let id = id_token(login, family, &account, nonce).await;
    if let Some(token) = id.map_err(|e| Problem::hidden(visit, &e))? {
        fields.insert("id_token".to_owned(), json!(token));
    }
    Ok(uncached(Json(Value::Object(fields)).into_response()))
}

/// A refused code or refresh token, in OAuth's words.
pub(crate) fn refused(
    login: &Login,
    visit: &Visit,
    app: &ClientRecord,
    what: &str,
    error: PeopleError,
) -> Problem {
    match error {
        PeopleError::Refused(Refusal::Grant(why)) => {
            if why.ends_others() {
                login.0.verifier.forget_all();
            }
            tracing::info!(request = %visit.id, client = %app.id, what, %why, "grant refused");
            Problem::InvalidGrant(format!("the {what} is not good: {why}"))
        }
        other => Problem::hidden(visit, &other),
    }
}
