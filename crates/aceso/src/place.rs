//! Where the record is: the data directory, its key file, its configuration.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aceso_base::{Clock, SystemClock};
use aceso_store::{Settings, Store};
use aceso_vault::RootKey;
use anyhow::{Context, Result, bail};

use crate::cli::Common;
use crate::config::Config;

/// A data directory with its configuration.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) dir: PathBuf,
    pub(crate) config: Config,
}

impl Place {
    /// The directory that the command line names, or the usual one.
    pub(crate) fn find(common: &Common, demo: bool) -> Result<Self> {
        let usual = if demo { "aceso-demo" } else { "aceso" };
        let dir = match &common.data {
            Some(dir) => std::path::absolute(dir)?,
            None => data_home()?.join(usual),
        };
        let (path, named) = match &common.config {
            Some(path) => (path.clone(), true),
            None => (dir.join("aceso.toml"), false),
        };
        let config = Config::read(&path, named)?;
        Ok(Self { dir, config })
    }

    /// Opens the record; a directory that holds none is refused.
    pub(crate) fn open(&self) -> Result<Store> {
        if !self.holds_record() {
            bail!(
                "{} holds no record yet: run `aceso serve` or `aceso import` there first",
                self.dir.display()
            );
        }
        self.open_or_create()
    }

    /// Opens the record; a first run makes the directory (0700) and the key file beside it (0600).
    pub(crate) fn open_or_create(&self) -> Result<Store> {
        let root = self.root_key()?;
        let settings = Settings {
            dir: self.dir.clone(),
            cache_mib: self.config.record.cache_mib,
            readers: self.config.record.readers,
            allow_dangling: self.config.record.allow_dangling,
            people: self.config.people()?,
        };
        Store::open(settings, &root, clock()).context("the record does not open")
    }

    /// Whether there is a record.
    pub(crate) fn holds_record(&self) -> bool {
        self.dir.join("keyring").exists()
    }

    /// A file beside the data directory: its path with this added.
    pub(crate) fn beside(&self, ending: &str) -> PathBuf {
        let mut name = OsString::from(self.dir.as_os_str());
        name.push(ending);
        PathBuf::from(name)
    }

    /// The root key's file.
    pub(crate) fn key_file(&self) -> PathBuf {
        match self.config.root_key.file.as_str() {
            "" => self.beside(".key"),
            named => PathBuf::from(named),
        }
    }

    /// The root key; a first run makes its file.
    pub(crate) fn root_key(&self) -> Result<RootKey> {
        let file = self.key_file();
        if inside(&file, &self.dir) {
            bail!(
                "the root key must not be inside the data directory: move {}",
                file.display()
            );
        }
        if file.exists() {
            return Ok(RootKey::from_file(&file)?);
        }
        if self.holds_record() {
            bail!(
                "the key file {} is missing: without it this record cannot be read; restore it from its copy",
                file.display()
            );
        }
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        tracing::info!(file = %file.display(), "a new root key; keep a copy away from the data");
        Ok(RootKey::create_file(&file)?)
    }
}

/// The machine's clock.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn inside(file: &Path, dir: &Path) -> bool {
    std::path::absolute(file).is_ok_and(|file| file.starts_with(dir))
}

/// `$XDG_DATA_HOME`, or `$HOME/.local/share` (XDG Base Directory Specification).
fn data_home() -> Result<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_DATA_HOME")
        .filter(|p| p.is_absolute())
        .or_else(|| Some(set("HOME")?.join(".local/share")))
        .context("neither XDG_DATA_HOME nor HOME is set: say where with --data DIR")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_inside_the_data_directory_is_noticed() {
        let dir = Path::new("/data/aceso");
        assert!(inside(Path::new("/data/aceso/root.key"), dir));
        assert!(!inside(Path::new("/data/aceso.key"), dir));
    }
}
