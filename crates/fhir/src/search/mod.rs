//! Searching: what a resource can be found by, what a query asks for, and whether the one satisfies the other.
//! No SQL here; `aceso-store` translates a [`Query`].

mod date;
mod emit;
mod entry;
mod extract;
mod fold;
mod program;
mod query;
mod reference;
mod units;

pub use date::date_span;
pub use entry::{BEGINNING, END, Entry, Extracted, IndexValue};
pub use extract::extract;
pub use fold::fold;
pub use query::{
    Clause, CodeSet, DateTest, Direction, Include, NumberTest, Prefix, Query, SortBy, SortKey,
    StrTest, Subset, Summary, SystemTest, Test, Total, UriTest, WordScope,
};
pub use units::canonical_unit;
