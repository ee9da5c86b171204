//! `aceso export`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::stage::{Stage, name};

/// Each resource without what a store sets anew.
fn resources(dir: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in dir.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "ndjson") {
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                let mut value: Value = serde_json::from_str(line).unwrap();
                value.as_object_mut().unwrap().remove("meta");
                found.insert(value.to_string());
            }
        }
    }
    found
}

fn clinic(stage: &Stage) {
    let entries: Vec<Value> = (0..40)
        .flat_map(|n| {
            let patient = format!("p{n}");
            [
                json!({"resourceType": "Patient", "id": patient}),
                json!({
                    "resourceType": "Observation", "id": format!("o{n}"), "status": "final",
                    "code": {"text": "pulse"}, "subject": {"reference": format!("Patient/{patient}")}
                }),
            ]
        })
        .map(|r| json!({"resource": r}))
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    let file = stage.file("clinic.json", bundle.to_string());
    stage.expect(&["import", name(&file)], 0);
}

#[test]
fn what_is_exported_can_be_imported_and_is_the_same() {
    let stage = Stage::new();
    clinic(&stage);
    let out = stage.dir.join("out");
    let manifest = stage.json(&["export", name(&out)], 0);
    assert_eq!(manifest["resources"], 80);
    let other = Stage::new();
    let report = other.json(&["import", name(&out)], 0);
    assert_eq!(report["loaded"], 80);
    let again = other.dir.join("again");
    other.expect(&["export", name(&again)], 0);
    assert_eq!(resources(&out), resources(&again));
    stage.expect(&["export", name(&out)], 1);
}

#[test]
fn one_patients_export_holds_nobody_else() {
    let stage = Stage::new();
    clinic(&stage);
    let out = stage.dir.join("out");
    let manifest = stage.json(&["export", "--patient", "p7", name(&out)], 0);
    assert_eq!(manifest["resources"], 2);
    let found = resources(&out);
    assert!(found.iter().all(|r| r.contains("p7")), "{found:?}");
    stage.expect(
        &["export", "--patient", "nobody", name(&stage.dir.join("x"))],
        1,
    );
}

#[test]
fn o_d8_the_manifest_tells_every_files_digest() {
    let stage = Stage::new();
    clinic(&stage);
    let out = stage.dir.join("out");
    let manifest = stage.json(&["export", name(&out)], 0);
    for file in manifest["files"].as_array().unwrap() {
        let path = out.join(file["name"].as_str().unwrap());
        let sum = std::process::Command::new("sha256sum")
            .arg(&path)
            .output()
            .unwrap();
        let sum = crate::stage::text(&sum.stdout);
        assert_eq!(sum.split(' ').next(), file["sha256"].as_str());
        assert_eq!(
            path.metadata().unwrap().len(),
            file["bytes"].as_u64().unwrap()
        );
    }
}
