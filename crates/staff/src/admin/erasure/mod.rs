//! Erasing a patient's data (GDPR, Article 17), and what forbids it.

pub(crate) mod hold;
pub(crate) mod list;
pub(crate) mod show;

use aceso_store::ErasureState;
use aceso_web::page::{Tag, Tone};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/erasure";

/// The address of a decision.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

/// How far it is.
fn state(state: ErasureState) -> Tag {
    match state {
        ErasureState::Decided => Tag::new(Tone::Warning, "to be carried out"),
        ErasureState::Done => Tag::new(Tone::Good, "carried out"),
        ErasureState::Withdrawn => Tag::plain("withdrawn"),
    }
}

/// Who it was, as the log names them, in plain words.
fn by(name: &str) -> &str {
    match name {
        "operator" => "the operator at the console",
        name => name.strip_prefix("person/").unwrap_or(name),
    }
}
