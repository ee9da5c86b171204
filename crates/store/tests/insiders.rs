//! Whether snoops are found, and how many cases that costs, measured on a clinic that works for some weeks.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::print_stderr,
    reason = "tests"
)]

#[allow(unreachable_pub, dead_code, reason = "shared with an example")]
mod clinic;

use aceso_policy::{Caller, FhirUser, Job, Origin, Person, Purpose, Role, Session, Strength};
use aceso_store::{CaseList, CaseOutcome, InsiderSettings, Keep, PeopleError};
use clinic::{Clinic, Size};

const SIZE: Size = Size {
    users: 160,
    patients: 2600,
    weeks: 6,
    reviewed: 4,
    snoops: 1,
    seed: 20_260_301,
};

fn officer(account: &str) -> Caller {
    let mut session = Session::new(Strength::PhishingResistant, Purpose::Operations);
    session.stepped_up_until = Some(aceso_base::Instant::from_millis(i64::MAX));
    let person = Person {
        account: account.into(),
        name: "officer".into(),
        roles: vec![Role::SECURITY_OFFICER],
        user: FhirUser::parse("Practitioner/officer"),
        patients: Vec::new(),
        facilities: Vec::new(),
        session,
    };
    Caller::person(person.into(), Origin::default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn seeded_snoops_are_found_and_the_cases_can_be_read_by_people() {
    let clinic = Clinic::run(SIZE).await;
    let review = clinic.review().await;
    let outcome = clinic.judge(&review);
    eprintln!("{outcome:#?}");
    assert_eq!(outcome.by_rule.len(), 19, "snoops of every kind");
    assert!(outcome.accesses > 3000, "{}", outcome.accesses);
    assert!(outcome.explained * 100 > outcome.accesses * 85);
    assert!(
        outcome.explained < outcome.accesses,
        "something is left to look at"
    );
    assert!(outcome.recall() >= 0.9, "recall {}", outcome.recall());
    assert!(
        outcome.rate <= 5.0,
        "{} cases per 100 users and week",
        outcome.rate
    );
    for case in &review.cases {
        assert!(case.score >= 45 && !case.reasons.is_empty());
        assert!(
            case.reasons
                .iter()
                .all(|r| !r.text.is_empty() && !r.entries.is_empty())
        );
    }
    let mut weeks: Vec<_> = review.cases.iter().map(|c| (&c.account, c.week)).collect();
    weeks.sort();
    weeks.dedup();
    assert_eq!(
        weeks.len(),
        review.cases.len(),
        "one case for a person and a week"
    );
}

/// A small clinic for what people do with cases.
const SMALL: Size = Size {
    users: 20,
    patients: 300,
    weeks: 2,
    reviewed: 1,
    snoops: 1,
    seed: 3,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ha2_a_case_is_decided_once_by_somebody_else_and_both_leave_entries() {
    let clinic = Clinic::run(SMALL).await;
    let store = &clinic.store;
    let until = store.now();
    let from = until.plus_millis(-7 * 86_400_000);
    let watch = Caller::job(Job::Watch);
    let settings = InsiderSettings::default;
    let found = store
        .review_insiders(&watch, from, until, settings(), Keep::Yes)
        .await
        .unwrap();
    assert!(!found.cases.is_empty());
    // Tomorrow night's review finds the same cases again.
    let again = store
        .review_insiders(&watch, from, until, settings(), Keep::Yes)
        .await
        .unwrap();
    let ids = |cases: &[aceso_store::InsiderCase]| -> Vec<String> {
        cases.iter().map(|c| c.id.clone()).collect()
    };
    assert_eq!(ids(&found.cases), ids(&again.cases));
    let reviewer = officer("officer");
    let open = store
        .insider_cases(&reviewer, CaseList::Open)
        .await
        .unwrap();
    assert_eq!(open.len(), found.cases.len());
    let case = &open[0];
    let own = officer(&case.account);
    let decide = |by: &Caller, note: &'static str| {
        let (by, store, id) = (by.clone(), store.clone(), case.id.clone());
        async move {
            store
                .decide_case(&by, &id, CaseOutcome::Sanctioned, note)
                .await
        }
    };
    assert!(matches!(
        decide(&own, "it was nothing").await,
        Err(PeopleError::Forbidden)
    ));
    assert!(matches!(
        decide(&reviewer, " ").await,
        Err(PeopleError::Refused(_))
    ));
    decide(&reviewer, "written warning, HR file 12")
        .await
        .unwrap();
    assert!(matches!(
        decide(&reviewer, "again").await,
        Err(PeopleError::Refused(_))
    ));
    let after = store.insider_case(&reviewer, &case.id).await.unwrap();
    let review = after.review.unwrap();
    assert_eq!(
        (review.outcome, review.by.as_str()),
        (CaseOutcome::Sanctioned, "person/officer")
    );
    assert_eq!(
        store
            .insider_cases(&reviewer, CaseList::Open)
            .await
            .unwrap()
            .len(),
        open.len() - 1
    );
    // What was decided stays, whatever a later review says.
    store
        .review_insiders(&watch, from, until, settings(), Keep::Yes)
        .await
        .unwrap();
    assert!(
        store
            .insider_case(&reviewer, &case.id)
            .await
            .unwrap()
            .review
            .is_some()
    );
    let trail = store.trail(&Caller::job(Job::Send)).unwrap().unwrap();
    let last = trail.count().await.unwrap();
    let acts: Vec<String> = trail
        .after(last.saturating_sub(60), 100)
        .await
        .unwrap()
        .into_iter()
        .filter_map(|e| e.said)
        .map(|s| format!("{} {}", s.act, s.outcome.unwrap_or_default()))
        .collect();
    for act in [
        "insider review ",
        "insider decide ",
        "insider decide denied",
        "insider list ",
    ] {
        assert!(acts.iter().any(|a| a == act), "{act}: {acts:?}");
    }
}

#[tokio::test]
async fn only_those_who_review_see_cases_and_only_those_who_read_the_log_see_what_is_planted() {
    let clinic = Clinic::run(Size {
        users: 3,
        patients: 30,
        weeks: 1,
        reviewed: 1,
        snoops: 0,
        seed: 1,
    })
    .await;
    let store = &clinic.store;
    let mut session = Session::new(Strength::Two, Purpose::Treatment);
    session.stepped_up_until = Some(aceso_base::Instant::from_millis(i64::MAX));
    let nurse = Person {
        account: "n".into(),
        name: "n".into(),
        roles: vec![Role::NURSE],
        user: None,
        patients: Vec::new(),
        facilities: Vec::new(),
        session,
    };
    let nurse = Caller::person(nurse.into(), Origin::default());
    let now = clinic.store.now();
    let refused = store.insider_cases(&nurse, CaseList::All).await;
    assert!(matches!(refused, Err(PeopleError::Forbidden)));
    let refused = store
        .review_insiders(&nurse, now, now, InsiderSettings::default(), Keep::No)
        .await;
    assert!(matches!(refused, Err(PeopleError::Forbidden)));
    assert!(matches!(
        store.decoys(&nurse).await,
        Err(PeopleError::Forbidden)
    ));
    assert_eq!(store.decoys(&Caller::operator()).await.unwrap().len(), 2);
    let deliver = Caller::job(Job::Deliver);
    let refused = store
        .review_insiders(&deliver, now, now, InsiderSettings::default(), Keep::No)
        .await;
    assert!(matches!(refused, Err(PeopleError::Forbidden)));
}
