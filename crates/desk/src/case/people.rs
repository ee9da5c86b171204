//! Who has to do with a case: roles, conflicts, need to know.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A person or organization, as the desk numbers them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartyId(pub String);

/// What somebody is in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Found it.
    Finder,
    /// Reported it.
    Reporter,
    /// Appointed by the management; leads cases.
    Manager,
    /// Answers for this case.
    Owner,
    /// Writes the fix.
    Developer,
    /// Tests the fix and its release.
    Tester,
    /// Holds the threads together.
    Coordinator,
    /// Reviews code or texts.
    Reviewer,
    /// Publishes.
    Publisher,
    /// Called in from outside.
    Expert,
    /// Makes an affected product.
    Vendor,
    /// Runs installations.
    Deployer,
    /// Looks on.
    Observer,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Finder,
        Self::Reporter,
        Self::Manager,
        Self::Owner,
        Self::Developer,
        Self::Tester,
        Self::Coordinator,
        Self::Reviewer,
        Self::Publisher,
        Self::Expert,
        Self::Vendor,
        Self::Deployer,
        Self::Observer,
    ];

    /// Whether it is a role in the team that does the work.
    pub const fn is_team(self) -> bool {
        match self {
            Self::Manager
            | Self::Owner
            | Self::Developer
            | Self::Tester
            | Self::Coordinator
            | Self::Reviewer
            | Self::Publisher => true,
            Self::Finder
            | Self::Reporter
            | Self::Expert
            | Self::Vendor
            | Self::Deployer
            | Self::Observer => false,
        }
    }
}

/// What somebody said about conflicts of interest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Conflict {
    /// Nothing yet.
    #[default]
    Unsaid,
    /// There is none.
    None,
    /// There is one: they see nothing that is embargoed, and decide nothing.
    Declared(String),
}

/// Whether somebody needs to know what is not public.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// No.
    #[default]
    No,
    /// Yes: somebody said so for this case.
    ToKnow,
}

/// Somebody in a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// What they are in it.
    pub roles: BTreeSet<Role>,
    /// What they said of conflicts.
    pub conflict: Conflict,
    /// Whether they need to know.
    pub need: Need,
}

impl Participant {
    /// Whether they have one of some roles, and no conflict.
    pub fn may_as(&self, roles: &[Role]) -> bool {
        let declared = matches!(self.conflict, Conflict::Declared(_));
        !declared && roles.iter().any(|role| self.roles.contains(role))
    }
}
