//! The one way out: an HTTP client that calls the addresses the installation allowed, a wire to what gathers the
//! installation's logs, and this machine's searcher for viruses.
//!
//! HTTP/1.1 over TLS (plain HTTP on the loopback alone), one connection for each request, every size and time limited.
//! A name is resolved once, and the connection goes to the address that was looked at, so a name server that changes its
//! mind in between (DNS rebinding) gains nothing. Deliberately absent: redirects, proxies, cookies, a pool, HTTP/2.

mod clamd;
mod client;
mod connect;
mod request;
mod trust;
mod wire;

pub use clamd::{Clamd, ClamdError, Searched};
pub use client::{Answer, Client, Limits, SendError};
pub use connect::{Resolver, SystemResolver};
pub use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
pub use request::{HeaderError, Request};
pub use trust::{Trust, TrustError};
pub use wire::{OwnCertificate, Receiver, ReceiverError, Wire};
