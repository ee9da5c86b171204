//! Entries into the log: leaf and tree, in the transaction of whoever calls.

use std::iter::Peekable;

use aceso_base::Instant;
use aceso_vault::Keyring;
use aceso_vault::tree::Edge;
use rusqlite::{Connection, OptionalExtension};

use super::Entry;
use super::leaf::Leaf;
use super::{signer, span, tree};
use crate::StoreError;
use crate::statements as sql;

const TAKE: i64 = 4096;
/// The log signs its head after so many entries …
const HEAD_EVERY: u64 = 1_000;
/// … or when its last head is this old and there are new entries.
const HEAD_WITHIN_MILLIS: i64 = 60_000;

/// Signs a head when one is due; answers the size and time of the last one, and the new one if there is.
pub(super) fn sign(
    log: &Connection,
    edge: &Edge,
    keyring: &Keyring,
    now: Instant,
) -> Result<((u64, i64), Option<String>), StoreError> {
    let last = log
        .prepare_cached(sql::AUDIT_HEAD_LAST)?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))
        .optional()?;
    let (size, at) = last.unwrap_or((0, 0));
    let size = size.cast_unsigned();
    let new = edge.size().saturating_sub(size);
    if new == 0 || (new < HEAD_EVERY && !is_old(at, now)) {
        return Ok(((size, at), None));
    }
    let note = signer::of_size(log, keyring, edge.size())?.sign(edge.size(), edge.root());
    log.prepare_cached(sql::AUDIT_HEAD_ADD)?.execute((
        edge.size().cast_signed(),
        now.millis(),
        &note,
    ))?;
    Ok(((edge.size(), now.millis()), Some(note)))
}

/// Whether another head is due after one of this time; one of a time that has not come was signed by a clock that was wrong.
pub(super) fn is_old(at: i64, now: Instant) -> bool {
    !(0..HEAD_WITHIN_MILLIS).contains(&(now.millis() - at))
}

/// A group that is being appended.
pub(super) struct Appending<'a> {
    pub(super) log: &'a Connection,
    pub(super) edge: &'a mut Edge,
}

impl Appending<'_> {
    /// These entries.
    pub(super) fn entries(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        for entry in entries {
            self.one(entry.at.millis(), &entry.body)?;
        }
        Ok(())
    }

    /// What the record holds for the log, and these entries, in the order of their times.
    pub(super) fn together<'e>(
        &mut self,
        record: Option<&Connection>,
        entries: impl Iterator<Item = &'e Entry>,
    ) -> Result<(), StoreError> {
        let mut entries = entries.peekable();
        if let Some(record) = record {
            while self.take(record, &mut entries)? == TAKE {}
        }
        entries.try_for_each(|entry| self.one(entry.at.millis(), &entry.body))
    }

    /// Takes over at most [`TAKE`] entries that writes left in the record, after those that came before them; answers how many.
    fn take<'e>(
        &mut self,
        record: &Connection,
        before: &mut Peekable<impl Iterator<Item = &'e Entry>>,
    ) -> Result<i64, StoreError> {
        let taken: i64 = self
            .log
            .prepare_cached(sql::AUDIT_TAKEN)?
            .query_row([], |row| row.get(0))?;
        let mut upto = taken;
        let mut count = 0;
        let mut after = record.prepare_cached(sql::AUDIT_OUT_AFTER)?;
        let mut rows = after.query((taken, TAKE))?;
        while let Some(row) = rows.next()? {
            upto = row.get(0)?;
            count += 1;
            let at: i64 = row.get(1)?;
            while let Some(entry) = before.next_if(|entry| entry.at.millis() < at) {
                self.one(entry.at.millis(), &entry.body)?;
            }
            let body = row.get_ref(2)?;
            let body = body.as_blob().map_err(|e| StoreError(e.to_string()))?;
            self.one(at, body)?;
        }
        if upto != taken {
            self.log
                .prepare_cached(sql::AUDIT_TAKEN_SET)?
                .execute([upto])?;
        }
        Ok(count)
    }

    fn one(&mut self, at: i64, body: &[u8]) -> Result<(), StoreError> {
        append(self.log, self.edge, at, body)
    }
}

pub(super) fn append(
    log: &Connection,
    edge: &mut Edge,
    at: i64,
    body: &[u8],
) -> Result<(), StoreError> {
    let seq = edge.size().cast_signed() + 1;
    let leaf = Leaf::new(seq, at, body)?;
    log.prepare_cached(sql::AUDIT_LOG_ADD)?
        .execute((seq, at, &leaf.body, leaf.hash.as_slice()))?;
    tree::push(log, edge, leaf.hash)?;
    if edge.size().is_multiple_of(span::LENGTH) {
        span::keep(log, edge.size() / span::LENGTH - 1)?;
    }
    Ok(())
}
