//! Code systems: loaded from their publishers' files, searched, and used where something is coded.

use aceso_fhir::json;
use aceso_policy::Role;
use http::StatusCode;

use super::kit::{Browser, Clinic, MINUTE};
use super::record::clinician;

const DIAGNOSES: &[u8] =
    b"J4520   Mild intermittent asthma, uncomplicated\nI10     Essential (primary) hypertension\n";

async fn load(clinic: &Clinic, ada: &Browser, fields: &[(&str, &str)], bytes: &[u8]) -> String {
    let at = "/admin/codes/load";
    let file = ("file", "codes.txt", bytes);
    let answer = clinic.post_file(ada, at, fields, file).await;
    match answer.place.is_empty() {
        true => answer.text,
        false => answer.place,
    }
}

#[tokio::test]
async fn emr_1_28_a_code_system_is_loaded_whole_or_not_at_all_and_can_be_searched() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let none = clinic.get(&ada, "/admin/codes").await.text;
    assert!(none.contains("No code system is loaded"), "{none}");
    let own = [("kind", "icd-10-cm"), ("version", "2026")];
    let bad = load(&clinic, &ada, &own, b"I10     Hypertension\nI1      x\n").await;
    assert!(bad.contains("Line 2: the code is missing"), "{bad}");
    let bad = load(
        &clinic,
        &ada,
        &[("kind", "csv"), ("version", "1")],
        DIAGNOSES,
    )
    .await;
    for said in [
        "Line 1: the heading does not name",
        "Give it a name",
        "Enter the address",
    ] {
        assert!(bad.contains(said), "{said}: {bad}");
    }
    assert!(clinic.find("CodeSystem", "").await.is_empty());
    assert_eq!(load(&clinic, &ada, &own, DIAGNOSES).await, "/admin/codes");
    let list = clinic.get(&ada, "/admin/codes?q=asthma").await.text;
    for said in ["ICD-10-CM", "2026", "J45.20", "Mild intermittent"] {
        assert!(list.contains(said), "{said}: {list}");
    }
    assert!(!list.contains("I10<"), "{list}");
    // The next version takes its place.
    clinic.clock.advance_millis(MINUTE);
    let next = [("kind", "icd-10-cm"), ("version", "2027")];
    let text = b"J4521   Mild intermittent asthma with exacerbation\n";
    assert_eq!(load(&clinic, &ada, &next, text).await, "/admin/codes");
    assert_eq!(clinic.find("CodeSystem", "").await.len(), 1);
    let list = clinic.get(&ada, "/admin/codes?q=asthma").await.text;
    assert!(list.contains("2027") && list.contains("J45.21"), "{list}");
    assert!(!list.contains("J45.20"), "{list}");
    let refused = clinic.get(&doc, "/admin/codes").await.status;
    assert_eq!(refused, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_1_13_a_diagnosis_is_found_by_its_words_and_an_unknown_code_is_refused() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let at = "/patients/p1/problems/new";
    let form = clinic.get(&doc, at).await.text;
    assert!(!form.contains("Find the code"), "{form}");
    load(
        &clinic,
        &ada,
        &[("kind", "icd-10-cm"), ("version", "2026")],
        DIAGNOSES,
    )
    .await;
    let own = [
        ("patient", "p1"),
        ("form", "01problemform"),
        ("certainty", "confirmed"),
        ("name", "mild asthma"),
    ];
    let send =
        async |fields: &[(&str, &str)]| clinic.post(&doc, at, &[&own[..], fields].concat()).await;
    let pick = "http://hl7.org/fhir/sid/icd-10-cm|J45.20";
    let found = send(&[("act", "find")]).await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(
        found.text.contains(pick) && found.text.contains("value=\"mild asthma\""),
        "{}",
        found.text
    );
    let wrong = send(&[("code", "I11")]).await;
    assert!(
        wrong.text.contains("ICD-10-CM 2026 has no such code"),
        "{}",
        wrong.text
    );
    let wrong = send(&[("pick", "http://hl7.org/fhir/sid/icd-10-cm|X")]).await;
    assert!(
        wrong.text.contains("Choose one of the codes"),
        "{}",
        wrong.text
    );
    let saved = send(&[("pick", pick)]).await;
    assert_eq!(saved.place, "/patients/p1", "{}", saved.text);
    let kept = clinic.find("Condition", "_id=01problemform").await;
    let kept: String = kept.iter().map(json::to_string).collect();
    for said in [
        "J45.20",
        "Mild intermittent asthma",
        "\"text\":\"mild asthma\"",
    ] {
        assert!(kept.contains(said), "{said}: {kept}");
    }
}

#[tokio::test]
async fn emr_1_20_a_test_is_ordered_by_its_code_where_loinc_was_loaded() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let table = b"LOINC_NUM,LONG_COMMON_NAME,STATUS\n2345-7,Glucose in Serum or Plasma,ACTIVE\n";
    load(
        &clinic,
        &ada,
        &[("kind", "loinc"), ("version", "2.81")],
        table,
    )
    .await;
    for (form, what) in [
        ("01orderform1", "2345-7"),
        ("01orderform2", "glucose in serum or plasma"),
    ] {
        let own = [
            ("patient", "p1"),
            ("form", form),
            ("what", what),
            ("for", "Thirst"),
            ("priority", "routine"),
            ("again", what),
        ];
        let saved = clinic
            .post(&doc, "/patients/p1/orders/new/laboratory", &own)
            .await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
        let query = format!("_id={form}");
        let kept = clinic.find("ServiceRequest", &query).await;
        let kept: String = kept.iter().map(json::to_string).collect();
        assert!(
            kept.contains("2345-7") && kept.contains("Glucose in Serum or Plasma"),
            "{kept}"
        );
    }
}
