//! Proofs for people outside, made at the console: that an entry is in the log, and what the log signs of itself.

use aceso_vault::Keyring;
use aceso_vault::tree::{Hash, consistency, inclusion};
use rusqlite::{Connection, OptionalExtension};

use super::form::{Said, read};
use super::leaf::Row;
use super::{signer, tree};
use crate::engine::AUDIT;
use crate::statements as sql;
use crate::{Store, StoreError};

/// The proof that an entry is in the log. Leaf and nodes are hashed as RFC 6962 does; the leaf's data are the number and
/// the time, 8 bytes each, big-endian, and SHA-256 of salt and entry.
#[derive(Clone, Debug)]
pub struct AuditProof {
    /// The entry's number, from 1; its leaf's index is one less.
    pub seq: u64,
    /// When it happened, in milliseconds since 1970.
    pub at: i64,
    /// The salt; none once the entry is erased.
    pub salt: Option<Vec<u8>>,
    /// The entry's body as it was hashed; none once it is erased.
    pub entry: Option<Vec<u8>>,
    /// What the body says.
    pub said: Option<Said>,
    /// The hash of its leaf.
    pub leaf: Hash,
    /// How many entries the log has.
    pub size: u64,
    /// The hashes beside the way from the leaf to the root, from below.
    pub path: Vec<Hash>,
    /// The log's signed head of this size (C2SP tlog-checkpoint).
    pub head: String,
    /// The key that the head is checked with (C2SP signed-note).
    pub key: String,
}

impl Store {
    /// The proof that the entry of this number is in the log; none when there is no such entry.
    pub fn audit_proof(&self, seq: u64) -> Result<Option<AuditProof>, StoreError> {
        self.0.readers.log().settle()?;
        let inner = &self.0;
        let mut connection = inner.files.visit(&AUDIT, 4096)?;
        let log = connection.transaction()?;
        let found = log
            .query_row(sql::AUDIT_LOG_ONE, [seq.cast_signed()], Row::read)
            .optional()?;
        let Some(row) = found else {
            return Ok(None);
        };
        let size = tree::size(&log)?;
        let path = inclusion(seq - 1, size, &mut |height, n| {
            tree::complete(&log, height, n)
        })?;
        let signer = signer::of_size(&log, &inner.keyring, size)?;
        let parts = row.parts();
        Ok(Some(AuditProof {
            seq,
            at: row.at,
            salt: parts.map(|(salt, _)| salt.to_vec()),
            entry: parts.map(|(_, entry)| entry.to_vec()),
            said: parts.and_then(|(_, entry)| read(entry)),
            leaf: row.leaf,
            size,
            path,
            head: signer.sign(size, tree::edge(&log, size)?.root()),
            key: signer.key().to_string(),
        }))
    }

    /// What the log says of itself now: its signed head, and the key that this is checked with. Kept elsewhere, it shows
    /// whether the log is the same later: `verify_audit` takes it.
    pub fn audit_head(&self) -> Result<(String, String), StoreError> {
        self.0.readers.log().settle()?;
        let inner = &self.0;
        let mut connection = inner.files.visit(&AUDIT, 4096)?;
        let log = connection.transaction()?;
        let (_, note, key) = signed_head(&log, &inner.keyring)?;
        Ok((note, key))
    }
}

/// How many entries a log has, its signed head of that size, and the key that this is checked with.
pub(crate) fn signed_head(
    log: &Connection,
    keyring: &Keyring,
) -> Result<(u64, String, String), StoreError> {
    let size = tree::size(log)?;
    let signer = signer::of_size(log, keyring, size)?;
    let note = signer.sign(size, tree::edge(log, size)?.root());
    Ok((size, note, signer.key().to_string()))
}

/// What a witness is told of the log: its head now, and the proof that it begins with its first `old` entries.
#[derive(Clone, Debug)]
pub struct Extension {
    /// How many entries there are.
    pub size: u64,
    /// The signed head.
    pub note: String,
    /// The proof (RFC 6962, section 2.1.2); empty when `old` is 0 or the whole.
    pub proof: Vec<Hash>,
}

impl Store {
    /// The log's head, with the proof that it begins with its first `old` entries; none when there are fewer.
    pub(crate) fn extension(&self, old: u64) -> Result<Option<Extension>, StoreError> {
        self.0.readers.log().settle()?;
        let inner = &self.0;
        let mut connection = inner.files.visit(&AUDIT, 4096)?;
        let log = connection.transaction()?;
        let size = tree::size(&log)?;
        if old > size {
            return Ok(None);
        }
        let proof = consistency(old, size, &mut |height, n| tree::complete(&log, height, n))?;
        let signer = signer::of_size(&log, &inner.keyring, size)?;
        let note = signer.sign(size, tree::edge(&log, size)?.root());
        Ok(Some(Extension { size, note, proof }))
    }
}
