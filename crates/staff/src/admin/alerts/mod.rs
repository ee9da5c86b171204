//! Alerts: what the rules over the log found, to be looked at now.

pub(crate) mod alert;
pub(crate) mod list;

use aceso_shield::alert::{Kind, Severity};
use aceso_store::KeptAlert;
use aceso_web::page::{Tag, Tone};
use maud::{Markup, html};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/alerts";

/// The address of an alert.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

/// How soon somebody should look.
fn severity(kind: Kind) -> Tag {
    match kind.severity() {
        Severity::Low => Tag::plain("low"),
        Severity::Medium => Tag::new(Tone::Info, "medium: today"),
        Severity::High => Tag::new(Tone::Warning, "high: within the hour"),
        Severity::Critical => Tag::new(Tone::Danger, "critical: now"),
    }
}

/// Whose doing, by name, and as the log names them.
fn whose(alert: &KeptAlert) -> Markup {
    html! {
        (maud::known(alert.whose()))
        @if alert.name.is_some() { p.soft.small.mono { (alert.cause) } }
    }
}

/// What was decided.
fn state(alert: &KeptAlert) -> Tag {
    match &alert.decision {
        None => Tag::new(Tone::Warning, "to be looked at"),
        Some(decided) if decided.incident.is_some() => Tag::new(Tone::Danger, "an incident"),
        Some(_) => Tag::new(Tone::Good, "nothing more to do"),
    }
}

/// An alert as samples show it.
fn sample() -> KeptAlert {
    let at = aceso_base::Instant::from_millis(1_772_409_600_000);
    KeptAlert {
        id: "a1".into(),
        kind: Kind::MassRead,
        cause: "person/ann".into(),
        name: Some("Ann Example".into()),
        text: "records of 140 patients within an hour".into(),
        first: at,
        last: at.plus_millis(900_000),
        seq: 4711,
        count: 40,
        decision: None,
    }
}
