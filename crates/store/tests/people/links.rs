//! One-time links.

use aceso_base::Secret;
use aceso_policy::{Caller, Role};
use aceso_store::{AccountState, LinkKind, NewLink, NoticeKind, PeopleError, Redeem, Refusal};

use super::kit::{Clinic, HOUR, fresh, new_account, password, race, sign_in, totp};

fn reset(hash: &str) -> Redeem {
    Redeem::Reset(Secret::new(hash.to_owned()))
}

#[tokio::test]
async fn an_invitation_works_once_also_when_many_use_it_at_once() {
    let clinic = Clinic::new();
    let ana = clinic.invited("ana", &[Role::NURSE]).await;
    let hash = clinic.link(LinkKind::Invitation, &ana).await;
    let wins = race(|| {
        let store = clinic.store.clone();
        async move {
            let redeem = Redeem::TakeUp(password("first"));
            store.redeem(&sign_in(), hash, redeem).await.is_ok()
        }
    })
    .await;
    assert_eq!(wins, 1);
    assert_eq!(clinic.state(&ana).await, AccountState::Active);
    assert!(clinic.store.link(&hash).await.unwrap().is_none());
}

#[tokio::test]
async fn a_link_ends_with_its_time_and_with_the_next_of_its_kind() {
    let clinic = Clinic::new();
    let ana = clinic.invited("ana", &[Role::NURSE]).await;
    let first = clinic.link(LinkKind::Invitation, &ana).await;
    let second = clinic.link(LinkKind::Invitation, &ana).await;
    assert!(clinic.store.link(&first).await.unwrap().is_none());
    assert!(clinic.store.link(&second).await.unwrap().is_some());
    clinic.clock.advance_millis(24 * HOUR);
    assert!(clinic.store.link(&second).await.unwrap().is_none());
    let redeem = Redeem::TakeUp(password("x"));
    let answer = clinic.store.redeem(&sign_in(), second, redeem).await;
    assert!(matches!(answer, Err(PeopleError::Unknown)), "{answer:?}");
    assert_eq!(clinic.state(&ana).await, AccountState::Invited);
}

#[tokio::test]
async fn asvs_6_4_3_a_reset_keeps_the_second_factor_and_ends_every_session() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    store
        .add_credential(&sign_in(), &ana, totp())
        .await
        .unwrap();
    let session = clinic.session(&ana).await;
    let hash = clinic.link(LinkKind::Reset, &ana).await;
    store
        .redeem(&sign_in(), hash, reset("second"))
        .await
        .unwrap();
    assert!(store.session(&session).await.unwrap().is_none());
    let open = store.open_credentials(&sign_in(), &ana).await.unwrap();
    assert_eq!(open.len(), 2);
    let texts: Vec<_> = open.iter().filter_map(|o| o.text()).collect();
    assert!(texts.contains(&"second"), "{texts:?}");
    let by_ana = clinic.caller(&ana).await;
    let notices = store.notices(&by_ana, &ana).await.unwrap();
    assert_eq!(notices[0].kind, NoticeKind::PasswordChanged);
}

#[tokio::test]
async fn a_link_does_what_it_is_for_and_nothing_else() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.invited("ana", &[Role::NURSE]).await;
    let hash = clinic.link(LinkKind::Invitation, &ana).await;
    for redeem in [
        reset("x"),
        Redeem::SetUp(new_account("eve", &[Role::NURSE]), password("x")),
    ] {
        let answer = store.redeem(&sign_in(), hash, redeem).await;
        assert!(matches!(answer, Err(PeopleError::Unknown)), "{answer:?}");
    }
    // The refusals did not use it up.
    let redeem = Redeem::TakeUp(password("x"));
    store.redeem(&sign_in(), hash, redeem).await.unwrap();
    let console = Caller::operator();
    for (kind, account) in [
        (LinkKind::Invitation, ana.as_str()),
        (LinkKind::Reset, "none"),
    ] {
        let new = NewLink {
            hash: fresh(),
            kind,
            account: account.to_owned(),
            ends: store.now().plus_millis(HOUR),
        };
        assert!(store.make_link(&console, new).await.is_err(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_disabled_persons_links_are_void() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let hash = clinic.link(LinkKind::Reset, &ana).await;
    store
        .disable_account(&Caller::operator(), &ana)
        .await
        .unwrap();
    let answer = store.redeem(&sign_in(), hash, reset("x")).await;
    assert!(matches!(answer, Err(PeopleError::Unknown)), "{answer:?}");
    store
        .enable_account(&Caller::operator(), &ana)
        .await
        .unwrap();
    assert!(store.link(&hash).await.unwrap().is_none());
}

#[tokio::test]
async fn the_set_up_makes_one_administrator_and_only_where_there_is_none() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let mut hashes = Vec::new();
    for _ in 0..2 {
        hashes.push(clinic.link(LinkKind::SetUp, "").await);
    }
    let hash = hashes.pop().unwrap();
    let redeem = |name: &str| {
        // What the form says of roles counts for nothing (mass assignment, ASVS 15.3.3).
        let new = new_account(name, &[Role::CLINICIAN]);
        Redeem::SetUp(new, password("x"))
    };
    let answer = store.redeem(&sign_in(), hashes[0], redeem("eve")).await;
    assert!(answer.is_err(), "the link before is void");
    let root = store
        .redeem(&sign_in(), hash, redeem("root"))
        .await
        .unwrap();
    let account = store.account(&Caller::operator(), &root).await.unwrap();
    assert_eq!(account.roles, [Role::ADMINISTRATOR]);
    assert_eq!(account.state, AccountState::Active);
    let new = NewLink {
        hash: fresh(),
        kind: LinkKind::SetUp,
        account: String::new(),
        ends: store.now().plus_millis(HOUR),
    };
    let again = store.make_link(&Caller::operator(), new).await;
    assert!(matches!(again, Err(PeopleError::Refused(Refusal::SetUp))));
}

#[tokio::test]
async fn set_up_links_are_made_at_the_console_only() {
    let clinic = Clinic::new();
    let root = clinic.person("root", &[Role::ADMINISTRATOR]).await;
    for kind in [LinkKind::SetUp, LinkKind::Demo] {
        let new = NewLink {
            hash: fresh(),
            kind,
            account: root.clone(),
            ends: clinic.store.now().plus_millis(HOUR),
        };
        let by_root = clinic.caller(&root).await;
        let answer = clinic.store.make_link(&by_root, new).await;
        assert!(matches!(answer, Err(PeopleError::Forbidden)), "{answer:?}");
    }
}
