//! What two have to agree on.

use aceso_policy::{Caller, Role};
use aceso_store::{
    Answer, NewRole, NoticeKind, PeopleError, ProposalState, Refusal, RoleError, RoleForm,
};

use super::kit::{Clinic, HOUR, new_account};

fn is_second<T: std::fmt::Debug>(done: Result<T, PeopleError>) -> bool {
    matches!(done, Err(PeopleError::Refused(Refusal::SecondPerson)))
}

#[tokio::test]
async fn asvs_2_3_5_administrators_are_made_by_two() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let [ada, bea, cleo] = [
        clinic.person("ada", &[Role::ADMINISTRATOR]).await,
        clinic.person("bea", &[Role::ADMINISTRATOR]).await,
        clinic.person("cleo", &[Role::NURSE]).await,
    ];
    let (by_ada, by_bea) = (clinic.caller(&ada).await, clinic.caller(&bea).await);
    let wanted = vec![Role::ADMINISTRATOR, Role::NURSE];
    let version = clinic.version(&cleo).await;
    let alone = store.set_roles(&by_ada, &cleo, version, wanted.clone());
    assert!(is_second(alone.await));
    let invited = store.add_account(&by_ada, new_account("dora", &[Role::ADMINISTRATOR]));
    assert!(is_second(invited.await));
    // What gives no such right one may give alone.
    let harmless = vec![Role::NURSE, Role::FRONT_DESK];
    store
        .set_roles(&by_ada, &cleo, version, harmless)
        .await
        .unwrap();
    let version = clinic.version(&cleo).await;
    let without = store.propose_roles(&by_ada, &cleo, version, wanted.clone(), " ");
    assert!(matches!(
        without.await,
        Err(PeopleError::Refused(Refusal::Field(_)))
    ));
    let proposal = store
        .propose_roles(&by_ada, &cleo, version, wanted.clone(), "stands in for Ada")
        .await
        .unwrap();
    let told = store.notices(&by_bea, &bea).await.unwrap();
    assert_eq!(told[0].kind, NoticeKind::Proposal);
    let own = store.answer_proposal(&by_ada, &proposal, Answer::Agree);
    assert!(is_second(own.await));
    let nurse = clinic.caller(&cleo).await;
    let theirs = store.answer_proposal(&nurse, &proposal, Answer::Agree);
    assert!(matches!(theirs.await, Err(PeopleError::Forbidden)));
    assert_eq!(store.proposals_waiting(&by_bea).await.unwrap(), 1);
    store
        .answer_proposal(&by_bea, &proposal, Answer::Agree)
        .await
        .unwrap();
    let account = store.account(&by_bea, &cleo).await.unwrap();
    assert_eq!(account.roles, wanted);
    let again = store.answer_proposal(&by_bea, &proposal, Answer::Refuse);
    assert!(matches!(
        again.await,
        Err(PeopleError::Refused(Refusal::Decided))
    ));
    let all = store.proposals(&by_bea).await.unwrap();
    assert_eq!(all[0].state, ProposalState::Agreed);
    assert_eq!(all[0].decider.as_deref(), Some("person/bea"));
}

#[tokio::test]
async fn asvs_2_3_5_a_proposal_ends_and_is_void_when_the_account_has_changed() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ada = clinic.person("ada", &[Role::ADMINISTRATOR]).await;
    let bea = clinic.person("bea", &[Role::ADMINISTRATOR]).await;
    let cleo = clinic.person("cleo", &[Role::NURSE]).await;
    let wanted = vec![Role::SECURITY_OFFICER, Role::ADMINISTRATOR];
    let version = clinic.version(&cleo).await;
    let by_ada = clinic.caller(&ada).await;
    let first = store
        .propose_roles(&by_ada, &cleo, version, wanted.clone(), "needed")
        .await
        .unwrap();
    let console = Caller::operator();
    store
        .set_roles(&console, &cleo, version, Vec::new())
        .await
        .unwrap();
    let by_bea = clinic.caller(&bea).await;
    let stale = store.answer_proposal(&by_bea, &first, Answer::Agree).await;
    assert!(matches!(stale, Err(PeopleError::Refused(Refusal::Stale))));
    let version = clinic.version(&cleo).await;
    let second = store
        .propose_roles(&by_ada, &cleo, version, wanted, "needed")
        .await
        .unwrap();
    clinic.clock.advance_millis(7 * 24 * HOUR);
    let by_bea = clinic.caller(&bea).await;
    let late = store.answer_proposal(&by_bea, &second, Answer::Agree).await;
    assert!(matches!(late, Err(PeopleError::Refused(Refusal::Decided))));
    assert_eq!(store.proposals_waiting(&by_bea).await.unwrap(), 0);
}

#[tokio::test]
async fn a_single_administrator_makes_the_second_one_alone() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ada = clinic.person("ada", &[Role::ADMINISTRATOR]).await;
    let cleo = clinic.person("cleo", &[Role::NURSE]).await;
    let by_ada = clinic.caller(&ada).await;
    let version = clinic.version(&cleo).await;
    store
        .set_roles(&by_ada, &cleo, version, vec![Role::ADMINISTRATOR])
        .await
        .unwrap();
    // Now there are two, and the third takes both.
    let dora = clinic.person("dora", &[Role::NURSE]).await;
    let version = clinic.version(&dora).await;
    let third = store.set_roles(&by_ada, &dora, version, vec![Role::ADMINISTRATOR]);
    assert!(is_second(third.await));
}

#[tokio::test]
async fn asvs_2_3_5_nobody_comes_to_give_roles_because_one_administrator_widened_theirs() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ada = clinic.person("ada", &[Role::ADMINISTRATOR]).await;
    let role = |text: &str, version| NewRole {
        role: Role::parse("desk-lead").unwrap(),
        title: "Leads the desk".into(),
        form: RoleForm::Grid(text.into()),
        version,
    };
    let by_ada = clinic.caller(&ada).await;
    let narrow = role("scheduling: read search\n", None);
    let first = store.set_role(&by_ada, narrow).await.unwrap();
    clinic.person("cleo", &[role("", None).role]).await;
    let wide = "scheduling: read search\ntasks: ManageRoles\n";
    // Alone in the house, there is nobody to ask.
    let alone = store.set_role(&by_ada, role(wide, Some(first))).await;
    let back = role("scheduling: read search\n", Some(alone.unwrap()));
    let third = store.set_role(&by_ada, back).await.unwrap();
    clinic.person("bea", &[Role::ADMINISTRATOR]).await;
    let refused = store.set_role(&by_ada, role(wide, Some(third))).await;
    assert!(matches!(
        refused,
        Err(RoleError::People(PeopleError::Refused(Refusal::Widened)))
    ));
    let harmless = role("scheduling: read search update\n", Some(third));
    store.set_role(&by_ada, harmless).await.unwrap();
    let console = Caller::operator();
    store
        .set_role(&console, role(wide, Some(third + 1)))
        .await
        .unwrap();
}
