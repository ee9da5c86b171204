//! What was changed or deleted in a record, and bringing it back. What is brought back is a new version: nothing is lost by
//! it, and it can be undone in the same way.

pub(crate) mod list;
pub(crate) mod show;

use aceso_store::{Past, Presence};
use aceso_web::page::{Tag, Tone};

/// What the address of the list ends with.
pub(crate) const PAGE: &str = "/changes";

/// The address of one resource as it was.
fn path(patient: &str, kind: &str, id: &str) -> String {
    [&super::path(patient), PAGE, "/", kind, "/", id].concat()
}

/// What it is now.
fn presence(past: &Past) -> Tag {
    match past.presence {
        Presence::There => Tag::plain("changed"),
        Presence::Deleted => Tag::new(Tone::Warning, "deleted"),
    }
}
