//! Signatures of persons: Ed25519 (RFC 8032) as JSON Web Signatures whose payload stands elsewhere (RFC 7515, appendix F;
//! RFC 8037). Whoever has the document and the public key can check one with any JOSE library.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::{RandomError, random, sha256};

/// A person's key: signs.
pub struct PersonKey {
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// What a person's signatures are checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// A key that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PersonKeyError {
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The bytes are none.
    #[error("the bytes are no Ed25519 key")]
    Form,
}

impl PersonKey {
    /// A new key.
    pub fn generate() -> Result<Self, PersonKeyError> {
        Self::from_seed(&*Zeroizing::new(random::<32>()?))
    }

    /// From the 32 bytes of [`PersonKey::seed`].
    pub fn from_seed(seed: &[u8]) -> Result<Self, PersonKeyError> {
        let seed = <[u8; 32]>::try_from(seed).map_err(|_| PersonKeyError::Form)?;
        let seed = Zeroizing::new(seed);
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice())
            .map_err(|_| PersonKeyError::Form)?;
        let public = PublicKey::from_bytes(pair.public_key().as_ref())?;
        Ok(Self { seed, pair, public })
    }

    /// What it is made from again; to be kept sealed.
    pub fn seed(&self) -> &[u8] {
        self.seed.as_slice()
    }

    /// Its other half.
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// The signature of a payload that stands elsewhere: `header..signature`.
    pub fn sign(&self, payload: &[u8]) -> String {
        let header = self.public.header();
        let input = [&header, ".", &URL_SAFE_NO_PAD.encode(payload)].concat();
        let signature = self.pair.sign(input.as_bytes());
        [&header, "..", &URL_SAFE_NO_PAD.encode(signature.as_ref())].concat()
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonKey({})", self.public.id())
    }
}

impl PublicKey {
    /// From its 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PersonKeyError> {
        bytes.try_into().map(Self).map_err(|_| PersonKeyError::Form)
    }

    /// Its 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its name, which follows from it: the thumbprint of the JSON Web Key (RFC 7638).
    pub fn id(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.0);
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        URL_SAFE_NO_PAD.encode(sha256(jwk.as_bytes()))
    }

    /// The protected header of this key's signatures; there is no other one, so a signature never chooses how it is
    /// checked.
    fn header(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, self.id()))
    }

    /// Whether this key signed this payload.
    pub fn verifies(&self, signature: &str, payload: &[u8]) -> bool {
        let Some((header, signature)) = signature.split_once("..") else {
            return false;
        };
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
            return false;
        };
        let input = [header, ".", &URL_SAFE_NO_PAD.encode(payload)].concat();
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        header == self.header() && key.verify(input.as_bytes(), &signature).is_ok()
    }
}

/// The key that a signature says it was made with, before anything of it is believed.
pub fn signing_key_id(signature: &str) -> Option<String> {
    let (header, _) = signature.split_once("..")?;
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: serde_json::Value = serde_json::from_slice(&header).ok()?;
    header.get("kid")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A: the key, its thumbprint, and a signature with another header.
    const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn the_key_of_the_specification_has_its_public_half_and_thumbprint() {
        let key = PersonKey::from_seed(&URL_SAFE_NO_PAD.decode(D).unwrap()).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(key.public().bytes()), X);
        assert_eq!(
            key.public().id(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn a_signature_holds_for_its_key_and_payload_alone() {
        let (key, other) = (
            PersonKey::generate().unwrap(),
            PersonKey::generate().unwrap(),
        );
        let again = PersonKey::from_seed(key.seed()).unwrap();
        let signed = again.sign(b"a note");
        assert_eq!(signing_key_id(&signed), Some(key.public().id()));
        assert!(key.public().verifies(&signed, b"a note"));
        assert!(!key.public().verifies(&signed, b"a nota"));
        assert!(!other.public().verifies(&signed, b"a note"));
        let none = format!("{}..{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), "");
        for wrong in [
            "",
            ".",
            "..",
            &none,
            &signed[1..],
            &signed.replace("..", "."),
        ] {
            assert!(!key.public().verifies(wrong, b"a note"), "{wrong}");
        }
        for at in 0..signed.len() {
            let mut bytes = signed.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            // The last letter of a signature has bits that mean nothing; a decoder that took them would make two texts of
            // one signature.
            assert!(!key.public().verifies(&text, b"a note"), "{at}");
        }
        assert!(PersonKey::from_seed(&[1; 31]).is_err());
    }
}
