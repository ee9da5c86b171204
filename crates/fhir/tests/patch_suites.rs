//! The patch suites of FHIR/fhir-test-cases: FHIRPath Patch and JSON Patch.
#![cfg(test)]

use aceso_fhir::{Object, Value, json, patch, xml};

fn file(end: &str) -> Option<Vec<u8>> {
    let files = aceso_testkit::shared::archive("fhir-suites.tar.xz")?;
    let found = files.into_iter().find(|(path, _)| path.ends_with(end));
    Some(found.unwrap().1)
}

/// The resource between a pair of tags.
fn inside(case: &str, tag: &str) -> Option<Value> {
    let (_, rest) = case.split_once(&format!("<{tag}>"))?;
    let (text, _) = rest.split_once(&format!("</{tag}>")).unwrap();
    Some(xml::read(text.trim().as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}")))
}

fn attribute<'t>(text: &'t str, name: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("{name}=\"")).unwrap();
    rest.split_once('"').unwrap().0
}

/// Members in one order, white space of narratives as one blank.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<(&str, Value)> =
                object.iter().map(|(n, v)| (n, plain(v))).collect();
            members.sort_by(|a, b| a.0.cmp(b.0));
            let mut out = Object::new();
            for (name, value) in members {
                out.set(name, value);
            }
            Value::Object(out)
        }
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        Value::String(s) if s.starts_with("<div") => {
            let words: Vec<&str> = s.split_whitespace().collect();
            Value::from(words.join(" ").replace("&quot;", "\""))
        }
        other => other.clone(),
    }
}

#[test]
fn every_case_of_the_fhirpath_patch_suite_holds() {
    let Some(bytes) = file("r4/patch/fhir-patch-tests.xml") else {
        return;
    };
    let text = String::from_utf8(bytes).unwrap();
    let mut count = 0;
    for case in text.split("<case ").skip(1) {
        let name = attribute(case, "name");
        let input = inside(case, "input").unwrap();
        let diff = inside(case, "diff").unwrap();
        let result = patch::fhirpath(&input, &diff);
        match inside(case, "output") {
            Some(wanted) => {
                let got = result.unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(plain(&got), plain(&wanted), "{name}");
            }
            None => {
                assert!(case.contains("<error "), "{name}");
                assert!(result.is_err(), "{name}: {result:?}");
            }
        }
        count += 1;
    }
    assert_eq!(count, 33);
}

#[test]
fn every_case_of_the_json_patch_suite_holds() {
    let Some(bytes) = file("r4/patch/json-patch-tests.json") else {
        return;
    };
    let wrapped = [b"{\"cases\":".as_slice(), &bytes, b"}"].concat();
    let cases = json::read(&wrapped).unwrap();
    for case in cases.items_at("cases") {
        let name = case.str_at("comment").unwrap();
        let result = patch::json(case.get("doc").unwrap(), case.get("patch").unwrap());
        match case.get("expected") {
            Some(wanted) => {
                let got = result.unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(plain(&got), plain(wanted), "{name}");
            }
            None => {
                assert!(case.get("error").is_some(), "{name}");
                assert!(result.is_err(), "{name}: {result:?}");
            }
        }
    }
    assert_eq!(cases.items_at("cases").len(), 16);
}
