//! Who a person is at an outside provider.

use aceso_policy::{Caller, Role};
use aceso_store::{AccountState, NewIdentity, Outside, PeopleError, Refusal};

use super::kit::{Clinic, new_account, sign_in};

const ISSUER: &str = "https://idp.example";

fn identity(expected: &str) -> NewIdentity {
    NewIdentity {
        issuer: ISSUER.to_owned(),
        expected: expected.to_owned(),
    }
}

fn outside(subject: &str, expected: Option<&str>) -> Outside {
    Outside {
        issuer: ISSUER.to_owned(),
        subject: subject.to_owned(),
        expected: expected.map(str::to_owned),
        unknown: None,
    }
}

async fn taken(clinic: &Clinic, outside: Outside) -> Option<String> {
    match clinic.store.take_identity(&sign_in(), outside).await {
        Ok(account) => Some(account.id),
        Err(PeopleError::Unknown) => None,
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn from_the_first_sign_in_on_only_the_providers_own_name_counts() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let console = Caller::operator();
    let store = &clinic.store;
    assert_eq!(taken(&clinic, outside("s-1", Some("ana.lima"))).await, None);
    store
        .link_identity(&console, &ana, identity("ana.lima"))
        .await
        .unwrap();
    assert_eq!(taken(&clinic, outside("s-1", Some("Ana.Lima"))).await, None);
    assert_eq!(taken(&clinic, outside("s-1", None)).await, None);
    let first = taken(&clinic, outside("s-1", Some("ana.lima"))).await;
    assert_eq!(first.as_deref(), Some(ana.as_str()));
    // The provider gives the claim to somebody else one day: that is another person.
    assert_eq!(taken(&clinic, outside("s-2", Some("ana.lima"))).await, None);
    // And the person may be called otherwise there.
    let later = taken(&clinic, outside("s-1", Some("ana.silva"))).await;
    assert_eq!(later.as_deref(), Some(ana.as_str()));
    let other = Outside {
        issuer: "https://other.example".to_owned(),
        ..outside("s-1", Some("ana.lima"))
    };
    assert_eq!(taken(&clinic, other).await, None);
    let listed = store.identities(&console, &ana).await.unwrap();
    assert!(listed.len() == 1 && listed[0].bound && listed[0].used.is_some());
}

#[tokio::test]
async fn an_outside_identity_is_one_accounts_alone_and_given_by_another_administrator() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::ADMINISTRATOR]).await;
    let bea = clinic.person("bea", &[Role::NURSE]).await;
    let store = &clinic.store;
    let administrator = clinic.caller(&ana).await;
    let linked = store.link_identity(&administrator, &bea, identity("bea"));
    linked.await.unwrap();
    let console = Caller::operator();
    let again = store.link_identity(&console, &ana, identity("bea"));
    assert!(matches!(
        again.await,
        Err(PeopleError::Refused(Refusal::IdentityTaken))
    ));
    let own = store.link_identity(&administrator, &ana, identity("ana"));
    assert!(matches!(
        own.await,
        Err(PeopleError::Refused(Refusal::OwnRights))
    ));
    let nurse = clinic.caller(&bea).await;
    let refused = store.link_identity(&nurse, &ana, identity("x")).await;
    assert!(matches!(refused, Err(PeopleError::Forbidden)));
    let stale = clinic.stale_caller(&ana).await;
    let refused = store.link_identity(&stale, &bea, identity("y")).await;
    assert!(matches!(refused, Err(PeopleError::NeedsStepUp)));
    let refused = store.take_identity(&administrator, outside("s", Some("bea")));
    assert!(matches!(refused.await, Err(PeopleError::Forbidden)));
}

#[tokio::test]
async fn a_first_sign_in_outside_takes_up_the_invitation_and_a_disabled_account_stays_so() {
    let clinic = Clinic::new();
    let ana = clinic.invited("ana", &[Role::NURSE]).await;
    let console = Caller::operator();
    let store = &clinic.store;
    store
        .link_identity(&console, &ana, identity("ana"))
        .await
        .unwrap();
    assert!(
        taken(&clinic, outside("s-1", Some("ana"))).await.is_some(),
        "invited"
    );
    assert_eq!(clinic.state(&ana).await, AccountState::Active);
    store.disable_account(&console, &ana).await.unwrap();
    taken(&clinic, outside("s-1", None)).await;
    assert_eq!(clinic.state(&ana).await, AccountState::Disabled);
}

#[tokio::test]
async fn an_account_is_made_for_a_stranger_only_where_the_installation_says_so() {
    let clinic = Clinic::new();
    clinic.person("ana", &[Role::NURSE]).await;
    let unknown = |name: &str| Outside {
        unknown: Some(new_account(name, &[Role::FRONT_DESK])),
        ..outside("s-1", Some("bea@there"))
    };
    let taken_name = clinic.store.take_identity(&sign_in(), unknown("ana")).await;
    assert!(matches!(
        taken_name,
        Err(PeopleError::Refused(Refusal::NameTaken))
    ));
    let made = taken(&clinic, unknown("bea")).await.unwrap();
    assert_eq!(clinic.state(&made).await, AccountState::Active);
    let again = taken(&clinic, unknown("other")).await;
    assert_eq!(again, Some(made), "the second time it is there");
}

#[tokio::test]
async fn a_persons_only_way_in_is_not_unlinked_by_themselves() {
    let clinic = Clinic::new();
    let ana = clinic.invited("ana", &[Role::NURSE]).await;
    let console = Caller::operator();
    let store = &clinic.store;
    let id = store.link_identity(&console, &ana, identity("ana")).await;
    let id = id.unwrap();
    taken(&clinic, outside("s-1", Some("ana"))).await;
    let own = clinic.caller(&ana).await;
    assert!(matches!(
        store.unlink_identity(&own, &ana, &id).await,
        Err(PeopleError::Refused(Refusal::LastCredential))
    ));
    store.unlink_identity(&console, &ana, &id).await.unwrap();
    assert_eq!(taken(&clinic, outside("s-1", Some("ana"))).await, None);
}
