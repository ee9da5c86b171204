//! What the desk tells by mail: to reporters, and to its group.

use aceso_desk::report::Dkim;
use aceso_store::{DeskMail, Mail};
use http::StatusCode;

use super::kit::{Bench, GOOD};
use super::mails::{MAIL, send};
use super::path::{CASE, Team};
use crate::{IntakeError, Mailed};

fn secret(mail: &Mail) -> &str {
    mail.secret.as_ref().unwrap().expose()
}

/// The mail of another machine, with a header that says so.
fn with_header(header: &str) -> String {
    format!("{header}\r\n{MAIL}")
}

#[tokio::test]
async fn a_report_by_mail_is_answered_at_once_with_its_number_and_its_secret_link() {
    let bench = Bench::new();
    bench.mails_on().await;
    send(&bench, MAIL, Dkim::None).await.unwrap();
    let receipts = bench.mailed(DeskMail::Receipt).await;
    let [receipt] = receipts.as_slice() else {
        panic!("{receipts:?}");
    };
    assert_eq!(receipt.address, "fin@finder.example");
    assert_eq!(receipt.detail, "C-2026-0001 R-2026-0001");
    let token = secret(receipt).lines().next().unwrap();
    let page = format!("/report/status/{token}");
    let page = bench.page(&bench.stranger(), &page).await;
    assert!(page.contains("R-2026-0001"));
    // The same mail, found again after the machine stopped in between.
    let again = send(&bench, MAIL, Dkim::None).await;
    assert!(matches!(again, Err(IntakeError::Desk(_))), "{again:?}");
    assert_eq!(bench.mailed(DeskMail::Receipt).await.len(), 1);
}

#[tokio::test]
async fn a_report_by_the_form_is_answered_where_an_address_was_left() {
    let bench = Bench::new();
    bench.mails_on().await;
    bench.report(GOOD).await;
    assert_eq!(bench.mailed(DeskMail::Receipt).await.len(), 0);
    let with_mail = [GOOD, &[("mail", "fin@finder.example")]].concat();
    bench.report(&with_mail).await;
    assert_eq!(bench.mailed(DeskMail::Receipt).await.len(), 1);
}

#[tokio::test]
async fn machines_and_forged_senders_are_not_answered() {
    for header in [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "Return-Path: <>",
    ] {
        let bench = Bench::new();
        bench.mails_on().await;
        let taken = send(&bench, &with_header(header), Dkim::None).await;
        assert!(matches!(taken, Ok(Mailed::Report(_))), "{header}");
        assert_eq!(bench.mailed(DeskMail::Receipt).await.len(), 0, "{header}");
    }
    let bench = Bench::new();
    bench.mails_on().await;
    let forged = Dkim::Fail("finder.example".into());
    send(&bench, MAIL, forged).await.unwrap();
    assert_eq!(bench.mailed(DeskMail::Receipt).await.len(), 0);
}

#[tokio::test]
async fn a_holiday_notice_about_a_receipt_joins_nothing() {
    let bench = Bench::new();
    bench.mails_on().await;
    send(&bench, MAIL, Dkim::None).await.unwrap();
    let notice = "Auto-Submitted: auto-replied\r\nFrom: fin@finder.example\r\n\
        Subject: Out of office: [R-2026-0001] we have your report\r\n\r\nBack in Aceso 2.0.\r\n";
    let end = send(&bench, notice, Dkim::None).await;
    assert!(matches!(end, Ok(Mailed::Machine)), "{end:?}");
    assert_eq!(bench.mailed(DeskMail::More).await.len(), 0);
    assert_eq!(bench.mailed(DeskMail::Receipt).await.len(), 1);
}

#[tokio::test]
async fn the_same_report_five_hundred_times_is_one_case_and_five_receipts() {
    let bench = Bench::new();
    bench.mails_on().await;
    let mara = bench.member("mara").await;
    for number in 0..500 {
        let mail = MAIL.replace("<1@", &format!("<{number}@"));
        send(&bench, &mail, Dkim::None).await.unwrap();
    }
    let list = bench.page(&mara, "/cases").await;
    assert!(list.contains(CASE) && !list.contains("C-2026-0002"));
    assert_eq!(bench.mailed(DeskMail::Receipt).await.len(), 5);
    assert_eq!(bench.mailed(DeskMail::NewReport).await.len(), 20);
    bench.hours(25);
    let mail = MAIL.replace("<1@", "<tomorrow@");
    send(&bench, &mail, Dkim::None).await.unwrap();
    assert_eq!(bench.mailed(DeskMail::Receipt).await.len(), 6);
}

#[tokio::test]
async fn a_mail_that_says_too_little_is_asked_for_more_once_and_only_where_its_own_domain_signed_it()
 {
    let bench = Bench::new();
    bench.mails_on().await;
    let poor = "From: fin@finder.example\r\nSubject: bounty?\r\n\r\nYour site is not secure.\r\n";
    for dkim in [
        Dkim::None,
        Dkim::Pass("evil.example".into()),
        Dkim::Fail("finder.example".into()),
    ] {
        let refused = send(&bench, poor, dkim).await;
        assert!(matches!(refused, Err(IntakeError::Evidence(_))));
    }
    assert_eq!(bench.mailed(DeskMail::Questions).await.len(), 0);
    for _ in 0..3 {
        let refused = send(&bench, poor, Dkim::Pass("finder.example".into())).await;
        assert!(matches!(refused, Err(IntakeError::Evidence(_))));
    }
    let asked = bench.mailed(DeskMail::Questions).await;
    assert_eq!(asked.len(), 1);
    assert!(secret(&asked[0]).contains("Which version did you look at?"));
}

#[tokio::test]
async fn a_mail_of_ours_that_comes_back_is_shown_with_those_that_could_not_be_sent() {
    let bench = Bench::new();
    bench.mails_on().await;
    send(&bench, MAIL, Dkim::None).await.unwrap();
    let receipt = bench.mailed(DeskMail::Receipt).await.remove(0);
    let back = |id: &str| {
        format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; report-type=delivery-status; \
             boundary=b\r\n\r\n--b\r\n\r\nNobody.\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{id}@desk.example>\r\n--b--\r\n"
        )
    };
    // One that was never sent is not known.
    for id in [receipt.id.as_str(), "another"] {
        let end = send(&bench, &back(id), Dkim::None).await;
        assert!(matches!(end, Ok(Mailed::Back(None))), "{end:?}");
    }
    let sender = aceso_policy::Caller::job(aceso_policy::Job::Mail);
    let store = bench.desk.store();
    store.mail_sent(&sender, &receipt).await.unwrap();
    let end = send(&bench, &back(&receipt.id), Dkim::None).await;
    assert!(matches!(&end, Ok(Mailed::Back(Some(id))) if *id == receipt.id));
    assert_eq!(store.mail_standing(&sender).await.unwrap().dead, 1);
}

#[tokio::test]
async fn an_answer_goes_to_the_reporter_by_mail_and_theirs_is_told_to_who_leads_the_case() {
    let bench = Bench::new();
    bench.mails_on().await;
    let mara = bench.member("mara").await;
    bench.member("owen").await;
    send(&bench, MAIL, Dkim::None).await.unwrap();
    assert_eq!(bench.mailed(DeskMail::NewReport).await.len(), 2);
    bench.post(&mara, &format!("/cases/{CASE}/take"), &[]).await;
    let said = [("to", "R-2026-0001"), ("letter", "We see it, too.")];
    bench.done(&mara, CASE, "talk", "write", &said).await;
    let team = [("to", "team"), ("letter", "Among us.")];
    bench.done(&mara, CASE, "talk", "write", &team).await;
    let answers = bench.mailed(DeskMail::Answer).await;
    let [answer] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert_eq!(answer.address, "fin@finder.example");
    assert_eq!(secret(answer), "We see it, too.");
    let reply =
        "From: fin@finder.example\r\nSubject: Re: [R-2026-0001] x\r\n\r\nAlso in Aceso 0.2.0.\r\n";
    send(&bench, reply, Dkim::None).await.unwrap();
    let more = bench.mailed(DeskMail::More).await;
    assert_eq!(more.len(), 1);
    assert_eq!(more[0].address, "mara@desk.example");
}

#[tokio::test]
async fn who_is_asked_into_a_case_is_told() {
    let bench = Bench::new();
    bench.mails_on().await;
    let (mara, owen) = (bench.member("mara").await, bench.member("owen").await);
    bench.report(GOOD).await;
    bench.post(&mara, &format!("/cases/{CASE}/take"), &[]).await;
    let joins = [("joins", owen.account.as_str()), ("roles", "owner")];
    bench.done(&mara, CASE, "team", "join", &joins).await;
    let told = bench.mailed(DeskMail::Joined).await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].address.as_str(), told[0].detail.as_str()),
        ("owen@desk.example", "C-2026-0001 owner")
    );
}

#[tokio::test]
async fn a_clock_that_runs_out_is_told_once_a_rung_and_to_everybody_when_it_is_late() {
    let bench = Bench::new();
    bench.mails_on().await;
    for name in ["mara", "owen"] {
        bench.member(name).await;
    }
    bench.report(GOOD).await;
    assert_eq!(bench.desk.remind_of_clocks().await.unwrap(), 0);
    // Two business days to acknowledge, to the end of the second: half of them.
    bench.hours(33);
    assert_eq!(bench.desk.remind_of_clocks().await.unwrap(), 1);
    let told = bench.mailed(DeskMail::Due).await.len();
    // Nobody leads the case: the group is told.
    assert_eq!(told, 2);
    assert_eq!(bench.desk.remind_of_clocks().await.unwrap(), 0);
    bench.hours(24 * 4);
    assert_eq!(bench.desk.remind_of_clocks().await.unwrap(), 1);
    let late = bench.mailed(DeskMail::Due).await;
    assert_eq!(late.len(), told + 2);
    let overdue = late.iter().filter(|m| m.detail.contains("overdue since"));
    assert_eq!(overdue.count(), 2);
}

#[tokio::test]
async fn duplicates_are_looked_for_among_those_that_look_alike() {
    let bench = Bench::new();
    let team = Team::of(&bench).await;
    bench.report(GOOD).await;
    let alike: Vec<(&str, &str)> = GOOD
        .iter()
        .map(|(n, v)| match *n {
            "text" => (
                *n,
                "I asked for the note and the response was the whole text, again.",
            ),
            _ => (*n, *v),
        })
        .collect();
    bench.report(&alike).await;
    let other = [
        ("product", "Aceso"),
        ("subject", "Markup in a name"),
        (
            "text",
            "The list of files shows what a file's name says as markup. I saw an alert.",
        ),
        (
            "steps",
            "1. Upload a file whose name is a picture\n2. Open the list",
        ),
        ("impact", "An attacker runs script as somebody else."),
    ];
    bench.report(&other).await;
    let page = format!("/cases/{CASE}/take");
    assert_eq!(
        bench.post(&team.mara, &page, &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let search = [("search_report", "R-2026-0001")];
    bench
        .done(&team.mara, CASE, "reports", "search", &search)
        .await;
    let log = bench.page(&team.mara, &format!("/cases/{CASE}/log")).await;
    assert!(
        log.contains("C-2026-0002") && !log.contains("C-2026-0003"),
        "{log}"
    );
    // In a case that somebody else leads, it is not told of.
    let page = "/cases/C-2026-0002/take";
    bench.post(&team.owen, page, &[]).await;
    bench
        .done(&team.mara, CASE, "reports", "search", &search)
        .await;
    let log = bench.page(&team.mara, &format!("/cases/{CASE}/log")).await;
    assert_eq!(log.matches("R-2026-0001: C-2026-0002").count(), 1, "{log}");
}
