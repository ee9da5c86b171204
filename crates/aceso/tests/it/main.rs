//! The program as its users meet it: started, spoken to, stopped, killed.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests start the program"
)]

mod client;
mod export;
mod import;
mod serve;
mod stage;
