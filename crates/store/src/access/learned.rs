//! What was learned of the access rows by looking, kept for whoever asks next. It is of one state of the rows: their changes are
//! counted in the transactions that make them, by whichever process, and what was learned of an earlier state is forgotten.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rustc_hash::{FxHashMap, FxHashSet};

use super::guard::Absent;
use crate::StoreError;
use crate::statements as sql;

/// So many relations are kept; then all are forgotten.
const MOST: usize = 200_000;
/// More patients than this who deny something are not kept: they are looked up one by one.
const MOST_DENYING: usize = 10_000;

/// What one store has learned.
#[derive(Debug, Default)]
pub(crate) struct Learned(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// The state that it is of. States count from 1.
    state: i64,
    absent: Option<Absent>,
    denying: Option<Denying>,
    /// By who treats and who is treated.
    care: FxHashMap<(i64, i64), Treats>,
}

/// The patients who deny something; none when they are too many.
type Denying = Option<Arc<FxHashSet<i64>>>;

/// Whether somebody treats somebody, for times within `[since, until)`.
#[derive(Clone, Copy, Debug)]
struct Treats {
    holds: bool,
    since: i64,
    until: i64,
}

/// What was learned, for a connection within one read transaction.
pub(crate) struct AsOf<'a> {
    pub(super) connection: &'a Connection,
    learned: &'a Learned,
    state: i64,
}

impl<'a> AsOf<'a> {
    /// Looks which state the connection's transaction shows.
    pub(crate) fn look(
        connection: &'a Connection,
        learned: &'a Learned,
    ) -> Result<Self, StoreError> {
        let mut state = connection.prepare_cached(sql::ACCESS_STATE)?;
        let state = state.query_row([], |row| row.get(0))?;
        Ok(Self {
            connection,
            learned,
            state,
        })
    }

    fn kept(&self) -> MutexGuard<'a, Kept> {
        let lock = self.learned.0.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }

    fn recall<T>(&self, find: impl FnOnce(&Kept) -> Option<T>) -> Option<T> {
        let kept = self.kept();
        (kept.state == self.state).then(|| find(&kept)).flatten()
    }

    /// Keeps what was found, unless somebody has seen a later state meanwhile.
    fn keep(&self, put: impl FnOnce(&mut Kept)) {
        let mut kept = self.kept();
        if kept.state < self.state || kept.care.len() >= MOST {
            *kept = Kept {
                state: kept.state.max(self.state),
                ..Kept::default()
            };
        }
        if kept.state == self.state {
            put(&mut kept);
        }
    }

    /// What no resource has and no Consent denies.
    pub(crate) fn absent(&self) -> Result<Absent, StoreError> {
        if let Some(known) = self.recall(|kept| kept.absent) {
            return Ok(known);
        }
        let found = Absent::look(self.connection)?;
        self.keep(|kept| kept.absent = Some(found));
        Ok(found)
    }

    /// Whether somebody treats a patient now (milliseconds since 1970).
    pub(super) fn treats(&self, actor: i64, patient: i64, now: i64) -> Result<bool, StoreError> {
        let pair = (actor, patient);
        let known = self.recall(|kept| kept.care.get(&pair).copied());
        if let Some(known) = known.filter(|t| t.since <= now && now < t.until) {
            return Ok(known.holds);
        }
        let found = spans(self.connection, pair, now)?;
        self.keep(|kept| {
            kept.care.insert(pair, found);
        });
        Ok(found.holds)
    }

    /// Whether a Consent of the patient denies anything to anybody.
    pub(super) fn denies(&self, patient: i64) -> Result<bool, StoreError> {
        let known = self.recall(|kept| kept.denying.clone());
        let denying = match known {
            Some(known) => known,
            None => {
                let found = denying(self.connection)?;
                self.keep(|kept| kept.denying = Some(found.clone()));
                found
            }
        };
        match denying {
            Some(all) => Ok(all.contains(&patient)),
            None => Ok(self
                .connection
                .prepare_cached(sql::DENY_FOR)?
                .exists([patient])?),
        }
    }
}

/// Counts a change of the access rows, in the transaction that makes it.
pub(crate) fn access_changed(tx: &Connection) -> Result<(), StoreError> {
    tx.prepare_cached(sql::ACCESS_CHANGED)?.execute([])?;
    Ok(())
}

/// Whether one of the spans in which somebody treats somebody holds now; and until when that is so.
fn spans(
    connection: &Connection,
    (actor, patient): (i64, i64),
    now: i64,
) -> Result<Treats, StoreError> {
    let mut statement = connection.prepare_cached(sql::CARE_SPANS)?;
    let mut rows = statement.query([actor, patient])?;
    let mut next = i64::MAX;
    while let Some(row) = rows.next()? {
        let (since, until) = (row.get(0)?, row.get(1)?);
        if since <= now && now < until {
            return Ok(Treats {
                holds: true,
                since,
                until,
            });
        }
        if now < since {
            next = next.min(since);
        }
    }
    Ok(Treats {
        holds: false,
        since: now,
        until: next,
    })
}

fn denying(connection: &Connection) -> Result<Denying, StoreError> {
    let mut statement = connection.prepare_cached(sql::DENY_PATIENTS)?;
    let most = i64::try_from(MOST_DENYING + 1).unwrap_or(i64::MAX);
    let found = statement.query_map([most], |row| row.get(0))?;
    let all: FxHashSet<i64> = found.collect::<rusqlite::Result<_>>()?;
    Ok((all.len() <= MOST_DENYING).then(|| Arc::new(all)))
}
