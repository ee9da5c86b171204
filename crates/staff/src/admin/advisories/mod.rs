//! What the makers published about the program: a finding for each vulnerability and component, what is decided about it, the
//! proofs of updates, and what the makers' desk is told.

pub(crate) mod finding;
pub(crate) mod list;

use aceso_base::Instant;
use aceso_desk::matching::State;
use aceso_store::{Decision, KeptFinding};
use aceso_web::page::{Tag, Tone};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/advisories";

/// The address of a finding.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

/// Where it stands.
fn state(kept: &KeptFinding, now: Instant) -> Tag {
    match kept.decision {
        Decision::Open if kept.asked.is_some() => {
            Tag::new(Tone::Warning, "waits for a second person")
        }
        Decision::Open if kept.is_overdue(now) => Tag::new(Tone::Danger, "overdue"),
        Decision::Open => Tag::new(Tone::Warning, "to be decided"),
        Decision::Queued if kept.is_overdue(now) => Tag::new(Tone::Danger, "update waits, overdue"),
        Decision::Queued => Tag::new(Tone::Info, "update waits for the quiet hours"),
        Decision::Mitigated => Tag::new(Tone::Info, "mitigated"),
        Decision::Accepted => Tag::new(Tone::Info, "accepted until a day"),
        Decision::NotAffected => Tag::new(Tone::Good, "does not concern us"),
        Decision::Settled => settled(kept),
    }
}

fn settled(kept: &KeptFinding) -> Tag {
    match (kept.about.finding.state, kept.affected) {
        (State::Fixed, _) | (_, Some(_)) => Tag::new(Tone::Good, "patched"),
        (State::Affected | State::UnderInvestigation | State::NotAffected, None) => {
            Tag::plain("not affected")
        }
    }
}

/// What the matching says.
fn says(state: State) -> Tag {
    match state {
        State::Affected => Tag::new(Tone::Danger, "affected"),
        State::UnderInvestigation => Tag::new(Tone::Warning, "somebody must look"),
        State::Fixed => Tag::new(Tone::Good, "patched"),
        State::NotAffected => Tag::plain("not affected"),
    }
}

/// How soon the tree of decisions says.
fn urgency(decision: &str) -> Tag {
    match decision {
        "immediate" => Tag::new(Tone::Danger, "at once"),
        "out-of-cycle" => Tag::new(Tone::Warning, "before the next usual update"),
        "scheduled" => Tag::new(Tone::Info, "with the next update"),
        _ => Tag::plain("when there is time"),
    }
}

/// A finding as samples and tests show it.
pub(crate) fn sample(decision: Decision) -> KeptFinding {
    use aceso_desk::advisory::Justification;
    use aceso_desk::deploy::{Match, Urgency};
    use aceso_desk::matching::Finding;
    use aceso_store::FindingNote;
    let at = Instant::from_millis(1_772_409_600_000);
    let texts = |text: &str| vec![text.to_owned()];
    let finding = Finding {
        advisory: "ACESO-2026-0001".into(),
        vulnerability: "CVE-2026-40001".into(),
        component: "pkg:cargo/aceso@0.9.1".into(),
        said: "aceso 0.9.1".into(),
        state: match decision {
            Decision::Settled => State::Fixed,
            _ => State::Affected,
        },
        justification: None,
        because: texts("aceso 0.9.1 is within >= 0.5.0, < 0.9.4 (known_affected)"),
        remedies: Vec::new(),
    };
    KeptFinding {
        id: "f1".into(),
        version: 3,
        about: Match {
            finding,
            title: "Documents of other patients can be read".into(),
            severity: Some("High".into()),
            current: at.into(),
            threats: texts("Needs an account. Not seen in the wild."),
            patients: texts("Care does not depend on it."),
            fixes: texts("1. Run aceso update apply. 2. Run aceso doctor."),
            workarounds: texts("Switch documents off. Patients then ask for them at the desk."),
            detection: texts("Run aceso audit report."),
            urgency: Urgency {
                decision: "scheduled".into(),
                days: 30,
                most: Some(30),
                inputs: vec![("Exploitation".into(), "none".into())],
            },
        },
        gone: false,
        affected: Some(at),
        decision,
        justification: (decision == Decision::NotAffected)
            .then_some(Justification::VulnerableCodeNotInExecutePath),
        first: at,
        since: at,
        due: decision.waits().then(|| at.plus_millis(30 * 86_400_000)),
        until: (decision == Decision::Accepted).then(|| at.plus_millis(60 * 86_400_000)),
        asked: None,
        notes: vec![FindingNote {
            at: at.millis(),
            by: "the feed".into(),
            text: "found: affected".into(),
        }],
    }
}
