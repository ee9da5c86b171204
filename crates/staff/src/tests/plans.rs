//! Care plans, goals and care teams: added, changed, ended.

use aceso_policy::Role;
use http::StatusCode;

use super::kit::Clinic;
use super::record::{clinician, fill};

#[tokio::test]
async fn emr_1_24_a_care_plan_has_goals_and_steps_by_a_day_and_what_is_overdue_is_told_first() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    let goal = [
        ("patient", "p1"),
        ("form", "01goalgoal"),
        ("text", "Walk <b>every</b> day"),
        ("measure", "30 minutes"),
        ("due", "2026-06-01"),
        ("status", "active"),
    ];
    let saved = clinic.post(&doc, "/patients/p1/goals/new", &goal).await;
    assert_eq!(saved.place, "/patients/p1/plan", "{}", saved.text);
    let form = clinic.get(&doc, "/patients/p1/plans/new").await.text;
    assert!(
        form.contains("value=\"Condition/c1\"") && form.contains("value=\"Goal/01goalgoal\""),
        "{form}"
    );
    // What is resolved is no problem to plan for.
    assert!(!form.contains("Condition/c3"), "{form}");
    let plan = [
        ("patient", "p1"),
        ("form", "01planplan"),
        ("title", "Asthma care"),
        ("status", "active"),
        ("problem", "Condition/c1"),
        ("problem", "Condition/c2"),
        ("goal", "Goal/01goalgoal"),
        ("what-1", "Peak flow"),
        ("due-1", "2026-02-01"),
        ("done-1", "not-started"),
        ("what-2", "Inhaler training"),
        ("due-2", "2026-04-01"),
        ("done-2", "completed"),
    ];
    let saved = clinic.post(&doc, "/patients/p1/plans/new", &plan).await;
    assert_eq!(saved.place, "/patients/p1/plan", "{}", saved.text);
    let page = clinic.get(&doc, "/patients/p1/plan").await.text;
    for said in [
        "Asthma care",
        "Peak flow",
        "overdue",
        "Walk &lt;b&gt;every&lt;/b&gt; day",
        "30 minutes by 1 Jun 2026",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("Inhaler training</"), "{page}");
    let stored = clinic.find("CarePlan", "patient=Patient/p1").await;
    let text = aceso_fhir::json::to_string(stored.first().unwrap());
    // Another patient's problem is no problem of this plan.
    assert!(
        text.contains("Condition/c1") && !text.contains("Condition/c2"),
        "{text}"
    );
    let chart = clinic.get(&doc, "/patients/p1").await.text;
    assert!(chart.contains("Asthma care") && chart.contains("href=\"/patients/p1/plan\""));
}

#[tokio::test]
async fn a_goal_ends_with_a_reason_and_who_comes_second_is_told() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    clinic
        .put(&[r#"{"resourceType":"Goal","id":"g1","lifecycleStatus":"active","subject":{"reference":"Patient/p1"},
            "description":{"coding":[{"system":"urn:x","code":"w"}],"text":"Weight"},
            "target":[{"measure":{"text":"kg"},"detailQuantity":{"value":80},"dueDate":"2026-05-01"}]}"#])
        .await;
    let at = "/patients/p1/goals/g1";
    let send = async |version: &str, fields: &[(&str, &str)]| {
        let own = [
            ("patient", "p1"),
            ("version", version),
            ("text", "Weight"),
            ("measure", "kg"),
            ("due", "2026-07-01"),
        ];
        clinic.post(&doc, at, &[&own[..], fields].concat()).await
    };
    let asked = send("1", &[("status", "completed")]).await;
    assert!(asked.text.contains("Say why it is over"), "{}", asked.text);
    let saved = send("1", &[("status", "active")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let late = send("1", &[("status", "cancelled"), ("note", "Mine is kept")]).await;
    assert!(
        late.text.contains("Somebody else was faster")
            && late.text.contains("Mine is kept")
            && late.text.contains("name=\"version\" value=\"2\""),
        "{}",
        late.text
    );
    let saved = send("2", &[("status", "completed"), ("note", "She moved")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let stored = clinic.find("Goal", "patient=Patient/p1").await;
    let text = aceso_fhir::json::to_string(stored.first().unwrap());
    // What the form does not show stays: the code, and the value to be reached.
    for kept in [
        "urn:x",
        "\"value\":80",
        "2026-07-01",
        "She moved",
        "Practitioner/doc",
    ] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    let page = clinic.get(&doc, "/patients/p1/plan").await.text;
    assert!(
        page.contains("1 earlier") && page.contains("completed"),
        "{page}"
    );
    let mistake = send("3", &[("status", "entered-in-error"), ("note", "No")]).await;
    assert_eq!(mistake.status, StatusCode::SEE_OTHER, "{}", mistake.text);
    assert_eq!(
        send("4", &[("status", "active")]).await.status,
        StatusCode::NOT_FOUND
    );
    // Another patient's address does not lead to it.
    let elsewhere = clinic.get(&doc, "/patients/p2/goals/g1").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn emr_1_24_whoever_joins_a_care_team_may_open_the_record_and_whoever_leaves_it_no_longer_may()
 {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let doc = clinic.doctor().await;
    clinic
        .put(&[r#"{"resourceType":"Practitioner","id":"nora","name":[{"given":["Nora"],"family":"Nurse"}]}"#])
        .await;
    let nora = clinic
        .person_who_is("nora", &[Role::NURSE], Some("Practitioner/nora"))
        .await;
    let nora = clinic.browser(&nora).await;
    let sees = async || {
        let page = clinic.get(&nora, "/patients/p1").await.text;
        page.contains("Penicillin")
    };
    assert!(!sees().await);
    let team = [
        ("patient", "p1"),
        ("form", "01teamteam"),
        ("name", "Home care"),
        ("status", "active"),
        ("who", "Practitioner/nora"),
    ];
    let at = "/patients/p1/teams/new";
    let asked = clinic.post(&doc, at, &team).await;
    assert!(asked.text.contains("Say as what"), "{}", asked.text);
    let saved = clinic
        .post(&doc, at, &[&team[..], &[("role", "Nurse")]].concat())
        .await;
    assert_eq!(saved.place, "/patients/p1/plan", "{}", saved.text);
    assert!(sees().await);
    let page = clinic.get(&doc, "/patients/p1/plan").await.text;
    assert!(page.contains("Nora Nurse (Nurse)"), "{page}");
    let leave = [
        ("patient", "p1"),
        ("version", "1"),
        ("name", "Home care"),
        ("status", "active"),
        ("other", "Ned, her son"),
        ("role", "Family member"),
    ];
    let at = "/patients/p1/teams/01teamteam";
    let asked = clinic.post(&doc, at, &leave).await;
    assert!(asked.text.contains("Say why"), "{}", asked.text);
    let saved = clinic
        .post(&doc, at, &[&leave[..], &[("note", "Moved away")]].concat())
        .await;
    assert_eq!(saved.place, "/patients/p1/plan", "{}", saved.text);
    assert!(!sees().await);
    let page = clinic.get(&doc, "/patients/p1/plan").await.text;
    assert!(page.contains("Ned, her son (Family member)"), "{page}");
}
