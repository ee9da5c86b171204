//! The versions of the configuration file: kept when a server starts with them, compared, and put back.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::ExitCode;

use aceso_base::Instant;
use aceso_policy::Caller;
use aceso_store::Store;
use anyhow::{Context, Result, bail};
use serde_json::json;

use super::Config;
use super::difference::{Line, lines};
use crate::cli::{Common, ConfigCommand};
use crate::clock::clock;
use crate::place::Place;
use crate::root::replace;
use crate::say::say;

/// Where versions are, in the data directory.
const DIR: &str = "configurations";
const ENDING: &str = ".toml";

/// The versions of one installation's configuration, and the file that is in use.
pub(crate) struct History {
    dir: PathBuf,
    file: PathBuf,
}

/// A version that is kept: `0003-1795386438993.toml` is the third one, since that time.
struct Version {
    number: u32,
    since: Instant,
    path: PathBuf,
}

/// Carries a command out; a configuration that is wrong stands in the way of none of them.
pub(crate) fn run(common: &Common, command: ConfigCommand) -> Result<ExitCode> {
    let history = || {
        let (dir, file) = Place::paths(common, "aceso")?;
        Ok::<_, anyhow::Error>(History {
            dir: dir.join(DIR),
            file,
        })
    };
    match command {
        ConfigCommand::Explain => say(super::explain().trim_end()),
        ConfigCommand::History => history()?.list(common.json)?,
        ConfigCommand::Diff { old, new } => history()?.diff(old, new)?,
        ConfigCommand::Rollback { version } => history()?.rollback(version)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Keeps the configuration that a server starts with, when it is another one than the last; the log says which.
pub(crate) async fn keep(place: &Place, store: &Store) -> Result<()> {
    let history = History {
        dir: place.dir.join(DIR),
        file: place.config_path.clone(),
    };
    let text = history.text()?;
    if let Some(number) = history.keep(&text)? {
        let text = format!("version {number}, {} bytes", text.len());
        store.note_configuration(&Caller::operator(), &text).await?;
    }
    Ok(())
}

impl History {
    /// What is in use; without a file, the defaults.
    fn text(&self) -> Result<String> {
        match fs::read_to_string(&self.file) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error).with_context(|| self.file.display().to_string()),
        }
    }

    /// The versions, in order.
    fn versions(&self) -> Result<Vec<Version>> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| self.dir.display().to_string()),
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            found.extend(Version::of(path));
        }
        found.sort_by_key(|version| version.number);
        Ok(found)
    }

    fn version(&self, number: u32) -> Result<Version> {
        let found = self.versions()?.into_iter().find(|v| v.number == number);
        found.with_context(|| format!("there is no version {number}: aceso config history"))
    }

    /// Keeps a text, when it is another one than the last version; answers its number then.
    fn keep(&self, text: &str) -> Result<Option<u32>> {
        let last = self.versions()?.pop();
        let number = match last {
            Some(last) if last.text()? == text => return Ok(None),
            Some(last) => last.number + 1,
            None => 1,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)
            .with_context(|| self.dir.display().to_string())?;
        let name = format!("{number:04}-{}{ENDING}", clock().now().millis());
        replace(&self.dir.join(name), text.as_bytes())?;
        Ok(Some(number))
    }

    fn list(&self, as_json: bool) -> Result<()> {
        let (versions, now) = (self.versions()?, self.text()?);
        let mut all = Vec::new();
        for version in &versions {
            let used = version.text()? == now;
            all.push((version.number, version.since.to_fhir(), used));
        }
        if as_json {
            let told = |(number, since, used): &(u32, String, bool)| json!({"version": number, "since": since, "is_the_file": used});
            let all: Vec<_> = all.iter().map(told).collect();
            say(&serde_json::Value::Array(all).to_string());
            return Ok(());
        }
        if all.is_empty() {
            say("No version is kept yet: the server keeps one when it starts.");
        }
        for (number, since, used) in &all {
            let used = if *used { "  the file as it is" } else { "" };
            say(&format!("{number:>4}  since {since}{used}"));
        }
        if !all.is_empty() && !all.iter().any(|(_, _, used)| *used) {
            say(&format!(
                "{} is another one: the server keeps it when it starts.",
                self.file.display()
            ));
        }
        Ok(())
    }

    /// From one version to another; without one, from the last kept, and to the file as it is.
    fn diff(&self, old: Option<u32>, new: Option<u32>) -> Result<()> {
        let old = match old {
            Some(number) => self.version(number)?,
            None => (self.versions()?.pop()).context("no version is kept yet")?,
        };
        let new = match new {
            Some(number) => self.version(number)?.text()?,
            None => self.text()?,
        };
        for line in lines(&old.text()?, &new) {
            match line {
                Line::Both(_) => {}
                Line::Old(text) => say(&format!("- {text}")),
                Line::New(text) => say(&format!("+ {text}")),
            }
        }
        Ok(())
    }

    /// Puts a version in the file's place, when this release reads it. What the file was is kept first.
    fn rollback(&self, number: u32) -> Result<()> {
        let text = self.version(number)?.text()?;
        if text == self.text()? {
            bail!("{} is version {number} already", self.file.display());
        }
        Config::parse(&text)
            .with_context(|| format!("version {number} is not for this release"))?;
        self.keep(&self.text()?)?;
        replace(&self.file, text.as_bytes())?;
        say(&format!(
            "{} is version {number} again. Restart the server to use it.",
            self.file.display()
        ));
        Ok(())
    }
}

impl Version {
    fn of(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?;
        let (number, since) = name.split_once('-')?;
        let (number, since) = (number.parse().ok()?, since.parse().ok()?);
        Some(Self {
            number,
            since: Instant::from_millis(since),
            path,
        })
    }

    fn text(&self) -> Result<String> {
        fs::read_to_string(&self.path).with_context(|| self.path.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(name: &str) -> History {
        let name = format!("aceso-config-{name}-{}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir).unwrap();
        History {
            dir: dir.join(DIR),
            file: dir.join("aceso.toml"),
        }
    }

    #[test]
    fn each_configuration_is_kept_once_and_put_back_with_the_one_before_kept() {
        let history = history("kept");
        let (first, second) = (
            "[board]\nlong_wait_minutes = 10\n",
            "[board]\nlong_wait_minutes = 20\n",
        );
        replace(&history.file, first.as_bytes()).unwrap();
        assert_eq!(history.keep(first).unwrap(), Some(1));
        assert_eq!(history.keep(first).unwrap(), None);
        replace(&history.file, second.as_bytes()).unwrap();
        history.rollback(1).unwrap();
        assert_eq!(history.text().unwrap(), first);
        assert_eq!(history.version(2).unwrap().text().unwrap(), second);
        assert!(history.rollback(1).is_err(), "it is that one");
        assert!(history.rollback(9).is_err(), "there is no such version");
        history.rollback(2).unwrap();
        assert_eq!(history.text().unwrap(), second);
    }

    #[test]
    fn a_version_that_this_release_does_not_read_is_not_put_back() {
        let history = history("unread");
        history.keep("[board]\nlong_wait_hours = 1\n").unwrap();
        replace(&history.file, b"").unwrap();
        let refused = history.rollback(1).unwrap_err();
        assert!(
            format!("{refused:#}").contains("long_wait_hours"),
            "{refused:#}"
        );
        assert_eq!(history.text().unwrap(), "");
    }
}
