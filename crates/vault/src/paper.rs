//! A secret that a program makes and people keep on paper.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA256};
use zeroize::Zeroizing;

use crate::base32::{self, Alphabet};
use crate::{RandomError, random};

const BYTES: usize = 20;

/// 160 random bits in eight groups of four letters and digits.
pub fn printed_secret() -> Result<Zeroizing<String>, RandomError> {
    let bytes = Zeroizing::new(random::<BYTES>()?);
    let text = Zeroizing::new(base32::encode(Alphabet::Crockford, bytes.as_slice()));
    Ok(Zeroizing::new(base32::grouped(&text, 4)))
}

/// How often [`stretched`] goes round: what OWASP asks of PBKDF2-HMAC-SHA-256 (2023).
pub const STRETCH_ROUNDS: u32 = 600_000;

/// A key from such a secret, or from words that people chose, for where nothing better than PBKDF2 is to be had: in a browser
/// (RFC 8018, HMAC-SHA-256).
pub fn stretched(words: &str, salt: &[u8; 16]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let rounds = NonZeroU32::new(STRETCH_ROUNDS).unwrap_or(NonZeroU32::MAX);
    pbkdf2::derive(
        PBKDF2_HMAC_SHA256,
        rounds,
        salt,
        words.as_bytes(),
        key.as_mut_slice(),
    );
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_give_the_same_key_with_the_same_salt_alone() {
        let key = stretched("correct horse", &[1; 16]);
        assert_eq!(*key, *stretched("correct horse", &[1; 16]));
        assert_ne!(*key, *stretched("correct horse", &[2; 16]));
        assert_ne!(*key, *stretched("correct Horse", &[1; 16]));
    }

    #[test]
    fn each_is_another_and_can_be_read_from_paper() {
        let (one, other) = (printed_secret().unwrap(), printed_secret().unwrap());
        assert_ne!(*one, *other);
        assert_eq!(one.len(), 8 * 4 + 7);
        assert!(one.chars().all(|c| c == '-' || c.is_ascii_alphanumeric()));
        assert!(!one.contains(['I', 'L', 'O', 'U']));
    }
}
