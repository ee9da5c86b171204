//! Implementers who are told before the public.

use aceso_desk::case::What;
use aceso_store::DeskMail;
use http::StatusCode;

use super::kit::{Answer, Bench, Browser, GOOD, between};
use super::path::{CASE, Team};

async fn enter(bench: &Bench, who: &Browser, number: usize, tag: &str) -> Answer {
    let address = format!("nia{number}@hospital.example");
    let fields = [
        ("name", "Nia Okello"),
        ("organisation", "Hospital"),
        ("address", address.as_str()),
        ("tags", tag),
    ];
    bench.post(who, "/contacts", &fields).await
}

/// Somebody in the register whom mara entered and owen vetted.
async fn vetted(bench: &Bench, team: &Team, number: usize, tag: &str) {
    let entered = enter(bench, &team.mara, number, tag).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
    let page = bench.page(&team.owen, "/contacts").await;
    // The one form that vets is of who is new.
    let id = page.split("/vet\"").next().unwrap();
    let id = id.rsplit("/contacts/contact-").next().unwrap();
    let vet = format!("/contacts/contact-{id}/vet");
    let own = bench.post(&team.mara, &vet, &[]).await;
    assert!(
        own.text.contains("who entered somebody") || own.text.contains("Who entered somebody"),
        "{}",
        own.text
    );
    let done = bench.post(&team.owen, &vet, &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
}

async fn tell(bench: &Bench, team: &Team) {
    let fields = [
        ("wave_tag", "security-advisory"),
        ("wave_until", "2026-03-10T12:00"),
    ];
    bench
        .done(&team.mara, CASE, "advisory", "wave", &fields)
        .await;
}

async fn embargo(bench: &Bench, team: &Team) {
    let fields = [
        ("embargo_end", "2026-03-10T12:00"),
        ("embargo_text", "Only those who patch are told."),
    ];
    for (act, fields) in [
        ("embargo-propose", &fields[..]),
        ("embargo-accept", &[]),
        ("embargo-activate", &[]),
    ] {
        bench.done(&team.mara, CASE, "team", act, fields).await;
    }
}

async fn case_with_text(bench: &Bench) -> Team {
    bench.mails_on().await;
    bench.report(GOOD).await;
    let team = Team::of(bench).await;
    bench
        .post(&team.mara, &format!("/cases/{CASE}/take"), &[])
        .await;
    let written = team.write(bench, &team.mara, &[]).await;
    assert_eq!(written.status, StatusCode::SEE_OTHER, "{}", written.text);
    team
}

const SECRET_WORDS: &str = "did not ask the policy";

#[tokio::test]
async fn nobody_reads_an_embargoed_text_before_they_agreed_and_each_reading_is_in_the_log() {
    let bench = Bench::new();
    let team = case_with_text(&bench).await;
    vetted(&bench, &team, 1, "security-advisory").await;
    embargo(&bench, &team).await;
    tell(&bench, &team).await;
    let notices = bench.mailed(DeskMail::Notice).await;
    let [notice] = notices.as_slice() else {
        panic!("{notices:?}");
    };
    assert_eq!(notice.address, "nia1@hospital.example");
    let path = format!("/notice/{}", notice.secret.as_ref().unwrap().expose());
    let reader = bench.stranger();
    let before = bench.page(&reader, &path).await;
    assert!(before.contains("Only those who patch are told."));
    assert!(!before.contains(SECRET_WORDS), "{before}");
    let advisory = format!("/cases/{CASE}/advisory");
    assert!(
        bench
            .page(&team.mara, &advisory)
            .await
            .contains("waits to be sent")
    );

    let agreed = bench.post(&reader, &path, &[]).await;
    assert_eq!(agreed.status, StatusCode::SEE_OTHER, "{}", agreed.text);
    let after = bench.page(&reader, &path).await;
    assert!(
        after.contains(SECRET_WORDS) && after.contains("Copy "),
        "{after}"
    );
    bench.page(&reader, &path).await;
    let caller = super::strangers::caller(&bench, &team.mara).await;
    let log = bench.desk.case(&caller, CASE).await.unwrap().log;
    let shown = log.iter().filter(|e| matches!(e.what, What::Shown { .. }));
    assert_eq!(shown.count(), 1);
    let copy = between(&after, "Copy <span class=\"mono\">", "<");
    let page = bench.page(&team.mara, &advisory).await;
    assert!(page.contains(&copy) && page.contains(">read<"), "{page}");
    let wrong = bench.get(&reader, &format!("{path}x")).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_terms_of_an_embargo_nothing_is_shown_to_anybody() {
    let bench = Bench::new();
    let team = case_with_text(&bench).await;
    vetted(&bench, &team, 1, "security-advisory").await;
    tell(&bench, &team).await;
    let notice = bench.mailed(DeskMail::Notice).await.remove(0);
    let path = format!("/notice/{}", notice.secret.as_ref().unwrap().expose());
    let reader = bench.stranger();
    for answer in [
        bench.get(&reader, &path).await,
        bench.post(&reader, &path, &[]).await,
        bench.get(&reader, &path).await,
    ] {
        assert!(!answer.text.contains(SECRET_WORDS), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_wave_goes_to_whom_two_people_let_in_who_has_the_tag_and_once() {
    let bench = Bench::new();
    let team = case_with_text(&bench).await;
    vetted(&bench, &team, 1, "security-advisory beta").await;
    vetted(&bench, &team, 2, "beta").await;
    // Entered, and vetted by nobody.
    enter(&bench, &team.mara, 3, "security-advisory").await;
    embargo(&bench, &team).await;
    tell(&bench, &team).await;
    tell(&bench, &team).await;
    let told = bench.mailed(DeskMail::Notice).await;
    let told: Vec<&str> = told.iter().map(|m| m.address.as_str()).collect();
    assert_eq!(told, ["nia1@hospital.example"]);
    let again = enter(&bench, &team.owen, 1, "beta").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (number, tag) in [(9, "Big Tag"), (9, ""), (9, "a%b")] {
        let wrong = enter(&bench, &team.owen, number, tag).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{tag:?}");
    }
}

#[tokio::test]
async fn who_does_not_answer_the_yearly_check_is_told_no_more() {
    let bench = Bench::new();
    let team = case_with_text(&bench).await;
    vetted(&bench, &team, 1, "security-advisory").await;
    vetted(&bench, &team, 2, "security-advisory").await;
    assert_eq!(bench.desk.ask_contacts().await.unwrap(), 0);
    bench.hours(24 * 340);
    assert_eq!(bench.desk.ask_contacts().await.unwrap(), 2);
    assert_eq!(bench.desk.ask_contacts().await.unwrap(), 0);
    let asked = bench.mailed(DeskMail::Check).await;
    let first = asked
        .iter()
        .find(|m| m.address.starts_with("nia1"))
        .unwrap();
    let path = format!("/contact/{}", first.secret.as_ref().unwrap().expose());
    let reader = bench.stranger();
    assert!(bench.page(&reader, &path).await.contains("Nia Okello"));
    assert_eq!(bench.post(&reader, &path, &[]).await.status, StatusCode::OK);
    // A link is answered once.
    assert_eq!(
        bench.get(&reader, &path).await.status,
        StatusCode::NOT_FOUND
    );
    bench.hours(24 * 26);
    let caller = super::strangers::caller(&bench, &team.mara).await;
    let all = bench.desk.contacts(&caller).await.unwrap();
    let now = bench.desk.now();
    let live = all
        .iter()
        .filter(|c| c.vetted.as_ref().is_some_and(|(_, ends)| *ends > now));
    assert_eq!(live.count(), 1);
}
