//! All cryptography: sealing, hashing, random values, the keyring under the root key, signed tokens.
//! No I/O but the root key's source.
//!
//! Deliberately absent: where sealed things are kept, who may open them.

mod base32;
pub mod data;
mod hash;
pub mod jwt;
mod keyring;
mod mac;
mod mail_key;
mod paper;
pub mod passkey;
pub mod password;
mod pgp;
mod random;
pub mod recovery;
mod release_key;
pub mod root;
mod seal;
pub mod shares;
mod signature;
mod totp;
pub mod tree;

pub use hash::{KeyedHash, Sha256, equal, sha256, sha256_chain, sha512};
pub use keyring::{AUDIT_SIGNER, Head, KeyFact, Keyring, KeyringError, PatientKeys};
pub use mac::{Mac, Sealer, hmac_sha256};
pub use mail_key::MailKey;
pub use paper::{STRETCH_ROUNDS, printed_secret, stretched};
pub use pgp::{PgpError, PgpPublic, PgpSigner};
pub use random::{RandomError, random};
pub use release_key::{ReleaseKey, ReleaseSeed};
pub use root::{RootKey, RootKeyError};
pub use seal::{SealError, open, seal};
pub use signature::{PersonKey, PersonKeyError, PublicKey, signing_key_id};
pub use totp::TotpSecret;
