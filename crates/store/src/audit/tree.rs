//! The tree's hashes at rest: leaves stand with the entries, roots of complete subtrees in tiles of 256.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aceso_vault::Keyring;
use aceso_vault::tree::{Edge, Hash, HeadSigner};
use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;
use crate::statements as sql;

/// The last signed head, beside the database.
pub(super) const HEAD_FILE: &str = "audit.head";
/// A tile's root stands over 2^8 hashes of the level below.
pub(super) const TILE: u32 = 8;

/// What signs the heads.
pub(super) fn signer(keyring: &Keyring) -> Result<HeadSigner, StoreError> {
    keyring
        .head_signer()
        .ok_or_else(|| StoreError::text("the audit log's signing key cannot be made"))
}

/// How many entries there are.
pub(super) fn size(log: &Connection) -> Result<u64, StoreError> {
    let last: Option<i64> = log
        .prepare_cached(sql::AUDIT_LOG_LAST)?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0).cast_unsigned())
}

/// The right edge of the tree of so many entries.
pub(super) fn edge(log: &Connection, size: u64) -> Result<Edge, StoreError> {
    let mut peaks = Vec::new();
    let mut at = 0;
    while at < size {
        let height = 63 - (size - at).leading_zeros();
        peaks.push(complete(log, height, at >> height)?);
        at += 1 << height;
    }
    Edge::new(size, peaks).ok_or_else(|| StoreError::text("the audit log's tree is incomplete"))
}

/// The root of the `n`th complete subtree of 2^height leaves.
pub(super) fn complete(log: &Connection, height: u32, n: u64) -> Result<Hash, StoreError> {
    let (level, above) = (height / TILE, height % TILE);
    let (from, to) = ((n << above).cast_signed(), ((n + 1) << above).cast_signed());
    let hashes: Vec<Hash> = if level == 0 {
        let mut leaves = log.prepare_cached(sql::AUDIT_LOG_LEAVES)?;
        leaves
            .query_map((from, to), |row| row.get(0))?
            .collect::<Result<_, _>>()?
    } else {
        let mut tiles = log.prepare_cached(sql::AUDIT_TILE_SOME)?;
        tiles
            .query_map((level, from, to), |row| row.get(0))?
            .collect::<Result<_, _>>()?
    };
    if hashes.len() != 1 << above {
        return Err(StoreError(format!(
            "the audit log's tree lacks hashes at height {height}, place {n}"
        )));
    }
    let mut edge = Edge::default();
    for hash in hashes {
        edge.push(hash, &mut |_, _| {});
    }
    Ok(edge.root())
}

/// Appends a leaf, and keeps the roots of the tiles that it completes.
pub(super) fn push(log: &Connection, edge: &mut Edge, leaf: Hash) -> Result<(), StoreError> {
    let mut done = Vec::new();
    edge.push(leaf, &mut |height, root| {
        if height.is_multiple_of(TILE) {
            done.push((height, *root));
        }
    });
    for (height, root) in done {
        let n = (edge.size() >> height) - 1;
        log.prepare_cached(sql::AUDIT_TILE_ADD)?.execute((
            height / TILE,
            n.cast_signed(),
            root.as_slice(),
        ))?;
    }
    Ok(())
}

/// Writes the head beside its place and moves it there.
pub(super) fn write_head(dir: &Path, note: &str) -> std::io::Result<()> {
    let beside = dir.join("audit.head.new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(note.as_bytes())?;
    // Without this a disk that loses its power may keep the new name and not what is in the file.
    file.sync_data()?;
    fs::rename(&beside, dir.join(HEAD_FILE))
}
