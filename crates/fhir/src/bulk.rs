//! What a bulk export asks for (FHIR Bulk Data Access 2.0, section 2.3).

use aceso_base::Instant;

use crate::definitions::{parameters, types};
use crate::search::{Clause, DateTest, END, Options, Prefix, Query, date_span, parse_clauses};

/// Whose data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Level {
    /// All that is there.
    System,
    /// All patients' compartments.
    Patient,
    /// The compartments of the patients in this Group.
    Group(String),
}

/// An export's terms.
#[derive(Debug)]
pub struct BulkTerms {
    /// The types wanted; empty for all.
    pub kinds: Vec<&'static str>,
    /// Only what was changed at or after this time.
    since: Option<i64>,
    /// Of these types only what satisfies one of its searches.
    filters: Vec<(&'static str, Vec<Clause>)>,
}

impl Level {
    /// As it is kept: `system`, `patient`, `group/ID`.
    pub fn name(&self) -> String {
        match self {
            Self::System => "system".to_owned(),
            Self::Patient => "patient".to_owned(),
            Self::Group(id) => ["group/", id].concat(),
        }
    }

    /// From its name.
    pub fn read(name: &str) -> Option<Self> {
        match (name, name.strip_prefix("group/")) {
            ("system", _) => Some(Self::System),
            ("patient", _) => Some(Self::Patient),
            (_, Some(id)) => Some(Self::Group(id.to_owned())),
            (_, None) => None,
        }
    }
}

impl BulkTerms {
    /// Reads `_type`, `_since`, `_typeFilter` and `_outputFormat`, decoded.
    ///
    /// # Errors
    /// The parameter, and what is wrong with it.
    pub fn read(pairs: &[(String, String)], now: Instant) -> Result<Self, (String, String)> {
        let mut terms = Self {
            kinds: Vec::new(),
            since: None,
            filters: Vec::new(),
        };
        for (name, value) in pairs {
            terms
                .take(name, value, now)
                .map_err(|why| (name.clone(), why))?;
        }
        Ok(terms)
    }

    fn take(&mut self, name: &str, value: &str, now: Instant) -> Result<(), String> {
        match name {
            "_type" => {
                for kind in value.split(',') {
                    let kind = types().resource(kind.trim()).map(|t| t.name);
                    self.kinds.push(kind.ok_or("not a list of resource types")?);
                }
            }
            "_since" => {
                let span = date_span(value).filter(|_| value.contains('T'));
                self.since = Some(span.ok_or("not an instant")?.0);
            }
            "_typeFilter" => {
                for filter in filters(value) {
                    let (kind, query) = filter.split_once('?').unwrap_or((filter, ""));
                    let kind = types().resource(kind).map(|t| t.name);
                    let kind = kind.ok_or("not of the form Observation?status=final")?;
                    let options = Options {
                        now: now.millis(),
                        ..Options::default()
                    };
                    let clauses = parse_clauses(kind, query, &options);
                    self.filters
                        .push((kind, clauses.map_err(|e| e.to_string())?));
                }
            }
            "_outputFormat" => {
                let known = ["application/fhir+ndjson", "application/ndjson", "ndjson"];
                // A '+' that was not encoded arrives as a blank.
                if !known.contains(&value.replace(' ', "+").as_str()) {
                    return Err("only application/fhir+ndjson is offered".to_owned());
                }
            }
            _ => return Err("not offered here".to_owned()),
        }
        Ok(())
    }

    /// The search over everything that is wanted.
    pub fn everything(&self) -> Query {
        let mut query = Query {
            types: self.kinds.clone(),
            ..Query::default()
        };
        if let Some(since) = self.since {
            query.clauses.push(Clause::LastUpdated(DateTest {
                prefix: Prefix::Ge,
                lo: since,
                hi: since.saturating_add(1).min(END),
            }));
        }
        if !self.filters.is_empty() {
            query.clauses.push(self.filtered());
        }
        query
    }

    /// The search over what is wanted of a patient's compartment; none when nothing is.
    pub fn compartment(&self, patient: &str) -> Option<Query> {
        let inner = parameters().compartment_kinds("Patient");
        let wanted = |kind: &&'static str| self.kinds.is_empty() || self.kinds.contains(kind);
        let mut kinds: Vec<&'static str> = inner.chain(["Patient"]).filter(wanted).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut query = self.everything();
        query.clauses.push(Clause::Compartment {
            kind: "Patient",
            id: patient.to_owned(),
        });
        query.types = kinds;
        (!query.types.is_empty()).then_some(query)
    }

    fn filtered(&self) -> Clause {
        let kinds: Vec<&'static str> = self.filters.iter().map(|(kind, _)| *kind).collect();
        let mut any = vec![Clause::Not(Box::new(Clause::Kind(kinds)))];
        any.extend(self.filters.iter().map(|(kind, clauses)| {
            let mut all = vec![Clause::Kind(vec![*kind])];
            all.extend(clauses.iter().cloned());
            Clause::All(all)
        }));
        Clause::Any(any)
    }
}

/// The filters in a value: a comma begins a new one where a type and a question mark follow.
fn filters(value: &str) -> Vec<&str> {
    let begins = |rest: &str| {
        rest.split_once('?')
            .is_some_and(|(kind, _)| types().resource(kind).is_some())
    };
    let mut all = Vec::new();
    let mut start = 0;
    for (at, _) in value.match_indices(',') {
        if value.get(at + 1..).is_some_and(begins) {
            all.extend(value.get(start..at));
            start = at + 1;
        }
    }
    all.extend(value.get(start..));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str, fine: bool) {
        let pairs = [(name.to_owned(), value.to_owned())];
        let read = BulkTerms::read(&pairs, Instant::from_millis(0));
        assert_eq!(read.is_ok(), fine, "{name}={value}");
    }

    #[test]
    fn what_is_not_offered_is_refused() {
        check("_type", "Patient,Observation", true);
        check("_type", "Patient,Nonsense", false);
        check("_since", "2026-01-01T00:00:00Z", true);
        check("_since", "2026-01-01", false);
        check("_typeFilter", "Observation?status=final", true);
        check("_typeFilter", "Observation?nonsense=1", false);
        check("_typeFilter", "Observation?_sort=date", false);
        check("_outputFormat", "application/fhir ndjson", true);
        check("_outputFormat", "text/csv", false);
        check("_elements", "id", false);
    }

    #[test]
    fn several_filters_can_stand_in_one_value() {
        let value = "Observation?code=a,b,Condition?clinical-status=active";
        assert_eq!(
            filters(value),
            ["Observation?code=a,b", "Condition?clinical-status=active"]
        );
    }

    #[test]
    fn a_level_is_read_as_it_is_kept() {
        for level in [Level::System, Level::Patient, Level::Group("g".to_owned())] {
            assert_eq!(Level::read(&level.name()), Some(level));
        }
    }
}
