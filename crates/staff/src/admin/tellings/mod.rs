//! Whom the clinic must tell of what, by when: when somebody's access ends, when the emergency plan is in force, and when what
//! others received was corrected or erased.

pub(crate) mod list;
pub(crate) mod show;

use aceso_base::Instant;
use aceso_store::{Telling, TellingKind, TellingOutcome};
use aceso_web::page::{Tag, Tone};

/// The list's address.
pub(crate) const HERE: &str = "/admin/tellings";

/// The address of one.
fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

const fn kind(kind: TellingKind) -> &'static str {
    match kind {
        TellingKind::AccessEnded => "Somebody's access ended",
        TellingKind::EmergencyPlan => "The emergency plan is in force",
        TellingKind::Corrected => "A patient's data were corrected",
        TellingKind::Erased => "A patient's data were erased",
    }
}

fn state(telling: &Telling, now: Instant) -> Tag {
    match &telling.ended {
        Some(end) => match end.outcome {
            TellingOutcome::Told => Tag::new(Tone::Good, "told"),
            TellingOutcome::NotNeeded => Tag::plain("not needed"),
        },
        None if telling.is_overdue(now) => Tag::new(Tone::Danger, "overdue"),
        None => Tag::new(Tone::Warning, "to be told"),
    }
}

/// As samples and tests show it.
fn sample(telling: TellingKind) -> Telling {
    let since = Instant::from_millis(1_772_409_600_000);
    Telling {
        id: "t1-0".into(),
        kind: telling,
        whom: "Riverside Laboratories".into(),
        about: "account/a1".into(),
        since,
        due: since.plus_millis(telling.days() * 86_400_000),
        ended: None,
    }
}
