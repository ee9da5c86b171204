//! Reading a public key and checking detached signatures against it.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ED25519 as VERIFY, UnparsedPublicKey};

use super::packet::{Reader, counted};
use super::{ED25519, EDDSA, NATIVE, SHA256, armor};
use crate::sha256;

/// Why a key or a signature is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PgpError {
    /// Not of the form that is read here.
    #[error("this is not an armored OpenPGP block of version 4 with EdDSA and SHA-256")]
    Form,
    /// The signature is another key's, or of other bytes.
    #[error("the signature does not hold")]
    Wrong,
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PgpPublic {
    point: Vec<u8>,
    fingerprint: [u8; 20],
}

impl std::fmt::Debug for PgpPublic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PgpPublic {}", self.fingerprint())
    }
}

/// A version 4 fingerprint: SHA-1 of the public key packet, as the format demands; who pins one pins the key's bytes.
pub(super) fn fingerprint(key: &[u8]) -> [u8; 20] {
    let said = [&[0x99][..], &counted(key)].concat();
    let mut out = [0; 20];
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &said);
    for (to, from) in out.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    out
}

impl PgpPublic {
    /// Reads an armored public key block: its first key.
    pub fn read(text: &str) -> Result<Self, PgpError> {
        let bytes = armor::read("PUBLIC KEY BLOCK", text).ok_or(PgpError::Form)?;
        Self::of(&bytes).ok_or(PgpError::Form)
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let (tag, body) = Reader(bytes).packet()?;
        let mut key = Reader(body);
        let version = key.byte()?;
        key.take(4)?;
        let known = tag == 6 && version == 4 && key.byte()? == EDDSA && key.take(10)? == ED25519;
        let point = key.number(33)?;
        let (native, point) = point.split_first()?;
        (known && *native == NATIVE && key.0.is_empty()).then(|| Self {
            point: point.to_vec(),
            fingerprint: fingerprint(body),
        })
    }

    /// The fingerprint, in capital hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        self.fingerprint
            .iter()
            .map(|b| format!("{b:02X}"))
            .collect()
    }

    /// Checks an armored detached signature of these bytes; gives when it says it was made, in seconds since the epoch.
    pub fn check(&self, signature: &str, bytes: &[u8]) -> Result<u32, PgpError> {
        let packets = armor::read("SIGNATURE", signature).ok_or(PgpError::Form)?;
        let (at, digest, signed) = parts(&packets, bytes).ok_or(PgpError::Form)?;
        let key = UnparsedPublicKey::new(&VERIFY, &self.point);
        key.verify(&digest, &signed).map_err(|_| PgpError::Wrong)?;
        Ok(at)
    }
}

/// When it was made, what is signed, and the signature.
fn parts(packets: &[u8], bytes: &[u8]) -> Option<(u32, [u8; 32], Vec<u8>)> {
    let (tag, body) = Reader(packets).packet()?;
    let mut rest = Reader(body);
    if tag != 2 || rest.take(4)? != [4, 0, EDDSA, SHA256] {
        return None;
    }
    let hashed = rest.counted()?;
    let head = [&[4, 0, EDDSA, SHA256][..], &counted(hashed)].concat();
    let length = u32::try_from(head.len()).ok()?;
    let end = [&[4, 0xff][..], &length.to_be_bytes()].concat();
    let digest = sha256(&[bytes, &head, &end].concat());
    rest.counted()?;
    rest.take(2)?;
    let signed = [rest.number(32)?, rest.number(32)?].concat();
    Some((made(hashed)?, digest, signed))
}

/// The creation time among hashed subpackets.
fn made(hashed: &[u8]) -> Option<u32> {
    let mut rest = Reader(hashed);
    while let Some(length) = rest.byte() {
        let body = rest.take(usize::from(length))?;
        if let [2, a, b, c, d] = body {
            return Some(u32::from_be_bytes([*a, *b, *c, *d]));
        }
    }
    None
}
