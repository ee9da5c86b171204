//! Break-glass: opened with a reason, shown, reviewed, told to the patient.

use aceso_policy::Role;
use http::StatusCode;

use super::kit::{Browser, Clinic, HOUR};
use super::record::fill;

const REASON: [(&str, &str); 3] = [
    ("patient", "p2"),
    ("reason", "emergency"),
    ("detail", "Unconscious in the waiting room"),
];

async fn clinician(clinic: &Clinic) -> Browser {
    fill(clinic).await;
    clinic.doctor().await
}

#[tokio::test]
async fn h3_o_d6_bg1_bg2_a_chart_opens_with_a_reason_and_a_fresh_proof_for_four_hours() {
    let clinic = Clinic::new();
    let mut doc = clinician(&clinic).await;
    let path = "/patients/p2/break-glass";
    assert!(clinic.get(&doc, path).await.place.starts_with("/step-up"));
    clinic.step_up(&mut doc).await;
    assert_eq!(
        clinic.get(&doc, "/break-glass?patient=p2").await.place,
        path
    );
    let short = [
        ("patient", "p2"),
        ("reason", "emergency"),
        ("detail", "short"),
    ];
    let refused = clinic.post(&doc, path, &short).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Say in 10 to 2000 letters") && refused.text.contains(">short<"));
    assert_eq!(clinic.post(&doc, path, &REASON).await.place, "/patients/p2");
    let chart = clinic.get(&doc, "/patients/p2").await;
    assert!(
        chart.text.contains("Secret problem") && chart.text.contains("Emergency access: 4 h left"),
        "{}",
        chart.text
    );
    let elsewhere = clinic.get(&doc, "/patients/p1").await;
    assert!(!elsewhere.text.contains("Emergency access"));
    clinic.clock.advance_millis(4 * HOUR + 1);
    let doc = clinic.browser(&doc.account).await;
    let after = clinic.get(&doc, "/patients/p2").await;
    assert!(!after.text.contains("Secret problem") && !after.text.contains("Emergency access"));
}

#[tokio::test]
async fn bg2_it_can_be_ended_before_its_time() {
    let clinic = Clinic::new();
    let mut doc = clinician(&clinic).await;
    clinic.step_up(&mut doc).await;
    clinic.post(&doc, "/patients/p2/break-glass", &REASON).await;
    let ended = clinic
        .post(&doc, "/patients/p2/break-glass/end", &[("patient", "p2")])
        .await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER);
    assert!(
        !clinic
            .get(&doc, "/patients/p2")
            .await
            .text
            .contains("Secret problem")
    );
}

#[tokio::test]
async fn a_form_about_another_patient_than_its_address_is_refused() {
    let clinic = Clinic::new();
    let mut doc = clinician(&clinic).await;
    clinic.step_up(&mut doc).await;
    for (path, patient) in [
        ("/patients/p1/break-glass", "p2"),
        ("/patients/p2/break-glass/end", "p1"),
        ("/patients/p2/break-glass/end", ""),
    ] {
        let mut fields = vec![("patient", patient)];
        if path.ends_with("break-glass") {
            fields.extend(&REASON[1..]);
        }
        let answer = clinic.post(&doc, path, &fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{path} {patient}");
    }
    assert!(
        clinic
            .store
            .open_breaks(&aceso_policy::Caller::operator())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn bg3_bg6_the_officer_reviews_it_and_the_patient_sees_it() {
    let clinic = Clinic::new();
    let mut doc = clinician(&clinic).await;
    let sena = clinic.signed_in("sena", &[Role::SECURITY_OFFICER]).await;
    let patient = clinic
        .person_who_is("pat", &[Role::PATIENT], Some("Patient/p2"))
        .await;
    let pat = clinic.browser(&patient).await;
    clinic.step_up(&mut doc).await;
    clinic.post(&doc, "/patients/p2/break-glass", &REASON).await;
    clinic.get(&doc, "/patients/p2").await;
    let report = clinic.get(&pat, "/account/access").await;
    assert!(
        report
            .text
            .contains("doc opened your record in an emergency"),
        "{}",
        report.text
    );
    assert!(report.text.contains("emergency access") && report.text.contains("doc Example"));
    assert_eq!(
        clinic.get(&doc, "/account/access").await.status,
        StatusCode::NOT_FOUND
    );
    clinic.clock.advance_millis(49 * HOUR);
    let sena = clinic.browser(&sena.account).await;
    let queue = clinic.get(&sena, "/admin/break-glass").await;
    assert!(queue.text.contains("overdue by"), "{}", queue.text);
    assert!(clinic.get(&sena, "/admin").await.text.contains("1 overdue"));
    let case = queue
        .text
        .split("href=\"/admin/break-glass/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let case = format!("/admin/break-glass/{case}");
    let page = clinic.get(&sena, &case).await;
    assert!(
        page.text.contains("Unconscious in the waiting room")
            && ["Condition", "AllergyIntolerance"]
                .iter()
                .all(|k| page.text.contains(k)),
        "{}",
        page.text
    );
    assert_eq!(
        clinic.post(&sena, &case, &[("note", "x")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let review = [("finding", "justified"), ("note", "A true emergency")];
    assert_eq!(
        clinic.post(&sena, &case, &review).await.place,
        "/admin/break-glass?done=reviewed"
    );
    assert_eq!(
        clinic.post(&sena, &case, &review).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert!(
        clinic
            .get(&sena, "/admin/break-glass")
            .await
            .text
            .contains("Nothing to review")
    );
}
