//! What patches do to lists of primitives, choices and places that are not there; hostile patches.
#![cfg(test)]

use aceso_fhir::patch::{self, PatchError, Problem};
use aceso_fhir::{Value, json};
use proptest::prelude::*;

fn read(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap()
}

/// A patch of one operation, from its parts without the `name`.
fn operation(parts: &[(&str, &str)]) -> Value {
    let parts: Vec<String> = parts
        .iter()
        .map(|(name, value)| format!(r#"{{"name":"{name}",{value}}}"#))
        .collect();
    read(&format!(
        r#"{{"resourceType":"Parameters","parameter":[{{"name":"operation","part":[{}]}}]}}"#,
        parts.join(",")
    ))
}

fn check(document: &str, parts: &[(&str, &str)], wanted: &str) {
    let got = patch::fhirpath(&read(document), &operation(parts)).unwrap();
    assert_eq!(json::to_string(&got), json::to_string(&read(wanted)));
}

fn check_error(document: &str, parts: &[(&str, &str)], wanted: &str) {
    match patch::fhirpath(&read(document), &operation(parts)).unwrap_err() {
        PatchError::Operation { index: 0, problem } => assert_eq!(problem.to_string(), wanted),
        other => panic!("{other}"),
    }
}

const ADD: (&str, &str) = ("type", r#""valueCode":"add""#);
const INSERT: (&str, &str) = ("type", r#""valueCode":"insert""#);
const DELETE: (&str, &str) = ("type", r#""valueCode":"delete""#);
const REPLACE: (&str, &str) = ("type", r#""valueCode":"replace""#);
const MOVE: (&str, &str) = ("type", r#""valueCode":"move""#);

const NAMES: &str = r#"{"resourceType":"Patient","name":[{"given":["A","B","C"],"_given":[null,{"id":"b"},null]}]}"#;

#[test]
fn the_extensions_of_a_list_of_primitives_stay_with_their_values() {
    let given = ("path", r#""valueString":"Patient.name.given""#);
    check(
        NAMES,
        &[
            INSERT,
            given,
            ("index", r#""valueInteger":1"#),
            ("value", r#""valueString":"X""#),
        ],
        r#"{"resourceType":"Patient","name":[{"given":["A","X","B","C"],"_given":[null,null,{"id":"b"},null]}]}"#,
    );
    check(
        NAMES,
        &[
            MOVE,
            given,
            ("source", r#""valueInteger":1"#),
            ("destination", r#""valueInteger":0"#),
        ],
        r#"{"resourceType":"Patient","name":[{"given":["B","A","C"],"_given":[{"id":"b"},null,null]}]}"#,
    );
    check(
        NAMES,
        &[DELETE, ("path", r#""valueString":"Patient.name.given[1]""#)],
        r#"{"resourceType":"Patient","name":[{"given":["A","C"]}]}"#,
    );
    check(
        NAMES,
        &[
            ADD,
            ("path", r#""valueString":"Patient.name[0]""#),
            ("name", r#""valueString":"given""#),
            ("value", r#""valueString":"D","_valueString":{"id":"d"}"#),
        ],
        r#"{"resourceType":"Patient","name":[{"given":["A","B","C","D"],"_given":[null,{"id":"b"},null,{"id":"d"}]}]}"#,
    );
    check(
        NAMES,
        &[
            REPLACE,
            ("path", r#""valueString":"Patient.name.given[1]""#),
            ("value", r#""valueString":"Y""#),
        ],
        r#"{"resourceType":"Patient","name":[{"given":["A","Y","C"],"_given":[null,null,null]}]}"#,
    );
}

#[test]
fn a_choice_takes_the_name_of_its_new_type() {
    let observation =
        r#"{"resourceType":"Observation","valueQuantity":{"value":1},"note":[{"text":"x"}]}"#;
    check(
        observation,
        &[
            REPLACE,
            ("path", r#""valueString":"Observation.value""#),
            ("value", r#""valueString":"much""#),
        ],
        r#"{"resourceType":"Observation","valueString":"much","note":[{"text":"x"}]}"#,
    );
    let root = ("path", r#""valueString":"Observation""#);
    let name = ("name", r#""valueString":"value""#);
    check_error(
        observation,
        &[ADD, root, name, ("value", r#""valueString":"much""#)],
        "value is there already",
    );
    check_error(
        r#"{"resourceType":"Observation"}"#,
        &[
            ADD,
            root,
            name,
            ("value", r#""valueReference":{"reference":"Patient/1"}"#),
        ],
        "Observation has no element value with such a value",
    );
}

#[test]
fn a_deletion_takes_what_it_leaves_empty() {
    check(
        r#"{"resourceType":"Patient","contact":[{"name":{"text":"a"}}],"gender":"male"}"#,
        &[
            DELETE,
            ("path", r#""valueString":"Patient.contact.name.text""#),
        ],
        r#"{"resourceType":"Patient","gender":"male"}"#,
    );
    check(
        NAMES,
        &[DELETE, ("path", r#""valueString":"Patient.birthDate""#)],
        NAMES,
    );
}

#[test]
fn a_path_that_does_not_fit_the_operation_is_an_error() {
    let value = ("value", r#""valueString":"x""#);
    check_error(
        NAMES,
        &[DELETE, ("path", r#""valueString":"Patient""#)],
        "the whole resource cannot be the target",
    );
    check_error(
        NAMES,
        &[DELETE, ("path", r#""valueString":"Patient.name.given""#)],
        "Patient.name.given leads to 3 elements",
    );
    check_error(
        NAMES,
        &[
            REPLACE,
            ("path", r#""valueString":"Patient.gender""#),
            value,
        ],
        "there is nothing at Patient.gender",
    );
    check_error(
        NAMES,
        &[REPLACE, ("path", r#""valueString":"1 + 1""#), value],
        "1 + 1 does not lead to an element of the resource",
    );
    check_error(
        NAMES,
        &[REPLACE, ("path", r#""valueString":"Patient.""#), value],
        "the path is not FHIRPath: after a point comes a name (at byte 8)",
    );
    check_error(
        NAMES,
        &[REPLACE, ("path", r#""valueString":"now()""#), value],
        "the path cannot be evaluated: there is no clock here",
    );
    check_error(
        NAMES,
        &[
            INSERT,
            (
                "path",
                r#""valueString":"Patient.name.given.where($this = 'B')""#,
            ),
            ("index", r#""valueInteger":0"#),
            value,
        ],
        "Patient.name.given.where($this = 'B') does not lead to a list of the resource",
    );
    check_error(
        NAMES,
        &[
            INSERT,
            ("path", r#""valueString":"Patient.name.given""#),
            ("index", r#""valueInteger":4"#),
            value,
        ],
        "the list at Patient.name.given has no place 4",
    );
    check_error(
        NAMES,
        &[
            ADD,
            ("path", r#""valueString":"Patient""#),
            ("name", r#""valueString":"nickname""#),
            value,
        ],
        "Patient has no element nickname with such a value",
    );
    check_error(
        NAMES,
        &[ADD, ("path", r#""valueString":"Patient""#), value],
        "\"name\" is missing or not what it must be",
    );
}

#[test]
fn nesting_is_bounded_whatever_the_patch() {
    let mut deep = String::from("1");
    for _ in 0..95 {
        deep = format!("[{deep}]");
    }
    let document = read(&format!(
        r#"{{"a":{deep},"b":{{"c":{{"d":{{"e":{{"f":{{}}}}}}}}}}}}"#
    ));
    let patch = read(r#"[{"op":"copy","from":"/a","path":"/b/c/d/e/f/g"}]"#);
    assert_eq!(
        patch::json(&document, &patch),
        Err(PatchError::Operation {
            index: 0,
            problem: Problem::TooDeep
        })
    );
}

fn pointer() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "", "/", "/a", "/a/0", "/a/-", "/a/1", "/a/01", "/b", "/b/c", "/b/c/0", "/~0", "/~1",
        "/~2", "a", "/x/y",
    ])
}

fn step() -> impl Strategy<Value = String> {
    let op = prop::sample::select(vec![
        "add", "remove", "replace", "move", "copy", "test", "no",
    ]);
    let value = prop::sample::select(vec![
        "1",
        "null",
        "{}",
        "[]",
        r#"{"c":[1,2]}"#,
        r#"[{"a":1}]"#,
    ]);
    (op, pointer(), pointer(), value).prop_map(|(op, path, from, value)| {
        format!(r#"{{"op":"{op}","path":"{path}","from":"{from}","value":{value}}}"#)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_patch_ends(steps in prop::collection::vec(step(), 0..40)) {
        let document = read(r#"{"a":[1,{"b":2}],"b":{"c":[]},"~":0,"/":1}"#);
        let patch = read(&format!("[{}]", steps.join(",")));
        let _ = patch::json(&document, &patch);
        let _ = patch::merge(&document, &patch);
    }

    #[test]
    fn any_fhirpath_patch_ends(
        kind in prop::sample::select(vec!["add", "insert", "delete", "replace", "move", "no"]),
        path in prop::sample::select(vec!["Patient", "Patient.name", "name.given", "name.given[1]", "name.given.extension",
            "name[0]", "name.given.id", "birthDate", "birthDate.extension", "birthDate.extension.value", "descendants()", "name.given.first()",
            "contained", "contained.name", "1", "%resource", "name | birthDate", "children().first()"]),
        name in prop::sample::select(vec!["name", "given", "extension", "value", "id", "birthDate", "contained", "resourceType", "_given"]),
        value in prop::sample::select(vec![r#""valueString":"x""#, r#""valueHumanName":{"family":"y"}"#, r#""part":[{"name":"family","valueString":"z"}]"#,
            r#""resource":{"resourceType":"Basic"}"#, r#""valueDate":"2015","_valueDate":{"id":"d"}"#, r#""value":1"#, r#""x":1"#]),
        index in 0..3_i64,
    ) {
        let document = read(r#"{"resourceType":"Patient","contained":[{"resourceType":"Patient","name":[{"family":"C"}]}],
            "name":[{"given":["A",null],"_given":[null,{"extension":[{"url":"u","valueCode":"c"}]}]},{"given":[[]]}],
            "_birthDate":{"extension":[{"url":"v","valueCode":"d"}]},"other":{"x":1}}"#);
        let kind = format!(r#""valueCode":"{kind}""#);
        let path = format!(r#""valueString":"{path}""#);
        let name = format!(r#""valueString":"{name}""#);
        let index = format!(r#""valueInteger":{index}"#);
        let patch = operation(&[("type", &kind), ("path", &path), ("name", &name), ("value", value),
            ("index", &index), ("source", &index), ("destination", &index)]);
        if let Ok(patched) = patch::fhirpath(&document, &patch) {
            let written = json::to_string(&patched);
            prop_assert_eq!(json::read(written.as_bytes()).unwrap(), patched);
        }
    }
}
