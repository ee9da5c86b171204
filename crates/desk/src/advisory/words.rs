//! The words that the forms use for the same things.

use super::record::CreditKind;

impl CreditKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Finder,
        Self::Reporter,
        Self::Analyst,
        Self::Coordinator,
        Self::RemediationDeveloper,
        Self::RemediationReviewer,
        Self::RemediationVerifier,
        Self::Tool,
        Self::Sponsor,
        Self::Other,
    ];

    /// As CVE records write it; OSV does in upper case with `_`, GitHub in lower case with `_`.
    pub const fn cve(self) -> &'static str {
        match self {
            Self::Finder => "finder",
            Self::Reporter => "reporter",
            Self::Analyst => "analyst",
            Self::Coordinator => "coordinator",
            Self::RemediationDeveloper => "remediation developer",
            Self::RemediationReviewer => "remediation reviewer",
            Self::RemediationVerifier => "remediation verifier",
            Self::Tool => "tool",
            Self::Sponsor => "sponsor",
            Self::Other => "other",
        }
    }

    /// For what somebody is thanked, in words; nothing for what is none of them.
    pub const fn said(self) -> Option<&'static str> {
        match self {
            Self::Finder => Some("finding the vulnerability"),
            Self::Reporter => Some("reporting the vulnerability"),
            Self::Analyst => Some("analysing the vulnerability"),
            Self::Coordinator => Some("coordinating the response"),
            Self::RemediationDeveloper => Some("developing the fix"),
            Self::RemediationReviewer => Some("reviewing the fix"),
            Self::RemediationVerifier => Some("verifying the fix"),
            Self::Tool => Some("a tool that found the vulnerability"),
            Self::Sponsor => Some("sponsoring the work"),
            Self::Other => None,
        }
    }

    /// By those words.
    pub fn of_words(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.said() == Some(text))
    }

    /// By CVE's, OSV's or GitHub's word.
    pub fn of_type(text: &str) -> Option<Self> {
        let plain = text.to_lowercase().replace('_', " ");
        Self::ALL.into_iter().find(|kind| kind.cve() == plain)
    }
}

/// OSV's ecosystem of a purl's type; none for types that it does not know.
pub(super) fn ecosystem(kind: &str) -> Option<&'static str> {
    let table = ECOSYSTEMS.iter().find(|(purl, _, _)| *purl == kind);
    table.map(|(_, osv, _)| *osv)
}

/// GitHub's ecosystem of a purl's type.
pub(super) fn github_ecosystem(kind: &str) -> &'static str {
    let table = ECOSYSTEMS.iter().find(|(purl, _, _)| *purl == kind);
    table.map_or("other", |(_, _, github)| *github)
}

/// The purl type of an OSV ecosystem.
pub(super) fn purl_kind(ecosystem: &str) -> Option<&'static str> {
    let plain = ecosystem.split(':').next().unwrap_or(ecosystem);
    let table = ECOSYSTEMS.iter().find(|(_, osv, _)| *osv == plain);
    table.map(|(purl, _, _)| *purl)
}

/// purl type, OSV ecosystem, GitHub ecosystem.
const ECOSYSTEMS: &[(&str, &str, &str)] = &[
    ("cargo", "crates.io", "rust"),
    ("npm", "npm", "npm"),
    ("pypi", "PyPI", "pip"),
    ("maven", "Maven", "maven"),
    ("golang", "Go", "go"),
    ("nuget", "NuGet", "nuget"),
    ("composer", "Packagist", "composer"),
    ("gem", "RubyGems", "rubygems"),
    ("hex", "Hex", "erlang"),
    ("pub", "Pub", "pub"),
    ("swift", "SwiftURL", "swift"),
    ("deb", "Debian", "other"),
];
