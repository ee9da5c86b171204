//! Mail handed to a real server, and to servers that do wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails here"
)]

mod kit;
mod postfix;
mod scripted;
