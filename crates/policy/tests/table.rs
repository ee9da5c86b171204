//! Net 1: what the built-in policies decide, role by role, as a table that people have looked over.
//!
//! `ACESO_WRITE_TABLE=1 cargo test -p aceso-policy --test table` writes it anew; the change then shows in review.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use aceso_base::Instant;
use aceso_fhir::definitions::types;
use aceso_policy::{
    Action, ApiClient, BuiltIn, Caller, Decision, FhirUser, Grant, Group, Label, Origin, Person,
    Policies, Purpose, Reach, Relation, Scopes, Session, Side, Strength, Task, Verdict, decide,
};

const NOW: Instant = Instant::from_millis(0);

fn caller(role: BuiltIn) -> Caller {
    let user = match role {
        BuiltIn::Patient => "Patient/me",
        BuiltIn::Proxy => "RelatedPerson/r",
        _ => "Practitioner/p",
    };
    match role.side() {
        Side::Staff | Side::Portal => {
            let person = Person {
                account: "a".into(),
                name: "a".into(),
                roles: vec![role.role()],
                user: FhirUser::parse(user),
                patients: match role.side() {
                    Side::Portal => vec!["me".into()],
                    Side::Staff | Side::Program => Vec::new(),
                },
                facilities: Vec::new(),
                session: Session::new(Strength::Two, Purpose::Treatment),
            };
            Caller::person(Arc::new(person), Origin::default())
        }
        Side::Program => {
            let client = ApiClient {
                id: "c".into(),
                scopes: Scopes::parse("system/*.cruds").unwrap(),
                patient: None,
                person: None,
            };
            Caller::client(Arc::new(client), Origin::default())
        }
    }
}

fn cell(decision: &Decision) -> String {
    let one = |grant: &Grant| {
        let mut text = match grant.relation {
            Relation::None => "all".to_owned(),
            other => other.name().to_owned(),
        };
        let without: Vec<_> = grant.without.iter().map(Label::name).collect();
        if !without.is_empty() {
            let _ = write!(text, "-{}", without.join("-"));
        }
        if let Some(arguments) = &grant.arguments {
            let _ = write!(text, "[{arguments}]");
        }
        text
    };
    match decision {
        Decision::Deny => "none".to_owned(),
        Decision::Allow(Reach::All) => "all".to_owned(),
        Decision::Allow(Reach::Only(grants)) => {
            grants.iter().map(one).collect::<Vec<_>>().join(" | ")
        }
    }
}

fn kinds_of(group: Group) -> Vec<&'static str> {
    let all = types().resource_names();
    all.filter(|kind| Group::of(kind) == Some(group)).collect()
}

/// Whole groups by their names with a star, other types by theirs.
fn short(kinds: &[&str]) -> String {
    let mut told = Vec::new();
    for group in Group::ALL {
        let of = kinds_of(group);
        if of.iter().all(|kind| kinds.contains(kind)) {
            told.push(format!("{}*", group.name()));
        } else {
            let some = of.into_iter().filter(|kind| kinds.contains(kind));
            told.extend(some.map(str::to_owned));
        }
    }
    told.join(" ")
}

fn table() -> String {
    let policies = Policies::builtin().unwrap();
    let mut text = String::from(
        "What the built-in policies decide: for each role, each act on each resource type; then the tasks.\n\
         all: everybody's; care, own, proxy, emergency, nobody: by that relation only; -ETH: not what is labelled so.\n\
         Types that are not named: none. A star stands for every type of a group, listed first.\n\
         Two factors, no fresh proof, the clinic open, purpose of use TREAT.\n",
    );
    let _ = writeln!(text, "\n== groups ==");
    for group in Group::ALL {
        let _ = writeln!(text, "{}*: {}", group.name(), kinds_of(group).join(" "));
    }
    for role in BuiltIn::ALL {
        let caller = caller(role);
        let _ = write!(text, "\n== {} ==\n", role.role());
        for action in Action::ALL {
            let mut by_cell: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for kind in types().resource_names() {
                let purpose = Purpose::Treatment;
                let decision = decide(&policies, &caller, action, kind, purpose, NOW);
                by_cell.entry(cell(&decision)).or_default().push(kind);
            }
            by_cell.remove("none");
            for (cell, kinds) in by_cell {
                let _ = writeln!(text, "{} {cell}: {}", action.name(), short(&kinds));
            }
        }
        let masks = policies.masks(&caller);
        if !masks.is_empty() {
            let _ = writeln!(text, "sees nothing of: {masks}");
        }
        let mut tasks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for task in Task::ALL {
            let verdict = match policies.may(&caller, task, NOW) {
                Verdict::Allow => "allowed",
                Verdict::Deny => "refused",
                Verdict::NeedsStepUp => "after a fresh proof",
                Verdict::NeedsSecondFactor => "with a second factor",
            };
            tasks.entry(verdict).or_default().push(task.name());
        }
        for (verdict, tasks) in tasks {
            let _ = writeln!(text, "tasks {verdict}: {}", tasks.join(" "));
        }
    }
    text
}

#[test]
fn the_policy_table_is_the_one_that_was_looked_over() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/table.txt");
    let now = table();
    #[allow(clippy::disallowed_methods, reason = "how the table is written anew")]
    if std::env::var_os("ACESO_WRITE_TABLE").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    for (line, (was, is)) in (1..).zip(committed.lines().zip(now.lines())) {
        assert_eq!(
            was, is,
            "line {line}: a decision changed; see the head of this test"
        );
    }
    assert_eq!(committed.len(), now.len());
}
