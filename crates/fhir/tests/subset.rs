//! The rules of `_summary` and `_elements`.
#![cfg(test)]

use aceso_fhir::definitions::types;
use aceso_fhir::subset::{Elements, Subset, Summary, apply};
use aceso_fhir::{Value, json};

const PATIENT: &str = r##"{"resourceType":"Patient","id":"p","meta":{"versionId":"2"},
    "implicitRules":"urn:r","language":"en","text":{"status":"generated","div":"<div/>"},
    "contained":[{"resourceType":"Organization","id":"o"}],"extension":[{"url":"urn:e","valueString":"x"}],
    "modifierExtension":[{"url":"urn:m","valueString":"y"}],"active":true,"name":[{"family":"F","extension":[{"url":"urn:n","valueCode":"c"}]}],
    "birthDate":"1970","_birthDate":{"id":"b"},"maritalStatus":{"text":"M"},
    "photo":[{"contentType":"image/png","data":"AA==","title":"t"}],
    "contact":[{"name":{"family":"C"}}],"link":[{"other":{"reference":"Patient/q"},"type":"refer"}]}"##;

const OBSERVATION: &str = r#"{"resourceType":"Observation","id":"o","text":{"status":"empty","div":"<div/>"},"status":"final",
    "code":{"text":"c"},"valueQuantity":{"value":1.50},"note":[{"text":"n"}],
    "component":[{"code":{"text":"k"},"interpretation":[{"text":"H"}],"valueString":"v"}]}"#;

fn check(resource: &str, subset: &Subset, expected: &str) {
    let whole = json::read(resource.as_bytes()).unwrap();
    let expected = json::read(expected.as_bytes()).unwrap();
    assert_eq!(
        json::to_string(&apply(&whole, subset)),
        json::to_string(&expected)
    );
}

fn elements(names: &str) -> Subset {
    Subset::Elements(Elements::parse(names))
}

const TAG: &str =
    r#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#;

#[test]
fn a_summary_keeps_what_the_definitions_mark_at_every_level() {
    check(
        PATIENT,
        &Subset::Summary,
        &format!(
            r#"{{"resourceType":"Patient","id":"p","meta":{{"versionId":"2","tag":[{TAG}]}},"implicitRules":"urn:r",
            "modifierExtension":[{{"url":"urn:m","valueString":"y"}}],"active":true,"name":[{{"family":"F"}}],
            "birthDate":"1970","_birthDate":{{"id":"b"}},
            "link":[{{"other":{{"reference":"Patient/q"}},"type":"refer"}}]}}"#
        ),
    );
    check(
        OBSERVATION,
        &Subset::Summary,
        &format!(
            r#"{{"resourceType":"Observation","id":"o","meta":{{"tag":[{TAG}]}},"status":"final",
            "code":{{"text":"c"}},"valueQuantity":{{"value":1.50}},
            "component":[{{"code":{{"text":"k"}},"valueString":"v"}}]}}"#
        ),
    );
}

#[test]
fn a_data_type_is_summarised_too() {
    check(
        r#"{"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"contentType":"text/plain","data":"AA==","url":"urn:u"}}]}"#,
        &Subset::Summary,
        &format!(
            r#"{{"resourceType":"DocumentReference","meta":{{"tag":[{TAG}]}},"status":"current",
            "content":[{{"attachment":{{"contentType":"text/plain","url":"urn:u"}}}}]}}"#
        ),
    );
}

#[test]
fn text_keeps_the_narrative_and_what_is_mandatory() {
    check(
        OBSERVATION,
        &Subset::Text,
        &format!(
            r#"{{"resourceType":"Observation","id":"o","meta":{{"tag":[{TAG}]}},"text":{{"status":"empty","div":"<div/>"}},
            "status":"final","code":{{"text":"c"}}}}"#
        ),
    );
}

#[test]
fn data_leaves_out_only_the_narrative() {
    let whole = json::read(OBSERVATION.as_bytes()).unwrap();
    let mut expected = whole.clone();
    let object = expected.as_object_mut().unwrap();
    object.remove("text");
    let meta = json::read(format!(r#"{{"tag":[{TAG}]}}"#).as_bytes()).unwrap();
    object.insert_at(2, "meta", meta);
    assert_eq!(apply(&whole, &Subset::Data), expected);
}

#[test]
fn elements_keeps_what_is_named_and_what_is_mandatory() {
    let expected = |member: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"o","meta":{{"tag":[{TAG}]}},"status":"final","code":{{"text":"c"}}{member}}}"#
        )
    };
    let value = r#","valueQuantity":{"value":1.50}"#;
    for names in [
        "value",
        "value[x]",
        "valueQuantity",
        " id , value,",
        "Observation.value,Patient.name",
    ] {
        check(OBSERVATION, &elements(names), &expected(value));
    }
    check(OBSERVATION, &elements("subject"), &expected(""));
}

#[test]
fn a_primitive_keeps_its_extensions() {
    check(
        PATIENT,
        &elements("birthDate"),
        &format!(
            r#"{{"resourceType":"Patient","id":"p","meta":{{"versionId":"2","tag":[{TAG}]}},"implicitRules":"urn:r",
            "modifierExtension":[{{"url":"urn:m","valueString":"y"}}],"birthDate":"1970","_birthDate":{{"id":"b"}}}}"#
        ),
    );
}

#[test]
fn names_for_other_types_leave_a_resource_whole() {
    let whole = json::read(OBSERVATION.as_bytes()).unwrap();
    assert_eq!(apply(&whole, &elements("Patient.name")), whole);
    assert_eq!(apply(&Value::Null, &Subset::Summary), Value::Null);
}

#[test]
fn a_resource_is_tagged_once() {
    let whole = json::read(PATIENT.as_bytes()).unwrap();
    let once = apply(&whole, &Subset::Data);
    assert_eq!(apply(&once, &Subset::Data), once);
}

#[test]
fn names_that_a_type_does_not_have_are_told() {
    let named = Elements::parse("name,nam,Observation.x,Patient.y,deceasedBoolean");
    let patient = types().resource("Patient").unwrap();
    assert_eq!(named.unknown_in(patient).collect::<Vec<_>>(), ["nam", "y"]);
}

#[test]
fn summary_values_are_the_five_of_the_specification() {
    assert_eq!(
        Summary::parse("true").and_then(Summary::subset),
        Some(Subset::Summary)
    );
    assert_eq!(
        Summary::parse("text").and_then(Summary::subset),
        Some(Subset::Text)
    );
    assert_eq!(
        Summary::parse("data").and_then(Summary::subset),
        Some(Subset::Data)
    );
    assert_eq!(Summary::parse("count"), Some(Summary::Count));
    assert_eq!(Summary::parse("false").and_then(Summary::subset), None);
    assert_eq!(Summary::parse("True"), None);
}
