//! The check of access tokens: in memory when the token was seen within the last seconds, else in the store.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aceso_base::{Clock, Instant};
use aceso_policy::{ApiClient, Caller, Origin};
use aceso_store::{BrowserOrigin, PeopleError, Store};
use aceso_vault::jwt::Request;
use aceso_web::{Lookup, Presented};

use crate::issue::digest;
use crate::oauth::proof::Proofs;
use crate::scopes::clinical;

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
    proofs: Arc<Proofs>,
    base: String,
    /// Origins that the installation names itself.
    origins: Vec<String>,
}

struct Seen {
    known: Known,
    until: Instant,
}

/// Whom a token stands for, and the thumbprint of the key that it is bound to.
#[derive(Clone)]
struct Known {
    client: Arc<ApiClient>,
    key: Option<Arc<str>>,
    /// Origins whose scripts may show it.
    origins: Arc<[BrowserOrigin]>,
}

impl Verifier {
    /// Over this store.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self::at(store, clock, String::new(), Vec::new(), Arc::default())
    }

    /// For an address of our own, which proofs must be for.
    pub(crate) fn at(
        store: Store,
        clock: Arc<dyn Clock>,
        base: String,
        origins: Vec<String>,
        proofs: Arc<Proofs>,
    ) -> Self {
        Self(Arc::new(Parts {
            store,
            clock,
            seen: RwLock::default(),
            proofs,
            base,
            origins,
        }))
    }

    /// The client that a bearer token stands for; none for a token that is unknown, expired, revoked or bound to a key, and
    /// none where the store cannot be asked.
    pub fn look_up(&self, token: &str) -> Lookup {
        self.check(Presented {
            token,
            proof: None,
            method: "",
            path: "",
            origin: None,
        })
    }

    /// The same for a token that may come with a proof (RFC 9449): a bound token needs one, any other must not have one.
    pub(crate) fn check(&self, presented: Presented<'_>) -> Lookup {
        let hash = digest(presented.token);
        let key = match self.proved(presented) {
            Ok(key) => key,
            Err(why) => {
                tracing::info!(why, "an access token's proof was refused");
                return Box::pin(std::future::ready(None));
            }
        };
        let origin = presented.origin.filter(|o| !self.is_named(o));
        if let Some(known) = self.seen(&hash) {
            return Box::pin(std::future::ready(fits(known, key.as_deref(), origin)));
        }
        let origin = origin.map(str::to_owned);
        let this = self.clone();
        Box::pin(async move {
            let known = this.ask(hash).await.unwrap_or_else(|error| {
                tracing::error!(%error, "an access token could not be checked");
                None
            });
            known.and_then(|known| fits(known, key.as_deref(), origin.as_deref()))
        })
    }

    /// The thumbprint of the key that the request proves to have.
    fn proved(&self, presented: Presented<'_>) -> Result<Option<String>, String> {
        let Some(text) = presented.proof else {
            return Ok(None);
        };
        let now = self.0.clock.now();
        let request = Request {
            method: presented.method,
            url: &[self.0.base.as_str(), presented.path].concat(),
            token: Some(presented.token),
            now,
        };
        let proof = request.check(text).map_err(|e| e.to_string())?;
        if !self.0.proofs.take(&proof, now) {
            return Err("used before".to_owned());
        }
        Ok(Some(proof.thumbprint))
    }

    /// Whether the installation names this origin itself.
    pub(crate) fn is_named(&self, origin: &str) -> bool {
        self.0.origins.iter().any(|o| o == origin)
    }

    /// Forgets what is believed, so that a revocation counts at once.
    pub fn forget_all(&self) {
        let mut seen = self.0.seen.write().unwrap_or_else(PoisonError::into_inner);
        seen.clear();
    }

    fn seen(&self, hash: &[u8; 32]) -> Option<Known> {
        let now = self.0.clock.now();
        let seen = self.0.seen.read().unwrap_or_else(PoisonError::into_inner);
        let entry = seen.get(hash).filter(|s| now < s.until)?;
        Some(entry.known.clone())
    }

    async fn ask(&self, hash: [u8; 32]) -> Result<Option<Known>, PeopleError> {
        let asked = self.0.clock.now();
        let store = &self.0.store;
        let token = store.token(&hash).await?;
        let Some(token) = token.filter(|t| !t.revoked && asked < t.expires) else {
            return Ok(None);
        };
        let client = store.client(&server(), &token.client).await?;
        let Some(client) = client.filter(|c| c.disabled.is_none()) else {
            return Ok(None);
        };
        // Roles and the rest of the account are as they are now, not as they were when the person said yes.
        let (person, key) = match token.person {
            None => (None, None),
            Some(acts) => match store.live_account(&acts.account).await? {
                None => return Ok(None),
                Some(account) => (Some(Arc::new(account.person(acts.strength))), acts.key),
            },
        };
        let known = Known {
            client: Arc::new(ApiClient {
                id: token.client,
                scopes: clinical(&token.scopes),
                patient: token.patient,
                person,
            }),
            key: key.map(Arc::from),
            origins: client.app.map_or_else(Vec::new, |app| app.origins).into(),
        };
        let until = asked.plus_millis(FRESH_MILLIS).min(token.expires);
        self.keep(hash, asked, known.clone(), until);
        Ok(Some(known))
    }

    fn keep(&self, hash: [u8; 32], now: Instant, known: Known, until: Instant) {
        let mut seen = self.0.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_ENTRIES {
            seen.retain(|_, s| now < s.until);
        }
        if seen.len() < MOST_ENTRIES {
            seen.insert(hash, Seen { known, until });
        }
    }
}

/// The authorization server itself, which looks clients up.
pub(crate) fn server() -> Caller {
    Caller::sign_in(Origin::default())
}

/// The client, when the proof is of the token's own key, or neither has one, and a script that shows the token is of an
/// origin that the client registered: another app's page can do nothing with it.
fn fits(known: Known, key: Option<&str>, origin: Option<&str>) -> Option<Arc<ApiClient>> {
    let own = origin.is_none_or(|o| known.origins.iter().any(|r| r.as_str() == o));
    (own && known.key.as_deref() == key).then_some(known.client)
}
