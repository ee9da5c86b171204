//! Searching: carries out a [`Query`] against the index.
//!
//! Hooks for the translator (`translate/`): everything below that answers "not there yet" is to be filled in; the
//! signatures are what the rest of the crate calls. SQL is built only in `translate/`. A search runs within one read
//! transaction of the connection it is given; `Condition::find` also runs inside the writer's transaction.

use aceso_fhir::search::{Clause, Query};
use aceso_policy::{Action, Caller};
use rusqlite::Connection;

use crate::key::Keys;
use crate::reach::{Limit, limit};
use crate::{ReadError, StoreError, Stored};

/// Matches and what came along with them.
#[derive(Debug, Default)]
pub struct SearchPage {
    /// The matches in order.
    pub matches: Vec<Stored>,
    /// What `_include` and `_revinclude` brought.
    pub included: Vec<Stored>,
    /// How many match in all, when asked for or known at no cost.
    pub total: Option<u64>,
    /// Opaque mark of the next page; none at the end.
    pub next: Option<String>,
}

/// A page of matches with what comes along. What comes along is limited to what `included` reaches.
pub(crate) fn page(
    _connection: &mut Connection,
    _keys: &Keys,
    _query: &Query,
    _included: &Reachable,
) -> Result<SearchPage, ReadError> {
    Err(ReadError::BadQuery("searching is not there yet".to_owned()))
}

/// The condition of a conditional act.
#[derive(Debug)]
pub(crate) struct Condition {
    query: Query,
}

impl Condition {
    pub(crate) const fn new(query: Query) -> Self {
        Self { query }
    }

    /// The keys of at most two matches, in order of their keys.
    pub(crate) fn find(
        &self,
        _connection: &Connection,
        _keys: &Keys,
    ) -> Result<Vec<i64>, StoreError> {
        let _ = &self.query;
        Err(StoreError::text("searching is not there yet"))
    }
}

/// Narrows a query to what the caller may see: per type the limit that a decision left.
pub(crate) fn restrict(query: &mut Query, limits: &[(&'static str, Limit)]) {
    if let (Some(_), [(_, limit)]) = (query.kind, limits) {
        if let Limit::Clause(clause) = limit {
            query.clauses.push(clause.clone());
        }
        return;
    }
    query.types = match query.types.as_slice() {
        [] => limits.iter().map(|(kind, _)| *kind).collect(),
        asked => asked
            .iter()
            .copied()
            .filter(|t| limits.iter().any(|(kind, _)| kind == t))
            .collect(),
    };
    if limits
        .iter()
        .any(|(_, limit)| matches!(limit, Limit::Clause(_)))
    {
        let one = |(kind, limit): &(&'static str, Limit)| {
            let mut all = vec![Clause::Kind(vec![kind])];
            if let Limit::Clause(clause) = limit {
                all.push(clause.clone());
            }
            Clause::All(all)
        };
        query
            .clauses
            .push(Clause::Any(limits.iter().map(one).collect()));
    }
}

/// What a caller may see of what comes along with a search's matches.
pub(crate) struct Reachable(Caller);

impl Reachable {
    pub(crate) fn new(caller: &Caller) -> Self {
        Self(caller.clone())
    }

    /// The limit for a type; none when the caller may not read it at all.
    pub(crate) fn limit(&self, kind: &'static str) -> Option<Limit> {
        limit(&self.0, Action::Read, kind).ok()
    }
}
