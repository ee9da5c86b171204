//! The root key: from a key file, a passphrase or a PKCS#11 token, as `root_key.source` says. What is missing or does not
//! fit is told; a key is made for a new record alone.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aceso_vault::root::{Lock, Source, TokenPlace};
use aceso_vault::{Head, RootKey};
use anyhow::{Context, Result, bail};
use zeroize::Zeroizing;

use crate::place::Place;

/// Where systemd puts what `LoadCredential=` names (systemd.exec(5)).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
const PASSPHRASE_CREDENTIAL: &str = "aceso-passphrase";
const PIN_CREDENTIAL: &str = "aceso-pin";

impl Place {
    /// The head of the keyring, when there is a record.
    pub(crate) fn keyring_head(&self) -> Result<Option<Head>> {
        let path = self.dir.join("keyring");
        match fs::read(&path) {
            Ok(file) => Ok(Some(
                Head::read(&file).with_context(|| path.display().to_string())?,
            )),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(|| path.display().to_string()),
        }
    }

    /// The root key; a first run makes it.
    pub(crate) fn root_key(&self) -> Result<RootKey> {
        if let Some(root) = self.root.get() {
            return Ok(root.clone());
        }
        let configured = self.source()?;
        let root = match self.keyring_head()? {
            Some(head) => self.existing(&head, configured)?,
            None => self.new_root(configured)?,
        };
        Ok(self.root.get_or_init(|| root).clone())
    }

    /// The root key that the record is locked with now: it may have been changed beside this process.
    pub(crate) fn root_key_now(&self) -> Result<RootKey> {
        let known = self.root_key()?;
        let Some(head) = self.keyring_head()? else {
            return Ok(known);
        };
        if head.root.as_deref().is_none_or(|name| name == known.name()) {
            return Ok(known);
        }
        match head.lock {
            Lock::KeyFile => self.with_key_file(&head),
            Lock::Passphrase { .. } | Lock::Token { .. } => bail!(
                "the record was locked with another root key since this server was started: start it again first"
            ),
        }
    }

    /// The configured source.
    pub(crate) fn source(&self) -> Result<Source> {
        let named = &self.config.root_key.source;
        Source::parse(named).with_context(|| {
            format!("root_key.source must be keyfile, passphrase or pkcs11, not {named}")
        })
    }

    fn existing(&self, head: &Head, configured: Source) -> Result<RootKey> {
        let locked = head.lock.source();
        if locked != configured {
            bail!(
                "this record's root key comes from {locked}, and root_key.source says {configured}: set root_key.source = \"{locked}\" in {}",
                self.config_path.display()
            );
        }
        match &head.lock {
            Lock::KeyFile => self.with_key_file(head),
            lock @ Lock::Passphrase { .. } => {
                let passphrase = self.passphrase("Passphrase of this record: ")?;
                Ok(RootKey::from_passphrase(lock, &passphrase)?)
            }
            lock @ Lock::Token { .. } => Ok(RootKey::from_token(lock, &self.token()?)?),
        }
    }

    fn with_key_file(&self, head: &Head) -> Result<RootKey> {
        let file = self.safe_key_file()?;
        // A change of the key that was cut off before the new file took its place.
        let new = with_ending(&file, ".new");
        if new.exists() {
            let key = RootKey::from_file(&new)?;
            if head.root.as_deref() == Some(key.name().as_str()) {
                put_in_place(&file, &new)?;
                return Ok(key);
            }
        }
        if !file.exists() {
            bail!(
                "the key file {} is missing: without it this record cannot be read; restore it from its copy, or put it together from three recovery shares with `aceso key recover`",
                file.display()
            );
        }
        let key = RootKey::from_file(&file)?;
        if let Some(wanted) = &head.root
            && *wanted != key.name()
        {
            bail!(
                "the key file {} holds the root key {}, and this record is locked with {wanted}: give the key of this record",
                file.display(),
                key.name()
            );
        }
        Ok(key)
    }

    fn new_root(&self, source: Source) -> Result<RootKey> {
        match source {
            Source::KeyFile => {
                let file = self.safe_key_file()?;
                if file.exists() {
                    return Ok(RootKey::from_file(&file)?);
                }
                make_parent(&file)?;
                tracing::info!(file = %file.display(), "a new root key; keep a copy away from the data");
                Ok(RootKey::create_file(&file)?)
            }
            Source::Passphrase => {
                let passphrase = self.new_passphrase(self.passphrase_file())?;
                Ok(RootKey::create_under_passphrase(&passphrase)?)
            }
            Source::Token => Ok(RootKey::create_in_token(&self.token()?)?),
        }
    }

    /// The configured key file; never inside the data directory.
    pub(crate) fn safe_key_file(&self) -> Result<PathBuf> {
        let file = self.key_file();
        self.outside(&file)?;
        Ok(file)
    }

    /// The configured key file, wherever it is.
    pub(crate) fn key_file(&self) -> PathBuf {
        match self.config.root_key.file.as_str() {
            "" => self.beside(".key"),
            named => PathBuf::from(named),
        }
    }

    /// Refuses a file inside the data directory: it would lie in every copy of it.
    pub(crate) fn outside(&self, file: &Path) -> Result<()> {
        if inside(file, &self.dir) {
            bail!(
                "the root key must not be inside the data directory: move {}",
                file.display()
            );
        }
        Ok(())
    }

    fn passphrase_file(&self) -> Option<PathBuf> {
        let configured = &self.config.root_key.passphrase_file;
        let configured = (!configured.is_empty()).then(|| PathBuf::from(configured));
        self.passphrase_file.clone().or(configured)
    }

    fn passphrase(&self, prompt: &str) -> Result<Zeroizing<String>> {
        if let Some(file) = self.passphrase_file() {
            return secret_file(&file);
        }
        if let Some(found) = credential(PASSPHRASE_CREDENTIAL)? {
            return Ok(found);
        }
        ask(prompt).context(
            "the passphrase is asked for on the terminal; without one, give --passphrase-file, root_key.passphrase_file, or the systemd credential aceso-passphrase",
        )
    }

    /// A passphrase to be: from a file, or asked for twice.
    pub(crate) fn new_passphrase(&self, file: Option<PathBuf>) -> Result<Zeroizing<String>> {
        if let Some(file) = file {
            return secret_file(&file);
        }
        if let Some(found) = credential(PASSPHRASE_CREDENTIAL)? {
            return Ok(found);
        }
        let first = ask("New passphrase (at least 20 characters: five random words): ")?;
        let again = ask("Again: ")?;
        if *first != *again {
            bail!("the two passphrases differ: nothing was changed");
        }
        Ok(first)
    }

    /// The configured token.
    pub(crate) fn token(&self) -> Result<TokenPlace> {
        let settings = &self.config.root_key;
        for (key, value) in [
            ("root_key.module", &settings.module),
            ("root_key.token", &settings.token),
        ] {
            if value.is_empty() {
                bail!("{key} must be set: the root key comes from a PKCS#11 token");
            }
        }
        let pin = if !settings.pin_file.is_empty() {
            secret_file(Path::new(&settings.pin_file))?
        } else if let Some(found) = credential(PIN_CREDENTIAL)? {
            found
        } else {
            ask(&format!("PIN of the token \"{}\": ", settings.token)).context(
                "the PIN is asked for on the terminal; without one, set root_key.pin_file or give the systemd credential aceso-pin",
            )?
        };
        Ok(TokenPlace {
            module: PathBuf::from(&settings.module),
            token: settings.token.clone(),
            pin,
        })
    }
}

/// Moves a new key file to its place; the one before stays beside it.
pub(crate) fn put_in_place(file: &Path, new: &Path) -> Result<()> {
    if file.exists() {
        let old = with_ending(file, ".old");
        fs::rename(file, &old).with_context(|| old.display().to_string())?;
    }
    fs::rename(new, file).with_context(|| file.display().to_string())?;
    let parent = file.parent().filter(|p| !p.as_os_str().is_empty());
    fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

/// Replaces a file as a whole, in one rename; it is for its owner alone, and on the disk before it has its name.
pub(crate) fn replace(file: &Path, content: &[u8]) -> Result<()> {
    let beside = with_ending(file, ".new");
    let written = || {
        let mut options = fs::OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let mut new = options.open(&beside)?;
        new.write_all(content)?;
        new.sync_all()?;
        fs::rename(&beside, file)
    };
    written().with_context(|| file.display().to_string())
}

/// A path with something added to its name.
pub(crate) fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Makes the directory that a file goes to.
pub(crate) fn make_parent(file: &Path) -> Result<()> {
    match file.parent() {
        Some(parent) => fs::create_dir_all(parent).with_context(|| parent.display().to_string()),
        None => Ok(()),
    }
}

/// A file that only its owner can read.
pub(crate) fn whole_file(path: &Path) -> Result<Zeroizing<String>> {
    let about = fs::metadata(path).with_context(|| path.display().to_string())?;
    if about.is_file() && about.mode() & 0o077 != 0 {
        bail!("{} can be read by others: chmod 600 it", path.display());
    }
    let text = fs::read_to_string(path).map(Zeroizing::new);
    text.with_context(|| path.display().to_string())
}

/// The first line of a file that only its owner can read.
fn secret_file(path: &Path) -> Result<Zeroizing<String>> {
    let text = whole_file(path)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!("{} is empty", path.display());
    }
    Ok(Zeroizing::new(line.to_owned()))
}

fn credential(name: &str) -> Result<Option<Zeroizing<String>>> {
    let Some(dir) = std::env::var_os(CREDENTIALS) else {
        return Ok(None);
    };
    let path = PathBuf::from(dir).join(name);
    if !path.exists() {
        return Ok(None);
    }
    // systemd made the directory for this service alone.
    let text =
        Zeroizing::new(fs::read_to_string(&path).with_context(|| path.display().to_string())?);
    let line = text.lines().next().unwrap_or_default();
    Ok(Some(Zeroizing::new(line.to_owned())))
}

fn ask(prompt: &str) -> Result<Zeroizing<String>> {
    let typed = rpassword::prompt_password(prompt).map(Zeroizing::new);
    typed.context("no terminal to ask on")
}

fn inside(file: &Path, dir: &Path) -> bool {
    std::path::absolute(file).is_ok_and(|file| file.starts_with(dir))
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
