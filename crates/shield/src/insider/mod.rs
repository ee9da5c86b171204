//! Accesses to patients' records that nothing explains.
//!
//! First every access is explained, if it can be: an appointment, a visit, a team, an order, a message, a bill, the ward
//! that somebody covers. Only what is left meets the rules D1 to D17; planted records (D18) and tokens (D19) need no more.
//! What explains by role or place alone (the day's list, a bill) explains less than what names the two: not what is done
//! from strange places or outside the role; some days off not what is done outside working time, nor the record of somebody
//! whom one knows; and nothing explains one's own.
//! What is found of one person in one week is one case, with its reasons in words.

mod case;
mod chart;
mod explain;
mod facts;
mod near;
mod pattern;
#[cfg(test)]
mod tests;

pub use case::{CASE_FROM, Case, Reason, review};
pub use explain::{Hold, Share, Why};
pub use facts::{Address, Chart, Facts, Link, Place, Point, Shift, TokenUse, Touch, What, Worker};
pub use near::{Net, digits, plain_name, street};

use serde::{Deserialize, Serialize};

/// A rule, by its row in the requirements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rule {
    /// One's own record.
    D1,
    /// The same surname, weighed by how rare it is.
    D2,
    /// The same address or telephone, or an emergency contact of the same.
    D3,
    /// A neighbour: within 200 m, or in the same street.
    D4,
    /// A colleague.
    D5,
    /// A well-known patient.
    D6,
    /// Somebody who has died, or was discharged long ago.
    D7,
    /// A former patient of one's own.
    D8,
    /// Outside one's shift.
    D9,
    /// A place or browser not seen before.
    D10,
    /// Two places that nobody can be at so soon.
    D11,
    /// More than ever, and more than others.
    D12,
    /// One number after the other, or from A to Z.
    D13,
    /// Many taken out or printed.
    D14,
    /// Browsing by the first letters of names.
    D15,
    /// What the role has no use for.
    D16,
    /// The same patient again and again.
    D17,
    /// A planted record.
    D18,
    /// A planted token.
    D19,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::D1,
        Self::D2,
        Self::D3,
        Self::D4,
        Self::D5,
        Self::D6,
        Self::D7,
        Self::D8,
        Self::D9,
        Self::D10,
        Self::D11,
        Self::D12,
        Self::D13,
        Self::D14,
        Self::D15,
        Self::D16,
        Self::D17,
        Self::D18,
        Self::D19,
    ];

    /// What it looks for, in few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::D1 => "own record",
            Self::D2 => "same surname",
            Self::D3 => "same household",
            Self::D4 => "neighbour",
            Self::D5 => "colleague",
            Self::D6 => "well-known patient",
            Self::D7 => "deceased or long discharged",
            Self::D8 => "former patient",
            Self::D9 => "outside the shift",
            Self::D10 => "new place or browser",
            Self::D11 => "impossible travel",
            Self::D12 => "unusual volume",
            Self::D13 => "one after the other",
            Self::D14 => "export or print burst",
            Self::D15 => "browsing by names",
            Self::D16 => "outside the role",
            Self::D17 => "again and again",
            Self::D18 => "planted record",
            Self::D19 => "planted token",
        }
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}
