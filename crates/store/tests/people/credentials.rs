//! Credentials.

use aceso_base::Secret;
use aceso_policy::{Caller, Role};
use aceso_store::{CredentialKind, Enrol, NoticeKind, PeopleError, Refusal};

use super::kit::{Clinic, fresh, passkey, password, race, sign_in, totp};

#[tokio::test]
async fn asvs_7_5_1_credentials_change_after_a_fresh_proof_only() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let stale = clinic.stale_caller(&ana).await;
    let answer = store.add_credential(&stale, &ana, totp()).await;
    assert!(
        matches!(answer, Err(PeopleError::NeedsStepUp)),
        "{answer:?}"
    );
    let answer = store.set_recovery_codes(&stale, &ana, vec![fresh()]).await;
    assert!(
        matches!(answer, Err(PeopleError::NeedsStepUp)),
        "{answer:?}"
    );
    let proved = clinic.caller(&ana).await;
    let id = store.add_credential(&proved, &ana, totp()).await.unwrap();
    let answer = store.remove_credential(&stale, &ana, &id).await;
    assert!(
        matches!(answer, Err(PeopleError::NeedsStepUp)),
        "{answer:?}"
    );
    // The console and other people add none at all.
    let ben = clinic.person("ben", &[Role::ADMINISTRATOR]).await;
    for caller in [Caller::operator(), clinic.caller(&ben).await] {
        let answer = store.add_credential(&caller, &ana, totp()).await;
        assert!(matches!(answer, Err(PeopleError::Forbidden)), "{answer:?}");
    }
}

#[tokio::test]
async fn the_last_second_factor_of_staff_stays_and_of_a_patient_does_not() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    for (name, role, wanted) in [("ana", Role::NURSE, true), ("pat", Role::PATIENT, false)] {
        let id = clinic.person(name, &[role]).await;
        let by = clinic.caller(&id).await;
        let first = store.add_credential(&by, &id, totp()).await.unwrap();
        let second = store
            .add_credential(&by, &id, passkey(name.as_bytes()))
            .await
            .unwrap();
        store.remove_credential(&by, &id, &first).await.unwrap();
        let answer = store.remove_credential(&by, &id, &second).await;
        if wanted {
            let why = Refusal::LastFactor;
            assert!(matches!(answer, Err(PeopleError::Refused(w)) if w == why));
        } else {
            answer.unwrap();
        }
        let left = store.credentials(&by, &id).await.unwrap();
        assert_eq!(left.len(), 1 + usize::from(wanted));
    }
}

#[tokio::test]
async fn an_administrator_who_takes_the_last_factor_makes_the_person_enrol_a_new_one() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let by_ana = clinic.caller(&ana).await;
    let id = store.add_credential(&by_ana, &ana, totp()).await.unwrap();
    let root = clinic.person("root", &[Role::ADMINISTRATOR]).await;
    let by_root = clinic.caller(&root).await;
    store.remove_credential(&by_root, &ana, &id).await.unwrap();
    let enrol = async || store.account(&by_root, &ana).await.unwrap().enrol;
    assert_eq!(enrol().await, Enrol::Must);
    store
        .add_credential(&sign_in(), &ana, totp())
        .await
        .unwrap();
    assert_eq!(enrol().await, Enrol::No);
    let notices = store.notices(&by_ana, &ana).await.unwrap();
    let kinds: Vec<_> = notices.iter().map(|n| n.kind).collect();
    assert_eq!(
        kinds,
        [
            NoticeKind::CredentialAdded,
            NoticeKind::CredentialRemoved,
            NoticeKind::CredentialAdded,
            NoticeKind::PasswordChanged,
        ]
    );
    assert_eq!(store.unseen_notices(&by_ana, &ana).await.unwrap(), 4);
    store.see_notices(&by_ana, &ana).await.unwrap();
    assert_eq!(store.unseen_notices(&by_ana, &ana).await.unwrap(), 0);
    assert!(store.see_notices(&by_root, &ana).await.is_err());
}

#[tokio::test]
async fn asvs_6_5_1_a_totp_step_counts_once_also_when_many_come_at_once() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    store
        .add_credential(&sign_in(), &ana, totp())
        .await
        .unwrap();
    let open = store.open_credentials(&sign_in(), &ana).await.unwrap();
    let totp = open
        .iter()
        .find(|o| o.credential.kind == CredentialKind::Totp);
    let totp = totp.unwrap();
    assert_eq!(totp.secret.expose(), b"12345678901234567890");
    let wins = race(|| {
        let (store, credential) = (store.clone(), totp.credential.clone());
        async move {
            let step = store.take_totp_step(&sign_in(), &credential, 100).await;
            step.unwrap()
        }
    })
    .await;
    assert_eq!(wins, 1);
    for (step, taken) in [(99, false), (100, false), (101, true)] {
        let done = store
            .take_totp_step(&sign_in(), &totp.credential, step)
            .await;
        assert_eq!(done.unwrap(), taken, "{step}");
    }
}

#[tokio::test]
async fn n8_a_recovery_code_counts_once_and_a_new_sheet_voids_the_old() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let ben = clinic.person("ben", &[Role::NURSE]).await;
    let codes = [fresh(), fresh()];
    store
        .set_recovery_codes(&sign_in(), &ana, codes.to_vec())
        .await
        .unwrap();
    let take = async |account: &str, code: [u8; 32]| {
        let done = store.take_recovery_code(&sign_in(), account, code).await;
        done.unwrap()
    };
    assert!(!take(&ben, codes[0]).await, "another's code");
    let wins = race(|| {
        let (store, ana) = (store.clone(), ana.clone());
        async move {
            let done = store.take_recovery_code(&sign_in(), &ana, codes[0]).await;
            done.unwrap()
        }
    })
    .await;
    assert_eq!(wins, 1);
    let by_ana = clinic.caller(&ana).await;
    assert_eq!(store.recovery_codes_left(&by_ana, &ana).await.unwrap(), 1);
    let next = fresh();
    store
        .set_recovery_codes(&by_ana, &ana, vec![next])
        .await
        .unwrap();
    assert!(!take(&ana, codes[1]).await);
    assert!(take(&ana, next).await);
}

#[tokio::test]
async fn a_passkey_is_found_by_its_id_belongs_to_one_account_and_is_used_one_at_a_time() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let ben = clinic.person("ben", &[Role::NURSE]).await;
    store
        .add_credential(&sign_in(), &ana, passkey(b"k1"))
        .await
        .unwrap();
    let again = store.add_credential(&sign_in(), &ben, passkey(b"k1")).await;
    assert!(matches!(
        again,
        Err(PeopleError::Refused(Refusal::KeyTaken))
    ));
    let open = store
        .open_passkey(&sign_in(), b"k1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (open.credential.account.as_str(), open.text()),
        (ana.as_str(), Some("{}"))
    );
    assert!(
        store
            .open_passkey(&sign_in(), b"k2")
            .await
            .unwrap()
            .is_none()
    );
    let wins = race(|| {
        let (store, credential) = (store.clone(), open.credential.clone());
        async move {
            let done = store
                .take_passkey(&sign_in(), &credential, "{\"counter\":1}")
                .await;
            done.unwrap()
        }
    })
    .await;
    assert_eq!(wins, 1);
    let open = store
        .open_passkey(&sign_in(), b"k1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(open.text(), Some("{\"counter\":1}"));
    assert_ne!(store.passkey_handle(&ana), store.passkey_handle(&ben));
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_and_a_rehash_keeps_it() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let by_ana = clinic.caller(&ana).await;
    store
        .add_credential(&by_ana, &ana, password("second"))
        .await
        .unwrap();
    let open = store.open_credentials(&sign_in(), &ana).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].text(), Some("second"));
    store
        .take_password(&sign_in(), &open[0].credential, Some("stronger"))
        .await
        .unwrap();
    let open = store.open_credentials(&sign_in(), &ana).await.unwrap();
    assert_eq!(open[0].text(), Some("stronger"));
    assert!(open[0].credential.used.is_some());
    // The last way in stays.
    let id = open[0].credential.id.clone();
    let answer = store.remove_credential(&by_ana, &ana, &id).await;
    let why = Refusal::LastCredential;
    assert!(matches!(answer, Err(PeopleError::Refused(w)) if w == why));
}

#[tokio::test]
async fn asvs_6_4_6_nobody_but_the_sign_in_opens_a_secret() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.person("ana", &[Role::ADMINISTRATOR]).await;
    let by_ana = clinic.caller(&ana).await;
    let answer = store.open_credentials(&by_ana, &ana).await;
    assert!(matches!(answer, Err(PeopleError::Forbidden)));
    let text = format!("{:?}", Secret::new("hash"));
    assert_eq!(text, "[secret]");
    let open = store.open_credentials(&sign_in(), &ana).await.unwrap();
    assert!(!format!("{open:?}").contains("first"), "{open:?}");
}
