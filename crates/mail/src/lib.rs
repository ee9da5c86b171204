//! Mail out: a message as values that cannot carry a header of somebody else's making, and its way to the one server that the
//! configuration names (SMTP, RFC 5321), over TLS unless that server is this machine.
//!
//! May touch the network, to that server alone. Deliberately absent: what is written to whom (that is `jobs`), what waits (that
//! is the store's outbox), attachments, HTML, and looking up other people's mail servers.

mod address;
mod message;
mod reply;
mod server;
mod smtp;

pub use address::{Address, AddressError};
pub use message::{Line, LineError, Message};
pub use server::{Server, ServerError};
pub use smtp::{Login, Mailer, SendError};
