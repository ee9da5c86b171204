//! What tests share: the shared test data, the rules that every page keeps, servers of mail, statistics of times. Dev only;
//! may read files and start other programs.
//!
//! Deliberately absent: anything the product links.

pub mod dovecot;
pub mod english;
pub mod html;
pub mod postfix;
pub mod shared;
#[cfg(feature = "site")]
pub mod site;
pub mod statistics;
