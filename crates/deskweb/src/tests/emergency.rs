//! The short way: two publish before anything is whole, and what was skipped is caught up with.

use http::StatusCode;

use super::kit::{Bench, GOOD, between};
use super::path::{CASE, Team};

impl Team {
    /// It is in a forum, so the text is published as it is: without a word of exploits.
    async fn hurries(&self, bench: &Bench) {
        let mara = &self.mara;
        let bit = [("bit", "public-aware")];
        bench.done(mara, CASE, "overview", "bit", &bit).await;
        let written = self.write(bench, &self.owen, &[("exploit", "")]).await;
        assert_eq!(written.status, StatusCode::SEE_OTHER, "{}", written.text);
        let page = bench.page(mara, &format!("/cases/{CASE}/advisory")).await;
        let hash = between(&page, "name=\"hash\" value=\"", "\"");
        let fields = [
            ("hash", hash.as_str()),
            ("second_person", self.owen.account.as_str()),
            ("emergency_why", "It is in a forum"),
        ];
        bench
            .done(mara, CASE, "advisory", "emergency", &fields)
            .await;
    }
}

#[tokio::test]
async fn r25_what_two_publish_in_an_emergency_is_interim_and_says_what_is_to_follow() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;
    team.hurries(&bench).await;
    let stranger = bench.stranger();
    let page = bench
        .page(&stranger, "/advisories/ACESO-SA-2026-0001")
        .await;
    for said in [
        "interim: more is to follow",
        "To follow",
        "nothing is said of exploits",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("/threats"), "{page}");
}

#[tokio::test]
async fn what_an_emergency_skips_is_owed_before_the_review_and_stands_as_a_duty() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    let mara = &team.mara;
    bench.post(mara, &format!("/cases/{CASE}/take"), &[]).await;
    team.triage(&bench).await;
    team.assembles(&bench).await;
    let overview = format!("/cases/{CASE}/overview");
    let skip = "Go straight to Rollout";
    assert!(!bench.page(mara, &overview).await.contains(skip));
    team.hurries(&bench).await;
    assert!(bench.page(mara, &overview).await.contains(skip));
    team.on(&bench, "rollout").await;

    let covered = [("percent", "95"), ("laggards", "")];
    bench.done(mara, CASE, "fix", "coverage", &covered).await;
    let review = [("to", "review")];
    let early = bench.act(mara, CASE, "overview", "move", &review).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    for owed in ["There is no fix", "There is no plan", "is interim"] {
        assert!(early.text.contains(owed), "{owed}: {}", early.text);
    }
    let what = "C-2026-0001: Catch up with what an emergency skipped";
    let duties = bench.page(mara, "/duties").await;
    assert!(duties.contains(what), "{duties}");
    let by = super::strangers::caller(&bench, mara).await;
    let duty = async || {
        let all = bench.desk.duties(&by).await.unwrap();
        all.into_iter().find(|d| d.what == what).unwrap()
    };
    let id = duty().await.id;
    let said = [("duty", id.as_str()), ("evidence", "we think so")];
    let said = bench.post(mara, "/duties/done", &said).await;
    assert!(said.text.contains("sees by itself"), "{}", said.text);

    team.plans(&bench).await;
    team.fixes(&bench).await;
    team.names_the_branch(&bench).await;
    team.releases(&bench).await;
    team.steps(&bench, &["links-resolve"]).await;
    assert!(duty().await.done.is_none(), "the text is interim still");
    team.write(&bench, &team.owen, &[]).await;
    for who in [mara, &team.cora] {
        team.approve(&bench, who).await;
    }
    team.published(&bench).await;
    let (_, _, evidence) = duty().await.done.unwrap();
    assert_eq!(evidence, "the case owes nothing any more");
    team.on(&bench, "review").await;
    let log = bench.page(mara, &format!("/cases/{CASE}/log")).await;
    for said in [
        "Went on to Rollout",
        "in an emergency, with owen",
        "95% are patched",
        "Tested fix abababababab: failed before it, passed after it",
    ] {
        assert!(log.contains(said), "{said}: {log}");
    }
}
