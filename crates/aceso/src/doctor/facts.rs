//! What is so: gathered once, so that each check is a function of it.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_store::{Duty, FeedState, MailStanding, Standing, Store, Witnessed};
use aceso_web::Validity;
use anyhow::{Context, Result};

use super::machine::{self, Machine};
use crate::config::Config;
use crate::place::Place;

/// Everything that checks look at.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) now: Instant,
    pub(crate) config: Config,
    pub(crate) dir: FileFact,
    /// Files in the directory.
    pub(crate) files: Vec<FileFact>,
    /// The root key's file, where it is in one.
    pub(crate) key: Option<FileFact>,
    /// The file with the patients' keys.
    pub(crate) patient_keys: Option<FileFact>,
    pub(crate) demonstration: bool,
    pub(crate) certificate: Option<Validity>,
    pub(crate) standing: Standing,
    /// What witnesses of the log said last.
    pub(crate) witnesses: Vec<Witnessed>,
    /// How the outbox of mail stands.
    pub(crate) mail: MailStanding,
    /// What the clinic has agreed or had done.
    pub(crate) duties: Vec<Duty>,
    /// How the makers' feed of advisories stands.
    pub(crate) feed: FeedState,
    /// Findings of it that wait for somebody, and those of them that wait too long.
    pub(crate) findings: (u64, u64),
    /// Those who are to be told of something, and those of them whose day is over.
    pub(crate) tellings: (u64, u64),
    pub(crate) machine: Machine,
    /// What servers of this directory listen on; none runs when it is empty.
    pub(crate) listening: Vec<SocketAddr>,
    pub(crate) debug_build: bool,
}

/// A file or directory.
#[derive(Clone, Debug)]
pub(crate) struct FileFact {
    pub(crate) path: PathBuf,
    /// The permission bits.
    pub(crate) mode: u32,
    pub(crate) owner: u32,
    /// The file system that it is on.
    pub(crate) device: u64,
}

impl FileFact {
    fn of(path: &Path) -> std::io::Result<Self> {
        let meta = std::fs::metadata(path)?;
        Ok(Self {
            path: path.to_path_buf(),
            mode: meta.mode() & 0o7777,
            owner: meta.uid(),
            device: meta.dev(),
        })
    }

    /// Whether the group or others can do anything with it.
    pub(crate) const fn is_open(&self) -> bool {
        self.mode & 0o077 != 0
    }
}

/// Looks at the machine and asks the record.
pub(crate) async fn gather(place: &Place, store: &Store) -> Result<Facts> {
    let standing = store.standing(&Caller::operator()).await?;
    let dir = FileFact::of(&place.dir).with_context(|| place.dir.display().to_string())?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&place.dir)? {
        // A file that is gone again was a temporary one.
        files.extend(FileFact::of(&entry?.path()).ok());
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Facts {
        now: store.now(),
        config: place.config.clone(),
        dir,
        files,
        key: FileFact::of(&place.key_file()).ok(),
        patient_keys: FileFact::of(&place.settings()?.patient_keys).ok(),
        demonstration: place.dir.join("demonstration").exists(),
        certificate: certificate(place),
        standing,
        witnesses: store.witnesses(&Caller::operator()).await?,
        mail: store.mail_standing(&Caller::operator()).await?,
        duties: store.duties(&Caller::operator()).await?,
        feed: store.advisory_feed(&Caller::operator()).await?,
        findings: store.findings_waiting(&Caller::operator()).await?,
        tellings: store.tellings_open(&Caller::operator()).await?,
        machine: machine::look(&place.dir),
        listening: machine::listening(&place.dir.join("record.db")),
        debug_build: cfg!(debug_assertions),
    })
}

/// Of the certificate that is served: the configured one, or our own.
fn certificate(place: &Place) -> Option<Validity> {
    let configured = place.config.listen.certificate.as_str();
    let path = match configured {
        "" => place.beside(".cert.pem"),
        path => PathBuf::from(path),
    };
    aceso_web::validity(&std::fs::read_to_string(path).ok()?)
}
