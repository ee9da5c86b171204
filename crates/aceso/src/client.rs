//! `aceso client add|list|disable`.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aceso_login::{Issue, Register, check_scopes, issue, rotate_signing_key};
use aceso_policy::{Caller, Context as ScopeContext, Scopes};
use aceso_store::{NewClient, Store};
use aceso_vault::jwt::{KeySet, SigningKey};
use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::place::Place;
use crate::say::say;
use crate::wrong::{OrWrong, wrong};

/// How the client will prove who it is.
#[derive(Debug)]
pub(crate) enum Keys {
    /// It will not: only a script's token.
    None,
    /// Public keys in a file.
    File(PathBuf),
    /// A key pair made now; the private part goes to this file.
    New(PathBuf),
}

/// A script's token is wanted.
#[derive(Debug)]
pub(crate) struct WithToken {
    pub(crate) patient: Option<String>,
}

impl Keys {
    /// From the two options, of which one at most is given.
    pub(crate) fn from(file: Option<PathBuf>, new: Option<PathBuf>) -> Self {
        match (file, new) {
            (Some(file), _) => Self::File(file),
            (None, Some(new)) => Self::New(new),
            (None, None) => Self::None,
        }
    }
}

/// Registers a client; the token, when wanted, is the last line.
pub(crate) async fn add(
    place: &Place,
    name: &str,
    scopes: &str,
    keys: Keys,
    token: Option<WithToken>,
    json: bool,
) -> Result<ExitCode> {
    check_name(name)?;
    check_scopes(scopes, Register::Service).or_wrong()?;
    let parsed = Scopes::parse(scopes).or_wrong()?;
    if parsed.is_empty() {
        return Err(wrong(
            "a client without scopes could do nothing: --scopes \"system/*.rs\"",
        ));
    }
    let patient = token.as_ref().and_then(|t| t.patient.clone());
    if parsed.iter().any(|s| s.context == ScopeContext::Patient) && patient.is_none() {
        return Err(wrong(
            "patient/ scopes need a patient: --token --patient ID",
        ));
    }
    let store = place.open_or_create()?;
    if store.client(&Caller::operator(), name).await?.is_some() {
        bail!("there is a client {name} already");
    }
    let new = NewClient {
        id: name.to_owned(),
        name: name.to_owned(),
        scopes: scopes.split_whitespace().collect::<Vec<_>>().join(" "),
        jwks: public_keys(name, keys)?,
    };
    let caller = Caller::operator();
    store.add_client(&caller, new).await?;
    let token = match token {
        None => None,
        Some(wanted) => {
            let hours = place.config.tokens.script_hours;
            Some(script_token(&store, name, scopes, wanted.patient, hours).await?)
        }
    };
    if json {
        say(&json!({"client": name, "scopes": scopes, "token": token}).to_string());
    } else {
        say(&format!("registered {name} with {scopes}"));
        if let Some(token) = token {
            say(&token);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A token for scripts.
pub(crate) async fn script_token(
    store: &Store,
    client: &str,
    scopes: &str,
    patient: Option<String>,
    hours: u32,
) -> Result<String> {
    let wish = Issue {
        client: client.to_owned(),
        scopes: scopes.to_owned(),
        patient,
        expires: store.now().plus_millis(i64::from(hours) * 3_600_000),
    };
    Ok(issue(store, &Caller::operator(), wish).await?)
}

/// Lists the clients.
pub(crate) async fn list(place: &Place, json: bool) -> Result<ExitCode> {
    let clients = place.open()?.clients(&Caller::operator()).await?;
    if json {
        let rows: Vec<_> = clients
            .iter()
            .map(|c| {
                json!({
                    "client": c.id, "scopes": c.scopes, "keys": c.jwks.is_some(), "created": c.created.to_fhir(),
                    "disabled": c.disabled.map(aceso_base::Instant::to_fhir)
                })
            })
            .collect();
        say(&json!(rows).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    for client in clients {
        let state = match (client.disabled, client.jwks, client.app) {
            (Some(since), _, _) => format!("disabled since {}", since.to_fhir()),
            (None, _, Some(_)) => "app".to_owned(),
            (None, Some(_), None) => "signs assertions".to_owned(),
            (None, None, None) => "script".to_owned(),
        };
        say(&format!("{}\t{}\t{state}", client.id, client.scopes));
    }
    Ok(ExitCode::SUCCESS)
}

/// Disables a client and its tokens.
pub(crate) async fn disable(place: &Place, name: &str) -> Result<ExitCode> {
    let store = place.open()?;
    if !store.disable_client(&Caller::operator(), name).await? {
        bail!("there is no client {name}");
    }
    say(&format!(
        "disabled {name}; its tokens end within five seconds"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Makes a new key for ID tokens.
pub(crate) async fn rotate(place: &Place, json: bool) -> Result<ExitCode> {
    let store = place.open()?;
    let id = rotate_signing_key(&store, &Caller::operator()).await?;
    if json {
        say(&json!({ "key": id }).to_string());
    } else {
        say(&format!(
            "ID tokens are signed with {id} from now on; the key before is shown for another hour"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn check_name(name: &str) -> Result<()> {
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fine) {
        return Err(wrong("a client's name has 1 to 64 letters, digits, - _ ."));
    }
    Ok(())
}

pub(crate) fn public_keys(name: &str, keys: Keys) -> Result<Option<String>> {
    match keys {
        Keys::None => Ok(None),
        Keys::File(path) => {
            let text =
                std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            KeySet::parse(&text).with_context(|| path.display().to_string())?;
            Ok(Some(text))
        }
        Keys::New(path) => {
            let key = SigningKey::generate(format!("{name}-1"))?;
            write_secret(&path, &key.private_jwk()?)?;
            Ok(Some(json!({"keys": [key.public_jwk()]}).to_string()))
        }
    }
}

/// Writes a new file that only its owner can read.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| path.display().to_string())?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_name_can_stand_in_a_url_and_a_log() {
        for good in ["lab", "nightly-report_2.x", &"a".repeat(64)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a/b", "ä", "a\n", &"a".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
