//! Profiles.

use aceso_fhir::json;
use aceso_fhir::validate::{self, Options};

use super::{check_fault, check_good, patient};

/// A US Core patient with these further members.
fn us_core(more: &str) -> String {
    patient(&format!(
        r#""meta":{{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]}},{more}"#
    ))
}

const NAMED: &str = r#""name":[{"family":"A"}],"gender":"male""#;
const NUMBERED: &str = r#""identifier":[{"system":"http://a","value":"1"}]"#;

#[test]
fn a_resource_keeps_to_the_profiles_that_it_names() {
    check_good(&us_core(&format!("{NUMBERED},{NAMED}")));
    check_fault(&us_core(NAMED), "Patient.identifier", "requires identifier");
    check_fault(
        &us_core(&format!(r#""identifier":[{{"value":"1"}}],{NAMED}"#)),
        "Patient.identifier[0].system",
        "requires system",
    );
    check_fault(
        &us_core(&format!(
            r#"{NUMBERED},"gender":"male","name":[{{"text":"A"}}]"#
        )),
        "Patient.name[0]",
        "name.given",
    );
    let race = |value: &str| {
        us_core(&format!(
            r#"{NUMBERED},{NAMED},"extension":[{{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race","extension":[
                {{"url":"ombCategory","valueCoding":{{"system":"urn:oid:2.16.840.1.113883.6.238","code":"{value}"}}}},
                {{"url":"text","valueString":"x"}}]}}]"#
        ))
    };
    check_good(&race("2106-3"));
    check_fault(
        &race("9999-9"),
        "Patient.extension[0].extension[0].value",
        "omb-race-category",
    );
    check_fault(
        &us_core(&format!(
            r#"{NUMBERED},{NAMED},"extension":[{{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueString":"F"}}]"#
        )),
        "Patient.extension[0].value",
        "does not allow the type string",
    );
}

/// A US Core blood pressure with these components and further members.
fn blood_pressure(code: &str, components: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","meta":{{"profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-blood-pressure"]}},
        "status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}}]}}],
        "code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},"subject":{{"reference":"Patient/1"}},
        "effectiveDateTime":"2024-01-01","component":[{components}]}}"#
    )
}

fn pressure(code: &str, unit: &str) -> String {
    format!(
        r#"{{"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},
        "valueQuantity":{{"value":100,"unit":"x","system":"http://unitsofmeasure.org","code":"{unit}"}}}}"#
    )
}

#[test]
fn slices_are_told_apart_and_counted() {
    let (high, low) = (pressure("8480-6", "mm[Hg]"), pressure("8462-4", "mm[Hg]"));
    check_good(&blood_pressure("85354-9", &format!("{high},{low}")));
    check_fault(
        &blood_pressure("1-1", &format!("{high},{low}")),
        "Observation.code",
        "The value must have",
    );
    check_fault(
        &blood_pressure("85354-9", &format!("{high},{}", pressure("1-1", "mm[Hg]"))),
        "Observation.component",
        "1 of the kind 'diastolic'",
    );
    check_fault(
        &blood_pressure("85354-9", &format!("{high},{}", pressure("8462-4", "kPa"))),
        "Observation.component[1].value.code",
        "must be mm[Hg]",
    );
    check_fault(
        &blood_pressure("85354-9", &format!("{high},{low},{low}")),
        "Observation.component",
        "at most 1 of the kind 'diastolic'",
    );
    let practitioner =
        blood_pressure("85354-9", &format!("{high},{low}")).replace("Patient/1", "Group/1");
    check_fault(&practitioner, "Observation.subject", "reference to Group");
}

#[test]
fn a_profile_that_is_not_known_is_left_alone_on_a_write_and_told_in_a_full_check() {
    let text = patient(
        r#""meta":{"profile":["http://a/b"]},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}"#,
    );
    check_good(&text);
    let value = json::read(text.as_bytes()).unwrap();
    let full = validate::resource(&value, &Options::FULL);
    assert!(full.len() == 1 && !full[0].severity.refuses(), "{full:?}");
    let asked = |url| validate::against_profile(&value, url, &Options::WRITE);
    assert_eq!(asked("http://a/c")[0].code.as_str(), "not-found");
    assert_eq!(asked("http://hl7.org/fhir/StructureDefinition/Patient"), []);
    assert!(asked("http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient").len() == 3);
    assert!(!asked("http://hl7.org/fhir/StructureDefinition/bp").is_empty());
    let birthsex = patient(
        r#""text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},
        "extension":[{"url":"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex","valueString":"F"}]"#,
    );
    check_good(&birthsex);
    let advice = validate::resource(&json::read(birthsex.as_bytes()).unwrap(), &Options::FULL);
    assert!(
        advice.len() == 1 && !advice[0].severity.refuses(),
        "{advice:?}"
    );
    let claimed = json::read(us_core(NAMED).as_bytes()).unwrap();
    assert_eq!(validate::resource(&claimed, &Options::LOAD), []);
}
