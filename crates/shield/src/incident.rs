//! An incident: what is found out about it, whom it concerns, what has to be told to whom by when. Pure.

use std::collections::BTreeMap;

use aceso_base::Instant;
use serde::{Deserialize, Serialize};

/// The four factors of the assessment whether there is a low probability that health information was compromised
/// (45 CFR 164.402(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Factor {
    /// The nature and extent of the information.
    Nature,
    /// Who used it, or to whom it was disclosed.
    Recipient,
    /// Whether it was acquired or viewed.
    Acquired,
    /// How far the risk was mitigated.
    Mitigated,
}

impl Factor {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self::Nature,
        Self::Recipient,
        Self::Acquired,
        Self::Mitigated,
    ];

    /// Its name in forms and in what is kept.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nature => "nature",
            Self::Recipient => "recipient",
            Self::Acquired => "acquired",
            Self::Mitigated => "mitigated",
        }
    }

    /// The question.
    pub const fn question(self) -> &'static str {
        match self {
            Self::Nature => "Which information, and how easily it leads to a person",
            Self::Recipient => "Who used it, or to whom it was disclosed",
            Self::Acquired => "Whether it was really acquired or viewed",
            Self::Mitigated => "How far the risk was mitigated",
        }
    }
}

/// What an incident turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// There is a low probability that health information was compromised.
    LowProbability,
    /// A breach: people have to be told.
    Breach,
}

impl Finding {
    /// Its name in forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LowProbability => "low-probability",
            Self::Breach => "breach",
        }
    }
}

/// Something that was noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who, as the audit log names them.
    pub by: String,
    /// What.
    pub text: String,
}

/// An incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What it is called. Names no patient.
    pub title: String,
    /// When it was discovered: clocks run from here (45 CFR 164.404(a)(2)), not from when it was confirmed.
    pub discovered: i64,
    /// Whose accesses are looked at, as the audit log names them: `person/ann`.
    pub who: String,
    /// From when on.
    pub from: i64,
    /// Until when.
    pub until: i64,
    /// The log's signed head when the incident was opened: what is looked at stands under it and cannot change any more.
    pub head: String,
    /// The last entry under it.
    pub last_entry: u64,
    /// The answers to the four questions.
    pub factors: BTreeMap<Factor, String>,
    /// What was noted, in order.
    pub notes: Vec<Note>,
    /// What it turned out to be.
    pub finding: Option<Finding>,
}

/// Why an incident cannot be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYet {
    /// A question is not answered.
    #[error("the assessment is not complete: {}", .0.question())]
    Factor(Factor),
    /// It is closed already.
    #[error("it is closed already")]
    Closed,
}

impl Incident {
    /// Closes it: only with the assessment of all four factors.
    pub fn close(&mut self, finding: Finding) -> Result<(), NotYet> {
        if self.finding.is_some() {
            return Err(NotYet::Closed);
        }
        let open = |factor: &Factor| {
            self.factors
                .get(factor)
                .is_none_or(|text| text.trim().is_empty())
        };
        if let Some(open) = Factor::ALL.into_iter().find(open) {
            return Err(NotYet::Factor(open));
        }
        self.finding = Some(finding);
        Ok(())
    }
}

/// Something that has to be done by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What.
    pub what: &'static str,
    /// By which rule.
    pub rule: &'static str,
    /// The last moment.
    pub due: Instant,
}

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// From so many people on the department is told at once, and of so many in one state the media (45 CFR 164.406, 164.408).
pub const MANY: usize = 500;

/// The clocks of an incident that concerns so many people, by state; `year_ends` is the first moment of the year after the one in
/// which it was discovered, and `business` the end of the fifth business day.
pub fn clocks(
    discovered: Instant,
    by_state: &BTreeMap<String, usize>,
    year_ends: Instant,
    business: Instant,
) -> Vec<Clock> {
    let after = |days: i64| discovered.plus_millis(days * DAY);
    let all: usize = by_state.values().sum();
    let mut clocks = vec![
        Clock {
            what: "Tell the supervisory authority",
            rule: "GDPR Article 33(1), 72 hours",
            due: discovered.plus_millis(72 * HOUR),
        },
        Clock {
            what: "Tell partners and authorities whose rules give five business days",
            rule: "contracts and state rules, five business days",
            due: business,
        },
        Clock {
            what: "Tell each person",
            rule: "45 CFR 164.404(b), 60 days",
            due: after(60),
        },
    ];
    if all >= MANY {
        clocks.push(Clock {
            what: "Tell the Secretary of Health and Human Services",
            rule: "45 CFR 164.408(b), 60 days, 500 people or more",
            due: after(60),
        });
    } else {
        clocks.push(Clock {
            what: "Enter it in the year's list for the Secretary of Health and Human Services",
            rule: "45 CFR 164.408(c), 60 days after the year's end, fewer than 500 people",
            due: year_ends.plus_millis(60 * DAY),
        });
    }
    if by_state.values().any(|people| *people >= MANY) {
        clocks.push(Clock {
            what: "Tell prominent media of the state",
            rule: "45 CFR 164.406, 60 days, 500 people or more of one state",
            due: after(60),
        });
    }
    clocks.sort_by_key(|clock| clock.due);
    clocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(discovered: i64, states: &[(&str, usize)]) -> Vec<(&'static str, i64)> {
        let by_state = states
            .iter()
            .map(|(state, people)| ((*state).to_owned(), *people))
            .collect();
        let begin = Instant::from_millis(discovered);
        let all = clocks(
            begin,
            &by_state,
            Instant::from_millis(365 * DAY),
            begin.plus_millis(7 * DAY),
        );
        all.into_iter()
            .map(|clock| (clock.what, clock.due.millis() / DAY))
            .collect()
    }

    #[test]
    fn b1_an_incident_is_not_closed_without_the_four_factors() {
        let mut incident = Incident::default();
        for factor in Factor::ALL {
            assert_eq!(incident.close(Finding::Breach), Err(NotYet::Factor(factor)));
            incident.factors.insert(factor, " ".to_owned());
            assert_eq!(incident.close(Finding::Breach), Err(NotYet::Factor(factor)));
            incident.factors.insert(factor, "answered".to_owned());
        }
        assert_eq!(incident.close(Finding::LowProbability), Ok(()));
        assert_eq!(incident.close(Finding::Breach), Err(NotYet::Closed));
        assert_eq!(incident.finding, Some(Finding::LowProbability));
    }

    #[test]
    fn b2_people_are_told_within_60_days_of_discovery() {
        let clocks = due(10 * DAY, &[("NY", 1)]);
        assert!(clocks.contains(&("Tell each person", 70)), "{clocks:?}");
        assert!(
            clocks.contains(&("Tell the supervisory authority", 13)),
            "{clocks:?}"
        );
    }

    #[test]
    fn b3_from_500_on_the_secretary_and_of_one_state_the_media_are_told_at_once() {
        let tells = |states: &[(&str, usize)], what: &str| {
            due(0, states).iter().any(|(told, _)| told.contains(what))
        };
        assert!(tells(&[("NY", 499)], "year's list"));
        assert!(!tells(&[("NY", 499)], "media"));
        assert!(tells(&[("NY", 500)], "Secretary") && !tells(&[("NY", 500)], "year's list"));
        assert!(tells(&[("NY", 500)], "media"));
        assert!(tells(&[("NY", 499), ("NJ", 1)], "Tell the Secretary"));
        assert!(!tells(&[("NY", 499), ("NJ", 499)], "media"));
    }
}
