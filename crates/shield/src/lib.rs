//! Rules that look at what happened and say what is odd about it. Pure: facts come in as values, findings go out as
//! values.
//!
//! Deliberately absent: storage, the network, any act upon a finding: people decide.

pub mod alert;
mod filled;
pub mod incident;
pub mod insider;
pub mod request;
