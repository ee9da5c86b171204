//! How quick the desk is: the time from a report to its answer, to a fix, to the advisory, and from there until installations are
//! patched; by severity and by the quarter in which that was reached (FIRST PSIRT Services Framework 1.1, service area 6).

use std::collections::BTreeMap;
use std::fmt;

use crate::When;
use crate::case::Marks;
use crate::severity::Severity;

/// What figures take of a case: no word of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// When its first report came.
    pub opened: When,
    /// How grave it is, once that was set.
    pub severity: Option<Severity>,
    /// What it came by.
    pub marks: Marks,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// From the report until its reporter was told that it is read.
    Acknowledge,
    /// From the report until there was a fix.
    Fix,
    /// From the report until the advisory.
    Publish,
    /// From the advisory until nine of ten installations were patched.
    Patch,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Acknowledge, Self::Fix, Self::Publish, Self::Patch];

    /// From when to when it went in a case; none while it is not over.
    fn span(self, case: &Counted) -> Option<(When, When)> {
        let marks = &case.marks;
        let (from, to) = match self {
            Self::Acknowledge => (Some(case.opened), marks.acknowledged),
            Self::Fix => (Some(case.opened), marks.fixed),
            Self::Publish => (Some(case.opened), marks.published),
            Self::Patch => (marks.published, marks.patched),
        };
        from.zip(to)
    }
}

/// A quarter of a year, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    /// The year.
    pub year: i16,
    /// 1 to 4.
    pub number: u8,
}

impl Quarter {
    /// The one that a time is in.
    pub fn of(when: When) -> Self {
        let day = when.stamp().to_zoned(jiff::tz::TimeZone::UTC).date();
        let month = u8::try_from(day.month()).unwrap_or(1);
        Self {
            year: day.year(),
            number: (month.saturating_sub(1)) / 3 + 1,
        }
    }

    /// The one before.
    pub const fn before(self) -> Self {
        match self.number {
            1 => Self {
                year: self.year - 1,
                number: 4,
            },
            number => Self {
                year: self.year,
                number: number - 1,
            },
        }
    }

    /// So many quarters up to a time, the oldest first.
    pub fn up_to(when: When, count: usize) -> Vec<Self> {
        let mut all = vec![Self::of(when)];
        while all.len() < count {
            match all.last() {
                Some(last) => all.push(last.before()),
                None => break,
            }
        }
        all.reverse();
        all
    }
}

/// `2026 Q1`
impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Q{}", self.year, self.number)
    }
}

/// What was measured of the cases of a severity in a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many cases.
    pub cases: usize,
    /// Half of them took no longer, in minutes.
    pub median: i64,
    /// Nine of ten of them took no longer, in minutes.
    pub most: i64,
}

/// What a measure says, by quarter and severity; none for cases that were never assessed.
pub fn measured(
    cases: &[Counted],
    measure: Measure,
) -> BTreeMap<(Quarter, Option<Severity>), Taken> {
    let mut spans: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for case in cases {
        if let Some((from, to)) = measure.span(case) {
            let minutes = (to.millis() - from.millis()).max(0) / 60_000;
            let place = (Quarter::of(to), case.severity);
            spans.entry(place).or_default().push(minutes);
        }
    }
    let taken = spans.into_iter().filter_map(|(place, mut all)| {
        all.sort_unstable();
        let at = |share: usize| {
            let rank = (all.len() * share).div_ceil(100).saturating_sub(1);
            all.get(rank).copied()
        };
        let (median, most) = at(50).zip(at(90))?;
        let cases = all.len();
        Some((
            place,
            Taken {
                cases,
                median,
                most,
            },
        ))
    });
    taken.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> When {
        text.parse().unwrap()
    }

    fn case(opened: &str, severity: Severity, acknowledged: &str) -> Counted {
        Counted {
            opened: at(opened),
            severity: Some(severity),
            marks: Marks {
                acknowledged: Some(at(acknowledged)),
                ..Marks::default()
            },
        }
    }

    #[test]
    fn n65_times_are_measured_by_severity_and_by_the_quarter_in_which_they_end() {
        let cases = [
            case(
                "2026-03-31T23:00:00Z",
                Severity::High,
                "2026-04-01T01:00:00Z",
            ),
            case(
                "2026-04-02T00:00:00Z",
                Severity::High,
                "2026-04-02T06:00:00Z",
            ),
            case(
                "2026-04-02T00:00:00Z",
                Severity::High,
                "2026-04-04T00:00:00Z",
            ),
            case(
                "2026-01-01T00:00:00Z",
                Severity::Low,
                "2026-01-01T00:30:00Z",
            ),
        ];
        let measured_now = measured(&cases, Measure::Acknowledge);
        let second = Quarter {
            year: 2026,
            number: 2,
        };
        let first = Quarter {
            year: 2026,
            number: 1,
        };
        assert_eq!(
            measured_now.get(&(second, Some(Severity::High))),
            Some(&Taken {
                cases: 3,
                median: 360,
                most: 2880
            })
        );
        assert_eq!(
            measured_now.get(&(first, Some(Severity::Low))),
            Some(&Taken {
                cases: 1,
                median: 30,
                most: 30
            })
        );
        assert_eq!(measured_now.len(), 2);
        assert!(measured(&cases, Measure::Fix).is_empty());
        // To patch counts from the advisory, not from the report.
        let patched = Counted {
            marks: Marks {
                published: Some(at("2026-05-01T00:00:00Z")),
                patched: Some(at("2026-05-03T00:00:00Z")),
                ..Marks::default()
            },
            ..case(
                "2025-01-01T00:00:00Z",
                Severity::Critical,
                "2025-01-01T00:00:00Z",
            )
        };
        let taken = measured(&[patched], Measure::Patch);
        assert_eq!(
            taken
                .get(&(second, Some(Severity::Critical)))
                .map(|t| t.median),
            Some(2880)
        );
    }

    #[test]
    fn quarters_go_back_over_the_year() {
        let all = Quarter::up_to(at("2026-02-14T12:00:00Z"), 3);
        let said: Vec<String> = all.iter().map(Quarter::to_string).collect();
        assert_eq!(said, ["2025 Q3", "2025 Q4", "2026 Q1"]);
    }
}
