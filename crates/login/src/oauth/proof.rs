//! DPoP proofs (RFC 9449): each counts once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aceso_base::Instant;
use aceso_vault::jwt::{DpopProof, Request};
use aceso_vault::sha256_chain;
use aceso_web::Visit;
use http::HeaderMap;

use crate::Login;
use crate::problem::Problem;

/// More proofs than this within two minutes are refused.
const MOST: usize = 200_000;

/// The proofs seen within the last minutes.
#[derive(Default)]
pub(crate) struct Proofs(Mutex<HashMap<[u8; 32], Instant>>);

impl Proofs {
    /// Whether this proof is new; it is not from then on.
    pub(crate) fn take(&self, proof: &DpopProof, now: Instant) -> bool {
        let name = sha256_chain(&[proof.thumbprint.as_bytes(), b" ", proof.jti.as_bytes()]);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.retain(|_, until| now < *until);
        }
        if seen.len() >= MOST || seen.get(&name).is_some_and(|until| now < *until) {
            return false;
        }
        seen.insert(name, proof.until);
        true
    }
}

/// The thumbprint of the key that a request to the token endpoint proves to have; none when it brings no proof.
pub(crate) fn at_token(
    login: &Login,
    headers: &HeaderMap,
    visit: &Visit,
) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("dpop").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let refused = |why: &str| {
        tracing::info!(request = %visit.id, why, "DPoP proof refused");
        Problem::InvalidProof(why.to_owned())
    };
    if values.next().is_some() {
        return Err(refused("one DPoP header only"));
    }
    let now = login.0.clock.now();
    let request = Request {
        method: "POST",
        url: &format!("{}/oauth/token", login.0.settings.base),
        token: None,
        now,
    };
    let text = value.to_str().unwrap_or_default();
    let proof = request.check(text).map_err(|e| refused(&e.to_string()))?;
    if !login.0.proofs.take(&proof, now) {
        return Err(refused("the DPoP proof was used before"));
    }
    Ok(Some(proof.thumbprint))
}
