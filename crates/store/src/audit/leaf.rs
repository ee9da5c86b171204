//! An entry as a leaf. Its hash binds its number and time, and its body through a digest with a salt: an erased body
//! cannot be guessed from what stays, and what stays still proves that an entry was there.

use aceso_vault::tree::{self, Hash};
use aceso_vault::{random, sha256};

use crate::StoreError;

const SALT: usize = 16;

/// A leaf and what is stored of it.
pub(super) struct Leaf {
    /// Salt, then the entry's body.
    pub(super) body: Vec<u8>,
    pub(super) hash: Hash,
}

/// What a kept body says: what stands after the salt.
pub(crate) fn said(body: &[u8]) -> Option<&[u8]> {
    Some(body.split_at_checked(SALT)?.1)
}

/// An entry as it was read.
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) body: Option<Vec<u8>>,
    pub(super) mark: Option<[u8; 32]>,
    pub(super) leaf: Hash,
}

impl Leaf {
    pub(super) fn new(seq: i64, at: i64, entry: &[u8]) -> Result<Self, StoreError> {
        let salt = random::<SALT>().map_err(|_| StoreError::text("the random generator failed"))?;
        let body = [salt.as_slice(), entry].concat();
        let hash = hash(seq, at, &sha256(&body));
        Ok(Self { body, hash })
    }
}

fn hash(seq: i64, at: i64, mark: &[u8; 32]) -> Hash {
    tree::leaf(&[&seq.to_be_bytes(), &at.to_be_bytes(), mark])
}

impl Row {
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            at: row.get(1)?,
            body: row.get(2)?,
            mark: row.get(3)?,
            leaf: row.get(4)?,
        })
    }

    /// Whether the leaf is that of this number, time and body.
    pub(super) fn holds(&self) -> bool {
        let mark = match (&self.body, self.mark) {
            (Some(body), None) => sha256(body),
            (None, Some(mark)) => mark,
            (Some(_), Some(_)) | (None, None) => return false,
        };
        hash(self.seq, self.at, &mark) == self.leaf
    }

    /// What the entry says; none once erased.
    pub(super) fn said(&self) -> Option<&[u8]> {
        said(self.body.as_deref()?)
    }

    /// The salt and the entry's body; none once erased.
    pub(super) fn parts(&self) -> Option<(&[u8], &[u8])> {
        self.body.as_deref()?.split_at_checked(SALT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(body: &[u8]) -> Row {
        let leaf = Leaf::new(7, 1_000, body).unwrap();
        Row {
            seq: 7,
            at: 1_000,
            body: Some(leaf.body),
            mark: None,
            leaf: leaf.hash,
        }
    }

    #[test]
    fn a_leaf_holds_for_its_number_time_and_body_and_after_erasure() {
        let fresh = row(b"{}");
        assert!(fresh.holds());
        assert_eq!(fresh.parts().unwrap().1, b"{}");
        assert_ne!(row(b"{}").leaf, fresh.leaf, "the salt is fresh");
        let erased = Row {
            mark: Some(sha256(fresh.body.as_deref().unwrap())),
            body: None,
            ..row(b"{}")
        };
        assert!(!erased.holds());
        assert!(
            Row {
                leaf: fresh.leaf,
                ..erased
            }
            .holds()
        );
        assert!(
            !Row {
                seq: 8,
                ..row(b"{}")
            }
            .holds()
        );
        assert!(
            !Row {
                at: 1_001,
                ..row(b"{}")
            }
            .holds()
        );
        assert!(
            !Row {
                body: None,
                ..row(b"{}")
            }
            .holds()
        );
        let mut changed = row(b"{}");
        changed.body.as_mut().unwrap()[17] ^= 1;
        assert!(!changed.holds());
    }
}
