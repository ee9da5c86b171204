//! Charts, shown as far as the reader may see them.

use aceso_policy::Role;
use http::StatusCode;

use super::kit::Clinic;
use super::record::{chart, fill};

#[tokio::test]
async fn a_chart_shows_what_its_reader_may_see_and_nothing_else() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic.doctor().await;
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

#[tokio::test]
async fn the_first_page_tells_what_is_abnormal_and_how_old_it_is() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    chart(&clinic).await;
    let doc = clinic.doctor().await;
    let check = async |path: &str, said: &[&str], unsaid: &[&str]| {
        let answer = clinic.get(&doc, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for text in said {
            assert!(
                answer.text.contains(text),
                "{path}: {text}: {}",
                answer.text
            );
        }
        for text in unsaid {
            assert!(!answer.text.contains(text), "{path}: {text}");
        }
    };
    check(
        "/patients/p1",
        &[
            "Asthma",
            "1 resolved",
            "Old fracture",
            "critically high",
            "3 days ago",
            "Potassium: 6.4",
            "Check-up",
        ],
        &["Secret problem"],
    )
    .await;
    check(
        "/patients/p1/results",
        &[
            "/patients/p1/results/6298-4",
            "HH critical",
            "1 Mar 2025",
            "rising",
        ],
        &[],
    )
    .await;
    check(
        "/patients/p1/results/6298-4",
        &["Over time", "JAMA 1990"],
        &["Heart rate"],
    )
    .await;
    check(
        "/patients/p1/vitals",
        &["Pulse over time", "National Early Warning Score 2"],
        &["Potassium"],
    )
    .await;
    check("/patients/p1/timeline", &["Check-up", "2026", "Doc"], &[]).await;
    check("/patients/p1/medications", &["No medications"], &[]).await;
    for missing in [
        "/patients/p1/growth",
        "/patients/p1/results/0-0",
        "/patients/nobody/vitals",
    ] {
        assert_eq!(
            clinic.get(&doc, missing).await.status,
            StatusCode::NOT_FOUND,
            "{missing}"
        );
    }
    // Whom they treat is open to them, be the record ever so empty.
    let new = r#"{"resourceType":"Patient","id":"p3","name":[{"family":"New"}],"generalPractitioner":[{"reference":"Practitioner/doc"}]}"#;
    clinic.put(&[new]).await;
    check(
        "/patients/p3",
        &["not recorded: ask", "No active problems"],
        &["Open with a reason"],
    )
    .await;
    // Not a patient of theirs: nothing of it, on any page.
    for page in ["/timeline", "/results", "/vitals", "/medications"] {
        check(
            &format!("/patients/p2{page}"),
            &["that you can see"],
            &["Secret problem", "Latex", "not recorded: ask"],
        )
        .await;
    }
}

#[tokio::test]
async fn that_there_are_no_allergies_is_said_by_somebody_or_asked() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    chart(&clinic).await;
    let doc = clinic.doctor().await;
    clinic.remove("AllergyIntolerance", "a1").await;
    let page = clinic.get(&doc, "/patients/p1").await.text;
    assert!(page.contains("not recorded: ask"), "{page}");
    let none = r#"{"resourceType":"AllergyIntolerance","id":"a9","patient":{"reference":"Patient/p1"},
        "code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}],"text":"No known allergies"}}"#;
    clinic.put(&[none]).await;
    let page = clinic.get(&doc, "/patients/p1").await.text;
    assert!(
        page.contains("No known allergies") && !page.contains("not recorded"),
        "{page}"
    );
}
