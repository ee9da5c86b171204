//! Keys of our own: those that we make for clients (ES384), and those that ID tokens are signed with (ES256, which every
//! OpenID Connect client understands).

use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Algorithm;

/// The curve of a key of our own, and with it the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
}

/// A key pair with its id.
pub struct SigningKey {
    id: String,
    curve: Curve,
    pair: EcdsaKeyPair,
}

/// The key could not be made or used.
#[derive(Debug, thiserror::Error)]
#[error("the signing key failed")]
pub struct SigningError;

impl Curve {
    const fn algorithm(self) -> Algorithm {
        match self {
            Self::P256 => Algorithm::Es256,
            Self::P384 => Algorithm::Es384,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    const fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        }
    }
}

impl SigningKey {
    /// A new ES384 key pair under this id: for a client.
    pub fn generate(id: impl Into<String>) -> Result<Self, SigningError> {
        Self::new(Curve::P384, id.into())
    }

    /// A new ES256 key pair under this id: for ID tokens.
    pub fn generate_es256(id: impl Into<String>) -> Result<Self, SigningError> {
        Self::new(Curve::P256, id.into())
    }

    fn new(curve: Curve, id: String) -> Result<Self, SigningError> {
        let pair = EcdsaKeyPair::generate(curve.signing()).map_err(|_| SigningError)?;
        Ok(Self { id, curve, pair })
    }

    /// An ES256 key pair from what [`SigningKey::to_pkcs8`] gave.
    pub fn es256_from_pkcs8(id: impl Into<String>, pkcs8: &[u8]) -> Result<Self, SigningError> {
        let curve = Curve::P256;
        let pair = EcdsaKeyPair::from_pkcs8(curve.signing(), pkcs8).map_err(|_| SigningError)?;
        let id = id.into();
        Ok(Self { id, curve, pair })
    }

    /// A key pair from what [`SigningKey::private_jwk`] gave: ES256 or ES384, with its id.
    pub fn from_private_jwk(text: &str) -> Result<Self, SigningError> {
        let jwk: Value = serde_json::from_str(text).map_err(|_| SigningError)?;
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| {
            let found = text(name).and_then(|t| URL_SAFE_NO_PAD.decode(t).ok());
            found.map(Zeroizing::new).ok_or(SigningError)
        };
        let curve = match (text("kty"), text("crv")) {
            (Some("EC"), Some("P-256")) => Curve::P256,
            (Some("EC"), Some("P-384")) => Curve::P384,
            _ => return Err(SigningError),
        };
        let id = text("kid")
            .filter(|id| !id.is_empty())
            .ok_or(SigningError)?;
        let point = [&[4], bytes("x")?.as_slice(), bytes("y")?.as_slice()].concat();
        let secret = bytes("d")?;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(curve.signing(), &secret, &point);
        Ok(Self {
            id: id.to_owned(),
            curve,
            pair: pair.map_err(|_| SigningError)?,
        })
    }

    /// The whole key in PKCS#8, to be sealed.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, SigningError> {
        let document = self.pair.to_pkcs8v1().map_err(|_| SigningError)?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }

    /// Its id (`kid`).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public part as a JWK.
    pub fn public_jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at_checked(point.len() / 2).unwrap_or_default();
        json!({
            "kty": "EC", "crv": self.curve.name(), "alg": self.curve.algorithm().name(), "use": "sig",
            "kid": self.id, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)
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
        let header = json!({"alg": self.curve.algorithm().name(), "kid": self.id, "typ": "JWT"});
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
        check(&SigningKey::generate("k").unwrap());
        let key = SigningKey::generate_es256("k").unwrap();
        check(&key);
        check(&SigningKey::es256_from_pkcs8("k", &key.to_pkcs8().unwrap()).unwrap());
        for key in [key, SigningKey::generate("k").unwrap()] {
            let text = key.private_jwk().unwrap();
            let read = SigningKey::from_private_jwk(&text).unwrap();
            assert_eq!(read.public_jwk(), key.public_jwk());
            check(&read);
        }
        let public = key_text(&SigningKey::generate("k").unwrap());
        assert!(SigningKey::from_private_jwk(&public).is_err());
    }

    fn key_text(key: &SigningKey) -> String {
        key.public_jwk().to_string()
    }

    fn check(key: &SigningKey) {
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
