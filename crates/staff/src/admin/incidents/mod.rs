//! Incidents: what is found out, whom they concern, what has to be told by when.

pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod notice;
pub(crate) mod show;

use aceso_base::Instant;
use aceso_shield::incident::{Factor, Finding, Incident, Note};
use aceso_store::KeptIncident;
use aceso_web::page::{Tag, Tone};
use maud::{Markup, html};

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/incidents";
/// A new one.
pub(crate) const NEW: &str = "/admin/incidents/new";

/// The address of an incident.
pub(crate) fn path(id: &str) -> String {
    [HERE, "/", id].concat()
}

/// How far it is.
fn state(kept: &KeptIncident) -> Tag {
    match kept.incident.finding {
        None => Tag::new(Tone::Warning, "open"),
        Some(Finding::LowProbability) => Tag::new(Tone::Good, "closed: low probability"),
        Some(Finding::Breach) => Tag::new(Tone::Danger, "closed: a breach"),
    }
}

/// Whose accesses are looked at.
fn whose(kept: &KeptIncident) -> Markup {
    let who = &kept.incident.who;
    html! {
        @match &kept.name {
            Some(name) => { (name) p.soft.small.mono { (who) } }
            None if who.is_empty() => { "anybody's" }
            None => { (who) }
        }
    }
}

/// An incident as samples show it.
fn sample() -> KeptIncident {
    let at = 1_772_409_600_000;
    KeptIncident {
        id: "i1".into(),
        version: 3,
        opened: Instant::from_millis(at),
        closed: None,
        name: Some("Ann Example".into()),
        incident: Incident {
            title: "Records opened by the hundred".into(),
            discovered: at,
            who: "person/ann".into(),
            from: at - 86_400_000,
            until: at,
            head: String::new(),
            last_entry: 4711,
            factors: [(Factor::Nature, "Names, problems and medications".to_owned())].into(),
            notes: vec![Note {
                at,
                by: "person/olga".into(),
                text: "opened".into(),
            }],
            finding: None,
        },
    }
}
