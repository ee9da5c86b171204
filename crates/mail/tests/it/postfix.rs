//! Debian's Postfix takes what is sent, over TLS.

use aceso_mail::SendError;
use aceso_testkit::postfix::Postfix;
use rustls::RootCertStore;

use crate::kit::{Believed, mailer, message, trusting};

#[tokio::test]
async fn asvs_12_3_1_postfix_takes_mail_over_starttls_and_within_tls_from_whom_it_believes() {
    let believed = Believed::new();
    let Some(postfix) = Postfix::start(&believed.certificate, &believed.key) else {
        return;
    };
    let starttls = format!("smtp://localhost:{}", postfix.port);
    let within = format!("smtps://localhost:{}", postfix.tls_port);
    let text = "Dear Ann,\n\n.\n..two dots\nGrüße\n";
    for server in [&starttls, &within] {
        let mailer = mailer(server, believed.tls.clone());
        mailer.check().await.unwrap();
        mailer
            .send(&message("ann@clinic.example", text))
            .await
            .unwrap();
    }
    for kept in postfix.messages("ann", 2) {
        assert!(
            kept.contains("Message-ID: <0Ab1-7@clinic.example>"),
            "{kept}"
        );
        assert!(kept.contains("(using TLSv1."), "it came over TLS: {kept}");
    }
    let plain = format!("smtp://127.0.0.1:{}", postfix.port);
    let plain = mailer(&plain, believed.tls.clone());
    let dots = ".\n.x\n..\nend\n";
    plain
        .send(&message("bob@clinic.example", dots))
        .await
        .unwrap();
    let kept = postfix.messages("bob", 1).concat();
    assert!(kept.ends_with("\n\n.\n.x\n..\nend\n"), "{kept}");

    let refused = plain.send(&message("eve@clinic.example", dots)).await;
    let Err(error @ SendError::Refused(_)) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        error.is_final() && error.to_string().contains("550"),
        "{error}"
    );

    let nobody = trusting(RootCertStore::empty());
    for server in [&starttls, &within] {
        let refused = mailer(server, nobody.clone()).check().await;
        assert!(matches!(refused, Err(SendError::Io(_))), "{refused:?}");
    }
}
