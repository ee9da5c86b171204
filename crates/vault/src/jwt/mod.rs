//! Signed tokens (JWT, RFC 7519). What clients present is checked against the public keys they registered (JWK Set, RFC
//! 7517), and the algorithm is fixed by the key, never chosen by the token. Only a DPoP proof brings its key, to show that
//! it has it.

mod dpop;
mod id_token;
mod key;
mod sign;
mod token;

pub use dpop::{DpopError, DpopProof, Request, Sender, thumbprint};
pub use id_token::{IdTokenError, Wanted};
pub use key::{Algorithm, KeySet, KeySetError};
pub use sign::{SigningError, SigningKey};
pub use token::{JwtError, Unverified};
