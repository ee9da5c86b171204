//! A root key under a key that lives in a PKCS#11 token (a hardware security module, a smart card, SoftHSM) and does not
//! leave it: AES-256-GCM by the token.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use super::RootKey;
use super::lock::{Bytes, Lock};
use crate::random;

const LABEL: &[u8] = b"aceso root";
const PLACE: &[u8] = b"aceso root in token 1";
const TAG_BITS: u64 = 128;

/// Where the token is and how it is entered.
pub struct TokenPlace {
    /// The PKCS#11 module: a shared library.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The user's PIN.
    pub pin: Zeroizing<String>,
}

impl std::fmt::Debug for TokenPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.token, self.module.display())
    }
}

/// Why a token gives no root key.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The module cannot be loaded or used.
    #[error("PKCS#11 module {module}: {source}")]
    Module {
        /// Its path.
        module: String,
        /// What it said.
        source: Error,
    },
    /// There is no token of this label.
    #[error("no token \"{wanted}\" is there; the module shows: {there}")]
    NoToken {
        /// The label asked for.
        wanted: String,
        /// The labels that are there.
        there: String,
    },
    /// The PIN is not taken.
    #[error("the token \"{token}\" does not take the PIN: {source}")]
    Pin {
        /// The token.
        token: String,
        /// What it said.
        source: Error,
    },
    /// The key is not in the token.
    #[error(
        "the token \"{token}\" does not hold the key that this record was locked with (CKA_ID {id})"
    )]
    NoKey {
        /// The token.
        token: String,
        /// Which key, in base64.
        id: String,
    },
    /// The token refused.
    #[error("the token \"{token}\" cannot {act}: {source}")]
    Act {
        /// The token.
        token: String,
        /// What it was asked to do.
        act: &'static str,
        /// What it said.
        source: Error,
    },
    /// The keyring's head is not of a token, or damaged.
    #[error("the keyring is not locked with a token, or its head is damaged")]
    Form,
    /// No randomness.
    #[error("the random generator failed")]
    Random,
}

impl RootKey {
    /// Makes a new root key, sealed by a new key in the token.
    pub fn create_in_token(place: &TokenPlace) -> Result<Self, TokenError> {
        Self::from_bytes(random().map_err(|_| TokenError::Random)?).in_token(place)
    }

    /// The same key under a new key in the token from now on.
    pub fn in_token(&self, place: &TokenPlace) -> Result<Self, TokenError> {
        let session = place.enter()?;
        let id: [u8; 16] = random().map_err(|_| TokenError::Random)?;
        let mut nonce: [u8; 12] = random().map_err(|_| TokenError::Random)?;
        let key = session
            .generate_key(
                &Mechanism::AesKeyGen,
                &[
                    Attribute::Class(ObjectClass::SECRET_KEY),
                    Attribute::KeyType(KeyType::AES),
                    Attribute::ValueLen(32.into()),
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::Encrypt(true),
                    Attribute::Decrypt(true),
                    Attribute::Label(LABEL.to_vec()),
                    Attribute::Id(id.to_vec()),
                ],
            )
            .map_err(|e| place.act("make a key", e))?;
        let sealed = session
            .encrypt(&gcm(place, &mut nonce)?, key, self.bytes())
            .map_err(|e| place.act("seal with AES-GCM", e))?;
        let lock = Lock::Token {
            token: place.token.clone(),
            id: Bytes(id.to_vec()),
            nonce: Bytes(nonce.to_vec()),
            sealed: Bytes(sealed),
        };
        let root = Self::locked(Zeroizing::new(*self.bytes()), lock);
        // What the token cannot open again must not be the only way to the record.
        drop(session);
        Self::from_token(root.lock(), place)
    }

    /// Has the token open the key that a keyring's head holds.
    pub fn from_token(lock: &Lock, place: &TokenPlace) -> Result<Self, TokenError> {
        let Lock::Token {
            token,
            id,
            nonce,
            sealed,
        } = lock
        else {
            return Err(TokenError::Form);
        };
        let session = place.enter()?;
        let key = find(&session, &id.0)
            .map_err(|e| place.act("look for the key", e))?
            .ok_or_else(|| TokenError::NoKey {
                token: token.clone(),
                id: STANDARD.encode(&id.0),
            })?;
        let mut nonce = <[u8; 12]>::try_from(nonce.0.as_slice()).map_err(|_| TokenError::Form)?;
        let bytes = session
            .decrypt(&gcm(place, &mut nonce)?, key, &sealed.0)
            .map(Zeroizing::new)
            .map_err(|e| place.act("open the root key", e))?;
        let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| TokenError::Form)?;
        Ok(Self::locked(Zeroizing::new(bytes), lock.clone()))
    }
}

impl TokenPlace {
    /// A session of the user with the token. The module is let go with it.
    fn enter(&self) -> Result<Session, TokenError> {
        let module = |source| TokenError::Module {
            module: self.module.display().to_string(),
            source,
        };
        let pkcs11 = Pkcs11::new(&self.module).map_err(module)?;
        let threads = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match pkcs11.initialize(threads) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(source) => return Err(module(source)),
        }
        let slots = pkcs11.get_slots_with_token().map_err(module)?;
        let mut there = Vec::new();
        for slot in slots {
            let label = pkcs11.get_token_info(slot).map_err(module)?;
            let label = label.label().trim_end().to_owned();
            if label != self.token {
                there.push(label);
                continue;
            }
            let session = pkcs11.open_rw_session(slot).map_err(module)?;
            session
                .login(
                    UserType::User,
                    Some(&AuthPin::new(self.pin.as_str().into())),
                )
                .map_err(|source| TokenError::Pin {
                    token: self.token.clone(),
                    source,
                })?;
            return Ok(session);
        }
        there.retain(|label| !label.is_empty());
        Err(TokenError::NoToken {
            wanted: self.token.clone(),
            there: if there.is_empty() {
                "none".to_owned()
            } else {
                there.join(", ")
            },
        })
    }

    fn act(&self, act: &'static str, source: Error) -> TokenError {
        TokenError::Act {
            token: self.token.clone(),
            act,
            source,
        }
    }
}

fn gcm<'a>(place: &TokenPlace, nonce: &'a mut [u8; 12]) -> Result<Mechanism<'a>, TokenError> {
    let params = GcmParams::new(nonce, PLACE, TAG_BITS.into());
    params
        .map(Mechanism::AesGcm)
        .map_err(|e| place.act("take AES-GCM's parameters", e))
}

fn find(session: &Session, id: &[u8]) -> Result<Option<ObjectHandle>, Error> {
    let wanted = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::Id(id.to_vec()),
    ];
    Ok(session.find_objects(&wanted)?.into_iter().next())
}
