//! Results that wait, and tasks.

use aceso_fhir::json;
use aceso_policy::{Caller, Purpose, Role};
use http::StatusCode;

use super::kit::{Clinic, HOUR, MINUTE};
use super::record::fill;

/// Three results of the first patient and one of the second, who is in nobody's care; the clinic's day is 4 March 2026.
async fn results(clinic: &Clinic) {
    let potassium = |id: &str, patient: &str, at: &str, value: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":{{"reference":"Patient/{patient}"}},
            "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}}]}}],
            "code":{{"coding":[{{"system":"http://loinc.org","code":"6298-4"}}],"text":"Potassium"}},"effectiveDateTime":"{at}",
            "valueQuantity":{{"value":{value},"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}}}}"#
        )
    };
    let texts = [
        potassium("normal", "p1", "2026-03-03T10:00:00Z", "4.1"),
        potassium("critical", "p1", "2026-03-04T10:00:00Z", "7.0"),
        potassium("imported", "p1", "2019-03-04T10:00:00Z", "7.0"),
        potassium("foreign", "p2", "2026-03-04T10:00:00Z", "7.0"),
        r#"{"resourceType":"DocumentReference","id":"letter","status":"current","date":"2026-03-04T09:00:00Z","description":"Letter of the hospital",
            "subject":{"reference":"Patient/p1"},"content":[{"attachment":{"title":"Letter"}}]}"#.to_owned(),
    ];
    clinic.put(&texts).await;
}

/// The resources whose boxes stand on the page, in order.
fn boxes(text: &str) -> Vec<String> {
    let all = text.split("name=\"result\" value=\"").skip(1);
    all.map(|t| t.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn emr_1_21_what_nobody_looked_at_waits_the_critical_first_until_somebody_signs() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    results(&clinic).await;
    let doc = clinic.doctor().await;
    let inbox = clinic.get(&doc, "/inbox").await.text;
    assert_eq!(
        boxes(&inbox),
        [
            "Observation/critical",
            "DocumentReference/letter",
            "Observation/normal"
        ]
    );
    assert!(
        inbox.contains("critically high")
            && inbox.contains("normal 3.5–5")
            && inbox.contains("1 h left"),
        "{inbox}"
    );
    let check = async |fields: &[(&str, &str)], left: &[&str]| {
        let sent = clinic.post(&doc, "/inbox", fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        assert_eq!(boxes(&clinic.get(&doc, "/inbox").await.text), left);
    };
    let nothing = clinic.post(&doc, "/inbox", &[("act", "seen")]).await;
    assert!(nothing.text.contains("Choose at least one"));
    check(
        &[("act", "normal")],
        &["Observation/critical", "DocumentReference/letter"],
    )
    .await;
    check(
        &[
            ("act", "seen"),
            ("comment", "Called the patient"),
            ("result", "Observation/critical"),
            ("result", "DocumentReference/letter"),
        ],
        &[],
    )
    .await;
    // Who signed, when, and what they said is in the record.
    let query = aceso_fhir::search::parse_pairs(
        Some("Task"),
        &[("focus".into(), "Observation/critical".into())],
        &Default::default(),
    )
    .unwrap();
    let found = clinic
        .store
        .read(&Caller::operator(), Purpose::Operations)
        .search(query)
        .await
        .unwrap();
    let task = json::read(&found.matches[0].body).unwrap();
    assert_eq!(
        task.get("requester").unwrap().str_at("reference"),
        Some("Practitioner/doc")
    );
    assert_eq!(
        task.items_at("note")[0].str_at("text"),
        Some("Called the patient")
    );
    assert!(task.get("owner").is_none());
}

#[tokio::test]
async fn emr_1_21_a_critical_result_is_late_after_an_hour_and_can_be_handed_on() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    results(&clinic).await;
    let doc = clinic.doctor().await;
    clinic.clock.advance_millis(HOUR - MINUTE);
    let doc = clinic.browser(&doc.account).await;
    assert!(clinic.get(&doc, "/inbox").await.text.contains("1 min left"));
    clinic.clock.advance_millis(2 * MINUTE);
    let doc = clinic.browser(&doc.account).await;
    let inbox = clinic.get(&doc, "/inbox").await.text;
    assert!(
        inbox.contains("late by 1 min") && inbox.contains("has waited for more than an hour"),
        "{inbox}"
    );
    let sent = clinic
        .post(
            &doc,
            "/inbox",
            &[("act", "escalate"), ("result", "Observation/critical")],
        )
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let inbox = clinic.get(&doc, "/inbox").await.text;
    assert!(inbox.contains("handed on"), "{inbox}");
    let tasks = clinic.get(&doc, "/tasks").await.text;
    assert!(
        tasks.contains("Look at this result: Potassium") && tasks.contains("at once"),
        "{tasks}"
    );
}

#[tokio::test]
async fn the_desk_sees_no_results_and_nobody_signs_for_other_peoples_patients() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    results(&clinic).await;
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    for path in ["/inbox", "/tasks"] {
        let page = clinic.get(&desk, path).await.text;
        assert!(
            page.contains("Nothing here for you") && boxes(&page).is_empty(),
            "{path}: {page}"
        );
    }
    let new = clinic.get(&desk, "/patients/p1/tasks/new").await;
    assert_eq!(new.status, StatusCode::NOT_FOUND);
    let sent = clinic
        .post(
            &desk,
            "/inbox",
            &[("act", "seen"), ("result", "Observation/critical")],
        )
        .await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND);
    let doc = clinic.doctor().await;
    clinic
        .post(
            &doc,
            "/inbox",
            &[
                ("act", "seen"),
                ("result", "Observation/foreign"),
                ("result", "Observation/imported"),
            ],
        )
        .await;
    let query = aceso_fhir::search::parse_pairs(Some("Task"), &[], &Default::default()).unwrap();
    let found = clinic
        .store
        .read(&Caller::operator(), Purpose::Operations)
        .search(query)
        .await
        .unwrap();
    assert!(found.matches.is_empty());
    // Whose account is joined to nobody of the record signs for nothing.
    let nobody = clinic.signed_in("nora", &[Role::NURSE]).await;
    let sent = clinic
        .post(
            &nobody,
            "/inbox",
            &[("act", "seen"), ("result", "Observation/critical")],
        )
        .await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_1_24_a_task_is_given_taken_commented_and_done() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    results(&clinic).await;
    let doc = clinic.doctor().await;
    let base = "/patients/p1/tasks/new";
    let form = clinic
        .get(&doc, &[base, "?about=Observation%2Fcritical"].concat())
        .await
        .text;
    assert!(
        form.contains("Follow up: Potassium") && form.contains("value=\"Practitioner/doc\""),
        "{form}"
    );
    // What is another patient's is not told of.
    assert_eq!(
        clinic
            .get(&doc, &[base, "?about=Observation%2Fforeign"].concat())
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    let check = async |fields: &[(&str, &str)], said: &str| {
        let all: Vec<_> = [("patient", "p1"), ("form", "01tasktasktask")]
            .into_iter()
            .chain(fields.iter().copied())
            .collect();
        let answer = clinic.post(&doc, base, &all).await;
        assert!(
            answer.text.contains(said) && answer.status == StatusCode::UNPROCESSABLE_ENTITY,
            "{fields:?}: {}",
            answer.text
        );
    };
    let good = [
        ("what", "Call"),
        ("whose", "Practitioner/doc"),
        ("due", "2026-03-05"),
        ("priority", "urgent"),
    ];
    let with = |name: &'static str, value: &'static str| {
        good.map(|(n, v)| if n == name { (n, value) } else { (n, v) })
    };
    check(&with("what", ""), "Say what is to be done").await;
    check(
        &with("whose", "Practitioner/other"),
        "Choose who is to do it",
    )
    .await;
    check(&with("due", "2026-03-01"), "That day has passed").await;
    check(&with("due", "soon"), "year-month-day").await;
    let fields: Vec<_> = [
        ("patient", "p1"),
        ("form", "01tasktasktask"),
        ("about", "Observation/critical"),
    ]
    .into_iter()
    .chain(good)
    .collect();
    for _ in 0..2 {
        assert_eq!(
            clinic.post(&doc, base, &fields).await.place,
            "/tasks/01tasktasktask"
        );
    }
    let list = clinic.get(&doc, "/tasks").await.text;
    assert!(
        list.contains(">Call</a>") && list.contains("urgent") && list.contains("tomorrow"),
        "{list}"
    );
    clinic.clock.advance_millis(48 * HOUR);
    let doc = clinic.browser(&doc.account).await;
    assert!(clinic.get(&doc, "/tasks").await.text.contains("overdue"));
    let act = async |version: &str, act: &str, comment: &str| {
        let fields = [("version", version), ("act", act), ("comment", comment)];
        clinic.post(&doc, "/tasks/01tasktasktask", &fields).await
    };
    assert!(act("1", "cancel", "").await.text.contains("Write why"));
    assert_eq!(act("1", "take", "").await.status, StatusCode::SEE_OTHER);
    // Who comes second is told.
    assert_eq!(act("1", "done", "").await.status, StatusCode::CONFLICT);
    assert_eq!(
        act("2", "comment", "No answer").await.status,
        StatusCode::SEE_OTHER
    );
    assert!(
        clinic
            .get(&doc, "/tasks/01tasktasktask")
            .await
            .text
            .contains("No answer")
    );
    assert_eq!(act("3", "done", "").await.place, "/tasks");
    assert!(act("4", "done", "").await.text.contains("closed already"));
    assert!(!clinic.get(&doc, "/tasks").await.text.contains(">Call</a>"));
}

/// A critical result of a patient in nobody's care.
async fn stranger(clinic: &Clinic) {
    let patient = r#"{"resourceType":"Patient","id":"p9","birthDate":"1980-01-01","gender":"male","name":[{"family":"Nine"}]}"#;
    let result = r#"{"resourceType":"Observation","id":"stranger","status":"final","subject":{"reference":"Patient/p9"},
        "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],
        "code":{"coding":[{"system":"http://loinc.org","code":"6298-4"}],"text":"Potassium"},"effectiveDateTime":"2026-03-04T10:00:00Z",
        "valueQuantity":{"value":7.0,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}}"#;
    clinic.put(&[patient, result]).await;
}

/// What the program sends on between two moments of the clinic's clock.
async fn send_on(clinic: &Clinic, from: i64) -> usize {
    let zone = aceso_clinic::schedule::Zone::utc();
    let escalator = crate::Escalator::new(clinic.store.clone(), zone);
    let now = clinic.store.now();
    let (from, until) = (now.plus_millis(from), now.plus_millis(-HOUR));
    escalator.look(from, until).await.unwrap()
}

#[tokio::test]
async fn emr_1_21_a_critical_result_that_nobody_looked_at_is_sent_on_once_to_who_covers() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    results(&clinic).await;
    stranger(&clinic).await;
    let role = |who: &str, more: &str| {
        format!(
            r#"{{"resourceType":"PractitionerRole","id":"role-{who}","active":true,{more}
            "practitioner":{{"reference":"Practitioner/{who}"}}}}"#
        )
    };
    let covered = |by: &str| {
        format!(
            r#""extension":[{{"url":"urn:aceso:covered-by","valueReference":{{"reference":"Practitioner/{by}"}}}}],"#
        )
    };
    let away = r#""notAvailable":[{"description":"Away","during":{"start":"2026-03-01","end":"2026-03-08"}}],"#;
    clinic
        .put(&[
            r#"{"resourceType":"Practitioner","id":"eve","name":[{"family":"Eve"}]}"#.to_owned(),
            r#"{"resourceType":"Practitioner","id":"zoe","name":[{"family":"Zoe"}]}"#.to_owned(),
            role("doc", &covered("eve")),
            role("eve", &[away, &covered("zoe")].concat()),
            role("zoe", ""),
        ])
        .await;
    let zoe = clinic.clinician("zoe", "Practitioner/zoe").await;
    assert_eq!(send_on(&clinic, -3 * HOUR).await, 0, "not within the hour");
    clinic.clock.advance_millis(HOUR + MINUTE);
    // Of the patient in a physician's care, of the one whose birth date nobody knows, and of the one in nobody's care; not
    // what was taken years ago.
    assert_eq!(send_on(&clinic, -3 * HOUR).await, 3);
    assert_eq!(send_on(&clinic, -3 * HOUR).await, 0, "once");
    let tasks = clinic.find("Task", "status=requested").await;
    let of = |focus: &str| {
        let mut all = tasks.iter();
        let about = |t: &&aceso_fhir::Value| {
            t.get("focus").and_then(|f| f.str_at("reference")) == Some(focus)
        };
        all.find(about).unwrap().clone()
    };
    // Eve is away: whoever covers for her gets it, and with it the chart.
    let owner = of("Observation/critical");
    let owner = owner.get("owner").and_then(|o| o.str_at("reference"));
    assert_eq!(owner, Some("Practitioner/zoe"));
    assert!(of("Observation/stranger").get("owner").is_none());
    // The hour has locked her screen: she comes back.
    let zoe = clinic.browser(&zoe.account).await;
    let home = clinic.get(&zoe, "/").await.text;
    assert!(
        home.contains("A critical result was sent on to you"),
        "{home}"
    );
    assert!(clinic.get(&zoe, "/inbox").await.text.contains("handed on"));
    let chart = clinic.get(&zoe, "/patients/p1").await;
    assert_eq!(chart.status, StatusCode::OK);
}

#[tokio::test]
async fn emr_1_21_what_somebody_looked_at_in_time_is_not_sent_on() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    results(&clinic).await;
    stranger(&clinic).await;
    let doc = clinic.doctor().await;
    let seen = [("act", "seen"), ("result", "Observation/critical")];
    let sent = clinic.post(&doc, "/inbox", &seen).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    clinic.clock.advance_millis(HOUR + MINUTE);
    assert_eq!(send_on(&clinic, -3 * HOUR).await, 2, "the other patients'");
}

#[tokio::test]
async fn tasks_of_somebody_who_is_away_stand_with_whoever_covers_and_with_nobody_else() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let role = |more: &str| {
        format!(
            r#"{{"resourceType":"PractitionerRole","id":"role-eve","active":true,{more}
            "extension":[{{"url":"urn:aceso:covered-by","valueReference":{{"reference":"Practitioner/zoe"}}}}],
            "practitioner":{{"reference":"Practitioner/eve"}}}}"#
        )
    };
    let away = r#""notAvailable":[{"description":"Away","during":{"start":"2026-03-01","end":"2026-03-08"}}],"#;
    let member = |who: &str| format!(r#"{{"member":{{"reference":"Practitioner/{who}"}}}}"#);
    let team = [member("eve"), member("zoe"), member("max")].join(",");
    clinic
        .put(&[
            r#"{"resourceType":"Practitioner","id":"eve","name":[{"family":"Eve"}]}"#.to_owned(),
            r#"{"resourceType":"Practitioner","id":"zoe","name":[{"family":"Zoe"}]}"#.to_owned(),
            r#"{"resourceType":"Practitioner","id":"max","name":[{"family":"Max"}]}"#.to_owned(),
            format!(
                r#"{{"resourceType":"CareTeam","id":"t9","status":"active","subject":{{"reference":"Patient/p1"}},"participant":[{team}]}}"#
            ),
            r#"{"resourceType":"Task","id":"call","status":"requested","intent":"order","description":"Call about the knee",
                "for":{"reference":"Patient/p1"},"owner":{"reference":"Practitioner/eve"}}"#
                .to_owned(),
            role(""),
        ])
        .await;
    let zoe = clinic.clinician("zoe", "Practitioner/zoe").await;
    let max = clinic.clinician("max", "Practitioner/max").await;
    let sees = async |who| clinic.get(who, "/tasks").await.text;
    assert!(!sees(&zoe).await.contains("Call about the knee"));
    clinic.put(&[role(away)]).await;
    let page = sees(&zoe).await;
    assert!(
        page.contains("Call about the knee") && page.contains("Eve, who is away: you cover"),
        "{page}"
    );
    assert!(!sees(&max).await.contains("Call about the knee"));
    // Time that she closed herself does the same, and may name somebody else.
    let closed = |by: &str| {
        format!(
            r#"{{"resourceType":"Slot","id":"off-eve","status":"busy-unavailable","schedule":{{"reference":"Schedule/s-eve"}},
            "extension":[{{"url":"urn:aceso:covered-by","valueReference":{{"reference":"Practitioner/{by}"}}}}],
            "start":"2026-03-04T00:00:00Z","end":"2026-03-05T00:00:00Z"}}"#
        )
    };
    let calendar = r#"{"resourceType":"Schedule","id":"s-eve","active":true,"actor":[{"reference":"Practitioner/eve"}]}"#;
    clinic
        .put(&[role("").as_str(), calendar, &closed("max")])
        .await;
    let page = sees(&max).await;
    assert!(
        page.contains("Call about the knee") && page.contains("Eve"),
        "{page}"
    );
    assert!(!sees(&zoe).await.contains("Call about the knee"));
    clinic.put(&[closed("zoe")]).await;
    assert!(sees(&zoe).await.contains("Call about the knee"));
}
