//! The keys that ID tokens are signed with: made when first needed, kept sealed, shown at `/oauth/jwks`.

use std::sync::{Arc, Mutex, PoisonError};

use aceso_policy::{Caller, Origin};
use aceso_store::{PeopleError, SealedKey, Store, StoreError};
use aceso_vault::jwt::{SigningError, SigningKey};
use aceso_vault::{RandomError, SealError, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

const USE: &str = "signing key";

/// The keys in use, the newest first.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Vec<Arc<SigningKey>>>);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("the signing keys cannot be read")]
    Store(#[from] StoreError),
    #[error("the signing key could not be kept")]
    Keep(#[from] PeopleError),
    #[error("a signing key does not open")]
    Seal(#[from] SealError),
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl Keys {
    /// The public parts.
    pub(crate) async fn public(&self, store: &Store) -> Result<Vec<Value>, KeyError> {
        Ok(self
            .all(store)
            .await?
            .iter()
            .map(|k| k.public_jwk())
            .collect())
    }

    /// The key to sign with.
    pub(crate) async fn current(&self, store: &Store) -> Result<Arc<SigningKey>, KeyError> {
        let newest = self.all(store).await?.into_iter().next();
        newest.ok_or(KeyError::Signing(SigningError))
    }

    async fn all(&self, store: &Store) -> Result<Vec<Arc<SigningKey>>, KeyError> {
        let known = self.known();
        if !known.is_empty() {
            return Ok(known);
        }
        let mut sealed = store.signing_keys().await?;
        if sealed.is_empty() {
            make(store).await?;
            // What another process made at the same time is there, too.
            sealed = store.signing_keys().await?;
        }
        let opened: Result<Vec<_>, _> = sealed.iter().map(|key| open(store, key)).collect();
        let opened = opened?;
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&opened);
        Ok(opened)
    }

    fn known(&self) -> Vec<Arc<SigningKey>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn make(store: &Store) -> Result<(), KeyError> {
    let id = URL_SAFE_NO_PAD.encode(random::<9>()?);
    let key = SigningKey::generate_es256(id.as_str())?;
    let sealed = store.sealer(USE).seal(&id, &key.to_pkcs8()?)?;
    let caller = Caller::sign_in(Origin::default());
    Ok(store.add_signing_key(&caller, &id, sealed).await?)
}

fn open(store: &Store, key: &SealedKey) -> Result<Arc<SigningKey>, KeyError> {
    let secret = store.sealer(USE).open(&key.id, &key.sealed)?;
    Ok(Arc::new(SigningKey::es256_from_pkcs8(
        key.id.as_str(),
        &secret,
    )?))
}
