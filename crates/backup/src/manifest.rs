//! The manifest: what a snapshot must hold, so that what is restored can be checked without asking the repository.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use aceso_vault::Sha256;
use serde::{Deserialize, Serialize};

/// Its name, at the snapshot's top.
pub const MANIFEST: &str = "manifest.json";
const FORM: u32 = 1;
const PIECE: usize = 1 << 20;

/// What a snapshot holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its own form: 1.
    pub form: u32,
    /// Program and version that made it.
    pub program: String,
    /// The moment that it shows (FHIR instant, UTC).
    pub at: String,
    /// Current versions of resources, deletions included.
    pub resources: u64,
    /// Older versions.
    pub versions: u64,
    /// Entries of the audit log.
    pub audit_entries: u64,
    /// The log's signed head of that size (C2SP tlog-checkpoint).
    pub audit_head: String,
    /// The key that the head is checked with.
    pub audit_key: String,
    /// The name of the root key that opens it.
    pub root_key: Option<String>,
    /// How many changes the patients' keys had seen.
    pub key_changes: u64,
    /// The files, by their paths.
    pub files: Vec<Listed>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its path below the snapshot's top.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Why what is there is not what the manifest says.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no manifest.
    #[error("the manifest cannot be understood: {0}")]
    Form(#[from] serde_json::Error),
    /// It is of a newer release.
    #[error("the manifest has form {0}, which this release does not know: use a newer one")]
    Newer(u32),
    /// It names a path that leads elsewhere.
    #[error("the manifest names {0}, which is no place in a snapshot")]
    Path(String),
    /// A file differs.
    #[error("{0} is not what was backed up")]
    Differs(String),
}

impl Manifest {
    /// Of these files below a directory; the figures are the caller's to set.
    pub fn of(top: &Path, mut paths: Vec<String>) -> Result<Self, ManifestError> {
        paths.sort();
        let files = paths.into_iter().map(|path| Listed::of(top, path));
        Ok(Self {
            files: files.collect::<Result<_, _>>()?,
            ..Self::default()
        })
    }

    /// Its text.
    pub(crate) fn text(&self) -> Result<Vec<u8>, ManifestError> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }

    /// Writes it at the snapshot's top.
    pub fn write(&self, top: &Path) -> Result<(), ManifestError> {
        let path = top.join(MANIFEST);
        std::fs::write(&path, self.text()?).map_err(|source| file_error(&path, source))
    }

    /// Reads the one at a snapshot's top.
    pub fn read(top: &Path) -> Result<Self, ManifestError> {
        let path = top.join(MANIFEST);
        let text = std::fs::read(&path).map_err(|source| file_error(&path, source))?;
        let read: Self = serde_json::from_slice(&text)?;
        if read.form != FORM {
            return Err(ManifestError::Newer(read.form));
        }
        Ok(read)
    }

    /// Compares every file below a directory with it.
    pub fn check(&self, top: &Path) -> Result<(), ManifestError> {
        for listed in &self.files {
            let parts = || Path::new(&listed.path).components();
            if !parts().all(|part| matches!(part, std::path::Component::Normal(_))) {
                return Err(ManifestError::Path(listed.path.clone()));
            }
            if Listed::of(top, listed.path.clone())? != *listed {
                return Err(ManifestError::Differs(listed.path.clone()));
            }
        }
        Ok(())
    }

    /// The length of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|listed| listed.bytes).sum()
    }
}

/// Of nothing; the figures are the caller's to set.
impl Default for Manifest {
    fn default() -> Self {
        Self {
            form: FORM,
            program: String::new(),
            at: String::new(),
            resources: 0,
            versions: 0,
            audit_entries: 0,
            audit_head: String::new(),
            audit_key: String::new(),
            root_key: None,
            key_changes: 0,
            files: Vec::new(),
        }
    }
}

impl Listed {
    fn of(top: &Path, path: String) -> Result<Self, ManifestError> {
        let at: PathBuf = top.join(&path);
        let failed = |source| file_error(&at, source);
        let mut file = File::open(&at).map_err(failed)?;
        let (mut digest, mut bytes) = (Sha256::default(), 0);
        let mut piece = vec![0; PIECE];
        loop {
            let count = file.read(&mut piece).map_err(failed)?;
            if count == 0 {
                break;
            }
            digest.update(piece.get(..count).unwrap_or_default());
            bytes += u64::try_from(count).unwrap_or(0);
        }
        let sha256 = aceso_base::hex(&digest.finish());
        Ok(Self {
            path,
            bytes,
            sha256,
        })
    }
}

fn file_error(path: &Path, source: std::io::Error) -> ManifestError {
    ManifestError::File {
        path: path.display().to_string(),
        source,
    }
}
