//! The repository and its password.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aceso_backup::{Address, Repository, Shelf};
use aceso_store::Store;
use aceso_vault::printed_secret;
use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

use super::unlocked::{self, Sealed};
use super::{Where, bucket};
use crate::client::write_secret;
use crate::place::Place;
use crate::root::whole_file;
use crate::say::say;

impl Place {
    /// Where the repository is.
    pub(super) fn repository(&self, at: &Where) -> Result<Address> {
        let place = match &at.repository {
            Some(named) => Some(named.clone()),
            None => self.config.backup.repository()?,
        };
        let place = place.with_context(|| {
            format!(
                "no repository is named: set backup.repository in {}, or say --repository PLACE",
                self.config_path.display()
            )
        })?;
        let Address::Directory(dir) = place else {
            return Ok(place);
        };
        let dir = std::path::absolute(dir)?;
        self.apart(&dir, "the repository")?;
        Ok(Address::Directory(dir))
    }

    /// The way to the repository's files.
    fn shelf(&self, address: &Address) -> Result<Shelf> {
        let backup = &self.config.backup;
        Ok(match address {
            Address::Directory(dir) => Shelf::directory(dir),
            Address::Sftp(place) => {
                let config = backup.ssh_config.as_str();
                Shelf::sftp(place, (!config.is_empty()).then_some(config.as_ref()))
            }
            Address::S3(bucket) => bucket::shelf(&self.config, bucket)?,
        })
    }

    /// Refuses what lies in the data directory: it would be in every copy of it.
    pub(super) fn apart(&self, path: &Path, what: &str) -> Result<()> {
        if std::path::absolute(path)?.starts_with(&self.dir) {
            bail!(
                "{what} must not be inside the data directory: {}",
                path.display()
            );
        }
        Ok(())
    }

    /// The file with the repository's password.
    pub(super) fn password_file(&self, at: &Where) -> PathBuf {
        let configured = self.config.backup.password_file.as_str();
        match (&at.password_file, configured) {
            (Some(file), _) => file.clone(),
            (None, "") => self.beside(".backup-key"),
            (None, file) => PathBuf::from(file),
        }
    }

    /// Opens the repository.
    pub(super) fn open_repository(&self, at: &Where) -> Result<Repository> {
        self.open_by(at, None)
    }

    /// Opens the repository for whom the record is open, too: at once, when it was opened so before.
    pub(super) fn open_repository_of(&self, at: &Where, store: &Store) -> Result<Repository> {
        self.open_by(at, Some(&Sealed::of(self, store)))
    }

    fn open_by(&self, at: &Where, sealed: Option<&Sealed>) -> Result<Repository> {
        let (place, password) = (self.repository(at)?, password(&self.password_file(at))?);
        unlocked::open(&place, &self.shelf(&place)?, &password, sealed)
            .with_context(|| place.to_string())
    }
}

/// The first line of the password's file.
fn password(file: &Path) -> Result<Zeroizing<String>> {
    let text = whole_file(file)
        .context("the repository's password; put the one that `aceso backup init` printed there")?;
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        bail!("{} is empty", file.display());
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Makes the repository; its password is made too, unless there is one already.
pub(super) fn init(place: &Place, at: &Where) -> Result<ExitCode> {
    let (address, file) = (place.repository(at)?, place.password_file(at));
    let shelf = place.shelf(&address)?;
    place.apart(&file, "the repository's password")?;
    let made = if file.exists() {
        None
    } else {
        let made = printed_secret()?;
        write_secret(&file, &made)?;
        Some(made)
    };
    let done = Repository::create(&shelf, &password(&file)?);
    if let (Err(_), Some(_)) = (&done, &made) {
        std::fs::remove_file(&file)?;
    }
    done.with_context(|| address.to_string())?;
    say(&format!("{address} is a new repository."));
    if let Some(made) = made {
        say(&format!(
            "\
Its password, also in {}:

    {}

Write it down and keep it away from this machine, with the recovery shares of the root key (aceso key shares). A backup is
read with both, and with neither alone. It is not printed again.",
            file.display(),
            *made
        ));
    }
    if !place.config.backup.is_wanted() {
        say(&format!(
            "Now set backup.repository = \"{address}\" in {}: then the server makes backups by itself.",
            place.config_path.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}
