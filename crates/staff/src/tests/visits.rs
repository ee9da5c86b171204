//! A visit on one page and on paper, and problems in the order of their weight.

use http::StatusCode;

use super::kit::Clinic;
use super::record::clinician;

#[tokio::test]
async fn a_visits_summary_tells_what_was_found_decided_and_ordered_on_the_page_and_on_paper() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let of = r#""subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/e1"}"#;
    clinic
        .put(&[
            format!(r#"{{"resourceType":"Condition","id":"v1",{of},"code":{{"text":"Acute bronchitis"}}}}"#),
            format!(
                r#"{{"resourceType":"MedicationRequest","id":"v2","status":"active","intent":"order",{of},"medicationCodeableConcept":{{"text":"Ibuprofen 400 mg"}}}}"#
            ),
            format!(
                r#"{{"resourceType":"ServiceRequest","id":"v3","status":"draft","intent":"order",{of},"code":{{"text":"Not signed yet"}}}}"#
            ),
        ])
        .await;
    // What is written while a visit goes on is of that visit.
    clinic
        .put(&[r#"{"resourceType":"Encounter","id":"e1","status":"in-progress","class":{"code":"AMB"},"subject":{"reference":"Patient/p1"},
            "type":[{"text":"Check-up"}],"period":{"start":"2026-03-01T09:00:00Z"},"participant":[{"individual":{"reference":"Practitioner/doc"}}]}"#])
        .await;
    let note = "/patients/p1/notes/01visitnote";
    let text = [("patient", "p1"), ("plan", "Rest and tea")];
    let draft = [&text[..], &[("version", "0")]].concat();
    clinic.post(&doc, &format!("{note}/draft"), &draft).await;
    let sign = [&text[..], &[("version", "1"), ("act", "sign")]].concat();
    let signed = clinic.post(&doc, &format!("{note}/edit"), &sign).await;
    assert_eq!(signed.place, note, "{}", signed.text);
    let at = "/patients/p1/visits/e1";
    let page = clinic.get(&doc, at).await.text;
    for said in [
        "Check-up",
        "Acute bronchitis",
        "Ibuprofen 400 mg",
        "1 Mar 2026",
        "Rest and tea",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // A draft is nobody's order, and another visit's problem is not this one's.
    assert!(
        !page.contains("Not signed yet") && !page.contains("Old fracture"),
        "{page}"
    );
    let paper = clinic.get(&doc, &format!("{at}/pdf")).await;
    assert_eq!(paper.kind, "application/pdf");
    assert!(paper.text.starts_with("%PDF-"));
    let chart = clinic.get(&doc, "/patients/p1").await.text;
    assert!(chart.contains("href=\"/patients/p1/visits/e1\""), "{chart}");
    let elsewhere = clinic.get(&doc, "/patients/p2/visits/e1").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_1_13_problems_stand_in_the_order_that_was_given_with_the_patients_concern_marked() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    clinic
        .put(&[
            r#"{"resourceType":"Condition","id":"c9","subject":{"reference":"Patient/p1"},"code":{"text":"Backache"},
            "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}"#,
        ])
        .await;
    let at = "/patients/p1/problems/order";
    let first = |text: &str| {
        let places = [text.find("Asthma"), text.find("Backache")];
        assert!(places.iter().all(Option::is_some), "{text}");
        places[0] > places[1]
    };
    let send = async |version: &str, back: &str| {
        let fields = [
            ("patient", "p1"),
            ("version", version),
            ("place.c1", "2"),
            ("place.c9", back),
            ("concern", "c9"),
        ];
        clinic.post(&doc, at, &fields).await
    };
    assert!(send("0", "last").await.text.contains("1 comes first"));
    assert_eq!(send("0", "1").await.place, "/patients/p1");
    let chart = clinic.get(&doc, "/patients/p1").await.text;
    let card = chart.split(">Problems").nth(1).unwrap();
    assert!(first(card) && card.contains("concern"), "{card}");
    let late = send("0", "5").await;
    assert!(
        late.text.contains("Somebody else put the problems"),
        "{}",
        late.text
    );
    assert_eq!(send("1", "5").await.place, "/patients/p1");
    let chart = clinic.get(&doc, "/patients/p1").await.text;
    assert!(!first(chart.split(">Problems").nth(1).unwrap()), "{chart}");
}
