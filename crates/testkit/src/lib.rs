//! What tests share: the shared test data. Dev only; may read files.
//!
//! Deliberately absent: anything the product links.

pub mod shared;
