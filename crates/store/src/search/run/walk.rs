//! Searches in the order of a column.

use aceso_fhir::search::Clause;

use super::{Run, within_reason};
use crate::ReadError;
use crate::search::SearchPage;
use crate::search::paging::{column_mark, of_column};
use crate::translate::{Order, Selection};

/// A page in the order of a column, as far as it was gathered.
pub(super) struct Walk {
    along: (Order, bool),
    want: usize,
    /// How many rows are fetched next.
    limit: usize,
    /// The last row: its place, and its key.
    after: Option<(i64, i64)>,
    /// The last match, as a row and as a mark.
    last: Option<i64>,
    mark: Option<String>,
    looked: usize,
    pub(super) page: SearchPage,
}

/// Whether a page is full, or there is nothing more for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Here,
    Later,
}

impl Walk {
    pub(super) fn new(
        along: (Order, bool),
        cursor: Option<&str>,
        want: usize,
    ) -> Result<Self, ReadError> {
        Ok(Self {
            along,
            want,
            limit: want + 1,
            after: column_mark(cursor)?,
            last: None,
            mark: None,
            looked: 0,
            page: SearchPage::default(),
        })
    }
}

impl Run<'_> {
    /// Rows in the order of a column, until the page is full.
    pub(super) fn by_column(
        &self,
        selection: &Selection,
        mut walk: Walk,
    ) -> Result<SearchPage, ReadError> {
        while self.look(selection, &[], &mut walk)? == Ends::Later {}
        Ok(walk.page)
    }

    /// The next rows in the order of a column; of those, what the guards let through.
    pub(super) fn look(
        &self,
        selection: &Selection,
        guards: &[Clause],
        walk: &mut Walk,
    ) -> Result<Ends, ReadError> {
        let (order, descending) = walk.along;
        let limit = i64::try_from(walk.limit).unwrap_or(i64::MAX);
        let sql = selection.page(order, descending, walk.after, limit);
        let rows = self.pairs(&sql)?;
        let more = rows.len() == walk.limit;
        for (key, place) in rows {
            walk.after = Some((place, key));
            if walk.last == Some(key) || !self.passes(guards, (selection.kind, key))? {
                continue;
            }
            walk.looked += 1;
            let Some(stored) = self.candidate(selection, key)? else {
                continue;
            };
            if walk.page.matches.len() == walk.want {
                walk.page.next = walk.mark.take();
                return Ok(Ends::Here);
            }
            walk.mark = Some(of_column(place, key));
            walk.last = Some(key);
            walk.page.matches.push(stored);
        }
        walk.limit = (walk.limit * 2).min(4000);
        within_reason(walk.looked)?;
        Ok(if more { Ends::Later } else { Ends::Here })
    }

    fn passes(&self, guards: &[Clause], of: (&'static str, i64)) -> Result<bool, ReadError> {
        match (&self.gate, guards) {
            (_, []) => Ok(true),
            (Some(gate), _) => Ok(gate.passes(guards, of)?),
            (None, _) => Ok(false),
        }
    }
}
