//! Every page is quick, however many cases and advisories there are. `ACESO_DESK_LOAD=10000` makes so many cases, and a tenth as many
//! advisories; without it there are few, so that the test is quick.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::case::{Bit, Conflict, Need, PartyId, Role, What};
use aceso_desk::report::{Answers, Dkim, Envelope, Report, Source};
use aceso_policy::{Caller, Origin, Person, Purpose, Role as Rights, Session, Strength};
use aceso_store::Credit;
use http::StatusCode;

use super::kit::Bench;
use crate::receive;

const FEW: usize = 300;
/// Each page is asked for so often.
const TIMES: usize = 40;
/// So many milliseconds may 95 of 100 answers take.
const MOST_MILLIS: u128 = 100;

#[allow(
    clippy::disallowed_methods,
    reason = "the runner says how much there is to be"
)]
fn wanted() -> usize {
    let said = std::env::var("ACESO_DESK_LOAD").ok();
    said.and_then(|n| n.parse().ok()).unwrap_or(FEW)
}

fn caller(account: &str) -> Caller {
    let person = Person {
        account: account.into(),
        name: account.into(),
        roles: vec![Rights::SECURITY_OFFICER],
        user: None,
        patients: Vec::new(),
        facilities: Vec::new(),
        session: Session::new(Strength::Two, Purpose::Operations),
    };
    Caller::person(Arc::new(person), Origin::default())
}

fn report(at: When, number: usize) -> Report {
    let text = format!(
        "In part {number} of Aceso the response to /part{number}/items shows items of others. Item {} of user {} was in it, and \
         also what user {} wrote on day {}.",
        number * 7,
        number * 3,
        number * 5,
        number % 365
    );
    Report {
        at,
        source: Source::Form,
        from: Some(format!("fin{}@finder.example", number % 500)),
        name: None,
        subject: format!("Items of others in part {number}"),
        text,
        attachments: Vec::new(),
        answers: Answers {
            product: "Aceso".into(),
            version: "0.1.0".into(),
            steps: format!("1. Sign in\n2. GET /part{number}/items"),
            impact: "An attacker reads them".into(),
            exploited: String::new(),
            disclosure: None,
        },
        dkim: Dkim::None,
        envelope: Envelope::Plain,
        message_id: None,
    }
}

/// Publishes an advisory in a case, by the shortest way that the guards leave open.
async fn publish(bench: &Bench, case: &str, report: &str, mara: &str, number: usize) {
    let (desk, lead) = (&bench.desk, caller(mara));
    desk.take_case(&lead, case).await.unwrap();
    let owen = PartyId("owen".into());
    let roles = BTreeSet::from([Role::Owner, Role::Reviewer]);
    let acts = [
        (
            mara,
            What::Joined {
                party: owen.clone(),
                roles,
            },
        ),
        (
            mara,
            What::NeedSet {
                party: owen.clone(),
                need: Need::ToKnow,
            },
        ),
        (
            "owen",
            What::ConflictSaid {
                conflict: Conflict::None,
            },
        ),
        (
            mara,
            What::Acknowledged {
                report: report.into(),
            },
        ),
        (
            mara,
            What::BitSet {
                bit: Bit::PublicAware,
            },
        ),
    ];
    for (who, what) in acts {
        let seen = desk.case(&lead, case).await.unwrap().case.seq;
        desk.act(&caller(who), case, seen, what).await.unwrap();
    }
    let text = include_str!("../../../desk/tests/data/ACESO-2026-0001.json");
    let mut advisory: Advisory = serde_json::from_str(text).unwrap();
    advisory.id = format!("ACESO-SA-2026-{number:04}");
    let seen = desk.case(&lead, case).await.unwrap().case.seq;
    desk.save_text(&caller("owen"), case, seen, advisory)
        .await
        .unwrap();
    let file = desk.case(&lead, case).await.unwrap();
    let draft = file.case.draft.unwrap().draft;
    let what = What::EmergencyPublished {
        hash: draft.hash,
        second: owen,
        why: "it is in a forum".into(),
        to_follow: draft.errors,
    };
    desk.publish(&lead, case, file.case.seq, what)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_quick_however_many_cases_and_advisories_there_are() {
    let cases = wanted();
    let bench = Bench::new();
    let mara = bench.member("mara").await;
    let (mut status, mut first) = (String::new(), String::new());
    for number in 0..cases {
        let report = report(bench.desk.now(), number);
        let products = ["Aceso".to_owned()];
        let sent = receive(&bench.desk, &products, report, (Credit::No, Vec::new()));
        let sent = sent.await.unwrap();
        let (case, report) = (sent.received.case, sent.received.report);
        if number % 10 == 0 {
            publish(&bench, &case, &report, &mara.account, number).await;
            first = case;
        }
        status = format!("/report/status/{}", sent.token);
    }
    // What is public is kept between questions once it has settled.
    bench.clock.advance_millis(5_000);
    let part = |part: &str| format!("/cases/{first}/{part}");
    let stranger = bench.stranger();
    let mut slow = Vec::new();
    for (who, path) in [
        (&stranger, "/".to_owned()),
        (&stranger, "/report".to_owned()),
        (&stranger, status),
        (&stranger, "/advisories".to_owned()),
        (&stranger, "/advisories/ACESO-SA-2026-0000".to_owned()),
        (&stranger, "/advisories/ACESO-SA-2026-0000/csaf".to_owned()),
        (&stranger, "/advisories.atom".to_owned()),
        (&stranger, "/advisories.json".to_owned()),
        (
            &stranger,
            "/.well-known/csaf/feed-tlp-white.json".to_owned(),
        ),
        (&stranger, "/.well-known/csaf/white/changes.csv".to_owned()),
        (&stranger, "/advisories?q=notes&severity=High".to_owned()),
        (&mara, "/cases".to_owned()),
        (&mara, "/cases?q=part7+fin7&stage=any&sort=due".to_owned()),
        (
            &mara,
            "/cases?whose=mine&sort=severity&clock=soon".to_owned(),
        ),
        (&mara, "/figures".to_owned()),
        (&mara, "/figures/2026".to_owned()),
        (&mara, "/duties".to_owned()),
        (&mara, "/bills".to_owned()),
        (&mara, "/reports".to_owned()),
        (&mara, "/reports?q=finder+part12&verdict=open".to_owned()),
        (&mara, part("overview")),
        (&mara, part("reports")),
        (&mara, part("advisory")),
        (&mara, part("log")),
    ] {
        let mut took = Vec::new();
        for _ in 0..TIMES {
            let began = Instant::now();
            let answer = bench.get(who, &path).await;
            took.push(began.elapsed().as_millis());
            assert_eq!(answer.status, StatusCode::OK, "{path}");
        }
        took.sort_unstable();
        let (half, most) = (took[TIMES / 2], took[TIMES * 95 / 100]);
        println!("{half:4} ms median, {most:4} ms p95  {path}");
        if most > MOST_MILLIS {
            slow.push((path, most));
        }
    }
    assert!(slow.is_empty(), "{cases} cases: {slow:?}");
}
