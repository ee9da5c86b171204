//! The soft lock.

use std::net::{IpAddr, Ipv4Addr};

use aceso_policy::{Caller, Role};
use aceso_store::{Attempt, Gate, NoticeKind, Right, UserName};

use super::kit::{Clinic, HOUR, fresh, race, sign_in};

fn attempt(account: Option<&str>, address: u8) -> Attempt {
    Attempt {
        account: account.map(str::to_owned),
        name: UserName::parse("ana").unwrap(),
        address: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, address))),
        device: None,
    }
}

async fn begin(clinic: &Clinic, attempt: &Attempt) -> Gate {
    let gate = clinic
        .store
        .begin_attempt(&sign_in(), attempt.clone())
        .await;
    gate.unwrap()
}

/// Waits as long as told, then fails once more; answers the wait in milliseconds.
async fn fail_when_open(clinic: &Clinic, attempt: &Attempt) -> i64 {
    let mut waited = 0;
    while let Gate::Closed { until } = begin(clinic, attempt).await {
        let wait = until.millis() - clinic.store.now().millis();
        clinic.clock.advance_millis(wait);
        waited += wait;
    }
    waited
}

#[tokio::test]
async fn n4_failures_make_wait_and_the_hundredth_closes_until_the_end_of_the_day() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let mut waits = Vec::new();
    for number in 0..100_u8 {
        // Another address each time: the account alone is counted.
        let mut next = attempt(Some(&ana), number);
        next.address = Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, number)));
        waits.push(fail_when_open(&clinic, &next).await / 1000);
    }
    assert_eq!(waits[..12], [0, 1, 1, 3, 3, 3, 5, 5, 5, 5, 10, 10]);
    let Gate::Closed { until } = begin(&clinic, &attempt(Some(&ana), 1)).await else {
        panic!("open after a hundred failures");
    };
    assert_eq!(until.millis() % 86_400_000, 0);
    clinic
        .clock
        .advance_millis(until.millis() - clinic.store.now().millis());
    assert_eq!(begin(&clinic, &attempt(Some(&ana), 1)).await, Gate::Open);
    let console = Caller::operator();
    let lock = clinic.store.lock_of(&console, &ana).await.unwrap();
    assert_eq!(lock.failures, 1, "the count began anew");
    let by_ana = clinic.caller(&ana).await;
    let notices = clinic.store.notices(&by_ana, &ana).await.unwrap();
    let told = notices.iter().filter(|n| n.kind == NoticeKind::Attempts);
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn n4_p2_asvs_6_3_1_ten_thousand_wrong_passwords_get_a_hundred_tries_a_day() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let mut open = 0;
    for number in 0..10_000_u32 {
        let mut next = attempt(Some(&ana), 0);
        let [_, b, c, d] = number.to_be_bytes();
        next.address = Some(IpAddr::V4(Ipv4Addr::new(10, b, c, d)));
        open += u32::from(begin(&clinic, &next).await == Gate::Open);
        clinic.clock.advance_millis(1_000);
    }
    assert_eq!(open, 100);
}

#[tokio::test]
async fn many_attempts_at_once_get_one_try() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let open = race(|| {
        let (store, next) = (clinic.store.clone(), attempt(Some(&ana), 1));
        async move { store.begin_attempt(&sign_in(), next).await.unwrap() == Gate::Open }
    })
    .await;
    assert_eq!(open, 1);
}

#[tokio::test]
async fn n4_a_stranger_cannot_keep_a_person_out_of_their_own_browser() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let device = fresh();
    clinic
        .store
        .know_device(&sign_in(), &ana, device, "Firefox")
        .await
        .unwrap();
    for _ in 0..100 {
        fail_when_open(&clinic, &attempt(Some(&ana), 1)).await;
    }
    let stranger = begin(&clinic, &attempt(Some(&ana), 2)).await;
    assert!(matches!(stranger, Gate::Closed { .. }));
    // Also not from the same address, as behind a clinic's router.
    let mut own = attempt(Some(&ana), 1);
    own.device = Some(device);
    assert_eq!(begin(&clinic, &own).await, Gate::Open);
    // A cookie that this account does not know is no key, and the known browser's tries are bounded, too.
    let mut forged = attempt(Some(&ana), 3);
    forged.device = Some(fresh());
    let gate = begin(&clinic, &forged).await;
    assert!(matches!(gate, Gate::Closed { .. }));
    let gate = begin(&clinic, &own).await;
    assert!(matches!(gate, Gate::Closed { .. }));
    // An administrator lifts the lock.
    let root = clinic.person("root", &[Role::ADMINISTRATOR]).await;
    let by_root = clinic.caller(&root).await;
    clinic.store.unlock_account(&by_root, &ana).await.unwrap();
    assert_eq!(begin(&clinic, &attempt(Some(&ana), 9)).await, Gate::Open);
}

#[tokio::test]
async fn asvs_6_3_8_a_name_that_no_account_has_locks_like_one_that_has() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    for number in 0..100 {
        let known = fail_when_open(&clinic, &attempt(Some(&ana), number)).await;
        let nobody = fail_when_open(&clinic, &attempt(None, number + 100)).await;
        // The clock moved while the other waited: never longer than the known one.
        assert!(nobody <= known, "{number}: {nobody} {known}");
    }
    for account in [Some(ana.as_str()), None] {
        let gate = begin(&clinic, &attempt(account, 250)).await;
        assert!(matches!(gate, Gate::Closed { .. }), "{account:?}");
    }
}

#[tokio::test]
async fn a_right_password_alone_does_not_wash_wrong_codes_away() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let next = attempt(Some(&ana), 1);
    for _ in 0..20 {
        // The password is right, the code after it is wrong.
        fail_when_open(&clinic, &next).await;
        let right = clinic
            .store
            .attempt_right(&sign_in(), next.clone(), Right::More)
            .await;
        right.unwrap();
        assert_eq!(begin(&clinic, &next).await, Gate::Open);
    }
    let console = Caller::operator();
    let lock = clinic.store.lock_of(&console, &ana).await.unwrap();
    assert_eq!(lock.failures, 20);
    fail_when_open(&clinic, &next).await;
    clinic
        .store
        .attempt_right(&sign_in(), next, Right::Done)
        .await
        .unwrap();
    let lock = clinic.store.lock_of(&console, &ana).await.unwrap();
    assert_eq!(lock.failures, 0);
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_waits_and_ones_own_account_does_not_wash_it() {
    let clinic = Clinic::new();
    let own = clinic.person("eve", &[Role::NURSE]).await;
    let mut wait = 0;
    for number in 0..60 {
        let mut next = attempt(None, 7);
        next.name = UserName::parse(&format!("victim{number}")).unwrap();
        wait = fail_when_open(&clinic, &next).await;
        if number % 5 == 0 {
            fail_when_open(&clinic, &attempt(Some(&own), 7)).await;
            let right = attempt(Some(&own), 7);
            let done = clinic
                .store
                .attempt_right(&sign_in(), right, Right::Done)
                .await;
            done.unwrap();
        }
    }
    assert_eq!(wait, 3_000);
    // Another address is free, and after a quiet hour this one is, too.
    let mut other = attempt(None, 8);
    other.name = UserName::parse("somebody").unwrap();
    assert_eq!(begin(&clinic, &other).await, Gate::Open);
    clinic.clock.advance_millis(HOUR);
    let mut later = attempt(None, 7);
    later.name = UserName::parse("later").unwrap();
    assert_eq!(fail_when_open(&clinic, &later).await, 0);
    later.name = UserName::parse("later2").unwrap();
    assert_eq!(fail_when_open(&clinic, &later).await, 0);
}

#[tokio::test]
async fn only_the_sign_in_counts_attempts() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::ADMINISTRATOR]).await;
    let by_ana = clinic.caller(&ana).await;
    let next = attempt(Some(&ana), 1);
    let store = &clinic.store;
    assert!(store.begin_attempt(&by_ana, next.clone()).await.is_err());
    let right = store
        .attempt_right(&by_ana, next.clone(), Right::Done)
        .await;
    assert!(right.is_err());
    assert!(store.attempt_failed(&by_ana, &next, "x").await.is_err());
}
