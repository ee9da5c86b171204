//! What there is to say of the keys; a new root key; new keys for the pages.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use aceso_base::Instant;
use aceso_policy::{Caller, Task};
use aceso_vault::data::KeyVersion;
use aceso_vault::{AUDIT_SIGNER, Head, KeyFact, Keyring, RootKey};

use super::files::{hold, keyring_path, read, write_keyring};
use super::rotate::is_settled;
use crate::audit::newest_head_key;
use crate::files::Turn;
use crate::people::{Act, Need};
use crate::verify::{SHARES, keep_checked};
use crate::{PeopleError, Store, StoreError};

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

/// Who may have the record open while its page keys are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nobody but this process: others wait before they open it.
    Nobody,
    /// Anybody: the new files are put in place as soon as no other process has them open.
    Others,
}

/// A step of a change of the page keys that is kept in the keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Begin,
    End,
}

impl Store {
    /// Brings all pages of the record and of the audit log under a new key, while they are read and written, and answers its
    /// number; none while somebody else changes the page keys or, with [`Beside::Nobody`], has the record open. Cut off in
    /// between, the record opens all the same, and the next call goes on. What follows the record for backups has to begin
    /// anew.
    pub async fn rotate_page_keys(
        &self,
        caller: &Caller,
        root: &RootKey,
        beside: Beside,
    ) -> Result<Option<u32>, PeopleError> {
        let inner = &self.0;
        let act = Act::plain("key rotate pages");
        self.permit(caller, Need::May(Task::ManageKeys), &act)
            .await?;
        let Some(turn) = Turn::take(&inner.settings.dir)? else {
            return Ok(None);
        };
        let turn = Arc::new(turn);
        let _alone = match beside {
            Beside::Nobody => match inner.files.alone(&turn)? {
                Some(alone) => Some(alone),
                None => return Ok(None),
            },
            Beside::Others => None,
        };
        self.change_page_key(caller, root, Step::Begin).await?;
        inner.writer.renew(Arc::clone(&turn)).await?;
        inner.readers.follow();
        inner.readers.log().renew(turn).await?;
        let logs = inner.logs.lock();
        logs.unwrap_or_else(PoisonError::into_inner).clear();
        self.change_page_key(caller, root, Step::End)
            .await
            .map(Some)
    }

    async fn change_page_key(
        &self,
        caller: &Caller,
        root: &RootKey,
        step: Step,
    ) -> Result<u32, PeopleError> {
        let act = Act::plain("key rotate pages").with(match step {
            Step::Begin => "begun",
            Step::End => "done",
        });
        let (dir, root, now) = (self.0.settings.dir.clone(), root.clone(), self.now());
        let keyring = self.0.keyring.clone();
        self.act(caller, Need::May(Task::ManageKeys), act, move |_| {
            let _held = hold(&dir).map_err(StoreError::io)?;
            let file = read(&keyring_path(&dir)).map_err(failed)?;
            let anew = Keyring::open(&root, &file.unwrap_or_default()).map_err(failed)?;
            match step {
                Step::Begin => anew.begin_page_key(now).map_err(failed)?,
                Step::End => anew.end_page_key(),
            }
            write_keyring(&dir, &anew, &root).map_err(failed)?;
            keyring.take_page_keys(&anew);
            Ok(anew.newest_page_key())
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
