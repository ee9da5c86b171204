//! What waits in the outbox is sent, by a real server and by servers that do wrong.

use aceso_egress::Trust;
use aceso_jobs::mail::{Allowed, Letterhead, Postman};
use aceso_mail::{Address, Line, Mailer, Server};
use aceso_policy::{Caller, Job, Origin, Role};
use aceso_store::{
    CredentialSecret, Enrol, LinkKind, Mail, MailList, NewAccount, NewCredential, NewLink, Redeem,
    UserName,
};
use aceso_testkit::postfix::Postfix;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::kit::Kit;

const MINUTE: i64 = 60_000;

fn post() -> Caller {
    Caller::job(Job::Mail)
}

impl Kit {
    fn postman(&self, port: u16, allowed: &[&str]) -> Postman {
        let server = Server::parse(&format!("smtp://127.0.0.1:{port}")).unwrap();
        let from = Address::parse("aceso@clinic.example").unwrap();
        let name = Line::parse("Riverside Clinic").unwrap();
        let mailer = Mailer::new(server, Trust::Machine.for_mail().unwrap(), from, name);
        let head = Letterhead {
            clinic: "Riverside Clinic".into(),
            base: "https://clinic.example".into(),
        };
        let allowed: Vec<String> = allowed.iter().map(|d| (*d).to_owned()).collect();
        Postman::new(self.store.clone(), mailer, head, Allowed::domains(&allowed))
    }

    /// A person with an address, and two browsers: the second one is told.
    async fn told(&self, name: &str) {
        let (console, sign_in) = (Caller::operator(), Caller::sign_in(Origin::default()));
        let new = NewAccount {
            user_name: UserName::parse(name).unwrap(),
            display: "Ann Example".into(),
            email: Some(format!("{name}@clinic.example")),
            fhir_user: None,
            roles: vec![Role::NURSE],
            facilities: Vec::new(),
            patients: Vec::new(),
            not_after: None,
            enrol: Enrol::No,
        };
        let account = self.store.add_account(&console, new).await.unwrap();
        let hash = aceso_vault::sha256(name.as_bytes());
        let link = NewLink {
            hash,
            kind: LinkKind::Invitation,
            account: account.clone(),
            ends: self.store.now().plus_millis(MINUTE),
        };
        self.store.make_link(&console, link).await.unwrap();
        let password = NewCredential {
            label: String::new(),
            secret: CredentialSecret::Password(aceso_base::Secret::new("x".into())),
        };
        let taken = self.store.redeem(&sign_in, hash, Redeem::TakeUp(password));
        taken.await.unwrap();
        for browser in [1, 2] {
            let known =
                self.store
                    .know_device(&sign_in, &account, [browser; 32], "Firefox on Linux");
            known.await.unwrap();
        }
    }

    async fn mails(&self, list: MailList) -> Vec<Mail> {
        self.store.mails(&post(), list).await.unwrap()
    }
}

/// A server that answers every message's reader so.
async fn server(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (read, mut write) = socket.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 hello\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let reply = match line.get(..4) {
                    Some("RCPT") => answer,
                    Some("QUIT") => break,
                    _ => "250 ok\r\n",
                };
                if write.write_all(reply.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    port
}

#[tokio::test]
async fn asvs_6_3_7_a_new_browser_is_told_by_mail_through_postfix() {
    let Some(postfix) = Postfix::start("", "") else {
        return;
    };
    let kit = Kit::new().await;
    let auditor = Address::parse("bob@clinic.example").unwrap();
    let postman = kit
        .postman(postfix.port, &["clinic.example"])
        .with_witnesses(&[auditor]);
    assert_eq!(postman.turn().await.unwrap(), 1, "the log's head");
    kit.told("ann").await;
    // The password, and the browser.
    assert_eq!(postman.turn().await.unwrap(), 2);
    assert_eq!(postman.turn().await.unwrap(), 0, "each once");
    let kept = postfix.messages("ann", 2).concat();
    assert!(
        kept.contains("Subject: Riverside Clinic: a sign-in from a browser not seen before"),
        "{kept}"
    );
    assert!(
        kept.contains("not seen before: Firefox on Linux."),
        "{kept}"
    );
    assert!(!kept.contains("Ann Example"), "{kept}");
    let head = postfix.messages("bob", 1).concat();
    let body: String = head.split("\n\n").skip(1).collect();
    let body: String = body.split_whitespace().collect();
    let body = String::from_utf8(STANDARD.decode(&body).expect("base64")).unwrap();
    let (_, key) = kit.store.audit_head().unwrap();
    assert!(body.contains(&key), "{body}");
}

#[tokio::test]
async fn what_the_server_cannot_take_now_is_tried_again_with_growing_pauses_and_given_up_after_three_days()
 {
    let kit = Kit::new().await;
    let postman = kit.postman(server("451 greylisted\r\n").await, &[]);
    assert_eq!(postman.turn().await.unwrap(), 0);
    kit.told("ann").await;
    let begun = kit.store.now();
    let mut tries = Vec::new();
    while tries.len() < 100 && kit.mails(MailList::Dead).await.is_empty() {
        postman.turn().await.unwrap();
        tries.push((kit.store.now().millis() - begun.millis()) / MINUTE);
        let before = kit.mails(MailList::Waiting).await;
        let counted = before.first().map_or(0, |m| m.tries);
        while kit
            .mails(MailList::Waiting)
            .await
            .first()
            .is_some_and(|m| m.tries == counted)
        {
            kit.clock.advance_millis(MINUTE);
            if !kit.store.due_mail(&post(), 1).await.unwrap().is_empty() {
                break;
            }
        }
    }
    assert_eq!(tries[..6], [0, 1, 6, 21, 81, 201], "{tries:?}");
    let dead = kit.mails(MailList::Dead).await;
    assert!(
        dead[0].failure.contains("451 greylisted"),
        "{:?}",
        dead[0].failure
    );
    let days = (kit.store.now().millis() - begun.millis()) / (1440 * MINUTE);
    assert_eq!(days, 2, "within the third day: {tries:?}");
}

#[tokio::test]
async fn what_the_server_refuses_or_may_not_be_sent_is_given_up_at_once_and_in_sight() {
    for (answer, allowed, why) in [
        ("550 nobody\r\n", &[][..], "550 nobody"),
        ("250 ok\r\n", &["elsewhere.example"], "mail.only_to"),
    ] {
        let kit = Kit::new().await;
        let postman = kit.postman(server(answer).await, allowed);
        postman.turn().await.unwrap();
        kit.told("ann").await;
        assert_eq!(postman.turn().await.unwrap(), 0);
        let dead = kit.mails(MailList::Dead).await;
        assert_eq!(dead.len(), 2);
        assert!(dead[0].failure.contains(why), "{}", dead[0].failure);
    }
}
