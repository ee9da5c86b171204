//! What stands in the record of the tests' clinic.

use super::kit::{Browser, Clinic};

/// Two patients; the first is in the care of `Practitioner/doc`.
pub(super) async fn fill(clinic: &Clinic) {
    let bad = "<script>alert(1)</script>";
    let texts = [
        r#"{"resourceType":"Practitioner","id":"doc","name":[{"family":"Doc"}]}"#.to_owned(),
        r#"{"resourceType":"Patient","id":"p1","birthDate":"1974-03-01","gender":"female","name":[{"given":["Ann"],"family":"Example"}],
            "identifier":[{"type":{"coding":[{"code":"MR"}]},"value":"4711"}],"generalPractitioner":[{"reference":"Practitioner/doc"}]}"#
            .to_owned(),
        format!(r#"{{"resourceType":"Patient","id":"p2","name":[{{"given":["{bad}"],"family":"Other"}}],"identifier":[{{"value":"{bad}"}}]}}"#),
        format!(
            r#"{{"resourceType":"AllergyIntolerance","id":"a1","patient":{{"reference":"Patient/p1"}},"code":{{"text":"Penicillin {bad}"}},
            "criticality":"high","clinicalStatus":{{"coding":[{{"code":"active"}}]}}}}"#
        ),
        r#"{"resourceType":"AllergyIntolerance","id":"a2","patient":{"reference":"Patient/p2"},"code":{"text":"Latex"}}"#
            .to_owned(),
        r#"{"resourceType":"Condition","id":"c2","subject":{"reference":"Patient/p2"},"code":{"text":"Secret problem"},
            "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}"#
            .to_owned(),
    ];
    clinic.put(&texts).await;
}

/// More of the first patient's record.
pub(super) async fn chart(clinic: &Clinic) {
    let loinc = "http://loinc.org";
    let observation = |id: &str,
                       code: &str,
                       name: &str,
                       category: &str,
                       at: &str,
                       value: &str,
                       unit: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":{{"reference":"Patient/p1"}},
            "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{category}"}}]}}],
            "code":{{"coding":[{{"system":"{loinc}","code":"{code}"}}],"text":"{name}"}},"effectiveDateTime":"{at}",
            "valueQuantity":{{"value":{value},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{unit}"}}}}"#
        )
    };
    let clinical = r#""clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"#;
    let texts = [
        observation("o1", "8867-4", "Heart rate", "vital-signs", "2026-03-01T10:00:00Z", "135", "/min"),
        observation("o2", "8867-4", "Heart rate", "vital-signs", "2025-03-01T10:00:00Z", "72", "/min"),
        observation("o3", "6298-4", "Potassium", "laboratory", "2026-03-01T10:00:00Z", "6.4", "mmol/L"),
        observation("o4", "6298-4", "Potassium", "laboratory", "2025-03-01T10:00:00Z", "4.1", "mmol/L"),
        format!(r#"{{"resourceType":"Condition","id":"c1","subject":{{"reference":"Patient/p1"}},"code":{{"text":"Asthma"}},{clinical}"active"}}]}}}}"#),
        format!(r#"{{"resourceType":"Condition","id":"c3","subject":{{"reference":"Patient/p1"}},"code":{{"text":"Old fracture"}},{clinical}"resolved"}}]}}}}"#),
        r#"{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p1"},
            "type":[{"text":"Check-up"}],"period":{"start":"2026-03-01T09:00:00Z"},"participant":[{"individual":{"reference":"Practitioner/doc"}}]}"#
            .to_owned(),
    ];
    clinic.put(&texts).await;
}

/// A clinician with the first patient in their care.
pub(super) async fn clinician(clinic: &Clinic) -> Browser {
    fill(clinic).await;
    chart(clinic).await;
    clinic.doctor().await
}
