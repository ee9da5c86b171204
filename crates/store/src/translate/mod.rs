//! The search translator: the one place where SQL is built, from closed enums. The text uses only what SQLite and
//! PostgreSQL share. A condition is either exact, or wider than the clause; what is wider is checked again on the
//! document.

mod clause;
mod driver;
mod fragment;
mod range;
mod rows;
mod selection;

pub(crate) use clause::{On, condition, restart_aliases};
pub(crate) use driver::choose;
#[cfg(test)]
pub(crate) use fragment::recorded;
pub(crate) use fragment::{Bound, Fragment};
pub(crate) use selection::{Order, Selection};

use aceso_fhir::search::{Clause, Direction};

use crate::ReadError;
use crate::key::Keys;

/// Keys found by looking into the record.
type Found = Result<Vec<i64>, ReadError>;
/// Finds the resources of a type that satisfy a clause.
type Resolve<'a> = &'a dyn Fn(&'static str, &Clause) -> Found;
/// Finds what is above or below a resource of a type.
type Hierarchy<'a> = &'a dyn Fn(Direction, &'static str, &str) -> Found;

/// What translating needs beside the clause.
pub(crate) struct Ground<'a> {
    pub(crate) keys: &'a Keys,
    /// Finds the keys of the resources of a type that satisfy a clause: for what one statement cannot say exactly.
    pub(crate) resolve: Resolve<'a>,
    /// Counts a set, but not beyond a bound.
    pub(crate) count: &'a dyn Fn(&Fragment, i64) -> Result<i64, ReadError>,
    /// The keys above or below a resource in its own hierarchy, itself included.
    pub(crate) hierarchy: Hierarchy<'a>,
}

/// Branches as SQL writes a list.
pub(crate) fn branch_list(branches: &[i64]) -> String {
    fragment::list(branches.iter().copied())
}
