//! Push approval.

use aceso_policy::Role;
use aceso_store::{ApprovalState, NewApproval, PeopleError, Refusal};

use super::kit::{Clinic, MINUTE, fresh, race, sign_in};

async fn ask(clinic: &Clinic, account: &str, session: [u8; 32]) -> Result<String, PeopleError> {
    let new = NewApproval {
        account: account.to_owned(),
        session,
        number: 42,
        address: None,
        agent: "Firefox".to_owned(),
    };
    clinic.store.ask_approval(&sign_in(), new).await
}

#[tokio::test]
async fn asvs_6_6_4_the_right_number_approves_once_and_a_wrong_one_refuses() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let by_ana = clinic.caller(&ana).await;
    let session = fresh();
    for (number, expected) in [
        (Some(42), ApprovalState::Approved),
        (Some(41), ApprovalState::Refused),
        (None, ApprovalState::Refused),
    ] {
        let id = ask(&clinic, &ana, session).await.unwrap();
        assert_eq!(store.approvals(&by_ana, &ana).await.unwrap().len(), 1);
        let state = store.answer_approval(&by_ana, &ana, &id, number).await;
        assert_eq!(state.unwrap(), expected);
        let again = store.answer_approval(&by_ana, &ana, &id, Some(42)).await;
        assert!(matches!(again, Err(PeopleError::Refused(Refusal::Decided))));
        let wins = race(|| {
            let (store, id) = (store.clone(), id.clone());
            async move {
                let state = store.take_approval(&sign_in(), &id, &session).await;
                state.unwrap() == ApprovalState::Approved
            }
        })
        .await;
        assert_eq!(wins, usize::from(expected == ApprovalState::Approved));
    }
    // Three in ten minutes, no more.
    let answer = ask(&clinic, &ana, session).await;
    let why = Refusal::Approvals;
    assert!(matches!(answer, Err(PeopleError::Refused(w)) if w == why));
    clinic.clock.advance_millis(10 * MINUTE);
    assert!(ask(&clinic, &ana, session).await.is_ok());
}

#[tokio::test]
async fn an_approval_is_the_persons_own_and_the_sessions_own_and_soon_too_late() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let ben = clinic.person("ben", &[Role::NURSE]).await;
    let (by_ana, by_ben) = (clinic.caller(&ana).await, clinic.caller(&ben).await);
    let session = fresh();
    let id = ask(&clinic, &ana, session).await.unwrap();
    assert!(store.approvals(&by_ben, &ana).await.is_err());
    for account in [&ana, &ben] {
        let answer = store.answer_approval(&by_ben, account, &id, Some(42)).await;
        assert!(answer.is_err());
    }
    let other = store.take_approval(&sign_in(), &id, &fresh()).await;
    assert!(matches!(other, Err(PeopleError::Unknown)));
    clinic.clock.advance_millis(2 * MINUTE);
    let late = store.answer_approval(&by_ana, &ana, &id, Some(42)).await;
    assert_eq!(late.unwrap(), ApprovalState::Refused);
    let state = store.take_approval(&sign_in(), &id, &session).await;
    assert_eq!(state.unwrap(), ApprovalState::Refused);
}
