//! The embargo of a case: None → Proposed → Active ⇄ Revise → Exited, one at a time. Joining a case is not consenting.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::people::PartyId;
use crate::When;

/// What was proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The instant at which it ends, in UTC.
    pub end: When,
    /// What may be done until then.
    pub text: String,
}

/// How the embargo of a case stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum Embargo {
    /// Nobody decided yet.
    #[default]
    Undecided,
    /// There is to be none.
    None {
        /// Why.
        reason: String,
    },
    /// Proposed; nothing is shown to anybody but its proposer's team until they consent.
    Proposed {
        /// The terms.
        terms: Terms,
        /// Who agreed to them.
        consents: BTreeSet<PartyId>,
    },
    /// In force.
    Active {
        /// The terms.
        terms: Terms,
        /// Who agreed to them.
        consents: BTreeSet<PartyId>,
    },
    /// In force, and other terms are proposed.
    Revise {
        /// The terms in force.
        terms: Terms,
        /// Who agreed to those.
        consents: BTreeSet<PartyId>,
        /// The terms that are proposed.
        next: Terms,
        /// Who agreed to them.
        next_consents: BTreeSet<PartyId>,
    },
    /// Over.
    Exited {
        /// Since when.
        at: When,
        /// Why.
        reason: String,
    },
}

impl Embargo {
    /// When it ends, while it is in force.
    pub const fn end(&self) -> Option<When> {
        match self {
            Self::Active { terms, .. } | Self::Revise { terms, .. } => Some(terms.end),
            Self::Undecided | Self::None { .. } | Self::Proposed { .. } | Self::Exited { .. } => {
                None
            }
        }
    }

    /// Whether texts of the case are held back from who did not consent. They are until somebody decided that there is no
    /// embargo, or it is over.
    pub const fn holds(&self) -> bool {
        match self {
            Self::Undecided | Self::Proposed { .. } | Self::Active { .. } | Self::Revise { .. } => {
                true
            }
            Self::None { .. } | Self::Exited { .. } => false,
        }
    }

    /// Whether somebody agreed to the terms in force, or to those proposed where none are.
    pub fn has_consent(&self, party: &PartyId) -> bool {
        match self {
            Self::Proposed { consents, .. }
            | Self::Active { consents, .. }
            | Self::Revise { consents, .. } => consents.contains(party),
            Self::Undecided | Self::None { .. } | Self::Exited { .. } => false,
        }
    }
}
