//! What was changed or deleted is looked at as it was, and brought back.

use aceso_policy::Role;
use http::StatusCode;

use super::kit::Clinic;
use super::record::clinician;

fn problem(text: &str) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"c1","subject":{{"reference":"Patient/p1"}},"code":{{"text":"{text}"}},
        "clinicalStatus":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}}]}}}}"#
    )
}

/// Version, what it is called.
async fn problems(clinic: &Clinic) -> Vec<String> {
    let found = clinic.find("Condition", "patient=p1&_id=c1").await;
    let text = |one: &aceso_fhir::Value| one.get("code")?.str_at("text").map(str::to_owned);
    found.iter().filter_map(text).collect()
}

const AT: &str = "/patients/p1/changes/Condition/c1";

#[tokio::test]
async fn a_change_is_shown_and_undone_by_who_may_change_it_and_not_over_another_change() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    clinic.put(&[problem("Bronchitis")]).await;
    let list = clinic.get(&doc, "/patients/p1/changes").await.text;
    assert!(list.contains("Bronchitis") && list.contains(AT), "{list}");
    assert!(
        !list.contains("Old fracture"),
        "it was never changed: {list}"
    );
    let page = clinic.get(&doc, AT).await.text;
    for said in [
        "Version 2",
        "Version 1",
        "code.text",
        "Asthma",
        "Bronchitis",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let back = [("patient", "p1"), ("version", "1"), ("over", "2")];
    let done = clinic.post(&doc, AT, &back).await;
    assert_eq!(done.place, format!("{AT}?done=back"), "{}", done.text);
    assert_eq!(problems(&clinic).await, ["Asthma"]);
    let late = clinic.post(&doc, AT, &back).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        late.text.contains("Somebody else changed this"),
        "{}",
        late.text
    );
    // What is brought back can be undone, too.
    let again = [("patient", "p1"), ("version", "2"), ("over", "3")];
    clinic.post(&doc, AT, &again).await;
    assert_eq!(problems(&clinic).await, ["Bronchitis"]);
    let never = [("patient", "p1"), ("version", "9"), ("over", "4")];
    let never = clinic.post(&doc, AT, &never).await;
    assert_eq!(never.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_deleted_is_listed_and_restored_with_all_that_it_said() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    clinic.remove("Condition", "c1").await;
    assert!(problems(&clinic).await.is_empty());
    let list = clinic.get(&doc, "/patients/p1/changes").await.text;
    assert!(
        list.contains("Asthma") && list.contains("deleted"),
        "{list}"
    );
    let page = clinic.get(&doc, AT).await.text;
    assert!(page.contains("name=\"over\" value=\"2\""), "{page}");
    let back = [("patient", "p1"), ("version", "1"), ("over", "2")];
    let done = clinic.post(&doc, AT, &back).await;
    assert_eq!(done.place, format!("{AT}?done=back"), "{}", done.text);
    assert_eq!(problems(&clinic).await, ["Asthma"]);
    let chart = clinic.get(&doc, "/patients/p1").await.text;
    assert!(chart.contains("Asthma"), "{chart}");
}

#[tokio::test]
async fn who_may_not_see_it_does_not_see_it_as_it_was_either() {
    let clinic = Clinic::new();
    let doc = clinician(&clinic).await;
    clinic.put(&[problem("Bronchitis")]).await;
    clinic.remove("Condition", "c2").await;
    let status = async |browser, path: &str| clinic.get(browser, path).await.status;
    // Another patient's, under this patient's address; and at home.
    for path in [
        "/patients/p1/changes/Condition/c2",
        "/patients/p2/changes/Condition/c2",
        "/patients/p2/changes/Condition/c1",
        "/patients/p1/changes/Condition/none",
        "/patients/p1/changes/Nothing/c1",
    ] {
        assert_eq!(status(&doc, path).await, StatusCode::NOT_FOUND, "{path}");
    }
    let desk = clinic.signed_in("felix", &[Role::FRONT_DESK]).await;
    assert_eq!(status(&desk, AT).await, StatusCode::NOT_FOUND);
    let list = clinic.get(&desk, "/patients/p1/changes").await.text;
    assert!(!list.contains("Bronchitis"), "{list}");
    let back = [("patient", "p1"), ("version", "1"), ("over", "2")];
    let refused = clinic.post(&desk, AT, &back).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(problems(&clinic).await, ["Bronchitis"]);
}
