//! The keys that signatures on notes are checked with: C2SP signed-note's verifier keys, Ed25519, whatever is signed.

use std::fmt;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::sha256_chain;

/// A key for signatures of one type. Written as `name+hash+key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoteKey<const TYPE: u8> {
    name: String,
    public: [u8; 32],
}

impl<const TYPE: u8> NoteKey<TYPE> {
    /// A key of this name (no blanks, no plus signs); none when the name does not fit.
    pub(super) fn new(name: &str, public: [u8; 32]) -> Option<Self> {
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        let fits = !name.is_empty() && !name.chars().any(odd);
        fits.then(|| Self {
            name: name.to_owned(),
            public,
        })
    }

    /// Reads `name+hash+key`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '+');
        let (name, hash, key) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes = STANDARD.decode(key).ok()?;
        let (kind, public) = bytes.split_first()?;
        let key = Self::new(name, public.try_into().ok()?)?;
        (*kind == TYPE && hash == key.hash_text()).then_some(key)
    }

    /// Whose it is.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The same key for signatures of another type.
    pub(super) fn of_type<const OTHER: u8>(&self) -> NoteKey<OTHER> {
        NoteKey {
            name: self.name.clone(),
            public: self.public,
        }
    }

    /// The signature line of a note, for these bytes after the key's hash.
    pub(super) fn line(&self, bytes: &[u8]) -> String {
        let whole = [self.hash().as_slice(), bytes].concat();
        format!("— {} {}\n", self.name, STANDARD.encode(whole))
    }

    /// What stands after the key's hash on the lines among these that carry its name and hash.
    pub(super) fn own_lines<'a>(&'a self, lines: &'a str) -> impl Iterator<Item = Vec<u8>> + 'a {
        lines.lines().filter_map(|line| {
            let rest = line.strip_prefix("— ")?.strip_prefix(self.name.as_str())?;
            let bytes = STANDARD.decode(rest.strip_prefix(' ')?).ok()?;
            let (hash, bytes) = bytes.split_first_chunk::<4>()?;
            (*hash == self.hash()).then(|| bytes.to_vec())
        })
    }

    /// Whether this is its signature of these bytes.
    pub(super) fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public)
            .verify(bytes, signature)
            .is_ok()
    }

    fn hash(&self) -> [u8; 4] {
        let whole = sha256_chain(&[self.name.as_bytes(), b"\n", &[TYPE], &self.public]);
        let [a, b, c, d, ..] = whole;
        [a, b, c, d]
    }

    fn hash_text(&self) -> String {
        aceso_base::hex(&self.hash())
    }
}

impl<const TYPE: u8> fmt::Display for NoteKey<TYPE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[TYPE], self.public.as_slice()].concat();
        let (name, hash) = (&self.name, self.hash_text());
        write!(f, "{name}+{hash}+{}", STANDARD.encode(key))
    }
}
