//! Recertification.

use aceso_policy::{Caller, Job, Role, Task};
use aceso_store::{AccountQuery, NoticeKind, PeopleError, RecheckDecision, Refusal, Reminded};

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
        .decide_recheck(&recertifier, &id, &root, vec![Role::ADMINISTRATOR], "")
        .await;
    assert!(matches!(own, Err(PeopleError::Refused(Refusal::OwnRights))));
    let more = store
        .decide_recheck(&recertifier, &id, &vic, vec![Role::CLINICIAN], "")
        .await;
    assert!(matches!(more, Err(PeopleError::Refused(Refusal::Field(_)))));
    store
        .decide_recheck(&recertifier, &id, &vic, Vec::new(), "Left in May")
        .await
        .unwrap();
    let twice = store
        .decide_recheck(&recertifier, &id, &vic, Vec::new(), "Left in May")
        .await;
    assert!(matches!(twice, Err(PeopleError::Refused(Refusal::Decided))));
    let account = store.account(&by_root, &vic).await.unwrap();
    assert!(account.roles.is_empty());
    let items = store.recheck_items(&recertifier, &id).await.unwrap();
    assert_eq!(items[1].decision, RecheckDecision::Removed);
    assert_eq!(items[1].decided_by.as_deref(), Some("person/root"));
    assert_eq!(items[1].reason.as_deref(), Some("Left in May"));
    let lists = store.rechecks(&recertifier).await.unwrap();
    assert_eq!((lists[0].accounts, lists[0].decided), (2, 1));
    assert_eq!(lists[0].closed, None);
    clinic.clock.advance_millis(91 * 24 * HOUR);
    assert!(store.recheck_is_due().await.unwrap());
}

#[tokio::test]
async fn ha4_a_list_opens_by_itself_every_quarter_and_its_officers_are_told() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let root = clinic.person("root", &[Role::ADMINISTRATOR]).await;
    let reminder = Caller::job(Job::Remind);
    assert_eq!(store.remind(&reminder).await.unwrap(), Reminded::default());
    clinic.clock.advance_millis(91 * 24 * HOUR);
    let done = store.remind(&reminder).await.unwrap();
    let list = done.recheck.unwrap();
    assert_eq!(store.remind(&reminder).await.unwrap(), Reminded::default());
    let operator = Caller::operator();
    let lists = store.rechecks(&operator).await.unwrap();
    assert_eq!(lists[0].id, list);
    let notices = store.notices(&operator, &root).await.unwrap();
    assert_eq!(notices[0].kind, NoticeKind::RecheckOpened);
    // A year later the notice is gone.
    clinic.clock.advance_millis(366 * 24 * HOUR);
    let done = store.remind(&reminder).await.unwrap();
    assert!(done.pruned > 0 && done.recheck.is_some());
    let nobody = clinic.caller(&root).await;
    assert!(matches!(
        store.remind(&nobody).await,
        Err(PeopleError::Forbidden)
    ));
}
