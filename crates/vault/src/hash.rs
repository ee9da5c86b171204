//! Digests.

use std::hash::Hasher;

use aws_lc_rs::{constant_time, digest};
use siphasher::sip::SipHasher13;

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha256_chain(&[bytes])
}

/// SHA-512 (FIPS 180-4).
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    let mut out = [0; 64];
    out.copy_from_slice(digest::digest(&digest::SHA512, bytes).as_ref());
    out
}

/// SHA-256 of the parts one after the other.
pub fn sha256_chain(parts: &[&[u8]]) -> [u8; 32] {
    let mut whole = Sha256::default();
    for part in parts {
        whole.update(part);
    }
    whole.finish()
}

/// SHA-256 of what comes piece by piece.
#[derive(Clone)]
pub struct Sha256(digest::Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
}

impl Sha256 {
    /// Takes in the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(self.0.finish().as_ref());
        out
    }
}

/// Compares without telling by its time where the difference is.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// A keyed 64-bit hash (SipHash-1-3) for index values: without the key nobody can guess values from the index.
#[derive(Clone)]
pub struct KeyedHash([u8; 16]);

impl KeyedHash {
    /// With this key.
    pub const fn new(key: [u8; 16]) -> Self {
        Self(key)
    }

    /// The hash of a domain separator and parts; parts are separated, so `["ab", "c"]` is not `["a", "bc"]`.
    pub fn hash(&self, domain: u8, parts: &[&str]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write_u8(domain);
        for part in parts {
            hasher.write(part.as_bytes());
            hasher.write_u8(0xff);
        }
        hasher.finish()
    }

    /// The hash of numbers in this order.
    pub fn numbers(&self, numbers: &[i64]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        for number in numbers {
            hasher.write_i64(*number);
        }
        hasher.finish()
    }
}

impl std::fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_between_parts_counts() {
        let hash = KeyedHash::new([7; 16]);
        assert_ne!(hash.hash(1, &["ab", "c"]), hash.hash(1, &["a", "bc"]));
        assert_ne!(hash.hash(1, &["a"]), hash.hash(2, &["a"]));
    }
}
