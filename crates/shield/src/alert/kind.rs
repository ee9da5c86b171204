//! What alerts are about, and how soon somebody should look.

use serde::{Deserialize, Serialize};

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Many accounts are tried from one address.
    CredentialStuffing,
    /// One account is tried again and again.
    Guessing,
    /// Somebody asks for much that is not there.
    Enumeration,
    /// An account was given a role that gives roles or keys.
    PrivilegeChange,
    /// One person's account is used from two networks sooner than anybody gets from one to the other.
    TwoPlaces,
    /// Somebody went through the addresses that scanners go through, or sent what attacks look like, and is kept out.
    Scanner,
    /// Somebody opens more records than work asks for.
    MassRead,
    /// The log lacks an entry, or its time goes back.
    AuditGap,
    /// A check found that what is stored is not what was stored.
    IntegrityFailure,
    /// Somebody brought a file with a virus.
    Malware,
    /// A published weakness concerns this installation.
    Affected,
    /// The makers' advisories are stale, or are not to be trusted.
    FeedTrouble,
}

/// How soon somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// When there is time.
    Low,
    /// Today.
    Medium,
    /// Within the hour.
    High,
    /// Now.
    Critical,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::CredentialStuffing,
        Self::Guessing,
        Self::Enumeration,
        Self::PrivilegeChange,
        Self::TwoPlaces,
        Self::Scanner,
        Self::MassRead,
        Self::AuditGap,
        Self::IntegrityFailure,
        Self::Malware,
        Self::Affected,
        Self::FeedTrouble,
    ];

    /// Its name in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CredentialStuffing => "credential-stuffing",
            Self::Guessing => "guessing",
            Self::Enumeration => "enumeration",
            Self::PrivilegeChange => "privilege-change",
            Self::TwoPlaces => "two-places",
            Self::Scanner => "scanner",
            Self::MassRead => "mass-read",
            Self::AuditGap => "audit-gap",
            Self::IntegrityFailure => "integrity-failure",
            Self::Malware => "malware",
            Self::Affected => "affected",
            Self::FeedTrouble => "feed-trouble",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::CredentialStuffing => "Many accounts tried from one address",
            Self::Guessing => "One account tried again and again",
            Self::Enumeration => "Much asked for that is not there",
            Self::PrivilegeChange => "Role given that gives roles or keys",
            Self::TwoPlaces => "Account used from two places at once",
            Self::Scanner => "Scanner or attack kept out",
            Self::MassRead => "More records opened than work asks for",
            Self::AuditGap => "Gap in the audit log",
            Self::IntegrityFailure => "What is stored was changed",
            Self::Malware => "File with a virus brought",
            Self::Affected => "Published weakness of this release",
            Self::FeedTrouble => "Advisories stale or not to be trusted",
        }
    }

    /// How soon somebody should look.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Scanner => Severity::Low,
            Self::Guessing | Self::Enumeration | Self::TwoPlaces => Severity::Medium,
            Self::CredentialStuffing
            | Self::PrivilegeChange
            | Self::MassRead
            | Self::Malware
            | Self::Affected
            | Self::FeedTrouble => Severity::High,
            Self::AuditGap | Self::IntegrityFailure => Severity::Critical,
        }
    }

    /// The technique of MITRE ATT&CK that it may be; none where it is no attack by itself.
    pub const fn technique(self) -> Option<&'static str> {
        match self {
            Self::CredentialStuffing => Some("T1110.004"),
            Self::Guessing => Some("T1110.001"),
            Self::Enumeration => Some("T1087"),
            Self::PrivilegeChange => Some("T1098"),
            Self::TwoPlaces => Some("T1078"),
            Self::Scanner => Some("T1595"),
            Self::MassRead => Some("T1213"),
            Self::AuditGap => Some("T1070"),
            Self::IntegrityFailure => Some("T1565.001"),
            Self::Malware => Some("T1204.002"),
            Self::Affected => Some("T1190"),
            Self::FeedTrouble => None,
        }
    }
}

impl Severity {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}
