//! What is told when nobody looks at it in time.

use aceso_policy::{Caller, Job, Role};
use aceso_store::NoticeKind;

use super::kit::{Clinic, HOUR};
use super::record::fill;

#[tokio::test]
async fn bg3_a_review_that_is_overdue_is_told_once_to_every_officer_and_administrator() {
    let clinic = Clinic::new();
    fill(&clinic).await;
    let ada = clinic.signed_in("ada", &[Role::ADMINISTRATOR]).await;
    let sam = clinic.signed_in("sam", &[Role::SECURITY_OFFICER]).await;
    let mut doc = clinic.doctor().await;
    clinic.step_up(&mut doc).await;
    let reason = [
        ("patient", "p2"),
        ("reason", "emergency"),
        ("detail", "Unconscious in the waiting room"),
    ];
    clinic.post(&doc, "/patients/p2/break-glass", &reason).await;
    let (reminder, operator) = (Caller::job(Job::Remind), Caller::operator());
    let overdue = async |account: &str| {
        let notices = clinic.store.notices(&operator, account).await.unwrap();
        let all = notices.iter();
        all.filter(|n| n.kind == NoticeKind::ReviewOverdue).count()
    };
    assert_eq!(clinic.store.remind(&reminder).await.unwrap().escalated, 0);
    // Two business days and a weekend at most.
    clinic.clock.advance_millis(4 * 24 * HOUR + 1);
    assert_eq!(clinic.store.remind(&reminder).await.unwrap().escalated, 1);
    assert_eq!(clinic.store.remind(&reminder).await.unwrap().escalated, 0);
    assert_eq!(overdue(&ada.account).await, 1);
    assert_eq!(overdue(&sam.account).await, 1);
    assert_eq!(overdue(&doc.account).await, 0);
    let sam = clinic.browser(&sam.account).await;
    let front = clinic.get(&sam, "/admin").await;
    assert!(front.text.contains("1 overdue"), "{}", front.text);
}
