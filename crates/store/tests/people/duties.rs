//! What the clinic must keep up.

use aceso_policy::{Caller, Job, Role};
use aceso_store::{DutyGap, DutyKind, NewDuty, NoticeKind, PeopleError, Reminded, duty_gaps};

use super::kit::{Clinic, HOUR};

const DAY: i64 = 24 * HOUR;

fn new(clinic: &Clinic, kind: DutyKind, holds_days: Option<i64>) -> NewDuty {
    let now = clinic.store.now();
    NewDuty {
        kind,
        name: " Riverside Laboratories ".into(),
        detail: "blood tests".into(),
        done: now,
        until: holds_days.map(|days| now.plus_millis(days * DAY)),
        digest: Some([7; 32]),
    }
}

#[tokio::test]
async fn ha9_an_agreement_that_ends_soon_is_told_once_and_a_new_one_is_enough() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let root = clinic.person("root", &[Role::ADMINISTRATOR]).await;
    let (operator, reminder) = (Caller::operator(), Caller::job(Job::Remind));
    let kind = DutyKind::BusinessAssociate;
    let first = store
        .add_duty(&operator, new(&clinic, kind, Some(60)))
        .await
        .unwrap();
    assert_eq!(store.remind(&reminder).await.unwrap(), Reminded::default());
    clinic.clock.advance_millis(31 * DAY);
    assert_eq!(store.remind(&reminder).await.unwrap().duties, 1);
    assert_eq!(store.remind(&reminder).await.unwrap().duties, 0, "once");
    let notices = store.notices(&operator, &root).await.unwrap();
    let told = notices
        .iter()
        .find(|n| n.kind == NoticeKind::DutyOver)
        .unwrap();
    assert!(told.detail.contains("Riverside Laboratories"));
    let over = |gaps: &[DutyGap]| gaps.iter().any(|g| matches!(g, DutyGap::Over(_)));
    assert!(over(&duty_gaps(
        &store.duties(&operator).await.unwrap(),
        store.now()
    )));
    store
        .add_duty(&operator, new(&clinic, kind, Some(400)))
        .await
        .unwrap();
    assert!(!over(&duty_gaps(
        &store.duties(&operator).await.unwrap(),
        store.now()
    )));
    // What was ended stays on record (164.316: six years and more).
    store.end_duty(&operator, &first).await.unwrap();
    assert!(matches!(
        store.end_duty(&operator, &first).await,
        Err(PeopleError::Unknown)
    ));
    assert_eq!(store.duties(&operator).await.unwrap().len(), 2);
}

#[tokio::test]
async fn hn8_hn11_a_test_holds_for_as_long_as_its_kind_and_no_longer() {
    let clinic = Clinic::new();
    let (store, operator) = (&clinic.store, Caller::operator());
    let missing = async || duty_gaps(&store.duties(&operator).await.unwrap(), store.now()).len();
    assert_eq!(missing().await, 5, "nothing was ever done");
    for kind in DutyKind::ALL
        .into_iter()
        .filter(|kind| kind.days().is_some())
    {
        // Nobody makes a scan of today good for ten years.
        store
            .add_duty(&operator, new(&clinic, kind, Some(3650)))
            .await
            .unwrap();
    }
    assert_eq!(missing().await, 0);
    clinic.clock.advance_millis(184 * DAY);
    let gaps = duty_gaps(&store.duties(&operator).await.unwrap(), store.now());
    assert!(
        matches!(gaps.as_slice(), [DutyGap::Over(scan)] if scan.kind == DutyKind::VulnerabilityScan)
    );
    clinic.clock.advance_millis(184 * DAY);
    assert_eq!(missing().await, 5);
    let twice = store.remind(&Caller::job(Job::Remind)).await.unwrap();
    assert_eq!(twice.duties, 5);
}

#[tokio::test]
async fn duties_are_kept_by_those_who_manage_settings_and_need_their_words() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    clinic.person("root", &[Role::ADMINISTRATOR]).await;
    let nurse = clinic.person("nurse", &[Role::NURSE]).await;
    let nurse = clinic.caller(&nurse).await;
    let scan = || new(&clinic, DutyKind::VulnerabilityScan, None);
    assert!(matches!(
        store.add_duty(&nurse, scan()).await,
        Err(PeopleError::Forbidden)
    ));
    assert!(matches!(
        store.duties(&nurse).await,
        Err(PeopleError::Forbidden)
    ));
    let later = store.now().plus_millis(DAY);
    for wrong in [
        NewDuty {
            name: "  ".into(),
            ..scan()
        },
        NewDuty {
            name: "x".repeat(201),
            ..scan()
        },
        NewDuty {
            detail: "x".repeat(4001),
            ..scan()
        },
        NewDuty {
            done: later,
            ..scan()
        },
        NewDuty {
            until: Some(store.now()),
            ..scan()
        },
        new(&clinic, DutyKind::BusinessAssociate, None),
    ] {
        let told = store.add_duty(&Caller::operator(), wrong).await;
        assert!(matches!(told, Err(PeopleError::Refused(_))));
    }
}
