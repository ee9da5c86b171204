//! Who treats whom, and until when: the care relation, from appointments, visits, teams, orders and the like.

use aceso_fhir::Value;
use aceso_fhir::search::{BEGINNING, END, date_span};

use super::Care;
use super::part::UNKNOWN;
use crate::key::Keys;

const DAY: i64 = 86_400_000;

/// The span in which a resource gives a relation: `[since, until)`; none when it gives none.
type Span = Option<(i64, i64)>;

/// The rows of `care` that a resource gives, in order.
pub(crate) fn care(
    keys: &Keys,
    kind: &str,
    key: i64,
    document: &Value,
    patients: &[i64],
) -> Vec<Care> {
    let Some((since, until)) = span(kind, document) else {
        return Vec::new();
    };
    let mut actors = Vec::new();
    let mut add = |reference: Option<&Value>| actors.extend(reference.and_then(|r| actor(keys, r)));
    for (member, inner) in places(kind) {
        for item in document.get(member).map_or(&[][..], Value::each) {
            if kind == "Appointment" && item.str_at("status") == Some("declined") {
                continue;
            }
            add(if inner.is_empty() {
                Some(item)
            } else {
                item.get(inner)
            });
        }
    }
    let known = patients.iter().filter(|p| **p != UNKNOWN);
    let mut rows: Vec<Care> = known
        .flat_map(|patient| {
            actors
                .iter()
                .map(move |actor| [*actor, *patient, key, since, until])
        })
        .collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Where a type names those who treat: a member, and the member inside it.
const fn places_of() -> [(&'static str, &'static [(&'static str, &'static str)]); 10] {
    [
        ("Appointment", &[("participant", "actor")]),
        ("CareTeam", &[("participant", "member")]),
        ("Communication", &[("recipient", ""), ("sender", "")]),
        ("DiagnosticReport", &[("resultsInterpreter", "")]),
        ("Encounter", &[("participant", "individual")]),
        ("EpisodeOfCare", &[("careManager", "")]),
        ("MedicationRequest", &[("requester", ""), ("performer", "")]),
        ("Patient", &[("generalPractitioner", "")]),
        ("ServiceRequest", &[("requester", ""), ("performer", "")]),
        ("Task", &[("owner", "")]),
    ]
}

fn places(kind: &str) -> &'static [(&'static str, &'static str)] {
    let all = places_of();
    all.into_iter()
        .find(|(k, _)| *k == kind)
        .map_or(&[], |(_, places)| places)
}

fn actor(keys: &Keys, reference: &Value) -> Option<i64> {
    let text = reference.str_at("reference")?;
    let (kind, id) = text.split_once('/')?;
    let id = id.split_once('/').map_or(id, |(id, _)| id);
    matches!(kind, "Practitioner" | "PractitionerRole").then(|| keys.of(kind, id))
}

fn span(kind: &str, document: &Value) -> Span {
    let status = document.str_at("status").unwrap_or_default();
    let over = |ended: &[&str]| ended.contains(&status) || status == "entered-in-error";
    let touched = document
        .get("meta")
        .and_then(|m| time(m, "lastUpdated"))
        .map_or(BEGINNING, |(lo, _)| lo);
    let from = |member: &str| time(document, member).map_or(touched, |(lo, _)| lo);
    let period = |member: &str| document.get(member);
    match kind {
        "Patient" => Some((BEGINNING, END)),
        "Appointment" => {
            let at = from("start");
            let end = time(document, "end").map_or(at, |(_, hi)| hi);
            (!over(&["cancelled", "noshow"])).then_some((at - 30 * DAY, end + 30 * DAY))
        }
        "Encounter" => {
            let start = period("period").and_then(|p| time(p, "start"));
            let start = start.map_or(touched, |(lo, _)| lo);
            let end = match period("period").and_then(|p| time(p, "end")) {
                Some((_, hi)) => hi + 90 * DAY,
                None if status == "finished" => start + 90 * DAY,
                None => END,
            };
            (!over(&["cancelled"])).then_some((start - 7 * DAY, end))
        }
        "CareTeam" | "EpisodeOfCare" => {
            let start = period("period").and_then(|p| time(p, "start"));
            let end = period("period").and_then(|p| time(p, "end"));
            let span = (start.map_or(BEGINNING, |s| s.0), end.map_or(END, |e| e.1));
            (!over(&["proposed", "suspended", "inactive", "finished", "cancelled"])).then_some(span)
        }
        "ServiceRequest" => {
            let at = from("authoredOn");
            (!over(&["revoked"])).then_some((at - DAY, at + 180 * DAY))
        }
        "MedicationRequest" => {
            let at = from("authoredOn");
            (!over(&["cancelled", "stopped"])).then_some((at - DAY, at + 365 * DAY))
        }
        "Task" => {
            let until = if status == "completed" {
                from("lastModified") + 30 * DAY
            } else {
                END
            };
            (!over(&["rejected", "cancelled", "failed"])).then_some((BEGINNING, until))
        }
        "Communication" => {
            let at = from("sent");
            (!over(&["not-done"])).then_some((at - DAY, at + 30 * DAY))
        }
        "DiagnosticReport" => {
            let at = from("issued");
            (!over(&["cancelled"])).then_some((at - DAY, at + 90 * DAY))
        }
        _ => None,
    }
}

fn time(value: &Value, member: &str) -> Option<(i64, i64)> {
    value.str_at(member).and_then(date_span)
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;
    use aceso_vault::KeyedHash;

    use super::*;

    fn rows(text: &str) -> Vec<Care> {
        let keys = Keys::new(KeyedHash::new([0; 16]));
        let document = json::read(text.as_bytes()).unwrap();
        care(
            &keys,
            document.resource_type().unwrap(),
            7,
            &document,
            &[5, UNKNOWN],
        )
    }

    #[test]
    fn an_appointment_gives_the_relation_for_a_month_around_it_and_a_cancelled_one_none() {
        let text = r#"{"resourceType":"Appointment","status":"booked","start":"2026-03-01T09:00:00Z","end":"2026-03-01T10:00:00Z",
            "participant":[{"actor":{"reference":"Practitioner/a"},"status":"accepted"},
            {"actor":{"reference":"Practitioner/b"},"status":"declined"},{"actor":{"reference":"Patient/p"},"status":"accepted"}]}"#;
        let found = rows(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0][1], 5);
        assert_eq!(found[0][4] - found[0][3], 60 * DAY + 3_600_000 + 1000);
        assert_eq!(
            rows(&text.replace("booked", "cancelled")),
            Vec::<Care>::new()
        );
    }

    #[test]
    fn a_visit_that_goes_on_gives_the_relation_without_end() {
        let text = r#"{"resourceType":"Encounter","status":"in-progress","period":{"start":"2026-03-01"},
            "participant":[{"individual":{"reference":"PractitionerRole/a"}}]}"#;
        assert_eq!(rows(text)[0][4], END);
    }
}
