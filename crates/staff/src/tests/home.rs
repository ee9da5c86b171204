//! The first page: what waits for whom.

use aceso_policy::Role;
use http::StatusCode;

use super::kit::Clinic;
use super::schedule::{book, desk, fill};

#[tokio::test]
async fn each_role_finds_on_the_first_page_what_waits_for_it_and_nothing_of_others() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    for (patient, id, time) in [
        ("p1", "appointment-1", "13:30"),
        ("p2", "appointment-2", "14:00"),
    ] {
        let more = [("day", "2026-03-04"), ("time", time)];
        let booked = book(&clinic, &desk, patient, id, &more).await;
        assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    }
    clinic.put(&[
            r#"{"resourceType":"Composition","id":"draft","status":"preliminary","type":{"text":"Progress note"},"title":"Progress note",
            "date":"2026-03-04T09:00:00Z","subject":{"reference":"Patient/p1"},"author":[{"reference":"Practitioner/doc"}]}"#,
        ],
    )
    .await;
    let path = "/patients/p1/appointments/appointment-1/check-in";
    let fields = [
        ("patient", "p1"),
        ("form", "visit-1234"),
        ("version", "1"),
        ("nurse", ""),
    ];
    let came = clinic.post(&desk, path, &fields).await;
    assert_eq!(came.status, StatusCode::SEE_OTHER, "{}", came.text);
    let doc = clinic
        .person_who_is("doc", &[Role::CLINICIAN], Some("Practitioner/doc"))
        .await;
    let ann = clinic
        .person_who_is("ann", &[Role::PATIENT], Some("Patient/p1"))
        .await;
    let (doc, ann) = (clinic.browser(&doc).await, clinic.browser(&ann).await);
    let nora = clinic.signed_in("nora", &[Role::NURSE]).await;
    let bianca = clinic.signed_in("bianca", &[Role::BILLER]).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let check = async |who, said: &[&str], unsaid: &[&str]| {
        let page = clinic.get(who, "/").await;
        assert_eq!(page.status, StatusCode::OK);
        let main = page.text.split("<main").nth(1).unwrap_or_default();
        for text in said {
            assert!(main.contains(text), "{text}: {main}");
        }
        for text in unsaid {
            assert!(!main.contains(text), "{text}: {main}");
        }
    };
    let clinical = ["Penicillin", "Progress note", "Secret problem"];
    let here = ["Waiting", "Ann Example", "Still to come today"];
    check(
        &desk,
        &[&here[..], &["Not confirmed yet"]].concat(),
        &clinical,
    )
    .await;
    check(&nora, &[&here[..], &["In rooms"]].concat(), &clinical).await;
    let own = [
        "My day",
        "Ann Example",
        "My notes to sign",
        "Progress note",
        "/patients/p1/notes/draft/edit",
    ];
    check(&doc, &own, &["Not confirmed yet"]).await;
    check(
        &bianca,
        &["Visits of the last week"],
        &["Ann Example", "href=\"/board\""],
    )
    .await;
    let nothing = [
        "Ann Example",
        "Waiting",
        "href=\"/schedule\"",
        "href=\"/board\"",
    ];
    check(&ada, &["Needs attention"], &nothing).await;
    check(&ann, &["Welcome"], &nothing[1..]).await;
}
