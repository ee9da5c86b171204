//! Reading and checking a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::KeySet;

pub(super) const MOST_BYTES: usize = 16 * 1024;

/// A token whose signature nobody has checked yet: only good for asking whose keys to check it with.
pub struct Unverified<'a> {
    signed: &'a str,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signature: Vec<u8>,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Not a signed token in compact form.
    #[error("not a signed JWT in compact form")]
    Form,
    /// The header asks for something that is not supported.
    #[error(
        "the JWT's header asks for something that is not supported (crit, jku, jwk, x5u, b64, zip)"
    )]
    Header,
    /// No registered key has its `kid`.
    #[error("no registered key has the JWT's \"kid\"")]
    UnknownKey,
    /// `alg` is not the key's.
    #[error("the JWT's \"alg\" is not that of the registered key")]
    Algorithm,
    /// The signature is not the key's over this text.
    #[error("the JWT's signature does not verify")]
    Signature,
}

/// Headers that would bring keys from elsewhere or change what is signed.
const REFUSED: [&str; 8] = ["crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"];

impl<'a> Unverified<'a> {
    /// Takes a token in compact form apart (RFC 7515, section 7.1).
    pub fn parse(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > MOST_BYTES {
            return Err(JwtError::Form);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(JwtError::Form)?;
        let header = object(header)?;
        if REFUSED.iter().any(|name| header.contains_key(*name)) {
            return Err(JwtError::Header);
        }
        Ok(Self {
            signed,
            header,
            claims: object(claims)?,
            signature: bytes(signature)?,
        })
    }

    /// Who the token says it is from (`iss`): a claim, not a fact.
    pub fn claimed_issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    /// The claims, when the key that the header names is in the set and signed this.
    pub fn verify(self, keys: &KeySet) -> Result<Map<String, Value>, JwtError> {
        let text = |name: &str| self.header.get(name).and_then(Value::as_str);
        if text("typ").is_some_and(|t| !t.eq_ignore_ascii_case("jwt")) {
            return Err(JwtError::Header);
        }
        let key = text("kid")
            .and_then(|kid| keys.find(kid))
            .ok_or(JwtError::UnknownKey)?;
        if text("alg") != Some(key.algorithm.name()) {
            return Err(JwtError::Algorithm);
        }
        if !key.verifies(self.signed.as_bytes(), &self.signature) {
            return Err(JwtError::Signature);
        }
        Ok(self.claims)
    }
}

pub(super) fn object(part: &str) -> Result<Map<String, Value>, JwtError> {
    serde_json::from_slice(&bytes(part)?).map_err(|_| JwtError::Form)
}

pub(super) fn bytes(part: &str) -> Result<Vec<u8>, JwtError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Form)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
