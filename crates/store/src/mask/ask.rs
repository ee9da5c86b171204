//! Searches by somebody who does not see everything: what is hidden cannot be asked for, as its matches would tell it.

use aceso_fhir::definitions::{Branch, Param, ParamKind, parameters, types};
use aceso_fhir::search::{Clause, Query, SortBy, SystemTest, Test};
use aceso_policy::{Mask, Masks};

use crate::ReadError;

/// Refuses a search that looks at what is hidden. One for an identifier of any system goes on, past those that are hidden.
pub(crate) fn restrain(masks: &Masks, query: &mut Query) -> Result<(), ReadError> {
    if masks.is_empty() {
        return Ok(());
    }
    clauses(masks, query.kind, &mut query.clauses)?;
    for key in &query.sort {
        match key.by {
            SortBy::Param(param) => open(masks, param)?,
            SortBy::Id | SortBy::LastUpdated => {}
        }
    }
    for include in &query.include {
        match (include.param, include.source) {
            (Some(param), _) => open(masks, param)?,
            (None, Some(source)) => parameters()
                .of(source)
                .try_for_each(|p| follows(masks, p))?,
            (None, None) => parameters().iter().try_for_each(|p| follows(masks, p))?,
        }
    }
    Ok(())
}

/// The same for conditions on resources of a type, or of any.
pub(crate) fn clauses(
    masks: &Masks,
    kind: Option<&'static str>,
    all: &mut [Clause],
) -> Result<(), ReadError> {
    if masks.is_empty() {
        return Ok(());
    }
    all.iter_mut().try_for_each(|one| clause(masks, kind, one))
}

fn clause(masks: &Masks, kind: Option<&'static str>, clause: &mut Clause) -> Result<(), ReadError> {
    match clause {
        Clause::All(all) | Clause::Any(all) => clauses(masks, kind, all),
        Clause::Not(inner) => self::clause(masks, kind, inner),
        Clause::Match { param, tests } => {
            seen(masks, param)?;
            tests.iter().try_for_each(|test| asks(masks, param, test))?;
            if let Some(past) = past_hidden(masks, param, tests) {
                *clause = past;
            }
            Ok(())
        }
        Clause::Missing { param, .. } => open(masks, param),
        Clause::Chain { via, target, inner } => {
            open(masks, via)?;
            self::clause(masks, Some(target), inner)
        }
        Clause::Has { source, via, inner } => {
            open(masks, via)?;
            self::clause(masks, Some(source), inner)
        }
        Clause::Compartment { kind: of, .. } => compartment(masks, of, kind),
        Clause::Words { .. } => Err(refused(masks, "_text and _content")),
        Clause::Id(_) | Clause::LastUpdated(_) | Clause::Kind(_) | Clause::Outside(_) => Ok(()),
    }
}

fn refused(masks: &Masks, what: &str) -> ReadError {
    ReadError::BadQuery(format!(
        "{what}: your role does not see what this would look at ({masks}); leave it out"
    ))
}

/// The parameter looks at nothing that is hidden, whatever it is asked.
fn open(masks: &Masks, param: &Param) -> Result<(), ReadError> {
    seen(masks, param)?;
    if masks.systems().next().is_some() && is_of_identifiers(param) {
        return Err(refused(masks, param.code));
    }
    Ok(())
}

/// The parameter looks at no element that is hidden.
fn seen(masks: &Masks, param: &Param) -> Result<(), ReadError> {
    let branches = param
        .uses
        .iter()
        .filter_map(|u| parameters().branch(u.branch));
    let mut places: Vec<(&str, &str)> = branches.map(|b| (b.resource, first(b.path))).collect();
    for group in &param.groups {
        let inside = param.components.iter().flat_map(|c| &c.paths);
        places.extend(inside.map(|path| match path.strip_prefix("%resource.") {
            Some(path) => (param.base, first(path)),
            None if group.is_empty() => (param.base, first(path)),
            None => (param.base, first(group)),
        }));
    }
    if places.iter().any(|(kind, name)| masks.hides(kind, name)) {
        return Err(refused(masks, param.code));
    }
    Ok(())
}

/// A parameter that an include of everything follows leads through nothing that is hidden.
fn follows(masks: &Masks, param: &Param) -> Result<(), ReadError> {
    match param.kind {
        ParamKind::Reference => seen(masks, param),
        ParamKind::String
        | ParamKind::Token
        | ParamKind::Uri
        | ParamKind::Date
        | ParamKind::Number
        | ParamKind::Quantity
        | ParamKind::Composite
        | ParamKind::Special => Ok(()),
    }
}

fn compartment(masks: &Masks, of: &str, kind: Option<&'static str>) -> Result<(), ReadError> {
    let hidden = masks.iter().filter_map(|mask| match mask {
        Mask::Element { kind, .. } => Some(*kind),
        Mask::Identifier { .. } => None,
    });
    for hidden in hidden.filter(|h| kind.is_none_or(|k| k == *h)) {
        let codes = parameters().compartment(of, hidden).unwrap_or_default();
        let ways = codes.iter().filter_map(|c| parameters().find(hidden, c));
        ways.into_iter().try_for_each(|param| seen(masks, param))?;
    }
    Ok(())
}

/// What one test looks for is not hidden.
fn asks(masks: &Masks, param: &Param, test: &Test) -> Result<(), ReadError> {
    let hidden = |system: &SystemTest| match system {
        SystemTest::Is(system) => masks.systems().any(|s| s == system),
        SystemTest::Any | SystemTest::None => false,
    };
    let is_hidden = match test {
        Test::Token { system, .. } | Test::ReferenceIdentifier { system, .. } => hidden(system),
        // By the identifier's type, or by codes that stand for it.
        Test::TokenText(_) | Test::TokenSet(_) | Test::OfType { .. } => {
            masks.systems().next().is_some() && is_of_identifiers(param)
        }
        Test::Composite(all) => return all.iter().try_for_each(|t| asks(masks, param, t)),
        Test::Reference { .. }
        | Test::ReferenceUrl { .. }
        | Test::ReferenceHierarchy { .. }
        | Test::Str { .. }
        | Test::Date(_)
        | Test::DateWithin(_)
        | Test::Number(_)
        | Test::Quantity { .. }
        | Test::Uri { .. }
        | Test::Near { .. } => false,
    };
    if is_hidden {
        return Err(refused(masks, param.code));
    }
    Ok(())
}

/// Tests for an identifier of any system, so that one of a hidden system is no match; none when nothing needs to change.
fn past_hidden(masks: &Masks, param: &'static Param, tests: &[Test]) -> Option<Clause> {
    let one = |test: &Test| {
        let all = masks
            .systems()
            .filter_map(|system| same_of(system, param, test));
        let hidden: Vec<Test> = all.collect();
        (!hidden.is_empty()).then_some(hidden)
    };
    tests.iter().find_map(one)?;
    let of = |tests| Clause::Match { param, tests };
    let past = |test: &Test| match one(test) {
        None => of(vec![test.clone()]),
        Some(hidden) => Clause::All(vec![
            of(vec![test.clone()]),
            Clause::Not(Box::new(of(hidden))),
        ]),
    };
    Some(Clause::Any(tests.iter().map(past).collect()))
}

/// What a test for an identifier of any system would be, of this system alone.
fn same_of(system: &str, param: &Param, test: &Test) -> Option<Test> {
    let system = SystemTest::Is(system.to_owned());
    match test {
        Test::Token {
            system: SystemTest::Any,
            code,
        } if is_of_identifiers(param) => Some(Test::Token {
            system,
            code: code.clone(),
        }),
        Test::ReferenceIdentifier {
            system: SystemTest::Any,
            value,
        } => Some(Test::ReferenceIdentifier {
            system,
            value: value.clone(),
        }),
        _ => None,
    }
}

/// Whether a parameter looks at identifiers.
fn is_of_identifiers(param: &Param) -> bool {
    let mut branches = param
        .uses
        .iter()
        .filter_map(|u| parameters().branch(u.branch));
    branches.any(is_identifier)
}

fn is_identifier(branch: &Branch) -> bool {
    let mut owner = types().by_name(branch.resource);
    let mut last = None;
    for step in branch.path.split('.') {
        let (name, chosen) = (first(step), step.split_once(':').map(|(_, ty)| ty));
        let element = owner.and_then(|ty| ty.element(name));
        let ty = element.and_then(|e| {
            let mut types = e.types.iter();
            types.find(|t| chosen.is_none_or(|c| c == t.code))
        });
        last = ty.map(|t| t.code);
        owner = ty.and_then(|t| t.ty());
    }
    last == Some("Identifier")
}

/// The first element of a path.
fn first(path: &str) -> &str {
    path.split(['.', ':', '[']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use aceso_fhir::search::{Options, parse_pairs};

    use super::*;

    const SSN: &str = "http://hl7.org/fhir/sid/us-ssn";

    fn restrained(kind: &'static str, query: &str) -> Result<Query, ReadError> {
        let pairs: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.replace("SSN", SSN)))
            .collect();
        let mut query = parse_pairs(Some(kind), &pairs, &Options::default()).unwrap();
        let hides = format!("Patient.telecom Observation.performer identifier={SSN}");
        restrain(&Masks::parse(&hides).unwrap(), &mut query).map(|()| query)
    }

    #[test]
    fn p3_what_is_hidden_cannot_be_searched_for() {
        for (kind, query) in [
            ("Patient", "identifier=SSN|123-45-6789"),
            ("Patient", "identifier=SSN|"),
            ("Patient", "identifier:not=SSN|1"),
            ("Patient", "identifier:missing=true"),
            (
                "Patient",
                "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|1",
            ),
            ("Patient", "phone=1"),
            ("Patient", "telecom=phone|1"),
            ("Patient", "_sort=email"),
            ("Patient", "_content=123"),
            ("Patient", "_filter=identifier eq SSN|1"),
            ("Patient", "_has:Observation:performer:code=1"),
            ("Observation", "subject:Patient.identifier=SSN|1"),
            ("Observation", "subject:Patient.phone=1"),
            ("Observation", "subject:identifier=SSN|1"),
            ("Observation", "performer=Practitioner/1"),
            ("Observation", "_include=Observation:performer"),
            ("Observation", "_include=Observation:*"),
            ("Practitioner", "_revinclude=Observation:performer"),
        ] {
            let told = restrained(kind, query);
            assert!(
                matches!(told, Err(ReadError::BadQuery(_))),
                "{kind}?{query}"
            );
        }
    }

    #[test]
    fn p3_what_is_not_hidden_is_searched_for_as_ever() {
        for (kind, query) in [
            ("Patient", "name=ada&birthdate=1990&_sort=family"),
            ("Patient", "identifier=mrn|1"),
            ("Practitioner", "phone=1"),
            (
                "Observation",
                "subject=Patient/1&code=x&_include=Observation:subject",
            ),
        ] {
            restrained(kind, query).unwrap();
        }
    }

    #[test]
    fn p3_an_identifier_of_any_system_is_looked_for_past_the_hidden_ones() {
        let query = restrained("Patient", "identifier=7").unwrap();
        let told = format!("{:?}", query.clauses);
        assert!(told.contains("Not(") && told.contains(SSN), "{told}");
        let query = restrained("Patient", "gender=male").unwrap();
        assert!(!format!("{:?}", query.clauses).contains("Not("));
    }
}
