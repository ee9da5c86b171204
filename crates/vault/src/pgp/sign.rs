//! Signing.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

use super::packet::{counted, number, packet, sub};
use super::read::fingerprint;
use super::{ED25519, EDDSA, NATIVE, SHA256, armor};
use crate::{PersonKeyError, sha256};

/// The date that a key says it is of: it is part of the fingerprint, so it must be the same whenever the key is drawn anew.
const MADE: u32 = 1_767_225_600;

/// A key that signs, with the name of whose it is.
pub struct PgpSigner {
    pair: Ed25519KeyPair,
    user: String,
    /// The public key packet's body.
    key: Vec<u8>,
    fingerprint: [u8; 20],
}

impl std::fmt::Debug for PgpSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PgpSigner {}", self.fingerprint())
    }
}

impl PgpSigner {
    /// The key of this seed, of this user (`Desk <security@desk.example>`).
    pub fn new(seed: &[u8; 32], user: &str) -> Result<Self, PersonKeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| PersonKeyError::Form)?;
        let point = [&[NATIVE][..], pair.public_key().as_ref()].concat();
        let key = [
            &[4][..],
            &MADE.to_be_bytes(),
            &[EDDSA],
            &ED25519,
            &number(&point),
        ]
        .concat();
        let fingerprint = fingerprint(&key);
        Ok(Self {
            pair,
            user: user.to_owned(),
            key,
            fingerprint,
        })
    }

    /// The fingerprint, in capital hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        self.fingerprint
            .iter()
            .map(|b| format!("{b:02X}"))
            .collect()
    }

    /// The public key with its name, armored.
    pub fn public(&self) -> String {
        let user = self.user.as_bytes();
        let length = u32::try_from(user.len()).unwrap_or(u32::MAX);
        let said = [
            &[0x99][..],
            &counted(&self.key),
            &[0xb4],
            &length.to_be_bytes(),
            user,
        ]
        .concat();
        // It certifies itself and signs; nothing more.
        let more = [sub(27, &[3]), sub(21, &[SHA256]), sub(22, &[])].concat();
        let signature = self.packet(0x13, &said, MADE, &more);
        let block = [packet(6, &self.key), packet(13, user), signature].concat();
        armor::write("PUBLIC KEY BLOCK", &block)
    }

    /// A detached signature of these bytes, armored; `at` in seconds since the epoch.
    pub fn sign(&self, bytes: &[u8], at: u32) -> String {
        armor::write("SIGNATURE", &self.packet(0, bytes, at, &[]))
    }

    /// A text with its signature below it, still to be read by people.
    pub fn clear_sign(&self, text: &str, at: u32) -> String {
        let lines: Vec<&str> = text
            .lines()
            .map(|line| line.trim_end_matches([' ', '\t']))
            .collect();
        let signed = lines.join("\r\n");
        let signature = armor::write("SIGNATURE", &self.packet(1, signed.as_bytes(), at, &[]));
        let shown: String = lines
            .iter()
            .map(|line| match line.starts_with('-') {
                true => format!("- {line}\n"),
                false => format!("{line}\n"),
            })
            .collect();
        format!("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{shown}{signature}")
    }

    fn packet(&self, kind: u8, said: &[u8], at: u32, more: &[u8]) -> Vec<u8> {
        let issuer = [&[4][..], &self.fingerprint].concat();
        let hashed = [&sub(2, &at.to_be_bytes())[..], &sub(33, &issuer), more].concat();
        let head = [&[4, kind, EDDSA, SHA256][..], &counted(&hashed)].concat();
        let length = u32::try_from(head.len()).unwrap_or(u32::MAX);
        let end = [&[4, 0xff][..], &length.to_be_bytes()].concat();
        let digest = sha256(&[said, &head, &end].concat());
        let signature = self.pair.sign(&digest);
        let (r, s) = signature.as_ref().split_at(32);
        let [a, b, ..] = digest;
        let (_, id) = self.fingerprint.split_at(12);
        let body = [
            &head[..],
            &counted(&sub(16, id)),
            &[a, b],
            &number(r),
            &number(s),
        ]
        .concat();
        packet(2, &body)
    }
}
