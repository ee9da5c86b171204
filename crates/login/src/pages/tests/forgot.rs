//! Links to new passwords that are mailed.

use aceso_policy::{Caller, Job, Role};
use aceso_store::{AccountChange, Mail, MailKind, Mailing};
use http::StatusCode;

use super::kit::{Clinic, PASSWORD};
use super::signing_in::app;
use aceso_testkit::statistics::{median, rank_sum};

impl Clinic {
    /// Ann has a mail address, and mail is sent.
    async fn mailing(&self, id: &str) {
        self.mailing_to(id, "ann@clinic.example").await;
    }

    /// An account has this mail address, and mail is sent.
    async fn mailing_to(&self, id: &str, address: &str) {
        let console = Caller::operator();
        let account = self.store.account(&console, id).await.unwrap();
        let mut change = AccountChange::of(&account);
        change.email = Some(address.to_owned());
        let done = self
            .store
            .update_account(&console, id, account.version, change);
        done.await.unwrap();
        self.store.set_mailing(&console, Mailing::On).await.unwrap();
    }

    /// The links that wait to be sent, once there are so many; a minute at most.
    async fn links(&self, wanted: usize) -> Vec<Mail> {
        let begin = std::time::Instant::now();
        while begin.elapsed().as_secs() < 60 {
            let due = self
                .store
                .due_mail(&Caller::job(Job::Mail), 1000)
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
        panic!("{wanted} links are not written");
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

/// So many of each: accounts that get a link, names that nobody has.
const ASKED: usize = 60;

/// Answers are timed, and also what is asked right after: nobody sees by a stranger's own next page what was done meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asvs_6_3_8_how_long_asking_for_a_link_takes_does_not_tell_whether_there_is_an_account() {
    let clinic = Clinic::new();
    for number in 0..ASKED {
        let id = clinic
            .person(&format!("real{number}"), Role::PATIENT, None)
            .await;
        clinic
            .mailing_to(&id, &format!("real{number}@clinic.example"))
            .await;
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let (mut after_known, mut after_unknown) = (Vec::new(), Vec::new());
    for number in 0..ASKED {
        let mut turns = [
            (format!("real{number}"), &mut known, &mut after_known),
            (format!("none{number}"), &mut unknown, &mut after_unknown),
        ];
        if number % 2 == 1 {
            turns.reverse();
        }
        for (name, times, after) in turns {
            let mut browser = clinic.browser();
            browser.get("/forgot").await;
            let begin = std::time::Instant::now();
            browser.post("/forgot", &[("user", &name)]).await;
            times.push(begin.elapsed().as_secs_f64() * 1e3);
            let begin = std::time::Instant::now();
            browser.get("/forgot").await;
            after.push(begin.elapsed().as_secs_f64() * 1e3);
        }
    }
    clinic.links(ASKED).await;
    for (what, known, unknown) in [
        ("the answer", known, unknown),
        ("the next page", after_known, after_unknown),
    ] {
        let (z, a, b) = (rank_sum(&known, &unknown), median(&known), median(&unknown));
        eprintln!(
            "{what}: {a:.2} ms where there is an account, {b:.2} ms where there is none, z = {z:.2}"
        );
        assert!(z.abs() < 4.0, "{what}: z = {z}: {a} ms, {b} ms");
    }
}
