//! What there is to say of the keys; a new root key; new keys for the pages.

use std::path::PathBuf;

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use aceso_vault::data::KeyVersion;
use aceso_vault::{AUDIT_SIGNER, Head, KeyFact, Keyring, RootKey};

use super::files::{hold, keyring_path, open_keys, read, write_keyring};
use super::rotate::is_settled;
use crate::audit::newest_head_key;
use crate::engine::{AUDIT, RECORD, rekey};
use crate::people::{Act, Need};
use crate::verify::{SHARES, keep_checked};
use crate::{OpenError, PeopleError, Settings, Store, StoreError};

/// The keys as they are.
#[derive(Clone, Debug)]
pub struct KeyStatus {
    /// What the keyring's head says: which root key, and from where.
    pub head: Head,
    /// The keys in the keyring.
    pub keyring: Vec<KeyFact>,
    /// The versions of the patients' data keys, the one in use last.
    pub data: Vec<KeyVersion>,
    /// Whether all that is stored is sealed under the last version.
    pub settled: bool,
    /// How many patients' keys were destroyed.
    pub erased: usize,
    /// The count of changes of the patients' keys.
    pub serial: u64,
    /// The file with the patients' keys.
    pub patient_keys: PathBuf,
}

impl Store {
    /// What there is to say of the keys.
    pub async fn key_status(&self, caller: &Caller) -> Result<KeyStatus, PeopleError> {
        let keys = self.0.keys.clone();
        let settings = self.0.settings.clone();
        let keyring = self.0.keyring.clone();
        let signer = self.on_log(|log| newest_head_key(log))??;
        let act = Act::plain("key status");
        self.look(caller, Need::May(Task::ManageKeys), act, move |c| {
            keys.bodies().reload()?;
            let data = keys.bodies().keys();
            let file = read(&keyring_path(&settings.dir)).map_err(failed)?;
            let head = Head::read(&file.unwrap_or_default()).map_err(failed)?;
            Ok(KeyStatus {
                head,
                keyring: with_signer(keyring.facts(), signer),
                settled: is_settled(c, data.current())?,
                erased: data.erased().len(),
                serial: data.serial(),
                data: data.versions().collect(),
                patient_keys: settings.patient_keys,
            })
        })
        .await
    }

    /// Seals the keyring under another root key, or under one from another source. Copies of the record that were made
    /// before open with the old one alone.
    pub async fn rewrap(
        &self,
        caller: &Caller,
        old: &RootKey,
        new: &RootKey,
    ) -> Result<(), PeopleError> {
        let source = new.lock().source();
        let act = Act::plain("key rewrap").with(format!("{} from {source}", new.name()));
        let (dir, old, new) = (self.0.settings.dir.clone(), old.clone(), new.clone());
        let now = self.now();
        self.act(caller, Need::May(Task::ManageKeys), act, move |tx| {
            let of_before = "the root key was changed since: print new ones and test them";
            keep_checked(tx, SHARES, now, 1, of_before)?;
            let _held = hold(&dir).map_err(StoreError::io)?;
            let file = read(&keyring_path(&dir)).map_err(failed)?;
            let keyring = Keyring::open(&old, &file.unwrap_or_default()).map_err(failed)?;
            Ok(write_keyring(&dir, &keyring, &new).map_err(failed)?)
        })
        .await
    }
}

/// The log's key as it is now: those after the first stand in the log.
fn with_signer(mut facts: Vec<KeyFact>, newest: Option<(u32, Instant)>) -> Vec<KeyFact> {
    let fact = facts.iter_mut().find(|fact| fact.name == AUDIT_SIGNER);
    if let (Some(fact), Some((version, made))) = (fact, newest) {
        (fact.version, fact.made) = (version, made);
    }
    facts
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError(error.to_string())
}

/// Brings all pages of the record under a new key. Nothing else may have the record open. Killed in between, the record
/// opens all the same, and the next call goes on.
pub fn rotate_page_keys(
    settings: &Settings,
    root: &RootKey,
    now: Instant,
) -> Result<(), OpenError> {
    let dir = settings.dir.as_path();
    // Refuses what does not open, before anything is changed.
    open_keys(settings, root, now)?;
    let held = hold(dir).map_err(StoreError::io)?;
    let file = read(&keyring_path(dir))?.unwrap_or_default();
    let wrong = |source| OpenError::Keyring {
        path: keyring_path(dir).display().to_string(),
        source,
    };
    let mut keyring = Keyring::open(root, &file).map_err(wrong)?;
    keyring.begin_page_key(now).map_err(wrong)?;
    write_keyring(dir, &keyring, root)?;
    for database in [&RECORD, &AUDIT] {
        rekey(dir, database, &keyring)?;
    }
    keyring.end_page_key();
    write_keyring(dir, &keyring, root)?;
    drop(held);
    Ok(())
}
