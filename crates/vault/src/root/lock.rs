//! What the keyring's head says of the root key, to whoever reads it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a root key comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file outside the data directory.
    KeyFile,
    /// What somebody knows.
    Passphrase,
    /// A PKCS#11 token.
    Token,
}

impl Source {
    /// As the configuration says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeyFile => "keyfile",
            Self::Passphrase => "passphrase",
            Self::Token => "pkcs11",
        }
    }

    /// Reads what [`Source::name`] gives.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::KeyFile, Self::Passphrase, Self::Token];
        all.into_iter().find(|s| s.name() == name)
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How the root key is had: what its source sealed, and with what. Says nothing about the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "lowercase", deny_unknown_fields)]
pub enum Lock {
    /// It lies in a key file.
    KeyFile,
    /// Sealed under a key made from a passphrase (Argon2id).
    Passphrase {
        /// The salt.
        salt: Bytes,
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes.
        passes: u32,
        /// The sealed key.
        sealed: Bytes,
    },
    /// Sealed under a key that does not leave a token.
    #[serde(rename = "pkcs11")]
    Token {
        /// The token's label.
        token: String,
        /// The key's CKA_ID.
        id: Bytes,
        /// The nonce.
        nonce: Bytes,
        /// The sealed key.
        sealed: Bytes,
    },
}

impl Lock {
    /// The kind of source.
    pub const fn source(&self) -> Source {
        match self {
            Self::KeyFile => Source::KeyFile,
            Self::Passphrase { .. } => Source::Passphrase,
            Self::Token { .. } => Source::Token,
        }
    }
}

/// Bytes that are written as base64.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub(crate) Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text);
        bytes.map(Self).map_err(serde::de::Error::custom)
    }
}
