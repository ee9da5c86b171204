//! Older versions, read in step with the current ones.

use std::collections::VecDeque;

use rusqlite::Connection;

use super::PAGE;
use crate::key::Keys;
use crate::statements as sql;
use crate::stored::from_row;
use crate::{StoreError, Stored};

/// An older version as it stands in the table.
pub(super) struct Older {
    pub(super) key: i64,
    pub(super) version: i64,
    pub(super) found: Result<Stored, StoreError>,
}

/// The table of older versions in the order of keys.
pub(super) struct Versions {
    after: (i64, i64),
    page: VecDeque<Older>,
    over: bool,
}

impl Versions {
    /// Those of keys greater than this.
    pub(super) const fn after(key: i64) -> Self {
        Self {
            after: (key, i64::MAX),
            page: VecDeque::new(),
            over: false,
        }
    }

    /// The next, if it is of this key or of one before.
    pub(super) fn next_upto(
        &mut self,
        record: &Connection,
        keys: &Keys,
        key: i64,
    ) -> Result<Option<Older>, StoreError> {
        if self.page.is_empty() && !self.over {
            self.read(record, keys)?;
        }
        match self.page.front() {
            Some(first) if first.key <= key => Ok(self.page.pop_front()),
            Some(_) | None => Ok(None),
        }
    }

    fn read(&mut self, record: &Connection, keys: &Keys) -> Result<(), StoreError> {
        let mut statement = record.prepare_cached(sql::HIST_AFTER)?;
        let mut rows = statement.query((self.after.0, self.after.1, PAGE))?;
        while let Some(row) = rows.next()? {
            let (key, version) = (row.get(0)?, row.get(1)?);
            let found = from_row(keys, row).map(|(_, stored)| stored);
            self.after = (key, version);
            self.page.push_back(Older {
                key,
                version,
                found,
            });
        }
        self.over = self.page.is_empty();
        Ok(())
    }
}
