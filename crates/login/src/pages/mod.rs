//! The pages that sign people in and let them look after their accounts. Every way in ends in `enter.rs`: there is one
//! pipeline, with no side door (ASVS 6.3.4).

mod account;
mod add_app;
mod add_passkey;
mod approval;
mod ceremony;
mod challenge;
mod demo;
mod device;
mod draft;
mod enrol;
mod enter;
mod fault;
mod forgot;
mod identities;
mod invitation;
mod lock;
mod look;
mod met;
mod notices;
mod outside;
mod parts;
mod passkeys;
mod password;
mod recovery;
mod reset;
mod routes;
mod second;
mod sessions;
mod set_up;
mod shares;
mod sign_in;
mod sign_out;
mod step_up;
mod still;
mod switch;

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use aceso_base::Clock;
use aceso_policy::{Caller, Decision, Origin, Place, Purpose, Who, decide};
use aceso_store::{FoundSession, SessionState, Store, StoreError};
use aceso_vault::passkey::{Devices, Passkeys};
use aceso_vault::password::{Cost, Hasher, PasswordError};
use aceso_vault::shares::Share;
use aceso_web::Network;
use aceso_web::page::Badge;
use aceso_web::site::{Lookup, Rights, Sessions, SignedIn, Stamp, State};

use tokio::sync::Semaphore;

use crate::issue::digest;
use crate::outside::Providers;
use ceremony::Ceremonies;

pub use routes::ROUTES;

/// What kind of installation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installation {
    /// A clinic's own.
    Clinic,
    /// A demonstration: links on its console sign in without a password.
    Demo,
}

/// The root key's shares, printed anew; the binary knows where the key is.
pub type PrintShares = Arc<dyn Fn() -> Option<Vec<Share>> + Send + Sync>;

/// What the pages need to know.
#[derive(Clone)]
pub struct PageSettings {
    /// The clinic's name.
    pub clinic: String,
    /// The address that browsers use; passkeys are bound to its host.
    pub base: String,
    /// What kind of installation it is.
    pub installation: Installation,
    /// What one password hash costs.
    pub cost: Cost,
    /// How many password hashes are computed at a time.
    pub hashers: usize,
    /// The clinic's own networks: where a person is, policies may ask.
    pub networks: Vec<Network>,
    /// Outside providers of sign-in.
    pub providers: Providers,
    /// The devices that alone make passkeys of administrators, security officers and auditors; none: any device does.
    pub devices: Option<Devices>,
    /// Prints the root key's shares; none where the key cannot be split.
    pub shares: Option<PrintShares>,
}

impl fmt::Debug for PageSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageSettings")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// The pages; cheap to clone.
#[derive(Clone)]
pub struct Pages(Arc<Parts>);

struct Parts {
    store: Store,
    clock: Arc<dyn Clock>,
    hasher: Hasher,
    passkeys: Option<Passkeys>,
    ceremonies: Ceremonies,
    journeys: Ceremonies,
    /// Links to new passwords that are being kept for mailing.
    resets: Arc<Semaphore>,
    settings: PageSettings,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pages")
    }
}

/// So many may wait for a password check; the next ones are asked to come again.
const MOST_WAITING: usize = 32;
/// So many links to new passwords are made at a time.
const MOST_RESETS: usize = 64;

impl Pages {
    /// The pages over this store. At an address that passkeys cannot be bound to there are none.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        settings: PageSettings,
    ) -> Result<Self, PasswordError> {
        let passkeys = match Passkeys::new(&settings.base, &settings.clinic) {
            Ok(passkeys) => Some(passkeys.with_devices(settings.devices.clone())),
            Err(error) => {
                tracing::warn!(%error, "no passkeys here");
                None
            }
        };
        Ok(Self(Arc::new(Parts {
            hasher: Hasher::new(settings.cost, settings.hashers, MOST_WAITING)?,
            passkeys,
            ceremonies: Ceremonies::new(store.sealer("sign-in ceremony")),
            journeys: Ceremonies::new(store.sealer("outside sign-in"))
                .lasting(outside::LIFE_MILLIS),
            resets: Arc::new(Semaphore::new(MOST_RESETS)),
            store,
            clock,
            settings,
        })))
    }

    /// Who is behind a cookie, for `web`.
    pub fn sessions(&self) -> Sessions {
        let (pages, glancing) = (self.clone(), self.clone());
        Sessions::new(move |token, origin| {
            let pages = pages.clone();
            let lookup: Lookup =
                Box::pin(async move { Ok(pages.signed_in(&token, origin, Use::Person).await?) });
            lookup
        })
        .glancing(move |token, origin| {
            let pages = glancing.clone();
            let lookup: Lookup =
                Box::pin(async move { Ok(pages.signed_in(&token, origin, Use::Nobody).await?) });
            lookup
        })
    }

    /// Who may do what, for `web`.
    pub fn rights(&self) -> Rights {
        let (pages, store) = (self.clone(), self.0.store.clone());
        let ever = self.clone();
        Rights::new(move |caller, task| {
            let now = pages.0.clock.now();
            pages.0.store.policies().may(caller, task, now)
        })
        .acting(move |caller, action, kind| {
            let (policies, now) = (ever.0.store.policies(), ever.0.clock.now());
            let decision = decide(&policies, caller, action, kind, Purpose::Treatment, now);
            !matches!(decision, Decision::Deny)
        })
        .noting(move |caller, task, path| {
            let store = store.clone();
            Box::pin(async move { Ok(store.page_refused(&caller, task, path).await?) })
        })
    }

    /// The digest of form tokens, for `web`.
    pub fn stamp(&self) -> Stamp {
        let mac = self.0.store.mac("csrf");
        Stamp::new(move |text| mac.tag(&[text]))
    }

    fn place(&self, peer: Option<IpAddr>) -> Place {
        let networks = &self.0.settings.networks;
        let known = peer.is_some_and(|peer| networks.iter().any(|n| n.contains(peer)));
        match (networks.is_empty(), known) {
            (true, _) => Place::Unknown,
            (false, true) => Place::Trusted,
            (false, false) => Place::Elsewhere,
        }
    }

    async fn signed_in(
        &self,
        token: &str,
        origin: Origin,
        usage: Use,
    ) -> Result<Option<SignedIn>, StoreError> {
        let hash = digest(token);
        let store = &self.0.store;
        let Some(found) = store.session(&hash).await? else {
            return Ok(None);
        };
        let state = match found.session.state {
            // Good for nothing but the second factor, whose pages look for it themselves.
            SessionState::SecondFactor => return Ok(None),
            SessionState::Enrol => State::MustEnrol,
            SessionState::Full => State::Open,
            SessionState::Locked => State::Locked,
        };
        // While nothing can be written, sessions go on and end as this process remembers them.
        if usage == Use::Person
            && let Err(error) = store.touch_session(&hash).await
        {
            tracing::warn!(%error, "the use of a session was not noted");
        }
        // A session that is not open acts as nobody but the part of the program that signs people in.
        let caller = match found.person(self.place(origin.address)) {
            Some(person) => Caller {
                who: Who::Person(Arc::new(person)),
                origin,
            },
            None => Caller::sign_in(origin),
        };
        Ok(Some(SignedIn {
            caller,
            session: found.session.id.clone(),
            state,
            badge: badge(&found),
        }))
    }
}

/// Whether a look at a session is a person's use of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Person,
    Nobody,
}

fn badge(found: &FoundSession) -> Badge {
    Badge {
        name: found.account.display.clone(),
        roles: found.account.roles.iter().map(parts::role_text).collect(),
    }
}
