//! What a role may do, read off the policies in force themselves: for each group of resource types and each act, whose
//! data it reaches.

use std::sync::Arc;

use aceso_base::Instant;
use aceso_fhir::definitions::types;
use aceso_policy::{
    Action, Caller, Decision, FhirUser, Group, Origin, Person, Policies, Purpose, Reach, Relation,
    Role, Session, Strength, Task, Verdict, decide,
};

/// Whose data an act reaches. In order: the later includes the former.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    /// Nobody's.
    None,
    /// One's own, or that of those one acts for.
    Own,
    /// Of patients in one's care.
    Care,
    /// Everybody's.
    All,
}

/// A cell: the widest reach within the group, and whether all its types have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) whose: Whose,
    pub(crate) types: Types,
}

/// Whether a cell holds for all types of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Types {
    All,
    Some,
}

/// What a role may do.
#[derive(Clone, Debug)]
pub(crate) struct RoleTable {
    /// Each group with the cells of reading, adding, changing and deleting.
    pub(crate) rows: Vec<(Group, [Cell; 4])>,
    /// What it may do besides.
    pub(crate) tasks: Vec<Task>,
}

/// The acts that a table has columns for.
pub(crate) const ACTS: [Action; 4] = [Action::Read, Action::Create, Action::Update, Action::Delete];

/// Somebody with these roles, signed in as well as can be, with a fresh proof.
pub(crate) fn somebody(
    roles: Vec<Role>,
    purpose: Purpose,
    strength: Strength,
    now: Instant,
) -> Person {
    let portal = roles
        .iter()
        .any(|r| *r == Role::PATIENT || *r == Role::PROXY);
    let mut session = Session::new(strength, purpose);
    session.stepped_up_until = Some(now.plus_millis(60_000));
    Person {
        account: "somebody".into(),
        name: String::new(),
        user: portal.then(|| FhirUser::parse("Patient/self")).flatten(),
        patients: if portal {
            vec!["self".into()]
        } else {
            Vec::new()
        },
        roles,
        facilities: Vec::new(),
        session,
    }
}

/// Reads a role's table off the policies.
pub(crate) fn table(policies: &Policies, role: &Role, now: Instant) -> RoleTable {
    let purpose = if *role == Role::PATIENT || *role == Role::PROXY {
        Purpose::PatientRequest
    } else {
        Purpose::Treatment
    };
    let person = somebody(
        vec![role.clone()],
        purpose,
        Strength::PhishingResistant,
        now,
    );
    let caller = Caller::person(Arc::new(person), Origin::default());
    let whose = |action, kind: &str| whose(&decide(policies, &caller, action, kind, purpose, now));
    let rows = Group::ALL.into_iter().map(|group| {
        let kinds: Vec<&str> = types()
            .resource_names()
            .filter(|kind| Group::of(kind) == Some(group))
            .collect();
        (
            group,
            ACTS.map(|action| cell(kinds.iter().map(|kind| whose(action, kind)))),
        )
    });
    let may = |task: &Task| policies.may(&caller, *task, now) != Verdict::Deny;
    RoleTable {
        rows: rows.collect(),
        tasks: Task::ALL.into_iter().filter(may).collect(),
    }
}

fn cell(reaches: impl Iterator<Item = Whose>) -> Cell {
    let all: Vec<Whose> = reaches.collect();
    let whose = all.iter().copied().max().unwrap_or(Whose::None);
    let types = if all.iter().all(|w| *w == whose) {
        Types::All
    } else {
        Types::Some
    };
    Cell { whose, types }
}

fn whose(decision: &Decision) -> Whose {
    match decision {
        Decision::Deny => Whose::None,
        Decision::Allow(Reach::All) => Whose::All,
        Decision::Allow(Reach::Only(grants)) => {
            let one = |relation| match relation {
                Relation::None | Relation::Nobody => Whose::All,
                Relation::Care | Relation::Emergency => Whose::Care,
                Relation::Own | Relation::Proxy => Whose::Own,
            };
            // What is about nobody widens nothing where there is something about patients.
            let about = grants
                .iter()
                .map(|g| g.relation)
                .filter(|r| *r != Relation::Nobody)
                .map(one);
            about.max().unwrap_or(Whose::All)
        }
    }
}

impl Whose {
    /// As the table says it.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Own => "own",
            Self::Care => "in care",
            Self::All => "all",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(role: &Role, group: Group, expected: [Whose; 4]) {
        let policies = Policies::builtin().unwrap();
        let table = table(&policies, role, Instant::from_millis(0));
        let row = table.rows.iter().find(|(g, _)| *g == group).unwrap();
        assert_eq!(row.1.map(|cell| cell.whose), expected, "{role} {group:?}");
    }

    #[test]
    fn a_roles_table_says_what_the_policies_say() {
        use Whose::{All, Care, None, Own};

        check(&Role::CLINICIAN, Group::Allergies, [Care, Care, Care, None]);
        check(
            &Role::CLINICIAN,
            Group::Demographics,
            [All, Care, Care, None],
        );
        check(&Role::PATIENT, Group::Laboratory, [Own, None, None, None]);
        check(&Role::ADMINISTRATOR, Group::Clinical, [None; 4]);
        check(&Role::ADMINISTRATOR, Group::Directory, [All; 4]);
    }
}
