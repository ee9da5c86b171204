//! Debian's Dovecot tells what is new, over TLS.

use aceso_base::Secret;
use aceso_mail::{BoxError, Flag, Login, Mailbox, Server};
use aceso_testkit::dovecot::Dovecot;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

use crate::kit::{Believed, trusting};

const MAIL: &[u8] = b"From: fin@finder.example\r\nSubject: {5}\r\n\r\nline\r\n)\r\nA3 OK\r\n";

fn mailbox(server: &str, tls: &Arc<ClientConfig>, password: &str) -> Mailbox {
    let server = Server::parse_imap(server).unwrap();
    let login = Login {
        user: "security".into(),
        password: Secret::new(password.into()),
    };
    Mailbox::new(server, tls.clone(), login, "INBOX").unwrap()
}

#[tokio::test]
async fn asvs_12_3_1_dovecot_tells_what_is_new_over_starttls_and_within_tls() {
    let believed = Believed::new();
    let Some(dovecot) = Dovecot::start(&believed.certificate, &believed.key) else {
        return;
    };
    let starttls = format!("imap://localhost:{}", dovecot.port);
    let within = format!("imaps://localhost:{}", dovecot.tls_port);
    let plain = format!("imap://127.0.0.1:{}", dovecot.port);
    dovecot.deliver("1", MAIL);
    for server in [&starttls, &within, &plain] {
        let mailbox = mailbox(server, &believed.tls, Dovecot::PASSWORD);
        let mut open = mailbox.open().await.unwrap();
        let found = open.after(0).await.unwrap();
        assert_eq!(found.len(), 1, "{server}: {found:?}");
        let mail = open.fetch(found[0].number, 10_000).await.unwrap();
        assert_eq!(mail.as_deref(), Some(MAIL));
        assert_eq!(open.after(found[0].number).await.unwrap(), []);
        assert_eq!(open.fetch(77, 10_000).await.unwrap(), None);
        open.close().await;
    }

    let nobody = trusting(RootCertStore::empty());
    for server in [&starttls, &within] {
        let refused = mailbox(server, &nobody, Dovecot::PASSWORD).open().await;
        assert!(matches!(refused, Err(BoxError::Io(_))), "{server}");
    }
    let wrong = mailbox(&within, &believed.tls, "another password");
    assert!(matches!(wrong.open().await, Err(BoxError::Login(_))));
}

#[tokio::test]
async fn mails_keep_their_numbers_until_the_box_says_that_they_do_not() {
    let believed = Believed::new();
    let Some(dovecot) = Dovecot::start(&believed.certificate, &believed.key) else {
        return;
    };
    let within = format!("imaps://localhost:{}", dovecot.tls_port);
    let mailbox = mailbox(&within, &believed.tls, Dovecot::PASSWORD);
    for name in ["1", "2", "3"] {
        dovecot.deliver(name, MAIL);
    }
    let mut open = mailbox.open().await.unwrap();
    let validity = open.validity();
    let found = open.after(0).await.unwrap();
    assert_eq!(found.len(), 3);
    open.note(found[0].number, Flag::Seen).await.unwrap();
    open.note(found[1].number, Flag::Flagged).await.unwrap();
    // A mail that is longer than what is wanted of it is not read.
    let long = open.fetch(found[2].number, 10).await;
    assert!(matches!(long, Err(BoxError::Answer)));
    drop(open);
    assert_eq!((dovecot.flagged('S'), dovecot.flagged('F')), (1, 1));

    dovecot.deliver("4", MAIL);
    let mut open = mailbox.open().await.unwrap();
    assert_eq!(open.validity(), validity);
    let more = open.after(found[2].number).await.unwrap();
    assert_eq!(more.len(), 1);
    open.close().await;
    dovecot.forget_numbers();
    let open = mailbox.open().await.unwrap();
    assert!(open.validity() > validity);
}
