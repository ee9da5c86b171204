//! Signed tokens (JWT, RFC 7519) that clients present, checked against the public keys they registered (JWK Set,
//! RFC 7517). The algorithm is fixed by the key, never chosen by the token.

mod key;
mod sign;
mod token;

pub use key::{Algorithm, KeySet, KeySetError};
pub use sign::{SigningError, SigningKey};
pub use token::{JwtError, Unverified};
