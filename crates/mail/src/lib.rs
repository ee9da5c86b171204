//! Mail out: a message as values that cannot carry a header of somebody else's making, and its way to the one server that the
//! configuration names (SMTP, RFC 5321), over TLS unless that server is this machine. Mail in: what is new in a mailbox that the
//! configuration names (IMAP, RFC 9051), as bytes; and what a domain publishes about itself, asked of this machine's name servers.
//!
//! May touch the network, to those servers alone. Deliberately absent: what is written to whom (that is `jobs`), what waits (that
//! is the store's outbox), what a mail means, attachments, HTML, and looking up other people's mail servers.

mod address;
mod imap;
mod message;
mod names;
mod reply;
mod server;
mod smtp;
mod wire;

pub use address::{Address, AddressError};
pub use imap::{BoxError, Flag, Found, Mailbox, OpenBox};
pub use message::{Line, LineError, Message};
pub use names::{Names, NamesError};
pub use server::{Server, ServerError};
pub use smtp::{Login, Mailer, SendError};
