//! Letters, papers and referrals.

use aceso_fhir::json;
use aceso_policy::{Caller, Purpose, Role};
use aceso_store::AuditKind;
use http::StatusCode;

use super::kit::{Clinic, HOUR};
use super::record::fill;

/// How often the first patient's record was printed.
async fn prints(clinic: &Clinic) -> usize {
    clinic.logged(AuditKind::Print, Some("p1")).await.len()
}

#[tokio::test]
async fn emr_1_23_a_letter_knows_the_record_is_kept_as_it_was_sent_and_each_print_is_on_record() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic.doctor().await;
    let new = "/patients/p1/letters/new/colleague";
    let page = clinic.get(&doc, new).await.text;
    for said in [
        "Dear colleague",
        "Ann Example, born 1 Mar 1974",
        "Penicillin",
        "Riverside",
        "doc Example",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let send = async |title: &str, text: &str| {
        let fields = [
            ("patient", "p1"),
            ("form", "01letterletter"),
            ("title", title),
            ("text", text),
        ];
        clinic.post(&doc, new, &fields).await
    };
    assert!(send("", "x").await.text.contains("Give it a title"));
    assert!(
        send("A", "Problems: …")
            .await
            .text
            .contains("still to be filled in")
    );
    assert!(send("A", "a\u{7}b").await.text.contains("cannot be kept"));
    let text = "Dear colleague,\n\n{patient} <b>is</b> well.";
    for _ in 0..2 {
        assert_eq!(
            send("To a colleague", text).await.place,
            "/patients/p1/letters/01letterletter"
        );
    }
    let kept = clinic
        .get(&doc, "/patients/p1/letters/01letterletter")
        .await
        .text;
    assert!(
        kept.contains("{patient} &lt;b&gt;is&lt;/b&gt; well."),
        "{kept}"
    );
    assert!(
        clinic
            .get(&doc, "/patients/p1/letters")
            .await
            .text
            .contains("To a colleague")
    );
    assert_eq!(prints(&clinic).await, 0);
    for path in [
        "letters/01letterletter/pdf",
        "papers/summary",
        "papers/results",
        "papers/prescriptions",
    ] {
        let file = clinic.get(&doc, &["/patients/p1/", path].concat()).await;
        assert_eq!(
            (file.status, file.kind.as_str()),
            (StatusCode::OK, "application/pdf"),
            "{path}"
        );
        assert!(file.text.starts_with("%PDF-"), "{path}");
    }
    assert_eq!(prints(&clinic).await, 4);
    // Our own letters wait for nobody.
    assert!(
        clinic
            .get(&doc, "/inbox")
            .await
            .text
            .contains("Nothing waits")
    );
    assert_eq!(
        clinic.get(&doc, "/patients/p1/papers/all").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        clinic
            .get(&doc, "/patients/p1/letters/new/other")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn emr_1_23_a_referral_is_followed_until_it_is_closed_and_a_late_report_is_told() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic.doctor().await;
    let new = "/patients/p1/referrals/new";
    let good = [
        ("what", "Cardiology"),
        ("to", "Heart Centre"),
        ("reason", "Chest pain"),
        ("priority", "urgent"),
        ("due", "2026-03-10"),
    ];
    let send = async |name: &str, value: &str| {
        let fields = good.map(|(n, v)| if n == name { (n, value) } else { (n, v) });
        let all: Vec<_> = [("patient", "p1"), ("form", "01referral")]
            .into_iter()
            .chain(fields)
            .collect();
        clinic.post(&doc, new, &all).await
    };
    assert!(send("what", "").await.text.contains("Say which specialty"));
    assert!(send("to", "").await.text.contains("Say to whom"));
    assert!(send("due", "").await.text.contains("year-month-day"));
    assert!(
        send("due", "2026-01-01")
            .await
            .text
            .contains("That day has passed")
    );
    let place = "/patients/p1/referrals/01referral";
    for _ in 0..2 {
        assert_eq!(send("", "").await.place, place);
    }
    assert!(
        clinic
            .get(&doc, "/tasks")
            .await
            .text
            .contains("Referral: Cardiology")
    );
    let act = async |version: &str, act: &str, comment: &str| {
        let fields = [
            ("patient", "p1"),
            ("version", version),
            ("act", act),
            ("comment", comment),
        ];
        clinic.post(&doc, place, &fields).await
    };
    assert_eq!(act("1", "accepted", "").await.status, StatusCode::SEE_OTHER);
    assert!(
        act("2", "scheduled", "")
            .await
            .text
            .contains("Write when and where")
    );
    assert_eq!(
        act("2", "scheduled", "12 March, nine o'clock").await.status,
        StatusCode::SEE_OTHER
    );
    assert!(
        act("3", "accepted", "")
            .await
            .text
            .contains("further than that")
    );
    // Who comes second is told.
    assert_eq!(
        act("1", "reported", "Normal").await.status,
        StatusCode::CONFLICT
    );
    let list = "/patients/p1/letters";
    assert!(!clinic.get(&doc, list).await.text.contains("overdue"));
    clinic.clock.advance_millis(8 * 24 * HOUR);
    let doc = clinic.browser(&doc.account).await;
    assert!(clinic.get(&doc, list).await.text.contains("report overdue"));
    assert!(
        clinic
            .get(&doc, place)
            .await
            .text
            .contains("The report is overdue")
    );
    let act = async |version: &str, act: &str, comment: &str| {
        let fields = [
            ("patient", "p1"),
            ("version", version),
            ("act", act),
            ("comment", comment),
        ];
        clinic.post(&doc, place, &fields).await
    };
    assert_eq!(
        act("3", "reported", "Normal").await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!clinic.get(&doc, list).await.text.contains("overdue"));
    let file = clinic.get(&doc, &[place, "/pdf"].concat()).await;
    assert!(file.text.starts_with("%PDF-") && prints(&clinic).await == 1);
    assert_eq!(act("4", "closed", "").await.status, StatusCode::SEE_OTHER);
    let late = act("5", "declined", "x").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let reading = clinic.store.read(&Caller::operator(), Purpose::Operations);
    let stored = reading.fetch("ServiceRequest", "01referral").await.unwrap();
    let request = json::read(&stored.body).unwrap();
    assert_eq!(request.str_at("status"), Some("completed"));
    assert!(
        !clinic
            .get(&doc, "/tasks")
            .await
            .text
            .contains("Referral: Cardiology")
    );
}

#[tokio::test]
async fn who_sees_no_charts_prints_none_and_refers_nobody() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    for path in [
        "letters/new/recall",
        "papers/summary",
        "papers/results",
        "referrals/new",
    ] {
        let seen = clinic.get(&desk, &["/patients/p1/", path].concat()).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{path}");
    }
    let list = clinic.get(&desk, "/patients/p1/letters").await.text;
    assert!(
        !list.contains("/papers/") && !list.contains("/letters/new/"),
        "{list}"
    );
    // A nurse writes letters and refers nobody.
    let nurse = clinic
        .person_who_is("nora", &[Role::NURSE], Some("Practitioner/doc"))
        .await;
    let nurse = clinic.browser(&nurse).await;
    assert_eq!(
        clinic
            .get(&nurse, "/patients/p1/letters/new/recall")
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        clinic
            .get(&nurse, "/patients/p1/referrals/new")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(prints(&clinic).await, 0);
}

#[tokio::test]
async fn emr_1_23_an_administrator_changes_a_template_and_letters_begin_with_it() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let doc = clinic.doctor().await;
    let shipped = "/admin/templates/shipped-letter-recall";
    let page = clinic.get(&ada, shipped).await.text;
    assert!(page.contains("Dear Ann Example"), "{page}");
    let copy = [("version", "0"), ("act", "copy")];
    let draft = clinic.post(&ada, shipped, &copy).await;
    assert_eq!(draft.status, StatusCode::SEE_OTHER, "{}", draft.text);
    let own = draft.place;
    let act = async |version: &str, what: &str, text: &str| {
        let fields = [
            ("version", version),
            ("act", what),
            ("title", "Come by"),
            ("text", text),
        ];
        clinic.post(&ada, &own, &fields).await
    };
    let wrong = act("1", "save", "Dear {nobody}").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("Nothing is called {nobody}"),
        "{}",
        wrong.text
    );
    let tried = act("1", "try", "Hello {patient}!").await;
    assert!(tried.text.contains("Hello Ann Example!"), "{}", tried.text);
    let letter = async || {
        clinic
            .get(&doc, "/patients/p1/letters/new/recall")
            .await
            .text
    };
    assert!(letter().await.contains("we would like to see you"));
    let published = act("1", "publish", "Hello {patient}!").await;
    assert_eq!(
        published.status,
        StatusCode::SEE_OTHER,
        "{}",
        published.text
    );
    assert!(letter().await.contains("Hello Ann Example!"));
    // Whoever has the old page is told.
    let stale = act("1", "retire", "").await;
    assert!(
        stale.text.contains("Somebody else changed"),
        "{}",
        stale.text
    );
    let retired = clinic
        .post(&ada, &own, &[("version", "2"), ("act", "retire")])
        .await;
    assert_eq!(retired.status, StatusCode::SEE_OTHER, "{}", retired.text);
    let gone = clinic.get(&doc, "/patients/p1/letters/new/recall").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(
        clinic.get(&doc, "/admin/templates").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn emr_2_6_the_clinic_is_named_once_and_papers_follow() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let doc = clinic.doctor().await;
    let paper = async || {
        let paper = clinic.get(&doc, "/patients/p1/papers/summary").await;
        assert_eq!(paper.status, StatusCode::OK, "{}", paper.text);
        assert!(paper.text.starts_with("%PDF"));
        paper.text.len()
    };
    let before = paper().await;
    let save = async |version: &str, npi: &str| {
        let fields = [
            ("version", version),
            ("name", "Riverside"),
            ("line", "1 Main St"),
            ("city", "Springfield"),
            ("npi", npi),
        ];
        clinic.post(&ada, "/admin/facility", &fields).await
    };
    let wrong = save("0", "1234567890").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("Ten digits"), "{}", wrong.text);
    let saved = save("0", "1234567893").await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let page = clinic.get(&ada, "/admin/facility").await.text;
    assert!(
        page.contains("1 Main St") && page.contains("1234567893"),
        "{page}"
    );
    assert!(paper().await > before, "its address is on the paper");
    let stale = save("0", "1234567893").await;
    assert!(
        stale.text.contains("Somebody else changed"),
        "{}",
        stale.text
    );
    assert_eq!(
        clinic.get(&doc, "/admin/facility").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn s3_a_letter_that_names_what_is_about_substance_use_leaves_as_that_does() {
    let clinic = Clinic::under_part2();
    fill(&clinic).await;
    let doc = clinic.doctor().await;
    clinic
        .put(&[r#"{"resourceType":"Condition","id":"use1","subject":{"reference":"Patient/p1"},
            "clinicalStatus":{"coding":[{"code":"active"}]},
            "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F11.20"}],"text":"Opioid dependence"}}"#])
        .await;
    let keep = async |form: &str, text: &str| {
        let fields = [
            ("patient", "p1"),
            ("form", form),
            ("title", "To a colleague"),
            ("text", text),
        ];
        let place = clinic.post(&doc, "/patients/p1/letters/new/colleague", &fields);
        place.await.place
    };
    let plain = keep("01letterplain1", "She is well.").await;
    let telling = keep("01lettertells1", "We treat an opioid dependence.").await;
    let print = async |place: &str, end: &str| {
        let answer = clinic.get(&doc, &[place, end].concat()).await;
        (answer.kind, answer.text)
    };
    assert_eq!(print(&plain, "/pdf").await.0, "application/pdf");
    let (_, refused) = print(&telling, "/pdf").await;
    assert!(refused.contains("no consent of the patient"), "{refused}");
    assert_eq!(
        print(&telling, "/pdf?for=patient").await.0,
        "application/pdf"
    );
    assert_eq!(print(&telling, "").await.0, "text/html; charset=utf-8");
}
