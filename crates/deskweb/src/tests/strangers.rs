//! What strangers send.

use aceso_store::CaseQuestion;
use http::{Request, StatusCode};

use super::kit::{Bench, GOOD, between};

/// The report with other values in some fields.
fn with<'a>(other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<(&str, &str)> = GOOD.to_vec();
    for (name, value) in other {
        all.retain(|(n, _)| n != name);
        all.push((name, value));
    }
    all
}

#[tokio::test]
async fn a_report_gets_a_case_number_and_a_secret_status_page_at_once() {
    let bench = Bench::new();
    let place = bench.report(GOOD).await;
    let page = bench.page(&bench.stranger(), &place).await;
    for text in [
        "C-2026-0001",
        "R-2026-0001",
        "Keep this address",
        "We answer that somebody has read it",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let other = bench.get(&bench.stranger(), &format!("{}x", &place)).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_report_without_evidence_is_asked_for_it_and_what_was_typed_stays() {
    let bench = Bench::new();
    let poor = [
        ("product", "Aceso"),
        ("subject", "You are hacked"),
        ("text", "Your site is not secure. I want a bounty."),
    ];
    let answer = bench.post(&bench.stranger(), "/report", &poor).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("I want a bounty"));
    assert!(answer.text.contains("Which steps show it"));
    let member = bench.member("mara").await;
    assert!(
        bench
            .page(&member, "/cases")
            .await
            .contains("No case is open")
    );
}

#[tokio::test]
async fn markup_in_a_report_is_text_on_every_page() {
    let bench = Bench::new();
    let script = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let fields = with(&[
        ("subject", script),
        ("text", script),
        ("steps", script),
        ("credit_name", script),
    ]);
    let place = bench.report(&fields).await;
    let member = bench.member("mara").await;
    for (who, path) in [
        (bench.stranger(), place.as_str()),
        (member.clone(), "/cases"),
        (member.clone(), "/cases/C-2026-0001/reports"),
        (member.clone(), "/cases/C-2026-0001/text"),
    ] {
        let page = bench.page(&who, path).await;
        assert!(
            !page.contains("<script>alert") && !page.contains("<img src=x"),
            "{path}"
        );
        assert!(page.contains("&lt;script&gt;"), "{path}");
    }
}

#[tokio::test]
async fn the_same_report_five_hundred_times_is_one_case() {
    let bench = Bench::new();
    let mut taken = 0;
    for number in 0..500 {
        // The same words, wrapped otherwise.
        let text = if number % 2 == 0 {
            GOOD[3].1.to_owned()
        } else {
            GOOD[3].1.replace(' ', "\n")
        };
        let answer = bench
            .post(&bench.stranger(), "/report", &with(&[("text", &text)]))
            .await;
        match answer.status {
            StatusCode::SEE_OTHER => taken += 1,
            StatusCode::SERVICE_UNAVAILABLE => bench.hours(1),
            other => panic!("{other}: {}", answer.text),
        }
    }
    assert!(taken > 400, "{taken}");
    let member = bench.member("mara").await;
    let page = bench.page(&member, "/cases").await;
    assert_eq!(page.matches("href=\"/cases/C-").count(), 1);
    let case = bench
        .desk
        .cases(&caller(&bench, &member).await, CaseQuestion::default())
        .await
        .unwrap();
    assert_eq!((case.rows.len(), case.total), (1, 1));
}

/// The member as a caller of the store.
pub(super) async fn caller(bench: &Bench, member: &super::kit::Browser) -> aceso_policy::Caller {
    use aceso_policy::{Caller, Origin, Person, Purpose, Role, Session, Strength};
    let person = Person {
        account: member.account.clone(),
        name: "mara".into(),
        roles: vec![Role::SECURITY_OFFICER],
        user: None,
        patients: Vec::new(),
        facilities: Vec::new(),
        session: Session::new(Strength::Two, Purpose::Operations),
    };
    assert!(bench.desk.store().is_desk());
    Caller::person(person.into(), Origin::default())
}

#[tokio::test]
async fn a_reporter_sends_more_and_takes_their_consent_back() {
    let bench = Bench::new();
    let place = bench.report(GOOD).await;
    let who = bench.stranger();
    let more = bench
        .post(
            &who,
            &format!("{place}/more"),
            &[("more", "It also works for documents.")],
        )
        .await;
    assert_eq!(more.status, StatusCode::SEE_OTHER);
    assert!(
        bench
            .page(&who, &place)
            .await
            .contains("It also works for documents.")
    );
    let no = [("credit", "no"), ("credit_name", "")];
    let set = bench.post(&who, &format!("{place}/credit"), &no).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER);
    let member = bench.member("mara").await;
    let page = bench.page(&member, "/cases/C-2026-0001/reports").await;
    assert!(page.contains("does not want to be named"));
    for number in 0..25 {
        let text = format!("And another thing, {number}");
        let answer = bench
            .post(&who, &format!("{place}/more"), &[("more", &text)])
            .await;
        if number >= 19 {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
            assert!(answer.text.contains("20 messages today"));
        }
    }
}

#[tokio::test]
async fn a_program_reports_and_asks_how_far_it_is() {
    let bench = Bench::new();
    let send = |body: &'static str| {
        let request = Request::post("/api/reports")
            .header("host", "desk")
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap();
        bench.send(request)
    };
    let good = r#"{"product": "Aceso", "version": "0.1.0", "subject": "Notes are readable", "text": "The response is the note",
        "steps": "GET /patients/1/notes/2", "impact": "An attacker reads notes", "disclosure": "2026-05-01T00:00:00Z"}"#;
    let answer = send(good).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let token = between(&answer.text, "\"token\":\"", "\"");
    let status = bench
        .page(&bench.stranger(), &format!("/api/reports/{token}"))
        .await;
    assert!(status.contains("\"stage\":\"intake\""));
    for (body, wanted) in [
        ("{", StatusCode::BAD_REQUEST),
        ("[]", StatusCode::BAD_REQUEST),
        (
            r#"{"product": "Aceso", "subject": "x", "text": "y", "admin": true}"#,
            StatusCode::BAD_REQUEST,
        ),
        (
            r#"{"product": "Aceso", "subject": "", "text": ""}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            r#"{"product": "Aceso", "subject": "hi", "text": "bounty please"}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        assert_eq!(send(body).await.status, wanted, "{body}");
    }
    assert!(
        bench
            .page(&bench.stranger(), "/openapi.json")
            .await
            .contains("/api/reports/{token}")
    );
}

/// A form with a file, as browsers send it.
fn with_file(csrf: &str, name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in GOOD.iter().copied().chain([("csrf", csrf)]) {
        let head =
            format!("--b0\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend(head.into_bytes());
    }
    let head = format!(
        "--b0\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n"
    );
    body.extend(head.into_bytes());
    body.extend(bytes);
    body.extend(b"\r\n--b0--\r\n");
    body
}

#[tokio::test]
async fn a_file_of_the_form_is_sealed_and_downloaded_as_bytes_that_no_browser_opens() {
    let bench = Bench::new();
    let stranger = bench.stranger();
    let page = bench.page(&stranger, "/report").await;
    assert!(page.contains("multipart/form-data") && page.contains("type=\"file\""));
    let bytes = b"<script>alert(1)</script>\x00\xff\r\n--b";
    let sent = bench
        .post_files(&stranger, "/report", |csrf| {
            with_file(csrf, "..\\../<b>evil</b>.html", bytes)
        })
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let mara = bench.member("mara").await;
    let reports = bench.page(&mara, "/cases/C-2026-0001/reports").await;
    assert!(
        reports.contains("&lt;b&gt;evil") || reports.contains("b&gt;.html"),
        "{reports}"
    );
    assert!(!reports.contains("<b>evil"));
    let path = "/cases/C-2026-0001/files/R-2026-0001/1";
    let file = bench.get(&mara, path).await;
    assert_eq!(file.kind, "application/octet-stream");
    assert_eq!(file.text, String::from_utf8_lossy(bytes));
    assert_eq!(
        bench.get(&stranger, path).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn more_files_than_a_report_takes_and_forms_without_our_token_are_refused() {
    let bench = Bench::new();
    let stranger = bench.stranger();
    let huge = vec![b'a'; 21 << 20];
    let sent = bench
        .post_files(&stranger, "/report", |csrf| with_file(csrf, "a", &huge))
        .await;
    assert!(sent.status.is_client_error(), "{}", sent.status);
    let foreign = bench
        .post_files(&stranger, "/report", |_| with_file("x", "a", b"b"))
        .await;
    assert!(foreign.status.is_client_error(), "{}", foreign.status);
    // A page that takes no files takes no form of that kind.
    let place = bench.report(GOOD).await;
    let other = bench
        .post_files(&stranger, &format!("{place}/more"), |csrf| {
            with_file(csrf, "a", b"b")
        })
        .await;
    assert!(other.status.is_client_error(), "{}", other.status);
}

#[tokio::test]
async fn a_program_sends_files_in_base64() {
    let bench = Bench::new();
    let mara = bench.member("mara").await;
    let send = |content: &'static str| {
        let body = format!(
            r#"{{"product": "Aceso", "version": "0.1.0", "subject": "Notes", "text": "The response is the note", "steps": "GET /a/b",
            "impact": "An attacker reads", "files": [{{"name": "a/proof.py", "type": "text/x-python", "content": "{content}"}}]}}"#
        );
        let request = Request::post("/api/reports")
            .header("host", "desk")
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap();
        bench.send(request)
    };
    assert_eq!(
        send("no base64!").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(send("cHJpbnQoMSk=").await.status, StatusCode::CREATED);
    let file = bench
        .get(&mara, "/cases/C-2026-0001/files/R-2026-0001/1")
        .await;
    assert_eq!(file.text, "print(1)");
    let page = bench.page(&mara, "/cases/C-2026-0001/reports").await;
    assert!(page.contains("proof.py") && !page.contains("a/proof.py"));
}
