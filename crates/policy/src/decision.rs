//! The decision.

use aceso_base::Instant;

use crate::{Caller, Context, Job, Policies, Purpose, Scope, Who};

/// What a caller wants to do with resources of a type. The letters are those of SMART v2 scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// `c`
    Create,
    /// `r`: read, vread, history of one resource
    Read,
    /// `u`: update and patch
    Update,
    /// `d`
    Delete,
    /// `s`: search, and history of a type or of all
    Search,
}

/// May they?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// No.
    Deny,
    /// Yes, as far as this reaches.
    Allow(Reach),
}

/// Which resources of the type an allowed act reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    All,
    /// Those that at least one grant covers; never empty.
    Only(Vec<Grant>),
}

/// A part of a type's resources. All conditions given must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Only resources in this patient's compartment (logical id of the Patient).
    pub patient: Option<String>,
    /// Only resources that this search matches: `category=laboratory&status=final`.
    pub arguments: Option<String>,
}

/// Decides by caller, act and resource type; what [`Reach::Only`] leaves to be checked is checked on the resource
/// itself, or in the query.
pub fn decide(
    policies: &Policies,
    caller: &Caller,
    action: Action,
    kind: &str,
    purpose: Purpose,
    now: Instant,
) -> Decision {
    match &caller.who {
        Who::Operator | Who::Job(Job::Demo | Job::Verify) => Decision::Allow(Reach::All),
        Who::Job(Job::SignIn) => Decision::Deny,
        Who::Person(person) => policies.person_may(person, action, kind, purpose, now),
        Who::Client(client) if client.person.is_some() => Decision::Deny,
        Who::Client(client) => {
            let scopes = client.scopes.iter().filter(|s| s.covers(action, kind));
            by_grants(
                scopes
                    .filter_map(|s| grant(s, client.patient.as_deref()))
                    .collect(),
            )
        }
    }
}

fn grant(scope: &Scope, patient: Option<&str>) -> Option<Grant> {
    let arguments = scope.arguments.clone();
    match scope.context {
        // A `patient/` scope without a patient in context reaches nothing (SMART App Launch 2.2, 3.0.2).
        Context::Patient => Some(Grant {
            patient: Some(patient?.to_owned()),
            arguments,
        }),
        Context::User | Context::System => Some(Grant {
            patient: None,
            arguments,
        }),
    }
}

fn by_grants(grants: Vec<Grant>) -> Decision {
    if grants.is_empty() {
        Decision::Deny
    } else if grants
        .iter()
        .any(|g| g.patient.is_none() && g.arguments.is_none())
    {
        Decision::Allow(Reach::All)
    } else {
        Decision::Allow(Reach::Only(grants))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{ApiClient, Origin, Scopes};

    fn check(scopes: &str, patient: Option<&str>, action: Action, kind: &str, expected: &Decision) {
        let client = ApiClient {
            id: "c".into(),
            scopes: Scopes::parse(scopes).unwrap(),
            patient: patient.map(str::to_owned),
            person: None,
        };
        let policies = Policies::builtin().unwrap();
        let now = Instant::from_millis(0);
        let caller = Caller::client(Arc::new(client), Origin::default());
        assert_eq!(
            &decide(&policies, &caller, action, kind, Purpose::Treatment, now),
            expected,
            "{scopes} {action:?} {kind}"
        );
    }

    #[test]
    fn a_scope_allows_its_type_and_letters_and_nothing_else() {
        let all = Decision::Allow(Reach::All);
        check("system/Patient.rs", None, Action::Read, "Patient", &all);
        check(
            "system/Patient.rs",
            None,
            Action::Update,
            "Patient",
            &Decision::Deny,
        );
        check(
            "system/Patient.rs",
            None,
            Action::Read,
            "Observation",
            &Decision::Deny,
        );
        check("system/*.cruds", None, Action::Delete, "Observation", &all);
        check("", None, Action::Read, "Patient", &Decision::Deny);
    }

    #[test]
    fn a_patient_scope_reaches_its_patient_only_and_nothing_without_one() {
        let grant = Grant {
            patient: Some("p1".into()),
            arguments: None,
        };
        let only = Decision::Allow(Reach::Only(vec![grant]));
        check(
            "patient/*.rs",
            Some("p1"),
            Action::Search,
            "Observation",
            &only,
        );
        check(
            "patient/*.rs",
            None,
            Action::Search,
            "Observation",
            &Decision::Deny,
        );
    }

    #[test]
    fn search_arguments_narrow_a_scope_and_a_wider_scope_lifts_them() {
        let grant = Grant {
            patient: None,
            arguments: Some("category=laboratory".into()),
        };
        let narrow = "system/Observation.rs?category=laboratory";
        check(
            narrow,
            None,
            Action::Read,
            "Observation",
            &Decision::Allow(Reach::Only(vec![grant])),
        );
        let wide = format!("{narrow} system/Observation.r");
        check(
            &wide,
            None,
            Action::Read,
            "Observation",
            &Decision::Allow(Reach::All),
        );
    }
}
