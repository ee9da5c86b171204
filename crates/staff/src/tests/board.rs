//! Checking in, rooms, the board and its stream.

use aceso_policy::Role;
use http::StatusCode;
use http_body_util::BodyExt;

use super::kit::{Answer, Browser, Clinic, MINUTE};
use super::schedule::{book, desk, fill, read};

/// Today, five past one in Berlin by the test's clock when the visit begins.
async fn today(clinic: &Clinic, desk: &Browser, patient: &str, id: &str, time: &str) {
    let more = [("day", "2026-03-04"), ("time", time)];
    let booked = book(clinic, desk, patient, id, &more).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
}

async fn nurse(clinic: &Clinic) -> Browser {
    clinic.put(&[
            r#"{"resourceType":"Practitioner","id":"nora","name":[{"family":"Quinn","given":["Nora"]}]}"#,
            r#"{"resourceType":"PractitionerRole","id":"r-nora","active":true,"practitioner":{"reference":"Practitioner/nora"},
            "code":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/practitioner-role","code":"nurse"}]}]}"#,
        ],
    )
    .await;
    let account = clinic
        .person_who_is("nora", &[Role::NURSE], Some("Practitioner/nora"))
        .await;
    clinic.browser(&account).await
}

async fn check_in(clinic: &Clinic, who: &Browser, patient: &str, id: &str, nurse: &str) -> Answer {
    let path = format!("/patients/{patient}/appointments/{id}/check-in");
    let form = format!("visit-{id}");
    let fields = [
        ("patient", patient),
        ("form", form.as_str()),
        ("version", "1"),
        ("nurse", nurse),
    ];
    clinic.post(who, &path, &fields).await
}

async fn go(
    clinic: &Clinic,
    who: &Browser,
    (patient, id): (&str, &str),
    version: &str,
    (to, room): (&str, &str),
) -> Answer {
    let path = format!("/patients/{patient}/appointments/{id}/flow");
    let fields = [
        ("patient", patient),
        ("version", version),
        ("to", to),
        ("room", room),
    ];
    clinic.post(who, &path, &fields).await
}

fn says(answer: &Answer, text: &str) {
    assert!(answer.text.contains(text), "{text}: {}", answer.text);
}

#[tokio::test]
async fn emr_1_7_a_day_goes_from_the_door_through_a_room_to_the_clinician_and_out() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let nora = nurse(&clinic).await;
    let doc = clinic
        .person_who_is("doc", &[Role::CLINICIAN], Some("Practitioner/doc"))
        .await;
    let doc = clinic.browser(&doc).await;
    today(&clinic, &desk, "p2", "appointment-1", "13:00").await;
    let board = clinic.get(&desk, "/board").await;
    says(&board, "/patients/p2/appointments/appointment-1/check-in");
    // The chart is nobody's yet.
    let chart = clinic.get(&nora, "/patients/p2").await;
    assert!(!chart.text.contains("Secret problem"));
    let wrong = check_in(&clinic, &desk, "p2", "appointment-1", "Practitioner/doc").await;
    says(&wrong, "Choose a nurse of the list");
    let nurse = "Practitioner/nora";
    let came = check_in(&clinic, &desk, "p2", "appointment-1", nurse).await;
    assert_eq!(came.status, StatusCode::SEE_OTHER, "{}", came.text);
    let visit = read(&clinic, "Encounter", "visit-appointment-1").await;
    assert_eq!(visit.str_at("status"), Some("arrived"));
    assert_eq!(
        visit.items_at("appointment")[0].str_at("reference"),
        Some("Appointment/appointment-1")
    );
    // With the visit the chart is open to who treats.
    let chart = clinic.get(&nora, "/patients/p2").await;
    says(&chart, "Secret problem");
    clinic.clock.advance_millis(16 * MINUTE);
    // Sessions that stood idle are locked: everybody is there again.
    let (desk, nora) = (
        clinic.browser(&desk.account).await,
        clinic.browser(&nora.account).await,
    );
    let doc = clinic.browser(&doc.account).await;
    let board = clinic.get(&nora, "/board").await;
    says(&board, "16 min, long");
    let one = ("p2", "appointment-1");
    says(
        &go(&clinic, &nora, one, "2", ("triaged", "s-doc")).await,
        "Choose a room",
    );
    let room = go(&clinic, &nora, one, "2", ("triaged", "s-room")).await;
    assert_eq!(room.status, StatusCode::SEE_OTHER, "{}", room.text);
    says(
        &clinic.get(&desk, "/board").await,
        "<strong>Room 1</strong>",
    );
    // The desk brings nobody into a room, nor ends a visit.
    assert_eq!(
        go(&clinic, &desk, one, "3", ("in-progress", ""))
            .await
            .status,
        StatusCode::CONFLICT
    );
    let seen = go(&clinic, &doc, one, "3", ("in-progress", "")).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
    assert_eq!(
        go(&clinic, &doc, one, "4", ("out", "")).await.status,
        StatusCode::CONFLICT,
        "not done"
    );
    clinic.clock.advance_millis(10 * MINUTE);
    assert_eq!(
        go(&clinic, &doc, one, "4", ("finished", "")).await.status,
        StatusCode::SEE_OTHER
    );
    says(&clinic.get(&desk, "/board").await, "Check out");
    assert_eq!(
        go(&clinic, &desk, one, "5", ("out", "")).await.status,
        StatusCode::SEE_OTHER
    );
    let booked = read(&clinic, "Appointment", "appointment-1").await;
    assert_eq!(booked.str_at("status"), Some("fulfilled"));
    let visit = read(&clinic, "Encounter", "visit-appointment-1").await;
    assert_eq!(visit.str_at("status"), Some("finished"));
    assert_eq!(visit.items_at("statusHistory").len(), 3);
    assert_eq!(
        visit.items_at("location")[0].str_at("status"),
        Some("completed")
    );
}

#[tokio::test]
async fn emr_2_4_an_arrival_is_taken_back_and_a_room_holds_one_visit() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let nora = nurse(&clinic).await;
    today(&clinic, &desk, "p1", "appointment-1", "13:00").await;
    today(&clinic, &desk, "p2", "appointment-2", "13:30").await;
    check_in(&clinic, &desk, "p1", "appointment-1", "").await;
    check_in(&clinic, &desk, "p2", "appointment-2", "").await;
    let (one, two) = (("p1", "appointment-1"), ("p2", "appointment-2"));
    // Whoever has arrived is brought into a room, also by a nurse to whom the chart is closed.
    let room = go(&clinic, &nora, one, "2", ("triaged", "s-room")).await;
    assert_eq!(room.status, StatusCode::SEE_OTHER, "{}", room.text);
    assert!(
        !clinic
            .get(&nora, "/patients/p2")
            .await
            .text
            .contains("Secret problem")
    );
    says(
        &go(&clinic, &nora, two, "2", ("triaged", "s-room")).await,
        "Ann Example is in Room 1 now",
    );
    assert_eq!(
        go(&clinic, &desk, two, "1", ("back", "")).await.status,
        StatusCode::CONFLICT,
        "an old page"
    );
    let other = go(&clinic, &desk, ("p1", "appointment-2"), "2", ("back", "")).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "another patient's");
    assert_eq!(
        go(&clinic, &desk, two, "2", ("back", "")).await.status,
        StatusCode::SEE_OTHER
    );
    let visit = read(&clinic, "Encounter", "visit-appointment-2").await;
    assert_eq!(visit.str_at("status"), Some("entered-in-error"));
    let booked = read(&clinic, "Appointment", "appointment-2").await;
    assert_eq!(booked.str_at("status"), Some("booked"));
    // Of another day nobody is checked in.
    let later = book(&clinic, &desk, "p2", "appointment-3", &[]).await;
    assert_eq!(later.status, StatusCode::SEE_OTHER);
    says(
        &check_in(&clinic, &desk, "p2", "appointment-3", "").await,
        "is not today",
    );
}

#[tokio::test]
async fn emr_2_4_the_board_is_for_whoever_works_with_it() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let ann = clinic
        .person_who_is("ann", &[Role::PATIENT], Some("Patient/p1"))
        .await;
    let ann = clinic.browser(&ann).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    for who in [&ann, &ada] {
        for path in ["/board", "/board/watch", "/board/live"] {
            assert_eq!(
                clinic.get(who, path).await.status,
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }
    let desk = desk(&clinic).await;
    let answer = clinic.open(&desk, "/board/watch").await;
    assert_eq!(answer.headers()["refresh"], "30; url=/board/watch");
    let check_in = clinic
        .get(&ann, "/patients/p1/appointments/appointment-1/check-in")
        .await;
    assert_eq!(check_in.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_2_4_the_stream_says_that_something_changed_and_ends_with_the_session() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let other = clinic.browser(&desk.account).await;
    let mut stream = clinic.open(&desk, "/board/live").await.into_body();
    let mut next = async || {
        let frame = stream.frame().await?.unwrap();
        Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap())
    };
    assert_eq!(next().await.as_deref(), Some("retry: 3000\n\n"));
    today(&clinic, &other, "p1", "appointment-1", "13:00").await;
    // Nothing of whom, or what.
    assert_eq!(next().await.as_deref(), Some("data: changed\n\n"));
    clinic.end(&desk).await;
    today(&clinic, &other, "p2", "appointment-2", "13:30").await;
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn emr_2_4_one_session_listens_a_few_times_at_once() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let mut streams = Vec::new();
    for _ in 0..4 {
        let answer = clinic.open(&desk, "/board/live").await;
        assert_eq!(answer.status(), StatusCode::OK);
        streams.push(answer);
    }
    let refused = clinic.open(&desk, "/board/live").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    let other = clinic.browser(&desk.account).await;
    assert_eq!(
        clinic.open(&other, "/board/live").await.status(),
        StatusCode::OK
    );
}
