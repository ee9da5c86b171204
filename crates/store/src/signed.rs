//! Signed notes stay as they are: what comes later is an addendum of its own.

use crate::reading::document;
use crate::{Change, StoreError, Stored};

/// The tag (`meta.tag`: system and code) of a Composition that its author signed. The store refuses every later change
/// and deletion of it, whoever asks; the refusal is on record as any other.
pub const SIGNED: (&str, &str) = ("urn:aceso:note", "signed");

/// Whether this version is a signed note.
pub(crate) fn is_signed(stored: &Stored) -> Result<bool, StoreError> {
    if stored.kind != "Composition" || stored.change == Change::Deleted {
        return Ok(false);
    }
    let document = document(stored)?;
    let tags = document.get("meta").map(|m| m.items_at("tag"));
    Ok(tags
        .unwrap_or_default()
        .iter()
        .any(|tag| tag.str_at("system") == Some(SIGNED.0) && tag.str_at("code") == Some(SIGNED.1)))
}
