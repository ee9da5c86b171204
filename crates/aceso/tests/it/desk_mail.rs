//! The desk as people meet it by mail: Debian's Dovecot holds what they write, Debian's Postfix takes what they are answered.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use aceso_policy::{Caller, Role};
use aceso_store::{CaseQuestion, Desk, Enrol, MailList, NewAccount, Thread, UserName};
use aceso_testkit::dovecot::Dovecot;
use aceso_testkit::postfix::Postfix;

use crate::desk_service::{beside, person, serve};
use crate::stage::Stage;

fn mail(number: usize, more: &str) -> String {
    format!(
        "From: ann@clinic.example\r\nMessage-ID: <{number}@clinic.example>\r\nSubject: Documents of others {number}\r\n\r\n\
         In Aceso 0.9.0 an attacker can read document {number} of others.{more}\r\n1. GET /portal/documents/2\r\nThe response was the document.\r\n"
    )
}

/// A stage with both servers, and the configuration that names them.
fn servers(stage: &Stage) -> Option<(Dovecot, Postfix, String)> {
    let (dovecot, postfix) = (Dovecot::start("", "")?, Postfix::start("", "")?);
    let password = stage.file("imap-password", format!("{}\n", Dovecot::PASSWORD));
    let own = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&password, own).unwrap();
    let config = format!(
        "[mail]\nserver = \"smtp://127.0.0.1:{}\"\nfrom = \"security@clinic.example\"\n\
         [desk]\nimap = \"imap://127.0.0.1:{}\"\nimap_user = \"security\"\nimap_password_file = \"{}\"\n",
        postfix.port,
        dovecot.port,
        password.display()
    );
    Some((dovecot, postfix, config))
}

async fn until(what: &str, done: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed().as_secs() < 60, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn group_member(desk: &Desk) {
    let new = NewAccount {
        user_name: UserName::parse("bob").unwrap(),
        display: "Bob Example".into(),
        email: Some("bob@clinic.example".into()),
        fhir_user: None,
        roles: vec![Role::SECURITY_OFFICER],
        facilities: Vec::new(),
        patients: Vec::new(),
        not_after: None,
        enrol: Enrol::No,
    };
    let console = Caller::operator();
    let id = desk.store().add_account(&console, new).await.unwrap();
    desk.store().activate_account(&console, &id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_in_the_box_becomes_a_case_a_receipt_a_notice_and_a_talk() {
    let stage = Stage::new();
    let Some((dovecot, postfix, config)) = servers(&stage) else {
        return;
    };
    let server = serve(&stage, &config);
    let desk = beside(&stage);
    group_member(&desk).await;
    // Mail is kept from the first turn on.
    until("mail is on", async || {
        let standing = desk.store().mail_standing(&Caller::operator()).await;
        standing.unwrap().since.is_some()
    })
    .await;
    drop(server);
    dovecot.deliver("1", mail(1, "").as_bytes());
    dovecot.deliver(
        "2",
        b"From: eve@evil.example\r\nSubject: hi\r\n\r\nBounty please\r\n",
    );
    let server = serve(&stage, &config);
    until("the mails stay unread", async || {
        (dovecot.flagged('S'), dovecot.flagged('F')) == (1, 1)
    })
    .await;
    let receipt = postfix.messages("ann", 1).concat();
    assert!(receipt.contains("Subject: [R-"), "{receipt}");
    assert!(receipt.contains("Auto-Submitted: auto-"), "{receipt}");
    let link = receipt.split("/report/status/").nth(1).unwrap();
    let link = link.lines().next().unwrap();
    let (status, _, page) = server.ask("GET", &format!("/report/status/{link}"), "", "");
    assert!(status == 200 && page.contains("R-2026-0001"), "{status}");
    let notice = postfix.messages("bob", 1).concat();
    assert!(
        notice.contains("/cases/C-") && !notice.contains("attacker"),
        "{notice}"
    );

    let asked = CaseQuestion::default();
    let cases = desk.cases(&person("mara"), asked).await.unwrap().rows;
    let [case] = cases.as_slice() else {
        panic!("{cases:?}");
    };
    desk.take_case(&person("mara"), &case.id).await.unwrap();
    let report = desk.case(&person("mara"), &case.id).await.unwrap().reports[0]
        .id
        .clone();
    let to = Thread::Reporter(report.clone());
    let said = "Thank you, we see it.".to_owned();
    desk.write_letter(&person("mara"), &case.id, to, said)
        .await
        .unwrap();
    let answer = postfix.messages("ann", 2).concat();
    assert!(answer.contains("Thank you, we see it."), "{answer}");
    drop(server);
    let reply = format!(
        "From: ann@clinic.example\r\nSubject: Re: [{report}] an answer\r\n\r\nAlso in 0.8.\r\n"
    );
    dovecot.deliver("3", reply.as_bytes());
    let _server = serve(&stage, &config);
    until("the answer does not join", async || {
        let file = desk.case(&person("mara"), &case.id).await.unwrap();
        file.letters.iter().any(|l| l.text.contains("Also in 0.8."))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_lost_or_taken_twice_however_often_the_desk_is_killed() {
    const MAILS: usize = 60;
    let stage = Stage::new();
    let Some((dovecot, _postfix, config)) = servers(&stage) else {
        return;
    };
    for number in 0..MAILS {
        dovecot.deliver(&format!("{number:03}"), mail(number, "").as_bytes());
    }
    let mut kills = 0;
    loop {
        let before = dovecot.flagged('S');
        // The server is killed when it is dropped.
        let _server = serve(&stage, &config);
        let goal = (before + 7).min(MAILS);
        until("mails are taken", async || dovecot.flagged('S') >= goal).await;
        if goal == MAILS {
            break;
        }
        kills += 1;
        if kills == 3 {
            dovecot.forget_numbers();
        }
    }
    assert!(kills >= 3, "{kills}");
    let desk = beside(&stage);
    let mut subjects = BTreeSet::new();
    let mut reports = 0;
    let mut cases = Vec::new();
    let mut asked = CaseQuestion::default();
    loop {
        let page = desk.cases(&person("mara"), asked.clone()).await.unwrap();
        cases.extend(page.rows);
        asked.after = page.next;
        if asked.after.is_none() {
            break;
        }
    }
    for case in cases {
        let file = desk.case(&person("mara"), &case.id).await.unwrap();
        reports += file.reports.len();
        subjects.extend(file.reports.iter().map(|r| r.report.subject.clone()));
    }
    assert_eq!((reports, subjects.len()), (MAILS, MAILS));
    // Five receipts a day go to one address, each kept once.
    let console = Caller::operator();
    let mut kept = 0;
    for list in [MailList::Waiting, MailList::Sent, MailList::Dead] {
        kept += desk.store().mails(&console, list).await.unwrap().len();
    }
    assert_eq!(kept, 5);
}
