//! What tests share: the shared test data, the rules that every page keeps, a mail server. Dev only; may read files and start
//! other programs.
//!
//! Deliberately absent: anything the product links.

pub mod html;
pub mod postfix;
pub mod shared;
