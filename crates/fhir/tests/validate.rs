//! Validation of whole resources: planted faults are found where they are, published resources pass.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails where it stands"
)]

use aceso_fhir::outcome::Issue;
use aceso_fhir::validate::{self, Options};
use aceso_fhir::{Object, Value, json};
use aceso_testkit::shared;
use proptest::prelude::*;

fn issues(text: &str) -> Vec<Issue> {
    let value = json::read(text.as_bytes()).unwrap();
    validate::resource(&value, &Options::WRITE)
}

/// The text has exactly one fault, at this place, and the sentence about it has these words.
fn check_fault(text: &str, place: &str, words: &str) {
    let found = issues(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    assert_eq!(found[0].expression.as_deref(), Some(place), "{found:?}");
    assert!(found[0].text.contains(words), "{found:?}");
    assert!(found[0].fix.is_some(), "{found:?}");
}

fn check_good(text: &str) {
    assert_eq!(issues(text), [], "{text}");
}

/// A patient with these further members.
fn patient(more: &str) -> String {
    format!(r#"{{"resourceType":"Patient",{more}}}"#)
}

/// An observation with these further members.
fn observation(more: &str) -> String {
    format!(r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},{more}}}"#)
}

#[test]
fn an_element_that_does_not_exist_is_named() {
    check_fault(
        &patient(r#""birthday":"2000""#),
        "Patient.birthday",
        "no element 'birthday'",
    );
    check_fault(
        &patient(r#""contact":[{"relation":[],"name":{"text":"x"}}]"#),
        "Patient.contact[0].relation",
        "no element 'relation'",
    );
    check_fault(
        &observation(r#""valueReference":{"reference":"Patient/1"}"#),
        "Observation.valueReference",
        "no element",
    );
    check_fault(
        &patient(r#""name":[{"resourceType":"HumanName","text":"x"}]"#),
        "Patient.name[0].resourceType",
        "no element",
    );
    assert_eq!(
        issues(&patient(r#""birthdate":"2000""#))[0].fix.as_deref(),
        Some("Remove it; or was 'birthDate' meant?")
    );
}

#[test]
fn arrays_stand_where_the_definition_has_lists_and_nowhere_else() {
    check_fault(
        &patient(r#""name":{"text":"x"}"#),
        "Patient.name",
        "must be an array",
    );
    check_fault(
        &patient(r#""birthDate":["2000"]"#),
        "Patient.birthDate",
        "must be a single value",
    );
    check_fault(
        &patient(r#""name":[]"#),
        "Patient.name",
        "must not be empty",
    );
    check_fault(
        &patient(r#""name":[[]]"#),
        "Patient.name[0]",
        "is an object",
    );
}

#[test]
fn nothing_is_empty() {
    check_fault(
        &patient(r#""name":[{}]"#),
        "Patient.name[0]",
        "must not be empty",
    );
    check_fault(
        &patient(r#""maritalStatus":{"id":"a"}"#),
        "Patient.maritalStatus",
        "must not be empty",
    );
    check_fault(
        &patient(r#""language":"""#),
        "Patient.language",
        "it is empty",
    );
    check_fault(&patient(r#""birthDate":null"#), "Patient.birthDate", "null");
}

#[test]
fn values_have_the_json_kind_of_their_type() {
    check_fault(
        &patient(r#""active":"true""#),
        "Patient.active",
        "true or false",
    );
    check_fault(
        &patient(r#""multipleBirthInteger":"1""#),
        "Patient.multipleBirth",
        "a number",
    );
    check_fault(
        &patient(r#""birthDate":2000"#),
        "Patient.birthDate",
        "a string",
    );
    check_fault(
        &patient(r#""maritalStatus":"M""#),
        "Patient.maritalStatus",
        "is an object",
    );
}

#[test]
fn values_are_in_their_domains() {
    check_fault(
        &patient(r#""birthDate":"2001-02-29""#),
        "Patient.birthDate",
        "'2001-02-29' is not a valid date",
    );
    check_fault(&patient(r#""id":"a_b""#), "Patient.id", "not a valid id");
    check_fault(
        &observation(r#""effectiveDateTime":"2024-01-01T10:00:00""#),
        "Observation.effective",
        "not a valid dateTime",
    );
    check_fault(
        &patient(r#""multipleBirthInteger":1.5"#),
        "Patient.multipleBirth",
        "not a valid integer",
    );
    check_fault(
        &patient(r#""photo":[{"data":"?","contentType":"image/png"}]"#),
        "Patient.photo[0].data",
        "base64",
    );
}

#[test]
fn what_is_required_is_there() {
    check_fault(
        r#"{"resourceType":"Observation","status":"final"}"#,
        "Observation.code",
        "must have code",
    );
    check_fault(
        &patient(r#""link":[{"type":"seealso"}]"#),
        "Patient.link[0].other",
        "must have other",
    );
    check_fault(
        &patient(r#""extension":[{"valueString":"x"}]"#),
        "Patient.extension[0].url",
        "must have url",
    );
    check_good(&patient(
        r#""_birthDate":{"extension":[{"url":"http://a/b","valueString":"x"}]}"#,
    ));
}

#[test]
fn a_choice_is_made_once() {
    check_fault(
        &observation(r#""valueString":"x","valueBoolean":true"#),
        "Observation.value",
        "two different types",
    );
    check_good(&observation(
        r#""valueString":"x","_valueString":{"id":"a"}"#,
    ));
}

#[test]
fn siblings_of_primitives_line_up_with_them() {
    let x = r#"{"extension":[{"url":"http://a/b","valueString":"x"}]}"#;
    check_good(&patient(&format!(
        r#""name":[{{"given":["a",null],"_given":[null,{x}]}}]"#
    )));
    check_fault(
        &patient(&format!(
            r#""name":[{{"given":["a"],"_given":[null,{x}]}}]"#
        )),
        "Patient.name[0].given",
        "different numbers",
    );
    check_fault(
        &patient(r#""name":[{"given":["a",null]}]"#),
        "Patient.name[0].given[1]",
        "null",
    );
    check_fault(
        &patient(&format!(r#""name":[{{"_given":[null,{x}]}}]"#)),
        "Patient.name[0].given[0]",
        "null",
    );
    check_fault(
        &patient(r#""birthDate":"2000","_birthDate":{"value":"x"}"#),
        "Patient.birthDate.value",
        "no element",
    );
}

#[test]
fn an_extension_has_a_value_or_extensions() {
    check_fault(
        &patient(r#""extension":[{"url":"http://a/b"}]"#),
        "Patient.extension[0]",
        "must have a value or extensions",
    );
    check_fault(
        &patient(
            r#""extension":[{"url":"http://a/b","valueString":"x","extension":[{"url":"c","valueString":"y"}]}]"#,
        ),
        "Patient.extension[0]",
        "not both",
    );
}

#[test]
fn references_point_to_the_types_that_are_allowed() {
    check_fault(
        &observation(r#""subject":{"reference":"Practitioner/1"}"#),
        "Observation.subject",
        "reference to Practitioner",
    );
    check_fault(
        &observation(r#""subject":{"reference":"https://a/b/Practitioner/1/_history/2"}"#),
        "Observation.subject",
        "Practitioner",
    );
    check_fault(
        &observation(r#""subject":{"type":"Practitioner","display":"x"}"#),
        "Observation.subject",
        "Practitioner",
    );
    check_fault(
        &observation(r#""subject":{"type":"Group","reference":"Patient/1"}"#),
        "Observation.subject",
        "its type says Group",
    );
    check_fault(
        &observation(r##""subject":{"reference":"#x"}"##),
        "Observation.subject",
        "No contained resource",
    );
    check_fault(
        &observation(r#""subject":{"reference":"Pateint/1"}"#),
        "Observation.subject",
        "does not name a resource",
    );
    check_good(&observation(
        r##""contained":[{"resourceType":"Patient","id":"x"}],"subject":{"reference":"#x"}"##,
    ));
    check_fault(
        &observation(
            r##""contained":[{"resourceType":"Practitioner","id":"x"}],"subject":{"reference":"#x"}"##,
        ),
        "Observation.subject",
        "reference to Practitioner",
    );
    check_good(&observation(
        r#""subject":{"reference":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}"#,
    ));
}

#[test]
fn contained_resources_keep_their_rules() {
    check_fault(
        &observation(r#""contained":[{"resourceType":"Patient","id":"x"}]"#),
        "Observation.contained[0]",
        "refers to this",
    );
    check_fault(
        &observation(
            r##""contained":[{"resourceType":"Patient","id":"x","meta":{"versionId":"1"}}],"subject":{"reference":"#x"}"##,
        ),
        "Observation.contained[0]",
        "versionId",
    );
    check_fault(
        &observation(
            r##""contained":[{"resourceType":"Pateint","id":"x"}],"focus":[{"reference":"#x"}]"##,
        ),
        "Observation.contained[0]",
        "not a resource type",
    );
    check_fault(
        r#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","gender":"x"}}]}"#,
        "Bundle.entry[0].resource.gender",
        "value set",
    );
}

#[test]
fn codes_come_from_the_required_value_set() {
    check_fault(&patient(r#""gender":"man""#), "Patient.gender", "'man'");
    check_fault(
        r#"{"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://x","code":"active"}]}}"#,
        "Condition.clinicalStatus",
        "'active' of http://x",
    );
    check_good(
        r#"{"resourceType":"Condition","subject":{"reference":"Patient/1"},"clinicalStatus":{"coding":[
            {"system":"http://x","code":"y"},
            {"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}"#,
    );
    check_fault(
        &patient(r#""language":"english language""#),
        "Patient.language",
        "all-languages",
    );
    check_fault(
        &patient(r#""photo":[{"contentType":"picture"}]"#),
        "Patient.photo[0].contentType",
        "mimetypes",
    );
}

#[test]
fn invariants_hold() {
    check_fault(
        &observation(r#""valueString":"x","dataAbsentReason":{"text":"y"}"#),
        "Observation",
        "dataAbsentReason",
    );
    check_fault(
        &patient(r#""contact":[{"gender":"male"}]"#),
        "Patient.contact[0]",
        "contact",
    );
    check_fault(
        &patient(r#""identifier":[{"period":{"start":"2024-02-01","end":"2024-01-01"}}]"#),
        "Patient.identifier[0].period",
        "start",
    );
    check_fault(
        &observation(r#""valueQuantity":{"value":1,"code":"mg"}"#),
        "Observation.value",
        "code",
    );
    check_fault(
        r#"{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"}}]}"#,
        "Bundle.entry[0]",
        "must have a request",
    );
    check_fault(
        r#"{"resourceType":"Bundle","type":"collection","entry":[
            {"fullUrl":"urn:x:1","resource":{"resourceType":"Patient"}},{"fullUrl":"urn:x:1","resource":{"resourceType":"Patient"}}]}"#,
        "Bundle.entry[1]",
        "same fullUrl",
    );
    let full = validate::resource(
        &json::read(patient(r#""active":true"#).as_bytes()).unwrap(),
        &Options::FULL,
    );
    assert_eq!(full.len(), 1, "{full:?}");
    assert_eq!(full[0].rule.as_deref(), Some("dom-6"));
    assert!(!full[0].severity.refuses());
}

#[test]
fn a_script_in_a_narrative_is_refused() {
    check_fault(
        &patient(
            r#""text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x()</script></div>"}"#,
        ),
        "Patient.text.div",
        "<script>",
    );
}

#[test]
fn what_is_no_resource_is_refused() {
    check_fault("[]", "Resource", "is an object");
    check_fault("{}", "Resource", "resourceType");
    check_fault(
        r#"{"resourceType":"Resource"}"#,
        "Resource",
        "not a resource type",
    );
    check_fault(r#"{"resourceType":1}"#, "Resource", "not a string");
}

#[test]
fn issues_are_counted_and_depth_is_bounded() {
    let many: Vec<String> = (0..500).map(|i| format!(r#""x{i}":1"#)).collect();
    assert_eq!(issues(&patient(&many.join(","))).len(), 100);
    let mut value = Value::from([("url", "http://a/b".into()), ("valueString", "x".into())]);
    for _ in 0..5_000 {
        value = Value::from([
            ("url", "http://a/b".into()),
            ("extension", vec![value].into()),
        ]);
    }
    let deep = Value::from([
        ("resourceType", "Patient".into()),
        ("extension", vec![value].into()),
    ]);
    let found = validate::resource(&deep, &Options::WRITE);
    assert!(
        found.iter().any(|i| i.text.contains("too deeply")),
        "{found:?}"
    );
    std::mem::forget(deep);
}

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

/// Published examples that break the specification they come with.
const BROKEN: &[(&str, &str)] = &[
    (
        "ActivityDefinition-blood-tubes-supply",
        "txt-2: a narrative without text",
    ),
    (
        "ActivityDefinition-heart-valve-replacement",
        "txt-2: a narrative without text",
    ),
    (
        "DeviceMetric-example",
        "parent refers to a DeviceDefinition",
    ),
    (
        "DeviceUseStatement-example",
        "reasonReference refers to a Procedure",
    ),
    ("EventDefinition-example", "txt-2: a narrative without text"),
    (
        "ImplementationGuide-fhir",
        "no name, no status; an id of more than 64 characters",
    ),
    (
        "MedicationRequest-medrx0301",
        "dispenseRequest.performer refers to a Practitioner",
    ),
    (
        "Observation-clinical-gender",
        "performer refers to an Encounter",
    ),
    ("Questionnaire-qs1", "items without linkId"),
    (
        "Questionnaire-zika-virus-exposure-assessment",
        "txt-2: a narrative without text",
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-author",
        "no base",
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-effective",
        "no base",
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-end",
        "no base",
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-keyword",
        "no base",
    ),
    (
        "SearchParameter-codesystem-extensions-CodeSystem-workflow",
        "no base",
    ),
    (
        "SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject",
        "an id of more than 64 characters",
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-author",
        "no base",
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-effective",
        "no base",
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-end",
        "no base",
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-keyword",
        "no base",
    ),
    (
        "SearchParameter-valueset-extensions-ValueSet-workflow",
        "no base",
    ),
    (
        "StructureDefinition-Definition",
        "sdf-4: not abstract, and no baseDefinition",
    ),
    (
        "StructureDefinition-Event",
        "sdf-4: not abstract, and no baseDefinition",
    ),
    (
        "StructureDefinition-FiveWs",
        "sdf-4: not abstract, and no baseDefinition",
    ),
    (
        "StructureDefinition-Request",
        "sdf-4: not abstract, and no baseDefinition",
    ),
    (
        "ig-r4",
        "no name, no status; an id of more than 64 characters",
    ),
];

#[test]
fn the_examples_of_the_specification_are_valid_but_for_those_listed() {
    let Some(files) = shared::archive("fhir-definitions/hl7.fhir.r4.examples-instances.tar.xz")
    else {
        return;
    };
    let mut refused = Vec::new();
    let mut count = 0;
    for (path, bytes) in &files {
        let Ok(value) = json::read(bytes) else {
            continue;
        };
        if value.resource_type().is_none() {
            continue;
        }
        count += 1;
        let name = path
            .rsplit('/')
            .next()
            .unwrap_or(path)
            .trim_end_matches(".json");
        if !validate::resource(&value, &Options::WRITE).is_empty() {
            refused.push(name.to_owned());
        }
    }
    refused.sort();
    let listed: Vec<&str> = BROKEN.iter().map(|(name, _)| *name).collect();
    assert!(count > 12_000, "{count}");
    assert_eq!(refused, listed);
}

#[test]
fn the_examples_of_us_core_are_valid() {
    let Some(files) = shared::archive("fhir-definitions/us_core_610.tgz") else {
        return;
    };
    let mut count = 0;
    for (path, bytes) in files
        .iter()
        .filter(|(p, _)| p.starts_with("package/example/"))
    {
        let Ok(value) = json::read(bytes) else {
            continue;
        };
        if value.resource_type().is_some() {
            count += 1;
            assert_eq!(validate::resource(&value, &Options::WRITE), [], "{path}");
        }
    }
    assert!(count > 150, "{count}");
}

#[test]
fn patients_from_other_systems_can_be_loaded() {
    let Some(files) = shared::archive("synthea-misc-transactions.tar.xz") else {
        return;
    };
    let mut count = 0;
    for (path, bytes) in &files {
        let Ok(value) = json::read(bytes) else {
            continue;
        };
        if value.resource_type() == Some("Bundle") {
            count += value.items_at("entry").len();
            assert_eq!(validate::resource(&value, &Options::LOAD), [], "{path}");
        }
    }
    assert!(count > 500, "{count}");
}

#[test]
fn the_examples_of_us_core_7_keep_to_its_profiles() {
    let Some(files) = shared::archive("fhir-definitions/us_core_700.tgz") else {
        return;
    };
    let mut count = 0;
    for (path, bytes) in files
        .iter()
        .filter(|(p, _)| p.starts_with("package/example/"))
    {
        let Ok(value) = json::read(bytes) else {
            continue;
        };
        let Some(meta) = value.get("meta") else {
            continue;
        };
        for claim in meta.items_at("profile").iter().filter_map(Value::as_str) {
            let url = format!("{}|7.0.0", claim.split('|').next().unwrap());
            if aceso_fhir::definitions::profile(&url).is_some() {
                count += 1;
                let mut plain = value.clone();
                plain.as_object_mut().unwrap().remove("meta");
                assert_eq!(
                    validate::against_profile(&plain, &url, &Options::WRITE),
                    [],
                    "{path} {url}"
                );
            }
        }
    }
    assert!(count > 100, "{count}");
}

/// Names and values that FHIR uses, so that random trees get past the first check.
fn any_value() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "resourceType",
        "id",
        "meta",
        "profile",
        "text",
        "div",
        "contained",
        "extension",
        "url",
        "valueString",
        "_valueString",
        "valueReference",
        "reference",
        "name",
        "_given",
        "given",
        "identifier",
        "system",
        "code",
        "coding",
        "category",
        "component",
        "valueQuantity",
        "period",
        "start",
        "end",
        "entry",
        "resource",
        "type",
        "status",
        "subject",
        "x",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![
            "Patient",
            "Observation",
            "Bundle",
            "#",
            "#a",
            "a",
            "",
            "2024-01-01",
            "Patient/1",
            "http://a/b",
            "http://hl7.org/fhir/us/core/StructureDefinition/us-core-blood-pressure",
            "<div xmlns=",
            "final",
        ])
        .prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 120, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name.clone(), inner, 0..8).prop_map(|members| {
                let mut object = Object::new();
                members.into_iter().for_each(|(n, v)| object.set(n, v));
                Value::from(object)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_makes_it_fail(value in any_value(), kind in prop::sample::select(vec!["Patient", "Observation", "Bundle", "Questionnaire"])) {
        let mut value = value;
        if let Some(object) = value.as_object_mut() {
            object.set("resourceType", kind);
        }
        let found = validate::resource(&value, &Options::FULL);
        prop_assert!(found.len() <= Options::FULL.max_issues);
        for issue in found {
            prop_assert!(issue.expression.is_some() && !issue.text.is_empty());
        }
    }

    #[test]
    fn no_narrative_makes_it_fail(inside in r#"[<>/a-z"'=&;!\-]{0,40}"#) {
        let text = format!(r#"<div xmlns="http://www.w3.org/1999/xhtml">{inside}</div>"#);
        let narrative = Value::from([("status", "generated".into()), ("div", text.into())]);
        let value = Value::from([("resourceType", "Patient".into()), ("text", narrative)]);
        validate::resource(&value, &Options::WRITE);
    }
}
