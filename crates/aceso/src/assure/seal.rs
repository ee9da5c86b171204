//! The document in its two forms, and its signature: a signed note over the SHA-256 of everything before it.

use std::path::Path;

use aceso_vault::sha256;
use aceso_vault::tree::HeadKey;
use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::case::Case;
use super::page;

/// What stands before the note in HTML, and after it.
const OPEN: &str = "\n<!-- signature of everything above\n";
const CLOSE: &str = "-->\n";

/// A document before it is signed.
pub(super) enum Body {
    Html(String),
    Json(Value),
}

/// What a good signature says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) at: String,
    pub(super) digest: String,
}

/// Why a document is not believed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unbelieved {
    #[error("it carries no signature")]
    Unsigned,
    #[error("the key cannot be read: it looks like NAME+HASH+KEY")]
    Key,
    #[error("the signature is of another key, or was changed")]
    Signature,
    #[error("the document was changed after it was signed")]
    Changed,
    #[error("the key that signed it was replaced, and the log does not say that it signed this")]
    Unlogged,
}

impl Body {
    /// JSON when asked for, or when the file is named so; HTML otherwise.
    pub(super) fn of(case: &Case, out: Option<&Path>, as_json: bool) -> Result<Self> {
        let named = out.and_then(Path::extension).is_some_and(|e| e == "json");
        if as_json || named {
            // As it will be read again, so that both have the same digest.
            let text = serde_json::to_string(&case.to_json())?;
            return Ok(Self::Json(
                serde_json::from_str(&text).context("the case as JSON")?,
            ));
        }
        Ok(Self::Html(page::write(case)))
    }

    /// SHA-256 in hexadecimal.
    pub(super) fn digest(&self) -> String {
        match self {
            Self::Html(text) => digest(text.as_bytes()),
            Self::Json(case) => digest(case.to_string().as_bytes()),
        }
    }

    /// With its signature.
    pub(super) fn signed(&self, note: &str) -> String {
        match self {
            Self::Html(text) => [text, OPEN, note, CLOSE].concat(),
            Self::Json(case) => format!("{}\n", json!({"case": case, "signature": note})),
        }
    }
}

/// Checks a document against a key.
pub(super) fn check(document: &str, key: &str) -> Result<Signed, Unbelieved> {
    let (digest, note) = parts(document).ok_or(Unbelieved::Unsigned)?;
    let key = HeadKey::parse(key.trim()).ok_or(Unbelieved::Key)?;
    let text = key.read_note(&note).map_err(|_| Unbelieved::Signature)?;
    let mut lines = text.lines();
    let (kind, at, said) = (lines.next(), lines.next(), lines.next());
    if kind != Some(aceso_store::CASE) {
        return Err(Unbelieved::Signature);
    }
    if said != Some(["sha256 ", &digest].concat().as_str()) {
        return Err(Unbelieved::Changed);
    }
    Ok(Signed {
        at: at.unwrap_or_default().to_owned(),
        digest,
    })
}

/// The digest of what is signed, and the note.
fn parts(document: &str) -> Option<(String, String)> {
    if let Some((body, note)) = document.rsplit_once(OPEN) {
        return Some((
            digest(body.as_bytes()),
            note.strip_suffix(CLOSE)?.to_owned(),
        ));
    }
    let whole: Value = serde_json::from_str(document).ok()?;
    let note = whole.get("signature")?.as_str()?.to_owned();
    Some((digest(whole.get("case")?.to_string().as_bytes()), note))
}

fn digest(bytes: &[u8]) -> String {
    aceso_base::hex(&sha256(bytes))
}
