//! Pages as a server: a table of routes, and the one place that decides who may come in before any handler runs.
//!
//! A request meets, in this order: the table (unknown is 404), where it comes from (`Sec-Fetch-Site`), its body (bounded,
//! nothing twice), its session, the token of its form, the row's condition, the lock. What a person may not reach answers
//! like what does not exist.

mod answer;
mod ask;
mod body;
mod cookie;
mod entry;
mod events;
mod fields;
mod local;
mod multipart;
mod origin;
mod refusal;
mod reply;
mod routes;
mod server;
mod session;
mod urlencoded;

#[cfg(test)]
mod tests;

pub use ask::{Ask, Kept};
pub use cookie::{Cookie, Life};
pub use entry::Entry;
pub use events::Events;
pub use fields::{Fields, FormProblem, Take};
pub use local::Local;
pub use multipart::Upload;
pub use refusal::{FormRefused, Missing, Refused};
pub use reply::{Outcome, PageFault, Reply};
pub use routes::{Admit, Carries, Future, Handler, PageRoute, Presence, Row, Verb};
pub(crate) use server::LONGEST_FORM;
pub use server::{LARGEST_FILE, Settings, Site};
pub use session::{Lookup, Noted, Rights, Sessions, SignedIn, Stamp, State};
