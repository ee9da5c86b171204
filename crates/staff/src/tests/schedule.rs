//! The calendar and booking, as the desk, a nurse, a clinician and a patient meet them.

use aceso_fhir::{Value, json};
use aceso_policy::{Caller, Purpose, Role};
use http::StatusCode;

use super::kit::{Answer, Browser, Clinic};
use super::record;

/// Wednesday 4 March 2026, 13:00 in Berlin, is now.
pub(super) const DAY: &str = "2026-03-05";

/// Two physicians, a room, a kind of visit, and the patients of [`record::fill`].
pub(super) async fn fill(clinic: &Clinic) {
    record::fill(clinic).await;
    clinic.put(&[
            r#"{"resourceType":"Practitioner","id":"other","name":[{"family":"Other","prefix":["Dr."]}]}"#,
            r#"{"resourceType":"Location","id":"room","name":"Room 1"}"#,
            r#"{"resourceType":"Schedule","id":"s-doc","active":true,"actor":[{"reference":"Practitioner/doc"}]}"#,
            r#"{"resourceType":"Schedule","id":"s-other","active":true,"actor":[{"reference":"Practitioner/other"}]}"#,
            r#"{"resourceType":"Schedule","id":"s-room","active":true,"actor":[{"reference":"Location/room"}]}"#,
            r#"{"resourceType":"HealthcareService","id":"check","active":true,"name":"Check-up",
                "extension":[{"url":"urn:aceso:visit-minutes","valuePositiveInt":30}]}"#,
        ],
    )
    .await;
}

pub(super) async fn desk(clinic: &Clinic) -> Browser {
    clinic.signed_in("felix", &[Role::FRONT_DESK]).await
}

/// What the form says; later pairs take the place of earlier ones.
fn form<'a>(patient: &'a str, id: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("patient", patient),
        ("form", id),
        ("day", DAY),
        ("time", "09:30"),
        ("kind", "check"),
        ("person", "s-doc"),
    ];
    let told = |name: &str| more.iter().any(|(n, _)| *n == name);
    let kept = usual.into_iter().filter(|(name, _)| !told(name));
    kept.chain(more.iter().copied()).collect()
}

pub(super) async fn book(
    clinic: &Clinic,
    who: &Browser,
    patient: &str,
    id: &str,
    more: &[(&str, &str)],
) -> Answer {
    let to = format!("/patients/{patient}/appointments/new");
    clinic.post(who, &to, &form(patient, id, more)).await
}

pub(super) async fn read(clinic: &Clinic, kind: &'static str, id: &str) -> Value {
    let reading = clinic.store.read(&Caller::operator(), Purpose::Treatment);
    let stored = reading.fetch(kind, id).await.unwrap();
    json::read(&stored.body).unwrap()
}

async fn count(clinic: &Clinic, kind: &'static str, query: &str) -> usize {
    let query = aceso_fhir::search::parse(Some(kind), query, &Default::default()).unwrap();
    let reading = clinic.store.read(&Caller::operator(), Purpose::Treatment);
    reading.search(query).await.unwrap().matches.len()
}

fn says(answer: &Answer, text: &str) {
    assert!(answer.text.contains(text), "{text}: {}", answer.text);
}

#[tokio::test]
async fn emr_2_1_the_desk_books_and_finds_it_in_the_calendar() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let who = clinic
        .post(
            &desk,
            "/schedule/new",
            &[
                ("who", "4711"),
                ("at", "2026-03-05T09:30"),
                ("person", "s-doc"),
                ("room", ""),
            ],
        )
        .await;
    says(
        &who,
        "/patients/p1/appointments/new?at=2026-03-05T09%3A30&amp;person=s-doc",
    );
    let page = clinic
        .get(
            &desk,
            "/patients/p1/appointments/new?at=2026-03-05T09:30&person=s-doc",
        )
        .await;
    says(&page, "value=\"2026-03-05\"");
    says(&page, "Check-up (30 min)");
    let more = [("room", "s-room"), ("reason", "Cough")];
    let booked = book(&clinic, &desk, "p1", "appointment-1", &more).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    assert_eq!(booked.place, "/patients/p1/appointments/appointment-1");
    let document = read(&clinic, "Appointment", "appointment-1").await;
    assert_eq!(document.str_at("start"), Some("2026-03-05T09:30:00+01:00"));
    assert_eq!(document.str_at("end"), Some("2026-03-05T10:00:00+01:00"));
    assert_eq!(
        document.items_at("slot").len(),
        2,
        "the physician's and the room's"
    );
    for (path, said) in [
        ("/schedule?day=2026-03-05", "Ann Example"),
        ("/schedule?day=2026-03-05&of=rooms", "09:30–10:00"),
        ("/schedule?day=2026-03-03&of=s-doc", "Cough"),
        (
            "/patients/p1/appointments/appointment-1",
            "Thu 5 Mar 2026, 09:30–10:00",
        ),
    ] {
        says(&clinic.get(&desk, path).await, said);
    }
    let other = clinic.get(&desk, "/schedule?day=2026-03-06").await;
    assert!(!other.text.contains("Ann Example"));
    assert_eq!(
        clinic.get(&desk, "/schedule?of=nobody").await.status,
        StatusCode::NOT_FOUND
    );
    let wrong = clinic.get(&desk, "/schedule?day=tomorrow").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    says(&wrong, "Enter the day as year-month-day");
}

#[tokio::test]
async fn emr_2_1_a_form_sent_twice_books_once_and_taken_time_is_shown_with_what_takes_it() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    for _ in 0..2 {
        let booked = book(&clinic, &desk, "p1", "appointment-1", &[("room", "s-room")]).await;
        assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    }
    assert_eq!(count(&clinic, "Appointment", "").await, 1);
    let check = async |more: &[(&str, &str)], said: &[&str]| {
        let answer = book(&clinic, &desk, "p2", "appointment-2", more).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{more:?}");
        for text in said {
            says(&answer, text);
        }
    };
    // The same physician, overlapping by ten minutes; the room with another physician.
    let free = "value=\"2026-03-05T10:00\"";
    check(
        &[("time", "09:50")],
        &["This time is taken", "Ann Example: Check-up", free],
    )
    .await;
    check(
        &[("person", "s-other"), ("room", "s-room")],
        &["Room 1: ", free],
    )
    .await;
    // The patient cannot be in two places.
    let twice = book(
        &clinic,
        &desk,
        "p1",
        "appointment-3",
        &[("person", "s-other")],
    )
    .await;
    says(&twice, "The patient: ");
    // A free time that is picked takes the place of the time.
    let picked = book(
        &clinic,
        &desk,
        "p2",
        "appointment-2",
        &[("pick", "2026-03-05T10:00")],
    )
    .await;
    assert_eq!(picked.status, StatusCode::SEE_OTHER, "{}", picked.text);
    assert_eq!(count(&clinic, "Appointment", "").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn asvs_2_3_4_of_fifty_who_book_one_time_at_once_one_gets_it() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let clinic = std::sync::Arc::new(clinic);
    let desk = std::sync::Arc::new(desk(&clinic).await);
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let (clinic, desk) = (clinic.clone(), desk.clone());
            tokio::spawn(async move {
                let (patient, id) = (["p1", "p2"][n % 2], format!("appointment-{n}"));
                // Some of them only overlap it.
                let time = ["09:30", "09:40", "09:15"][n % 3];
                book(
                    &clinic,
                    &desk,
                    patient,
                    &id,
                    &[("time", time), ("room", "s-room")],
                )
                .await
                .status
            })
        })
        .collect();
    let mut booked = 0;
    for task in tasks {
        match task.await.unwrap() {
            StatusCode::SEE_OTHER => booked += 1,
            status => assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY),
        }
    }
    assert_eq!(booked, 1);
    assert_eq!(count(&clinic, "Appointment", "").await, 1);
    assert_eq!(count(&clinic, "Slot", "").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn emr_2_1_who_books_different_times_at_once_all_get_them() {
    let clinic = std::sync::Arc::new(Clinic::new());
    fill(&clinic).await;
    let desk = std::sync::Arc::new(desk(&clinic).await);
    let tasks: Vec<_> = (0..10)
        .map(|n| {
            let (clinic, desk) = (clinic.clone(), desk.clone());
            tokio::spawn(async move {
                let (patient, id) = (["p1", "p2"][n % 2], format!("appointment-{n}"));
                let time = format!("{:02}:{:02}", 8 + n / 2, n % 2 * 30);
                book(&clinic, &desk, patient, &id, &[("time", &time)])
                    .await
                    .status
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), StatusCode::SEE_OTHER);
    }
    assert_eq!(count(&clinic, "Appointment", "").await, 10);
}

#[tokio::test]
async fn emr_2_1_an_appointment_moves_to_another_physician_and_gives_its_time_back() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    book(&clinic, &desk, "p1", "appointment-1", &[("room", "s-room")]).await;
    book(
        &clinic,
        &desk,
        "p2",
        "appointment-2",
        &[("time", "11:00"), ("person", "s-other")],
    )
    .await;
    let path = "/patients/p1/appointments/appointment-1/move";
    let page = clinic.get(&desk, path).await;
    says(&page, "Now: <strong>Thu 5 Mar 2026, 09:30–10:00");
    let send = async |version: &str, time: &str| {
        let fields = [
            ("patient", "p1"),
            ("version", version),
            ("day", DAY),
            ("time", time),
            ("person", "s-other"),
            ("minutes", "45"),
        ];
        clinic.post(&desk, path, &fields).await
    };
    let taken = send("1", "10:30").await;
    says(&taken, "Other: ");
    assert_eq!(
        send("7", "13:00").await.status,
        StatusCode::CONFLICT,
        "another version"
    );
    // Over its own time it may move: it does not stand in its own way.
    assert_eq!(send("1", "09:45").await.status, StatusCode::SEE_OTHER);
    let moved = read(&clinic, "Appointment", "appointment-1").await;
    assert_eq!(moved.str_at("start"), Some("2026-03-05T09:45:00+01:00"));
    assert_eq!(
        moved.items_at("participant").len(),
        2,
        "the room was taken out"
    );
    assert_eq!(
        count(&clinic, "Slot", "schedule=Schedule/s-doc,Schedule/s-room").await,
        0
    );
    let again = book(&clinic, &desk, "p2", "appointment-3", &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "the old time is free");
}

#[tokio::test]
async fn emr_2_2_a_series_is_booked_whole_and_cancelled_from_a_day_on() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    book(
        &clinic,
        &desk,
        "p2",
        "appointment-0",
        &[("day", "2026-03-19")],
    )
    .await;
    let weekly = [("every", "week"), ("times", "5"), ("without", "2026-03-12")];
    let taken = book(&clinic, &desk, "p1", "appointment-1", &weekly).await;
    says(&taken, "Thu 19 Mar 2026");
    assert_eq!(
        count(&clinic, "Appointment", "patient=Patient/p1").await,
        0,
        "all or none"
    );
    let skipping = [weekly.as_slice(), &[("anyway", "skip")]].concat();
    let booked = book(&clinic, &desk, "p1", "appointment-1", &skipping).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    // 5 March, 26 March and 2 April; after the change of clocks on the 29th at the same time of day.
    assert_eq!(count(&clinic, "Appointment", "patient=Patient/p1").await, 3);
    assert_eq!(
        count(
            &clinic,
            "Appointment",
            "patient=Patient/p1&date=2026-04-02T07:30:00Z"
        )
        .await,
        1
    );
    let path = "/patients/p1/appointments/appointment-1/cancel";
    says(
        &clinic.get(&desk, path).await,
        "all later ones of the series",
    );
    let send = async |why: &str, words: &str, which: &str| {
        let fields = [
            ("patient", "p1"),
            ("version", "1"),
            ("why", why),
            ("words", words),
            ("which", which),
        ];
        clinic.post(&desk, path, &fields).await
    };
    says(&send("", "", "this").await, "Choose why");
    says(&send("other", "", "this").await, "Say why");
    says(&send("pat", "", "all").await, "Choose which ones");
    assert_eq!(send("pat", "", "later").await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        count(
            &clinic,
            "Appointment",
            "patient=Patient/p1&status=cancelled"
        )
        .await,
        3
    );
    assert_eq!(count(&clinic, "Slot", "").await, 1, "the other patient's");
    let shown = clinic
        .get(&desk, "/patients/p1/appointments/appointment-1")
        .await;
    says(&shown, "The patient cannot or will not come");
    assert_eq!(
        send("pat", "", "this").await.status,
        StatusCode::CONFLICT,
        "it is cancelled"
    );
}

#[tokio::test]
async fn emr_2_3_who_did_not_come_is_noted_after_the_time_alone() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    book(&clinic, &desk, "p1", "appointment-1", &[]).await;
    let send = async |who: &Browser, to: &str, version: &str| {
        let path = "/patients/p1/appointments/appointment-1/status";
        let fields = [("patient", "p1"), ("to", to), ("version", version)];
        clinic.post(who, path, &fields).await
    };
    says(&send(&desk, "noshow", "1").await, "has not begun");
    assert_eq!(
        send(&desk, "confirm", "1").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        send(&desk, "confirm", "1").await.status,
        StatusCode::CONFLICT,
        "another version"
    );
    assert_eq!(
        send(&desk, "fulfilled", "2").await.status,
        StatusCode::CONFLICT,
        "no such step"
    );
    clinic.clock.advance_millis(24 * super::kit::HOUR);
    let desk = clinic.browser(&desk.account).await;
    assert_eq!(
        send(&desk, "noshow", "2").await.status,
        StatusCode::SEE_OTHER
    );
    let document = read(&clinic, "Appointment", "appointment-1").await;
    assert_eq!(document.str_at("status"), Some("noshow"));
    assert_eq!(count(&clinic, "Slot", "").await, 0);
    says(
        &clinic.get(&desk, "/schedule?day=2026-03-05").await,
        "Did not come",
    );
}

#[tokio::test]
async fn emr_2_1_what_is_wrong_is_refused_beside_its_field_and_nothing_is_booked() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let check = async |more: &[(&str, &str)], said: &str| {
        let answer = book(&clinic, &desk, "p1", "appointment-1", more).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{more:?}");
        says(&answer, said);
    };
    check(&[("day", "5.3.")], "Enter the day as year-month-day").await;
    check(
        &[("time", "half past nine")],
        "Enter the time as hours and minutes",
    )
    .await;
    check(&[("person", "")], "Choose with whom").await;
    check(&[("time", "19:00")], "Doc is not there then").await;
    check(
        &[
            ("day", "2026-03-29"),
            ("time", "02:30"),
            ("anyway", "outside"),
        ],
        "clocks go forward",
    )
    .await;
    for (path, patient) in [("p1", "p2"), ("p2", "p1")] {
        let to = format!("/patients/{path}/appointments/new");
        let answer = clinic
            .post(&desk, &to, &form(patient, "appointment-1", &[]))
            .await;
        assert_eq!(
            answer.status,
            StatusCode::CONFLICT,
            "another patient's form"
        );
    }
    let unknown = book(&clinic, &desk, "p1", "appointment-1", &[("admin", "1")]).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert_eq!(count(&clinic, "Appointment", "").await, 0);
    // Midnight is passed when that is meant, and both days show it.
    let night = [("time", "23:50"), ("anyway", "outside")];
    let booked = book(&clinic, &desk, "p1", "appointment-1", &night).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    for day in ["2026-03-05", "2026-03-06"] {
        says(
            &clinic.get(&desk, &format!("/schedule?day={day}")).await,
            "23:50–00:20",
        );
    }
    // An appointment of another patient is not there.
    let other = clinic
        .get(&desk, "/patients/p2/appointments/appointment-1")
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_2_1_the_desk_sees_nothing_clinical_a_clinician_books_those_in_care_a_patient_nothing()
{
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = desk(&clinic).await;
    let page = clinic.get(&desk, "/patients/p1/appointments/new").await;
    assert!(!page.text.contains("Penicillin"), "{}", page.text);
    let doc = clinic
        .person_who_is("doc", &[Role::CLINICIAN], Some("Practitioner/doc"))
        .await;
    let doc = clinic.browser(&doc).await;
    says(
        &clinic.get(&doc, "/patients/p1/appointments/new").await,
        "Penicillin",
    );
    let own = book(&clinic, &doc, "p1", "appointment-1", &[]).await;
    assert_eq!(own.status, StatusCode::SEE_OTHER, "{}", own.text);
    let other = book(&clinic, &doc, "p2", "appointment-2", &[("time", "11:00")]).await;
    says(&other, "not in your care");
    let ann = clinic
        .person_who_is("ann", &[Role::PATIENT], Some("Patient/p1"))
        .await;
    let ann = clinic.browser(&ann).await;
    for path in [
        "/patients/p1/appointments/new",
        "/patients/p2/appointments/appointment-1",
        "/schedule/new",
        "/schedule",
    ] {
        assert_eq!(
            clinic.get(&ann, path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    assert_eq!(
        clinic.get(&ada, "/schedule").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn emr_2_1_an_appointment_that_came_over_the_api_takes_its_time_too() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    clinic.put(&[
            r#"{"resourceType":"Appointment","id":"came","status":"booked","start":"2026-03-05T08:40:00Z","end":"2026-03-05T09:10:00Z",
            "participant":[{"actor":{"reference":"Patient/p2"},"status":"accepted"},{"actor":{"reference":"Practitioner/doc"},"status":"accepted"}]}"#,
            r#"{"resourceType":"Slot","id":"away","schedule":{"reference":"Schedule/s-other"},"status":"busy-unavailable",
            "start":"2026-03-05T08:00:00Z","end":"2026-03-05T12:00:00Z"}"#,
        ],
    )
    .await;
    let desk = desk(&clinic).await;
    says(
        &book(&clinic, &desk, "p1", "appointment-1", &[]).await,
        "A patient: Visit",
    );
    says(
        &book(
            &clinic,
            &desk,
            "p1",
            "appointment-1",
            &[("person", "s-other")],
        )
        .await,
        "Busy",
    );
}
