//! Mail handed to a real server and fetched from one, and servers that do wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails here"
)]

mod dovecot;
mod kit;
mod postfix;
mod scripted;
