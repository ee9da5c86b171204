//! The set of policies in force.

use std::sync::Arc;

use aceso_base::Instant;

use crate::{
    Action, BuiltIn, Caller, Decision, Person, Purpose, Role, Strength, Task, Verdict, Who,
};

/// The policies in force; cheap to clone.
#[derive(Clone, Debug)]
pub struct Policies(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    roles: Vec<Role>,
}

/// A clinic's own role as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleText {
    /// Its id.
    pub role: Role,
    /// Its policies in Cedar.
    pub text: String,
}

/// Why policies are refused.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The text is wrong: where and what.
    #[error("role {role}, line {line}: {what}")]
    Text {
        /// Whose text.
        role: Role,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// The policies that come with the program are wrong.
    #[error("the built-in policies: {0}")]
    BuiltIn(String),
}

impl Policies {
    /// The policies that come with the program.
    pub fn builtin() -> Result<Self, PolicyError> {
        Self::with(&[])
    }

    /// The built-in policies and a clinic's own roles.
    pub fn with(custom: &[RoleText]) -> Result<Self, PolicyError> {
        let mut roles: Vec<Role> = BuiltIn::ALL.iter().map(|b| b.role()).collect();
        roles.extend(custom.iter().map(|c| c.role.clone()));
        Ok(Self(Arc::new(Inner { roles })))
    }

    /// Every role there is, built-in ones first.
    pub fn roles(&self) -> &[Role] {
        &self.0.roles
    }

    /// Whether the caller may carry out a task now.
    pub fn may(&self, caller: &Caller, task: Task, now: Instant) -> Verdict {
        match &caller.who {
            Who::Operator => Verdict::Allow,
            Who::Job(_) | Who::Client(_) => Verdict::Deny,
            Who::Person(person) => person_task(person, task, now),
        }
    }

    pub(crate) fn person_may(
        &self,
        _person: &Person,
        _action: Action,
        _kind: &str,
        _purpose: Purpose,
        _now: Instant,
    ) -> Decision {
        Decision::Deny
    }
}

fn person_task(person: &Person, task: Task, now: Instant) -> Verdict {
    if task == Task::OwnAccount {
        return Verdict::Allow;
    }
    let allowed = person
        .roles
        .iter()
        .filter_map(Role::built_in)
        .any(|role| role_task(role, task));
    if !allowed {
        return Verdict::Deny;
    }
    if person.session.strength < Strength::Two && task != Task::ApproveClient {
        return Verdict::NeedsSecondFactor;
    }
    match task {
        Task::Export | Task::ManageRoles | Task::ManageKeys | Task::PrescribeControlled
            if !person.session.is_stepped_up(now) =>
        {
            Verdict::NeedsStepUp
        }
        _ => Verdict::Allow,
    }
}

fn role_task(role: BuiltIn, task: Task) -> bool {
    use Task::{
        ApproveClient, BreakGlass, Export, ManageClients, ManageKeys, ManageRoles, ManageSessions,
        ManageSettings, ManageUsers, PrescribeControlled, ReadAudit, Recertify, ReviewBreakGlass,
        TakeCare, TestPolicies,
    };
    match role {
        BuiltIn::Administrator => matches!(
            task,
            ManageUsers
                | ManageRoles
                | ManageClients
                | ManageSessions
                | ManageSettings
                | ManageKeys
                | Export
                | Recertify
                | TestPolicies
        ),
        BuiltIn::Clinician => matches!(task, BreakGlass | PrescribeControlled | ApproveClient),
        BuiltIn::Nurse => matches!(task, BreakGlass | ApproveClient),
        BuiltIn::FrontDesk => matches!(task, TakeCare),
        BuiltIn::Pharmacist => matches!(task, BreakGlass),
        BuiltIn::Auditor => matches!(task, ReadAudit | TestPolicies),
        BuiltIn::SecurityOfficer => matches!(
            task,
            ReadAudit | ManageSessions | ReviewBreakGlass | Recertify | TestPolicies
        ),
        BuiltIn::Patient | BuiltIn::Proxy => matches!(task, ApproveClient),
        BuiltIn::Biller | BuiltIn::Laboratory | BuiltIn::ApiClient => false,
    }
}
