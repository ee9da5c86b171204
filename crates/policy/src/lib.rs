//! Who asks, for what purpose, and what they may do. Pure: a decision is a value computed from values.
//!
//! Deliberately absent: storage, sessions, tokens; they only lead to a [`Caller`].

mod caller;
mod decision;
mod scope;

pub use caller::{ApiClient, Caller, Job, Origin, Purpose, Who};
pub use decision::{Action, Decision, Grant, Reach, decide};
pub use scope::{Context, Scope, ScopeError, Scopes};
