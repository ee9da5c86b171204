//! Emergency access under review: who opened which chart, why, and whether there was reason to.

pub(crate) mod case;
pub(crate) mod list;

use aceso_base::Instant;
use aceso_store::{Break, BreakFinding};
use aceso_web::page::{Tag, Tone};

use crate::words::{day, span};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/break-glass";

/// The address of a case.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

/// How far the review is.
fn state(one: &Break, now: Instant) -> Tag {
    match one.review.as_ref().map(|review| review.finding) {
        Some(BreakFinding::Justified) => Tag::new(Tone::Good, "justified"),
        Some(BreakFinding::Unjustified) => Tag::new(Tone::Danger, "not justified"),
        Some(BreakFinding::Open) | None if one.is_overdue(now) => {
            let late = span(now.millis() - one.due.millis());
            Tag::new(Tone::Danger, crate::words::say("overdue by {0}", &[&late]))
        }
        Some(BreakFinding::Open) => Tag::new(
            Tone::Warning,
            crate::words::say("not settled, due {0}", &[&day(one.due)]),
        ),
        None => Tag::new(
            Tone::Warning,
            crate::words::say("due {0}", &[&day(one.due)]),
        ),
    }
}
