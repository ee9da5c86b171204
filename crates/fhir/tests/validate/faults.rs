//! Planted faults.

use aceso_fhir::validate::{self, Options};
use aceso_fhir::{Value, json};

use super::{check_fault, check_good, issues, observation, patient};

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
