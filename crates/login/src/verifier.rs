//! The check of access tokens: in memory when the token was seen within the last seconds, else in the store.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aceso_base::{Clock, Instant};
use aceso_policy::{ApiClient, Scopes};
use aceso_store::{Store, StoreError};
use aceso_web::Lookup;

use crate::issue::digest;

/// How long an answer of the store holds; with the two seconds that the store itself believes an answer, a revocation
/// from elsewhere takes effect within five.
const FRESH_MILLIS: i64 = 2_500;
const MOST_ENTRIES: usize = 10_000;

/// Knows which client an access token was issued to; cheap to clone.
#[derive(Clone)]
pub struct Verifier(Arc<Parts>);

struct Parts {
    store: Store,
    clock: Arc<dyn Clock>,
    seen: RwLock<HashMap<[u8; 32], Seen>>,
}

struct Seen {
    client: Arc<ApiClient>,
    until: Instant,
}

/// Why a token could not be checked; the request is refused.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a stored scope cannot be read")]
    Scope(#[from] aceso_policy::ScopeError),
}

impl Verifier {
    /// Over this store.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Parts {
            store,
            clock,
            seen: RwLock::default(),
        }))
    }

    /// The client that a token stands for; none for a token that is unknown, expired or revoked, and none where the
    /// store cannot be asked.
    pub fn look_up(&self, token: &str) -> Lookup {
        let hash = digest(token);
        if let Some(client) = self.seen(&hash) {
            return Box::pin(std::future::ready(Some(client)));
        }
        let this = self.clone();
        Box::pin(async move {
            this.ask(hash).await.unwrap_or_else(|error| {
                tracing::error!(%error, "an access token could not be checked");
                None
            })
        })
    }

    /// Forgets a token, so that its revocation counts at once.
    pub fn forget(&self, hash: &[u8; 32]) {
        let mut seen = self.0.seen.write().unwrap_or_else(PoisonError::into_inner);
        seen.remove(hash);
    }

    fn seen(&self, hash: &[u8; 32]) -> Option<Arc<ApiClient>> {
        let now = self.0.clock.now();
        let seen = self.0.seen.read().unwrap_or_else(PoisonError::into_inner);
        let entry = seen.get(hash).filter(|s| now < s.until)?;
        Some(Arc::clone(&entry.client))
    }

    async fn ask(&self, hash: [u8; 32]) -> Result<Option<Arc<ApiClient>>, CheckError> {
        let asked = self.0.clock.now();
        let store = &self.0.store;
        let token = store.token(&hash).await?;
        let Some(token) = token.filter(|t| !t.revoked && asked < t.expires) else {
            return Ok(None);
        };
        let known = store.client(&token.client).await?;
        if known.is_none_or(|c| c.disabled.is_some()) {
            return Ok(None);
        }
        let client = Arc::new(ApiClient {
            id: token.client,
            scopes: Scopes::parse(&token.scopes)?,
            patient: token.patient,
            person: None,
        });
        let until = asked.plus_millis(FRESH_MILLIS).min(token.expires);
        self.keep(hash, asked, Arc::clone(&client), until);
        Ok(Some(client))
    }

    fn keep(&self, hash: [u8; 32], now: Instant, client: Arc<ApiClient>, until: Instant) {
        let mut seen = self.0.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_ENTRIES {
            seen.retain(|_, s| now < s.until);
        }
        if seen.len() < MOST_ENTRIES {
            seen.insert(hash, Seen { client, until });
        }
    }
}
