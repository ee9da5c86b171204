//! Searching: what a resource can be found by, what a query asks for, and whether the one satisfies the other.
//! No SQL here; `aceso-store` translates a [`Query`].

mod clauses;
mod compare;
mod composite;
mod date;
mod emit;
mod entry;
mod error;
mod extract;
mod filter;
mod fold;
mod matches;
mod parse;
mod program;
mod query;
mod reference;
mod text;
mod units;
mod values;
mod words;

pub use date::date_span;
pub use entry::{BEGINNING, END, Entry, Extracted, IndexValue};
pub use error::{Mistake, QueryError};
pub use extract::extract;
pub use fold::fold;
pub use matches::{Lookup, Subject, matches};
pub use parse::{Options, parse, parse_clauses, parse_pairs};
pub use query::{
    Clause, CodeSet, DateTest, Direction, Include, NumberTest, Outside, Prefix, Query, SortBy,
    SortKey, StrTest, Subset, Summary, SystemTest, Test, Total, UriTest, WordScope,
};
pub use text::escape;
pub use units::canonical_unit;
