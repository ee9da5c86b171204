//! Services elsewhere are asked when the guards allow it, once, and with what is published; an id written in by hand counts the same.

use aceso_desk::port::{Errand, System};
use aceso_store::ErrandEnd;
use http::StatusCode;

use super::kit::{Bench, Browser, GOOD};
use super::path::{CASE, Team};

const PART: &str = "elsewhere";

async fn ask(bench: &Bench, who: &Browser, errand: &str) -> Result<(), String> {
    let answer = bench
        .act(who, CASE, PART, "ask", &[("errand", errand)])
        .await;
    match answer.status {
        StatusCode::SEE_OTHER => Ok(()),
        _ => Err(answer
            .text
            .split("This was not done")
            .nth(1)
            .unwrap_or(&answer.text)
            .to_owned()),
    }
}

async fn keep(bench: &Bench, who: &Browser, system: &str, id: &str) -> StatusCode {
    let fields = [("system", system), ("kept_id", id)];
    bench.act(who, CASE, PART, "keep-id", &fields).await.status
}

#[tokio::test]
async fn n35_nothing_public_goes_out_before_the_advisory_and_each_request_once() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;
    for errand in ["topic", "campaign", "post", "github-publish", "cve-publish"] {
        let why = ask(&bench, &team.mara, errand).await.unwrap_err();
        assert!(
            why.contains("Nothing is published yet"),
            "{errand}: {why:.300}"
        );
    }
    assert!(bench.desk.next_errand().await.unwrap().is_none());
    team.out(&bench).await;

    // The request is shown, with the text and without a secret; then it is asked for.
    let shown = bench
        .page(&team.mara, &format!("/cases/{CASE}/{PART}/topic"))
        .await;
    assert!(shown.contains("https://talk.example/posts.json") && shown.contains("(the secret)"));
    assert!(
        shown.contains("Aceso shows notes to the front desk"),
        "{shown}"
    );
    let developer = ask(&bench, &team.dev, "topic").await.unwrap_err();
    assert!(
        developer.contains("of interest: Publisher"),
        "{developer:.300}"
    );
    ask(&bench, &team.mara, "topic").await.unwrap();
    let again = ask(&bench, &team.mara, "topic").await.unwrap_err();
    assert!(again.contains("asked for already"), "{again:.300}");

    let due = bench.desk.next_errand().await.unwrap().unwrap();
    assert_eq!((due.errand, due.case.as_str()), (Errand::Topic, CASE));
    assert_eq!(due.advisory.unwrap().id, "ACESO-SA-2026-0001");
    assert!(
        bench.desk.next_errand().await.unwrap().is_none(),
        "it is on its way"
    );
    let later = ErrandEnd::Later(bench.desk.now().plus_millis(240_000), "503: busy".into());
    bench.desk.end_errand(&due.id, later).await.unwrap();
    assert!(
        bench.desk.next_errand().await.unwrap().is_none(),
        "it waits"
    );
    let page = bench
        .page(&team.mara, &format!("/cases/{CASE}/{PART}"))
        .await;
    assert!(
        page.contains("is tried again") && page.contains("503: busy"),
        "{page}"
    );
    bench.clock.advance_millis(300_000);
    let due = bench.desk.next_errand().await.unwrap().unwrap();
    let url = "https://talk.example/t/advisory/77";
    let done = ErrandEnd::Done(Some((System::Topic, url.to_owned())));
    bench.desk.end_errand(&due.id, done.clone()).await.unwrap();
    assert!(
        bench.desk.end_errand(&due.id, done).await.is_err(),
        "it ended once"
    );
    let page = bench
        .page(&team.mara, &format!("/cases/{CASE}/{PART}"))
        .await;
    assert!(page.contains(&format!("href=\"{url}\"")), "{page}");
    // The case is found by what it is known by elsewhere.
    let found = bench
        .page(&team.mara, "/cases?q=talk.example/t/advisory&stage=any")
        .await;
    assert!(found.contains(CASE));

    // A mail to a list is three requests, one after the other.
    ask(&bench, &team.mara, "campaign").await.unwrap();
    for (errand, kept) in [
        (
            Errand::Campaign,
            Some((System::Campaign, "42694e9e57".to_owned())),
        ),
        (Errand::CampaignText, None),
        (Errand::CampaignSend, None),
    ] {
        let due = bench.desk.next_errand().await.unwrap().unwrap();
        assert_eq!(due.errand, errand);
        bench
            .desk
            .end_errand(&due.id, ErrandEnd::Done(kept))
            .await
            .unwrap();
    }
    assert!(bench.desk.next_errand().await.unwrap().is_none());

    // What is withdrawn in between does not go out any more.
    ask(&bench, &team.mara, "post").await.unwrap();
    let why = [("withdraw_why", "it was none")];
    bench
        .done(&team.mara, CASE, "advisory", "withdraw", &why)
        .await;
    assert!(bench.desk.next_errand().await.unwrap().is_none());
    let page = bench
        .page(&team.mara, &format!("/cases/{CASE}/{PART}"))
        .await;
    assert!(page.contains("What was published is withdrawn"), "{page}");
}

#[tokio::test]
async fn n35_an_id_written_in_by_hand_works_without_any_service() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;
    assert_eq!(
        keep(&bench, &team.mara, "cve", "CVE-1").await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        keep(&bench, &team.mara, "cve", "CVE-2026-40076").await,
        StatusCode::SEE_OTHER
    );
    let why = ask(&bench, &team.mara, "cve-reserve").await.unwrap_err();
    assert!(why.contains("Its id is known already"), "{why:.300}");
    let found = bench.page(&team.mara, "/cases?q=cve-2026-40076").await;
    assert!(found.contains(CASE));
    assert_eq!(
        keep(&bench, &team.mara, "own", "TRUNK-6310").await,
        StatusCode::SEE_OTHER
    );
    let found = bench.page(&team.mara, "/cases?q=trunk-6310").await;
    assert!(found.contains(CASE));
    // A fellow who is not in the case keeps nothing in it.
    let other = bench.member("otto").await;
    let answer = bench
        .post(
            &other,
            &format!("/cases/{CASE}/{PART}/act"),
            &[("act", "keep-id"), ("seen", "1")],
        )
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_on_its_way_when_the_program_ended_is_not_made_twice() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;
    ask(&bench, &team.mara, "cve-reserve").await.unwrap();
    bench.desk.next_errand().await.unwrap().unwrap();
    assert_eq!(bench.desk.look_after_errands().await.unwrap(), 1);
    assert!(bench.desk.next_errand().await.unwrap().is_none());
    let page = bench
        .page(&team.mara, &format!("/cases/{CASE}/{PART}"))
        .await;
    assert!(page.contains("before you ask again"), "{page}");
    ask(&bench, &team.mara, "cve-reserve").await.unwrap();
    let due = bench.desk.next_errand().await.unwrap().unwrap();
    assert!(due.advisory.is_none(), "it tells nothing");
}

#[tokio::test]
async fn r28_a_text_that_was_written_here_makes_a_cve_record_of_our_own_authority() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;
    let named = [("cve", "CVE-2026-40076"), ("no_cve", "")];
    let saved = team.write(&bench, &team.owen, &named).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let ours = "3f0b0b5e-7a0c-4c1e-9d7e-5a6b8f0c1d2e";
    let request = format!("/cases/{CASE}/{PART}/cve-publish");
    let shown = bench.page(&team.mara, &request).await;
    assert!(shown.contains("/cve/CVE-2026-40076/cna"), "{shown}");
    assert!(shown.contains(ours), "{shown}");
    let record = bench
        .page(&team.mara, &format!("/cases/{CASE}/text/cve"))
        .await;
    assert!(
        record.contains("assignerOrgId") && record.contains(ours),
        "{record}"
    );
}
