//! The key file: 44 characters of base64, readable by its owner alone.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

use super::RootKey;
use crate::random;

/// Why there is no root key.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// The file cannot be read or written.
    #[error("key file {path}: {source}")]
    File {
        /// Its path.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file's text is not a key.
    #[error("key file {0} does not hold a key: 44 characters of base64 are expected")]
    Form(String),
    /// Others can read the file.
    #[error("key file {0} can be read by others: chmod 600 it")]
    Open(String),
    /// No randomness.
    #[error("the random generator failed")]
    Random,
}

impl RootKey {
    /// Reads the key file; refuses one that group or others can read.
    pub fn from_file(path: &Path) -> Result<Self, RootKeyError> {
        let mut file = File::open(path).map_err(|e| file_error(path, e))?;
        if file.metadata().map_err(|e| file_error(path, e))?.mode() & 0o077 != 0 {
            return Err(RootKeyError::Open(path.display().to_string()));
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text)
            .map_err(|e| file_error(path, e))?;
        let form = || RootKeyError::Form(path.display().to_string());
        let mut bytes = STANDARD.decode(text.trim()).map_err(|_| form())?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| form());
        bytes.zeroize();
        key.map(Self::from_bytes)
    }

    /// Makes a new key and writes it to a file that must not exist yet (mode 0600, synced).
    pub fn create_file(path: &Path) -> Result<Self, RootKeyError> {
        let key = Self::from_bytes(random::<32>().map_err(|_| RootKeyError::Random)?);
        key.write_file(path)?;
        Ok(key)
    }

    /// Writes the key to a file that must not exist yet (mode 0600, synced, and its directory): a key put together from
    /// shares.
    pub fn write_file(&self, path: &Path) -> Result<(), RootKeyError> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|e| file_error(path, e))?;
        let text = Zeroizing::new(STANDARD.encode(self.bytes()));
        file.write_all(text.as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.sync_all())
            .and_then(|()| {
                let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
                File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
            })
            .map_err(|e| file_error(path, e))
    }
}

fn file_error(path: &Path, source: std::io::Error) -> RootKeyError {
    RootKeyError::File {
        path: path.display().to_string(),
        source,
    }
}
