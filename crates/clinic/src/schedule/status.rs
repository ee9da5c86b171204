//! The statuses of an appointment (HL7 FHIR R4, value set `appointmentstatus`), in words that people use, and the steps
//! from one to another.

/// Where an appointment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppointmentStatus {
    /// Suggested; nobody has agreed.
    Proposed,
    /// Somebody still has to agree.
    Pending,
    /// Everybody has agreed.
    Booked,
    /// The patient is here.
    Arrived,
    /// The patient is ready: in a room, or with the clinician.
    CheckedIn,
    /// It has taken place.
    Fulfilled,
    /// It will not take place.
    Cancelled,
    /// The patient did not come.
    NoShow,
    /// It should never have been recorded.
    EnteredInError,
    /// It waits for a time.
    Waitlist,
}

impl AppointmentStatus {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Proposed,
        Self::Pending,
        Self::Booked,
        Self::Arrived,
        Self::CheckedIn,
        Self::Fulfilled,
        Self::Cancelled,
        Self::NoShow,
        Self::EnteredInError,
        Self::Waitlist,
    ];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Pending => "pending",
            Self::Booked => "booked",
            Self::Arrived => "arrived",
            Self::CheckedIn => "checked-in",
            Self::Fulfilled => "fulfilled",
            Self::Cancelled => "cancelled",
            Self::NoShow => "noshow",
            Self::EnteredInError => "entered-in-error",
            Self::Waitlist => "waitlist",
        }
    }

    /// The status with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "Suggested",
            Self::Pending => "To be confirmed",
            Self::Booked => "Booked",
            Self::Arrived => "Arrived",
            Self::CheckedIn => "In the visit",
            Self::Fulfilled => "Done",
            Self::Cancelled => "Cancelled",
            Self::NoShow => "Did not come",
            Self::EnteredInError => "Mistake",
            Self::Waitlist => "On the waiting list",
        }
    }

    /// Whether its time is taken.
    pub const fn takes_time(self) -> bool {
        match self {
            Self::Pending | Self::Booked | Self::Arrived | Self::CheckedIn | Self::Fulfilled => {
                true
            }
            Self::Proposed
            | Self::Cancelled
            | Self::NoShow
            | Self::EnteredInError
            | Self::Waitlist => false,
        }
    }

    /// Those that take time.
    pub fn taking() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|s| s.takes_time())
    }

    /// Whether its time, people or room can still be changed.
    pub const fn moves(self) -> bool {
        match self {
            Self::Proposed | Self::Pending | Self::Booked | Self::Waitlist => true,
            Self::Arrived
            | Self::CheckedIn
            | Self::Fulfilled
            | Self::Cancelled
            | Self::NoShow
            | Self::EnteredInError => false,
        }
    }

    /// Where it can go from here.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Proposed | Self::Pending | Self::Waitlist => {
                &[Self::Booked, Self::Cancelled, Self::EnteredInError]
            }
            Self::Booked => &[
                Self::Arrived,
                Self::NoShow,
                Self::Cancelled,
                Self::EnteredInError,
            ],
            // Back to booked: somebody else's arrival was noted.
            Self::Arrived => &[Self::CheckedIn, Self::Booked, Self::NoShow],
            Self::CheckedIn => &[Self::Fulfilled],
            // Somebody who was given up may still come.
            Self::NoShow => &[Self::Arrived, Self::Booked],
            Self::Fulfilled | Self::Cancelled | Self::EnteredInError => &[],
        }
    }

    /// Whether it can go there from here.
    pub fn can_become(self, other: Self) -> bool {
        self.next().contains(&other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_known_by_its_code_and_has_a_name_of_its_own() {
        let mut names = Vec::new();
        for status in AppointmentStatus::ALL {
            assert_eq!(AppointmentStatus::parse(status.code()), Some(status));
            names.push(status.name());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), AppointmentStatus::ALL.len());
        assert_eq!(AppointmentStatus::parse("@"), None);
    }

    #[test]
    fn what_has_ended_stays_ended_and_a_visit_is_not_skipped() {
        use AppointmentStatus as S;
        for ended in [S::Fulfilled, S::Cancelled, S::EnteredInError] {
            assert!(ended.next().is_empty());
        }
        assert!(!S::Booked.can_become(S::Fulfilled));
        assert!(!S::CheckedIn.can_become(S::Cancelled));
        assert!(S::NoShow.can_become(S::Arrived));
        // What can still be moved is nothing that has begun.
        for status in S::ALL.into_iter().filter(|s| s.moves()) {
            assert!(!status.can_become(S::Fulfilled), "{status:?}");
        }
    }
}
