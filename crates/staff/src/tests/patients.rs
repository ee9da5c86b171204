//! Patients: found and shown as far as the caller may see them.

use aceso_fhir::json;
use aceso_policy::{Caller, Purpose, Role};
use http::StatusCode;

use super::kit::{Browser, Clinic};

/// Two patients; the first is in the care of `Practitioner/doc`.
pub(super) async fn fill(clinic: &Clinic) {
    let bad = "<script>alert(1)</script>";
    let texts = [
        r#"{"resourceType":"Practitioner","id":"doc","name":[{"family":"Doc"}]}"#.to_owned(),
        r#"{"resourceType":"Patient","id":"p1","birthDate":"1974-03-01","gender":"female","name":[{"given":["Ann"],"family":"Example"}],
            "identifier":[{"type":{"coding":[{"code":"MR"}]},"value":"4711"}],"generalPractitioner":[{"reference":"Practitioner/doc"}]}"#
            .to_owned(),
        format!(r#"{{"resourceType":"Patient","id":"p2","name":[{{"given":["{bad}"],"family":"Other"}}],"identifier":[{{"value":"{bad}"}}]}}"#),
        format!(
            r#"{{"resourceType":"AllergyIntolerance","id":"a1","patient":{{"reference":"Patient/p1"}},"code":{{"text":"Penicillin {bad}"}},
            "criticality":"high","clinicalStatus":{{"coding":[{{"code":"active"}}]}}}}"#
        ),
        r#"{"resourceType":"AllergyIntolerance","id":"a2","patient":{"reference":"Patient/p2"},"code":{"text":"Latex"}}"#
            .to_owned(),
        r#"{"resourceType":"Condition","id":"c2","subject":{"reference":"Patient/p2"},"code":{"text":"Secret problem"},
            "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}"#
            .to_owned(),
    ];
    let mut tx = clinic.store.write(&Caller::operator(), Purpose::Treatment);
    for text in texts {
        let document = json::read(text.as_bytes()).unwrap();
        let id = document.id().unwrap().to_owned();
        tx.update(&id, document, None).await.unwrap();
    }
    tx.commit().await.unwrap();
}

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
async fn a_chart_shows_what_its_reader_may_see_and_nothing_else() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic
        .person_who_is("doc", &[Role::CLINICIAN], Some("Practitioner/doc"))
        .await;
    let doc = clinic.browser(&doc).await;
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

/// More of the first patient's record.
async fn chart(clinic: &Clinic) {
    let loinc = "http://loinc.org";
    let observation = |id: &str,
                       code: &str,
                       name: &str,
                       category: &str,
                       at: &str,
                       value: &str,
                       unit: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":{{"reference":"Patient/p1"}},
            "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{category}"}}]}}],
            "code":{{"coding":[{{"system":"{loinc}","code":"{code}"}}],"text":"{name}"}},"effectiveDateTime":"{at}",
            "valueQuantity":{{"value":{value},"unit":"{unit}","system":"http://unitsofmeasure.org","code":"{unit}"}}}}"#
        )
    };
    let clinical = r#""clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"#;
    let texts = [
        observation("o1", "8867-4", "Heart rate", "vital-signs", "2026-03-01T10:00:00Z", "135", "/min"),
        observation("o2", "8867-4", "Heart rate", "vital-signs", "2025-03-01T10:00:00Z", "72", "/min"),
        observation("o3", "6298-4", "Potassium", "laboratory", "2026-03-01T10:00:00Z", "6.4", "mmol/L"),
        observation("o4", "6298-4", "Potassium", "laboratory", "2025-03-01T10:00:00Z", "4.1", "mmol/L"),
        format!(r#"{{"resourceType":"Condition","id":"c1","subject":{{"reference":"Patient/p1"}},"code":{{"text":"Asthma"}},{clinical}"active"}}]}}}}"#),
        format!(r#"{{"resourceType":"Condition","id":"c3","subject":{{"reference":"Patient/p1"}},"code":{{"text":"Old fracture"}},{clinical}"resolved"}}]}}}}"#),
        r#"{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p1"},
            "type":[{"text":"Check-up"}],"period":{"start":"2026-03-01T09:00:00Z"},"participant":[{"individual":{"reference":"Practitioner/doc"}}]}"#
            .to_owned(),
    ];
    let mut tx = clinic.store.write(&Caller::operator(), Purpose::Treatment);
    for text in texts {
        let document = json::read(text.as_bytes()).unwrap();
        let id = document.id().unwrap().to_owned();
        tx.update(&id, document, None).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_first_page_tells_what_is_abnormal_and_how_old_it_is() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    chart(&clinic).await;
    let doc = clinic
        .person_who_is("doc", &[Role::CLINICIAN], Some("Practitioner/doc"))
        .await;
    let doc = clinic.browser(&doc).await;
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
    let mut tx = clinic.store.write(&Caller::operator(), Purpose::Treatment);
    tx.update("p3", json::read(new.as_bytes()).unwrap(), None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
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
    let doc = clinic
        .person_who_is("doc", &[Role::CLINICIAN], Some("Practitioner/doc"))
        .await;
    let doc = clinic.browser(&doc).await;
    let mut tx = clinic.store.write(&Caller::operator(), Purpose::Treatment);
    tx.delete("AllergyIntolerance", "a1", None).await.unwrap();
    tx.commit().await.unwrap();
    let page = clinic.get(&doc, "/patients/p1").await.text;
    assert!(page.contains("not recorded: ask"), "{page}");
    let none = r#"{"resourceType":"AllergyIntolerance","id":"a9","patient":{"reference":"Patient/p1"},
        "code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}],"text":"No known allergies"}}"#;
    let mut tx = clinic.store.write(&Caller::operator(), Purpose::Treatment);
    tx.update("a9", json::read(none.as_bytes()).unwrap(), None)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let page = clinic.get(&doc, "/patients/p1").await.text;
    assert!(
        page.contains("No known allergies") && !page.contains("not recorded"),
        "{page}"
    );
}

/// A clinician with the first patient in their care.
async fn clinician(clinic: &Clinic) -> Browser {
    fill(clinic).await;
    chart(clinic).await;
    let doc = clinic
        .person_who_is("doc", &[Role::CLINICIAN], Some("Practitioner/doc"))
        .await;
    clinic.browser(&doc).await
}

#[tokio::test]
async fn pounds_in_the_field_for_kilograms_are_asked_about_and_may_be_confirmed() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let path = "/patients/p1/vitals/new";
    let day = ("day", "2026-03-04");
    let form = ("form", "01vitalsform");
    let first = clinic
        .post(
            &doc,
            path,
            &[
                ("patient", "p1"),
                form,
                day,
                ("weight", "76"),
                ("height", "1.72"),
                ("height-unit", "cm"),
            ],
        )
        .await;
    assert!(
        first.text.contains("metres it would be 172 cm"),
        "{}",
        first.text
    );
    let saved = clinic
        .post(
            &doc,
            path,
            &[
                ("patient", "p1"),
                form,
                day,
                ("weight", "76"),
                ("height", "172"),
                ("systolic", "152"),
                ("diastolic", "78"),
            ],
        )
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let shown = clinic.get(&doc, "/patients/p1").await.text;
    assert!(
        shown.contains("152/78") && shown.contains("25.7"),
        "{shown}"
    );
    // The same form again is the same measurement.
    let again = clinic
        .post(
            &doc,
            path,
            &[
                ("patient", "p1"),
                form,
                day,
                ("weight", "76"),
                ("systolic", "152"),
            ],
        )
        .await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    let slip = [
        ("patient", "p1"),
        ("form", "02vitalsform"),
        day,
        ("weight", "170"),
    ];
    let asked = clinic.post(&doc, path, &slip).await;
    assert!(
        asked.text.contains("In pounds it would be 77.1 kg")
            && asked.text.contains("value=\"weight=170\""),
        "{}",
        asked.text
    );
    let other = [&slip[..3], &[("weight", "171"), ("right", "weight=170")]].concat();
    let other = clinic.post(&doc, path, &other).await;
    assert!(
        other.text.contains("Nothing is saved yet"),
        "a confirmation is of one value: {}",
        other.text
    );
    let right = [&slip[..], &[("right", "weight=170")]].concat();
    assert_eq!(
        clinic.post(&doc, path, &right).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn what_no_body_has_is_never_saved_and_what_was_typed_is_kept() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let path = "/patients/p1/vitals/new";
    let check = async |fields: &[(&str, &str)], said: &str| {
        let all = [
            &[
                ("patient", "p1"),
                ("form", "03vitalsform"),
                ("day", "2026-03-04"),
            ],
            fields,
        ]
        .concat();
        let answer = clinic.post(&doc, path, &all).await;
        assert!(
            answer.text.contains(said),
            "{fields:?} {said}: {}",
            answer.text
        );
        assert!(
            fields
                .iter()
                .filter(|(n, _)| *n != "right")
                .all(|(_, v)| answer.text.contains(v)),
            "kept: {fields:?}"
        );
    };
    check(&[("temperature", "98.6")], "37 °C").await;
    check(
        &[("oxygen", "101"), ("right", "oxygen=101")],
        "SpO₂ cannot be 101",
    )
    .await;
    check(
        &[("systolic", "80"), ("diastolic", "120")],
        "were they exchanged",
    )
    .await;
    check(&[("pulse", "fast")], "Enter a number").await;
    check(&[], "Enter at least one measurement").await;
    let other = clinic
        .post(&doc, path, &[("patient", "p2"), ("pulse", "80")])
        .await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    let beyond = clinic
        .post(
            &doc,
            "/patients/p2/vitals/new",
            &[
                ("patient", "p2"),
                ("form", "04vitalsform"),
                ("day", "2026-03-04"),
                ("pulse", "80"),
            ],
        )
        .await;
    assert_eq!(beyond.status, StatusCode::NOT_FOUND, "not in their care");
}

#[tokio::test]
async fn nothing_stands_on_a_list_twice_and_no_allergies_and_an_allergy_exclude_each_other() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let check = async |path: &str, fields: &[(&str, &str)], said: &str| {
        let all = [&[("patient", "p1")], fields].concat();
        let answer = clinic
            .post(&doc, &format!("/patients/p1/{path}/new"), &all)
            .await;
        let fine = if said.is_empty() {
            answer.status == StatusCode::SEE_OTHER
        } else {
            answer.text.contains(said)
        };
        assert!(
            fine,
            "{path} {fields:?} {said}: {} {}",
            answer.status, answer.text
        );
    };
    let sure = ("certainty", "confirmed");
    check(
        "problems",
        &[("name", "asthma"), sure],
        "on the list already",
    )
    .await;
    check("problems", &[("name", "Old fracture"), sure], "").await;
    check(
        "problems",
        &[
            ("name", "Gout"),
            ("code", "M10.9"),
            ("since", "2024-02"),
            sure,
        ],
        "",
    )
    .await;
    check(
        "problems",
        &[("name", "Gouty arthritis"), ("code", "m10.9"), sure],
        "on the list already",
    )
    .await;
    check(
        "problems",
        &[("name", "Cough"), ("since", "2031"), sure],
        "that is past",
    )
    .await;
    let kind = [("kind", "food"), ("risk", "high")];
    check(
        "allergies",
        &[&kind[..], &[("none", "yes")]].concat(),
        "it cannot be that there are none",
    )
    .await;
    check(
        "allergies",
        &[&kind[..], &[("substance", "Peanut"), ("reaction", "Hives")]].concat(),
        "",
    )
    .await;
    check(
        "allergies",
        &[&kind[..], &[("substance", "peanut")]].concat(),
        "on the list already",
    )
    .await;
    check(
        "medications",
        &[("drug", "Penicillin V")],
        "Allergy on record",
    )
    .await;
    check(
        "medications",
        &[("drug", "Penicillin V"), ("right", "Penicillin V")],
        "",
    )
    .await;
    check(
        "medications",
        &[("drug", "penicillin G"), ("right", "other")],
        "Taken already",
    )
    .await;
    let shown = clinic.get(&doc, "/patients/p1").await.text;
    for text in ["Gout", "Peanut", "as told", "high risk"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

#[tokio::test]
async fn an_allergy_ends_what_said_that_there_are_none() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let mut tx = clinic.store.write(&Caller::operator(), Purpose::Treatment);
    tx.delete("AllergyIntolerance", "a1", None).await.unwrap();
    tx.commit().await.unwrap();
    let path = "/patients/p1/allergies/new";
    let kind = [("patient", "p1"), ("kind", "food"), ("risk", "high")];
    let none = [&kind[..], &[("none", "yes")]].concat();
    assert_eq!(
        clinic.post(&doc, path, &none).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(
        clinic
            .get(&doc, "/patients/p1")
            .await
            .text
            .contains("No known allergies")
    );
    let some = [&kind[..], &[("substance", "Peanut")]].concat();
    assert_eq!(
        clinic.post(&doc, path, &some).await.status,
        StatusCode::SEE_OTHER
    );
    let shown = clinic.get(&doc, "/patients/p1").await.text;
    assert!(
        shown.contains("Peanut") && !shown.contains("No known allergies"),
        "{shown}"
    );
}

#[tokio::test]
async fn who_writes_nothing_is_offered_nothing_and_cannot_send_it() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    assert!(
        !clinic
            .get(&desk, "/patients/p1")
            .await
            .text
            .contains("/new")
    );
    for form in ["vitals", "problems", "allergies", "medications"] {
        let path = format!("/patients/p1/{form}/new");
        assert_eq!(
            clinic.get(&desk, &path).await.status,
            StatusCode::NOT_FOUND,
            "{form}"
        );
        let sent = clinic.post(&desk, &path, &[("patient", "p1")]).await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND, "{form}");
    }
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
async fn a_note_is_drafted_signed_and_then_only_added_to() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let base = "/patients/p1/notes/01notenotenote";
    let at = |end: &str| format!("{base}{end}");
    let text = [
        ("patient", "p1"),
        ("subjective", "Dry <b>cough</b>"),
        ("plan", "Rest"),
    ];
    let send = async |end: &str, fields: &[(&str, &str)]| {
        clinic.post(&doc, &at(end), &[&text, fields].concat()).await
    };
    assert_eq!(send("/draft", &[("version", "0")]).await.text, "1");
    assert_eq!(
        send("/draft", &[("version", "1"), ("title", "Cough")])
            .await
            .text,
        "2"
    );
    assert_eq!(
        send("/draft", &[("version", "1")]).await.status,
        StatusCode::CONFLICT
    );
    let late = send(
        "/edit",
        &[("version", "1"), ("act", "sign"), ("objective", "Mine")],
    )
    .await;
    assert!(
        late.text.contains("changed elsewhere")
            && late.text.contains("Mine")
            && late.text.contains("value=\"2\""),
        "{}",
        late.text
    );
    assert!(clinic.get(&doc, base).await.text.contains("Go on writing"));
    let nora = clinic
        .person_who_is("nora", &[Role::CLINICIAN], Some("Practitioner/nora"))
        .await;
    let nora = clinic.browser(&nora).await;
    assert_eq!(
        clinic.get(&nora, &at("/edit")).await.status,
        StatusCode::NOT_FOUND
    );
    let signed = send(
        "/edit",
        &[("version", "2"), ("act", "sign"), ("title", "Cough")],
    )
    .await;
    assert_eq!(
        (signed.status, signed.place.as_str()),
        (StatusCode::SEE_OTHER, base),
        "{}",
        signed.text
    );
    let shown = clinic.get(&doc, base).await.text;
    assert!(
        shown.contains("Dry &lt;b&gt;cough&lt;/b&gt;") && shown.contains("signed"),
        "{shown}"
    );
    for end in ["/draft", "/edit"] {
        assert_eq!(
            send(end, &[("version", "3"), ("act", "sign")]).await.status,
            StatusCode::NOT_FOUND,
            "{end}"
        );
    }
    let added = clinic
        .post(
            &doc,
            &at("/addendum"),
            &[
                ("patient", "p1"),
                ("form", "01addendum"),
                ("addendum", "Better today"),
            ],
        )
        .await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
    assert!(clinic.get(&doc, base).await.text.contains("Better today"));
    assert!(
        clinic
            .get(&doc, "/patients/p1")
            .await
            .text
            .contains("/patients/p1/notes/01notenotenote")
    );
    // Not even the operator changes or removes it through the record's door.
    let mut tx = clinic.store.write(&Caller::operator(), Purpose::Treatment);
    let stored = tx
        .current("Composition", "01notenotenote")
        .await
        .unwrap()
        .unwrap();
    let document = json::read(&stored.body).unwrap();
    assert!(tx.update("01notenotenote", document, None).await.is_err());
    assert!(
        tx.delete("Composition", "01notenotenote", None)
            .await
            .is_err()
    );
}
