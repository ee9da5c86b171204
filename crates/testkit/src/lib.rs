//! What tests share: the shared test data, the rules that every page keeps. Dev only; may read files.
//!
//! Deliberately absent: anything the product links.

pub mod html;
pub mod shared;
