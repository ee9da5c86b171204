//! Sealing: AES-256-GCM (SP 800-38D) with a version byte in front and the place bound as associated data.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::random;

const VERSION: u8 = 1;
const NONCE: usize = 12;

/// Why a seal could not be made or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A version byte of another release.
    #[error("sealed by a format this release does not know")]
    Version,
    /// Wrong key, wrong place, or changed bytes.
    #[error("the seal is broken or belongs to another key or place")]
    Broken,
    /// The provider refused.
    #[error("the cipher failed")]
    Cipher,
}

/// Seals bytes for a place: `version ‖ nonce ‖ ciphertext ‖ tag`.
pub fn seal(key: &[u8; 32], place: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let nonce: [u8; NONCE] = random().map_err(|_| SealError::Cipher)?;
    let mut sealed = plain.to_vec();
    cipher(key)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place),
            &mut sealed,
        )
        .map_err(|_| SealError::Cipher)?;
    let mut out = Vec::with_capacity(1 + NONCE + sealed.len());
    out.push(VERSION);
    out.extend_from_slice(&nonce);
    out.append(&mut sealed);
    Ok(out)
}

/// Opens what [`seal`] made for the same key and place.
pub fn open(key: &[u8; 32], place: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (version, rest) = sealed.split_first().ok_or(SealError::Broken)?;
    if *version != VERSION {
        return Err(SealError::Version);
    }
    let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Broken)?;
    let mut body = body.to_vec();
    let plain = cipher(key)?
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(place),
            &mut body,
        )
        .map_err(|_| SealError::Broken)?;
    Ok(plain.to_vec())
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, SealError> {
    UnboundKey::new(&AES_256_GCM, key)
        .map(LessSafeKey::new)
        .map_err(|_| SealError::Cipher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asvs_11_3_2_asvs_11_3_3_a_seal_opens_only_with_its_key_at_its_place_and_unchanged() {
        let sealed = seal(&[1; 32], "here", b"text").unwrap();
        assert_eq!(open(&[1; 32], "here", &sealed).unwrap(), b"text");
        assert!(open(&[2; 32], "here", &sealed).is_err());
        assert!(open(&[1; 32], "there", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&[1; 32], "here", &changed).is_err(), "byte {at}");
        }
        assert!(open(&[1; 32], "here", &[]).is_err());
    }
}
