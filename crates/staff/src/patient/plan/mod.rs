//! What is planned with a patient: care plans, goals, and the people who see to it.

pub(crate) mod care_plan;
pub(crate) mod goal;
pub(crate) mod show;
pub(crate) mod team;

use aceso_fhir::Value;
use aceso_web::page::{Entry, Tag, Tone};

/// Where the chart's page with them is.
pub(crate) const PAGE: &str = "/plan";

/// A line with its resource's state, where that is not the usual one.
fn state(entry: Entry, document: &Value) -> Entry {
    let status = document
        .str_at("status")
        .or_else(|| document.str_at("lifecycleStatus"));
    match status {
        Some("on-hold" | "suspended") => entry.tag(Tag::new(Tone::Warning, "on hold")),
        Some("draft" | "proposed" | "planned") => entry.tag(Tag::new(Tone::Info, "planned")),
        Some("completed") => entry.tag(Tag::plain("completed")),
        Some("revoked" | "cancelled" | "rejected") => entry.tag(Tag::plain("given up")),
        _ => entry,
    }
}
