//! What comes by mail.

use aceso_desk::report::Dkim;
use http::StatusCode;

use super::kit::Bench;
use super::path::CASE;
use crate::{IntakeError, Mailed, receive_mail};

pub(super) const MAIL: &str = "From: Fin <fin@finder.example>\r\nSubject: Notes of patients are readable\r\nMessage-ID: <1@finder.example>\r\n\r\n\
    In Aceso 0.1.0 an attacker with the front desk role can read notes.\r\nSteps:\r\n1. Sign in\r\n2. GET /patients/1/notes/2\r\nThe response was the note.\r\n";

pub(super) async fn send(bench: &Bench, mail: &str, dkim: Dkim) -> Result<Mailed, IntakeError> {
    receive_mail(&bench.desk, &["Aceso".into()], mail.as_bytes(), dkim).await
}

#[tokio::test]
async fn a_mail_is_a_report_with_the_mail_as_it_came_sealed_beside_it() {
    let bench = Bench::new();
    let taken = send(&bench, MAIL, Dkim::Pass("finder.example".into()))
        .await
        .unwrap();
    assert!(matches!(taken, Mailed::Report(sent) if sent.received.case == CASE));
    let mara = bench.member("mara").await;
    let page = bench.page(&mara, &format!("/cases/{CASE}/reports")).await;
    assert!(
        page.contains("pass (finder.example)") && page.contains("the mail as it came"),
        "{page}"
    );
    let file = bench
        .get(&mara, &format!("/cases/{CASE}/files/R-2026-0001/1"))
        .await;
    assert_eq!((file.status, file.text.as_str()), (StatusCode::OK, MAIL));
    assert_eq!(file.kind, "application/octet-stream");
}

#[tokio::test]
async fn an_answer_of_its_sender_joins_a_report_and_anybody_elses_does_not() {
    let bench = Bench::new();
    send(&bench, MAIL, Dkim::None).await.unwrap();
    let answer = |from: &str| {
        format!(
            "From: {from}\r\nSubject: Re: [R-2026-0001] Notes\r\n\r\nIt also works for documents of Aceso 0.1.0.\r\n"
        )
    };
    let joined = send(&bench, &answer("FIN@finder.example"), Dkim::None)
        .await
        .unwrap();
    assert!(matches!(joined, Mailed::Added(report) if report == "R-2026-0001"));
    // Somebody else's is a report of its own, and has too little for one.
    let other = send(&bench, &answer("eve@evil.example"), Dkim::None).await;
    assert!(
        matches!(other, Err(IntakeError::Evidence(_)) | Ok(Mailed::Report(_))),
        "{other:?}"
    );
    let mara = bench.member("mara").await;
    let talk = bench.page(&mara, &format!("/cases/{CASE}/talk")).await;
    assert_eq!(talk.matches("It also works for documents").count(), 1);
}

#[tokio::test]
async fn a_forged_sender_is_shown_as_one() {
    let bench = Bench::new();
    send(&bench, MAIL, Dkim::Fail("finder.example".into()))
        .await
        .unwrap();
    let mara = bench.member("mara").await;
    let page = bench.page(&mara, &format!("/cases/{CASE}/reports")).await;
    assert!(page.contains("the sender may be forged"));
}

#[tokio::test]
async fn a_mail_of_fifty_megabytes_and_what_is_no_mail_are_refused_whole() {
    let bench = Bench::new();
    let big = format!(
        "{MAIL}{}",
        "A line of seventy-two letters that says nothing at all, again and again.\r\n"
            .repeat(700_000)
    );
    assert!(big.len() > 50_000_000);
    for bad in [big.as_str(), "", "\r\n\r\n"] {
        let refused = send(&bench, bad, Dkim::None).await;
        assert!(
            matches!(
                refused,
                Err(IntakeError::Mail(_) | IntakeError::Evidence(_))
            ),
            "{}",
            bad.len()
        );
    }
    let mara = bench.member("mara").await;
    assert!(
        bench
            .page(&mara, "/cases")
            .await
            .contains("No case is open")
    );
}

#[tokio::test]
async fn an_encrypted_mail_is_taken_for_somebody_with_the_key_to_read() {
    let bench = Bench::new();
    let mail = "From: fin@finder.example\r\nSubject: ...\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n\
        --b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n\
        -----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n--b--\r\n";
    assert!(matches!(
        send(&bench, mail, Dkim::None).await,
        Ok(Mailed::Report(_))
    ));
}
