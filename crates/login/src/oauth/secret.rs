//! How an app proves who it is at the token endpoint: with a secret (`client_secret_basic`), with a signed assertion
//! (`private_key_jwt`), or, where it can keep nothing secret, by its name and PKCE alone.

use aceso_store::{AppKind, ClientRecord};
use aceso_vault::{equal, sha256};
use aceso_web::{Visit, foreign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};

use crate::Login;
use crate::assertion;
use crate::form::Parameters;
use crate::problem::Problem;
use crate::verifier::server;

const UNPROVEN: &str =
    "the client is not known here, or did not prove who it is in the way it is registered for";

/// An app that proved who it is, as far as its kind can; a script that asks is of an origin that the app registered.
pub(crate) async fn app(
    login: &Login,
    visit: &Visit,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<ClientRecord, Problem> {
    let found = proven(login, visit, headers, parameters).await?;
    own_page(login, visit, headers, found)
}

fn own_page(
    login: &Login,
    visit: &Visit,
    headers: &HeaderMap,
    app: ClientRecord,
) -> Result<ClientRecord, Problem> {
    let Some(origin) = foreign(headers, visit).filter(|o| !login.0.verifier.is_named(o)) else {
        return Ok(app);
    };
    let known = app.app.as_ref().map_or(&[][..], |a| &a.origins);
    match known.iter().any(|o| o.as_str() == origin) {
        true => Ok(app),
        false => Err(unproven(visit)),
    }
}

async fn proven(
    login: &Login,
    visit: &Visit,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<ClientRecord, Problem> {
    if parameters.find("client_assertion").is_some() {
        let proven = assertion::client(login, visit, parameters).await?;
        return known(login, visit, &proven.id)
            .await?
            .ok_or_else(|| unproven(visit));
    }
    if headers.contains_key(header::AUTHORIZATION) {
        let (id, secret) = basic(headers).ok_or_else(|| unproven(visit))?;
        let named = parameters.find("client_id").is_none_or(|given| given == id);
        let digest = sha256(secret.as_bytes());
        let found = known(login, visit, &id).await?;
        let stored = found
            .as_ref()
            .and_then(|c| c.app.as_ref())
            .and_then(|a| a.secret);
        // Compared in any case, so that the time does not tell which clients exist.
        let right = equal(&stored.unwrap_or_default(), &digest) && stored.is_some();
        return found
            .filter(|_| right && named)
            .ok_or_else(|| unproven(visit));
    }
    let id = parameters.need("client_id")?;
    public(login, visit, id).await
}

/// The app that a refresh token was issued to, where the request names none: a request of an app that can keep no secret
/// need not (RFC 6749, section 6).
pub(crate) async fn app_of_refresh(
    login: &Login,
    visit: &Visit,
    headers: &HeaderMap,
    parameters: &Parameters,
    refresh: &[u8; 32],
) -> Result<ClientRecord, Problem> {
    let named = parameters.find("client_id").is_some()
        || parameters.find("client_assertion").is_some()
        || headers.contains_key(header::AUTHORIZATION);
    if named {
        return app(login, visit, headers, parameters).await;
    }
    let found = login.0.store.client_of_refresh(refresh).await;
    match found.map_err(|e| Problem::hidden(visit, &e))? {
        Some(id) => own_page(login, visit, headers, public(login, visit, &id).await?),
        None => Err(unproven(visit)),
    }
}

/// An app that can keep no secret.
async fn public(login: &Login, visit: &Visit, id: &str) -> Result<ClientRecord, Problem> {
    let found = known(login, visit, id).await?;
    let public = found.filter(|c| {
        let open = c.app.as_ref().is_some_and(|a| match a.kind {
            AppKind::Browser | AppKind::Native => a.secret.is_none(),
            AppKind::Server => false,
        });
        open && c.jwks.is_none()
    });
    public.ok_or_else(|| unproven(visit))
}

fn unproven(visit: &Visit) -> Problem {
    tracing::info!(request = %visit.id, "an app did not prove who it is");
    Problem::InvalidClient(UNPROVEN.to_owned())
}

async fn known(login: &Login, visit: &Visit, id: &str) -> Result<Option<ClientRecord>, Problem> {
    let found = login.0.store.client(&server(), id).await;
    let found = found.map_err(|e| Problem::hidden(visit, &e))?;
    Ok(found.filter(|c| c.disabled.is_none()))
}

/// Id and secret, each form-encoded (RFC 6749, section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let text = values.next()?.to_str().ok()?;
    if values.next().is_some() || text.len() > 4096 {
        return None;
    }
    let (scheme, rest) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((decoded(id)?, decoded(secret)?))
}

fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let plain = match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                u8::from_str_radix(digits, 16).ok()?
            }
            other => other,
        };
        out.push(plain);
    }
    String::from_utf8(out).ok()
}
