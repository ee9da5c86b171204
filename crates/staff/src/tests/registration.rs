//! What is registered: people close to a patient, insurance, consents, and who looked.

use aceso_fhir::json;
use aceso_policy::Role;
use http::StatusCode;

use super::kit::{Browser, Clinic};
use super::record::{clinician, fill};

async fn desk(clinic: &Clinic) -> Browser {
    fill(clinic).await;
    clinic.signed_in("felix", &[Role::FRONT_DESK]).await
}

/// What is stored of a type about the first patient, as one text.
async fn stored(clinic: &Clinic, kind: &str) -> String {
    let found = clinic.find(kind, "patient=Patient/p1").await;
    found.iter().map(json::to_string).collect()
}

#[tokio::test]
async fn emr_2_8_an_insurance_keeps_all_that_stands_on_the_card_and_is_changed_and_ended() {
    let clinic = Clinic::new();
    let desk = desk(&clinic).await;
    let card = [
        ("patient", "p1"),
        ("payer", "Example Health"),
        ("kind", "EHCPOL"),
        ("member", "M-4711"),
        ("group", "G-1"),
        ("rxbin", "610020"),
        ("holder", "self"),
        ("order", "1"),
        ("start", "2026-01-01"),
    ];
    let new = async |fields: &[(&str, &str)]| {
        let all = [&card[..], &[("form", "01insurance")], fields].concat();
        clinic.post(&desk, "/patients/p1/insurance/new", &all).await
    };
    let wrong = new(&[("end", "2025-01-01"), ("status", "active")]).await;
    assert!(
        wrong.text.contains("It ends before it begins"),
        "{}",
        wrong.text
    );
    let saved = new(&[("status", "active")]).await;
    assert_eq!(saved.place, "/patients/p1/registration", "{}", saved.text);
    let page = clinic.get(&desk, "/patients/p1/registration").await.text;
    for said in [
        "Example Health",
        "no. M-4711",
        "Group G-1",
        "Pharmacy BIN 610020",
        "since 1 Jan 2026",
        "first",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let at = "/patients/p1/insurance/01insurance";
    let form = clinic.get(&desk, at).await.text;
    assert!(
        form.contains("value=\"M-4711\"") && form.contains("value=\"610020\""),
        "{form}"
    );
    let ended = [
        &card[..],
        &[
            ("version", "1"),
            ("status", "cancelled"),
            ("end", "2026-02-01"),
        ],
    ]
    .concat();
    let saved = clinic.post(&desk, at, &ended).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let page = clinic.get(&desk, "/patients/p1/registration").await.text;
    assert!(
        page.contains("1 earlier") && page.contains("ended"),
        "{page}"
    );
}

#[tokio::test]
async fn emr_1_1_people_close_to_a_patient_are_recorded_each_with_what_they_are() {
    let clinic = Clinic::new();
    let desk = desk(&clinic).await;
    let person = [
        ("patient", "p1"),
        ("given", "Ned"),
        ("family", "Example"),
        ("phone", "555-010-2030"),
        ("state", "active"),
    ];
    let send = async |end: &str, fields: &[(&str, &str)]| {
        let at = ["/patients/p1/related/", end].concat();
        clinic
            .post(&desk, &at, &[&person[..], fields].concat())
            .await
    };
    let asked = send("new", &[("form", "01relatedperson")]).await;
    assert!(
        asked.text.contains("Choose what they are"),
        "{}",
        asked.text
    );
    let saved = send(
        "new",
        &[("form", "01relatedperson"), ("kinship", "HPOWATT")],
    )
    .await;
    assert_eq!(saved.place, "/patients/p1/registration", "{}", saved.text);
    let page = clinic.get(&desk, "/patients/p1/registration").await.text;
    assert!(
        page.contains("Ned Example")
            && page.contains("Decides on health care")
            && page.contains("555-010-2030"),
        "{page}"
    );
    let elsewhere = clinic
        .get(&desk, "/patients/p2/related/01relatedperson")
        .await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_1_1_us_core_particulars_are_registered_changed_and_read_back() {
    let clinic = Clinic::new();
    let desk = desk(&clinic).await;
    let new = [
        ("form", "01registerform"),
        ("given", "Nina"),
        ("family", "Newcomer"),
        ("birth", "1999-12-31"),
        ("gender", "female"),
        ("race", "2106-3"),
        ("race", "2028-9"),
        ("ethnicity", "2186-5"),
        ("birth-sex", "F"),
        ("pronouns", "LA29520-6"),
        ("interpreter", "373066001"),
        ("language", "es"),
    ];
    let saved = clinic.post(&desk, "/patients/new", &new).await;
    assert_eq!(saved.place, "/patients/01registerform", "{}", saved.text);
    let page = clinic
        .get(&desk, "/patients/01registerform/registration")
        .await
        .text;
    for said in [
        "White, Asian",
        "they/them",
        "Needed",
        "Spanish",
        "Not Hispanic or Latino",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let change = [
        ("patient", "01registerform"),
        ("version", "1"),
        ("given", "Nina"),
        ("family", "Newcomer"),
        ("birth", "1999-12-31"),
        ("gender", "female"),
        ("race", "2106-3"),
        ("alive", "dead"),
        ("died", "2026-03-01"),
    ];
    let at = "/patients/01registerform/edit";
    let early = [&change[..8], &[("died", "2026-03-01")]].concat();
    let early: Vec<_> = early
        .into_iter()
        .filter(|(name, _)| *name != "alive")
        .collect();
    let wrong = clinic.post(&desk, at, &early).await;
    assert!(
        wrong.text.contains("Say that they have died"),
        "{}",
        wrong.text
    );
    let saved = clinic.post(&desk, at, &change).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let page = clinic
        .get(&desk, "/patients/01registerform/registration")
        .await
        .text;
    assert!(
        page.contains("deceased: 1 Mar 2026") && !page.contains("they/them"),
        "{page}"
    );
}

#[tokio::test]
async fn a_consent_that_refuses_somebody_counts_from_the_moment_it_is_signed_until_it_is_taken_back()
 {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    clinic
        .put(&[
            r#"{"resourceType":"Practitioner","id":"nora","name":[{"given":["Nora"],"family":"Nurse"}]}"#,
            r#"{"resourceType":"CareTeam","id":"t1","status":"active","subject":{"reference":"Patient/p1"},
                "participant":[{"member":{"reference":"Practitioner/nora"}}]}"#,
        ])
        .await;
    let nora = clinic.clinician("nora", "Practitioner/nora").await;
    let sees = async || {
        let page = clinic.get(&nora, "/patients/p1").await.text;
        page.contains("Penicillin")
    };
    assert!(sees().await);
    let consent = [
        ("patient", "p1"),
        ("what", "person"),
        ("who", "Practitioner/nora"),
    ];
    let at = "/patients/p1/consents/new";
    let send = async |at: &str, fields: &[(&str, &str)]| {
        clinic
            .post(&doc, at, &[&consent[..], fields].concat())
            .await
    };
    let first = [("form", "01consent"), ("status", "active")];
    let asked = send(at, &first).await;
    assert!(
        asked.text.contains("Only what the patient signed"),
        "{}",
        asked.text
    );
    let signed = [&first[..], &[("witness", "yes")]].concat();
    let saved = send(at, &signed).await;
    assert_eq!(saved.place, "/patients/p1/registration", "{}", saved.text);
    assert!(!sees().await);
    let text = stored(&clinic, "Consent").await;
    assert!(
        text.contains("verifiedBy") && text.contains("Practitioner/doc"),
        "{text}"
    );
    let page = clinic.get(&doc, "/patients/p1/registration").await.text;
    assert!(
        page.contains("Nora Nurse") && page.contains("refused"),
        "{page}"
    );
    let back = [("version", "1"), ("status", "inactive"), ("witness", "yes")];
    let saved = send("/patients/p1/consents/01consent", &back).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    assert!(sees().await);
}

#[tokio::test]
async fn who_looked_is_summed_up_by_person_and_purpose_for_those_who_may_read_the_log() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    for _ in 0..2 {
        clinic.get(&doc, "/patients/p1").await;
    }
    let auditor = clinic.signed_in("olga", &[Role::AUDITOR]).await;
    let page = clinic.get(&auditor, "/patients/p1/access").await.text;
    for said in [
        "Ann Example",
        "Doc Example",
        "Clinician",
        "treatment",
        "/admin/reports/patient?patient=p1",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(page.matches(">Doc Example").count(), 1, "{page}");
    let refused = clinic.get(&doc, "/patients/p1/access").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_claimed_stands_on_the_chart_of_those_who_bill_and_of_nobody_else() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    clinic
        .put(&[
            r#"{"resourceType":"Claim","id":"cl1","status":"active","use":"claim","patient":{"reference":"Patient/p1"},
            "created":"2026-03-02","insurer":{"display":"Example Health"},"total":{"value":120.50,"currency":"USD"}}"#,
        ])
        .await;
    let biller = clinic.signed_in("bea", &[Role::BILLER]).await;
    let page = clinic.get(&biller, "/patients/p1").await.text;
    for said in ["Billing", "120.50 USD", "Example Health", "2 Mar 2026"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let page = clinic.get(&doc, "/patients/p1").await.text;
    assert!(!page.contains("120.50"), "{page}");
}

#[tokio::test]
async fn the_desk_takes_a_consent_back_when_the_patient_says_so() {
    let clinic = Clinic::new();
    clinician(&clinic).await;
    let desk = clinic.signed_in("desk", &[Role::FRONT_DESK]).await;
    let own = [
        ("patient", "p1"),
        ("what", "role"),
        ("role", "biller"),
        ("witness", "yes"),
    ];
    let send = async |at: &str, fields: &[(&str, &str)]| {
        clinic.post(&desk, at, &[&own[..], fields].concat()).await
    };
    let first = [("form", "01consent"), ("status", "active")];
    let saved = send("/patients/p1/consents/new", &first).await;
    assert_eq!(saved.place, "/patients/p1/registration", "{}", saved.text);
    let page = clinic.get(&desk, "/patients/p1/registration").await.text;
    assert!(page.contains("/patients/p1/consents/01consent"), "{page}");
    let back = [("version", "1"), ("status", "inactive")];
    let saved = send("/patients/p1/consents/01consent", &back).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let page = clinic.get(&desk, "/patients/p1/registration").await.text;
    assert!(page.contains("taken back"), "{page}");
}
