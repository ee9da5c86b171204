//! Accounts.

use aceso_policy::{Caller, Role};
use aceso_store::{AccountChange, AccountQuery, AccountState, NoticeKind, PeopleError, Refusal};

use super::kit::{Clinic, HOUR, new_account, sign_in};

fn refused<T: std::fmt::Debug>(answer: Result<T, PeopleError>) -> Refusal {
    match answer {
        Err(PeopleError::Refused(why)) => why,
        other => panic!("{other:?} where a refusal was expected"),
    }
}

#[tokio::test]
async fn asvs_6_3_2_a_fresh_install_has_no_account() {
    let clinic = Clinic::new();
    let page = clinic
        .store
        .accounts(&Caller::operator(), AccountQuery::default())
        .await
        .unwrap();
    assert!(page.accounts.is_empty());
    assert!(!clinic.store.has_administrator().await.unwrap());
}

#[tokio::test]
async fn h2_o_d1_a_name_that_looks_the_same_is_taken() {
    let clinic = Clinic::new();
    clinic.invited("ana", &[Role::NURSE]).await;
    let again = new_account("\u{ff21}NA", &[Role::NURSE]);
    let answer = clinic.store.add_account(&Caller::operator(), again).await;
    assert_eq!(refused(answer), Refusal::NameTaken);
}

#[tokio::test]
async fn the_last_active_administrator_stays() {
    let clinic = Clinic::new();
    let (store, console) = (&clinic.store, Caller::operator());
    let ana = clinic.person("ana", &[Role::ADMINISTRATOR]).await;
    let version = clinic.version(&ana).await;
    let demoted = store
        .set_roles(&console, &ana, version, vec![Role::NURSE])
        .await;
    assert_eq!(refused(demoted), Refusal::LastAdministrator);
    let disabled = store.disable_account(&console, &ana).await;
    assert_eq!(refused(disabled), Refusal::LastAdministrator);
    // One who was only invited is no help, one who is leaving counts until then.
    clinic.invited("ben", &[Role::ADMINISTRATOR]).await;
    let disabled = store.disable_account(&console, &ana).await;
    assert_eq!(refused(disabled), Refusal::LastAdministrator);
    clinic.person("eva", &[Role::ADMINISTRATOR]).await;
    store.disable_account(&console, &ana).await.unwrap();
    assert_eq!(clinic.state(&ana).await, AccountState::Disabled);
}

#[tokio::test]
async fn nobody_changes_their_own_rights_but_the_console() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::ADMINISTRATOR]).await;
    let ben = clinic.person("ben", &[Role::ADMINISTRATOR]).await;
    let (by_ana, by_ben) = (clinic.caller(&ana).await, clinic.caller(&ben).await);
    let roles = vec![Role::ADMINISTRATOR, Role::CLINICIAN];
    let version = clinic.version(&ana).await;
    let own = store.set_roles(&by_ana, &ana, version, roles.clone()).await;
    assert_eq!(refused(own), Refusal::OwnRights);
    let account = store.account(&by_ana, &ana).await.unwrap();
    let mut change = AccountChange::of(&account);
    change.patients = vec!["p1".to_owned()];
    let own = store.update_account(&by_ana, &ana, version, change).await;
    assert_eq!(refused(own), Refusal::OwnRights);
    store
        .set_roles(&by_ben, &ana, version, roles.clone())
        .await
        .unwrap();
    store
        .set_roles(&Caller::operator(), &ben, clinic.version(&ben).await, roles)
        .await
        .unwrap();
    let notices = store.notices(&by_ana, &ana).await.unwrap();
    assert_eq!(notices[0].kind, NoticeKind::Roles);
    assert_eq!(notices[0].detail, "administrator clinician");
}

#[tokio::test]
async fn asvs_15_4_2_of_two_changes_to_one_version_one_is_stale() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let version = clinic.version(&ana).await;
    let wins = super::kit::race(|| {
        let (store, ana) = (clinic.store.clone(), ana.clone());
        async move {
            let roles = vec![Role::CLINICIAN];
            let done = store
                .set_roles(&Caller::operator(), &ana, version, roles)
                .await;
            done.is_ok()
        }
    })
    .await;
    assert_eq!(wins, 1);
}

#[tokio::test]
async fn asvs_8_2_1_only_those_who_manage_accounts_may() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let admin = clinic.person("root", &[Role::ADMINISTRATOR]).await;
    let nurse = clinic.person("nurse", &[Role::NURSE]).await;
    let nurse = clinic.caller(&nurse).await;
    let query = AccountQuery::default();
    for caller in [nurse.clone(), sign_in()] {
        let answers = [
            store.accounts(&caller, query.clone()).await.err(),
            store
                .add_account(&caller, new_account("x1", &[Role::PATIENT]))
                .await
                .err(),
            store.disable_account(&caller, &admin).await.err(),
            store.enable_account(&caller, &admin).await.err(),
            store.unlock_account(&caller, &admin).await.err(),
            store
                .set_roles(&caller, &admin, 1, vec![Role::NURSE])
                .await
                .err(),
            store.open_recheck(&caller).await.err(),
            store.sessions(&caller, "").await.err(),
        ];
        for answer in answers {
            assert!(matches!(answer, Some(PeopleError::Forbidden)), "{answer:?}");
        }
    }
    assert!(matches!(
        store.account(&nurse, &admin).await,
        Err(PeopleError::Forbidden)
    ));
}

#[tokio::test]
async fn roles_beyond_the_portal_need_the_right_to_give_roles_and_a_fresh_proof() {
    let clinic = Clinic::new();
    let admin = clinic.person("root", &[Role::ADMINISTRATOR]).await;
    let stale = clinic.stale_caller(&admin).await;
    let add = |name: &str, role: Role| {
        let new = new_account(name, &[role]);
        let (store, stale) = (clinic.store.clone(), stale.clone());
        async move { store.add_account(&stale, new).await }
    };
    assert!(add("pat", Role::PATIENT).await.is_ok());
    let answer = add("doc", Role::CLINICIAN).await;
    assert!(
        matches!(answer, Err(PeopleError::NeedsStepUp)),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_leaving_date_ends_access_by_itself_and_enabling_takes_it_away() {
    let clinic = Clinic::new();
    let (store, console) = (&clinic.store, Caller::operator());
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let hash = clinic.session(&ana).await;
    let account = store.account(&console, &ana).await.unwrap();
    let mut change = AccountChange::of(&account);
    change.not_after = Some(store.now().plus_millis(HOUR / 6));
    store
        .update_account(&console, &ana, account.version, change)
        .await
        .unwrap();
    assert!(store.session(&hash).await.unwrap().is_some());
    clinic.clock.advance_millis(HOUR / 6);
    assert!(store.session(&hash).await.unwrap().is_none());
    assert!(store.live_account(&ana).await.unwrap().is_none());
    store.enable_account(&console, &ana).await.unwrap();
    assert!(store.live_account(&ana).await.unwrap().is_some());
}

#[tokio::test]
async fn accounts_are_listed_in_pages_and_found_by_role_state_and_text() {
    let clinic = Clinic::new();
    let (store, console) = (&clinic.store, Caller::operator());
    for name in ["ada", "bea", "cleo", "d_ora", "edda"] {
        clinic.invited(name, &[Role::NURSE]).await;
    }
    clinic.person("fay", &[Role::BILLER, Role::NURSE]).await;
    let list = |query: AccountQuery| {
        let console = console.clone();
        async move { store.accounts(&console, query).await.unwrap() }
    };
    let mut query = AccountQuery {
        count: 4,
        ..AccountQuery::default()
    };
    let first = list(query.clone()).await;
    assert_eq!(first.accounts.len(), 4);
    query.after = first.next;
    let second = list(query).await;
    assert_eq!((second.accounts.len(), second.next), (2, None));
    let only = |query: AccountQuery| async move {
        let page = list(AccountQuery { count: 9, ..query }).await;
        let names = page.accounts.iter().map(|a| a.user_name.to_string());
        names.collect::<Vec<_>>().join(" ")
    };
    let role = AccountQuery {
        role: Some(Role::BILLER),
        ..AccountQuery::default()
    };
    assert_eq!(only(role).await, "fay");
    let state = AccountQuery {
        state: Some(AccountState::Active),
        ..AccountQuery::default()
    };
    assert_eq!(only(state).await, "fay");
    let text = |text: &str| AccountQuery {
        text: Some(text.to_owned()),
        ..AccountQuery::default()
    };
    assert_eq!(only(text("_")).await, "d_ora");
    assert_eq!(only(text("%")).await, "");
    assert_eq!(only(text("ED")).await, "edda");
}
