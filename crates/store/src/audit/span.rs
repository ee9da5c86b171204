//! The times of each 256 entries: they lead from a period to the entries of it, whatever the clock did.

use rusqlite::Connection;

use super::tree;
use crate::StoreError;
use crate::statements as sql;

/// So many entries are a span.
pub(super) const LENGTH: u64 = 256;

/// Keeps the times of the `n`th span, which is complete.
pub(super) fn keep(log: &Connection, n: u64) -> Result<(), StoreError> {
    let (earliest, latest) = times(log, n)?.unwrap_or((0, 0));
    log.prepare_cached(sql::AUDIT_SPAN_ADD)?
        .execute((n.cast_signed(), earliest, latest))?;
    Ok(())
}

/// The earliest and the latest time of the `n`th span as far as it is there.
pub(super) fn times(log: &Connection, n: u64) -> Result<Option<(i64, i64)>, StoreError> {
    let (from, to) = (n * LENGTH, (n + 1) * LENGTH);
    between(log, from.cast_signed(), to.cast_signed())
}

/// The earliest and the latest time of the entries with numbers above the first, up to the second.
fn between(log: &Connection, above: i64, upto: i64) -> Result<Option<(i64, i64)>, StoreError> {
    let found: (Option<i64>, Option<i64>) = log
        .prepare_cached(sql::AUDIT_LOG_TIMES)?
        .query_row((above, upto), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(found.0.zip(found.1))
}

/// The latest time of the entries with numbers above this one: of whole spans what is kept of them, at most two spans' entries
/// besides.
pub(super) fn latest(log: &Connection, above: i64) -> Result<Option<i64>, StoreError> {
    let length = LENGTH.cast_signed();
    let first = (above + length - 1) / length;
    let whole = tree::size(log)?.cast_signed() / length;
    let begun = between(log, above, first * length)?;
    let spans: Option<i64> = log
        .prepare_cached(sql::AUDIT_SPAN_LATEST)?
        .query_row([first], |row| row.get(0))?;
    let tail = between(log, above.max(whole * length), i64::MAX)?;
    let ends = begun.into_iter().chain(tail).map(|(_, latest)| latest);
    Ok(ends.chain(spans).max())
}

/// Entries with numbers above the first and below the second may be of this period (milliseconds, both ends included);
/// no others are.
pub(super) fn within(
    log: &Connection,
    from: Option<i64>,
    until: Option<i64>,
) -> Result<(i64, i64), StoreError> {
    let size = tree::size(log)?;
    let whole = size / LENGTH;
    let tail = times(log, whole)?;
    let edge = |text: &str, at: i64| -> Result<Option<i64>, StoreError> {
        Ok(log
            .prepare_cached(text)?
            .query_row([at], |row| row.get(0))?)
    };
    let length = LENGTH.cast_signed();
    let above = match from {
        None => 0,
        Some(from) => match edge(sql::AUDIT_SPAN_FIRST, from)? {
            Some(n) => n * length,
            None => whole.cast_signed() * length,
        },
    };
    let below = match until {
        None => i64::MAX,
        Some(until) if tail.is_some_and(|(earliest, _)| earliest <= until) => i64::MAX,
        Some(until) => match edge(sql::AUDIT_SPAN_LAST, until)? {
            Some(n) => (n + 1) * length + 1,
            None => 0,
        },
    };
    Ok((above, below))
}
