//! The specification's 12,071 examples, through JSON and XML and back.
#![cfg(test)]

use aceso_fhir::{Object, Value, json, xml};
use aceso_testkit::shared;

const SUITES: &str = "fhir-suites.tar.xz";
const EXAMPLES: &str = "fhir-definitions/hl7.fhir.r4.examples-instances.tar.xz";

/// The value with the members of every object sorted: XML has its own order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().map(|(n, v)| (n.into(), sorted(v))).collect();
            members.sort_by(|(a, _): &(compact_str::CompactString, _), (b, _)| a.cmp(b));
            Value::Object(Object::from_members(members))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn check_json(name: &str, bytes: &[u8]) -> Value {
    let value = json::read(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut pretty = Vec::new();
    json::write_pretty(&value, &mut pretty);
    let mut compact = Vec::new();
    json::write(&value, &mut compact);
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let original: serde_json::Value = serde_json::from_slice(plain).unwrap();
    for written in [&pretty, &compact] {
        let again: serde_json::Value = serde_json::from_slice(written).unwrap();
        assert!(again == original, "{name} is not what it was");
    }
    assert_eq!(json::read(&pretty).as_ref(), Ok(&value), "{name}");
    value
}

fn check_xml(value: &Value) -> Result<(), String> {
    let mut written = Vec::new();
    xml::write(value, &mut written);
    let again = xml::read(&written).map_err(|e| e.to_string())?;
    match first_difference(&sorted(value), &sorted(&again), "") {
        None => Ok(()),
        Some(path) => Err(format!("differs at {path}")),
    }
}

fn first_difference(a: &Value, b: &Value, path: &str) -> Option<String> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let names = |o: &Object| o.iter().map(|(n, _)| n.to_owned()).collect::<Vec<_>>();
            if names(x) != names(y) {
                return Some(format!("{path}: {:?} and {:?}", names(x), names(y)));
            }
            let mut both = x.iter().zip(y.iter());
            both.find_map(|((n, v), (_, w))| first_difference(v, w, &format!("{path}.{n}")))
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            let mut both = x.iter().zip(y).enumerate();
            both.find_map(|(i, (v, w))| first_difference(v, w, &format!("{path}[{i}]")))
        }
        _ => (a != b).then(|| {
            format!("{path}: {a:?} and {b:?}")
                .chars()
                .take(600)
                .collect()
        }),
    }
}

#[test]
fn every_example_survives_json_and_xml() {
    let Some(files) = shared::archive(EXAMPLES) else {
        return;
    };
    let mut lost = Vec::new();
    let mut count = 0;
    for (name, bytes) in files.iter().filter(|(n, _)| n.ends_with(".json")) {
        let value = check_json(name, bytes);
        if value.resource_type().is_none() {
            continue;
        }
        count += 1;
        if let Err(reason) = check_xml(&value) {
            lost.push(format!("{name}: {reason}"));
        }
    }
    assert_eq!(count, 12_071);
    assert!(
        lost.is_empty(),
        "{} lost in XML:\n{}",
        lost.len(),
        lost.join("\n")
    );
}

#[test]
fn the_xml_and_the_json_of_the_suites_say_the_same() {
    let Some(files) = shared::archive(SUITES) else {
        return;
    };
    let mut differ = Vec::new();
    let mut compared = 0;
    for (name, bytes) in &files {
        let Some(stem) = name
            .strip_suffix(".xml")
            .filter(|n| n.contains("/r4/examples/"))
        else {
            continue;
        };
        let value = xml::read(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        check_xml(&value).unwrap_or_else(|e| panic!("{name}: {e}"));
        let Some((_, json)) = files.iter().find(|(n, _)| *n == format!("{stem}.json")) else {
            continue;
        };
        let other = json::read(json).unwrap();
        compared += 1;
        if let Some(difference) = first_difference(&sorted(&value), &sorted(&other), "") {
            differ.push((stem.rsplit('/').next().unwrap_or_default(), difference));
        }
    }
    assert_eq!(compared, 5);
    differ.sort_unstable();
    // Two files differ in what they say: an extension that only the XML has, and 1.0e0 for 1.0.
    let [(decimal, exponent), (example, extension)] = differ.as_slice() else {
        panic!("{differ:?}");
    };
    assert_eq!(
        (*decimal, *example),
        ("observation-decimal", "observation-example")
    );
    assert!(
        exponent.starts_with(".component[2].valueQuantity.value:"),
        "{exponent}"
    );
    assert!(extension.contains("\"extension\""), "{extension}");
}
