//! Links to new passwords that are mailed.

use aceso_policy::{Caller, Job, Role};
use aceso_store::{AccountChange, Mail, MailKind, Mailing};
use http::StatusCode;

use super::kit::{Clinic, PASSWORD};
use super::signing_in::app;

impl Clinic {
    /// Ann has a mail address, and mail is sent.
    async fn mailing(&self, id: &str) {
        let console = Caller::operator();
        let account = self.store.account(&console, id).await.unwrap();
        let mut change = AccountChange::of(&account);
        change.email = Some("ann@clinic.example".to_owned());
        let done = self
            .store
            .update_account(&console, id, account.version, change);
        done.await.unwrap();
        self.store.set_mailing(&console, Mailing::On).await.unwrap();
    }

    /// The links that wait to be mailed, once there are so many.
    async fn links(&self, wanted: usize) -> Vec<Mail> {
        loop {
            let due = self
                .store
                .due_mail(&Caller::job(Job::Mail), 100)
                .await
                .unwrap();
            let links: Vec<Mail> = due
                .into_iter()
                .filter(|m| m.kind == MailKind::Reset)
                .collect();
            if links.len() >= wanted {
                return links;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn asvs_6_4_2_whoever_forgot_a_password_gets_a_link_and_still_needs_the_second_factor() {
    let clinic = Clinic::new();
    let secret = app();
    let id = clinic.person("ann", Role::NURSE, Some(&secret)).await;
    let mut browser = clinic.browser();
    let page = browser.get("/forgot").await;
    assert!(!page.text.contains("Send me a link"), "no mail is sent yet");
    browser.get("/sign-in").await;
    let early = browser.post("/forgot", &[("user", "ann")]).await;
    assert_eq!(early.status, StatusCode::NOT_FOUND);

    clinic.mailing(&id).await;
    assert!(browser.get("/forgot").await.text.contains("Send me a link"));
    let empty = browser.post("/forgot", &[("user", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = browser.post("/forgot", &[("user", "ann")]).await;
    assert_eq!(asked.to(), "/forgot?asked=yes");
    assert!(
        browser
            .get("/forgot?asked=yes")
            .await
            .text
            .contains("Look into your mail")
    );
    let link = clinic.links(1).await.remove(0);
    let address = link.secret.unwrap().expose().clone();
    let path = address
        .strip_prefix("https://clinic.example")
        .unwrap()
        .to_owned();
    assert_eq!(browser.get(&path).await.title(), "Choose a new password");
    let new = "amber fox writes letters";
    let done = browser.post(&path, &[("password", new)]).await;
    assert_eq!(done.to(), "/sign-in?after=reset");
    assert_eq!(
        browser.get(&path).await.status,
        StatusCode::NOT_FOUND,
        "once"
    );
    let signed = browser.password("ann", new).await;
    assert!(
        signed.to().starts_with("/sign-in/second"),
        "{}",
        signed.to()
    );
    let old = clinic.browser().password("ann", PASSWORD).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn asvs_6_3_8_asking_for_a_link_answers_the_same_whoever_is_named() {
    let clinic = Clinic::new();
    let id = clinic.person("ann", Role::NURSE, Some(&app())).await;
    clinic.mailing(&id).await;
    let mut answers = Vec::new();
    for name in [
        "ann",
        "nobody",
        "ann@clinic.example",
        "eve@evil.example",
        "a\r\nb",
    ] {
        let mut browser = clinic.browser();
        browser.get("/forgot").await;
        let answer = browser.post("/forgot", &[("user", name)]).await;
        let headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        answers.push((answer.status, answer.to().to_owned(), headers, answer.text));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    clinic.links(2).await;
}
