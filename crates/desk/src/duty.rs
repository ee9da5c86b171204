//! What a desk does whether or not somebody reports something (R7, R45, R61): what, how often, and what counts as evidence.

use serde::{Deserialize, Serialize};

/// A standing duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// A major vulnerability scan of everything that runs.
    ScanProgramme,
    /// A step of the plan that came of such a scan.
    CorrectiveAction,
    /// The bill of materials of a release.
    ReleaseSbom,
    /// Dependencies against snapshots of RustSec and OSV.
    DependencyScan,
    /// Evidence that each change had its reviewers.
    CodeReview,
    /// The known issues are looked through.
    BacklogReview,
    /// The year's report.
    AnnualReport,
    /// What a case skipped in an emergency.
    EmergencyReview,
}

/// So many days after it was published in an emergency a case has caught up with what it skipped.
pub const CATCH_UP_DAYS: u16 = 14;

/// So many days after a scan found something it is mended, or somebody said why not.
pub const CORRECTION_DAYS: u16 = 30;

impl Duty {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ScanProgramme,
        Self::CorrectiveAction,
        Self::ReleaseSbom,
        Self::DependencyScan,
        Self::CodeReview,
        Self::BacklogReview,
        Self::AnnualReport,
        Self::EmergencyReview,
    ];

    /// So many days later it is due again; none for what is done once.
    pub const fn every_days(self) -> Option<u16> {
        match self {
            Self::ScanProgramme | Self::AnnualReport => Some(365),
            Self::CodeReview | Self::BacklogReview => Some(91),
            Self::DependencyScan => Some(1),
            Self::CorrectiveAction | Self::ReleaseSbom | Self::EmergencyReview => None,
        }
    }

    /// Whether somebody enters it.
    pub const fn is_entered(self) -> bool {
        match self {
            Self::CorrectiveAction | Self::ReleaseSbom => true,
            Self::ScanProgramme
            | Self::DependencyScan
            | Self::CodeReview
            | Self::BacklogReview
            | Self::AnnualReport
            | Self::EmergencyReview => false,
        }
    }

    /// Whether the desk sees by itself that it is done; nobody says so.
    pub const fn is_seen(self) -> bool {
        match self {
            Self::DependencyScan | Self::EmergencyReview => true,
            Self::ScanProgramme
            | Self::CorrectiveAction
            | Self::ReleaseSbom
            | Self::CodeReview
            | Self::BacklogReview
            | Self::AnnualReport => false,
        }
    }

    /// What is to be done, in a line.
    pub const fn what(self) -> &'static str {
        match self {
            Self::ScanProgramme => {
                "Scan everything that runs for vulnerabilities, and plan what is to be mended"
            }
            Self::CorrectiveAction => "Carry out a step of the plan",
            Self::ReleaseSbom => "Publish the bill of materials of a release",
            Self::DependencyScan => "Compare dependencies with the advisories of today",
            Self::CodeReview => "Show that each change had two reviewers",
            Self::BacklogReview => "Look through the known issues",
            Self::AnnualReport => "Write the year's report",
            Self::EmergencyReview => "Catch up with what an emergency skipped",
        }
    }

    /// What evidence it asks for.
    pub const fn evidence(self) -> &'static str {
        match self {
            Self::ScanProgramme => {
                "Where its report lies; each step of the plan is entered as an action of its own"
            }
            Self::CorrectiveAction => "What was changed, and where that is seen",
            Self::ReleaseSbom => "Where it is published, with its digest",
            Self::DependencyScan => "Written by itself every night",
            Self::CodeReview => "The list of changes with their reviewers, and what was found",
            Self::BacklogReview => "What was looked at, and what was decided",
            Self::AnnualReport => "Where it is published",
            Self::EmergencyReview => "Seen by itself when the case owes nothing any more",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r7_r45_what_comes_back_by_itself_has_its_time() {
        for duty in Duty::ALL {
            let once = duty.is_entered() || duty == Duty::EmergencyReview;
            assert_eq!(duty.every_days().is_none(), once, "{duty:?}");
        }
        let yearly = Duty::ScanProgramme.every_days();
        assert!(
            yearly.is_some_and(|days| days <= 366),
            "R45: one a year at least"
        );
    }
}
