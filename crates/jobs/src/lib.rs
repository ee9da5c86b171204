//! What the program does of its own beside answering requests: it tells subscribers of what was written, makes bulk
//! exports ready, sends the audit log to what gathers logs, reviews every night who looked at whom, makes the reports that are
//! due, sends mail and what the response desk asks of services elsewhere, checks the signatures of mails that come to it, checks what is stored, a little every minute, and looks
//! after what the makers publish about the program.
//!
//! May touch the store as `job/deliver`, as `job/verify` and as the clients whose subscriptions it serves, and the network
//! through `egress` and `mail`. Deliberately absent: any right of its own to read the record.

pub mod advisories;
mod alerts;
mod deliver;
mod errand;
mod export;
pub mod mail;
mod message;
mod reporter;
mod scrubber;
pub mod send;
mod signatures;
mod watch;
pub mod witness;

pub use alerts::Alerter;
pub use deliver::{Deliverer, Settings};
pub use errand::Errands;
pub use export::Exporter;
pub use reporter::Reporter;
pub use scrubber::Scrubber;
pub use signatures::Signatures;
pub use watch::Watcher;
