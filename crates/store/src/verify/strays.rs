//! Index rows that belong to no resource, or that their resource does not have (any more).

use rusqlite::{Connection, OptionalExtension};
use rustc_hash::FxHashMap;

use super::cells::{Cells, TABLES};
use super::resources::{Wanted, wanted};
use super::{Check, REBUILD, count};
use crate::StoreError;
use crate::key::kind_name;
use crate::statements as sql;

const PAGE: i64 = 500;
/// So many resources' rows are kept at hand.
const AT_HAND: usize = 4096;

/// The rows of resources looked at lately.
#[derive(Default)]
pub(super) struct Lately(FxHashMap<i64, Option<Wanted>>);

impl Check<'_> {
    /// A table that has as many rows as were found in place has none too many; another is looked through.
    pub(super) fn tables(&mut self) -> Result<(), StoreError> {
        let mut lately = Lately::default();
        for (number, table) in TABLES.iter().enumerate() {
            let have = count(&self.record, table.name)?;
            let present = self.present.get(number).copied().unwrap_or(0);
            let mut left = have.saturating_sub(present);
            let mut after = Some(table.least());
            while let Some(from) = after.filter(|_| left > 0) {
                let before = self.report.strays.len();
                after = self.strays(number, &from, &mut lately)?;
                let found = self.report.strays.len() - before;
                left = left.saturating_sub(u64::try_from(found).unwrap_or(0));
            }
        }
        Ok(())
    }

    /// Looks through a page of the table; answers where it ended, or none at the end of the table.
    pub(super) fn strays(
        &mut self,
        number: usize,
        after: &Cells,
        lately: &mut Lately,
    ) -> Result<Option<Cells>, StoreError> {
        let Some(table) = TABLES.get(number) else {
            return Ok(None);
        };
        let page = table.page(&self.record, after, PAGE)?;
        let last = page.last().cloned();
        for row in page {
            let Some(key) = table.owner(&row) else {
                continue;
            };
            if !lately.has(self, number, key, &row)? {
                let place = name(&self.record, key)?;
                let what = format!("index row too many: {}", table.describe(&row));
                self.find(&place, &what, REBUILD);
                self.report.strays.push((number, row));
            }
        }
        Ok(last)
    }
}

impl Lately {
    fn has(
        &mut self,
        check: &Check<'_>,
        number: usize,
        key: i64,
        row: &Cells,
    ) -> Result<bool, StoreError> {
        if self.0.len() > AT_HAND {
            self.0.clear();
        }
        let rows = match self.0.get(&key) {
            Some(rows) => rows,
            None => {
                let rows = wanted(&check.record, &check.keys, key)?;
                self.0.entry(key).or_insert(rows)
            }
        };
        // What cannot be read is found wrong itself; that it has too many rows cannot be said.
        Ok(rows.as_ref().is_none_or(|rows| {
            let rows = rows.get(number);
            rows.is_some_and(|rows| rows.contains(row))
        }))
    }
}

/// A resource by its key, for people.
fn name(record: &Connection, key: i64) -> Result<String, StoreError> {
    let mut statement = record.prepare_cached(sql::RES_ONE)?;
    let found = statement
        .query_row([key], |row| {
            Ok((row.get::<_, i64>(2)?, row.get::<_, String>(3)?))
        })
        .optional()?;
    Ok(found.map_or_else(
        || format!("key {key}, which no resource has"),
        |(kind, id)| format!("{}/{id}", kind_name(kind).unwrap_or("?")),
    ))
}
