//! The HTTP floor: listening (plain on the loopback, TLS elsewhere), limits against slow and greedy clients, request
//! ids, security headers, CORS, compression, caught panics, bearer tokens → [`aceso_policy::Caller`].
//!
//! For pages: their look ([`page`]), and the table and dispatcher that decide who may come in ([`site`]).
//!
//! Deliberately absent: anything that knows FHIR, or how sessions and accounts are kept; who holds a token or a cookie is
//! asked of functions that the binary gives ([`Tokens`], [`site::Sessions`]).

mod address;
mod asset;
mod bearer;
mod body;
mod certificate;
mod cors;
mod floor;
mod gzip;
mod health;
mod io;
mod metrics;
mod network;
pub mod page;
mod refusal;
mod script;
mod serve;
mod shield;
pub mod site;
mod tls;
mod traffic;
mod visit;

pub use address::{Address, AddressError};
pub use bearer::{Lookup, Presented, TokenProblem, Tokens, foreign};
pub use body::{BodyError, collect};
pub use certificate::{Validity, validity};
pub use cors::{Cors, Registered};
pub use floor::{Floor, Settings};
pub use health::health;
pub use metrics::metrics;
pub use network::{Certificate, Entrance, Gate, Network, NetworkError};
pub use serve::{Listener, ServeError};
pub use shield::{Figures, Shield};
pub use tls::{Identity, Tls, TlsError};
pub use traffic::{Row, Span, Traffic};
pub use visit::Visit;
