//! What a list asks for: typed fields in, a closed search clause out. Nothing that is typed becomes part of a statement.

use aceso_base::Instant;
use aceso_fhir::definitions::parameters;
use aceso_fhir::search::{Clause, Options, Query, parse_pairs};
use aceso_fhir::{Object, Value};
use aceso_web::page::Errors;

use crate::chart::write::{coding, one, resource, words};
use crate::find::escaped;
use crate::words::{fhir_day, field_day, is_fhir_day, say};

/// The system of our codes for what a list asks for.
const SYSTEM: &str = "urn:aceso:list";
/// The type in which a list is kept.
pub(crate) const KIND: &str = "Group";
/// An answer to a question may be this long, in letters.
const LONGEST: usize = 100;
/// Nobody is older.
const OLDEST: u16 = 130;

/// The fields, in the order in which they are asked.
pub(crate) const FIELDS: [&str; 14] = [
    "older",
    "younger",
    "sex",
    "problem",
    "without",
    "medication",
    "test",
    "comparison",
    "value",
    "since",
    "seen",
    "unseen",
    "vaccine",
    "vaccinated",
];

/// What a list asks for, as it was typed; what is empty is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Criteria([String; 14]);

impl Criteria {
    /// Out of fields by name.
    pub(crate) fn of<'v>(value: impl Fn(&str) -> &'v str) -> Self {
        Self(FIELDS.map(|name| value(name).trim().to_owned()))
    }

    /// Out of a kept list.
    pub(crate) fn kept(group: &Value) -> Self {
        let all = group.items_at("characteristic");
        Self::of(|name| {
            let found = all
                .iter()
                .find(|c| crate::chart::code(c.get("code")) == Some(name));
            let value = found.and_then(|c| c.get("valueCodeableConcept"));
            value.and_then(|v| v.str_at("text")).unwrap_or_default()
        })
    }

    /// What was typed there.
    pub(crate) fn get(&self, name: &str) -> &str {
        let mut both = FIELDS.iter().zip(&self.0);
        let found = both.find(|(field, _)| **field == name);
        found.map_or("", |(_, value)| value)
    }

    /// Fields with what was typed, without the empty ones.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let both = FIELDS.into_iter().zip(&self.0);
        let both = both.map(|(name, value)| (name, value.as_str()));
        both.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Whether nothing is asked.
    pub(crate) fn is_empty(&self) -> bool {
        let means = |(name, _): &(&str, &str)| *name != "comparison";
        !self.pairs().iter().any(means)
    }

    /// Notes what is wrong with it.
    pub(crate) fn check(&self, errors: &mut Errors) {
        let age = |name: &str| match self.get(name) {
            "" => Some(None),
            text => text.parse::<u16>().ok().filter(|y| *y <= OLDEST).map(Some),
        };
        for name in ["older", "younger"] {
            if age(name).is_none() {
                errors.add(name, "A number of years from 0 to 130");
            }
        }
        if let (Some(Some(from)), Some(Some(to))) = (age("older"), age("younger"))
            && from > to
        {
            errors.add("younger", "Nobody is older than that and younger than this");
        }
        for name in ["since", "seen", "unseen", "vaccinated"] {
            let day = self.get(name);
            if !day.is_empty() && !is_fhir_day(day) {
                errors.add(name, "Enter the day as year-month-day");
            }
        }
        for name in ["problem", "without", "medication", "test", "vaccine"] {
            if self.get(name).chars().count() > LONGEST {
                errors.add(name, "100 letters at most");
            }
        }
        let value = self.get("value");
        if !value.is_empty() && value.parse::<f64>().ok().is_none_or(|v| !v.is_finite()) {
            errors.add("value", "Enter a number, with a point before decimals");
        }
        if self.get("test").is_empty() && !value.is_empty() {
            errors.add("test", "Say which test");
        }
        if self.get("vaccine").is_empty() && !self.get("vaccinated").is_empty() {
            errors.add("vaccine", "Say which vaccine");
        }
        if self.is_empty() {
            errors.add("older", "Ask for something");
        }
    }

    /// As a search over patients whose record the reader can open: `me` is who they are in the record.
    ///
    /// # Errors
    /// When what was typed is no search value.
    pub(crate) fn query(
        &self,
        me: Option<&str>,
        now: Instant,
        page: &[(&str, &str)],
    ) -> Result<Query, String> {
        let mut query = parse("Patient", page, now)?;
        query.clauses.push(in_care(me, now)?);
        query.clauses.extend(self.who(now)?);
        query.clauses.extend(self.record(now)?);
        query.self_link = self
            .pairs()
            .iter()
            .map(|(name, value)| [name, "=", value].concat())
            .collect::<Vec<_>>()
            .join("&");
        Ok(query)
    }

    /// Age and sex.
    fn who(&self, now: Instant) -> Result<Vec<Clause>, String> {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        if let Ok(years) = self.get("older").parse::<u16>() {
            pairs.push(("birthdate", ["le", &years_before(now, years)].concat()));
        }
        if let Ok(years) = self.get("younger").parse::<u16>() {
            // Who turns older than that tomorrow still belongs.
            pairs.push(("birthdate", ["gt", &years_before(now, years + 1)].concat()));
        }
        if !self.get("sex").is_empty() {
            pairs.push(("gender", escaped(self.get("sex"))));
        }
        pairs.push(("active:not", "false".to_owned()));
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
        Ok(parse("Patient", &pairs, now)?.clauses)
    }

    /// What the record holds, or does not.
    fn record(&self, now: Instant) -> Result<Vec<Clause>, String> {
        let mut all = Vec::new();
        let current = ("clinical-status", "active,recurrence,relapse");
        for (field, holds) in [("problem", Holds::Yes), ("without", Holds::No)] {
            if let Some(name) = named(self.get(field)) {
                all.push(holds.of(having("Condition", &[name.pair(), current], now)?));
            }
        }
        if let Some(name) = named(self.get("medication")) {
            let status = ("status", "active,on-hold");
            all.push(having("MedicationRequest", &[name.pair(), status], now)?);
        }
        if let Some(name) = named(self.get("test")) {
            let prefix = match self.get("comparison") {
                "lt" => "lt",
                "le" => "le",
                "gt" => "gt",
                "eq" => "",
                _ => "ge",
            };
            let value = [prefix, self.get("value")].concat();
            let since = ["ge", self.get("since")].concat();
            let mut pairs = vec![name.pair()];
            if !self.get("value").is_empty() {
                pairs.push(("value-quantity", value.as_str()));
            }
            if !self.get("since").is_empty() {
                pairs.push(("date", since.as_str()));
            }
            all.push(having("Observation", &pairs, now)?);
        }
        for (field, holds) in [("seen", Holds::Yes), ("unseen", Holds::No)] {
            if !self.get(field).is_empty() {
                let since = ["ge", self.get(field)].concat();
                let visits = [("date", since.as_str()), ("status:not", "cancelled")];
                all.push(holds.of(having("Encounter", &visits, now)?));
            }
        }
        if let Some(name) = named(self.get("vaccine")) {
            let since = ["ge", self.get("vaccinated")].concat();
            let code = match name.modifier {
                Modifier::Code => "vaccine-code",
                Modifier::Text => "vaccine-code:text",
            };
            let mut pairs = vec![(code, name.text.as_str()), ("status", "completed")];
            if !self.get("vaccinated").is_empty() {
                pairs.push(("date", since.as_str()));
            }
            all.push(Holds::No.of(having("Immunization", &pairs, now)?));
        }
        Ok(all)
    }

    /// In words, one line for each.
    pub(crate) fn say(&self) -> Vec<String> {
        let day = |name: &str| fhir_day(self.get(name));
        let with_since = |text: String, name: &str| match self.get(name) {
            "" => text,
            _ => say("{0} since {1}", &[&text, &day(name)]),
        };
        let mut all = Vec::new();
        for (name, value) in self.pairs() {
            all.push(match name {
                "older" => say("{0} years or older", &[&value]),
                "younger" => say("{0} years or younger", &[&value]),
                "sex" => value.to_owned(),
                "problem" => say("with the problem {0}", &[&value]),
                "without" => say("without the problem {0}", &[&value]),
                "medication" => say("takes {0}", &[&value]),
                "test" => {
                    let sign = match self.get("comparison") {
                        "lt" => "<",
                        "le" => "≤",
                        "gt" => ">",
                        "eq" => "=",
                        _ => "≥",
                    };
                    let text = match self.get("value") {
                        "" => value.to_owned(),
                        number => [value, sign, number].join(" "),
                    };
                    with_since(text, "since")
                }
                "seen" => say("seen since {0}", &[&day("seen")]),
                "unseen" => say("not seen since {0}", &[&day("unseen")]),
                "vaccine" => with_since(say("no vaccination {0}", &[&value]), "vaccinated"),
                _ => continue,
            });
        }
        all
    }

    /// As a Group, which names nobody: who belongs is found anew each time.
    pub(crate) fn group(&self, name: &str, by: Option<&Value>) -> Object {
        let mut group = resource(KIND);
        group.set("active", true);
        group.set("type", "person");
        group.set("actual", false);
        group.set("code", words("Patient list"));
        group.set("name", name);
        if let Some(by) = by {
            group.set("managingEntity", by.clone());
        }
        let characteristics = self.pairs().into_iter().map(|(name, value)| {
            Value::from([
                (
                    "code",
                    Value::from([("coding", one(coding(SYSTEM, name, "")))]),
                ),
                ("valueCodeableConcept", words(value)),
                ("exclude", Value::from(false)),
            ])
        });
        group.set("characteristic", characteristics.collect::<Vec<_>>());
        group
    }
}

/// Whether the record holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
}

impl Holds {
    fn of(self, clause: Clause) -> Clause {
        match self {
            Self::Yes => clause,
            Self::No => Clause::Not(Box::new(clause)),
        }
    }
}

/// How a code is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Modifier {
    Code,
    /// By how its name begins.
    Text,
}

/// A code, or how its name begins.
struct Named {
    modifier: Modifier,
    text: String,
}

impl Named {
    fn pair(&self) -> (&'static str, &str) {
        match self.modifier {
            Modifier::Code => ("code", &self.text),
            Modifier::Text => ("code:text", &self.text),
        }
    }
}

/// What has a digit and no blank is a code; words are how a name begins.
fn named(text: &str) -> Option<Named> {
    let is_code = !text.contains(' ') && text.bytes().any(|b| b.is_ascii_digit());
    (!text.is_empty()).then(|| Named {
        modifier: if is_code {
            Modifier::Code
        } else {
            Modifier::Text
        },
        text: escaped(text),
    })
}

fn parse(kind: &'static str, pairs: &[(&str, &str)], now: Instant) -> Result<Query, String> {
    let pairs = pairs
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    let options = Options {
        now: now.millis(),
        ..Options::default()
    };
    let pairs: Vec<(String, String)> = pairs.collect();
    parse_pairs(Some(kind), &pairs, &options).map_err(|error| error.to_string())
}

/// That a resource of this type about the patient satisfies all of it.
fn having(kind: &'static str, pairs: &[(&str, &str)], now: Instant) -> Result<Clause, String> {
    let via = parameters().find(kind, "patient");
    let via = via.ok_or_else(|| [kind, " is about no patient"].concat())?;
    let inner = Clause::All(parse(kind, pairs, now)?.clauses);
    Ok(Clause::Has {
        source: kind,
        via,
        inner: Box::new(inner),
    })
}

/// That the reader has to do with the patient: what the record does not hold can only be said of records that they see.
fn in_care(me: Option<&str>, now: Instant) -> Result<Clause, String> {
    let mut ways = vec![
        having("Encounter", &[("status:not", "cancelled")], now)?,
        having("CareTeam", &[("status", "active")], now)?,
    ];
    if let Some(me) = me {
        let own = parse("Patient", &[("general-practitioner", me)], now)?;
        ways.push(Clause::All(own.clauses));
    }
    Ok(Clause::Any(ways))
}

/// The day so many years ago.
fn years_before(now: Instant, years: u16) -> String {
    let today = field_day(now);
    let date: Option<jiff::civil::Date> = today.parse().ok();
    let span = jiff::Span::new().years(years);
    let day = date.and_then(|d| d.checked_sub(span).ok());
    day.map_or(today, |d| d.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &'static str)]) -> Criteria {
        Criteria::of(|name| {
            pairs
                .iter()
                .find(|(n, _)| *n == name)
                .map_or("", |(_, v)| v)
        })
    }

    #[test]
    fn emr_1_27_what_is_kept_comes_back_as_it_was_asked() {
        let criteria = of(&[
            ("older", "65"),
            ("problem", "Diabetes"),
            ("vaccine", "140"),
            ("vaccinated", "2025-09-01"),
        ]);
        let group = Value::from(criteria.group("Flu", None));
        assert_eq!(Criteria::kept(&group), criteria);
        assert_eq!(
            criteria.say(),
            [
                "65 years or older",
                "with the problem Diabetes",
                "no vaccination 140 since 1 Sep 2025"
            ]
        );
        let issues = aceso_fhir::validate::resource(&group, &aceso_fhir::validate::Options::LOAD);
        assert!(issues.iter().all(|i| !i.severity.refuses()), "{issues:?}");
    }

    #[test]
    fn what_cannot_be_asked_is_said_beside_its_field() {
        let check = |pairs: &[(&str, &'static str)], field: &str| {
            let mut errors = Errors::none();
            of(pairs).check(&mut errors);
            assert!(errors.of(field).is_some(), "{pairs:?}: {errors:?}");
        };
        check(&[], "older");
        check(&[("comparison", "gt")], "older");
        check(&[("older", "-1")], "older");
        check(&[("older", "50"), ("younger", "40")], "younger");
        check(&[("seen", "last year")], "seen");
        check(&[("value", "7")], "test");
        check(&[("test", "4548-4"), ("value", "seven")], "value");
        check(&[("vaccinated", "2025-01-01")], "vaccine");
    }

    #[test]
    fn whatever_is_typed_is_a_value_and_never_a_condition() {
        let now = Instant::from_millis(1_772_625_600_000);
        for text in ["a,b|c$d\\", "') or 1=1 --", "%", "::", "\u{0}"] {
            let text: &'static str = text;
            let all = of(&[
                ("problem", text),
                ("medication", text),
                ("test", text),
                ("vaccine", text),
            ]);
            let query = all.query(Some("Practitioner/doc"), now, &[]).unwrap();
            assert_eq!(query.clauses.len(), 6, "{text}");
        }
    }
}
