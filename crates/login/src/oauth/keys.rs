//! The keys that ID tokens are signed with: made when first needed, kept sealed, shown at `/oauth/jwks`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aceso_base::Instant;
use aceso_policy::{Caller, Origin};
use aceso_store::{PeopleError, SealedKey, Store, StoreError};
use aceso_vault::jwt::{SigningError, SigningKey};
use aceso_vault::{RandomError, SealError, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

const USE: &str = "signing key";

/// How long the list is believed without looking again: the console may have rotated.
const BELIEVED_MILLIS: i64 = 2_000;

/// The keys in use and those retired lately, the newest first.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Option<(Instant, Vec<Known>)>>);

#[derive(Clone)]
struct Known {
    key: Arc<SigningKey>,
    retired: Option<Instant>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store failed.
    #[error("the signing keys cannot be read")]
    Store(#[from] StoreError),
    /// It was not allowed, or could not be kept.
    #[error("the signing key could not be kept")]
    Keep(#[from] PeopleError),
    /// A key does not open.
    #[error("a signing key does not open")]
    Seal(#[from] SealError),
    /// A key could not be made or used.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Makes a new key for ID tokens in place of the one before, which stays at `/oauth/jwks` for an hour: longer than anything
/// that it signed is good. A running server takes the new key within two seconds. Answers its id.
pub async fn rotate_signing_key(store: &Store, caller: &Caller) -> Result<String, KeyError> {
    let (id, sealed) = new_key(store)?;
    store.rotate_signing_key(caller, &id, sealed).await?;
    Ok(id)
}

impl Keys {
    /// The public parts, also of those retired lately.
    pub(crate) async fn public(&self, store: &Store) -> Result<Vec<Value>, KeyError> {
        let all = self.all(store).await?;
        Ok(all.iter().map(|known| known.key.public_jwk()).collect())
    }

    /// The key to sign with.
    pub(crate) async fn current(&self, store: &Store) -> Result<Arc<SigningKey>, KeyError> {
        let all = self.all(store).await?;
        let newest = all.into_iter().find(|known| known.retired.is_none());
        let newest = newest.map(|known| known.key);
        newest.ok_or(KeyError::Signing(SigningError))
    }

    async fn all(&self, store: &Store) -> Result<Vec<Known>, KeyError> {
        let now = store.now();
        let seen = self.lock().clone();
        if let Some((at, known)) = seen
            && now.millis().saturating_sub(at.millis()) < BELIEVED_MILLIS
        {
            return Ok(known);
        }
        let mut sealed = store.signing_keys().await?;
        if sealed.iter().all(|key| key.retired.is_some()) {
            make(store).await?;
            // What another process made at the same time is there, too.
            sealed = store.signing_keys().await?;
        }
        let opened: Result<Vec<_>, _> = sealed.iter().map(|key| open(store, key)).collect();
        let opened = opened?;
        *self.lock() = Some((now, opened.clone()));
        Ok(opened)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Instant, Vec<Known>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn make(store: &Store) -> Result<(), KeyError> {
    let (id, sealed) = new_key(store)?;
    let caller = Caller::sign_in(Origin::default());
    Ok(store.add_signing_key(&caller, &id, sealed).await?)
}

fn new_key(store: &Store) -> Result<(String, Vec<u8>), KeyError> {
    let id = URL_SAFE_NO_PAD.encode(random::<9>()?);
    let key = SigningKey::generate_es256(id.as_str())?;
    let sealed = store.sealer(USE).seal(&id, &key.to_pkcs8()?)?;
    Ok((id, sealed))
}

fn open(store: &Store, key: &SealedKey) -> Result<Known, KeyError> {
    let secret = store.sealer(USE).open(&key.id, &key.sealed)?;
    let opened = SigningKey::es256_from_pkcs8(key.id.as_str(), &secret)?;
    Ok(Known {
        key: Arc::new(opened),
        retired: key.retired,
    })
}
