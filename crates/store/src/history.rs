//! Versions of a resource, a type, or everything; newest first.

use aceso_base::Instant;
use rusqlite::Connection;

use crate::engine::Snapshot;
use crate::key::{Keys, kind_code};
use crate::reach::Limit;
use crate::reading::current;
use crate::statements::{HIST_COUNT, HIST_KIND, HIST_OF, HIST_ONE, RES_KIND, RES_ONE};
use crate::stored::from_row;
use crate::{ReadError, StoreError, Stored};

/// Which history.
#[derive(Clone, Debug, Default)]
pub struct HistoryQuery {
    /// Of this type; all types when none.
    pub kind: Option<&'static str>,
    /// Of this resource (needs `kind`).
    pub id: Option<String>,
    /// Only versions made at or after this time.
    pub since: Option<Instant>,
    /// Only versions that were current at some time in this half-open span.
    pub at: Option<(Instant, Instant)>,
    /// At most this many; a page.
    pub count: u32,
    /// Where to go on, from [`HistoryPage::next`].
    pub cursor: Option<String>,
}

/// Versions, newest first.
#[derive(Debug, Default)]
pub struct HistoryPage {
    /// The versions.
    pub versions: Vec<Stored>,
    /// How many there are in all; known for the history of one resource without conditions.
    pub total: Option<u64>,
    /// Opaque mark of the next page.
    pub next: Option<String>,
}

impl HistoryQuery {
    pub(crate) fn describe(&self) -> String {
        match (self.kind, &self.id) {
            (Some(kind), Some(id)) => [kind, "/", id].concat(),
            (Some(kind), None) => kind.to_owned(),
            (None, _) => String::new(),
        }
    }
}

/// A place in the order: (updated, key, version), descending.
type Mark = (i64, i64, i64);

pub(crate) fn page(
    connection: &mut Connection,
    keys: &Keys,
    query: &HistoryQuery,
    kinds: &[(&'static str, Limit)],
) -> Result<HistoryPage, ReadError> {
    let snapshot = Snapshot::new(connection)?;
    let mut mark = match &query.cursor {
        Some(text) => parse_mark(text)?,
        None => (i64::MAX, i64::MAX, i64::MAX),
    };
    let want = usize::try_from(query.count).unwrap_or(usize::MAX);
    let mut page = HistoryPage::default();
    if let (Some(kind), Some(id)) = (query.kind, &query.id) {
        let found = current(&snapshot, keys, kind, id)?.ok_or(ReadError::Unknown)?;
        let key = keys.of(kind, id);
        if query.since.is_none() && query.at.is_none() {
            let old: i64 = snapshot
                .prepare_cached(HIST_COUNT)?
                .query_row([key], |row| row.get(0))?;
            page.total = u64::try_from(old + 1).ok();
        }
        let limit = one_limit(kinds, kind)?;
        if !limit.covers_all() {
            page.total = page.total.filter(|_| matches!(limit, Limit::Consent(_)));
            if !limit.covers(&snapshot, keys, &found)? {
                return Err(ReadError::Unknown);
            }
        }
    }
    loop {
        let batch = batch(&snapshot, keys, query, kinds, mark, want + 1)?;
        let full = batch.len() > want;
        for (at, stored) in batch {
            if query.since.is_some_and(|since| stored.updated < since) {
                return Ok(page);
            }
            if page.versions.len() == want {
                page.next = Some(format!("{}.{}.{}", mark.0, mark.1, mark.2));
                return Ok(page);
            }
            mark = at;
            if shown(&snapshot, keys, query, kinds, (at.1, &stored))? {
                page.versions.push(stored);
            }
        }
        if !full {
            return Ok(page);
        }
    }
}

fn one_limit<'a>(kinds: &'a [(&'static str, Limit)], kind: &str) -> Result<&'a Limit, ReadError> {
    kinds
        .iter()
        .find(|(k, _)| *k == kind)
        .map(|(_, limit)| limit)
        .ok_or(ReadError::Forbidden)
}

fn shown(
    connection: &Connection,
    keys: &Keys,
    query: &HistoryQuery,
    kinds: &[(&'static str, Limit)],
    (key, stored): (i64, &Stored),
) -> Result<bool, ReadError> {
    if let Some((start, end)) = query.at {
        let superseded = next_made(connection, key, stored.version)?;
        if stored.updated >= end || superseded.is_some_and(|next| next <= start) {
            return Ok(false);
        }
    }
    let limit = one_limit(kinds, stored.kind)?;
    if limit.covers_all() {
        return Ok(true);
    }
    // What is beyond reach now stays so, and so does what was beyond reach as it stood then.
    let mut statement = connection.prepare_cached(RES_ONE)?;
    let mut rows = statement.query([key])?;
    let now = match rows.next()? {
        Some(row) => from_row(keys, row)?.1,
        None => return Ok(false),
    };
    Ok(limit.covers(connection, keys, &now)?
        && (now.version == stored.version || limit.covers_version(connection, keys, stored)?))
}

/// When the version after this one was made.
fn next_made(
    connection: &Connection,
    key: i64,
    version: u64,
) -> Result<Option<Instant>, StoreError> {
    let next = version.cast_signed() + 1;
    let mut old = connection.prepare_cached(HIST_ONE)?;
    let mut rows = old.query((key, next))?;
    if let Some(row) = rows.next()? {
        return Ok(Some(Instant::from_millis(row.get(4)?)));
    }
    let mut now = connection.prepare_cached(RES_ONE)?;
    let mut rows = now.query([key])?;
    match rows.next()? {
        Some(row) if row.get::<_, i64>(1)? == next => Ok(Some(Instant::from_millis(row.get(4)?))),
        Some(_) => Ok(None),
        None => Ok(None),
    }
}

/// At least `limit` versions after the mark, unless there are fewer; in order.
fn batch(
    connection: &Connection,
    keys: &Keys,
    query: &HistoryQuery,
    kinds: &[(&'static str, Limit)],
    mark: Mark,
    limit: usize,
) -> Result<Vec<(Mark, Stored)>, ReadError> {
    let rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    if let (Some(kind), Some(id)) = (query.kind, &query.id) {
        let key = keys.of(kind, id);
        collect(connection, keys, RES_ONE, [key], &mut found)?;
        found.retain(|(at, _)| at.2 < mark.2);
        collect(connection, keys, HIST_OF, (key, mark.2, rows), &mut found)?;
    } else {
        for (kind, _) in kinds {
            let code = kind_code(kind).map(i64::from).unwrap_or(-1);
            collect(
                connection,
                keys,
                RES_KIND,
                (code, mark.0, mark.1, rows),
                &mut found,
            )?;
            collect(
                connection,
                keys,
                HIST_KIND,
                (code, mark.0, mark.1, mark.2, rows),
                &mut found,
            )?;
        }
        found.sort_unstable_by_key(|(at, _)| std::cmp::Reverse(*at));
    }
    found.truncate(limit);
    Ok(found)
}

fn collect(
    connection: &Connection,
    keys: &Keys,
    sql: &str,
    parameters: impl rusqlite::Params,
    found: &mut Vec<(Mark, Stored)>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        let (key, stored) = from_row(keys, row)?;
        found.push((
            (stored.updated.millis(), key, stored.version.cast_signed()),
            stored,
        ));
    }
    Ok(())
}

fn parse_mark(text: &str) -> Result<Mark, ReadError> {
    let mut parts = text.split('.').map(str::parse::<i64>);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Ok(updated)), Some(Ok(key)), Some(Ok(version)), None) => Ok((updated, key, version)),
        _ => Err(ReadError::BadQuery(
            "the page's mark is not one that this server gave: follow the links as they are"
                .to_owned(),
        )),
    }
}
