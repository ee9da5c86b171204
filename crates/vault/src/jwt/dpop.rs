//! Proofs that a sender has the key that its token is bound to (DPoP, RFC 9449).

use aceso_base::Instant;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::SigningError;
use super::key::Key;
use super::token::{MOST_BYTES, bytes, object};
use crate::{equal, sha256};

/// How old or how far ahead a proof may be.
const WINDOW_SECONDS: i64 = 60;
/// Headers that have no place in a proof.
const REFUSED: [&str; 7] = ["crit", "jku", "x5u", "x5c", "b64", "zip", "enc"];

/// The request that a proof must be for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `POST`
    pub method: &'a str,
    /// Scheme, authority and path: `https://clinic.example/oauth/token`. A query is passed over.
    pub url: &'a str,
    /// The access token that comes with it; none at the token endpoint.
    pub token: Option<&'a str>,
    /// The time.
    pub now: Instant,
}

/// A proof that is good. It counts once: remember `jti` until `until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DpopProof {
    /// The key's thumbprint (RFC 7638), base64url: what tokens are bound to.
    pub thumbprint: String,
    /// The proof's own id.
    pub jti: String,
    /// From then on the proof is void anyway.
    pub until: Instant,
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DpopError {
    /// Not a DPoP proof.
    #[error("the DPoP header is not a signed JWT of type dpop+jwt with its public key in \"jwk\"")]
    Form,
    /// An algorithm or key that is not accepted.
    #[error("the DPoP proof's key or algorithm is not accepted: ES256, ES384, RS256, RS384")]
    Key,
    /// The signature is not that of the key in it.
    #[error("the DPoP proof's signature does not verify")]
    Signature,
    /// For another request.
    #[error("the DPoP proof is for another method or address (htm, htu)")]
    Request,
    /// Too old, or from the future.
    #[error("the DPoP proof's iat is more than a minute away")]
    Time,
    /// No `jti`.
    #[error("the DPoP proof needs a jti of 1 to 256 characters")]
    Id,
    /// For another access token.
    #[error("the DPoP proof is for another access token (ath)")]
    Token,
}

impl Request<'_> {
    /// Checks a proof (RFC 9449, section 4.3), but for whether it was used before.
    pub fn check(&self, proof: &str) -> Result<DpopProof, DpopError> {
        if proof.len() > MOST_BYTES {
            return Err(DpopError::Form);
        }
        let (signed, signature) = proof.rsplit_once('.').ok_or(DpopError::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(DpopError::Form)?;
        let header = object(header).map_err(|_| DpopError::Form)?;
        let claims = object(claims).map_err(|_| DpopError::Form)?;
        let signature = bytes(signature).map_err(|_| DpopError::Form)?;
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        let odd = REFUSED.iter().any(|name| header.contains_key(*name));
        if odd || text("typ") != Some("dpop+jwt") {
            return Err(DpopError::Form);
        }
        let jwk = header
            .get("jwk")
            .and_then(Value::as_object)
            .ok_or(DpopError::Form)?;
        let key = Key::brought(jwk, text("alg").unwrap_or_default()).ok_or(DpopError::Key)?;
        if !key.verifies(signed.as_bytes(), &signature) {
            return Err(DpopError::Signature);
        }
        let (jti, until) = self.claims(&claims)?;
        Ok(DpopProof {
            thumbprint: thumbprint(jwk).ok_or(DpopError::Key)?,
            jti,
            until,
        })
    }

    fn claims(&self, claims: &Map<String, Value>) -> Result<(String, Instant), DpopError> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let here = text("htu").is_some_and(|url| bare(url) == bare(self.url));
        if text("htm") != Some(self.method) || !here {
            return Err(DpopError::Request);
        }
        let made = claims
            .get("iat")
            .and_then(Value::as_i64)
            .ok_or(DpopError::Time)?;
        if !(-WINDOW_SECONDS..=WINDOW_SECONDS).contains(&self.now.seconds().saturating_sub(made)) {
            return Err(DpopError::Time);
        }
        let jti = text("jti")
            .filter(|j| (1..=256).contains(&j.len()))
            .ok_or(DpopError::Id)?;
        if let Some(token) = self.token {
            let ath = URL_SAFE_NO_PAD.encode(sha256(token.as_bytes()));
            if !text("ath").is_some_and(|given| equal(given.as_bytes(), ath.as_bytes())) {
                return Err(DpopError::Token);
            }
        }
        let until =
            Instant::from_millis(made.saturating_add(2 * WINDOW_SECONDS).saturating_mul(1000));
        Ok((jti.to_owned(), until))
    }
}

/// A sender's own half: a key (ES256) and the proofs made with it.
pub struct Sender(EcdsaKeyPair);

impl Sender {
    /// A new key.
    pub fn generate() -> Result<Self, SigningError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        pair.map(Self).map_err(|_| SigningError)
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at_checked(point.len() / 2).unwrap_or_default();
        let text = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
    }

    /// The key's thumbprint.
    pub fn thumbprint(&self) -> String {
        self.jwk()
            .as_object()
            .and_then(thumbprint)
            .unwrap_or_default()
    }

    /// A proof with these claims (`htm`, `htu`, `iat`, `jti`, `ath`).
    pub fn proof(&self, claims: &Value) -> Result<String, SigningError> {
        self.signed(
            &json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()}),
            claims,
        )
    }

    fn signed(&self, header: &Value, claims: &Value) -> Result<String, SigningError> {
        let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.map_err(|_| SigningError)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// Without query and fragment, scheme and host in small letters.
fn bare(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    format!(
        "{}://{}{path}",
        scheme.to_ascii_lowercase(),
        host.to_ascii_lowercase()
    )
}

/// A public key's thumbprint (RFC 7638): SHA-256 over its required members in order, base64url.
pub fn thumbprint(jwk: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let members = match text("kty")? {
        "EC" => json!({"crv": text("crv")?, "kty": "EC", "x": text("x")?, "y": text("y")?}),
        "RSA" => json!({"e": text("e")?, "kty": "RSA", "n": text("n")?}),
        _ => return None,
    };
    Some(URL_SAFE_NO_PAD.encode(sha256(members.to_string().as_bytes())))
}

#[cfg(test)]
#[path = "dpop_tests.rs"]
mod tests;
