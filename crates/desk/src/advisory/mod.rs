//! Advisories: one record, and the forms that it is written to and read from.

mod check;
pub mod csaf;
mod cut;
pub mod cve;
pub mod feed;
mod form;
pub mod github;
mod json;
mod letter;
pub mod osv;
pub mod page;
mod part;
mod product;
mod record;
pub mod rustsec;
pub mod vex;
mod view;
mod vulnerability;
mod words;

pub use check::{Problem, Weight, check};
pub(crate) use cut::cut;
pub use form::{Document, DocumentError, Form, RenderError, read};
pub use json::{ReadError, lost};
pub use letter::{Letter, letter, post};
pub use part::Part;
pub use record::*;
pub use vulnerability::*;
