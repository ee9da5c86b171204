//! Asking passkeys, and checking what they answer.

use aceso_policy::Role;
use aceso_store::{Account, CredentialKind, OpenCredential};
use aceso_vault::passkey::{Asking, Makers, Passkey, PasskeyError, Passkeys};
use aceso_web::page::known;
use aceso_web::site::{Ask, PageFault};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Pages;
use super::ceremony::Offer;
use super::fault::fault;

/// A ceremony's purpose: signing in without a user name. Other purposes name the account.
const SIGN_IN: &str = "sign in";

impl Pages {
    /// Asks whoever has a passkey for this address; none where there are no passkeys.
    pub(super) fn ask_anybody(&self) -> Result<Option<Offer>, PageFault> {
        let Some(passkeys) = &self.0.passkeys else {
            return Ok(None);
        };
        // The same options serve the button and the field: which one it is, the script says.
        let ceremony = passkeys
            .begin_discoverable(Asking::ByButton)
            .map_err(PageFault::hidden)?;
        self.0
            .ceremonies
            .offer(self.now(), SIGN_IN, ceremony)
            .map(Some)
    }

    /// The account whose passkey answered; none when it is not right, whatever the reason.
    pub(super) async fn answered_by(
        &self,
        ask: &Ask,
        state: &str,
        answer: &str,
    ) -> Result<Option<String>, PageFault> {
        let (caller, store, now) = (Self::caller(ask), &self.0.store, self.now());
        let Some(passkeys) = &self.0.passkeys else {
            return Ok(None);
        };
        let Some(kept) = self.0.ceremonies.open(now, SIGN_IN, state) else {
            return Ok(None);
        };
        let Ok((handle, key_id)) = passkeys.identify(answer) else {
            return Ok(None);
        };
        let Some(open) = store.open_passkey(&caller, &key_id).await.map_err(fault)? else {
            return Ok(None);
        };
        let account = open.credential.account.clone();
        if store.passkey_handle(&account) != handle {
            return Ok(None);
        }
        let Some(mut key) = key(&open) else {
            return Ok(None);
        };
        let right = passkeys.finish_discoverable(&kept, answer, &mut key);
        let taken =
            self.take(ask, &open, &key, right).await? && self.0.ceremonies.spend(now, state);
        Ok(taken.then_some(account))
    }

    /// Asks for one of an account's passkeys; none where it has none.
    pub(super) fn ask_account(
        &self,
        account: &str,
        credentials: &[OpenCredential],
    ) -> Result<Option<Offer>, PageFault> {
        let keys: Vec<Passkey> = keys(credentials).filter_map(key).collect();
        let Some(passkeys) = self.0.passkeys.as_ref().filter(|_| !keys.is_empty()) else {
            return Ok(None);
        };
        let ceremony = passkeys.begin_sign_in(&keys).map_err(PageFault::hidden)?;
        self.0
            .ceremonies
            .offer(self.now(), &["prove ", account].concat(), ceremony)
            .map(Some)
    }

    /// Whether one of an account's passkeys answered.
    pub(super) async fn account_answered(
        &self,
        ask: &Ask,
        account: &str,
        credentials: &[OpenCredential],
        state: &str,
        answer: &str,
    ) -> Result<bool, PageFault> {
        let now = self.now();
        let Some(passkeys) = &self.0.passkeys else {
            return Ok(false);
        };
        let Some(kept) = self
            .0
            .ceremonies
            .open(now, &["prove ", account].concat(), state)
        else {
            return Ok(false);
        };
        let said = said_id(answer);
        let found = keys(credentials).find_map(|open| {
            let key = key(open)?;
            (Some(key.id()) == said.as_deref()).then_some((open, key))
        });
        let Some((open, mut key)) = found else {
            return Ok(false);
        };
        let right = passkeys.finish_sign_in(&kept, answer, &mut key);
        Ok(self.take(ask, open, &key, right).await? && self.0.ceremonies.spend(now, state))
    }

    /// Begins to make a passkey for an account.
    pub(super) fn ask_new(
        &self,
        account: &Account,
        credentials: &[OpenCredential],
    ) -> Result<Option<Offer>, PageFault> {
        let Some(passkeys) = &self.0.passkeys else {
            return Ok(None);
        };
        let have: Vec<Passkey> = keys(credentials).filter_map(key).collect();
        let handle = self.0.store.passkey_handle(&account.id);
        let names = (account.user_name.as_str(), account.display.as_str());
        let begun = passkeys.begin_registration(handle, names, &have, makers(account));
        let ceremony = begun.map_err(PageFault::hidden)?;
        self.0
            .ceremonies
            .offer(self.now(), &["make ", &account.id].concat(), ceremony)
            .map(Some)
    }

    /// The passkey that was made; none when the answer is not right.
    pub(super) fn made(&self, account: &Account, state: &str, answer: &str) -> Option<Passkey> {
        let passkeys = self.0.passkeys.as_ref()?;
        let kept = self
            .0
            .ceremonies
            .open(self.now(), &["make ", &account.id].concat(), state)?;
        let made = passkeys.finish_registration(&kept, answer).ok()?;
        if !passkeys.accepts(&made, makers(account)) {
            return None;
        }
        self.0.ceremonies.spend(self.now(), state).then_some(made)
    }

    /// Why no passkey was made for an account: `otherwise`, where any device would do.
    pub(super) fn not_made(&self, account: &Account, otherwise: &str) -> String {
        let passkeys = self.0.passkeys.as_ref();
        let is_listed = passkeys.is_some_and(Passkeys::has_devices);
        known(match makers(account) {
            Makers::Listed if is_listed => {
                "The passkey was not made. For your role it has to be on a security key of a kind that is listed here: ask who looks after this installation."
            }
            Makers::Listed | Makers::Any => otherwise,
        })
    }

    /// Whether there is a list of devices, and none of them made the key.
    fn is_unlisted(&self, key: &Passkey) -> bool {
        let passkeys = self.0.passkeys.as_ref();
        passkeys.is_some_and(|passkeys| !passkeys.accepts(key, Makers::Listed))
    }

    async fn take(
        &self,
        ask: &Ask,
        open: &OpenCredential,
        key: &Passkey,
        right: Result<bool, PasskeyError>,
    ) -> Result<bool, PageFault> {
        if let Err(error) = right {
            tracing::info!(reference = %ask.visit.id, %error, "passkey refused");
            return Ok(false);
        }
        let caller = Self::caller(ask);
        if self.is_unlisted(key) {
            let account = &open.credential.account;
            let account = self.0.store.account(&caller, account).await;
            if makers(&account.map_err(fault)?) == Makers::Listed {
                tracing::warn!(reference = %ask.visit.id, "a passkey of a device that is not listed");
                return Ok(false);
            }
        }
        let text = key.to_text().map_err(PageFault::hidden)?;
        let taken = self.0.store.take_passkey(&caller, &open.credential, &text);
        taken.await.map_err(fault)
    }
}

/// Whose passkeys come from listed devices only, where there is a list: those who could change who may do what, and who sees it.
const SPECIAL: [Role; 3] = [Role::ADMINISTRATOR, Role::SECURITY_OFFICER, Role::AUDITOR];

fn makers(account: &Account) -> Makers {
    match SPECIAL.iter().any(|role| account.has_role(role)) {
        true => Makers::Listed,
        false => Makers::Any,
    }
}

fn keys(credentials: &[OpenCredential]) -> impl Iterator<Item = &OpenCredential> {
    credentials
        .iter()
        .filter(|c| c.credential.kind == CredentialKind::Passkey)
}

fn key(open: &OpenCredential) -> Option<Passkey> {
    Passkey::from_text(open.text()?).ok()
}

/// The key's id that an answer names.
fn said_id(answer: &str) -> Option<Vec<u8>> {
    let value: serde_json::Value = serde_json::from_str(answer).ok()?;
    URL_SAFE_NO_PAD.decode(value.get("rawId")?.as_str()?).ok()
}
