//! Whether the indexes agree with the entries. Each row counts as a hash under a key of this one check; sums of them are
//! the same exactly when the rows are, and only when they are not is the log gone through again to name the first.

use aceso_vault::{KeyedHash, random};
use rusqlite::Connection;
use rustc_hash::FxHashSet;

use super::fill::indexed;
use super::index::IndexRows;
use super::leaf::Row;
use super::span;
use crate::StoreError;
use crate::key::Names;
use crate::statements as sql;

const PAGE: i64 = 1000;
/// The indexes are some thousand entries behind at the most: of more than that no rows need to be there.
const AHEAD: usize = 1 << 18;

type Wrong = Option<(String, String)>;

/// How many rows there are, and the sum of their hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    count: u64,
    hashes: u64,
}

impl Sum {
    fn add(&mut self, hash: u64) {
        self.count += 1;
        self.hashes = self.hashes.wrapping_add(hash);
    }
}

/// The comparison of the indexes with the entries, as far as these have been seen.
pub(super) struct Agree<'a> {
    log: &'a Connection,
    keys: Names,
    hash: KeyedHash,
    /// Up to here the indexes say more than the entries.
    old: i64,
    /// Up to here the indexes are filled.
    upto: i64,
    sums: [Sum; 3],
    spans: Sum,
    /// The earliest and the latest time of the span that is being seen.
    times: Option<(i64, i64)>,
    rows: IndexRows,
    /// Rows of entries that the indexes need not lead to yet: some of them may be there.
    ahead: [FxHashSet<(i64, i64)>; 3],
}

const TABLES: [(&str, &str, &str); 3] = [
    (
        "audit_patient",
        sql::AUDIT_PATIENT_ALL,
        sql::AUDIT_PATIENT_BEFORE,
    ),
    ("audit_who", sql::AUDIT_WHO_ALL, sql::AUDIT_WHO_BEFORE),
    ("audit_kind", sql::AUDIT_KIND_ALL, sql::AUDIT_KIND_BEFORE),
];

impl<'a> Agree<'a> {
    pub(super) fn new(log: &'a Connection, keys: &Names) -> Result<Self, StoreError> {
        let key = random::<16>().map_err(|_| StoreError::text("the random generator failed"))?;
        let (upto, old) = indexed(log)?.unwrap_or((0, 0));
        Ok(Self {
            log,
            keys: keys.clone(),
            hash: KeyedHash::new(key),
            old,
            upto,
            sums: [Sum::default(); 3],
            spans: Sum::default(),
            times: None,
            rows: IndexRows::default(),
            ahead: Default::default(),
        })
    }

    /// Takes in the rows that an entry must have.
    pub(super) fn entry(&mut self, row: &Row) -> Wrong {
        let (earliest, latest) = self.times.unwrap_or((row.at, row.at));
        self.times = Some((earliest.min(row.at), latest.max(row.at)));
        let size = row.seq.cast_unsigned();
        if size.is_multiple_of(span::LENGTH)
            && let Some((earliest, latest)) = self.times.take()
        {
            let n = (size / span::LENGTH - 1).cast_signed();
            self.spans.add(self.hash.numbers(&[n, earliest, latest]));
        }
        let body = row.said()?;
        if row.seq <= self.old {
            // Only bodies of the older form may be of before the indexes.
            return (body.first() != Some(&b'{')).then(|| {
                let what = "the indexes are said to be older than this entry";
                (format!("audit {}", row.seq), what.to_owned())
            });
        }
        self.rows.add(&self.keys, row.seq, body);
        if row.seq > self.upto {
            for (ahead, rows) in self.ahead.iter_mut().zip(self.rows.tables()) {
                let room = AHEAD.saturating_sub(ahead.len());
                ahead.extend(rows.drain(..).take(room));
            }
            return None;
        }
        for (sum, rows) in self.sums.iter_mut().zip(self.rows.tables()) {
            rows.sort_unstable();
            rows.dedup();
            for (key, seq) in rows.drain(..) {
                sum.add(self.hash.numbers(&[key, seq]));
            }
        }
        None
    }

    /// Compares, when all entries have been taken in.
    pub(super) fn end(&self, size: u64) -> Result<Wrong, StoreError> {
        for (((table, all, _), sum), ahead) in TABLES.into_iter().zip(self.sums).zip(&self.ahead) {
            let have = self.table(all, ahead)?;
            if have != sum {
                let counts = (have.count, sum.count);
                return self.first(table, size, counts).map(Some);
            }
        }
        if self.table_of_spans()? != self.spans {
            let what = "the times of spans are not those of the entries";
            return Ok(Some(("table audit_span".to_owned(), what.to_owned())));
        }
        Ok(None)
    }

    /// The rows that are there, but for those that may be there already.
    fn table(&self, text: &str, ahead: &FxHashSet<(i64, i64)>) -> Result<Sum, StoreError> {
        let mut sum = Sum::default();
        let mut after = (i64::MIN, i64::MIN);
        let mut statement = self.log.prepare_cached(text)?;
        loop {
            let mut rows = statement.query((after.0, after.1, PAGE))?;
            let mut more = 0;
            while let Some(row) = rows.next()? {
                after = (row.get(0)?, row.get(1)?);
                more += 1;
                let is_early = after.1 > self.upto && ahead.contains(&after);
                if after.1 > self.old && !is_early {
                    sum.add(self.hash.numbers(&[after.0, after.1]));
                }
            }
            if more < PAGE {
                return Ok(sum);
            }
        }
    }

    fn table_of_spans(&self) -> Result<Sum, StoreError> {
        let mut sum = Sum::default();
        let mut after = -1;
        let mut statement = self.log.prepare_cached(sql::AUDIT_SPAN_ALL)?;
        loop {
            let mut rows = statement.query((after, PAGE))?;
            let mut more = 0;
            while let Some(row) = rows.next()? {
                after = row.get(0)?;
                more += 1;
                sum.add(self.hash.numbers(&[after, row.get(1)?, row.get(2)?]));
            }
            if more < PAGE {
                return Ok(sum);
            }
        }
    }

    /// Whether every row that an entry must have is there.
    pub(super) fn leads_to(&self, row: &Row) -> Result<Wrong, StoreError> {
        if row.seq <= self.old || row.seq > self.upto {
            return Ok(None);
        }
        let mut rows = IndexRows::default();
        rows.add(&self.keys, row.seq, row.said().unwrap_or_default());
        for ((table, _, before), wanted) in TABLES.into_iter().zip(rows.tables()) {
            let mut there = self.log.prepare_cached(before)?;
            for (key, seq) in wanted.drain(..) {
                if !there.exists((key, seq - 1, seq + 1, 1))? {
                    let what = format!("{table} does not lead to this entry");
                    return Ok(Some((format!("audit {seq}"), what)));
                }
            }
        }
        Ok(None)
    }

    /// The first entry that lacks a row; when none does, there are rows too many.
    fn first(
        &self,
        table: &str,
        size: u64,
        counts: (u64, u64),
    ) -> Result<(String, String), StoreError> {
        let mut after = self.old;
        let mut page = self.log.prepare_cached(sql::AUDIT_LOG_AFTER)?;
        while after < size.cast_signed() {
            let found: Vec<Row> = page
                .query_map((after, PAGE), Row::read)?
                .collect::<Result<_, _>>()?;
            for row in &found {
                after = row.seq;
                if let Some(wrong) = self.leads_to(row)? {
                    return Ok(wrong);
                }
            }
            if found.is_empty() {
                break;
            }
        }
        let what = format!(
            "{} rows where {} are expected: some lead to entries that are of something else",
            counts.0, counts.1
        );
        Ok((format!("table {table}"), what))
    }
}
