//! Searching: what a resource can be found by, what a query asks for, and whether the one satisfies the other.
//! No SQL here; `aceso-store` translates a [`Query`].

mod entry;
mod query;

pub use entry::{BEGINNING, END, Entry, Extracted, IndexValue};
pub use query::{
    Clause, CodeSet, DateTest, Direction, Include, NumberTest, Prefix, Query, SortBy, SortKey,
    StrTest, Subset, Summary, SystemTest, Test, Total, UriTest, WordScope,
};
