//! The reader of a repository: what it says is believed as far as the trusted root's keys go.

use std::path::{Path, PathBuf};

use tough::{
    FilesystemTransport, IntoVec, Limits, Prefix, Repository, RepositoryLoader, TargetName,
};
use url::Url;

use crate::fetch::{Fetch, Way};
use crate::release::{self, Release};
use crate::{ReleaseError, SupplyError};

/// Statements are some kilobytes.
const LIMITS: Limits = Limits {
    max_root_size: 256 * 1024,
    max_targets_size: 1024 * 1024,
    max_timestamp_size: 64 * 1024,
    max_snapshot_size: 256 * 1024,
    max_root_updates: 256,
};
/// `release.json` itself.
const STATEMENT: u64 = 256 * 1024;
/// The largest file of a release.
const FILE: u64 = 1 << 30;

/// Where a repository is: `metadata/` and `targets/` below it.
#[derive(Clone, Debug)]
pub struct Source {
    base: Url,
    way: Way,
}

impl Source {
    /// A directory: a stick, a share, a copy.
    pub fn directory(path: &Path) -> Result<Self, SupplyError> {
        let wrong = || SupplyError::Address(path.display().to_string());
        let path = path.canonicalize().map_err(|_| wrong())?;
        let base = Url::from_directory_path(&path).map_err(|()| wrong())?;
        Ok(Self {
            base,
            way: Way::Directory(FilesystemTransport),
        })
    }

    /// An address, asked by this function.
    pub fn network(base: &str, fetch: Fetch) -> Result<Self, SupplyError> {
        let wrong = || SupplyError::Address(base.to_owned());
        let base = Url::parse(&format!("{}/", base.trim_end_matches('/'))).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "https" | "http") {
            return Err(wrong());
        }
        Ok(Self {
            base,
            way: Way::Network(fetch),
        })
    }

    fn below(&self, name: &str) -> Result<Url, SupplyError> {
        let joined = self.base.join(name);
        joined.map_err(|_| SupplyError::Address(self.base.to_string()))
    }
}

/// A repository whose statements hold: signed, of one moment, not expired, not older than at the last look.
#[derive(Debug)]
pub struct Trusted {
    repository: Repository,
    release: Release,
}

impl Trusted {
    /// Reads a repository. `root` is the trusted root statement; `memory` is a directory in which it is kept what was said last,
    /// so that an older repository is noticed.
    pub async fn look(source: &Source, root: &[u8], memory: &Path) -> Result<Self, SupplyError> {
        let (metadata, targets) = (source.below("metadata/")?, source.below("targets/")?);
        let loaded = RepositoryLoader::new(&root, metadata, targets)
            .transport(source.way.clone())
            .limits(LIMITS)
            .datastore(memory)
            .load();
        let repository = loaded.await?;
        let name = name(release::NAME)?;
        let length = repository.targets().signed.targets.get(&name);
        if length.is_some_and(|target| target.length > STATEMENT) {
            return Err(SupplyError::Endless(release::NAME.to_owned()));
        }
        let stream = repository.read_target(&name).await?;
        let stream = stream.ok_or_else(|| SupplyError::Unsigned(release::NAME.to_owned()))?;
        let release = Release::parse(&stream.into_vec().await?)?;
        for file in release.files() {
            let known = repository.targets().signed.targets.get(&self::name(file)?);
            match known.map(|target| target.length) {
                None => return Err(SupplyError::Unsigned(file.to_owned())),
                Some(length) if length > FILE => {
                    return Err(SupplyError::Endless(file.to_owned()));
                }
                Some(_) => {}
            }
        }
        Ok(Self {
            repository,
            release,
        })
    }

    /// The newest release.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// How long a file of the release is, as signed.
    pub fn length(&self, file: &str) -> u64 {
        let named = name(file).ok();
        let target = named.and_then(|name| self.repository.targets().signed.targets.get(&name));
        target.map_or(0, |target| target.length)
    }

    /// Puts a file of the release into a directory; it is there only when it is the one that was signed.
    pub async fn take(&self, file: &str, into: &Path) -> Result<PathBuf, SupplyError> {
        let taken = self
            .repository
            .save_target(&name(file)?, into, Prefix::None)
            .await;
        taken?;
        Ok(into.join(file))
    }
}

fn name(file: &str) -> Result<TargetName, SupplyError> {
    TargetName::new(file).map_err(|_| SupplyError::Release(ReleaseError::Name(file.to_owned())))
}
