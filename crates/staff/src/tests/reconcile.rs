//! Medications and allergies, gone through with the patient.

use aceso_fhir::json;
use aceso_policy::Role;
use http::StatusCode;

use super::kit::Clinic;
use super::record::clinician;

const PAGE: &str = "/patients/p1/reconcile";
/// Every line of the first patient's chart, as it is shown.
const SHOWN: [(&str, &str); 5] = [
    ("patient", "p1"),
    ("form", "01reconcile"),
    ("version.MedicationRequest.m1", "1"),
    ("version.MedicationStatement.s1", "1"),
    ("version.AllergyIntolerance.a1", "1"),
];

async fn drugs(clinic: &Clinic) {
    clinic
        .put(&[
            r#"{"resourceType":"MedicationRequest","id":"m1","status":"active","intent":"order","subject":{"reference":"Patient/p1"},
                "medicationCodeableConcept":{"text":"Metformin 500 mg"},"authoredOn":"2026-01-02"}"#,
            r#"{"resourceType":"MedicationStatement","id":"s1","status":"active","subject":{"reference":"Patient/p1"},
                "medicationCodeableConcept":{"text":"Vitamin D 1000 IU"},"dosage":[{"text":"once a day"}]}"#,
        ])
        .await;
}

async fn stored(clinic: &Clinic, kind: &str) -> String {
    let found = clinic.find(kind, "patient=Patient/p1").await;
    found.iter().map(json::to_string).collect()
}

#[tokio::test]
async fn emr_1_17_every_line_is_answered_and_all_answers_are_signed_as_one_act() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    drugs(&clinic).await;
    let page = clinic.get(&doc, PAGE).await.text;
    for said in ["Metformin 500 mg", "Vitamin D 1000 IU", "Penicillin"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let send = async |fields: &[(&str, &str)]| {
        clinic
            .post(&doc, PAGE, &[&SHOWN[..], fields].concat())
            .await
    };
    let half = send(&[("act.MedicationRequest.m1", "stop")]).await;
    assert!(
        half.text.contains("Say what the patient says to Vitamin D"),
        "{}",
        half.text
    );
    assert!(
        stored(&clinic, "MedicationRequest")
            .await
            .contains("\"active\"")
    );
    let answers = [
        ("act.MedicationRequest.m1", "stop"),
        ("act.MedicationStatement.s1", "change"),
        ("dose.MedicationStatement.s1", "twice a week"),
        ("act.AllergyIntolerance.a1", "continue"),
    ];
    let against = [&answers[..], &[("drug-1", "Amoxicillin 500 mg")]].concat();
    let told = send(&against).await;
    assert!(
        told.text.contains("Allergy to") && told.text.contains("Add a medication"),
        "{}",
        told.text
    );
    let full = [
        &answers[..],
        &[("drug-1", "Ginger tea"), ("dose-1", "in the evening")],
    ]
    .concat();
    let saved = send(&full).await;
    assert_eq!(saved.place, "/patients/p1/medications", "{}", saved.text);
    assert!(
        stored(&clinic, "MedicationRequest")
            .await
            .contains("\"stopped\"")
    );
    let statements = stored(&clinic, "MedicationStatement").await;
    assert!(
        statements.contains("twice a week") && statements.contains("Ginger tea"),
        "{statements}"
    );
    let list = stored(&clinic, "List").await;
    for said in [
        "430193006",
        "Practitioner/doc",
        "stopped",
        "changed",
        "added",
        "continued",
    ] {
        assert!(list.contains(said), "{said}: {list}");
    }
    let page = clinic.get(&doc, "/patients/p1/medications").await.text;
    assert!(
        page.contains("Gone through with the patient on 4 Mar 2026"),
        "{page}"
    );
}

#[tokio::test]
async fn what_was_changed_in_the_meantime_is_looked_at_again_and_nothing_is_saved() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    drugs(&clinic).await;
    // Somebody changes a line while the form is open.
    let answers = [
        ("act.MedicationRequest.m1", "continue"),
        ("act.MedicationStatement.s1", "stop"),
        ("act.AllergyIntolerance.a1", "continue"),
    ];
    clinic
        .put(&[r#"{"resourceType":"MedicationStatement","id":"s1","status":"active","subject":{"reference":"Patient/p1"},
            "medicationCodeableConcept":{"text":"Vitamin D 2000 IU"}}"#])
        .await;
    let late = clinic
        .post(&doc, PAGE, &[&SHOWN[..], &answers].concat())
        .await;
    assert_eq!(
        late.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        late.text
    );
    assert!(
        late.text.contains("changed in the meantime"),
        "{}",
        late.text
    );
    assert!(
        !stored(&clinic, "MedicationStatement")
            .await
            .contains("stopped")
    );
    assert_eq!(stored(&clinic, "List").await, "");
}

#[tokio::test]
async fn a_nurse_writes_down_what_the_patient_takes_and_leaves_the_prescription_to_its_prescriber()
{
    let clinic = Clinic::new();
    clinician(&clinic).await;
    drugs(&clinic).await;
    clinic
        .put(&[r#"{"resourceType":"CareTeam","id":"t1","status":"active","subject":{"reference":"Patient/p1"},
            "participant":[{"member":{"reference":"Practitioner/nora"}}]}"#])
        .await;
    let nora = clinic
        .person_who_is("nora", &[Role::NURSE], Some("Practitioner/nora"))
        .await;
    let nora = clinic.browser(&nora).await;
    assert!(
        clinic
            .get(&nora, PAGE)
            .await
            .text
            .contains("Does not take it")
    );
    let answers = [
        ("act.MedicationRequest.m1", "stop"),
        ("act.MedicationStatement.s1", "continue"),
        ("act.AllergyIntolerance.a1", "continue"),
    ];
    let saved = clinic
        .post(&nora, PAGE, &[&SHOWN[..], &answers].concat())
        .await;
    assert_eq!(saved.place, "/patients/p1/medications", "{}", saved.text);
    assert!(
        stored(&clinic, "MedicationRequest")
            .await
            .contains("\"active\"")
    );
    let told = stored(&clinic, "MedicationStatement").await;
    assert!(
        told.contains("not-taken") && told.contains("MedicationRequest/m1"),
        "{told}"
    );
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    assert_eq!(clinic.get(&desk, PAGE).await.status, StatusCode::NOT_FOUND);
}
