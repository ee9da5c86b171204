//! The whole way: a stranger's report, the group's work under its guards, the published advisory.

use aceso_desk::case::Case;
use http::StatusCode;

use super::kit::{Answer, Bench, Browser, GOOD, between};

/// The people of a case that is under way.
pub(super) struct Team {
    pub(super) mara: Browser,
    pub(super) owen: Browser,
    pub(super) dev: Browser,
    pub(super) tess: Browser,
    pub(super) cora: Browser,
}

pub(super) const CASE: &str = "C-2026-0001";

impl Team {
    pub(super) async fn of(bench: &Bench) -> Self {
        Self {
            mara: bench.member("mara").await,
            owen: bench.member("owen").await,
            dev: bench.member("dev").await,
            tess: bench.member("tess").await,
            cora: bench.member("cora").await,
        }
    }

    /// From the report until the advisory can be written.
    pub(super) async fn to_publish(&self, bench: &Bench) {
        let take = bench
            .post(&self.mara, &format!("/cases/{CASE}/take"), &[])
            .await;
        assert_eq!(take.status, StatusCode::SEE_OTHER);
        self.triage(bench).await;
        self.gather(bench).await;
        self.fix(bench).await;
        self.releases(bench).await;
        self.on(bench, "prenotice").await;
        let mara = &self.mara;
        let waived = [
            ("choice", "waive"),
            ("notice_why", "nobody runs it yet"),
            ("notice_until", ""),
        ];
        bench.done(mara, CASE, "advisory", "notice", &waived).await;
        self.steps(bench, &["notice-reviewed", "links-resolve"])
            .await;
    }

    /// From the report until the advisory is published.
    pub(super) async fn to_published(&self, bench: &Bench) {
        self.to_publish(bench).await;
        self.out(bench).await;
    }

    /// The advisory is written, approved by two and published.
    pub(super) async fn out(&self, bench: &Bench) {
        let written = self.write(bench, &self.owen, &[]).await;
        assert_eq!(written.status, StatusCode::SEE_OTHER);
        self.approved(bench).await;
        self.on(bench, "publish").await;
        self.published(bench).await;
    }

    /// Two approve the text as it is.
    pub(super) async fn approved(&self, bench: &Bench) {
        for who in [&self.mara, &self.cora] {
            let approved = self.approve(bench, who).await;
            assert_eq!(approved.status, StatusCode::SEE_OTHER);
        }
    }

    pub(super) async fn on(&self, bench: &Bench, to: &str) {
        bench
            .done(&self.mara, CASE, "overview", "move", &[("to", to)])
            .await;
    }

    /// Steps of the release are done.
    pub(super) async fn steps(&self, bench: &Bench, steps: &[&str]) {
        for step in steps {
            let done = [("step", *step), ("evidence", "build 7")];
            bench.done(&self.mara, CASE, "fix", "step", &done).await;
        }
    }

    pub(super) async fn releases(&self, bench: &Bench) {
        let steps = [
            "artefacts-signed",
            "updates-staged",
            "sbom-built",
            "environments-updated",
        ];
        self.steps(bench, &steps).await;
    }

    pub(super) async fn triage(&self, bench: &Bench) {
        let mara = &self.mara;
        let early = bench
            .act(mara, CASE, "overview", "move", &[("to", "triage")])
            .await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            early.text.contains("nobody looked for duplicates"),
            "{}",
            early.text
        );
        let letter = [
            ("to", "R-2026-0001"),
            ("letter", "Thank you, we have read it."),
        ];
        bench.done(mara, CASE, "talk", "write", &letter).await;
        bench
            .done(
                mara,
                CASE,
                "reports",
                "search",
                &[("search_report", "R-2026-0001")],
            )
            .await;
        let valid = [
            ("judge_report", "R-2026-0001"),
            ("verdict", "valid"),
            ("duplicate_of", ""),
            ("judge_why", "we see it, too"),
        ];
        bench.done(mara, CASE, "reports", "judge", &valid).await;
        self.on(bench, "triage").await;
        bench.done(mara, CASE, "reports", "assess", ASSESSED).await;
        self.on(bench, "team").await;
    }

    async fn gather(&self, bench: &Bench) {
        self.assembles(bench).await;
        self.on(bench, "plan").await;
        self.plans(bench).await;
        let none = [
            ("choice", "decline"),
            ("embargo_why", "nobody else ships it"),
        ];
        bench
            .done(&self.mara, CASE, "overview", "embargo-other", &none)
            .await;
        self.on(bench, "fix").await;
    }

    /// Everybody is in the case.
    pub(super) async fn assembles(&self, bench: &Bench) {
        for (who, role) in [
            (&self.owen, "owner"),
            (&self.dev, "developer"),
            (&self.tess, "tester"),
            (&self.cora, "coordinator"),
        ] {
            let mut fields = vec![("joins", who.account.as_str()), ("roles", role)];
            if role == "coordinator" {
                fields.push(("roles", "reviewer"));
            }
            bench.done(&self.mara, CASE, "team", "join", &fields).await;
            let need = [("party", who.account.as_str()), ("need", "toknow")];
            bench.done(&self.mara, CASE, "team", "need", &need).await;
            bench
                .done(
                    who,
                    CASE,
                    "team",
                    "conflict",
                    &[("choice", "none"), ("conflict", "")],
                )
                .await;
        }
    }

    pub(super) async fn plans(&self, bench: &Bench) {
        let plan = [("plan", "Ask the policy before the note is read")];
        bench.done(&self.owen, CASE, "team", "plan", &plan).await;
        bench
            .done(&self.mara, CASE, "team", "plan-approve", &[])
            .await;
    }

    async fn fix(&self, bench: &Bench) {
        self.fixes(bench).await;
        self.on(bench, "verify").await;
        self.names_the_branch(bench).await;
        self.on(bench, "release").await;
    }

    /// The fix is submitted, reviewed by two and tested.
    pub(super) async fn fixes(&self, bench: &Bench) {
        let patch = "ab".repeat(32);
        bench
            .done(
                &self.dev,
                CASE,
                "fix",
                "fix",
                &[("patch", &patch), ("ci", "private run 12")],
            )
            .await;
        let own = bench.act(&self.dev, CASE, "fix", "fix-review", &[]).await;
        assert!(
            own.text.contains("author of a patch is no reviewer"),
            "{}",
            own.text
        );
        bench.done(&self.owen, CASE, "fix", "fix-review", &[]).await;
        bench.done(&self.cora, CASE, "fix", "fix-review", &[]).await;
        bench
            .done(
                &self.tess,
                CASE,
                "fix",
                "fix-test",
                &[("before", "failed"), ("after", "passed")],
            )
            .await;
    }

    pub(super) async fn names_the_branch(&self, bench: &Bench) {
        let fixed = [("branch", "0.1"), ("branch_state", "fixed")];
        bench.done(&self.tess, CASE, "fix", "branch", &fixed).await;
    }

    /// The text, saved by somebody.
    pub(super) async fn write(
        &self,
        bench: &Bench,
        who: &Browser,
        change: &[(&str, &str)],
    ) -> Answer {
        let page = bench.page(who, &format!("/cases/{CASE}/text")).await;
        let seen = between(&page, "name=\"seen\" value=\"", "\"");
        let mut fields: Vec<(&str, &str)> = TEXT.to_vec();
        for (name, value) in change {
            fields.retain(|(n, _)| n != name);
            fields.push((name, value));
        }
        fields.push(("seen", &seen));
        bench
            .post(who, &format!("/cases/{CASE}/text"), &fields)
            .await
    }

    /// Approves the text as it is.
    pub(super) async fn approve(&self, bench: &Bench, who: &Browser) -> Answer {
        let page = bench.page(who, &format!("/cases/{CASE}/advisory")).await;
        let hash = between(&page, "name=\"hash\" value=\"", "\"");
        bench
            .act(who, CASE, "advisory", "approve", &[("hash", &hash)])
            .await
    }

    /// The text is published: nothing stands against it.
    pub(super) async fn published(&self, bench: &Bench) {
        let answer = self.publish(bench, &self.mara).await;
        let why = answer.text.split("This was not done").nth(1).unwrap_or("");
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{why:.700}");
    }

    pub(super) async fn publish(&self, bench: &Bench, who: &Browser) -> Answer {
        let page = bench.page(who, &format!("/cases/{CASE}/advisory")).await;
        let hash = between(&page, "name=\"hash\" value=\"", "\"");
        bench
            .act(who, CASE, "advisory", "publish", &[("hash", &hash)])
            .await
    }
}

const ASSESSED: &[(&str, &str)] = &[
    ("scope", "software"),
    ("characteristics", "elevated-privileges"),
    ("severity", "high"),
    ("assess_why", "Any account of the front desk does it"),
    ("vectors", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"),
    ("ssvc_exploitation", "public poc"),
    ("ssvc_utility", "efficient"),
    ("ssvc_technical_impact", "partial"),
    ("ssvc_public_safety_impact", "minimal"),
    ("safety", "None: nothing can be changed"),
    ("data", "Clinical notes can be read"),
];

const TEXT: &[(&str, &str)] = &[
    ("id", "ACESO-SA-2026-0001"),
    ("title", "Aceso shows notes to the front desk"),
    ("status", "final"),
    (
        "summary",
        "An account of the front desk could read clinical notes by their address.",
    ),
    (
        "description",
        "GET /patients/{id}/notes/{note} did not ask the policy whether the role may read notes.",
    ),
    ("cve", ""),
    ("no_cve", "It was found before the first release"),
    ("weaknesses", "CWE-862 Missing Authorization"),
    ("level", "High"),
    ("why", "Any account of the front desk does it"),
    ("vector", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"),
    ("patient_safety", "Nothing can be changed."),
    ("patient_data", "Clinical notes can be read."),
    (
        "exploit",
        "It takes an account of the front desk. No exploitation is known, and no proof is public.",
    ),
    ("affected", "Aceso | Aceso | < 0.1.1 | pkg:cargo/aceso"),
    ("fixed", "Aceso | Aceso | 0.1.1 | pkg:cargo/aceso"),
    (
        "fix",
        "Install Aceso 0.1.1, start it, and see its version at the foot of any page.",
    ),
    ("fix_url", "https://desk.example/releases/0.1.1"),
    (
        "workaround",
        "Take the front desk role away; reception then works on paper.",
    ),
    ("no_fix", ""),
    ("credits", "Fin Okoye | finder | given"),
    (
        "references",
        "The release | https://desk.example/releases/0.1.1",
    ),
    ("change", "First release"),
];

#[tokio::test]
async fn ha6_from_a_strangers_report_to_the_published_advisory() {
    let bench = Bench::new();
    let status = bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;
    assert_eq!(
        team.write(&bench, &team.owen, &[]).await.status,
        StatusCode::SEE_OTHER
    );

    // Nobody publishes alone, or what they wrote themselves.
    let alone = team.publish(&bench, &team.mara).await;
    assert!(
        alone
            .text
            .contains("two others than its last editor; so far by 0"),
        "{}",
        alone.text
    );
    assert!(
        team.approve(&bench, &team.owen)
            .await
            .text
            .contains("last editor of a text does not approve it")
    );
    assert_eq!(
        team.approve(&bench, &team.mara).await.status,
        StatusCode::SEE_OTHER
    );
    let one = team.publish(&bench, &team.mara).await;
    assert!(
        one.text
            .contains("two others than its last editor; so far by 1"),
        "{}",
        one.text
    );
    assert_eq!(
        team.approve(&bench, &team.cora).await.status,
        StatusCode::SEE_OTHER
    );

    // An edit after the approvals voids them.
    let other = [("workaround", "Take the role away.")];
    assert_eq!(
        team.write(&bench, &team.owen, &other).await.status,
        StatusCode::SEE_OTHER
    );
    let void = team.publish(&bench, &team.mara).await;
    assert!(
        void.text
            .contains("two others than its last editor; so far by 0"),
        "{}",
        void.text
    );
    team.approved(&bench).await;

    // Not before its stage.
    let early = team.publish(&bench, &team.mara).await;
    assert!(
        early.text.contains("not come to its stage Publish"),
        "{}",
        early.text
    );
    assert!(
        bench
            .page(&bench.stranger(), "/advisories")
            .await
            .contains("Nothing is published yet")
    );
    team.on(&bench, "publish").await;
    team.published(&bench).await;

    let stranger = bench.stranger();
    let page = bench
        .page(&stranger, "/advisories/ACESO-SA-2026-0001")
        .await;
    assert!(
        page.contains("Fin Okoye") && page.contains("CWE-862"),
        "{page}"
    );
    assert!(
        bench
            .page(&stranger, "/advisories.atom")
            .await
            .contains("ACESO-SA-2026-0001")
    );
    assert!(
        bench
            .page(&stranger, &status)
            .await
            .contains("It is published. Installations are being updated.")
    );

    // What is stored is what its log makes of it.
    let caller = super::strangers::caller(&bench, &team.mara).await;
    let file = bench.desk.case(&caller, CASE).await.unwrap();
    assert_eq!(
        Case::replay(&file.log, bench.desk.rules()).unwrap(),
        file.case
    );
    assert!(file.log.len() > 40);
}

#[tokio::test]
async fn what_is_scheduled_is_published_at_its_minute_and_not_before() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_publish(&bench).await;
    let written = team.write(&bench, &team.owen, &[]).await;
    assert_eq!(written.status, StatusCode::SEE_OTHER);
    team.approved(&bench).await;
    team.on(&bench, "publish").await;
    // It is 12:00.
    bench
        .done(
            &team.mara,
            CASE,
            "advisory",
            "schedule",
            &[("publish_at", "2026-03-04T15:00")],
        )
        .await;
    assert!(bench.desk.publish_due().await.unwrap().is_empty());
    bench.hours(2);
    assert!(bench.desk.publish_due().await.unwrap().is_empty());
    bench.hours(1);
    assert_eq!(bench.desk.publish_due().await.unwrap(), [CASE]);
    assert!(bench.desk.publish_due().await.unwrap().is_empty());
    bench
        .page(&bench.stranger(), "/advisories/ACESO-SA-2026-0001")
        .await;
}

#[tokio::test]
async fn what_was_published_can_be_withdrawn_and_says_why() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let team = Team::of(&bench).await;
    team.to_published(&bench).await;
    bench
        .done(
            &team.mara,
            CASE,
            "advisory",
            "withdraw",
            &[("withdraw_why", "It was a test of the desk")],
        )
        .await;
    let stranger = bench.stranger();
    let page = bench
        .page(&stranger, "/advisories/ACESO-SA-2026-0001")
        .await;
    assert!(
        page.contains("This advisory was withdrawn") && page.contains("It was a test of the desk")
    );
    assert!(
        !bench
            .page(&stranger, "/advisories.atom")
            .await
            .contains("ACESO-SA-2026-0001")
    );
}

#[tokio::test]
async fn a_case_is_seen_by_who_is_in_it_and_has_no_conflict() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let (mara, owen) = (bench.member("mara").await, bench.member("owen").await);
    let place = format!("/cases/{CASE}");
    // Nobody leads it: the whole group sees it.
    for who in [&mara, &owen] {
        bench.page(who, &place).await;
    }
    let take = format!("{place}/take");
    assert_eq!(
        bench.post(&mara, &take, &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(bench.get(&owen, &place).await.status, StatusCode::NOT_FOUND);
    assert!(!bench.page(&owen, "/cases").await.contains(CASE));
    // Who comes second is told.
    assert_ne!(
        bench.post(&owen, &take, &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let joins = [("joins", owen.account.as_str()), ("roles", "developer")];
    bench.done(&mara, CASE, "team", "join", &joins).await;
    bench.page(&owen, &place).await;
    let declare = [("choice", "declare"), ("conflict", "I work for the vendor")];
    bench.done(&owen, CASE, "team", "conflict", &declare).await;
    assert_eq!(bench.get(&owen, &place).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_acts_on_an_older_state_of_a_case_is_asked_to_look_again() {
    let bench = Bench::new();
    bench.report(GOOD).await;
    let mara = bench.member("mara").await;
    bench.post(&mara, &format!("/cases/{CASE}/take"), &[]).await;
    let form = [("act", "plan"), ("seen", "1"), ("plan", "Do it")];
    let answer = bench
        .post(&mara, &format!("/cases/{CASE}/team/act"), &form)
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .text
            .contains("Somebody else has done something in this case")
    );
}
