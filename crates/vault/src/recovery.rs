//! Recovery codes: ten codes on paper, each good for one sign-in when the second factor is lost (look-up secrets, NIST
//! SP 800-63B-4, section 3.1.2). A code has 120 bits, so a plain digest protects it at rest.

use zeroize::Zeroizing;

use crate::base32::{self, Alphabet};
use crate::{RandomError, random, sha256_chain};

/// How many codes a person gets.
pub const COUNT: usize = 10;
const BYTES: usize = 15;

/// One code: shown once, kept as its digest.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<[u8; BYTES]>);

impl RecoveryCode {
    /// A fresh sheet of codes.
    pub fn sheet() -> Result<Vec<Self>, RandomError> {
        (0..COUNT)
            .map(|_| Ok(Self(Zeroizing::new(random()?))))
            .collect()
    }

    /// Reads what a person typed: capital or not, with or without hyphens, `O` for `0`, `I` or `L` for `1`.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 64 {
            return None;
        }
        let bytes = Zeroizing::new(base32::decode(Alphabet::Crockford, typed.trim())?);
        <[u8; BYTES]>::try_from(bytes.as_slice())
            .ok()
            .map(|b| Self(Zeroizing::new(b)))
    }

    /// As it is printed: six groups of four.
    pub fn to_printed(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(base32::encode(Alphabet::Crockford, self.0.as_slice()));
        Zeroizing::new(base32::grouped(&text, 4))
    }

    /// What is stored: SHA-256 with a name of its own in front.
    pub fn digest(&self) -> [u8; 32] {
        sha256_chain(&[b"aceso recovery code 1", self.0.as_slice()])
    }
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n8_ten_different_codes_that_survive_paper() {
        let sheet = RecoveryCode::sheet().unwrap();
        let digests: std::collections::HashSet<_> =
            sheet.iter().map(RecoveryCode::digest).collect();
        assert_eq!(digests.len(), COUNT);
        for code in &sheet {
            let printed = code.to_printed();
            assert_eq!(printed.len(), 29, "{}", printed.as_str());
            assert!(!printed.contains(['I', 'L', 'O', 'U']));
            let typed = printed.to_lowercase().replace('-', " ").replace('0', "o");
            assert_eq!(RecoveryCode::parse(&typed).unwrap().digest(), code.digest());
        }
    }

    #[test]
    fn what_is_no_code_is_not_looked_up() {
        for bad in [
            "",
            "ABCD",
            "ABCD-ABCD-ABCD-ABCD-ABCD-ABCU",
            &"0".repeat(80),
            "é",
        ] {
            assert!(RecoveryCode::parse(bad).is_none(), "{bad}");
        }
    }
}
