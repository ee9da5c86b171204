//! The decision.

use aceso_base::Instant;

use crate::policies::Cell;
use crate::{
    Caller, Context, Job, Labels, Person, Policies, Purpose, Relation, Scope, UserKind, Who,
};

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

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Delete,
        Self::Search,
    ];
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
    /// Only resources about patients to whom the caller stands so. `Own` and `Proxy` come with `patient` and ask
    /// nothing more.
    pub relation: Relation,
    /// Only resources with none of these labels.
    pub without: Labels,
}

impl Grant {
    /// Everything.
    pub const ALL: Self = Self {
        patient: None,
        arguments: None,
        relation: Relation::None,
        without: Labels::NONE,
    };

    /// What both cover; none when that is nothing.
    fn and(&self, other: &Self) -> Option<Self> {
        let patient = match (&self.patient, &other.patient) {
            (Some(a), Some(b)) if a != b => return None,
            (Some(a), _) => Some(a.clone()),
            (None, b) => b.clone(),
        };
        let arguments = match (&self.arguments, &other.arguments) {
            (Some(a), Some(b)) => Some([a, "&", b].concat()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        Some(Self {
            patient,
            arguments,
            relation: self.relation.max(other.relation),
            without: self.without.or(other.without),
        })
    }
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
        Who::Job(Job::Deliver)
            if kind == "Subscription" && matches!(action, Action::Read | Action::Update) =>
        {
            Decision::Allow(Reach::All)
        }
        Who::Job(Job::Downtime) if matches!(action, Action::Read | Action::Search) => {
            Decision::Allow(Reach::All)
        }
        Who::Job(Job::Escalate) if escalates(action, kind) => Decision::Allow(Reach::All),
        Who::Job(
            Job::Downtime
            | Job::Escalate
            | Job::SignIn
            | Job::Deliver
            | Job::Send
            | Job::Watch
            | Job::Remind
            | Job::Desk
            | Job::Mail
            | Job::Backup,
        ) => Decision::Deny,
        Who::Person(person) => {
            let cells = policies.cells_of(person, action, kind, purpose, now);
            by_grants(of_person(&cells, person))
        }
        Who::Client(client) => {
            let cells = policies.cells_of_client(action, kind, purpose);
            let rights: Vec<Grant> = match &client.person {
                None => cells.iter().filter_map(of_client).collect(),
                Some(person) => {
                    let theirs = policies.cells_of(person, action, kind, purpose, now);
                    let theirs = of_person(&theirs, person);
                    let both =
                        |c: Grant| theirs.iter().filter_map(|g| c.and(g)).collect::<Vec<_>>();
                    cells.iter().filter_map(of_client).flat_map(both).collect()
                }
            };
            let scopes = client.scopes.iter().filter(|s| s.covers(action, kind));
            let scopes = scopes.filter_map(|s| of_scope(s, client.patient.as_deref()));
            by_grants(
                scopes
                    .flat_map(|s| {
                        rights
                            .iter()
                            .filter_map(move |r| s.and(r))
                            .collect::<Vec<_>>()
                    })
                    .collect(),
            )
        }
    }
}

/// What sending critical results on takes: to see the result, whose it is and who ordered it, who covers for whom, and to
/// write the Task.
pub(crate) fn escalates(action: Action, kind: &str) -> bool {
    match action {
        Action::Read | Action::Search => [
            "Observation",
            "Patient",
            "PractitionerRole",
            "Schedule",
            "ServiceRequest",
            "Slot",
            "Task",
        ]
        .contains(&kind),
        Action::Create => kind == "Task",
        Action::Update | Action::Delete => false,
    }
}

fn of_scope(scope: &Scope, patient: Option<&str>) -> Option<Grant> {
    let patient = match scope.context {
        // A `patient/` scope without a patient in context reaches nothing (SMART App Launch 2.2, 3.0.2).
        Context::Patient => Some(patient?.to_owned()),
        Context::User | Context::System => None,
    };
    Some(Grant {
        patient,
        arguments: scope.arguments.clone(),
        ..Grant::ALL
    })
}

/// A program stands in no relation to anybody.
fn of_client(cell: &Cell) -> Option<Grant> {
    match cell.relation {
        Relation::None => Some(of_cell(cell, None)),
        Relation::Nobody
        | Relation::Care
        | Relation::Own
        | Relation::Proxy
        | Relation::Emergency => None,
    }
}

fn of_cell(cell: &Cell, patient: Option<&str>) -> Grant {
    Grant {
        patient: patient.map(str::to_owned),
        arguments: cell.arguments.clone(),
        relation: cell.relation,
        without: cell.without,
    }
}

/// The cells as far as the person can stand in their relations.
fn of_person(cells: &[Cell], person: &Person) -> Vec<Grant> {
    let treats = person.user.as_ref().is_some_and(|user| match user.kind {
        UserKind::Practitioner | UserKind::PractitionerRole => true,
        UserKind::Patient | UserKind::RelatedPerson => false,
    });
    let own = person.own_patient();
    let mut grants = Vec::with_capacity(cells.len());
    for cell in cells {
        match cell.relation {
            Relation::None | Relation::Nobody | Relation::Emergency => {
                grants.push(of_cell(cell, None));
            }
            Relation::Care if treats => grants.push(of_cell(cell, None)),
            Relation::Care => {}
            Relation::Own => grants.extend(own.map(|id| of_cell(cell, Some(id)))),
            Relation::Proxy => {
                let others = person.patients.iter().filter(|p| own != Some(p));
                grants.extend(others.map(|id| of_cell(cell, Some(id))));
            }
        }
    }
    grants
}

fn by_grants(grants: Vec<Grant>) -> Decision {
    if grants.is_empty() {
        Decision::Deny
    } else if grants.contains(&Grant::ALL) {
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
            ..Grant::ALL
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
            arguments: Some("category=laboratory".into()),
            ..Grant::ALL
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
