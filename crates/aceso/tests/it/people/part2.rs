//! A patient's consent to what leaves about substance use: recorded at a page, on papers, taken back (42 CFR part 2).

use std::process::Command;

use serde_json::json;

use super::Clinic;
use crate::browser::Browser;
use crate::stage::Stage;

const NOTICE: &str = "42 CFR part 2 prohibits unauthorized use or disclosure of these records.";

/// The words of a paper, as poppler's pdftotext reads them; none where it is not installed.
fn words(stage: &Stage, pdf: Vec<u8>) -> Option<String> {
    let file = stage.file("paper.pdf", pdf);
    let Ok(said) = Command::new("pdftotext")
        .arg("-layout")
        .arg(file)
        .arg("-")
        .output()
    else {
        aceso_testkit::absent("pdftotext (package poppler-utils)");
        return None;
    };
    let text = String::from_utf8(said.stdout).unwrap();
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn consent(browser: &mut Browser, at: &str, typed: &[(&str, &str)]) -> crate::browser::Page {
    let page = browser.open(at).expect(200, "the form");
    browser.submit(&page, at, typed)
}

#[test]
fn s3_s4_a_consent_lets_papers_carry_substance_use_with_notice_and_scope_until_it_is_taken_back() {
    let clinic = Clinic::with("[record]\npart2 = true\n");
    let token = clinic.stage.token("hospital", "system/*.cruds");
    let api = |method: &str, path: &str, body: &str| {
        clinic
            .server
            .ask(method, &["/fhir/", path].concat(), &token, body)
    };
    for one in [
        json!({"resourceType": "Practitioner", "id": "d", "name": [{"family": "Doctor"}]}),
        json!({"resourceType": "Patient", "id": "a", "name": [{"family": "Example", "given": ["Ann"]}],
            "birthDate": "1980-01-01", "generalPractitioner": [{"reference": "Practitioner/d"}]}),
        json!({"resourceType": "Condition", "id": "use", "subject": {"reference": "Patient/a"},
            "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
            "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F11.20"}], "text": "Opioid dependence"}}),
        json!({"resourceType": "Condition", "id": "other", "subject": {"reference": "Patient/a"},
            "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
            "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}], "text": "Hypertension"}}),
    ] {
        let path = format!(
            "{}/{}",
            one["resourceType"].as_str().unwrap(),
            one["id"].as_str().unwrap()
        );
        let (status, _, said) = api("PUT", &path, &one.to_string());
        assert_eq!(status, 201, "{said}");
    }
    let (mut doctor, _) = clinic.person("doc", "clinician", &["--fhir-user", "Practitioner/d"]);
    let chart = doctor.open("/patients/a").expect(200, "the chart");
    assert!(
        chart.body.contains("Opioid dependence"),
        "within the clinic nothing changes"
    );
    let paper = |reader: &mut Browser, reason: &str| {
        let path = format!("/patients/a/papers/summary?for={reason}");
        words(&clinic.stage, reader.file(&path))
    };
    let has = |paper: &Option<String>, what: &str| paper.as_ref().is_none_or(|p| p.contains(what));
    let lacks =
        |paper: &Option<String>, what: &str| paper.as_ref().is_none_or(|p| !p.contains(what));
    let without = paper(&mut doctor, "treatment");
    assert!(
        has(&without, "Hypertension") && lacks(&without, "Opioid"),
        "{without:?}"
    );
    let own = paper(&mut doctor, "patient");
    assert!(
        has(&own, "Opioid dependence") && has(&own, NOTICE),
        "{own:?}"
    );
    assert!(has(&own, "The patient asked for this paper."), "{own:?}");
    assert_eq!(api("GET", "Condition/use", "").0, 404);
    // A consent that would mix proceedings with anything else is refused by the form.
    let new = "/patients/a/consents/new";
    let signed = [("status", "active"), ("witness", "yes")];
    let mixed = [
        &signed[..],
        &[
            ("what", "tpo"),
            ("proceeding", "Circuit court, 26-117"),
            ("to", "The court"),
        ],
    ]
    .concat();
    let refused = consent(&mut doctor, new, &mixed);
    assert!(
        refused.body.contains("never part of another consent"),
        "{}",
        refused.body
    );
    let unnamed = [&signed[..], &[("what", "proceedings")]].concat();
    let refused = consent(&mut doctor, new, &unnamed);
    assert!(
        refused.body.contains("Name the proceeding"),
        "{}",
        refused.body
    );
    let saved = consent(
        &mut doctor,
        new,
        &[&signed[..], &[("what", "tpo")]].concat(),
    );
    assert_eq!(saved.status, 303, "{}", saved.body);
    let (status, _, found) = api("GET", "Consent?patient=a", "");
    assert_eq!(status, 200);
    let bundle: serde_json::Value = serde_json::from_str(&found).unwrap();
    let kept = &bundle["entry"][0]["resource"];
    let id = kept["id"].as_str().unwrap();
    assert!(
        kept["text"]["div"]
            .as_str()
            .unwrap()
            .contains("revoke this consent"),
        "{kept}"
    );
    let with = paper(&mut doctor, "treatment");
    for said in [
        "Opioid dependence",
        NOTICE,
        "treatment, payment, health care operations",
        "my treating providers",
        id,
    ] {
        assert!(has(&with, said), "{said}: {with:?}");
    }
    let (status, _, said) = api("GET", "Condition/use", "");
    assert!(
        status == 200 && said.contains(NOTICE) && said.contains("42CFRPart2"),
        "{said}"
    );
    let court = paper(&mut doctor, "proceedings");
    assert!(
        lacks(&court, "Opioid") && has(&court, "Hypertension"),
        "{court:?}"
    );
    let legal = [
        ("what", "proceedings"),
        ("proceeding", "Circuit court, 26-117"),
        ("to", "The court's clerk"),
    ];
    let saved = consent(&mut doctor, new, &[&signed[..], &legal].concat());
    assert_eq!(saved.status, 303, "{}", saved.body);
    let court = paper(&mut doctor, "proceedings");
    for said in [
        "Opioid dependence",
        NOTICE,
        "Circuit court, 26-117",
        "The court's clerk",
    ] {
        assert!(has(&court, said), "{said}: {court:?}");
    }
    // Taken back: from then on nothing more leaves; what left is still in the accounting, with the consent's version.
    let at = format!("/patients/a/consents/{id}");
    let back = [("what", "tpo"), ("status", "inactive"), ("witness", "yes")];
    assert_eq!(consent(&mut doctor, &at, &back).status, 303);
    let after = paper(&mut doctor, "treatment");
    assert!(
        lacks(&after, "Opioid") && lacks(&after, NOTICE),
        "{after:?}"
    );
    assert_eq!(api("GET", "Condition/use", "").0, 404);
    let (_, _, log) = api("GET", "AuditEvent?patient=Patient/a&_count=300", "");
    assert!(log.contains(&format!("Consent/{id}/_history/1")), "{log}");
}
