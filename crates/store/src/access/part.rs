//! Whom a resource is about.

use std::sync::OnceLock;

use aceso_fhir::Value;
use aceso_fhir::definitions::{parameters, types};
use aceso_fhir::search::{Entry, IndexValue};
use aceso_policy::Group;
use rustc_hash::FxHashMap;

use crate::key::Keys;

/// Somebody who is no patient of this server, or whom nobody knows.
pub(crate) const UNKNOWN: i64 = 0;

/// Types that may be about nobody. Of others, what names no patient is about somebody unknown: nobody's charts are
/// everybody's, so a chart without a patient must not be.
const MAY_BE_NOBODYS: [&str; 7] = [
    "Device",
    "DeviceMetric",
    "Group",
    "MeasureReport",
    "Schedule",
    "Slot",
    "Task",
];

/// Whether a resource of a type can be about nobody.
pub(crate) fn may_be_nobodys(kind: &str) -> bool {
    MAY_BE_NOBODYS.contains(&kind)
}

/// The keys of the patients that a resource is about, in order, each once.
pub(crate) fn part(
    keys: &Keys,
    kind: &str,
    key: i64,
    document: &Value,
    entries: &[Entry<'_>],
) -> Vec<i64> {
    if !Group::of(kind).is_some_and(Group::is_personal) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if kind == "Patient" {
        found.push(key);
    }
    let branches = branches(kind);
    for entry in entries.iter().filter(|e| branches.contains(&e.branch)) {
        match &entry.value {
            IndexValue::Reference { kind, id, .. } if *kind == "Patient" => {
                found.push(keys.of(kind, id));
            }
            IndexValue::ReferenceUrl { .. } | IndexValue::ReferenceIdentifier { .. } => {
                found.push(UNKNOWN);
            }
            _ => {}
        }
    }
    if kind == "Binary"
        && let Some(context) = document.get("securityContext")
        && let Some(id) = context
            .str_at("reference")
            .and_then(|r| r.strip_prefix("Patient/"))
    {
        found.push(keys.of("Patient", id));
    }
    let carries_patient = document
        .items_at("contained")
        .iter()
        .any(|c| c.resource_type() == Some("Patient"));
    if carries_patient || (found.is_empty() && !may_be_nobodys(kind)) {
        found.push(UNKNOWN);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The branches by which a type is about a patient: those of the Patient compartment, and what is called `patient` or
/// `subject` (Task and Device are in no compartment, yet about patients).
fn branches(kind: &str) -> &'static [u16] {
    static ALL: OnceLock<FxHashMap<&'static str, Vec<u16>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let names = types().resource_names();
        names.map(|kind| (kind, of_kind(kind))).collect()
    });
    all.get(kind).map_or(&[], Vec::as_slice)
}

fn of_kind(kind: &'static str) -> Vec<u16> {
    let codes = parameters()
        .compartment("Patient", kind)
        .unwrap_or_default();
    let mut found: Vec<u16> = codes
        .iter()
        .copied()
        .chain(["patient", "subject"])
        .filter_map(|code| parameters().find(kind, code))
        .filter(|p| p.targets.contains(&"Patient"))
        .flat_map(|p| &p.uses)
        .filter(|u| u.target.is_none_or(|t| t == "Patient"))
        .map(|u| u.branch)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
