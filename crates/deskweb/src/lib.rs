//! The response desk's pages: the public form, a reporter's status, what is published and the documents that machines
//! fetch; and for the group its cases, from the report to the published advisory. They use the desk's part of the store,
//! which decides every act, and the floor's pages; one endpoint is one file.
//!
//! Deliberately absent: signing in and accounts (`login`), mailboxes, and every guard: a page says what the case lacks as
//! `desk` tells it.

mod adopt;
mod api;
mod fault;
mod flood;
mod inside;
mod intake;
mod machine;
mod public;
mod routes;
mod state;
mod told;

#[cfg(test)]
mod tests;

pub use intake::{IntakeError, Mailed, Sent, receive, receive_mail};
pub use routes::{ENTRIES, ROUTES};
pub use state::{DeskWeb, Settings, advisories_of};
