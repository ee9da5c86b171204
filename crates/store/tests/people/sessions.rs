//! Sessions.

use aceso_policy::{Caller, Place, Role, Strength};
use aceso_store::{PeopleError, Proof, Refusal, SessionState};

use super::kit::{Clinic, HOUR, MINUTE, fresh, race, session, sign_in};

async fn state(clinic: &Clinic, hash: &[u8; 32]) -> Option<SessionState> {
    let found = clinic.store.session(hash).await.unwrap();
    found.map(|f| f.session.state)
}

#[tokio::test]
async fn h4_o_d5_n5_asvs_7_3_1_an_idle_session_is_locked_after_fifteen_minutes_and_a_used_one_is_not()
 {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let hash = clinic.session(&ana).await;
    for _ in 0..20 {
        assert_eq!(state(&clinic, &hash).await, Some(SessionState::Full));
        clinic.store.touch_session(&hash).await.unwrap();
        clinic.clock.advance_millis(14 * MINUTE);
    }
    clinic.store.touch_session(&hash).await.unwrap();
    clinic.clock.advance_millis(15 * MINUTE - 1);
    assert_eq!(state(&clinic, &hash).await, Some(SessionState::Full));
    clinic.clock.advance_millis(1);
    assert_eq!(state(&clinic, &hash).await, Some(SessionState::Locked));
    // A request does not open it, and it gives no person.
    clinic.store.touch_session(&hash).await.unwrap();
    let found = clinic.store.session(&hash).await.unwrap().unwrap();
    assert_eq!(found.session.state, SessionState::Locked);
    assert!(found.person(Place::Unknown).is_none());
    // Another process, and this one after a restart, think the same.
    let beside = clinic.beside();
    let found = beside.session(&hash).await.unwrap().unwrap();
    assert_eq!(found.session.state, SessionState::Locked);
}

#[tokio::test]
async fn n5_asvs_7_3_2_a_session_ends_after_twelve_hours_whatever_happens() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let mut hash = clinic.session(&ana).await;
    for _ in 0..12 * 6 - 1 {
        clinic.clock.advance_millis(10 * MINUTE);
        clinic.store.session(&hash).await.unwrap();
        clinic.store.touch_session(&hash).await.unwrap();
    }
    let next = fresh();
    clinic
        .store
        .prove_session(&sign_in(), &hash, next, Proof::Unlock)
        .await
        .unwrap();
    hash = next;
    assert_eq!(state(&clinic, &hash).await, Some(SessionState::Full));
    clinic.clock.advance_millis(10 * MINUTE);
    assert_eq!(state(&clinic, &hash).await, None);
}

#[tokio::test]
async fn asvs_7_2_4_every_proof_gives_a_new_cookie_and_the_old_one_is_dead() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let pending = fresh();
    let new = session(pending, &ana, SessionState::SecondFactor);
    let store = &clinic.store;
    store.make_session(&sign_in(), new, None).await.unwrap();
    let strength = Strength::Two;
    let until = store.now().plus_millis(HOUR);
    let mut hash = pending;
    for proof in [
        Proof::Complete { strength },
        Proof::Unlock,
        Proof::StepUp { until, strength },
    ] {
        let next = fresh();
        store
            .prove_session(&sign_in(), &hash, next, proof)
            .await
            .unwrap();
        assert_eq!(state(&clinic, &hash).await, None, "{proof:?}");
        assert_eq!(state(&clinic, &next).await, Some(SessionState::Full));
        hash = next;
    }
    // A fresh proof holds ten minutes at most.
    let found = store.session(&hash).await.unwrap().unwrap();
    let person = found.person(Place::Unknown).unwrap();
    assert!(person.session.is_stepped_up(store.now()));
    clinic.clock.advance_millis(10 * MINUTE);
    assert!(!person.session.is_stepped_up(store.now()));
    // And a new sign-in ends the session that the browser had.
    let after = fresh();
    let new = session(after, &ana, SessionState::Full);
    store
        .make_session(&sign_in(), new, Some(hash))
        .await
        .unwrap();
    assert_eq!(state(&clinic, &hash).await, None);
}

#[tokio::test]
async fn half_a_sign_in_is_good_for_nothing_and_ends_soon() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    for state_now in [SessionState::SecondFactor, SessionState::Enrol] {
        let hash = fresh();
        let new = session(hash, &ana, state_now);
        clinic
            .store
            .make_session(&sign_in(), new, None)
            .await
            .unwrap();
        let found = clinic.store.session(&hash).await.unwrap().unwrap();
        assert!(found.person(Place::Unknown).is_none());
        let until = clinic.store.now().plus_millis(MINUTE);
        for proof in [
            Proof::Unlock,
            Proof::StepUp {
                until,
                strength: Strength::One,
            },
        ] {
            let answer = clinic
                .store
                .prove_session(&sign_in(), &hash, fresh(), proof)
                .await;
            assert!(matches!(answer, Err(PeopleError::Forbidden)), "{answer:?}");
        }
        clinic.clock.advance_millis(10 * MINUTE);
        if state_now == SessionState::SecondFactor {
            assert_eq!(state(&clinic, &hash).await, None);
        }
    }
}

#[tokio::test]
async fn hn5_asvs_7_4_2_a_disabled_persons_access_ends_at_once_and_elsewhere_within_two_seconds() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let beside = clinic.beside();
    let hashes = [clinic.session(&ana).await, clinic.session(&ana).await];
    for hash in &hashes {
        assert!(beside.session(hash).await.unwrap().is_some());
    }
    assert!(beside.live_account(&ana).await.unwrap().is_some());
    store
        .disable_account(&Caller::operator(), &ana)
        .await
        .unwrap();
    for hash in &hashes {
        assert_eq!(state(&clinic, hash).await, None);
    }
    assert!(store.live_account(&ana).await.unwrap().is_none());
    clinic.clock.advance_millis(2_000);
    for hash in &hashes {
        assert!(beside.session(hash).await.unwrap().is_none());
    }
    assert!(beside.live_account(&ana).await.unwrap().is_none());
    let new = session(fresh(), &ana, SessionState::Full);
    let again = store.make_session(&sign_in(), new, None).await;
    assert!(matches!(
        again,
        Err(PeopleError::Refused(Refusal::Disabled))
    ));
    // Enabled again, the old cookies stay dead.
    store
        .enable_account(&Caller::operator(), &ana)
        .await
        .unwrap();
    assert_eq!(state(&clinic, &hashes[0]).await, None);
}

#[tokio::test]
async fn asvs_8_3_2_a_change_of_roles_counts_at_once() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let hash = clinic.session(&ana).await;
    let beside = clinic.beside();
    let roles = async |store: &aceso_store::Store| {
        let found = store.session(&hash).await.unwrap().unwrap();
        found.person(Place::Unknown).unwrap().roles
    };
    assert_eq!(roles(&beside).await, [Role::NURSE]);
    let version = clinic.version(&ana).await;
    clinic
        .store
        .set_roles(&Caller::operator(), &ana, version, vec![Role::BILLER])
        .await
        .unwrap();
    assert_eq!(roles(&clinic.store).await, [Role::BILLER]);
    clinic.clock.advance_millis(2_000);
    assert_eq!(roles(&beside).await, [Role::BILLER]);
}

#[tokio::test]
async fn asvs_7_4_1_signing_out_ends_the_session_everywhere() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let hash = clinic.session(&ana).await;
    let beside = clinic.beside();
    assert!(beside.session(&hash).await.unwrap().is_some());
    clinic.store.sign_out(&sign_in(), &hash).await.unwrap();
    assert_eq!(state(&clinic, &hash).await, None);
    clinic.clock.advance_millis(2_000);
    assert!(beside.session(&hash).await.unwrap().is_none());
}

#[tokio::test]
async fn asvs_7_5_2_people_see_and_end_their_own_sessions_and_officers_everybodys() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let ben = clinic.person("ben", &[Role::NURSE]).await;
    let root = clinic.person("root", &[Role::ADMINISTRATOR]).await;
    let (first, second) = (clinic.session(&ana).await, clinic.session(&ana).await);
    let by_ana = clinic.caller(&ana).await;
    let by_ben = clinic.caller(&ben).await;
    let by_root = clinic.caller(&root).await;
    let own = store.sessions_of(&by_ana, &ana).await.unwrap();
    assert_eq!(own.len(), 2);
    assert!(own.iter().all(|s| s.agent == "Browser  1.0"));
    assert!(store.sessions_of(&by_ben, &ana).await.is_err());
    // Another's session answers as one that is not there.
    for id in [own[0].id.as_str(), "nothing"] {
        let answer = store.end_session(&by_ben, id).await;
        assert!(matches!(answer, Err(PeopleError::Unknown)), "{answer:?}");
    }
    store
        .end_sessions_of(&by_ana, &ana, Some(first))
        .await
        .unwrap();
    assert_eq!(state(&clinic, &second).await, None);
    assert_eq!(state(&clinic, &first).await, Some(SessionState::Full));
    let all = store.sessions(&by_root, "").await.unwrap();
    assert_eq!(all.len(), 1);
    store.end_session(&by_root, &all[0].id).await.unwrap();
    assert_eq!(state(&clinic, &first).await, None);
}

#[tokio::test]
async fn an_account_has_twenty_sessions_and_the_oldest_goes_first() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let first = clinic.session(&ana).await;
    for _ in 0..20 {
        clinic.clock.advance_millis(10);
        clinic.session(&ana).await;
    }
    assert_eq!(state(&clinic, &first).await, None);
    let console = Caller::operator();
    let all = clinic.store.sessions_of(&console, &ana).await.unwrap();
    assert_eq!(all.len(), 20);
}

#[tokio::test]
async fn of_many_that_prove_with_one_cookie_one_gets_the_next() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let hash = clinic.session(&ana).await;
    let wins = race(|| {
        let store = clinic.store.clone();
        async move {
            let proof = store
                .prove_session(&sign_in(), &hash, fresh(), Proof::Unlock)
                .await;
            proof.is_ok()
        }
    })
    .await;
    assert_eq!(wins, 1);
}

#[tokio::test]
async fn a_session_locked_by_hand_opens_with_a_proof_only() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let ben = clinic.person("ben", &[Role::NURSE]).await;
    let hash = clinic.session(&ana).await;
    let by_ben = clinic.caller(&ben).await;
    assert!(clinic.store.lock_session(&by_ben, &hash).await.is_err());
    let by_ana = clinic.caller(&ana).await;
    clinic.store.lock_session(&by_ana, &hash).await.unwrap();
    clinic.store.touch_session(&hash).await.unwrap();
    assert_eq!(state(&clinic, &hash).await, Some(SessionState::Locked));
}
