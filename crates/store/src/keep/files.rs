//! The keyring in the data directory, and the patients' keys outside it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aceso_base::Instant;
use aceso_vault::data::DataKeys;
use aceso_vault::{Keyring, PatientKeys, RootKey};

use crate::engine::RECORD;
use crate::{OpenError, Settings};

const KEYRING: &str = "keyring";
const LOCK: &str = "keys.lock";

/// Makes the data directory (0700) when it is not there; refuses one that others can look into.
pub(crate) fn private_directory(dir: &Path) -> Result<(), OpenError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|e| file_error(dir, e))?;
    let mode = fs::metadata(dir).map_err(|e| file_error(dir, e))?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(OpenError::Loose {
            dir: dir.display().to_string(),
            mode,
        });
    }
    Ok(())
}

/// Held while keys are changed on disk, by one process at a time. Let go when dropped.
pub(crate) struct Held(#[allow(dead_code, reason = "holds the lock")] fs::File);

/// Waits for whoever changes keys now.
pub(crate) fn hold(dir: &Path) -> std::io::Result<Held> {
    let file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(dir.join(LOCK))?;
    file.lock()?;
    Ok(Held(file))
}

/// The path of the keyring.
pub(crate) fn keyring_path(dir: &Path) -> PathBuf {
    dir.join(KEYRING)
}

/// Opens the keyring and the patients' keys; makes both for a new record, and the patients' keys for one that an older
/// release wrote. What is missing or does not fit is told, never made anew.
pub(crate) fn open_keys(
    settings: &Settings,
    root: &RootKey,
    now: Instant,
) -> Result<(Keyring, DataKeys), OpenError> {
    let (dir, outside) = (settings.dir.as_path(), settings.patient_keys.as_path());
    if outside.starts_with(dir) {
        return Err(OpenError::PatientKeysInside(outside.display().to_string()));
    }
    let _held = hold(dir).map_err(|e| file_error(dir, e))?;
    let sealed = read(outside)?;
    let mut keyring = keyring(dir, root, now, sealed.as_deref().map(|_| outside))?;
    let path = || outside.display().to_string();
    let wrong = |source| OpenError::PatientKeys {
        path: path(),
        source,
    };
    let keys = match (sealed, keyring.patients()) {
        (Some(sealed), _) => DataKeys::open(&keyring.patients_sealer(), &sealed).map_err(wrong)?,
        (None, PatientKeys::Made) => return Err(OpenError::NoPatientKeys(path())),
        (None, PatientKeys::Awaited) => {
            let keys = DataKeys::create(now).map_err(wrong)?;
            let sealed = keys.seal(&keyring.patients_sealer()).map_err(wrong)?;
            replace(outside, &sealed).map_err(|e| file_error(outside, e))?;
            keys
        }
    };
    if keyring.patients() == PatientKeys::Awaited {
        keyring.note_patients();
        write_keyring(dir, &keyring, root)?;
    }
    Ok((keyring, keys))
}

/// Seals the keyring under the root key, in its place.
pub(crate) fn write_keyring(
    dir: &Path,
    keyring: &Keyring,
    root: &RootKey,
) -> Result<(), OpenError> {
    let path = keyring_path(dir);
    let sealed = keyring.seal(root).map_err(|source| OpenError::Keyring {
        path: path.display().to_string(),
        source,
    })?;
    replace(&path, &sealed).map_err(|e| file_error(&path, e))
}

fn keyring(
    dir: &Path,
    root: &RootKey,
    now: Instant,
    orphan: Option<&Path>,
) -> Result<Keyring, OpenError> {
    let path = keyring_path(dir);
    let wrong = |source| OpenError::Keyring {
        path: path.display().to_string(),
        source,
    };
    if let Some(sealed) = read(&path)? {
        return Keyring::open(root, &sealed).map_err(wrong);
    }
    if dir.join(RECORD.file).exists() {
        return Err(OpenError::NoKeyring(dir.display().to_string()));
    }
    if let Some(orphan) = orphan {
        return Err(OpenError::Orphan {
            path: orphan.display().to_string(),
            dir: dir.display().to_string(),
        });
    }
    let keyring = Keyring::create(now).map_err(wrong)?;
    write_keyring(dir, &keyring, root)?;
    Ok(keyring)
}

/// What a file holds, when it is there.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, OpenError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(file_error(path, e)),
    }
}

/// Writes a file beside its place, syncs it, and moves it there; the directory is synced too.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    match path.parent() {
        Some(parent) => fs::File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

pub(crate) fn file_error(path: &Path, source: std::io::Error) -> OpenError {
    OpenError::File {
        path: path.display().to_string(),
        source,
    }
}
