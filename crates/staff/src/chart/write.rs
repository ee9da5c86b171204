//! Making resources out of what was typed into a form.

use aceso_fhir::{Number, Object, Value};

/// LOINC.
pub(crate) const LOINC: &str = "http://loinc.org";
/// SNOMED CT.
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
/// ICD-10-CM.
pub(crate) const ICD10: &str = "http://hl7.org/fhir/sid/icd-10-cm";
/// UCUM.
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";
/// Where HL7's own code systems are.
const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem/";

/// A resource without members yet.
pub(crate) fn resource(kind: &str) -> Object {
    let mut object = Object::new();
    object.set("resourceType", kind);
    object
}

/// A Reference.
pub(crate) fn reference(to: impl Into<String>) -> Value {
    Value::from([("reference", Value::from(to.into()))])
}

/// A Coding.
pub(crate) fn coding(system: &str, code: &str, display: &str) -> Value {
    let mut object = Object::new();
    object.set("system", system);
    object.set("code", code);
    if !display.is_empty() {
        object.set("display", display);
    }
    Value::from(object)
}

/// A CodeableConcept of one of HL7's own code systems.
pub(crate) fn of_hl7(system: &str, code: &str) -> Value {
    let system = [TERMINOLOGY, system].concat();
    Value::from([("coding", Value::from(vec![coding(&system, code, "")]))])
}

/// A CodeableConcept with a code and its text.
pub(crate) fn coded(coding: Value, text: &str) -> Value {
    Value::from([
        ("coding", Value::from(vec![coding])),
        ("text", Value::from(text)),
    ])
}

/// A CodeableConcept of words alone.
pub(crate) fn words(text: &str) -> Value {
    Value::from([("text", Value::from(text))])
}

/// One item as a list.
pub(crate) fn one(item: Value) -> Value {
    Value::from(vec![item])
}

/// A Quantity in UCUM.
pub(crate) fn amount(value: f64, said: &str, unit: &str) -> Value {
    Value::from([
        ("value", Value::from(number(value))),
        ("unit", Value::from(said)),
        ("system", Value::from(UCUM)),
        ("code", Value::from(unit)),
    ])
}

/// A number as JSON writes it, to a hundredth.
pub(crate) fn number(value: f64) -> Number {
    let text = format!("{value:.2}");
    let text = match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.'),
        None => &text,
    };
    Number::from_json_text(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_without_digits_that_say_nothing() {
        for (value, text) in [
            (80.0, "80"),
            (36.6, "36.6"),
            (77.110_7, "77.11"),
            (100.0, "100"),
            (0.0, "0"),
        ] {
            assert_eq!(number(value).as_str(), text);
        }
    }
}
