//! What a resource was called and what changed in it, from one version to another.

use aceso_fhir::{Object, Value, json};

use super::{concept, person};

/// So long a value is shown.
const LONGEST: usize = 200;
/// So many differences are shown.
const MOST: usize = 60;

/// What differs at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Where: `code.text`, `name[0].family`.
    pub(crate) place: String,
    /// What it was; none: it was not there.
    pub(crate) was: Option<String>,
    /// What it became; none: it was taken away.
    pub(crate) became: Option<String>,
}

/// What people call a resource, as far as it says by itself.
pub(crate) fn title(document: &Value) -> String {
    let coded = [
        "code",
        "medicationCodeableConcept",
        "vaccineCode",
        "type",
        "serviceType",
        "relationship",
    ];
    let coded = coded.iter().find_map(|name| {
        let value = document.get(name)?;
        concept(value.each().first())
    });
    let plain = ["title", "description", "name"];
    let plain = || {
        plain
            .iter()
            .find_map(|name| document.str_at(name).map(str::to_owned))
    };
    let named = || {
        let has = !document.items_at("name").is_empty();
        has.then(|| person::name(document))
    };
    coded.or_else(plain).or_else(named).unwrap_or_default()
}

/// What a clinic calls resources of a type; the type's own name where it has no word.
pub(crate) fn kind(name: &'static str) -> &'static str {
    match name {
        "AllergyIntolerance" => "Allergy",
        "CarePlan" => "Care plan",
        "CareTeam" => "Care team",
        "Composition" => "Note",
        "Condition" => "Problem",
        "Coverage" => "Insurance",
        "DiagnosticReport" => "Report",
        "DocumentReference" => "Document",
        "Encounter" => "Visit",
        "Immunization" => "Immunization",
        "MedicationRequest" => "Prescription",
        "MedicationStatement" => "Medication",
        "Observation" => "Measurement or result",
        "Patient" => "Particulars",
        "QuestionnaireResponse" => "Form",
        "RelatedPerson" => "Person close to the patient",
        "ServiceRequest" => "Order",
        other => other,
    }
}

/// What differs between two versions, but for what the store itself writes.
pub(crate) fn differences(was: &Value, became: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(&plain(was)), Some(&plain(became)), &mut found);
    found.truncate(MOST);
    found
}

/// The document as it may be written again: without what the store says of a version.
pub(crate) fn plain(document: &Value) -> Value {
    let Some(object) = document.as_object() else {
        return document.clone();
    };
    let mut object = object.clone();
    let meta = object.get("meta").and_then(Value::as_object).cloned();
    if let Some(mut meta) = meta {
        meta.retain(|name, _| !matches!(name, "versionId" | "lastUpdated"));
        match meta.is_empty() {
            true => drop(object.remove("meta")),
            false => object.set("meta", Value::from(meta)),
        }
    }
    Value::from(object)
}

fn compare(place: &str, was: Option<&Value>, became: Option<&Value>, found: &mut Vec<Difference>) {
    match (was, became) {
        (Some(was), Some(became)) if was == became => {}
        (Some(Value::Object(was)), Some(Value::Object(became))) => {
            for name in names(was, became) {
                let place = match place {
                    "" => name.clone(),
                    place => [place, ".", &name].concat(),
                };
                compare(&place, was.get(&name), became.get(&name), found);
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(became))) => {
            for at in 0..was.len().max(became.len()) {
                compare(
                    &format!("{place}[{at}]"),
                    was.get(at),
                    became.get(at),
                    found,
                );
            }
        }
        (was, became) => found.push(Difference {
            place: place.to_owned(),
            was: was.map(shown),
            became: became.map(shown),
        }),
    }
}

/// The members of both, each once, in their order.
fn names(was: &Object, became: &Object) -> Vec<String> {
    let mut names: Vec<String> = was.iter().map(|(name, _)| name.to_owned()).collect();
    let new = became.iter().filter(|(name, _)| !was.contains(name));
    names.extend(new.map(|(name, _)| name.to_owned()));
    names
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.to_string(),
        other => json::to_string(other),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => [text.get(..end).unwrap_or_default(), "…"].concat(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        json::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_differs_is_named_by_its_place_and_what_the_store_writes_is_not() {
        let was = value(
            r#"{"resourceType":"Condition","meta":{"versionId":"1","lastUpdated":"2026-01-01T00:00:00Z"},
            "code":{"text":"Asthma"},"note":[{"text":"a"},{"text":"b"}]}"#,
        );
        let became = value(
            r#"{"resourceType":"Condition","meta":{"versionId":"2","lastUpdated":"2026-01-02T00:00:00Z"},
            "code":{"text":"Bronchitis"},"note":[{"text":"a"}],"onsetDateTime":"2025"}"#,
        );
        let said: Vec<(String, Option<String>, Option<String>)> = differences(&was, &became)
            .into_iter()
            .map(|one| (one.place, one.was, one.became))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        let expected = vec![
            ("code.text".to_owned(), some("Asthma"), some("Bronchitis")),
            ("note[1]".to_owned(), some(r#"{"text":"b"}"#), None),
            ("onsetDateTime".to_owned(), None, some("2025")),
        ];
        assert_eq!(said, expected);
        assert!(differences(&was, &was).is_empty());
        assert!(plain(&was).get("meta").is_none());
    }

    #[test]
    fn a_long_value_is_cut_between_letters() {
        let long = Value::from("ä".repeat(300));
        assert_eq!(shown(&long).chars().count(), LONGEST + 1);
    }
}
