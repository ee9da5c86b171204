//! A root key under a passphrase.

use argon2::{Algorithm, Argon2, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::RootKey;
use super::lock::{Bytes, Lock};
use crate::{SealError, open, random, seal};

/// A passphrase has at least so many characters: it alone guards the record, and can be guessed at for years by whoever
/// has a copy (SP 800-63B-4 asks for 15 of a password that stands alone).
pub const LEAST_CHARACTERS: usize = 20;

const PLACE: &str = "aceso root under passphrase 1";
/// 128 MiB and four passes: about half a second, once at each start (RFC 9106, section 4, between its two choices).
const MEMORY_KIB: u32 = 128 * 1024;
const PASSES: u32 = 4;
/// What a keyring's head can make us use at most.
const MOST_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 64;

/// Why there is no root key.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// Too short to guard a record.
    #[error(
        "the passphrase must have at least {LEAST_CHARACTERS} characters: five random words do"
    )]
    Short,
    /// Not the one that this record was locked with.
    #[error("the passphrase is not the one that this record was locked with")]
    Wrong,
    /// The keyring's head is not of a passphrase, or damaged.
    #[error("the keyring is not locked with a passphrase, or its head is damaged")]
    Form,
    /// No randomness or memory.
    #[error("the key could not be made from the passphrase")]
    Failed,
}

impl RootKey {
    /// Makes a new root key under a passphrase.
    pub fn create_under_passphrase(passphrase: &str) -> Result<Self, PassphraseError> {
        let bytes = random().map_err(|_| PassphraseError::Failed)?;
        Self::from_bytes(bytes).under_passphrase(passphrase)
    }

    /// The same key under a passphrase from now on.
    pub fn under_passphrase(&self, passphrase: &str) -> Result<Self, PassphraseError> {
        if passphrase.chars().count() < LEAST_CHARACTERS {
            return Err(PassphraseError::Short);
        }
        let salt: [u8; 16] = random().map_err(|_| PassphraseError::Failed)?;
        let key = stretch(passphrase, &salt, MEMORY_KIB, PASSES)?;
        let sealed = seal(&key, PLACE, self.bytes()).map_err(|_| PassphraseError::Failed)?;
        let lock = Lock::Passphrase {
            salt: Bytes(salt.to_vec()),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            sealed: Bytes(sealed),
        };
        Ok(Self::locked(Zeroizing::new(*self.bytes()), lock))
    }

    /// Opens the key that a keyring's head holds under a passphrase.
    pub fn from_passphrase(lock: &Lock, passphrase: &str) -> Result<Self, PassphraseError> {
        let Lock::Passphrase {
            salt,
            memory_kib,
            passes,
            sealed,
        } = lock
        else {
            return Err(PassphraseError::Form);
        };
        let bounded = *memory_kib <= MOST_KIB && *passes <= MOST_PASSES && salt.0.len() >= 16;
        if !bounded {
            return Err(PassphraseError::Form);
        }
        let key = stretch(passphrase, &salt.0, *memory_kib, *passes)?;
        let bytes = match open(&key, PLACE, &sealed.0) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(SealError::Broken) => return Err(PassphraseError::Wrong),
            Err(SealError::Version | SealError::Cipher) => return Err(PassphraseError::Form),
        };
        let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| PassphraseError::Form)?;
        Ok(Self::locked(Zeroizing::new(bytes), lock.clone()))
    }
}

/// Argon2id (RFC 9106) of the passphrase in its composed form.
fn stretch(
    passphrase: &str,
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
) -> Result<Zeroizing<[u8; 32]>, PassphraseError> {
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| PassphraseError::Form)?;
    let normal: Zeroizing<String> = Zeroizing::new(passphrase.nfc().collect());
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(normal.as_bytes(), salt, key.as_mut_slice())
        .map_err(|_| PassphraseError::Failed)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_opens_its_root_key_and_no_other_does() {
        let root = RootKey::create_under_passphrase("correct horse battery staple").unwrap();
        let again = RootKey::from_passphrase(root.lock(), "correct horse battery staple");
        assert_eq!(again.unwrap().name(), root.name());
        let wrong = RootKey::from_passphrase(root.lock(), "correct horse battery stapler");
        assert!(matches!(wrong, Err(PassphraseError::Wrong)));
        let short = RootKey::create_under_passphrase("too short");
        assert!(matches!(short, Err(PassphraseError::Short)));
        let other = RootKey::from_passphrase(&Lock::KeyFile, "correct horse battery staple");
        assert!(matches!(other, Err(PassphraseError::Form)));
    }
}
