//! Writes a patient with a long history as NDJSON to the standard output, for `aceso import`: 1,000 visits, 20,000
//! observations (vital signs and laboratory), 60 problems, 80 prescriptions, 60 vaccinations. The same on every run.
//!
//! `cargo run -p aceso-staff --example long_history -- Practitioner/ID > long.ndjson`; the practitioner becomes the one
//! who treats the patient. How the chart's first page is measured with it is in `docs/performance.md`.
#![allow(clippy::print_stdout, reason = "what it writes is its purpose")]

use std::fmt::Write as _;
use std::io::Write as _;

const PATIENT: &str = "long-history";
const VISITS: u32 = 1000;
/// LOINC code, name, unit, least, step.
const VITALS: [(&str, &str, &str, u32, u32); 6] = [
    ("8867-4", "Heart rate", "/min", 58, 3),
    ("9279-1", "Respiratory rate", "/min", 12, 1),
    ("2708-6", "Oxygen saturation", "%", 93, 1),
    ("29463-7", "Body weight", "kg", 70, 1),
    ("8302-2", "Body height", "cm", 171, 0),
    ("39156-5", "Body mass index", "kg/m2", 24, 0),
];
const TESTS: [(&str, &str, &str, u32, u32); 13] = [
    ("2947-0", "Sodium", "mmol/L", 134, 1),
    ("6298-4", "Potassium", "mmol/L", 3, 0),
    ("2069-3", "Chloride", "mmol/L", 97, 1),
    ("20565-8", "Carbon dioxide", "mmol/L", 21, 1),
    ("6299-2", "Urea nitrogen", "mg/dL", 9, 2),
    ("38483-4", "Creatinine", "mg/dL", 1, 0),
    ("49765-1", "Calcium", "mg/dL", 9, 0),
    ("2339-0", "Glucose", "mg/dL", 80, 9),
    ("718-7", "Hemoglobin", "g/dL", 12, 0),
    ("6690-2", "Leukocytes", "10*3/uL", 5, 1),
    ("777-3", "Platelets", "10*3/uL", 180, 20),
    ("4548-4", "Hemoglobin A1c", "%", 6, 0),
    ("2093-3", "Total cholesterol", "mg/dL", 170, 9),
];

fn main() -> std::io::Result<()> {
    let practitioner = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "Practitioner/long-history".to_owned());
    let mut out = String::new();
    if practitioner == "Practitioner/long-history" {
        line(
            &mut out,
            r#"{"resourceType":"Practitioner","id":"long-history","name":[{"family":"Long"}]}"#,
        );
    }
    line(
        &mut out,
        &format!(
            r#"{{"resourceType":"Patient","id":"{PATIENT}","name":[{{"family":"History","given":["Long"]}}],"gender":"female","birthDate":"1950-05-05",
        "generalPractitioner":[{{"reference":"{practitioner}"}}]}}"#
        ),
    );
    for n in 0..60 {
        condition(&mut out, n);
    }
    for n in 0..80 {
        prescription(&mut out, n, &practitioner);
    }
    for n in 0..60 {
        line(
            &mut out,
            &format!(
                r#"{{"resourceType":"Immunization","id":"long-i{n}","status":"completed","vaccineCode":{{"text":"Vaccine {}"}},
            "patient":{{"reference":"Patient/{PATIENT}"}},"occurrenceDateTime":"{}"}}"#,
                n % 9,
                day(n * 16)
            ),
        );
    }
    for n in 0..VISITS {
        visit(&mut out, n, &practitioner);
    }
    std::io::stdout().write_all(out.as_bytes())
}

/// One resource on one line.
fn line(out: &mut String, text: &str) {
    out.extend(text.lines().map(str::trim));
    out.push('\n');
}

/// The day of a visit: about nineteen years of them, the last in 2026.
fn day(n: u32) -> String {
    let days = n * 7;
    format!(
        "{}-{:02}-{:02}",
        2007 + days / 360,
        days % 360 / 30 + 1,
        days % 30 % 28 + 1
    )
}

fn condition(out: &mut String, n: u32) {
    let status = if n.is_multiple_of(3) {
        "active"
    } else {
        "resolved"
    };
    line(
        out,
        &format!(
            r#"{{"resourceType":"Condition","id":"long-c{n}","subject":{{"reference":"Patient/{PATIENT}"}},"code":{{"text":"Problem number {n}"}},
        "clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"{status}"}}]}},"onsetDateTime":"{}"}}"#,
            day(n * 15)
        ),
    );
}

fn prescription(out: &mut String, n: u32, practitioner: &str) {
    let status = if n.is_multiple_of(5) {
        "active"
    } else {
        "stopped"
    };
    line(
        out,
        &format!(
            r#"{{"resourceType":"MedicationRequest","id":"long-m{n}","status":"{status}","intent":"order","medicationCodeableConcept":{{"text":"Drug number {n} 10 MG"}},
        "subject":{{"reference":"Patient/{PATIENT}"}},"requester":{{"reference":"{practitioner}"}},"authoredOn":"{}"}}"#,
            day(n * 12)
        ),
    );
}

fn visit(out: &mut String, n: u32, practitioner: &str) {
    let day = day(n);
    line(
        out,
        &format!(
            r#"{{"resourceType":"Encounter","id":"long-e{n}","status":"finished","class":{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"}},
        "type":[{{"text":"Visit number {n}"}}],"subject":{{"reference":"Patient/{PATIENT}"}},"participant":[{{"individual":{{"reference":"{practitioner}"}}}}],
        "period":{{"start":"{day}T09:00:00Z"}}}}"#
        ),
    );
    let mut component = String::new();
    for (code, value) in [("8480-6", 110 + n % 41), ("8462-4", 66 + n % 23)] {
        let _ = write!(
            component,
            r#"{}{{"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},
            "valueQuantity":{{"value":{value},"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}}}"#,
            if component.is_empty() { "" } else { "," }
        );
    }
    observation(
        out,
        &format!("long-o{n}-bp"),
        ("85354-9", "Blood pressure", "vital-signs"),
        (&day, n),
        &format!(r#""component":[{component}]"#),
    );
    for (group, all) in [("vital-signs", &VITALS[..]), ("laboratory", &TESTS[..])] {
        for (code, name, unit, least, step) in all {
            let (whole, tenth) = (least + step * (n % 7), n % 10);
            let value = format!(
                r#""valueQuantity":{{"value":{whole}.{tenth},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{unit}"}}"#
            );
            observation(
                out,
                &format!("long-o{n}-{code}"),
                (code, name, group),
                (&day, n),
                &value,
            );
        }
    }
}

fn observation(
    out: &mut String,
    id: &str,
    (code, name, group): (&str, &str, &str),
    (day, n): (&str, u32),
    value: &str,
) {
    line(
        out,
        &format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{group}"}}]}}],
        "code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}],"text":"{name}"}},"subject":{{"reference":"Patient/{PATIENT}"}},
        "encounter":{{"reference":"Encounter/long-e{n}"}},"effectiveDateTime":"{day}T09:10:00Z",{value}}}"#
        ),
    );
}
