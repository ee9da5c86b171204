//! Recertification.

use aceso_policy::{Role, Task};
use aceso_store::{AccountQuery, PeopleError, RecheckDecision, Refusal};

use super::kit::{Clinic, HOUR};

#[tokio::test]
async fn ha4_a_quarterly_list_names_every_right_that_was_not_used() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let root = clinic.person("root", &[Role::ADMINISTRATOR]).await;
    let vic = clinic.person("vic", &[Role::ADMINISTRATOR]).await;
    clinic.person("pat", &[Role::PATIENT]).await;
    let gone = clinic.person("gone", &[Role::NURSE]).await;
    let by_root = clinic.caller(&root).await;
    store.disable_account(&by_root, &gone).await.unwrap();
    assert!(store.recheck_is_due().await.unwrap());
    let recertifier = clinic.caller(&root).await;
    let query = AccountQuery::default();
    store.accounts(&recertifier, query).await.unwrap();
    let id = store.open_recheck(&recertifier).await.unwrap();
    assert!(!store.recheck_is_due().await.unwrap());
    let items = store.recheck_items(&recertifier, &id).await.unwrap();
    let names: Vec<_> = items.iter().map(|i| i.user_name.as_str()).collect();
    assert_eq!(names, ["root", "vic"]);
    assert!(!items[0].unused.contains(&Task::ManageUsers));
    assert!(items[1].unused.contains(&Task::ManageUsers));
    // Nobody decides about themselves; roles that are not kept are gone at once.
    let own = store
        .decide_recheck(&recertifier, &id, &root, vec![Role::ADMINISTRATOR])
        .await;
    assert!(matches!(own, Err(PeopleError::Refused(Refusal::OwnRights))));
    let more = store
        .decide_recheck(&recertifier, &id, &vic, vec![Role::CLINICIAN])
        .await;
    assert!(matches!(more, Err(PeopleError::Refused(Refusal::Field(_)))));
    store
        .decide_recheck(&recertifier, &id, &vic, Vec::new())
        .await
        .unwrap();
    let twice = store
        .decide_recheck(&recertifier, &id, &vic, Vec::new())
        .await;
    assert!(matches!(twice, Err(PeopleError::Refused(Refusal::Decided))));
    let account = store.account(&by_root, &vic).await.unwrap();
    assert!(account.roles.is_empty());
    let items = store.recheck_items(&recertifier, &id).await.unwrap();
    assert_eq!(items[1].decision, RecheckDecision::Removed);
    assert_eq!(items[1].decided_by.as_deref(), Some("person/root"));
    let lists = store.rechecks(&recertifier).await.unwrap();
    assert_eq!((lists[0].accounts, lists[0].decided), (2, 1));
    assert_eq!(lists[0].closed, None);
    clinic.clock.advance_millis(91 * 24 * HOUR);
    assert!(store.recheck_is_due().await.unwrap());
}
