//! Where the record is: the data directory and its configuration.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

use aceso_store::{Settings, Store};
use aceso_vault::RootKey;
use anyhow::{Context, Result, bail};

use crate::cli::Common;
use crate::clock::{clock, keep_time};
use crate::config::Config;

/// A data directory with its configuration.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) dir: PathBuf,
    pub(crate) config: Config,
    /// Where the configuration is, or would be.
    pub(crate) config_path: PathBuf,
    /// The file with the passphrase that the command line names.
    pub(crate) passphrase_file: Option<PathBuf>,
    /// The root key, once it was had: a passphrase is asked for once.
    pub(crate) root: OnceLock<RootKey>,
}

impl Place {
    /// The directory that the command line names, or the usual one.
    pub(crate) fn find(common: &Common, usual: &str) -> Result<Self> {
        let (dir, path) = Self::paths(common, usual)?;
        let config = Config::read(&path, common.config.is_some())?;
        Ok(Self {
            dir,
            config,
            config_path: path,
            passphrase_file: common.passphrase_file.clone(),
            root: OnceLock::new(),
        })
    }

    /// The data directory, and where its configuration is or would be, which is not read.
    pub(crate) fn paths(common: &Common, usual: &str) -> Result<(PathBuf, PathBuf)> {
        let dir = match &common.data {
            Some(dir) => std::path::absolute(dir)?,
            None => data_home()?.join(usual),
        };
        let file = match &common.config {
            Some(path) => path.clone(),
            None => dir.join("aceso.toml"),
        };
        Ok((dir, file))
    }

    /// Opens the record; a directory that holds none is refused, and so is a clock that is behind the log.
    pub(crate) fn open(&self) -> Result<Store> {
        let store = self.open_at_any_time()?;
        keep_time(&store)?;
        Ok(store)
    }

    /// The same to look at what is wrong, whatever the clock shows.
    pub(crate) fn open_at_any_time(&self) -> Result<Store> {
        self.expect_record()?;
        self.open_or_create_at_any_time()
    }

    /// Refuses a directory that holds no record, before anything is made for one.
    pub(crate) fn expect_record(&self) -> Result<()> {
        if !self.holds_record() {
            bail!(
                "{} holds no record yet: run `aceso serve` or `aceso import` there first",
                self.dir.display()
            );
        }
        Ok(())
    }

    /// Opens the record; a first run makes the directory (0700) and the key file beside it (0600). A clock that is behind the
    /// log is refused.
    pub(crate) fn open_or_create(&self) -> Result<Store> {
        let store = self.open_or_create_at_any_time()?;
        keep_time(&store)?;
        Ok(store)
    }

    /// The same for a server, which may be told that the clock is right.
    pub(crate) fn open_or_create_at_any_time(&self) -> Result<Store> {
        let root = self.root_key()?;
        Store::open(self.settings()?, &root, clock()).context("the record does not open")
    }

    /// Opens a response desk's directory; a first run makes it.
    pub(crate) fn open_desk(&self) -> Result<Store> {
        Store::open_desk(self.settings()?, &self.root_key()?, clock())
            .context("the desk does not open")
    }

    /// Opens the record with a root key that was had in another way than the configured one.
    pub(crate) fn open_with(&self, root: &RootKey) -> Result<Store> {
        let store = Store::open(self.settings()?, root, clock());
        let store = store.context("the record does not open")?;
        keep_time(&store)?;
        Ok(store)
    }

    /// How the record is opened.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let patient_keys = match self.config.root_key.patient_keys.as_str() {
            "" => self.beside(".patient-keys"),
            named => PathBuf::from(named),
        };
        Ok(Settings {
            dir: self.dir.clone(),
            patient_keys,
            cache_mib: self.config.record.cache_mib,
            readers: self.config.record.readers,
            allow_dangling: self.config.record.allow_dangling,
            part2: self.config.record.part2,
            people: self.config.people()?,
        })
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
