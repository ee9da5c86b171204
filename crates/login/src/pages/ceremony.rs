//! The two halves of asking a passkey: what must be kept between them travels sealed in the form, for five minutes, for one
//! use. Nothing is kept on the server for strangers, so that they cannot fill it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aceso_base::Instant;
use aceso_vault::passkey::Ceremony;
use aceso_vault::{Sealer, sha256};
use aceso_web::site::PageFault;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

const LIFE_MILLIS: i64 = 5 * 60_000;

/// What a form shows the browser.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// The options, as JSON.
    pub(super) options: String,
    /// The sealed state.
    pub(super) state: String,
}

impl Offer {
    /// For samples.
    pub(super) fn sample() -> Self {
        Self {
            options: "{\"publicKey\":{}}".into(),
            state: "sample".into(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    ends: i64,
    state: String,
}

/// Seals and opens ceremonies' states.
pub(super) struct Ceremonies {
    sealer: Sealer,
    life: i64,
    /// Those that led somewhere, until they end: only right answers get here, so it stays small.
    used: Mutex<HashMap<[u8; 32], Instant>>,
}

impl Ceremonies {
    pub(super) fn new(sealer: Sealer) -> Self {
        Self {
            sealer,
            life: LIFE_MILLIS,
            used: Mutex::default(),
        }
    }

    /// With another life, in milliseconds.
    pub(super) fn lasting(self, life: i64) -> Self {
        Self { life, ..self }
    }

    /// Seals a ceremony for one purpose: what was begun to sign in does not add a key.
    pub(super) fn offer(
        &self,
        now: Instant,
        purpose: &str,
        ceremony: Ceremony,
    ) -> Result<Offer, PageFault> {
        Ok(Offer {
            options: ceremony.options,
            state: self.seal(now, purpose, ceremony.state)?,
        })
    }

    /// Seals a state alone.
    pub(super) fn seal(
        &self,
        now: Instant,
        purpose: &str,
        state: String,
    ) -> Result<String, PageFault> {
        let kept = Kept {
            ends: now.plus_millis(self.life).millis(),
            state,
        };
        let text = serde_json::to_vec(&kept).map_err(PageFault::hidden)?;
        let sealed = self
            .sealer
            .seal(purpose, &text)
            .map_err(PageFault::hidden)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The state, if it was sealed for this purpose, has not ended, and led nowhere yet.
    pub(super) fn open(&self, now: Instant, purpose: &str, sealed: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let text = self.sealer.open(purpose, &bytes).ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        (now.millis() < kept.ends && !used.contains_key(&sha256(sealed.as_bytes())))
            .then_some(kept.state)
    }

    /// Notes that a state led somewhere; false when it did before.
    pub(super) fn spend(&self, now: Instant, sealed: &str) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, ends| now < *ends);
        let ends = now.plus_millis(self.life);
        used.insert(sha256(sealed.as_bytes()), ends).is_none()
    }
}

#[cfg(test)]
mod tests {
    use aceso_vault::Keyring;

    use super::*;

    #[test]
    fn a_ceremony_ends_after_five_minutes_serves_one_purpose_and_leads_somewhere_once() {
        let ceremonies = Ceremonies::new(
            Keyring::create(aceso_base::Instant::from_millis(0))
                .unwrap()
                .sealer("test"),
        );
        let begin = Instant::from_millis(0);
        let ceremony = Ceremony {
            options: "{}".into(),
            state: "state".into(),
        };
        let offer = ceremonies.offer(begin, "sign in", ceremony).unwrap();
        let open = |at: i64, purpose: &str| {
            ceremonies.open(Instant::from_millis(at), purpose, &offer.state)
        };
        assert_eq!(open(0, "sign in").as_deref(), Some("state"));
        assert_eq!(open(LIFE_MILLIS, "sign in"), None);
        assert_eq!(open(0, "add"), None);
        assert!(ceremonies.spend(begin, &offer.state));
        assert!(!ceremonies.spend(begin, &offer.state));
        assert_eq!(open(0, "sign in"), None);
        assert_eq!(ceremonies.open(begin, "sign in", "x"), None);
    }
}
