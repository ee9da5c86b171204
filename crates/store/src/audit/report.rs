//! The reports that administrators ask for, as questions to the log.

use aceso_policy::OpeningHours;

use super::form::AuditOutcome;
use super::kind::AuditKind;
use super::query::{AuditQuery, Disclosures};

/// A report on the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditReport {
    /// Who saw this patient.
    Patient,
    /// What did this person see.
    Person,
    /// What left the clinic: exports, prints, what apps were given (45 CFR 164.528).
    Disclosures,
    /// Sign-ins that failed.
    FailedSignIns,
    /// Charts that were opened in an emergency.
    Emergency,
    /// Exports and prints.
    Exports,
    /// Who may do what was changed.
    Permissions,
    /// What was done while the clinic was closed.
    AfterHours,
    /// What was refused.
    Refused,
    /// Everything.
    All,
}

/// Whom a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditSubject {
    /// A patient.
    Patient,
    /// Somebody who works here, or an app.
    Person,
}

impl AuditReport {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Patient,
        Self::Person,
        Self::Disclosures,
        Self::FailedSignIns,
        Self::Emergency,
        Self::Exports,
        Self::Permissions,
        Self::AfterHours,
        Self::Refused,
        Self::All,
    ];

    /// One word for it, for addresses and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Person => "person",
            Self::Disclosures => "disclosures",
            Self::FailedSignIns => "failed-sign-ins",
            Self::Emergency => "emergency",
            Self::Exports => "exports",
            Self::Permissions => "permissions",
            Self::AfterHours => "after-hours",
            Self::Refused => "refused",
            Self::All => "all",
        }
    }

    /// The report that a word names.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }

    /// Whom it is about, so that it cannot be asked without.
    pub const fn subject(self) -> Option<AuditSubject> {
        match self {
            Self::Patient => Some(AuditSubject::Patient),
            Self::Person => Some(AuditSubject::Person),
            Self::Disclosures
            | Self::FailedSignIns
            | Self::Emergency
            | Self::Exports
            | Self::Permissions
            | Self::AfterHours
            | Self::Refused
            | Self::All => None,
        }
    }

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Patient => "Who saw this patient",
            Self::Person => "What did this person see",
            Self::Disclosures => "Accounting of disclosures",
            Self::FailedSignIns => "Failed sign-ins",
            Self::Emergency => "Emergency access",
            Self::Exports => "Exports and prints",
            Self::Permissions => "Changes of permission",
            Self::AfterHours => "After hours",
            Self::Refused => "What was refused",
            Self::All => "Everything",
        }
    }

    /// What it tells.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Patient => "Every look at one patient's record, and every change to it",
            Self::Person => "Everything that one person or app did",
            Self::Disclosures => "What left the clinic: exports, prints, what apps were given",
            Self::FailedSignIns => "Wrong passwords and codes, unknown names, locked accounts",
            Self::Emergency => "Charts that were opened with a reason, and their reviews",
            Self::Exports => "Files that were made and pages that were printed",
            Self::Permissions => "Accounts, roles and confirmations",
            Self::AfterHours => "What was done while the clinic was closed",
            Self::Refused => "What people and apps tried and were not allowed",
            Self::All => "The whole log",
        }
    }

    /// The question, still without period, patient or person. `hours` are those of the clinic.
    pub fn query(self, hours: &OpeningHours) -> AuditQuery {
        let of = |kinds: &[AuditKind]| AuditQuery {
            kinds: kinds.to_vec(),
            ..AuditQuery::default()
        };
        match self {
            Self::Patient | Self::Person | Self::All => AuditQuery::default(),
            Self::Disclosures => AuditQuery {
                disclosures: Disclosures::Alone,
                ..AuditQuery::default()
            },
            Self::FailedSignIns => AuditQuery {
                outcome: Some(AuditOutcome::Denied),
                ..of(&[AuditKind::SignIn, AuditKind::Credential])
            },
            Self::Emergency => of(&[AuditKind::Emergency]),
            Self::Exports => of(&[AuditKind::Export, AuditKind::Print]),
            Self::Permissions => of(&[AuditKind::Permission]),
            Self::AfterHours => AuditQuery {
                closed: Some(hours.clone()),
                ..AuditQuery::default()
            },
            Self::Refused => AuditQuery {
                outcome: Some(AuditOutcome::Denied),
                ..AuditQuery::default()
            },
        }
    }
}
