//! Orders: written into the basket, signed together; and what becomes of entries of the chart's lists.

use aceso_fhir::json;
use aceso_policy::Role;
use http::StatusCode;

use super::kit::{Answer, Browser, Clinic, hidden};
use super::record::clinician;

const PATIENT: (&str, &str) = ("patient", "p1");

/// A prescription as it is typed.
async fn prescribe(clinic: &Clinic, by: &Browser, form: &str, changed: &[(&str, &str)]) -> Answer {
    let usual = [
        ("drug", "Lisinopril 10 mg tablet"),
        ("amount", "1"),
        ("unit", "tablet"),
        ("route", "26643006"),
        ("often", "qd"),
        ("refills", "2"),
    ];
    let kept = usual
        .into_iter()
        .filter(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    let mut all: Vec<(&str, &str)> = kept.collect();
    all.extend(changed);
    all.extend([PATIENT, ("form", form)]);
    clinic.post(by, "/patients/p1/orders/drug", &all).await
}

async fn sign(clinic: &Clinic, by: &Browser, orders: &[&str]) -> Answer {
    let mut fields: Vec<(&str, &str)> = orders.iter().map(|o| ("order", *o)).collect();
    fields.extend([PATIENT, ("act", "sign")]);
    clinic.post(by, "/patients/p1/orders", &fields).await
}

#[tokio::test]
async fn emr_1_17_orders_are_gathered_and_signed_once_for_the_visit_that_goes_on() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    clinic
        .put(&[r#"{"resourceType":"Encounter","id":"now","status":"in-progress","class":{"code":"AMB"},"subject":{"reference":"Patient/p1"},
            "period":{"start":"2026-03-04T11:00:00Z"}}"#])
        .await;
    let drug = prescribe(&clinic, &doc, "01prescription", &[]).await;
    assert_eq!(drug.place, "/patients/p1/orders", "{}", drug.text);
    let test = [
        PATIENT,
        ("form", "01laboratory"),
        ("what", "Lipid panel"),
        ("for", "Hypertension"),
        ("priority", "routine"),
    ];
    let path = "/patients/p1/orders/new/laboratory";
    let made = clinic.post(&doc, path, &test).await;
    assert_eq!(made.place, "/patients/p1/orders", "{}", made.text);
    let basket = clinic.get(&doc, "/patients/p1/orders").await.text;
    for text in [
        "Lisinopril 10 mg tablet",
        "1 tablet by mouth once a day",
        "Lipid panel",
        "visit under way",
    ] {
        assert!(basket.contains(text), "{text}: {basket}");
    }
    // A draft is no order yet.
    let shown = clinic.get(&doc, "/patients/p1/medications").await.text;
    let (drug, test) = (
        "MedicationRequest/01prescription/1",
        "ServiceRequest/01laboratory/1",
    );
    assert!(!shown.contains("Lisinopril"), "{shown}");
    let signed = sign(&clinic, &doc, &[drug, test]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    for kind in ["MedicationRequest", "ServiceRequest"] {
        let found = clinic.find(kind, "patient=Patient/p1&status=active").await;
        let text = json::to_string(&found[0]);
        for part in ["Encounter/now", "Practitioner/doc", "2026-03-04T12:00:00"] {
            assert!(text.contains(part), "{kind} {part}: {text}");
        }
    }
    // What was signed is not signed again.
    let again = sign(&clinic, &doc, &[drug]).await;
    assert!(again.text.contains("in the meantime"), "{}", again.text);
    let shown = clinic.get(&doc, "/patients/p1").await.text;
    assert!(
        shown.contains("Lisinopril") && shown.contains("Lipid panel"),
        "{shown}"
    );
    // The same test once more is asked about.
    let twice = [&test_of("02laboratory")[..], &[]].concat();
    let asked = clinic.post(&doc, path, &twice).await;
    assert!(asked.text.contains("ordered already"), "{}", asked.text);
    let right = [&twice[..], &[("again", "Lipid panel")]].concat();
    assert_eq!(
        clinic.post(&doc, path, &right).await.status,
        StatusCode::SEE_OTHER
    );
}

fn test_of(form: &str) -> [(&str, &str); 5] {
    [
        PATIENT,
        ("form", form),
        ("what", "Lipid panel"),
        ("for", "Hypertension"),
        ("priority", "routine"),
    ]
}

#[tokio::test]
async fn controlled_drugs_are_signed_with_a_fresh_proof_and_have_the_refills_that_the_law_allows() {
    let clinic = Clinic::new();
    let mut doc = clinician(&clinic).await;
    let drug = ("drug", "Oxycodone 5 mg tablet");
    let refused = prescribe(&clinic, &doc, "01oxycodone", &[drug]).await;
    assert!(
        refused.text.contains("Schedule II drugs have no refills"),
        "{}",
        refused.text
    );
    let made = prescribe(&clinic, &doc, "01oxycodone", &[drug, ("refills", "0")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let order = ["MedicationRequest/01oxycodone/1"];
    let asked = sign(&clinic, &doc, &order).await;
    assert_eq!(
        clinic
            .find("MedicationRequest", "status=active")
            .await
            .len(),
        0
    );
    assert_ne!(
        asked.place, "/patients/p1/orders",
        "a fresh proof is asked for first"
    );
    clinic.step_up(&mut doc).await;
    let signed = sign(&clinic, &doc, &order).await;
    assert_eq!(signed.place, "/patients/p1/orders", "{}", signed.text);
    assert_eq!(
        clinic
            .find("MedicationRequest", "status=active")
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn nobody_signs_what_another_wrote_and_what_stands_against_a_drug_is_told_here_too() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let asked = prescribe(
        &clinic,
        &doc,
        "01amoxicillin",
        &[("drug", "Amoxicillin 500 mg")],
    )
    .await;
    assert!(
        asked.text.contains("both are penicillins"),
        "{}",
        asked.text
    );
    let seen = hidden(&asked.text, "seen");
    let right = [
        ("drug", "Amoxicillin 500 mg"),
        ("seen", seen.as_str()),
        ("reason", "wrong"),
    ];
    let made = prescribe(&clinic, &doc, "01amoxicillin", &right).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    assert_eq!(
        clinic
            .find("DetectedIssue", "patient=Patient/p1")
            .await
            .len(),
        1
    );
    let nurse = clinic
        .person_who_is("nora", &[Role::NURSE], Some("Practitioner/nora"))
        .await;
    let nurse = clinic.browser(&nurse).await;
    assert_eq!(
        clinic.get(&nurse, "/patients/p1/orders").await.status,
        StatusCode::NOT_FOUND
    );
    clinic
        .put(&[r#"{"resourceType":"CareTeam","id":"t","status":"active","subject":{"reference":"Patient/p1"},
            "participant":[{"member":{"reference":"Practitioner/cleo"}}]}"#])
        .await;
    let cleo = clinic.clinician("cleo", "Practitioner/cleo").await;
    let seen = clinic.get(&cleo, "/patients/p1/orders").await.text;
    assert!(
        seen.contains("Others have not signed yet: Amoxicillin"),
        "{seen}"
    );
    let stolen = sign(&clinic, &cleo, &["MedicationRequest/01amoxicillin/1"]).await;
    assert_eq!(stolen.status, StatusCode::UNPROCESSABLE_ENTITY);
    let removed = [
        PATIENT,
        ("order", "MedicationRequest/01amoxicillin/1"),
        ("act", "remove"),
    ];
    let removed = clinic.post(&doc, "/patients/p1/orders", &removed).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER);
    assert!(
        clinic
            .get(&doc, "/patients/p1/orders")
            .await
            .text
            .contains("The basket is empty")
    );
}

#[tokio::test]
async fn emr_1_13_an_entry_of_a_list_ends_goes_on_or_was_a_mistake_and_says_why() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let taken = [
        PATIENT,
        ("form", "01statement"),
        ("drug", "Metformin 500 mg"),
    ];
    let made = clinic
        .post(&doc, "/patients/p1/medications/new", &taken)
        .await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let problem = clinic
        .find("Condition", "patient=Patient/p1&clinical-status=active")
        .await;
    let problem = format!("/patients/p1/lists/problems/{}", problem[0].id().unwrap());
    assert!(
        clinic
            .get(&doc, "/patients/p1")
            .await
            .text
            .contains(&problem)
    );
    let turn = async |path: &str, turn: &str, why: &str, version: &str| {
        let fields = [PATIENT, ("turn", turn), ("why", why), ("version", version)];
        clinic.post(&doc, path, &fields).await
    };
    let statement = "/patients/p1/lists/statements/01statement";
    for (path, status) in [
        (problem.as_str(), "resolved"),
        ("/patients/p1/lists/allergies/a1", "inactive"),
        (statement, "stopped"),
    ] {
        let wrong = turn(path, "resume", "no reason", "1").await;
        assert!(
            wrong.text.contains("Choose what becomes of it"),
            "{path}: {}",
            wrong.text
        );
        assert!(
            turn(path, "end", "", "1").await.text.contains("Say why"),
            "{path}"
        );
        let ended = turn(path, "end", "Told at the visit", "1").await;
        assert_eq!(
            ended.status,
            StatusCode::SEE_OTHER,
            "{path}: {}",
            ended.text
        );
        let late = turn(path, "mistake", "too late", "1").await;
        assert!(late.text.contains("Somebody else changed"), "{path}");
        let page = clinic.get(&doc, path).await.text;
        assert!(page.contains("Told at the visit"), "{path}: {page}");
        let again = turn(path, "resume", "Back again", "2").await;
        assert_eq!(
            again.status,
            StatusCode::SEE_OTHER,
            "{path} {status}: {}",
            again.text
        );
        let mistake = turn(path, "mistake", "Another patient's", "3").await;
        assert_eq!(
            mistake.status,
            StatusCode::SEE_OTHER,
            "{path}: {}",
            mistake.text
        );
        let page = clinic.get(&doc, path).await.text;
        assert!(page.contains("marked as a mistake"), "{path}: {page}");
    }
    for missing in [
        "/patients/p2/lists/allergies/a1",
        "/patients/p1/lists/allergies/a2",
        "/patients/p1/lists/herbs/a1",
    ] {
        assert_eq!(
            clinic.get(&doc, missing).await.status,
            StatusCode::NOT_FOUND,
            "{missing}"
        );
    }
}

#[tokio::test]
async fn what_an_order_form_offers_is_a_list_that_an_administrator_keeps() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let list = "/admin/values/laboratory";
    let act = async |version: &str, what: &str, text: &str| {
        let fields = [("version", version), ("act", what), ("text", text)];
        clinic.post(&ada, list, &fields).await
    };
    for (text, said) in [
        ("", "at least one value"),
        ("2823-3 |", "Line 1: give it a name"),
        ("a b | Potassium", "Line 1: a LOINC code"),
        ("Iron\n\niron", "Line 3: this name is in the list already"),
    ] {
        let wrong = act("0", "save", text).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
        assert!(wrong.text.contains(said), "{said}: {}", wrong.text);
    }
    let kept = act("0", "save", "2823-3 | Potassium\nHouse panel").await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
    let form = "/patients/p1/orders/new/laboratory";
    let offered = clinic.get(&doc, form).await.text;
    assert!(
        offered.contains("House panel") && !offered.contains("Lipid panel"),
        "{offered}"
    );
    let order = [
        ("patient", "p1"),
        ("form", "order-0001"),
        ("what", "potassium"),
        ("for", "Control"),
        ("priority", "routine"),
    ];
    let ordered = clinic.post(&doc, form, &order).await;
    assert_eq!(ordered.status, StatusCode::SEE_OTHER, "{}", ordered.text);
    assert_eq!(
        clinic
            .find("ServiceRequest", "code=http://loinc.org|2823-3")
            .await
            .len(),
        1
    );
    // An old page changes nothing; the program's own list comes back.
    let stale = act("0", "save", "Iron").await;
    assert!(
        stale.text.contains("Somebody else changed"),
        "{}",
        stale.text
    );
    act("1", "own", "").await;
    assert!(clinic.get(&doc, form).await.text.contains("Lipid panel"));
    assert_eq!(clinic.get(&doc, list).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_1_20_a_set_of_orders_goes_into_the_basket_at_once_and_favourites_are_each_persons_own()
{
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let sets = "/patients/p1/orders/sets";
    let basket = clinic.get(&doc, "/patients/p1/orders").await.text;
    assert!(
        basket.contains("href=\"/patients/p1/orders/sets/diabetes\""),
        "{basket}"
    );
    let send = async |set: &str, fields: &[(&str, &str)]| {
        let fields = [&[("patient", "p1")], fields].concat();
        clinic.post(&doc, &format!("{sets}/{set}"), &fields).await
    };
    let two = [("order", "Lipid panel"), ("order", "Haemoglobin A1c")];
    assert!(
        send("diabetes", &two)
            .await
            .text
            .contains("Say what it is for")
    );
    let strange = send("diabetes", &[("order", "Something else"), ("for", "x")]).await;
    assert!(
        strange.text.contains("Choose at least one"),
        "{}",
        strange.text
    );
    let put = send("diabetes", &[&two[..], &[("for", "Diabetes")]].concat()).await;
    assert_eq!(put.place, "/patients/p1/orders", "{}", put.text);
    let drafts = clinic.find("ServiceRequest", "status=draft").await;
    assert_eq!(drafts.len(), 2);
    let id = drafts[0].id().unwrap();
    let order = format!("ServiceRequest/{id}/1");
    let fields = [
        ("patient", "p1"),
        ("order", order.as_str()),
        ("act", "keep"),
    ];
    for _ in 0..2 {
        let kept = clinic.post(&doc, "/patients/p1/orders", &fields).await;
        assert_eq!(kept.place, format!("{sets}/mine"), "{}", kept.text);
    }
    assert_eq!(clinic.find("ServiceRequest", "status=draft").await.len(), 2);
    let mine = clinic.get(&doc, &format!("{sets}/mine")).await.text;
    assert_eq!(mine.matches("type=\"checkbox\"").count(), 1, "{mine}");
    let other = clinic.clinician("eva", "Practitioner/eva").await;
    clinic
        .put(&[r#"{"resourceType":"CareTeam","id":"t9","status":"active","subject":{"reference":"Patient/p1"},
            "participant":[{"member":{"reference":"Practitioner/eva"}}]}"#])
        .await;
    let theirs = clinic.get(&other, &format!("{sets}/mine")).await.text;
    assert!(theirs.contains("Nothing is in it yet"), "{theirs}");
    // The clinic's own sets are plans of the record.
    clinic
        .put(&[r#"{"resourceType":"PlanDefinition","id":"fever","status":"active","title":"Fever","type":{"coding":[{"code":"order-set"}]},
            "action":[{"title":"Urine culture"},{"title":"X-ray, chest, two views"}]}"#])
        .await;
    let fever = clinic.get(&doc, &format!("{sets}/fever")).await.text;
    assert!(
        fever.contains("Urine culture") && fever.contains("Imaging"),
        "{fever}"
    );
}
