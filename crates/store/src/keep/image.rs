//! An image of the record: its files of one moment, sealed as they are, and what is told of them.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_vault::data::DataKeys;
use aceso_vault::{Head, Keyring};

use super::files::{hold, keyring_path, read};
use super::still::Frozen;
use crate::audit::signed_head;
use crate::people::PeopleError;
use crate::statements as sql;
use crate::store::Inner;
use crate::{Settings, Store, StoreError};

/// What an image holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The moment that it shows.
    pub at: Instant,
    /// Current versions of resources in it, deletions included.
    pub resources: u64,
    /// Older versions.
    pub versions: u64,
    /// Entries of the audit log.
    pub audit_entries: u64,
    /// The log's signed head of that size (C2SP tlog-checkpoint).
    pub head: String,
    /// The key that the head is checked with.
    pub head_key: String,
    /// The name of the root key that opens it; none for a record of the oldest format.
    pub root_key: Option<String>,
    /// The count of changes of the patients' keys that go with it.
    pub key_changes: u64,
}

impl Image {
    /// Of the moment that these transactions hold. Copies the keyring and the patients' keys.
    pub(super) fn of(
        frozen: &Frozen,
        inner: &Inner,
        at: Instant,
        (into, keys): (&Path, &Path),
    ) -> Result<Self, StoreError> {
        let number = |text: &str| -> Result<u64, StoreError> {
            let count: i64 = frozen.record.query_row(text, [], |row| row.get(0))?;
            Ok(count.cast_unsigned())
        };
        let (resources, versions) = (number(sql::RES_COUNT)?, number(sql::HIST_COUNT_ALL)?);
        let keyring = &inner.keyring;
        let (audit_entries, head, head_key) = signed_head(&frozen.audit, keyring)?;
        let (root_key, key_changes) = copy_keys(&inner.settings, keyring, into, keys)?;
        Ok(Self {
            at,
            resources,
            versions,
            audit_entries,
            head,
            head_key,
            root_key,
            key_changes,
        })
    }
}

impl Store {
    /// Copies the record and the audit log of one moment into `into`, with all that [`Store::still`] brings there.
    pub async fn image(
        &self,
        caller: &Caller,
        into: &Path,
        keys: &Path,
    ) -> Result<Image, PeopleError> {
        let still = self.still(caller, into, keys).await?;
        let into = into.to_path_buf();
        let copy = move || -> std::io::Result<Image> {
            still.write_into(&into)?;
            Ok(still.image().clone())
        };
        let done = tokio::task::spawn_blocking(copy).await;
        let done = done.map_err(|_| StoreError::text("the copy ended early"))?;
        Ok(done.map_err(StoreError::io)?)
    }
}

/// Copies the keyring and the patients' keys, while nobody changes them; answers the root key's name, and how many changes
/// the patients' keys have seen.
pub(super) fn copy_keys(
    settings: &Settings,
    keyring: &Keyring,
    into: &Path,
    keys: &Path,
) -> Result<(Option<String>, u64), StoreError> {
    let _held = hold(&settings.dir).map_err(StoreError::io)?;
    let whole = |path: &PathBuf| -> Result<Vec<u8>, StoreError> {
        let bytes = read(path).map_err(failed)?;
        bytes.ok_or_else(|| StoreError(format!("{} is missing", path.display())))
    };
    let ring = whole(&keyring_path(&settings.dir))?;
    let patients = whole(&settings.patient_keys)?;
    let changes = DataKeys::open(&keyring.patients_sealer(), &patients).map_err(failed)?;
    write(&keyring_path(into), &ring).map_err(StoreError::io)?;
    write(keys, &patients).map_err(StoreError::io)?;
    let root = Head::read(&ring).map_err(failed)?.root;
    Ok((root, changes.serial()))
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError(error.to_string())
}
