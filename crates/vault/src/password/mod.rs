//! Passwords: what may be one (NIST SP 800-63B-4, section 3.1.1), and how it is kept (Argon2id, RFC 9106).
//!
//! A password is compared in Unicode form NFKC, so that it does not depend on the keyboard it was typed on.

mod filter;
mod hash;
mod hasher;
mod rule;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

pub use hash::{Cost, PasswordError, Verdict};
pub use hasher::{Busy, Hasher};
pub use rule::{Flaw, MOST_CHARACTERS, PasswordRule, Use};

/// The form in which passwords are hashed and judged.
fn normal(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfkc().collect())
}
