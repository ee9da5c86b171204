//! The outbox of mail.

use aceso_base::Secret;
use aceso_policy::{Caller, Job, Role};
use aceso_store::{
    Mail, MailKind, MailList, MailedLink, Mailing, NotSent, NoticeKind, PeopleError, Redeem,
};

use super::kit::{Clinic, HOUR, MINUTE, fresh, password, sign_in, totp};

const DAY: i64 = 24 * HOUR;

fn post() -> Caller {
    Caller::job(Job::Mail)
}

impl Clinic {
    async fn due(&self) -> Vec<Mail> {
        self.store.due_mail(&post(), 100).await.unwrap()
    }

    /// Asks for a link as whoever typed this; answers what its address would hold.
    async fn forgot(&self, typed: &str) -> [u8; 32] {
        let hash = fresh();
        let link = MailedLink {
            hash,
            address: Secret::new("https://clinic.example/reset/x".to_owned()),
        };
        self.store
            .mail_reset(&sign_in(), typed, link)
            .await
            .unwrap();
        hash
    }

    async fn mailing() -> (Self, String) {
        let clinic = Self::new();
        let ana = clinic.person("ana", &[Role::NURSE]).await;
        clinic
            .store
            .set_mailing(&post(), Mailing::On)
            .await
            .unwrap();
        (clinic, ana)
    }
}

#[tokio::test]
async fn mail_is_kept_with_what_it_tells_of_where_mail_is_sent_and_nowhere_else() {
    let clinic = Clinic::new();
    let ana = clinic.person("ana", &[Role::NURSE]).await;
    let store = &clinic.store;
    assert!(clinic.due().await.is_empty());
    assert_eq!(store.mail_standing(&post()).await.unwrap().since, None);
    store.set_mailing(&post(), Mailing::On).await.unwrap();
    store.set_mailing(&post(), Mailing::On).await.unwrap();
    store
        .know_device(&sign_in(), &ana, [1; 32], "Firefox on Linux")
        .await
        .unwrap();
    store
        .know_device(&sign_in(), &ana, [2; 32], "Safari on iPhone")
        .await
        .unwrap();
    let due = clinic.due().await;
    assert_eq!(due.len(), 1);
    let mail = &due[0];
    assert_eq!(mail.kind, MailKind::Notice(NoticeKind::NewDevice));
    assert_eq!(
        (mail.address.as_str(), mail.detail.as_str()),
        ("ana@clinic.example", "Safari on iPhone")
    );
    store.mail_sent(&post(), mail).await.unwrap();
    assert!(clinic.due().await.is_empty());
    assert_eq!(store.mails(&post(), MailList::Sent).await.unwrap().len(), 1);
    store.set_mailing(&post(), Mailing::Off).await.unwrap();
    store
        .know_device(&sign_in(), &ana, [3; 32], "Edge on Windows")
        .await
        .unwrap();
    assert!(clinic.due().await.is_empty());
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_and_what_was_given_up_stays_in_sight() {
    let (clinic, ana) = Clinic::mailing().await;
    let store = &clinic.store;
    store
        .add_credential(&sign_in(), &ana, totp())
        .await
        .unwrap();
    let mail = clinic.due().await.remove(0);
    let later = store.now().plus_millis(5 * MINUTE);
    store
        .mail_not_sent(&post(), &mail, NotSent::Again(later), "450 busy")
        .await
        .unwrap();
    assert!(clinic.due().await.is_empty());
    let standing = store.mail_standing(&post()).await.unwrap();
    assert_eq!(
        (standing.waiting, standing.failing, standing.dead),
        (1, 1, 0)
    );
    clinic.clock.advance_millis(5 * MINUTE);
    let mail = clinic.due().await.remove(0);
    assert_eq!((mail.tries, mail.failure.as_str()), (1, "450 busy"));
    store
        .mail_not_sent(&post(), &mail, NotSent::Dead, "550 nobody")
        .await
        .unwrap();
    let dead = store
        .mails(&Caller::operator(), MailList::Dead)
        .await
        .unwrap();
    assert_eq!((dead.len(), dead[0].failure.as_str()), (1, "550 nobody"));
    store
        .send_again(&Caller::operator(), &mail.id)
        .await
        .unwrap();
    assert_eq!(clinic.due().await.len(), 1);
    let twice = store.send_again(&Caller::operator(), &mail.id).await;
    assert!(matches!(twice, Err(PeopleError::Unknown)), "{twice:?}");
}

#[tokio::test]
async fn n8_a_changed_address_is_told_at_both() {
    let (clinic, ana) = Clinic::mailing().await;
    let store = &clinic.store;
    let account = store.account(&Caller::operator(), &ana).await.unwrap();
    let mut change = aceso_store::AccountChange::of(&account);
    change.email = Some("ana@home.example".to_owned());
    store
        .update_account(&Caller::operator(), &ana, account.version, change)
        .await
        .unwrap();
    let mut told: Vec<String> = clinic.due().await.into_iter().map(|m| m.address).collect();
    told.sort();
    assert_eq!(told, ["ana@clinic.example", "ana@home.example"]);
}

#[tokio::test]
async fn asvs_6_4_3_a_mailed_link_sets_a_password_once_and_keeps_the_second_factor() {
    let (clinic, ana) = Clinic::mailing().await;
    let store = &clinic.store;
    store
        .add_credential(&sign_in(), &ana, totp())
        .await
        .unwrap();
    let session = clinic.session(&ana).await;
    let (first, second) = (
        clinic.forgot("ANA@clinic.example").await,
        clinic.forgot("ana").await,
    );
    let mailed = clinic.due().await;
    let resets: Vec<&Mail> = mailed
        .iter()
        .filter(|m| m.kind == MailKind::Reset)
        .collect();
    assert_eq!(resets.len(), 2);
    assert_eq!(
        resets[0].secret.as_ref().unwrap().expose(),
        "https://clinic.example/reset/x"
    );
    let redeem = || Redeem::Reset(Secret::new("second".to_owned()));
    assert_eq!(
        store.redeem(&sign_in(), second, redeem()).await.unwrap(),
        ana
    );
    for used in [first, second] {
        let again = store.redeem(&sign_in(), used, redeem()).await;
        assert!(matches!(again, Err(PeopleError::Unknown)), "{again:?}");
    }
    assert!(
        store.session(&session).await.unwrap().is_none(),
        "sessions end"
    );
    let kept = store.credentials(&sign_in(), &ana).await.unwrap();
    assert_eq!(kept.len(), 2, "the password and the app");
    let told = clinic.due().await;
    let changed = MailKind::Notice(NoticeKind::PasswordChanged);
    assert!(told.iter().any(|m| m.kind == changed), "N8: it is told");
}

#[tokio::test]
async fn asvs_6_4_2_a_mailed_link_ends_after_a_quarter_of_an_hour_and_is_no_invitation() {
    let (clinic, _) = Clinic::mailing().await;
    let hash = clinic.forgot("ana").await;
    let link = clinic.store.link(&hash).await.unwrap().unwrap();
    assert_eq!(
        link.ends.millis() - clinic.store.now().millis(),
        15 * MINUTE
    );
    let taken = clinic
        .store
        .redeem(&sign_in(), hash, Redeem::TakeUp(password("x")))
        .await;
    assert!(matches!(taken, Err(PeopleError::Unknown)), "{taken:?}");
    clinic.clock.advance_millis(15 * MINUTE);
    assert!(clinic.store.link(&hash).await.unwrap().is_none());
}

#[tokio::test]
async fn asvs_6_4_2_strangers_fill_no_mailbox_and_names_that_are_nobodys_get_nothing() {
    let (clinic, ana) = Clinic::mailing().await;
    let gone = clinic.person("gone", &[Role::NURSE]).await;
    clinic.invited("new", &[Role::NURSE]).await;
    clinic
        .store
        .disable_account(&Caller::operator(), &gone)
        .await
        .unwrap();
    for nobody in [
        "nobody",
        "gone",
        "gone@clinic.example",
        "new",
        "",
        "%",
        "ana' or 1=1",
    ] {
        let hash = clinic.forgot(nobody).await;
        assert!(
            clinic.store.link(&hash).await.unwrap().is_none(),
            "{nobody}"
        );
    }
    for _ in 0..5 {
        clinic.forgot("ana").await;
    }
    let resets = |due: Vec<Mail>| due.iter().filter(|m| m.kind == MailKind::Reset).count();
    assert_eq!(resets(clinic.due().await), 3, "three an hour");
    clinic.clock.advance_millis(HOUR);
    clinic.forgot("ana").await;
    assert_eq!(resets(clinic.due().await), 4);
    assert!(
        clinic
            .due()
            .await
            .iter()
            .all(|m| m.account == ana || m.kind != MailKind::Reset)
    );
}

#[tokio::test]
async fn an_address_that_two_people_share_resets_neither() {
    let (clinic, _) = Clinic::mailing().await;
    let ben = clinic.person("ben", &[Role::NURSE]).await;
    let account = clinic
        .store
        .account(&Caller::operator(), &ben)
        .await
        .unwrap();
    let mut change = aceso_store::AccountChange::of(&account);
    change.email = Some("ana@clinic.example".to_owned());
    let operator = Caller::operator();
    let done = clinic
        .store
        .update_account(&operator, &ben, account.version, change);
    done.await.unwrap();
    let by_address = clinic.forgot("ana@clinic.example").await;
    assert!(clinic.store.link(&by_address).await.unwrap().is_none());
    let by_name = clinic.forgot("ben").await;
    assert!(clinic.store.link(&by_name).await.unwrap().is_some());
}

#[tokio::test]
async fn asvs_16_4_3_the_logs_head_is_mailed_once_a_day() {
    let (clinic, _) = Clinic::mailing().await;
    let to = ["auditor@elsewhere.example".to_owned()];
    let store = &clinic.store;
    assert!(!store.mail_log_head(&post(), &[]).await.unwrap());
    assert!(store.mail_log_head(&post(), &to).await.unwrap());
    assert!(!store.mail_log_head(&post(), &to).await.unwrap());
    let due = clinic.due().await;
    let head = due.iter().find(|m| m.kind == MailKind::LogHead).unwrap();
    let (note, key) = store.audit_head().unwrap();
    assert!(head.detail.ends_with(&key), "{}", head.detail);
    assert!(
        head.detail.starts_with(note.lines().next().unwrap()),
        "{}",
        head.detail
    );
    clinic.clock.advance_millis(DAY);
    assert!(store.mail_log_head(&post(), &to).await.unwrap());
}

#[tokio::test]
async fn h1_nobody_else_sees_or_sends_what_waits() {
    let (clinic, ana) = Clinic::mailing().await;
    let nurse = clinic.caller(&ana).await;
    let denied = |answer: Result<(), PeopleError>| {
        assert!(matches!(answer, Err(PeopleError::Forbidden)), "{answer:?}");
    };
    for caller in [&nurse, &Caller::job(Job::Remind), &sign_in()] {
        denied(clinic.store.due_mail(caller, 1).await.map(drop));
        denied(clinic.store.set_mailing(caller, Mailing::Off).await);
        denied(clinic.store.send_again(caller, "x").await);
        denied(clinic.store.mail_log_head(caller, &[]).await.map(drop));
    }
    denied(
        clinic
            .store
            .mails(&nurse, MailList::Waiting)
            .await
            .map(drop),
    );
    let link = MailedLink {
        hash: fresh(),
        address: Secret::new(String::new()),
    };
    denied(clinic.store.mail_reset(&nurse, "ana", link).await);
}

#[tokio::test]
async fn an_invitation_that_cannot_be_mailed_makes_no_link() {
    let clinic = Clinic::new();
    let store = &clinic.store;
    let ana = clinic.invited("ana", &[Role::NURSE]).await;
    let ends = store.now().plus_millis(72 * HOUR);
    let mail = async |by: &Caller| {
        let hash = fresh();
        let address = Secret::new("https://clinic.example/invitation/x".to_owned());
        let link = MailedLink { hash, address };
        let mailed = store.mail_invitation(by, &ana, link, ends).await;
        (mailed, store.link(&hash).await.unwrap())
    };
    let console = Caller::operator();
    let (off, link) = mail(&console).await;
    assert!(matches!(off, Err(PeopleError::Refused(_))), "{off:?}");
    assert_eq!(link, None);
    store.set_mailing(&post(), Mailing::On).await.unwrap();
    let (stranger, link) = mail(&sign_in()).await;
    assert!(
        matches!(stranger, Err(PeopleError::Forbidden)),
        "{stranger:?}"
    );
    assert_eq!(link, None);
    let (on, link) = mail(&console).await;
    on.unwrap();
    assert!(link.is_some());
    let mail = clinic.due().await.remove(0);
    assert_eq!(mail.kind, MailKind::Invitation);
    let secret = mail.secret.as_ref().unwrap();
    assert_eq!(secret.expose(), "https://clinic.example/invitation/x");

    // What was given up is not sent once more: its link is over, or was replaced.
    store
        .mail_not_sent(&post(), &mail, NotSent::Dead, "550 nobody")
        .await
        .unwrap();
    let again = store.send_again(&console, &mail.id).await;
    assert!(matches!(again, Err(PeopleError::Unknown)), "{again:?}");
}
