//! Patients: found and shown as far as the caller may see them.

use aceso_fhir::json;
use aceso_policy::{Caller, Purpose, Role};
use http::StatusCode;

use super::kit::Clinic;

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
    let mut tx = clinic.store.write(&Caller::operator(), Purpose::Treatment);
    for text in texts {
        let document = json::read(text.as_bytes()).unwrap();
        let id = document.id().unwrap().to_owned();
        tx.update(&id, document, None).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn asvs_14_2_1_patients_are_found_by_what_is_posted() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    let check = async |fields: &[(&str, &str)], said: &str| {
        let answer = clinic.post(&desk, "/patients", fields).await;
        assert!(answer.text.contains(said), "{fields:?}: {}", answer.text);
    };
    check(&[("name", "exam ann")], "href=\"/patients/p1\"").await;
    check(&[("birth", "1974-03-01")], "href=\"/patients/p1\"").await;
    check(&[("number", "4711")], "href=\"/patients/p1\"").await;
    check(&[("name", "nobody")], "Nobody found").await;
    check(&[("birth", "1.3.1974")], "Enter the day as year-month-day").await;
    check(&[("name", " ")], "Enter a name, a birth date or a number").await;
    check(&[("name", "a,b|c$d\\")], "Nobody found").await;
}

#[tokio::test]
async fn a_chart_shows_what_its_reader_may_see_and_nothing_else() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic
        .person_who_is("doc", &[Role::CLINICIAN], Some("Practitioner/doc"))
        .await;
    let doc = clinic.browser(&doc).await;
    let own = clinic.get(&doc, "/patients/p1").await;
    assert_eq!(own.status, StatusCode::OK);
    assert!(
        own.text.contains("Ann Example") && own.text.contains("Penicillin"),
        "{}",
        own.text
    );
    assert!(own.text.contains("&lt;script&gt;") && !own.text.contains("<script>alert"));
    let other = clinic.get(&doc, "/patients/p2").await;
    assert!(other.text.contains("Open with a reason"), "{}", other.text);
    assert!(!other.text.contains("Secret problem") && !other.text.contains("<script>alert"));
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    let seen = clinic.get(&desk, "/patients/p1").await;
    assert!(
        seen.text.contains("Ann Example")
            && !seen.text.contains("Penicillin")
            && !seen.text.contains("Open with a reason")
    );
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    assert_eq!(
        clinic.get(&ada, "/patients/p1").await.status,
        StatusCode::NOT_FOUND
    );
    assert!(
        clinic
            .get(&ada, "/patients")
            .await
            .text
            .contains("Your role does not see patients")
    );
}
