//! `aceso key status|rotate|rewrap|recover|shares`.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use aceso_policy::Caller;
use aceso_store::{KeyStatus, Store};
use aceso_vault::RootKey;
use aceso_vault::root::{Lock, Source};
use aceso_vault::shares::{self, NEEDED, Share};
use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::cli::{KeyCommand, NewSource};
use crate::client;
use crate::page_keys;
use crate::place::Place;
use crate::root::{make_parent, put_in_place, with_ending};
use crate::say::{complain, say};

/// Between two pieces others write.
const PAUSE: Duration = Duration::from_millis(20);

/// Bodies between two lines about how far it is.
const TELL_EVERY: u64 = 100_000;

/// Carries a key command out.
pub(crate) async fn run(place: &Place, command: KeyCommand, as_json: bool) -> Result<ExitCode> {
    match command {
        KeyCommand::Status => status(place, as_json).await?,
        KeyCommand::Rotate { pages: true, .. } => page_keys::rotate(place, as_json).await?,
        KeyCommand::Rotate { audit: true, .. } => audit(place, as_json).await?,
        KeyCommand::Rotate { tokens: true, .. } => {
            client::rotate(place, as_json).await?;
        }
        KeyCommand::Rotate { .. } => rotate(place, as_json).await?,
        KeyCommand::Rewrap { to } => rewrap(place, &to).await?,
        KeyCommand::Recover { shares, to } => recover(place, shares.as_deref(), &to).await?,
        KeyCommand::Shares {
            check: true,
            shares,
        } => check(place, shares.as_deref()).await?,
        KeyCommand::Shares { check: false, .. } => print(place)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn status(place: &Place, as_json: bool) -> Result<()> {
    let status = place.open()?.key_status(&Caller::operator()).await?;
    let root = status.head.root.as_deref().unwrap_or_default();
    let from = origin(place, &status.head.lock)?;
    if as_json {
        let keyring: Vec<_> = status
            .keyring
            .iter()
            .map(|k| json!({"name": k.name, "version": k.version, "made": k.made.to_fhir()}))
            .collect();
        let data: Vec<_> = status
            .data
            .iter()
            .map(|v| json!({"version": v.number, "made": v.made.to_fhir()}))
            .collect();
        let whole = json!({
            "root": {"name": root, "source": status.head.lock.source().name(), "from": from},
            "keyring": keyring, "data": data, "settled": status.settled, "destroyed": status.erased,
            "patientKeys": {"file": status.patient_keys, "changes": status.serial}
        });
        say(&whole.to_string());
        return Ok(());
    }
    say(&table(&status, root, &from));
    Ok(())
}

fn table(status: &KeyStatus, root: &str, from: &str) -> String {
    let mut lines = vec![format!("{:<34} {root}  {from}", "root key")];
    let line = |name: &str, version: u32, made: aceso_base::Instant, more: &str| {
        let made = match made.millis() {
            0 => "by an older release".to_owned(),
            _ => made.to_fhir(),
        };
        let line = format!("{name:<34} version {version:<4} made {made}  {more}");
        line.trim_end().to_owned()
    };
    lines.extend((status.keyring.iter()).map(|k| line(k.name, k.version, k.made, "")));
    for (at, version) in status.data.iter().enumerate() {
        let more = if at + 1 == status.data.len() {
            "in use"
        } else {
            "kept for what it sealed, also in copies"
        };
        let number = u32::from(version.number);
        lines.push(line("patients' data keys", number, version.made, more));
    }
    lines.push(format!(
        "{} patients' keys were destroyed; the patients' keys are in {} ({} changes)",
        status.erased,
        status.patient_keys.display(),
        status.serial
    ));
    lines.push(if status.settled {
        "All that is stored is sealed under the version in use.".to_owned()
    } else {
        "Not all that is stored is under the version in use: `aceso key rotate` brings it there."
            .to_owned()
    });
    lines.join("\n")
}

fn origin(place: &Place, lock: &Lock) -> Result<String> {
    Ok(match lock {
        Lock::KeyFile => format!("from the key file {}", place.safe_key_file()?.display()),
        Lock::Passphrase {
            memory_kib, passes, ..
        } => format!(
            "under a passphrase (Argon2id, {} MiB, {passes} passes)",
            memory_kib / 1024
        ),
        Lock::Token { token, .. } => format!("from the PKCS#11 token \"{token}\""),
    })
}

async fn rotate(place: &Place, as_json: bool) -> Result<()> {
    let store = place.open()?;
    let version = store.rotate_data_keys(&Caller::operator()).await?;
    let mut at = store.resealing();
    let mut told = 0;
    while !at.is_done() {
        at = store.reseal(at).await?;
        if at.looked_at >= told + TELL_EVERY {
            told = at.looked_at;
            complain(&format!("rotate: {told} bodies"));
        }
        tokio::time::sleep(PAUSE).await;
    }
    if as_json {
        say(
            &json!({"version": version, "lookedAt": at.looked_at, "sealed": at.sealed}).to_string(),
        );
    } else {
        say(&format!(
            "data keys: version {version}; {} of {} bodies were sealed anew",
            at.sealed, at.looked_at
        ));
    }
    tell_to_copy(place, &store).await
}

/// The file with the patients' keys has changed: kept copies of it are old.
pub(crate) async fn tell_to_copy(place: &Place, store: &Store) -> Result<()> {
    let status = store.key_status(&Caller::operator()).await?;
    complain(&format!(
        "Replace every kept copy of {} by what it is now ({} changes); {} without it cannot be read.",
        status.patient_keys.display(),
        status.serial,
        place.dir.display()
    ));
    Ok(())
}

/// Another key for the audit log's heads.
async fn audit(place: &Place, as_json: bool) -> Result<()> {
    let new = place.open()?.rotate_head_key(&Caller::operator()).await?;
    if as_json {
        let told = json!({"number": new.number, "key": new.key, "after": new.since});
        say(&told.to_string());
        return Ok(());
    }
    say(&format!(
        "heads of more than {} entries are signed with key {}:\n{}",
        new.since, new.number, new.key
    ));
    complain(
        "Whoever is a witness of this log adds the key to audit.witness_for; the one before stays there for heads of before.",
    );
    Ok(())
}

async fn rewrap(place: &Place, to: &NewSource) -> Result<()> {
    place.expect_record()?;
    let old = place.root_key()?;
    let store = place.open()?;
    wrap(place, &store, &old, to).await
}

/// A new root key from the source named, and the keyring sealed under it.
async fn wrap(place: &Place, store: &Store, old: &RootKey, to: &NewSource) -> Result<()> {
    let source = to.to;
    let operator = Caller::operator();
    let file = match &to.key_file {
        Some(file) => file.clone(),
        None => place.safe_key_file()?,
    };
    let place = place.with_new_source(to);
    match source {
        Source::KeyFile => {
            place.outside(&file)?;
            make_parent(&file)?;
            let beside = with_ending(&file, ".new");
            if beside.exists() {
                bail!(
                    "{} is there from a change that was cut off: run `aceso key status` once, which ends it, or remove it",
                    beside.display()
                );
            }
            let new = RootKey::create_file(&beside)?;
            store.rewrap(&operator, old, &new).await?;
            put_in_place(&file, &beside)?;
            done(&new, &format!("in {}", file.display()));
            if to.key_file.is_some() {
                say(&format!(
                    "Now set root_key.source = \"keyfile\" and root_key.file = \"{}\".",
                    file.display()
                ));
            }
        }
        Source::Passphrase => {
            let passphrase = place.new_passphrase(to.new_passphrase_file.clone())?;
            let new = RootKey::create_under_passphrase(&passphrase)?;
            store.rewrap(&operator, old, &new).await?;
            done(&new, "under the passphrase");
        }
        Source::Token => {
            let token = place.token()?;
            let new = RootKey::create_in_token(&token)?;
            store.rewrap(&operator, old, &new).await?;
            done(&new, &format!("in the token \"{}\"", token.token));
        }
    }
    if source != place.source()? {
        say(&format!(
            "Now set root_key.source = \"{source}\" in {}: until then the program does not start.",
            place.config_path.display()
        ));
    }
    Ok(())
}

fn done(new: &RootKey, whereabouts: &str) {
    say(&format!(
        "\
The record is locked with the new root key {}, {whereabouts}.
Print new recovery shares: aceso key shares.
Copies of the record made before open with the old key alone: keep it with them, or destroy it, and its shares, to make
them unreadable.",
        new.name()
    ));
}

async fn recover(place: &Place, from: Option<&Path>, to: &NewSource) -> Result<()> {
    let head = place.keyring_head()?;
    let head = head.with_context(|| format!("{} holds no record", place.dir.display()))?;
    let root = joined(from)?;
    if let Some(wanted) = &head.root
        && *wanted != root.name()
    {
        bail!(
            "these shares give the root key {}, and this record is locked with {wanted}: they are of another record, or older than its last change of key",
            root.name()
        );
    }
    let file = match &to.key_file {
        Some(file) => file.clone(),
        None => place.safe_key_file()?,
    };
    if to.to == Source::KeyFile && head.lock == Lock::KeyFile && !file.exists() {
        place.outside(&file)?;
        make_parent(&file)?;
        root.write_file(&file)?;
        say(&format!(
            "the root key {} is in {} again",
            root.name(),
            file.display()
        ));
        return Ok(());
    }
    let store = place.open_with(&root)?;
    wrap(place, &store, &root, to).await
}

fn print(place: &Place) -> Result<()> {
    place.expect_record()?;
    let root = place.root_key()?;
    place.open()?;
    let made = shares::split(&root)?;
    let printing = made.first().map(Share::printing).unwrap_or_default();
    say(&format!(
        "\
Recovery shares of the root key {}, printing {printing}. Any {NEEDED} of the {} give the root key back, any two say
nothing. Print each on a paper of its own, give them to different people, then clear the screen, and type some back:
aceso key shares --check",
        root.name(),
        made.len()
    ));
    for share in &made {
        say(&format!(
            "\nShare {}\n{}",
            share.number(),
            *share.to_printed()
        ));
    }
    Ok(())
}

async fn check(place: &Place, from: Option<&Path>) -> Result<()> {
    place.expect_record()?;
    let root = place.root_key()?;
    let found = joined(from)?;
    if found.name() != root.name() {
        bail!(
            "these shares give the root key {}, and this record is locked with {}: print new ones",
            found.name(),
            root.name()
        );
    }
    let store = place.open_with(&root)?;
    store
        .note_shares_tested(&Caller::operator(), &root.name())
        .await?;
    say(&format!(
        "these shares give this record's root key, {}",
        root.name()
    ));
    Ok(())
}

/// The root key from shares in a file, one a line or paragraph, or typed.
fn joined(from: Option<&Path>) -> Result<RootKey> {
    let mut found: Vec<Share> = Vec::new();
    let text = match from {
        Some(path) => Some(crate::root::whole_file(path)?),
        None => None,
    };
    match text {
        Some(text) => {
            for line in text.lines().map(str::trim).filter(|l| l.contains('-')) {
                found.push(Share::parse(line)?);
            }
        }
        None => {
            let mut lines = std::io::stdin().lock().lines();
            while found.len() < NEEDED {
                let _ = write!(std::io::stderr(), "Share {} of {NEEDED}: ", found.len() + 1);
                let line = lines.next().context("three shares are needed")??;
                match Share::parse(&line) {
                    Ok(share) => found.push(share),
                    Err(error) => complain(&error.to_string()),
                }
            }
        }
    }
    Ok(shares::join(&found)?)
}

impl Place {
    /// The same place with what the command line says of a new source.
    fn with_new_source(&self, to: &NewSource) -> Self {
        let mut place = Self {
            dir: self.dir.clone(),
            config: self.config.clone(),
            config_path: self.config_path.clone(),
            passphrase_file: to.new_passphrase_file.clone(),
            root: std::sync::OnceLock::new(),
        };
        let text = |path: &PathBuf| path.display().to_string();
        let settings = &mut place.config.root_key;
        if let Some(module) = &to.module {
            settings.module = text(module);
        }
        if let Some(token) = &to.token {
            settings.token.clone_from(token);
        }
        if let Some(pin) = &to.pin_file {
            settings.pin_file = text(pin);
        }
        place
    }
}
