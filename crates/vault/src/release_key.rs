//! The keys that releases are signed with: Ed25519 (RFC 8032) over bytes as they are, as The Update Framework wants it.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use zeroize::Zeroizing;

use crate::{RandomError, random};

/// A key that signs.
pub struct ReleaseKey(Ed25519KeyPair);

/// 32 bytes that a [`ReleaseKey`] is made from; whoever has them can sign.
pub type ReleaseSeed = Zeroizing<[u8; 32]>;

impl ReleaseKey {
    /// A new key's bytes.
    pub fn new_seed() -> Result<ReleaseSeed, RandomError> {
        Ok(Zeroizing::new(random::<32>()?))
    }

    /// From its bytes; none when they are no key.
    pub fn from_seed(seed: &ReleaseSeed) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed.as_slice())
            .ok()
            .map(Self)
    }

    /// What signatures are checked with.
    pub fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// The signature of these bytes: 64.
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).as_ref().to_vec()
    }
}

impl fmt::Debug for ReleaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReleaseKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2)
            .map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap())
            .collect()
    }

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn signatures_are_those_of_the_rfc() {
        let seed = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = ReleaseKey::from_seed(&Zeroizing::new(seed.try_into().unwrap())).unwrap();
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        assert_eq!(key.public(), bytes(public));
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(key.sign(&[0x72]), bytes(signature));
    }
}
