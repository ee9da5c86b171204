//! Searching: carries out a [`Query`] against the index, within one read transaction.

mod confine;
mod include;
mod paging;
mod run;
mod sort;

use aceso_fhir::definitions::types;
use aceso_fhir::search::{Clause, Query, Summary, Total};
use aceso_policy::Action;
use rusqlite::Connection;

use crate::key::Keys;
use crate::reach::{Asking, Limit, limit};
use crate::{ReadError, StoreError, Stored};
use run::Run;

pub(crate) use confine::confine;

const DEFAULT_COUNT: u32 = 50;
const MOST_COUNT: u32 = 1000;
/// Totals up to this are told unasked.
const FREE_TOTAL: i64 = 1000;

/// Matches and what came along with them.
#[derive(Debug, Default)]
pub struct SearchPage {
    /// The matches in order.
    pub matches: Vec<Stored>,
    /// What `_include` and `_revinclude` brought.
    pub included: Vec<Stored>,
    /// How many match in all, when asked for or known at little cost.
    pub total: Option<u64>,
    /// Opaque mark of the next page; none at the end.
    pub next: Option<String>,
}

/// A page of matches with what comes along. What comes along is limited to what `reachable` says.
pub(crate) fn page(
    connection: &mut Connection,
    keys: &Keys,
    query: &Query,
    reachable: &Reachable,
) -> Result<SearchPage, ReadError> {
    let snapshot = connection.transaction()?;
    let run = Run {
        connection: &snapshot,
        keys,
    };
    let want = query.count.unwrap_or(DEFAULT_COUNT).min(MOST_COUNT);
    let counted = query.subset.summary == Some(Summary::Count) || want == 0;
    let total = if counted {
        Some(Total::Accurate)
    } else {
        query.total
    };
    let want = if counted {
        0
    } else {
        usize::try_from(want).unwrap_or(0)
    };
    let mut page = match query.kind {
        Some(kind) => run.kind(kind, query, query.cursor.as_deref(), want, total)?,
        None => all_kinds(&run, query, want, total)?,
    };
    if !query.include.is_empty() {
        page.included = include::follow(&run, query, &page.matches, reachable)?;
    }
    Ok(page)
}

/// One type after the other, in the order of their names.
fn all_kinds(
    run: &Run<'_>,
    query: &Query,
    want: usize,
    total: Option<Total>,
) -> Result<SearchPage, ReadError> {
    let kinds: Vec<&'static str> = if query.types.is_empty() {
        types().resource_names().collect()
    } else {
        query.types.clone()
    };
    let (from, mut inner) = paging::kind_mark(query.cursor.as_deref())?;
    let mut all = SearchPage::default();
    for (at, kind) in kinds.iter().copied().enumerate().skip(from) {
        let room = want - all.matches.len();
        if room == 0 {
            // Only whether there is more.
            if want > 0
                && !run
                    .kind(kind, query, None, 1, Some(Total::None))?
                    .matches
                    .is_empty()
            {
                all.next = Some(format!("{at}~"));
                break;
            }
            continue;
        }
        let page = run.kind(kind, query, inner.take(), room, Some(Total::None))?;
        all.matches.extend(page.matches);
        if let Some(mark) = page.next {
            all.next = Some(format!("{at}~{mark}"));
            break;
        }
    }
    all.total = match total {
        Some(Total::Accurate) => {
            let mut sum = 0;
            for kind in kinds {
                sum += run.kind(kind, query, None, 0, total)?.total.unwrap_or(0);
            }
            Some(sum)
        }
        Some(Total::None) => None,
        Some(Total::Estimate) | None if query.cursor.is_none() && all.next.is_none() => {
            u64::try_from(all.matches.len()).ok()
        }
        Some(Total::Estimate) | None => None,
    };
    Ok(all)
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
    pub(crate) fn find(&self, connection: &Connection, keys: &Keys) -> Result<Vec<i64>, ReadError> {
        let run = Run { connection, keys };
        let Some(kind) = self.query.kind else {
            return Ok(Vec::new());
        };
        run.first_two(kind, &self.query.clauses)
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
    if query.types.is_empty() {
        query.clauses.push(Clause::Any(Vec::new()));
    }
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
pub(crate) struct Reachable(Asking);

impl Reachable {
    pub(crate) fn new(asking: Asking) -> Self {
        Self(asking)
    }

    /// The limit for a type; none when the caller may not read it at all.
    pub(crate) fn limit(&self, kind: &'static str) -> Option<Limit> {
        limit(&self.0, Action::Read, kind).ok()
    }
}

impl From<ReadError> for StoreError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => error,
            other => Self(other.to_string()),
        }
    }
}
