//! Keys that others sign their mails with (RFC 6376, 8301, 8463): checking, and nothing else.

use aws_lc_rs::signature::{
    ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY as RSA, UnparsedPublicKey,
};

use crate::sha256;

/// A key out of a domain's records. What is none holds for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailKey {
    /// RSA of 1024 bits at least, which is what verifiers must take: SubjectPublicKeyInfo.
    Rsa(Vec<u8>),
    /// Ed25519: 32 bytes.
    Ed25519(Vec<u8>),
}

impl MailKey {
    /// Whether it signed these bytes.
    pub fn signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        let checked = match self {
            Self::Rsa(key) => UnparsedPublicKey::new(&RSA, key).verify(bytes, signature),
            Self::Ed25519(key) => {
                UnparsedPublicKey::new(&ED25519, key).verify(&sha256(bytes), signature)
            }
        };
        checked.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_holds_for_nothing() {
        for key in [MailKey::Rsa(vec![0x30, 0]), MailKey::Ed25519(vec![7; 31])] {
            assert!(!key.signed(b"x", &[0; 64]), "{key:?}");
        }
    }
}
