//! What is answered without Cedar is what Cedar answers.

use super::*;
use crate::engine::{Here, Principal};
use crate::policies::cells;
use crate::{
    Action, BuiltIn, Hours, Labels, Place, Policies, Purpose, Role, RoleText, Strength, Task,
};

const USUAL: Here = Here {
    strength: Strength::Two,
    stepped_up: false,
    place: Place::Unknown,
    hours: Hours::Open,
    purpose: Purpose::Treatment,
};

/// The usual circumstances, and those that differ from them in one thing.
fn circumstances() -> Vec<Here> {
    let mut all = vec![USUAL];
    let strengths = [Strength::One, Strength::PhishingResistant];
    all.extend(strengths.map(|strength| Here { strength, ..USUAL }));
    all.extend([Place::Trusted, Place::Elsewhere].map(|place| Here { place, ..USUAL }));
    all.push(Here {
        stepped_up: true,
        ..USUAL
    });
    all.push(Here {
        hours: Hours::Closed,
        ..USUAL
    });
    all.extend(Purpose::ALL.map(|purpose| Here { purpose, ..USUAL }));
    all
}

/// One type of each group, and every type that a policy names.
fn kinds() -> Vec<&'static str> {
    let named = [
        "Slot",
        "Schedule",
        "MedicationAdministration",
        "MedicationStatement",
        "MedicationDispense",
        "ServiceRequest",
        "Specimen",
        "Observation",
        "DiagnosticReport",
        "Communication",
        "Consent",
    ];
    let mut seen = Vec::new();
    let mut kinds = named.to_vec();
    for kind in aceso_fhir::definitions::types().resource_names() {
        let group = Group::of(kind).unwrap();
        if !seen.contains(&group) {
            seen.push(group);
            kinds.push(kind);
        }
    }
    kinds
}

fn check(policies: &Policies, principal: Principal, roles: &[Role], here: Here, kind: &str) {
    let group = Group::of(kind).unwrap();
    for action in Action::ALL {
        let act = action.name();
        let all = policies.all_roles(roles);
        let question = Question {
            principal,
            roles: &all,
            act,
            here,
            item: Some((kind, group)),
        };
        let ours = Answers::by_rules(policies.rules(), &question).unwrap();
        let bench = policies.bench(principal, roles, act).unwrap();
        let theirs = Answers::by_cedar(&bench, &here.context().unwrap(), (kind, group)).unwrap();
        assert_eq!(
            cells(&ours, group, policies.all_known()),
            cells(&theirs, group, policies.all_known()),
            "{roles:?} {act} {kind} {here:?}"
        );
    }
}

fn check_tasks(policies: &Policies, roles: &[Role], here: Here) {
    for task in Task::ALL {
        let all = policies.all_roles(roles);
        let question = Question {
            principal: Principal::Person,
            roles: &all,
            act: task.name(),
            here,
            item: None,
        };
        let ours = Answers::by_rules(policies.rules(), &question).unwrap();
        let bench = policies
            .bench(Principal::Person, roles, task.name())
            .unwrap();
        let theirs = bench.ask(&here.context().unwrap(), &Asked::Task).unwrap();
        assert_eq!(
            ours.allow(Relation::None, None),
            theirs.allowed,
            "{roles:?} {task:?} {here:?}"
        );
    }
}

fn role_sets() -> Vec<Vec<Role>> {
    let mut sets: Vec<Vec<Role>> = BuiltIn::ALL.iter().map(|r| vec![r.role()]).collect();
    sets.push(vec![Role::FRONT_DESK, Role::BILLER]);
    sets.push(vec![Role::ADMINISTRATOR, Role::CLINICIAN]);
    sets
}

#[test]
fn every_built_in_policy_is_answered_without_cedar() {
    let policies = Policies::builtin().unwrap();
    for (rule, known) in policies.rules().iter().zip(policies.all_known()) {
        assert!(rule.is_ready(), "{}", known.policy.id());
    }
}

#[test]
fn every_decision_is_the_one_that_cedar_makes() {
    let policies = Policies::builtin().unwrap();
    for roles in role_sets() {
        for kind in kinds() {
            check(&policies, Principal::Person, &roles, USUAL, kind);
            check(&policies, Principal::Client, &roles, USUAL, kind);
        }
        for here in circumstances() {
            for kind in ["Patient", "Observation", "Claim", "Organization"] {
                check(&policies, Principal::Person, &roles, here, kind);
            }
            check_tasks(&policies, &roles, here);
        }
    }
}

fn own(condition: &str) -> Policies {
    let text = format!(
        "permit (principal is Person in Role::\"physio\", action in [Action::\"read\", Action::\"create\"], resource)\n{condition};"
    );
    let role = RoleText {
        role: Role::parse("physio").unwrap(),
        text,
        sees: Labels::NONE.with(Label::Hiv),
    };
    Policies::with(&[role]).unwrap()
}

#[test]
fn a_clinics_own_conditions_are_answered_as_cedar_does() {
    for condition in [
        "",
        "when { resource.group != \"laboratory\" }",
        "when { \"care\" == resource.relation || resource.relation == \"own\" }",
        "when { !(resource.label == \"ETH\") && [\"Observation\", \"Nothing\"].contains(resource.kind) }",
        "unless { context.factors >= 3 } when { context.factors > 0 && context.factors != 1 }",
        "when { context.steppedUp || context.purpose == \"TREAT\" }",
        "when { principal is Person in Role::\"clinician\" || !(principal in Role::\"nurse\") }",
        "when { action != Action::\"create\" && action in [Action::\"read\", Action::\"create\"] }",
        "when { true } unless { context.place == \"elsewhere\" } unless { context.hours == \"closed\" }",
    ] {
        let policies = own(condition);
        let physio = Role::parse("physio").unwrap();
        for roles in [vec![physio.clone()], vec![physio, Role::NURSE]] {
            for here in circumstances() {
                for kind in ["Observation", "Patient"] {
                    check(&policies, Principal::Person, &roles, here, kind);
                }
            }
        }
    }
}

#[test]
fn what_is_beyond_the_finite_classes_is_asked_of_cedar() {
    let policies = own("when { resource.kind like \"Med*\" }");
    let physio = [Role::parse("physio").unwrap()];
    let all = policies.all_roles(&physio);
    let question = |act| Question {
        principal: Principal::Person,
        roles: &all,
        act,
        here: USUAL,
        item: Some(("MedicationRequest", Group::Medications)),
    };
    assert!(Answers::by_rules(policies.rules(), &question("read")).is_none());
    // Acts to which the policy does not apply are answered all the same.
    assert!(Answers::by_rules(policies.rules(), &question("delete")).is_some());
    let person = crate::Person {
        account: "a".into(),
        name: "ada".into(),
        roles: physio.to_vec(),
        user: None,
        patients: Vec::new(),
        facilities: Vec::new(),
        session: crate::Session::new(Strength::Two, Purpose::Treatment),
    };
    let caller = crate::Caller::person(std::sync::Arc::new(person), crate::Origin::default());
    let decided = |kind| {
        let now = aceso_base::Instant::from_millis(0);
        let (read, purpose) = (Action::Read, Purpose::Treatment);
        crate::decide(&policies, &caller, read, kind, purpose, now)
    };
    assert_ne!(decided("MedicationRequest"), crate::Decision::Deny);
    assert_eq!(decided("Observation"), crate::Decision::Deny);
}
