//! One type's search.

mod sorted;
mod walk;

use aceso_fhir::definitions::{ParamKind, parameters};
use aceso_fhir::search::{Clause, Direction, Query, SortBy, SortKey, Subject, Total, extract};
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::gate::{Gate, Split};
use super::paging::{of_places, places_mark};
use super::sort::{Place, compare, is_clinical_date, places};
use super::{FREE_TOTAL, SearchPage};
use crate::index::{column, cut, flavour};
use crate::key::Keys;
use crate::reading::document;
use crate::statements::RES_ONE;
use crate::stored::from_row;
use crate::translate::{Bound, Fragment, Ground, On, Order, Selection, choose, condition};
use crate::{Change, ReadError, Stored};
use walk::{Ends, Walk};

/// More candidates than this are not sorted by what is not in an index.
const MOST_SORTED: i64 = 50_000;
/// Up to this many are sorted in memory even when an index could.
const FEW_SORTED: i64 = 3_000;
/// More documents than this are not looked at for one page.
const MOST_LOOKED_AT: usize = 400_000;
/// A list of keys for what one statement cannot say is at most this long.
const MOST_RESOLVED: i64 = 20_000;

/// A search within a transaction.
pub(super) struct Run<'a> {
    pub(super) connection: &'a Connection,
    pub(super) keys: &'a Keys,
    /// What asks guards of candidates, for whoever is bound by them.
    pub(super) gate: Option<Gate<'a>>,
}

impl<'a> Run<'a> {
    /// Without a gate.
    pub(super) fn new(connection: &'a Connection, keys: &'a Keys) -> Self {
        Self {
            connection,
            keys,
            gate: None,
        }
    }

    /// A page of one type's matches.
    pub(super) fn kind(
        &self,
        kind: &'static str,
        query: &Query,
        cursor: Option<&str>,
        want: usize,
        total: Option<Total>,
    ) -> Result<SearchPage, ReadError> {
        if want > 0
            && total == Some(Total::None)
            && let Some(order) = column_order(kind, &query.sort)
            && let Some(split) = Split::of(&query.clauses)
        {
            let selection = self.choose(kind, &split.rest)?;
            let mut walk = Walk::new(order.along(&selection), cursor, want)?;
            if self.look(&selection, &split.guards, &mut walk)? == Ends::Here {
                return Ok(walk.page);
            }
            // Few are let through: the statement leaves the others out faster.
            let selection = self.choose(kind, &query.clauses)?;
            return self.by_column(&selection, walk);
        }
        let selection = self.choose(kind, &query.clauses)?;
        let mut page = SearchPage::default();
        if want > 0 {
            page = match column_order(kind, &query.sort) {
                Some(order) => {
                    let walk = Walk::new(order.along(&selection), cursor, want)?;
                    self.by_column(&selection, walk)?
                }
                None => self.sorted(&selection, &query.sort, cursor, want)?,
            };
        }
        page.total = match total {
            Some(Total::None) => None,
            _ if cursor.is_none() && want > 0 && page.next.is_none() => {
                u64::try_from(page.matches.len()).ok()
            }
            Some(Total::Accurate) => Some(self.count(&selection)?),
            Some(Total::Estimate) | None if selection.residual.is_empty() => {
                let counted = self.number(&selection.count(FREE_TOTAL + 1))?;
                u64::try_from(counted)
                    .ok()
                    .filter(|_| counted <= FREE_TOTAL)
            }
            Some(Total::Estimate) | None => None,
        };
        Ok(page)
    }

    /// The keys of at most so many matches, in order of their keys.
    pub(super) fn first(
        &self,
        kind: &'static str,
        clauses: &[Clause],
        most: usize,
    ) -> Result<Vec<i64>, ReadError> {
        let selection = self.choose(kind, clauses)?;
        let mut found = Vec::new();
        self.each(&selection, &mut |key, _| {
            if !found.contains(&key) {
                found.push(key);
            }
            found.len() < most
        })?;
        found.sort_unstable();
        Ok(found)
    }

    fn choose(&self, kind: &'static str, clauses: &[Clause]) -> Result<Selection, ReadError> {
        self.with_ground(|ground| choose(ground, kind, clauses))
    }

    fn with_ground<T>(
        &self,
        work: impl FnOnce(&Ground<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let resolve = |kind: &'static str, clause: &Clause| self.resolve(kind, clause);
        let count = |set: &Fragment, bound: i64| {
            let counted = Fragment::text("select count(*) from (").then(set.clone());
            self.number(&counted.then(Fragment::new(" limit ?) n", [bound.into()])))
        };
        let hierarchy =
            |direction, kind: &'static str, id: &str| self.hierarchy(direction, kind, id);
        work(&Ground {
            keys: self.keys,
            resolve: &resolve,
            count: &count,
            hierarchy: &hierarchy,
        })
    }

    fn resolve(&self, kind: &'static str, clause: &Clause) -> Result<Vec<i64>, ReadError> {
        let selection = self.choose(kind, std::slice::from_ref(clause))?;
        let mut found = Vec::new();
        let most = usize::try_from(MOST_RESOLVED).unwrap_or(usize::MAX);
        self.each(&selection, &mut |key, _| {
            found.push(key);
            found.len() <= most
        })?;
        if found.len() > most {
            return Err(ReadError::BadQuery(format!(
                "a chained condition matches more than {MOST_RESOLVED} {kind} resources: narrow it down"
            )));
        }
        Ok(found)
    }

    /// Every match, until told to stop; a match may come twice.
    fn each(
        &self,
        selection: &Selection,
        visit: &mut dyn FnMut(i64, &Stored) -> bool,
    ) -> Result<(), ReadError> {
        let sql = selection.keys(i64::MAX);
        let (text, values) = sql.finish();
        let mut statement = self.connection.prepare_cached(&text)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut looked = 0;
        while let Some(row) = rows.next()? {
            let key: i64 = row.get(0)?;
            if let Some(stored) = self.candidate(selection, key)?
                && !visit(key, &stored)
            {
                return Ok(());
            }
            looked += 1;
            within_reason(looked)?;
        }
        Ok(())
    }

    fn count(&self, selection: &Selection) -> Result<u64, ReadError> {
        if selection.residual.is_empty() {
            return Ok(u64::try_from(self.number(&selection.count(i64::MAX))?).unwrap_or(0));
        }
        let mut seen = rustc_hash::FxHashSet::default();
        self.each(selection, &mut |key, _| {
            seen.insert(key);
            true
        })?;
        Ok(u64::try_from(seen.len()).unwrap_or(u64::MAX))
    }

    /// A candidate that satisfies what the statement could not check.
    fn candidate(&self, selection: &Selection, key: i64) -> Result<Option<Stored>, ReadError> {
        let Some(stored) = self.stored(key)? else {
            return Ok(None);
        };
        if stored.kind != selection.kind {
            return Ok(None);
        }
        if selection.residual.is_empty() {
            return Ok(Some(stored));
        }
        let document = document(&stored)?;
        let subject = Subject::new(&document, None);
        let mut failed = None;
        for clause in &selection.residual {
            let held = subject.satisfies_with(clause, &mut |inner| match self.holds(
                selection.kind,
                inner,
                key,
            ) {
                Ok(held) => Some(held),
                Err(error) => {
                    failed.get_or_insert(error);
                    None
                }
            });
            if let Some(error) = failed {
                return Err(error);
            }
            if held != Some(true) {
                return Ok(None);
            }
        }
        Ok(Some(stored))
    }

    /// Whether a stored resource satisfies a clause.
    pub(super) fn satisfies(
        &self,
        kind: &'static str,
        key: i64,
        clause: &Clause,
    ) -> Result<bool, ReadError> {
        crate::translate::restart_aliases();
        let one = self.with_ground(|ground| condition(ground, kind, clause, &On::alias("r")))?;
        let exact = one.exact;
        let sql = Fragment::new(
            "select count(*) from res r where r.key = ? and ",
            [key.into()],
        )
        .then(one.sql);
        let found = self.number(&sql)? > 0;
        if !found || exact {
            return Ok(found);
        }
        let selection = Selection::open(kind, clause.clone());
        Ok(self.candidate(&selection, key)?.is_some())
    }

    /// Whether a clause about other resources holds for this one.
    fn holds(&self, kind: &'static str, clause: &Clause, key: i64) -> Result<bool, ReadError> {
        let one = self.with_ground(|ground| condition(ground, kind, clause, &On::alias("r")))?;
        let sql = Fragment::new(
            "select count(*) from res r where r.key = ? and ",
            [key.into()],
        )
        .then(one.sql);
        Ok(self.number(&sql)? > 0)
    }

    /// The current version at a key, unless deleted.
    pub(super) fn stored(&self, key: i64) -> Result<Option<Stored>, ReadError> {
        let mut statement = self.connection.prepare_cached(RES_ONE)?;
        let found = statement
            .query_row([key], |row| Ok(from_row(self.keys, row)))
            .optional()?
            .transpose()?;
        Ok(found
            .map(|(_, stored)| stored)
            .filter(|s| s.change != Change::Deleted))
    }

    /// The first column of the first row.
    fn number(&self, sql: &Fragment) -> Result<i64, ReadError> {
        let (text, values) = sql.finish();
        Ok(self
            .connection
            .prepare_cached(&text)?
            .query_row(params_from_iter(values), |row| row.get(0))?)
    }

    pub(super) fn pairs(&self, sql: &Fragment) -> Result<Vec<(i64, i64)>, ReadError> {
        let (text, values) = sql.finish();
        let mut statement = self.connection.prepare_cached(&text)?;
        let rows = statement.query_map(params_from_iter(values), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The keys above or below a resource by the parameter with which its type refers to itself (`partof`).
    fn hierarchy(
        &self,
        direction: Direction,
        kind: &'static str,
        id: &str,
    ) -> Result<Vec<i64>, ReadError> {
        let mut found = vec![self.keys.of(kind, id)];
        let up = ["partof", "part-of", "instantiates-canonical", "based-on"]
            .into_iter()
            .find_map(|code| {
                parameters()
                    .find(kind, code)
                    .filter(|p| p.targets.contains(&kind))
            });
        let Some(up) = up else { return Ok(found) };
        let mut at = 0;
        while let Some(&key) = found.get(at) {
            at += 1;
            let next: Vec<i64> = match direction {
                Direction::Below => {
                    let set = crate::translate::branch_list(
                        &up.uses.iter().map(|u| column(u.branch)).collect::<Vec<_>>(),
                    );
                    let text = format!(
                        "select i.key, i.key from iref i where i.v = ? and i.branch in {set}"
                    );
                    self.pairs(&Fragment::new(&text, [key.into()]))?
                        .into_iter()
                        .map(|(k, _)| k)
                        .collect()
                }
                Direction::Above => match self.stored(key)? {
                    Some(stored) => {
                        let document = document(&stored)?;
                        let found = extract(&document, None);
                        super::include::targets(self.keys, &found.entries, up, Some(kind))
                    }
                    None => Vec::new(),
                },
            };
            found.extend(
                next.into_iter()
                    .filter(|k| !found.contains(k))
                    .collect::<Vec<_>>(),
            );
            within_reason(found.len() * 20)?;
        }
        Ok(found)
    }
}

/// An index to sort along.
struct Along<'a> {
    table: &'static str,
    by: &'static str,
    branches: Vec<i64>,
    descending: bool,
    sort: &'a [SortKey],
}

/// An order that a column gives.
enum ColumnOrder {
    /// None was asked for: that of whatever drives.
    Natural,
    /// By a column, and whether it descends.
    By(Order, bool),
}

impl ColumnOrder {
    fn along(self, selection: &Selection) -> (Order, bool) {
        match self {
            Self::Natural => (selection.natural_order(), true),
            Self::By(order, descending) => (order, descending),
        }
    }
}

/// The column that gives the order asked for, when there is one.
fn column_order(kind: &str, sort: &[SortKey]) -> Option<ColumnOrder> {
    match sort {
        [] => Some(ColumnOrder::Natural),
        [SortKey { by, descending }] => match by {
            SortBy::LastUpdated => Some(ColumnOrder::By(Order::Updated, *descending)),
            SortBy::Param(param) => {
                is_clinical_date(kind, param).then_some(ColumnOrder::By(Order::Ord, *descending))
            }
            SortBy::Id => None,
        },
        _ => None,
    }
}

fn same_place(here: &Place, row: &Place) -> bool {
    match (here, row) {
        (Place::Text(a), Place::Text(b)) => cut(a) == b,
        (a, b) => a == b,
    }
}

fn within_reason(looked: usize) -> Result<(), ReadError> {
    if looked > MOST_LOOKED_AT {
        return Err(ReadError::BadQuery(
            "the search would have to look into too many documents: add a condition such as patient, identifier, code or date"
                .to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
#[path = "postgres_test.rs"]
mod postgres_test;
