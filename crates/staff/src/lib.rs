//! The clinic's own pages: patients, opening a chart in an emergency, and the administration area. They may use the
//! store (which decides, and leaves the audit entry of each act) and the floor's pages; one endpoint is one file.
//!
//! Deliberately absent: signing in and one's own account (`login`), and every decision: a page shows what the store
//! gives it, and offers what the policies allow, but allows nothing itself.

mod account_access;
mod admin;
mod antivirus;
mod board;
mod chart;
mod codes;
mod csv;
mod fault;
mod find;
mod forms;
mod go;
mod home;
mod inbox;
mod letters;
mod link;
mod lists;
mod nothing;
mod patient;
mod problem;
mod routes;
mod schedule;
mod state;
mod summary;
mod words;

#[cfg(test)]
mod tests;

pub use crate::admin::reports::show::{audit_heading, audit_row};
pub use crate::admin::security::{Examine, Examined, Outlook, Said, Weight};
pub use crate::antivirus::{Antivirus, Infection};
pub use crate::inbox::escalate::{EscalateError, Escalator};
pub use problem::{Answered, Problem, Tell};
pub use routes::{ENTRIES, ROUTES};
pub use state::{Makers, OutsideSignIn, Settings, Staff};
pub use summary::Sheet;
