//! The API over a real store, in process: requests go through the floor as they would from the network.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests: helpers fail where they stand"
)]

mod batch;
mod booking;
mod errors;
mod kit;
mod nets;
mod operations;
mod races;
mod rest;
mod synthea;
mod terms;
