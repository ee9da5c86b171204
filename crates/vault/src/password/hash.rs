//! Argon2id in the PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::{MOST_CHARACTERS, normal};
use crate::{equal, random};

const SALT: usize = 16;
const OUTPUT: usize = 32;
const SCHEME: &str = "argon2id";
const VERSION: &str = "v=19";
/// The most memory that a stored hash can make us use: 256 MiB.
const MOST_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Cost {
    /// 19 MiB, two passes, one lane: OWASP's first recommendation for Argon2id.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
        }
    }
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// It is not the password.
    Wrong,
    /// It is.
    Right,
    /// It is, and the stored hash was made at another cost: keep a new one.
    RightButStale,
}

/// Why there is no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Longer than any password may be.
    #[error("a password has 256 characters at most")]
    TooLong,
    /// No randomness, or the cost is not possible.
    #[error("the password could not be hashed")]
    Failed,
}

impl Cost {
    pub(super) fn argon2(self) -> Option<Argon2<'static>> {
        let params = Params::new(self.memory_kib, self.passes, 1, Some(OUTPUT)).ok()?;
        Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// A hash as it is stored.
pub(super) struct Stored {
    pub(super) cost: Cost,
    lanes: u32,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Stored {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('$')?.split('$');
        if parts.next()? != SCHEME || parts.next()? != VERSION {
            return None;
        }
        let mut numbers = parts.next()?.split(',');
        let mut number = |name: &str| -> Option<u32> {
            let (key, value) = numbers.next()?.split_once('=')?;
            (key == name).then(|| value.parse().ok())?
        };
        let (memory_kib, passes, lanes) = (number("m")?, number("t")?, number("p")?);
        let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let output = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
        let bounded = memory_kib <= MOST_KIB
            && (1..=MOST_PASSES).contains(&passes)
            && (1..=8).contains(&lanes)
            && (16..=64).contains(&output.len())
            && (8..=64).contains(&salt.len());
        (bounded && parts.next().is_none()).then_some(Self {
            cost: Cost { memory_kib, passes },
            lanes,
            salt,
            output,
        })
    }

    /// Whether this is the password, computed in the given memory where it fits.
    pub(super) fn matches(&self, password: &str, memory: &mut Vec<Block>) -> bool {
        let Ok(params) = Params::new(
            self.cost.memory_kib,
            self.cost.passes,
            self.lanes,
            Some(self.output.len()),
        ) else {
            return false;
        };
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut output = vec![0; self.output.len()];
        let made = run(&argon2, password, &self.salt, &mut output, memory);
        made.is_some() && equal(&output, &self.output)
    }

    /// Whether it was made as new ones are.
    pub(super) fn is_made_with(&self, cost: Cost) -> bool {
        self.cost == cost
            && self.lanes == 1
            && self.output.len() == OUTPUT
            && self.salt.len() == SALT
    }
}

/// A new hash of a password.
pub(super) fn hash(
    password: &str,
    cost: Cost,
    memory: &mut Vec<Block>,
) -> Result<String, PasswordError> {
    if password.chars().count() > MOST_CHARACTERS {
        return Err(PasswordError::TooLong);
    }
    let salt: [u8; SALT] = random().map_err(|_| PasswordError::Failed)?;
    let argon2 = cost.argon2().ok_or(PasswordError::Failed)?;
    let mut output = [0; OUTPUT];
    run(&argon2, password, &salt, &mut output, memory).ok_or(PasswordError::Failed)?;
    Ok(format!(
        "${SCHEME}${VERSION}$m={},t={},p=1${}${}",
        cost.memory_kib,
        cost.passes,
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(output)
    ))
}

fn run(
    argon2: &Argon2<'_>,
    password: &str,
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Vec<Block>,
) -> Option<()> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    let memory = memory.get_mut(..blocks)?;
    let normal = normal(password);
    argon2
        .hash_password_into_with_memory(normal.as_bytes(), salt, output, memory)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 64,
        passes: 1,
    };

    #[test]
    fn o_d12_n3_the_stored_hash_names_its_version_and_cost() {
        let text = hash("correct horse battery", Cost::default(), &mut Vec::new()).unwrap();
        assert!(
            text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{text}"
        );
        assert!(Stored::parse(&text).unwrap().is_made_with(Cost::default()));
    }

    /// Made with the reference implementation (as PyPI argon2-cffi has it).
    #[test]
    fn a_hash_of_the_reference_implementation_verifies() {
        let text = REFERENCE;
        let stored = Stored::parse(text).unwrap();
        assert!(stored.matches("correct horse battery staple", &mut Vec::new()));
        assert!(!stored.matches("correct horse battery stapl", &mut Vec::new()));
    }

    const REFERENCE: &str = "$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Jl9aMRiFdmA52uqiivDqYVot6fVz3erNUlWPoxyg46A";

    #[test]
    fn a_stored_text_that_is_no_hash_is_never_right() {
        let good = hash("correct horse battery", CHEAP, &mut Vec::new()).unwrap();
        for bad in [
            String::new(),
            "$argon2id$v=19$m=64,t=1,p=1$AAAA$AAAA".to_owned(),
            good.replace("argon2id", "argon2i"),
            good.replace("v=19", "v=16"),
            good.replace("m=64", "m=4000000"),
            good.replace("t=1", "t=99"),
            format!("{good}$more"),
        ] {
            assert!(Stored::parse(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn n1_a_password_is_the_same_on_every_keyboard() {
        let memory = &mut Vec::new();
        let stored =
            Stored::parse(&hash("Zoe\u{308} trinkt Kaffee", CHEAP, memory).unwrap()).unwrap();
        assert!(stored.matches("Zo\u{eb} trinkt Kaffee", memory));
        assert!(!stored.matches("Zoe trinkt Kaffee", memory));
        let long = "x".repeat(MOST_CHARACTERS);
        assert!(hash(&long, CHEAP, memory).is_ok());
        assert_eq!(
            hash(&format!("{long}x"), CHEAP, memory),
            Err(PasswordError::TooLong)
        );
    }
}
