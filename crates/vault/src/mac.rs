//! Keys for one use each, drawn from the keyring by name: keyed digests and seals.

use aws_lc_rs::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::{SealError, open, seal};

/// Draws the key of a use (HKDF-SHA-256, RFC 5869): nothing can be said about one from another.
pub(crate) fn derive(secret: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"aceso uses 1");
    let parts = [label.as_bytes()];
    let mut key = Zeroizing::new([0; 32]);
    let drawn = salt
        .extract(secret)
        .expand(&parts, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut_slice()));
    // 32 bytes are the hash's own length: the provider has nothing to refuse. Were it to, a digest by the provider's
    // other door keeps the key secret and fixed.
    if drawn.is_err() {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), label.as_bytes());
        key.copy_from_slice(tag.as_ref());
    }
    key
}

/// HMAC-SHA-256 (FIPS 198-1) under a key that others have prescribed; ours are [`Mac`]s.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
    let mut out = [0; 32];
    out.copy_from_slice(tag.as_ref());
    out
}

/// A keyed digest (HMAC-SHA-256, FIPS 198-1) for one use: form fields against forgery, pseudonyms of tokens in the log.
/// Cheap to clone.
#[derive(Clone)]
pub struct Mac(hmac::Key);

impl Mac {
    pub(crate) fn new(secret: &[u8; 32], label: &str) -> Self {
        Self(hmac::Key::new(
            hmac::HMAC_SHA256,
            derive(secret, label).as_slice(),
        ))
    }

    /// The digest of the parts; where one ends and the next begins counts.
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// Whether this is the parts' digest; takes the same time wherever they differ.
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        crate::equal(&self.tag(parts), tag)
    }
}

impl std::fmt::Debug for Mac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mac")
    }
}

/// Seals values for one use: what is sealed for one place (`account 7`) does not open in another.
#[derive(Clone)]
pub struct Sealer(Zeroizing<[u8; 32]>);

impl Sealer {
    pub(crate) fn new(secret: &[u8; 32], label: &str) -> Self {
        Self(derive(secret, label))
    }

    /// Seals bytes for a place.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        seal(&self.0, place, plain)
    }

    /// Opens what was sealed for the same place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        open(&self.0, place, sealed).map(Zeroizing::new)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_of_its_use_and_of_its_parts() {
        let mac = Mac::new(&[7; 32], "csrf");
        let tag = mac.tag(&[b"ab", b"c"]);
        assert!(mac.verify(&[b"ab", b"c"], &tag));
        assert!(!mac.verify(&[b"a", b"bc"], &tag));
        assert!(!mac.verify(&[b"ab", b"c"], &tag[..31]));
        assert!(!Mac::new(&[7; 32], "csrg").verify(&[b"ab", b"c"], &tag));
        assert!(!Mac::new(&[8; 32], "csrf").verify(&[b"ab", b"c"], &tag));
    }

    #[test]
    fn a_seal_opens_for_its_use_and_place_only() {
        let sealer = Sealer::new(&[7; 32], "totp");
        let sealed = sealer.seal("account 1", b"secret").unwrap();
        assert_eq!(
            sealer.open("account 1", &sealed).unwrap().as_slice(),
            b"secret"
        );
        assert!(sealer.open("account 2", &sealed).is_err());
        assert!(
            Sealer::new(&[7; 32], "keys")
                .open("account 1", &sealed)
                .is_err()
        );
    }

    /// Computed with Python's hmac: pins the derivation, so that a new release still opens old seals.
    #[test]
    fn a_use_has_the_same_key_in_every_release() {
        let hex = aceso_base::hex(derive(&[1; 32], "totp").as_slice());
        assert_eq!(
            hex,
            "0e3369b0852acb9cc7b5b9d5997b303da68eaf71ab677a6a2769b8eeb06ba6da"
        );
    }
}
