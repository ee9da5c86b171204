//! A client's own key, for clients that we make keys for, and the tokens signed with it.

use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Algorithm;

/// An ES384 key pair with its id.
pub struct SigningKey {
    id: String,
    pair: EcdsaKeyPair,
}

/// The key could not be made or used.
#[derive(Debug, thiserror::Error)]
#[error("the signing key failed")]
pub struct SigningError;

impl SigningKey {
    /// A new key pair under this id.
    pub fn generate(id: impl Into<String>) -> Result<Self, SigningError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING);
        Ok(Self {
            id: id.into(),
            pair: pair.map_err(|_| SigningError)?,
        })
    }

    /// The public part as a JWK.
    pub fn public_jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = point
            .get(1..)
            .unwrap_or_default()
            .split_at_checked(48)
            .unwrap_or_default();
        json!({
            "kty": "EC", "crv": "P-384", "alg": Algorithm::Es384.name(), "use": "sig", "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)
        })
    }

    /// The whole key as a JWK: its owner's secret.
    pub fn private_jwk(&self) -> Result<Zeroizing<String>, SigningError> {
        let secret: EcPrivateKeyBin = self
            .pair
            .private_key()
            .as_be_bytes()
            .map_err(|_| SigningError)?;
        let mut jwk = self.public_jwk();
        if let Some(fields) = jwk.as_object_mut() {
            let d = URL_SAFE_NO_PAD.encode(secret.as_ref());
            fields.insert("d".to_owned(), d.into());
        }
        Ok(Zeroizing::new(jwk.to_string()))
    }

    /// These claims in a signed token (RFC 7515, compact form).
    pub fn sign(&self, claims: &Value) -> Result<String, SigningError> {
        let header = json!({"alg": Algorithm::Es384.name(), "kid": self.id, "typ": "JWT"});
        let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), signed.as_bytes())
            .map_err(|_| SigningError)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::{KeySet, KeySetError, Unverified};

    #[test]
    fn what_a_key_signs_its_public_part_verifies() {
        let key = SigningKey::generate("k").unwrap();
        let token = key.sign(&json!({"iss": "a"})).unwrap();
        let keys = KeySet::parse(&json!({"keys": [key.public_jwk()]}).to_string()).unwrap();
        let claims = Unverified::parse(&token).unwrap().verify(&keys).unwrap();
        assert_eq!(claims["iss"], "a");
    }

    #[test]
    fn the_private_part_cannot_be_registered() {
        let key = SigningKey::generate("k").unwrap();
        let set = format!("{{\"keys\": [{}]}}", key.private_jwk().unwrap().as_str());
        assert_eq!(
            KeySet::parse(&set).unwrap_err(),
            KeySetError::Secret("k".into())
        );
    }
}
