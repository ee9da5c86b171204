//! How far a visit is, as the flow board shows it, and how long somebody has waited there.

/// How far a visit is. Its code is that of the Encounter (HL7 FHIR R4, value set `encounter-status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The patient is here, and waits.
    Arrived,
    /// The patient is in a room, with the nurse or waiting for the clinician.
    InRoom,
    /// The clinician is with the patient.
    WithClinician,
    /// The visit is over; the patient has yet to leave the desk.
    Done,
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Arrived, Self::InRoom, Self::WithClinician, Self::Done];

    /// The Encounter's status.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::InRoom => "triaged",
            Self::WithClinician => "in-progress",
            Self::Done => "finished",
        }
    }

    /// The stage of this status.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arrived => "Arrived",
            Self::InRoom => "In room",
            Self::WithClinician => "With clinician",
            Self::Done => "Ready to leave",
        }
    }

    /// Where a visit can go from here: on, into another room, or back by one.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Arrived => &[Self::InRoom, Self::WithClinician],
            Self::InRoom => &[Self::InRoom, Self::WithClinician, Self::Arrived],
            Self::WithClinician => &[Self::Done, Self::InRoom],
            Self::Done => &[],
        }
    }
}

/// How a wait looks on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// Nothing to worry about.
    Fine,
    /// Somebody should look.
    Long,
    /// Somebody must look.
    TooLong,
}

/// After how many minutes a wait is long, and too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitBands {
    long: u32,
    too_long: u32,
}

impl Default for WaitBands {
    fn default() -> Self {
        Self {
            long: 15,
            too_long: 30,
        }
    }
}

impl WaitBands {
    /// From these minutes on; none when a wait would be too long before it is long.
    pub const fn new(long: u32, too_long: u32) -> Option<Self> {
        if long <= too_long {
            Some(Self { long, too_long })
        } else {
            None
        }
    }

    /// The band of a wait at a stage: with the clinician nobody waits.
    pub fn band(self, stage: Stage, minutes: i64) -> Wait {
        match stage {
            Stage::WithClinician => Wait::Fine,
            Stage::Arrived | Stage::InRoom | Stage::Done => {
                if minutes >= i64::from(self.too_long) {
                    Wait::TooLong
                } else if minutes >= i64::from(self.long) {
                    Wait::Long
                } else {
                    Wait::Fine
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_known_by_the_encounters_status() {
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.code()), Some(stage));
        }
        assert_eq!(Stage::parse("planned"), None);
        assert!(Stage::Done.next().is_empty());
        assert!(!Stage::Arrived.next().contains(&Stage::Done));
    }

    #[test]
    fn a_wait_is_long_and_then_too_long_but_not_with_the_clinician() {
        let bands = WaitBands::default();
        let check = |stage, minutes, expected| {
            assert_eq!(bands.band(stage, minutes), expected, "{stage:?} {minutes}");
        };
        check(Stage::Arrived, 14, Wait::Fine);
        check(Stage::Arrived, 15, Wait::Long);
        check(Stage::InRoom, 30, Wait::TooLong);
        check(Stage::Done, 29, Wait::Long);
        check(Stage::WithClinician, 300, Wait::Fine);
        // A clock that was put back is no wait.
        check(Stage::Arrived, -5, Wait::Fine);
        assert_eq!(WaitBands::new(30, 15), None);
    }
}
