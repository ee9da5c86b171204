//! `aceso import`.

use std::process::Stdio;

use aceso_testkit::shared;
use serde_json::{Value, json};

use crate::stage::{Stage, name};

const PATIENTS: &str = "synthea-100-patients.tar.xz";

/// The shared patients as files; none when they are absent.
fn patients(stage: &Stage, count: usize) -> Option<String> {
    let files = shared::archive(PATIENTS)?;
    for (path, bytes) in files
        .iter()
        .filter(|(p, _)| p.ends_with(".json"))
        .take(count)
    {
        let file = path.rsplit('/').next().unwrap();
        stage.file(&format!("patients/{file}"), bytes);
    }
    Some(name(&stage.dir.join("patients")).to_owned())
}

#[test]
fn the_shared_patients_are_loaded_once_and_verify() {
    let stage = Stage::new();
    let Some(dir) = patients(&stage, 100) else {
        return;
    };
    let first = stage.json(&["import", &dir], 0);
    assert_eq!(first["loaded"], 29_908);
    assert_eq!(first["byType"]["Patient"], 100);
    assert_eq!(first["refused"], json!([]));
    let again = stage.json(&["import", &dir], 0);
    assert_eq!(
        (&again["loaded"], &again["skipped"]),
        (&json!(0), &json!(100))
    );
    let report = stage.json(&["verify"], 0);
    assert_eq!(report["resources"], 29_908);
    assert_eq!(report["versions"], 0);
    assert_eq!(report["findings"], json!([]));
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_stopped() {
    let stage = Stage::new();
    let Some(dir) = patients(&stage, 30) else {
        return;
    };
    let whole = Stage::new();
    let expected = whole.json(&["import", &dir], 0)["loaded"].clone();
    // Killed after the first, second, … line of progress: at other moments each time.
    for _ in 0..3 {
        let mut command = stage.command(&["import", &dir]);
        let mut child = command
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while std::io::BufRead::read_line(&mut lines, &mut line).unwrap() > 0 && !line.contains('%')
        {
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    stage.json(&["import", &dir], 0);
    let report = stage.json(&["verify"], 0);
    assert_eq!(report["resources"], expected);
    assert_eq!(report["findings"], json!([]));
}

#[test]
fn one_bad_entry_leaves_nothing_of_its_transaction() {
    let stage = Stage::new();
    let entry = |n: u32, resource: Value| {
        json!({
            "fullUrl": format!("urn:uuid:00000000-0000-4000-8000-{n:012}"), "resource": resource,
            "request": {"method": "POST", "url": "Patient"}
        })
    };
    let mut entries: Vec<Value> = (0..300)
        .map(|n| entry(n, json!({"resourceType": "Patient", "gender": "other"})))
        .collect();
    entries[217]["resource"]["gender"] = json!("purple");
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    let file = stage.file("bad.json", bundle.to_string());
    let report = stage.json(&["import", name(&file)], 1);
    assert_eq!(report["loaded"], 0);
    let why = report["refused"][0]["why"].as_str().unwrap();
    assert!(why.contains("Bundle.entry[217].resource.gender"), "{why}");
    assert_eq!(stage.json(&["verify"], 0)["resources"], 0);
}

#[test]
fn a_bad_line_is_named_and_the_others_are_loaded() {
    let stage = Stage::new();
    let good = json!({"resourceType": "Patient", "id": "a"}).to_string();
    let bad = json!({"resourceType": "Patient", "id": "b", "sex": 1}).to_string();
    let other = json!({"resourceType": "Patient", "id": "c"}).to_string();
    let text = format!("{good}\n\n{bad}\n{{not json\n{other}\n");
    let file = stage.file("Patient.ndjson", text);
    let report = stage.json(&["import", name(&file)], 1);
    assert_eq!(report["loaded"], 2);
    let places: Vec<&str> = report["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["place"].as_str().unwrap().rsplit('/').next().unwrap())
        .collect();
    assert_eq!(places, ["Patient.ndjson:3", "Patient.ndjson:4"]);
}

#[test]
fn what_refers_to_something_later_gets_in_at_the_second_try() {
    let stage = Stage::new();
    let visit = json!({
        "resourceType": "Appointment", "id": "g", "status": "proposed",
        "participant": [{"actor": {"reference": "HealthcareService/h"}, "status": "accepted"}]
    });
    stage.file("in/Appointment.ndjson", visit.to_string());
    let service = json!({"resourceType": "HealthcareService", "id": "h"});
    stage.file("in/HealthcareService.ndjson", service.to_string());
    let report = stage.json(&["import", name(&stage.dir.join("in"))], 0);
    assert_eq!(report["loaded"], 2);
    assert_eq!(report["refused"], json!([]));
}

#[test]
fn what_cannot_be_read_is_refused_with_its_reason() {
    let stage = Stage::new();
    for (content, why) in [
        ("", "line 1"),
        (
            "{\"resourceType\":\"Bundle\",\"type\":\"history\"}",
            "history",
        ),
        (
            "{\"resourceType\":\"Patient\",\"resourceType\":\"Patient\"}",
            "resourceType",
        ),
        ("[]", "resourceType"),
    ] {
        let file = stage.file("x.json", content);
        let report = stage.json(&["import", name(&file)], 1);
        let got = report["refused"][0]["why"].as_str().unwrap();
        assert!(got.contains(why), "{content}: {got}");
    }
    stage.expect(&["import", "no-such-file.json"], 1);
    stage.expect(&["import"], 2);
}
