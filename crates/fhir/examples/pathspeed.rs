//! What FHIRPath costs: nanoseconds for each invariant of an Observation and a Patient, and for some search paths.
//!
//! `cargo run --release -p aceso-fhir --example pathspeed`

#![allow(clippy::print_stdout, reason = "a tool for people")]

use std::hint::black_box;
use std::time::Instant;

use aceso_fhir::path::{Env, Expression, Node};
use aceso_fhir::{Value, json};

const OBSERVATION: &str = r#"{
  "resourceType": "Observation", "id": "b1d5a6a2-6d5b-4d2c-9f5e-0d6a6f1c2e77",
  "meta": {"versionId": "1", "lastUpdated": "2019-08-14T07:33:12.482+00:00",
    "profile": ["http://hl7.org/fhir/StructureDefinition/vitalsigns"]},
  "status": "final",
  "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category",
    "code": "vital-signs", "display": "vital-signs"}]}],
  "code": {"coding": [{"system": "http://loinc.org", "code": "55284-4", "display": "Blood Pressure"}],
    "text": "Blood Pressure"},
  "subject": {"reference": "urn:uuid:8da884f0-080a-4417-ba44-24fb6bde0851"},
  "encounter": {"reference": "urn:uuid:f1dc4192-b4ea-4024-9664-a1edcdde8187"},
  "effectiveDateTime": "2012-03-18T02:31:44-04:00", "issued": "2012-03-18T02:31:44.123-04:00",
  "component": [
    {"code": {"coding": [{"system": "http://loinc.org", "code": "8462-4"}], "text": "Diastolic Blood Pressure"},
     "valueQuantity": {"value": 84, "unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}},
    {"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}], "text": "Systolic Blood Pressure"},
     "valueQuantity": {"value": 122, "unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}}]
}"#;

const PATIENT: &str = r#"{
  "resourceType": "Patient", "id": "8da884f0-080a-4417-ba44-24fb6bde0851",
  "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">Generated</div>"},
  "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", "valueString": "Deedee"},
    {"url": "http://synthetichealth.github.io/synthea/quality-adjusted-life-years", "valueDecimal": 38.2}],
  "identifier": [{"system": "https://github.com/synthetichealth/synthea", "value": "8da884f0"},
    {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
     "system": "http://hospital.smarthealthit.org", "value": "8da884f0"}],
  "name": [{"use": "official", "family": "Kuhic", "given": ["Aaron"], "prefix": ["Mr."]}],
  "telecom": [{"system": "phone", "value": "555-677-3119", "use": "home"}],
  "gender": "male", "birthDate": "1973-10-18",
  "address": [{"line": ["894 Brakus Bypass"], "city": "Taunton", "state": "MA", "country": "US"}],
  "multipleBirthBoolean": false,
  "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en-US"}], "text": "English"}}]
}"#;

const ROUNDS: u32 = 200_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let observation = json::read(OBSERVATION.as_bytes()).map_err(|e| e.to_string())?;
    let patient = json::read(PATIENT.as_bytes()).map_err(|e| e.to_string())?;
    for value in [&observation, &patient] {
        let node = Node::resource(value).ok_or("a resource")?;
        let constraints = node.definition().constraints.iter();
        let mut total = 0.0;
        for c in constraints.filter(|c| !c.warning) {
            total += measure(value, c.key, &c.expression)?;
        }
        println!("{:>9.0} ns  all of {}", total, node.definition().name);
    }
    for path in [
        "Observation.value",
        "(Observation.component.value as Quantity)",
        "Observation.code.coding.code",
    ] {
        measure(&observation, "path", path)?;
    }
    for path in [
        "Patient.name.family",
        "Patient.telecom.where(system = 'phone')",
        "Patient.birthDate <= @2026-11-22",
        "Patient.descendants().count()",
    ] {
        measure(&patient, "path", path)?;
    }
    Ok(())
}

/// Nanoseconds an evaluation takes.
fn measure(value: &Value, key: &str, text: &str) -> Result<f64, Box<dyn std::error::Error>> {
    let node = Node::resource(value).ok_or("a resource")?;
    let env = Env::without_clock(Some(node));
    let expression = Expression::parse(text)?;
    for _ in 0..1000 {
        black_box(expression.evaluate_bool(&env, black_box(node))?);
    }
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(expression.evaluate_bool(&env, black_box(node))?);
    }
    let each = start.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS);
    println!("{each:>9.0} ns  {key}  {text}");
    Ok(each)
}
