//! Signed notes: each bears its author's signature, and stays as it is. What comes later is an addendum of its own.

mod form;
mod key;
mod sign;
#[cfg(test)]
mod tests;

use crate::reading::document;
use crate::{Change, StoreError, Stored};

pub(crate) use form::is_tagged;
pub use form::{SIGNATURE, SIGNED};
pub(crate) use key::{SEAL, check_row, kept};
pub use sign::NoteSignature;
pub(crate) use sign::check;

/// Whether this version is a signed note. The store refuses every later change and deletion of it, whoever asks; the
/// refusal is on record as any other.
pub(crate) fn is_signed(stored: &Stored) -> Result<bool, StoreError> {
    if stored.kind != "Composition" || stored.change == Change::Deleted {
        return Ok(false);
    }
    Ok(is_tagged(&document(stored)?))
}
