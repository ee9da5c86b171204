//! Tasks: acts that are no act on a FHIR resource.

/// An act on what is not a resource: accounts, roles, keys, the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    /// See, make, change, disable and unlock accounts; invite people.
    ManageUsers,
    /// Make and change roles, and give them to people.
    ManageRoles,
    /// Register, change and disable API clients.
    ManageClients,
    /// See and end other people's sessions and tokens.
    ManageSessions,
    /// Change the clinic's settings.
    ManageSettings,
    /// Use and change keys and recovery shares.
    ManageKeys,
    /// Decide on and carry out the erasure of a patient (GDPR, Article 17), and set what forbids one.
    ErasePatient,
    /// Read the audit log and its reports.
    ReadAudit,
    /// Take many patients' data out: bulk files, the whole record.
    Export,
    /// Open one patient's chart in an emergency, with a reason.
    BreakGlass,
    /// Look over emergency accesses and close their review tasks.
    ReviewBreakGlass,
    /// Confirm, every quarter, who may do what.
    Recertify,
    /// Allow an app to act for oneself.
    ApproveClient,
    /// Prescribe controlled drugs.
    PrescribeControlled,
    /// Write a document that takes a patient into one's own care.
    TakeCare,
    /// Ask what others may do, and why.
    TestPolicies,
    /// Work on the response desk's cases, each as far as one is in it.
    WorkOnCases,
    /// One's own account: password, factors, sessions, apps.
    OwnAccount,
}

/// May they carry a task out?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Allow,
    /// No.
    Deny,
    /// Yes, once they have proved again who they are.
    NeedsStepUp,
    /// Yes, once they have signed in with a second factor.
    NeedsSecondFactor,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::ManageUsers,
        Self::ManageRoles,
        Self::ManageClients,
        Self::ManageSessions,
        Self::ManageSettings,
        Self::ManageKeys,
        Self::ErasePatient,
        Self::ReadAudit,
        Self::Export,
        Self::BreakGlass,
        Self::ReviewBreakGlass,
        Self::Recertify,
        Self::ApproveClient,
        Self::PrescribeControlled,
        Self::TakeCare,
        Self::TestPolicies,
        Self::WorkOnCases,
        Self::OwnAccount,
    ];

    /// Its name in policies and in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ManageUsers => "ManageUsers",
            Self::ManageRoles => "ManageRoles",
            Self::ManageClients => "ManageClients",
            Self::ManageSessions => "ManageSessions",
            Self::ManageSettings => "ManageSettings",
            Self::ManageKeys => "ManageKeys",
            Self::ErasePatient => "ErasePatient",
            Self::ReadAudit => "ReadAudit",
            Self::Export => "Export",
            Self::BreakGlass => "BreakGlass",
            Self::ReviewBreakGlass => "ReviewBreakGlass",
            Self::Recertify => "Recertify",
            Self::ApproveClient => "ApproveClient",
            Self::PrescribeControlled => "PrescribeControlled",
            Self::TakeCare => "TakeCare",
            Self::TestPolicies => "TestPolicies",
            Self::WorkOnCases => "WorkOnCases",
            Self::OwnAccount => "OwnAccount",
        }
    }

    /// The task of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }
}
