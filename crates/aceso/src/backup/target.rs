//! The repository and its password.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aceso_backup::{Repository, Series, Snapshot};
use aceso_vault::printed_secret;
use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

use super::{Where, Which};
use crate::client::write_secret;
use crate::place::Place;
use crate::root::whole_file;
use crate::say::say;

impl Place {
    /// Where the repository is.
    pub(super) fn repository(&self, at: &Where) -> Result<PathBuf> {
        let place = at.repository.clone().or(self.config.backup.repository());
        let place = place.with_context(|| {
            format!(
                "no repository is named: set backup.repository in {}, or say --repository DIR",
                self.config_path.display()
            )
        })?;
        let place = std::path::absolute(place)?;
        self.apart(&place, "the repository")?;
        Ok(place)
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
        let place = self.repository(at)?;
        let password = password(&self.password_file(at))?;
        Repository::open(&place, &password).with_context(|| place.display().to_string())
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
    let (dir, file) = (place.repository(at)?, place.password_file(at));
    place.apart(&file, "the repository's password")?;
    let made = if file.exists() {
        None
    } else {
        let made = printed_secret()?;
        write_secret(&file, &made)?;
        Some(made)
    };
    let done = Repository::create(&dir, &password(&file)?);
    if let (Err(_), Some(_)) = (&done, &made) {
        std::fs::remove_file(&file)?;
    }
    done.with_context(|| dir.display().to_string())?;
    say(&format!("{} is a new repository.", dir.display()));
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
    if place.config.backup.repository().is_none() {
        say(&format!(
            "Now set backup.repository = \"{}\" in {}: then the server makes backups by itself.",
            dir.display(),
            place.config_path.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

impl Which {
    /// The snapshot of a series that is meant.
    pub(super) fn of(&self, all: &[Snapshot], series: Series) -> Result<Snapshot> {
        let before = match &self.at {
            Some(text) => Some(
                text.parse::<jiff::Timestamp>()
                    .with_context(|| {
                        format!("--at {text} is no time: 2026-11-22T14:00:00Z is one")
                    })?
                    .as_millisecond(),
            ),
            None => None,
        };
        let mut fit = all.iter().filter(|one| {
            one.series == series
                && before.is_none_or(|before| one.at.millis() <= before)
                && self
                    .snapshot
                    .as_ref()
                    .is_none_or(|id| one.id.starts_with(id))
        });
        let newest = fit.next_back();
        if let (Some(id), Some(one), Some(_)) = (&self.snapshot, newest, fit.next()) {
            bail!(
                "{id} is the beginning of several snapshots, {} among them: say more of it",
                one.short()
            );
        }
        newest.cloned().context(match (&self.snapshot, &self.at) {
            (Some(id), _) => format!("there is no snapshot {id}: see `aceso backup list`"),
            (None, Some(at)) => format!("there is no snapshot of {at} or before"),
            (None, None) => {
                "the repository holds no snapshot yet: `aceso backup run` makes one".to_owned()
            }
        })
    }
}
