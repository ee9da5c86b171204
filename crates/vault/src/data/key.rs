//! A data key in use.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::mac::derive;
use crate::{SealError, random};

const NONCE: usize = 12;

/// Seals what is one patient's (AES-256-GCM, SP 800-38D). The provider wipes its memory when it is dropped.
pub struct DataKey(LessSafeKey);

impl DataKey {
    /// For the bodies under a leaf's secret.
    pub(super) fn for_bodies(leaf: &[u8; 32]) -> Result<Self, SealError> {
        UnboundKey::new(&AES_256_GCM, derive(leaf, "body").as_slice())
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| SealError::Cipher)
    }

    /// Appends `nonce ‖ ciphertext ‖ tag` to what is there already; `place` is bound.
    pub fn seal_after(
        &self,
        there: &mut Vec<u8>,
        place: &[u8],
        plain: &[u8],
    ) -> Result<(), SealError> {
        let nonce: [u8; NONCE] = random().map_err(|_| SealError::Cipher)?;
        there.extend_from_slice(&nonce);
        let from = there.len();
        there.extend_from_slice(plain);
        let body = there.get_mut(from..).ok_or(SealError::Cipher)?;
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), body)
            .map_err(|_| SealError::Cipher)?;
        there.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// Opens `nonce ‖ ciphertext ‖ tag`, sealed for the same place.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, body) = sealed
            .split_first_chunk::<NONCE>()
            .ok_or(SealError::Broken)?;
        let mut body = body.to_vec();
        let length = self
            .0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(place),
                &mut body,
            )
            .map_err(|_| SealError::Broken)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey")
    }
}
