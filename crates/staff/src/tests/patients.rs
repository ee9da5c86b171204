//! Patients: found, registered, changed.

use aceso_policy::Role;
use http::StatusCode;

use super::kit::Clinic;
use super::record::fill;

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
async fn who_may_be_on_record_already_is_shown_before_anything_is_saved() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    assert!(
        clinic
            .get(&desk, "/patients")
            .await
            .text
            .contains("/patients/new")
    );
    let send = async |fields: &[(&str, &str)]| {
        let all = [
            &[
                ("form", "01registerform"),
                ("gender", "female"),
                ("phone", "555-010-2030"),
            ],
            fields,
        ]
        .concat();
        clinic.post(&desk, "/patients/new", &all).await
    };
    for (given, family, birth) in [
        ("Ann", "Example", "1974-03-01"),
        ("Ánn", "Exampel", "1974-03-01"),
        ("Anne", "Example", "1974-01-03"),
    ] {
        let asked = send(&[("given", given), ("family", family), ("birth", birth)]).await;
        assert!(
            asked.text.contains("href=\"/patients/p1\"")
                && asked.text.contains("Nothing is saved yet"),
            "{given} {family} {birth}: {}",
            asked.text
        );
    }
    let wrong = send(&[
        ("family", "New"),
        ("birth", "31.12.1999"),
        ("kin-phone", "none"),
    ])
    .await;
    assert!(
        wrong.text.contains("Enter a day, month or year")
            && wrong.text.contains("Enter the number in digits")
    );
    let new = [
        ("given", "Nina"),
        ("family", "Newcomer"),
        ("birth", "1999-12-31"),
        ("city", "Springfield"),
        ("kin", "Ned"),
    ];
    let made = send(&new).await;
    assert_eq!(
        (made.status, made.place.as_str()),
        (StatusCode::SEE_OTHER, "/patients/01registerform"),
        "{}",
        made.text
    );
    let shown = clinic.get(&desk, &made.place).await.text;
    assert!(
        shown.contains("Nina Newcomer")
            && shown.contains("Springfield")
            && shown.contains("555-010-2030"),
        "{shown}"
    );
    let twin = [
        &new[..],
        &[("form", "x"), ("another", "Newcomer|Nina|1999-12-31")],
    ]
    .concat();
    let twin: Vec<_> = twin.into_iter().filter(|(n, _)| *n != "form").collect();
    let other = [
        &[("form", "02registerform"), ("gender", "female")],
        &twin[..],
    ]
    .concat();
    let other = clinic.post(&desk, "/patients/new", &other).await;
    assert_eq!(other.place, "/patients/02registerform", "{}", other.text);
}

#[tokio::test]
async fn a_second_editor_is_told_what_the_first_one_changed_and_loses_nothing() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    let base = [
        ("patient", "p1"),
        ("given", "Ann"),
        ("family", "Example"),
        ("birth", "1974-03-01"),
        ("gender", "female"),
        ("number", "4711"),
    ];
    let send = async |fields: &[(&str, &str)]| {
        clinic
            .post(&desk, "/patients/p1/edit", &[&base, fields].concat())
            .await
    };
    assert!(
        clinic
            .get(&desk, "/patients/p1/edit")
            .await
            .text
            .contains("name=\"version\" value=\"1\"")
    );
    assert_eq!(
        send(&[("version", "1"), ("phone", "555-0100")])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    let late = send(&[("version", "1"), ("city", "Springfield")]).await;
    for text in [
        "Somebody else changed this patient",
        "555-0100",
        "Springfield",
        "name=\"version\" value=\"2\"",
    ] {
        assert!(late.text.contains(text), "{text}: {}", late.text);
    }
    let joined = send(&[
        ("version", "2"),
        ("city", "Springfield"),
        ("phone", "555-0100"),
    ])
    .await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER);
    let shown = clinic.get(&desk, "/patients/p1").await.text;
    assert!(
        shown.contains("Springfield") && shown.contains("555-0100") && shown.contains("4711"),
        "{shown}"
    );
}

#[tokio::test]
async fn emr_1_3_1_6_an_unidentified_patient_is_charted_then_merged_and_the_merge_can_be_undone() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let mut doc = clinic.doctor().await;
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    let form = [("form", "01unknown")];
    let made = clinic.post(&desk, "/patients/unidentified", &form).await;
    assert_eq!(made.place, "/patients/01unknown", "{}", made.text);
    let own = clinic.post(&doc, "/patients/unidentified", &[("form", "02unknown")]);
    assert_eq!(
        own.await.status,
        StatusCode::NOT_FOUND,
        "nobody takes a patient so"
    );
    clinic
        .put(&[r#"{"resourceType":"CareTeam","id":"t","status":"active","subject":{"reference":"Patient/01unknown"},
            "participant":[{"member":{"reference":"Practitioner/doc"}}]}"#])
        .await;
    let charted = [
        ("patient", "01unknown"),
        ("name", "Concussion"),
        ("certainty", "confirmed"),
    ];
    let charted = clinic
        .post(&doc, "/patients/01unknown/problems/new", &charted)
        .await;
    assert_eq!(charted.status, StatusCode::SEE_OTHER, "{}", charted.text);
    let shown = clinic.get(&doc, "/patients/01unknown").await.text;
    assert!(
        shown.contains("not identified") && shown.contains("Concussion"),
        "{shown}"
    );
    let path = "/patients/p1/merge";
    for (number, said) in [
        ("", "Enter the other"),
        ("nobody", "No record of this number"),
        ("4711", "the same record"),
    ] {
        let fields = [("patient", "p1"), ("number", number)];
        let answer = clinic.post(&doc, path, &fields).await;
        assert!(answer.text.contains(said), "{number}: {}", answer.text);
    }
    let look = [("patient", "p1"), ("number", "01unknown")];
    let seen = clinic.post(&doc, path, &look).await;
    assert!(
        seen.text.contains("hardly look like one person") && seen.text.contains("Merge them"),
        "{}",
        seen.text
    );
    let join = [&look[..], &[("other", "01unknown")]].concat();
    let asked = clinic.post(&doc, path, &join).await;
    assert!(
        !clinic
            .get(&doc, "/patients/p1")
            .await
            .text
            .contains("Concussion")
    );
    assert_ne!(
        asked.place, "/patients/p1",
        "a fresh proof is asked for first"
    );
    clinic.step_up(&mut doc).await;
    let joined = clinic.post(&doc, path, &join).await;
    assert_eq!(joined.place, "/patients/p1", "{}", joined.text);
    let chart = clinic.get(&doc, "/patients/p1").await.text;
    assert!(chart.contains("Concussion"), "{chart}");
    let old = clinic.get(&doc, "/patients/01unknown").await.text;
    assert!(
        old.contains("part of another one") && old.contains("href=\"/patients/p1\""),
        "{old}"
    );
    let found = clinic
        .post(&desk, "/patients", &[("name", "unknown")])
        .await
        .text;
    assert!(found.contains("merged into another record"), "{found}");
    let again = clinic.post(&doc, path, &join).await;
    assert!(again.text.contains("merged already"), "{}", again.text);
    let undone = [("patient", "p1"), ("other", "01unknown")];
    let undone = clinic.post(&doc, "/patients/p1/unmerge", &undone).await;
    assert_eq!(undone.place, "/patients/p1", "{}", undone.text);
    assert!(
        !clinic
            .get(&doc, "/patients/p1")
            .await
            .text
            .contains("Concussion")
    );
    let old = clinic.get(&doc, "/patients/01unknown").await.text;
    assert!(
        old.contains("Concussion") && !old.contains("part of another one"),
        "{old}"
    );
    let report = clinic.store.verify(&mut |_| ()).unwrap();
    assert_eq!(report.findings, Vec::new());
}
