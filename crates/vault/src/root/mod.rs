//! The root key and its sources: a key file that only its owner can read, a passphrase, a key in a PKCS#11 token.
//!
//! In a key file lies the root key itself. A passphrase or a token seals it; what they sealed stands in the keyring's
//! head ([`Lock`]), which can be read without a key.

mod file;
mod lock;
mod passphrase;
mod token;

use zeroize::Zeroizing;

pub use file::RootKeyError;
pub use lock::{Lock, Source};
pub use passphrase::{LEAST_CHARACTERS, PassphraseError};
pub use token::{TokenError, TokenPlace};

use crate::sha256_chain;

/// The key that everything at rest hangs from.
#[derive(Clone)]
pub struct RootKey {
    bytes: Zeroizing<[u8; 32]>,
    lock: Lock,
}

impl RootKey {
    /// A key from its bytes, as a key file holds it.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self::locked(Zeroizing::new(bytes), Lock::KeyFile)
    }

    pub(crate) const fn locked(bytes: Zeroizing<[u8; 32]>, lock: Lock) -> Self {
        Self { bytes, lock }
    }

    /// The key's bytes, for sealing the keyring.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// How the key is had again; goes into the keyring's head.
    pub const fn lock(&self) -> &Lock {
        &self.lock
    }

    /// What tells one root key from another and nothing else about it: eight hexadecimal digits.
    pub fn name(&self) -> String {
        let digest = sha256_chain(&[b"aceso root name 1", self.bytes.as_slice()]);
        let [a, b, c, d, ..] = digest;
        aceso_base::hex(&[a, b, c, d])
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey({})", self.name())
    }
}
