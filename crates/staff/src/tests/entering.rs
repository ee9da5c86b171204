//! What is written into a chart: measurements, problems, allergies, medications.

use aceso_fhir::json;
use aceso_policy::Role;
use http::StatusCode;

use super::kit::{Clinic, hidden};
use super::record::{clinician, fill};

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
    let shown = clinic.get(&doc, "/patients/p1").await.text;
    for text in ["Gout", "Peanut", "high risk"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

#[tokio::test]
async fn emr_1_15_1_16_what_stands_against_a_drug_is_told_and_passed_with_a_reason_that_is_kept() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let path = "/patients/p1/medications/new";
    let send = async |form: &str, fields: &[(&str, &str)]| {
        let all = [&[("patient", "p1"), ("form", form)], fields].concat();
        clinic.post(&doc, path, &all).await
    };
    let drug = ("drug", "Amoxicillin 500 mg");
    let asked = send("01statement", &[drug]).await.text;
    assert!(
        asked.contains("both are penicillins") && asked.contains("Nothing is saved yet"),
        "{asked}"
    );
    let seen = hidden(&asked, "seen");
    for wrong in [
        &[drug, ("seen", seen.as_str())][..],
        &[drug, ("seen", seen.as_str()), ("reason", "because")],
        &[drug, ("seen", "x"), ("reason", "tolerated")],
        &[
            ("drug", "Ampicillin"),
            ("seen", seen.as_str()),
            ("reason", "tolerated"),
        ],
    ] {
        let answer = send("01statement", wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
    let right = [
        drug,
        ("seen", seen.as_str()),
        ("reason", "tolerated"),
        ("note", "Twice since 2020"),
    ];
    let saved = send("01statement", &right).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let again = send("01statement", &right).await;
    assert_eq!(
        again.status,
        StatusCode::SEE_OTHER,
        "sent twice, saved once"
    );
    let issues = clinic.find("DetectedIssue", "patient=Patient/p1").await;
    let [issue] = &issues[..] else {
        panic!("{issues:?}");
    };
    let text = json::to_string(issue);
    for part in [
        "ALGY",
        "Twice since 2020",
        "AllergyIntolerance/a1",
        "MedicationStatement/01statement",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // An interaction and a second drug of a class, on top of what is there now.
    for (form, drug, said) in [
        ("02statement", "Warfarin 5 mg", ""),
        (
            "03statement",
            "Ibuprofen 400 mg",
            "ibuprofen with warfarin: Bleeding",
        ),
        ("04statement", "Amoxicillin", "amoxicillin is taken already"),
        ("05statement", "Zorblaxin", ""),
    ] {
        let answer = send(form, &[("drug", drug)]).await;
        if said.is_empty() {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{drug}");
        } else {
            assert!(answer.text.contains(said), "{drug}: {}", answer.text);
        }
    }
    let near = send("06statement", &[("drug", "warfarrin"), ("since", "2031")]).await;
    assert!(
        near.text.contains("Did you mean warfarin?"),
        "{}",
        near.text
    );
}

#[tokio::test]
async fn emr_1_14_the_same_allergy_by_another_name_is_not_saved_twice() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let send = async |substance: &str| {
        let fields = [
            ("patient", "p1"),
            ("kind", "medication"),
            ("risk", "low"),
            ("substance", substance),
        ];
        clinic
            .post(&doc, "/patients/p1/allergies/new", &fields)
            .await
    };
    assert_eq!(send("Acetaminophen").await.status, StatusCode::SEE_OTHER);
    for twice in ["Tylenol", "paracetamol", "acetaminophen", "penicillins"] {
        let answer = send(twice).await;
        assert!(answer.text.contains("on the list already"), "{twice}");
    }
    let all = clinic
        .find("AllergyIntolerance", "patient=Patient/p1")
        .await;
    let coded = all.iter().map(json::to_string);
    assert!(coded.into_iter().any(|text| text.contains("\"161\"")));
}

#[tokio::test]
async fn an_allergy_ends_what_said_that_there_are_none() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    clinic.remove("AllergyIntolerance", "a1").await;
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
    // The desk books and files papers, and adds nothing else.
    let seen = clinic.get(&desk, "/patients/p1").await.text;
    let rest = seen
        .replace("/appointments/new", "")
        .replace("/documents/new", "");
    assert!(!rest.contains("/new"), "{rest}");
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
async fn emr_1_18_a_vaccination_has_its_lot_and_a_refusal_its_reason_and_none_stands_twice() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let send = async |fields: &[(&str, &str)]| {
        let usual = [
            ("patient", "p1"),
            ("day", "2026-03-04"),
            ("how", "given"),
            ("vaccine", "MMR"),
        ];
        let kept = usual
            .into_iter()
            .filter(|(name, _)| !fields.iter().any(|(other, _)| other == name));
        let all: Vec<(&str, &str)> = kept.chain(fields.iter().copied()).collect();
        clinic
            .post(&doc, "/patients/p1/immunizations/new", &all)
            .await
    };
    for (fields, said) in [
        (&[][..], "Enter the lot"),
        (
            &[("lot", "A1"), ("vaccine", "snake oil")],
            "Choose a vaccine",
        ),
        (&[("lot", "A1"), ("expires", "2026-01-31")], "had expired"),
        (&[("lot", "A1"), ("day", "2027-01-01")], "still to come"),
        (&[("lot", "A1"), ("dose", "50")], "up to 10"),
    ] {
        let answer = send(fields).await;
        assert!(answer.text.contains(said), "{fields:?}: {}", answer.text);
    }
    let given = [
        ("lot", "A1"),
        ("expires", "2027-01-31"),
        ("site", "LA"),
        ("route", "SQ"),
        ("dose", "0.5"),
    ];
    let saved = send(&[&given[..], &[("form", "01vaccination")]].concat()).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    assert!(
        send(&given)
            .await
            .text
            .contains("recorded for that day already")
    );
    let refused = send(&[
        ("vaccine", "141"),
        ("how", "refused"),
        ("form", "02vaccination"),
    ])
    .await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER, "{}", refused.text);
    let all = clinic.find("Immunization", "patient=Patient/p1").await;
    let text: Vec<String> = all.iter().map(json::to_string).collect();
    for part in [
        "\"lotNumber\":\"A1\"",
        "\"code\":\"03\"",
        "PATOBJ",
        "not-done",
        "Practitioner/doc",
    ] {
        assert!(text.iter().any(|t| t.contains(part)), "{part}: {text:?}");
    }
    assert!(clinic.get(&doc, "/patients/p1").await.text.contains("MMR"));
}

#[tokio::test]
async fn pasted_markup_is_text_megabytes_are_refused_and_a_form_of_another_tab_writes_nothing() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let markup = "<img src=x onerror=boom()>";
    let huge = "x".repeat(3 << 20);
    let forms = [
        ("problems", "name", "certainty", "confirmed"),
        ("medications", "drug", "dose", "daily"),
        ("allergies", "substance", "kind", "food"),
    ];
    for (form, field, other, value) in forms {
        let path = format!("/patients/p1/{form}/new");
        let send = async |patient: &str, text: &str| {
            let fields = [
                ("patient", patient),
                (field, text),
                (other, value),
                ("risk", "low"),
            ];
            let known = |n: &&(&str, &str)| n.0 != "risk" || form == "allergies";
            let fields: Vec<_> = fields.iter().filter(known).copied().collect();
            clinic.post(&doc, &path, &fields).await
        };
        let refused = send("p1", &huge).await;
        assert!(
            refused.status.is_client_error(),
            "{form}: {}",
            refused.status
        );
        let elsewhere = send("p2", "Cough").await;
        assert_eq!(elsewhere.status, StatusCode::CONFLICT, "{form}");
        let pasted = send("p1", markup).await;
        assert_eq!(
            pasted.status,
            StatusCode::SEE_OTHER,
            "{form}: {}",
            pasted.text
        );
    }
    for page in [
        "/patients/p1",
        "/patients/p1/medications",
        "/patients/p1/medications/new",
    ] {
        let text = clinic.get(&doc, page).await.text;
        assert!(!text.contains("<img"), "{page}: {text}");
    }
    for kind in ["Condition", "MedicationStatement", "AllergyIntolerance"] {
        let of = clinic.find(kind, "patient=Patient/p2").await;
        let text: Vec<String> = of.iter().map(json::to_string).collect();
        assert!(!text.iter().any(|t| t.contains("Cough")), "{text:?}");
    }
}
