//! The topics that every installation has.

use std::sync::{Arc, OnceLock};

use super::{Interaction, Topic, Trigger};
use crate::definitions::types;
use crate::path::Expression;

/// Name, title, type, when, expression, search parameters to filter by.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    Interaction,
    &'static str,
    &'static [&'static str],
);

const ROWS: &[Row] = &[
    (
        "encounter-start",
        "An encounter has begun",
        "Encounter",
        Interaction::Either,
        "(%previous.empty() or %previous.status != 'in-progress') and %current.status = 'in-progress'",
        &[
            "patient",
            "subject",
            "class",
            "location",
            "service-provider",
            "participant",
        ],
    ),
    (
        "encounter-complete",
        "An encounter is finished",
        "Encounter",
        Interaction::Either,
        "(%previous.empty() or %previous.status != 'finished') and %current.status = 'finished'",
        &[
            "patient",
            "subject",
            "class",
            "location",
            "service-provider",
            "participant",
        ],
    ),
    (
        "order-placed",
        "A new order is active",
        "ServiceRequest",
        Interaction::Either,
        "(%previous.empty() or %previous.status != 'active') and %current.status = 'active'",
        &[
            "patient",
            "subject",
            "category",
            "code",
            "performer",
            "priority",
        ],
    ),
    (
        "report-released",
        "A report is final, amended or corrected",
        "DiagnosticReport",
        Interaction::Either,
        "(%previous.empty() or %previous.status != %current.status) and %current.status in ('final' | 'amended' | 'corrected')",
        &["patient", "subject", "category", "code", "based-on"],
    ),
    (
        "appointment-booked",
        "An appointment is booked",
        "Appointment",
        Interaction::Either,
        "(%previous.empty() or %previous.status != 'booked') and %current.status = 'booked'",
        &["patient", "actor", "practitioner", "location"],
    ),
    (
        "patient-changed",
        "A patient was registered or changed",
        "Patient",
        Interaction::Either,
        "true",
        &["_id", "identifier", "general-practitioner"],
    ),
];

/// Where their canonical URLs begin.
const BASE: &str = "urn:aceso:topic:";

/// The topics that every installation has.
pub fn built_in() -> &'static [Arc<Topic>] {
    static TOPICS: OnceLock<Vec<Arc<Topic>>> = OnceLock::new();
    TOPICS.get_or_init(|| ROWS.iter().filter_map(topic).map(Arc::new).collect())
}

fn topic(&(name, title, kind, on, expression, filters): &Row) -> Option<Topic> {
    let kind = types().resource(kind)?.name;
    Some(Topic {
        url: [BASE, name].concat(),
        title: title.to_owned(),
        triggers: vec![Trigger {
            kind,
            on,
            previous: None,
            current: None,
            either: false,
            expression: Some(Expression::parse(expression).ok()?),
        }],
        filters: filters.iter().map(|f| (kind, (*f).to_owned())).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::parameters;

    #[test]
    fn every_topic_is_there_and_filters_by_what_there_is() {
        assert_eq!(built_in().len(), ROWS.len());
        for topic in built_in() {
            for (kind, code) in &topic.filters {
                let known = code == "_id" || parameters().find(kind, code).is_some();
                assert!(known, "{kind} {code}");
            }
        }
    }
}
