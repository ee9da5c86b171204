//! Whom the clinic must tell of what: the list, what came of each, the emergency plan.

use aceso_policy::{Caller, Role};
use aceso_store::{DutyKind, NewDuty};
use http::StatusCode;

use super::kit::Clinic;

#[tokio::test]
async fn hn6_an_administrator_sees_whom_to_tell_within_a_day_and_says_what_came_of_it() {
    let clinic = Clinic::new();
    let (store, operator) = (&clinic.store, Caller::operator());
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let nora = clinic.person("nora", &[Role::NURSE]).await;
    let now = store.now();
    let agreement = NewDuty {
        kind: DutyKind::BusinessAssociate,
        name: "Riverside <Laboratories>".to_owned(),
        detail: String::new(),
        done: now,
        until: Some(now.plus_millis(400 * 86_400_000)),
        digest: None,
    };
    store.add_duty(&operator, agreement).await.unwrap();
    let here = "/admin/tellings";
    let empty = clinic.get(&ada, here).await;
    assert!(
        empty.text.contains("Nobody is to be told"),
        "{}",
        empty.text
    );
    let refused = clinic.post(&ada, here, &[("why", " ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let begun = clinic
        .post(&ada, here, &[("why", "The cellar is flooded")])
        .await;
    assert_eq!(begun.place, "/admin/tellings?done=kept");
    store.disable_account(&operator, &nora).await.unwrap();
    let list = clinic.get(&ada, here).await.text;
    for said in [
        "Riverside &lt;Laboratories&gt;",
        "The emergency plan is in force",
        "access ended",
        "to be told",
    ] {
        assert!(list.contains(said), "{said}: {list}");
    }
    assert_eq!(list.matches("href=\"/admin/tellings/").count(), 2, "{list}");
    let overview = clinic.get(&ada, "/admin").await.text;
    assert!(overview.contains("2 to be told"), "{overview}");
    let at = list.find("/admin/tellings/").unwrap();
    let path: String = list[at..].chars().take_while(|c| *c != '"').collect();
    let send = async |outcome: &str, note: &str| {
        let fields = [("outcome", outcome), ("note", note)];
        clinic.post(&ada, &path, &fields).await
    };
    for (outcome, note) in [("", "By telephone"), ("told", " "), ("perhaps", "x")] {
        let refused = send(outcome, note).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{outcome}"
        );
    }
    assert!(
        send("told", "")
            .await
            .text
            .contains("value=\"told\" selected")
    );
    assert_eq!(
        send("told", "By telephone").await.place,
        "/admin/tellings?done=kept"
    );
    let one = clinic.get(&ada, &path).await.text;
    assert!(
        one.contains("By telephone") && !one.contains("Keep it"),
        "{one}"
    );
    assert_eq!(send("told", "Again").await.status, StatusCode::NOT_FOUND);
    let other = clinic.signed_in("olga", &[Role::SECURITY_OFFICER]).await;
    for path in [here, path.as_str()] {
        let seen = clinic.get(&other, path).await.status;
        assert_eq!(seen, StatusCode::NOT_FOUND, "who manages no settings");
    }
}
