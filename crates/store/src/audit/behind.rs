//! The indexes follow the log, many entries behind it and some rows at each commit, as many as its entries have. Rows of one group
//! of entries would touch as many pages again as the entries themselves: so they are gathered and put in order before they are
//! written, and all rows of many groups at once would make whoever comes then wait. Whoever asks the log has it settled first, and then the indexes lead to
//! every entry.
//!
//! Up to which entry the indexes lead moves when all rows of a batch are there. After a kill some of them are there already: they
//! are written once more, which changes nothing.

use rusqlite::Connection;

use super::fill::indexed;
use super::index::IndexRows;
use super::leaf::said;
use crate::StoreError;
use crate::key::Names;
use crate::statements as sql;

/// So many entries are a batch.
const BATCH: i64 = 1_024;
/// Of so many entries rows are gathered at a commit at the least; of twice as many as it adds at the most.
const GATHER: i64 = 64;
/// A batch is written while so many entries come.
const WITHIN: usize = 896;
/// So many rows are written at one commit at the least.
const LEAST: usize = 32;

/// When the indexes have to lead to every entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Before the log is asked the next time; so many entries come with this group.
    Later(i64),
    /// When this group is committed.
    Now,
}

/// What is on its way into the indexes. Whose commit failed begins with a new one.
#[derive(Debug, Default)]
pub(super) struct Behind {
    /// Up to which entry the indexes lead, as the log says.
    indexed: i64,
    /// Up to which entry rows are gathered, or written.
    gathered: i64,
    gathering: IndexRows,
    batch: Option<Batch>,
}

/// Rows that are being written, in order.
#[derive(Debug)]
struct Batch {
    rows: IndexRows,
    /// How many rows there were.
    whole: usize,
    /// The last entry that they are of.
    upto: i64,
}

impl Behind {
    /// Goes on in the transaction of whoever calls: to the log's end when the indexes are needed.
    pub(super) fn follow(
        &mut self,
        log: &Connection,
        keys: &Names,
        size: i64,
        need: Need,
    ) -> Result<(), StoreError> {
        let (indexed, _) = indexed(log)?.unwrap_or((0, 0));
        if indexed != self.indexed || self.gathered < indexed {
            // Another process was here.
            *self = Self {
                indexed,
                gathered: indexed,
                ..Self::default()
            };
        }
        match need {
            Need::Later(new) => {
                let most = GATHER.max(new.saturating_mul(2));
                self.gather(log, keys, size.min(self.gathered + most))?;
                if self.batch.is_none() && self.gathered - self.indexed >= BATCH {
                    self.batch = Some(self.close());
                }
                let whole = self.batch.as_ref().map_or(0, |batch| batch.whole);
                let new = usize::try_from(new).unwrap_or(0).min(WITHIN);
                let step = whole * new / WITHIN;
                self.write(log, step.max(LEAST))
            }
            Need::Now => {
                self.gather(log, keys, size)?;
                self.write(log, usize::MAX)?;
                if self.gathered > self.indexed {
                    self.batch = Some(self.close());
                }
                self.write(log, usize::MAX)
            }
        }
    }

    fn gather(&mut self, log: &Connection, keys: &Names, upto: i64) -> Result<(), StoreError> {
        if upto <= self.gathered {
            return Ok(());
        }
        let mut entries = log.prepare_cached(sql::AUDIT_LOG_SAID_UPTO)?;
        let mut found = entries.query((self.gathered, upto))?;
        while let Some(row) = found.next()? {
            let body: Option<Vec<u8>> = row.get(1)?;
            if let Some(body) = body.as_deref().and_then(said) {
                self.gathering.add(keys, row.get(0)?, body);
            }
        }
        self.gathered = upto;
        Ok(())
    }

    /// What is gathered, to be written.
    fn close(&mut self) -> Batch {
        let mut rows = std::mem::take(&mut self.gathering);
        rows.sort();
        Batch {
            whole: rows.count(),
            upto: self.gathered,
            rows,
        }
    }

    fn write(&mut self, log: &Connection, most: usize) -> Result<(), StoreError> {
        let Some(batch) = &mut self.batch else {
            return Ok(());
        };
        batch.rows.write(log, most)?;
        if batch.rows.count() == 0 {
            self.indexed = batch.upto;
            log.prepare_cached(sql::AUDIT_INDEXED_SET)?
                .execute([batch.upto])?;
            self.batch = None;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
