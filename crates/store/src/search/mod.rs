//! Searching: carries out a [`Query`] against the index, within one read transaction.

mod confine;
mod gate;
mod include;
mod paging;
mod run;
mod sort;

use aceso_fhir::definitions::types;
use aceso_fhir::search::{Clause, Outside, Query, SortBy, SortKey, Summary, Test, Total};
use aceso_policy::Action;
use rusqlite::Connection;

use crate::access::guard;
use crate::access::known::Known;
use crate::access::learned::AsOf;
use crate::engine::Snapshot;
use crate::index::patient_and_code;
use crate::key::Keys;
use crate::reach::{Asking, Limit, limit};
use crate::{ReadError, StoreError, Stored};
use gate::Gate;
use run::Run;

pub(crate) use confine::confine;
pub(crate) use gate::About;

const DEFAULT_COUNT: u32 = 50;
const MOST_COUNT: u32 = 1000;
/// A page this long is short.
const SHORT_COUNT: u32 = 100;
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

impl SearchPage {
    /// All that it shows.
    pub(crate) fn shown(&mut self) -> impl Iterator<Item = &mut Stored> {
        self.matches.iter_mut().chain(&mut self.included)
    }
}

/// A page of matches with what comes along, in one snapshot, and whom some of it is about, as far as that was looked up. What
/// comes along is limited to what `reachable` says.
pub(crate) fn page(
    snapshot: &Snapshot<'_>,
    keys: &Keys,
    query: &Query,
    reachable: &Reachable,
) -> Result<(SearchPage, About), ReadError> {
    let mut run = Run::new(snapshot, keys);
    let query = &settle(&mut run, query, reachable)?;
    let want = query.count.unwrap_or(DEFAULT_COUNT).min(MOST_COUNT);
    let counted = query.subset.summary == Some(Summary::Count) || want == 0;
    let total = if counted {
        Some(Total::Accurate)
    } else if query.total.is_none() && query.clauses.iter().any(is_guarded) {
        // Each row would have to be looked at: that is not done unasked.
        Some(Total::None)
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
    let about = run.gate.map_or_else(About::default, Gate::into_about);
    Ok((page, about))
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

/// Whether the current version of a resource satisfies a clause.
pub(crate) fn holds(
    connection: &Connection,
    keys: &Keys,
    stored: &Stored,
    clause: &Clause,
) -> Result<bool, StoreError> {
    let key = keys.of(stored.kind, &stored.id);
    reaches(connection, keys, (stored.kind, key), clause)
}

/// Whether there is a resource of this type at this key that satisfies a clause.
pub(crate) fn reaches(
    connection: &Connection,
    keys: &Keys,
    (kind, key): (&'static str, i64),
    clause: &Clause,
) -> Result<bool, StoreError> {
    let run = Run::new(connection, keys);
    let known = Known::stored(connection, kind, key);
    Ok(known.satisfies(clause, &mut |rest| run.satisfies(kind, key, rest))?)
}

/// The condition of a conditional act.
#[derive(Debug)]
pub(crate) struct Condition {
    query: Query,
    /// So many matches are looked at.
    most: usize,
}

impl Condition {
    /// Of which it matters whether there is no match, one, or several.
    pub(crate) const fn new(query: Query) -> Self {
        Self { query, most: 2 }
    }

    /// Of which every match matters, up to so many.
    pub(crate) const fn of_all(query: Query, most: usize) -> Self {
        Self { query, most }
    }

    /// The keys of the matches, in order of their keys.
    pub(crate) fn find(&self, connection: &Connection, keys: &Keys) -> Result<Vec<i64>, ReadError> {
        let run = Run::new(connection, keys);
        let Some(kind) = self.query.kind else {
            return Ok(Vec::new());
        };
        run.first(kind, &self.query.clauses, self.most)
    }
}

/// Leaves out of a query's guards what is settled before any row is looked at: labels that no resource has, denials
/// when there are none, and the caller's relation to the one patient that the query asks for.
fn settle<'a>(
    run: &mut Run<'a>,
    query: &Query,
    reachable: &'a Reachable,
) -> Result<Query, ReadError> {
    let mut query = query.clone();
    if !query.clauses.iter().any(is_guarded) {
        return Ok(query);
    }
    let learned = AsOf::look(run.connection, &reachable.0.learned)?;
    let absent = learned.absent()?;
    let connection = run.connection;
    run.gate = Some(Gate::new(learned));
    let patient = query
        .kind
        .and_then(|kind| one_patient(run.keys, kind, &query.clauses));
    // What cannot be looked up stays as it is, and is asked of every row.
    let settled = |outside: &Outside| guard::settle(connection, patient, outside).ok().flatten();
    for clause in &mut query.clauses {
        absent.simplify(clause, &settled);
    }
    Ok(query)
}

/// Whether a search is a page of one patient's resources with one code, in the order of their index: then it is done in
/// a moment, however large the record is.
pub(crate) fn is_short(query: &Query) -> bool {
    let Some(kind) = query.kind else { return false };
    let Some((patient, code)) = patient_and_code(kind) else {
        return false;
    };
    let ordered = match query.sort.as_slice() {
        [] => true,
        [
            SortKey {
                by: SortBy::Param(param),
                ..
            },
        ] => sort::is_clinical_date(kind, param),
        _ => false,
    };
    let pinned = |branch: u16| {
        let mut clauses = query.clauses.iter();
        clauses.any(|c| pins(c, branch))
    };
    let rest = |c: &Clause| pins(c, patient) || pins(c, code) || is_guarded(c);
    ordered
        && query.include.is_empty()
        && query.total != Some(Total::Accurate)
        && query.count.unwrap_or(DEFAULT_COUNT) <= SHORT_COUNT
        && pinned(patient)
        && pinned(code)
        && query.clauses.iter().all(rest)
}

/// Whether a clause fixes the value of a branch.
fn pins(clause: &Clause, branch: u16) -> bool {
    let Clause::Match { param, tests } = clause else {
        return false;
    };
    let fixed = matches!(
        tests.as_slice(),
        [Test::Reference {
            kind: Some(_),
            version: None,
            ..
        } | Test::Token { code: Some(_), .. }]
    ) || (param.code == "patient"
        && matches!(tests.as_slice(), [Test::Reference { version: None, .. }]));
    fixed && matches!(param.uses.as_slice(), [one] if one.branch == branch)
}

pub(super) fn is_guarded(clause: &Clause) -> bool {
    match clause {
        Clause::All(all) | Clause::Any(all) => all.iter().any(is_guarded),
        Clause::Chain { inner, .. } | Clause::Has { inner, .. } | Clause::Not(inner) => {
            is_guarded(inner)
        }
        Clause::Outside(_) => true,
        Clause::Match { .. }
        | Clause::Missing { .. }
        | Clause::Id(_)
        | Clause::LastUpdated(_)
        | Clause::Kind(_)
        | Clause::Compartment { .. }
        | Clause::Words { .. } => false,
    }
}

/// The key of the one patient that every match is about, when the query says so.
fn one_patient(keys: &Keys, kind: &str, clauses: &[Clause]) -> Option<i64> {
    clauses.iter().find_map(|clause| match clause {
        Clause::All(all) => one_patient(keys, kind, all),
        Clause::Id(ids) if kind == "Patient" => match ids.as_slice() {
            [id] => Some(keys.of("Patient", id)),
            _ => None,
        },
        Clause::Match { param, tests } => match tests.as_slice() {
            [
                Test::Reference {
                    kind: Some("Patient") | None,
                    id,
                    version: None,
                },
            ] if param.code == "patient" => Some(keys.of("Patient", id)),
            [
                Test::Reference {
                    kind: Some("Patient"),
                    id,
                    version: None,
                },
            ] if param.code == "subject" => Some(keys.of("Patient", id)),
            _ => None,
        },
        Clause::Any(_)
        | Clause::Not(_)
        | Clause::Missing { .. }
        | Clause::Chain { .. }
        | Clause::Has { .. }
        | Clause::Id(_)
        | Clause::LastUpdated(_)
        | Clause::Kind(_)
        | Clause::Compartment { .. }
        | Clause::Words { .. }
        | Clause::Outside(_) => None,
    })
}

/// Narrows a query to what the caller may see: per type the limit that a decision left.
pub(crate) fn restrict(query: &mut Query, limits: &[(&'static str, Limit)]) {
    if let (Some(_), [(_, limit)]) = (query.kind, limits) {
        query.clauses.extend(limit.clause().cloned());
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
    if limits.iter().any(|(_, limit)| !limit.covers_all()) {
        let one = |(kind, limit): &(&'static str, Limit)| {
            let mut all = vec![Clause::Kind(vec![kind])];
            all.extend(limit.clause().cloned());
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
