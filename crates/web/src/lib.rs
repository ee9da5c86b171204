//! The HTTP floor: listening (plain on the loopback, TLS elsewhere), limits against slow and greedy clients, request
//! ids, security headers, CORS, compression, caught panics, bearer tokens → [`aceso_policy::Caller`].
//!
//! Deliberately absent: anything that knows FHIR, sessions or accounts; who holds a token is asked of a function that
//! the binary gives ([`Tokens`]).

mod address;
mod bearer;
mod body;
mod cors;
mod floor;
mod gzip;
mod health;
mod io;
mod network;
mod serve;
mod tls;
mod visit;

pub use address::{Address, AddressError};
pub use bearer::{Lookup, TokenProblem, Tokens};
pub use body::{BodyError, collect};
pub use cors::Cors;
pub use floor::{Floor, Settings};
pub use health::health;
pub use network::{Certificate, Entrance, Gate, Network, NetworkError};
pub use serve::{Listener, ServeError};
pub use tls::{Identity, Tls, TlsError};
pub use visit::Visit;
