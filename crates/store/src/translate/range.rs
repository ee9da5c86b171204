//! Two bounds of one date as one range: `date=ge2026-01-01&date=lt2026-01-02`. Each alone would be read to the index's
//! end.

use aceso_fhir::definitions::Param;
use aceso_fhir::search::{Clause, DateTest, Test};

/// The ranges that stand for several clauses of a search.
pub(super) struct Ranges {
    ranges: Vec<Clause>,
    /// The places of the clauses that they stand for.
    bounds: Vec<usize>,
}

impl Ranges {
    /// The ranges among clauses that must all hold. Only a parameter of which a resource has one value at most makes
    /// one: of several values, each may keep to another bound.
    pub(super) fn of(clauses: &[&Clause]) -> Self {
        let mut gathered: Vec<(&'static Param, Vec<usize>, Vec<DateTest>)> = Vec::new();
        for (at, clause) in clauses.iter().enumerate() {
            let Some((param, test)) = bound(clause) else {
                continue;
            };
            match gathered.iter_mut().find(|(p, ..)| std::ptr::eq(*p, param)) {
                Some((_, places, tests)) => {
                    places.push(at);
                    tests.push(test);
                }
                None => gathered.push((param, vec![at], vec![test])),
            }
        }
        gathered.retain(|(param, places, _)| places.len() > 1 && param.is_single());
        let mut all = Self {
            ranges: Vec::with_capacity(gathered.len()),
            bounds: Vec::new(),
        };
        for (param, places, tests) in gathered {
            all.bounds.extend(places);
            all.ranges.push(Clause::Match {
                param,
                tests: vec![Test::DateWithin(tests)],
            });
        }
        all
    }

    /// The clauses, with the ranges instead of their bounds.
    pub(super) fn instead_of_bounds<'a>(&'a self, clauses: Vec<&'a Clause>) -> Vec<&'a Clause> {
        let others = clauses
            .into_iter()
            .enumerate()
            .filter(|(at, _)| !self.bounds.contains(at))
            .map(|(_, clause)| clause);
        others.chain(&self.ranges).collect()
    }
}

/// A clause that is one test on a date.
fn bound(clause: &Clause) -> Option<(&'static Param, DateTest)> {
    match clause {
        Clause::Match { param, tests } => match tests.as_slice() {
            [Test::Date(test)] => Some((param, *test)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aceso_fhir::definitions::parameters;
    use aceso_fhir::search::Prefix;

    use super::*;

    fn clause(kind: &str, code: &str, prefix: Prefix, day: i64) -> Clause {
        Clause::Match {
            param: parameters().find(kind, code).unwrap(),
            tests: vec![Test::Date(DateTest {
                prefix,
                lo: day,
                hi: day + 1,
            })],
        }
    }

    fn gathered(kind: &str, code: &str) -> usize {
        let (from, to) = (
            clause(kind, code, Prefix::Ge, 5),
            clause(kind, code, Prefix::Lt, 9),
        );
        let both = vec![&from, &to];
        Ranges::of(&both).instead_of_bounds(both).len()
    }

    #[test]
    fn two_bounds_of_a_date_that_a_resource_has_once_are_one_range() {
        for (kind, code) in [
            ("Appointment", "date"),
            ("Encounter", "date"),
            ("Observation", "date"),
            ("Patient", "birthdate"),
            ("Slot", "start"),
        ] {
            assert_eq!(gathered(kind, code), 1, "{kind}.{code}");
        }
    }

    #[test]
    fn bounds_of_a_date_that_a_resource_may_have_often_stay_two() {
        for (kind, code) in [
            ("Encounter", "location-period"),
            ("Immunization", "reaction-date"),
            ("MedicationRequest", "date"),
        ] {
            assert_eq!(gathered(kind, code), 2, "{kind}.{code}");
        }
    }

    #[test]
    fn bounds_of_different_dates_stay_apart() {
        let (one, other) = (
            clause("Task", "authored-on", Prefix::Ge, 5),
            clause("Task", "modified", Prefix::Lt, 9),
        );
        let both = vec![&one, &other];
        assert_eq!(Ranges::of(&both).instead_of_bounds(both).len(), 2);
    }
}
