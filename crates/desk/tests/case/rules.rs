//! What each rule of a case demands.

use aceso_desk::case::*;
use aceso_desk::port::{Errand, System};
use aceso_desk::regime::{Regime, Trigger};
use aceso_desk::severity::Policy;

use crate::kit::*;

#[test]
fn a_case_goes_from_a_report_to_its_end_and_its_log_makes_the_same_case() {
    let mut desk = approved();
    desk.does("cora", What::Published { hash: hash(9) });
    desk.does("olu", What::Moved { to: Stage::Rollout });
    desk.refused("olu", What::Moved { to: Stage::Review }, "coverage");
    desk.does(
        "cora",
        What::CoverageSaid {
            percent: 96,
            laggards: Vec::new(),
        },
    );
    desk.does("olu", What::Moved { to: Stage::Review });
    desk.refused("olu", What::Moved { to: Stage::Closed }, "clock-runs");
    for one in [
        Step::FinalReport,
        Step::Lessons,
        Step::BacklogFiled,
        Step::ReporterTold,
    ] {
        desk.does("olu", step(one));
    }
    let open: Vec<u64> = desk
        .case
        .running(desk.now)
        .iter()
        .map(|(n, _)| *n)
        .collect();
    for clock in open {
        desk.does(
            "cora",
            What::ClockMet {
                clock,
                evidence: "CVE record".into(),
            },
        );
    }
    desk.does("olu", What::Moved { to: Stage::Closed });
    assert_eq!(Case::replay(&desk.log, &rules()).unwrap(), desk.case);
    let text = serde_json::to_string(&desk.log).unwrap();
    let log: Vec<Event> = serde_json::from_str(&text).unwrap();
    assert_eq!(Case::replay(&log, &rules()).unwrap(), desk.case);
}

#[test]
fn a_stage_is_left_only_with_everything_that_it_demands_and_what_is_missing_is_said() {
    let mut desk = Desk::open(Proof::Present);
    desk.refused("mara", What::Moved { to: Stage::Triage }, "acknowledged");
    desk.refused("mara", What::Moved { to: Stage::Publish }, "order");
    desk.refused("stranger", What::Moved { to: Stage::Triage }, "role");
    let judged = |verdict| What::Judged {
        report: "R-1".into(),
        verdict,
        why: "no such address".into(),
    };
    desk.refused("mara", judged(Verdict::Invalid), "duplicates-searched");
    desk.does(
        "mara",
        What::Acknowledged {
            report: "R-1".into(),
        },
    );
    desk.does(
        "mara",
        What::DuplicatesSearched {
            report: "R-1".into(),
            found: Vec::new(),
        },
    );
    desk.does("mara", judged(Verdict::Invalid));
    desk.refused(
        "mara",
        What::Moved {
            to: Stage::Rejected,
        },
        "second-person",
    );
    desk.refused(
        "mara",
        What::Seconded {
            report: "R-1".into(),
        },
        "second-person",
    );
    desk.joins("rex", &[Role::Reviewer]);
    desk.does(
        "rex",
        What::Seconded {
            report: "R-1".into(),
        },
    );
    desk.does(
        "mara",
        What::Moved {
            to: Stage::Rejected,
        },
    );
    assert_eq!(desk.try_as("mara", step(Step::Lessons)), Err(Refused::Over));
    let mut team = Desk::with_team(Proof::Absent);
    team.does(
        "tess",
        What::ConflictSaid {
            conflict: Conflict::Declared("works for the vendor".into()),
        },
    );
    team.refused("olu", What::Moved { to: Stage::Plan }, "role");
    let mut late = ready();
    late.refused("olu", What::Moved { to: Stage::Publish }, "notice-window");
    late.refused("olu", What::Moved { to: Stage::Publish }, "embargo");
}

#[test]
fn r33_a_shorter_notice_than_the_policy_gives_for_the_severity_does_not_let_the_public_in_earlier()
{
    // High: seven days, counted from the first notice.
    let mut desk = ready();
    let begun = desk.now;
    let until = begun.plus_days(1);
    desk.does("cora", What::NoticeStarted { until, days: None });
    desk.now = begun.plus_days(2);
    desk.refused("olu", What::Moved { to: Stage::Publish }, "notice-policy");
    let no_why = What::NoticeWaived { why: " ".into() };
    desk.refused("cora", no_why, "why");
    let why = "it is exploited".into();
    desk.does("cora", What::NoticeWaived { why });
    assert!(desk.case.notice.is_some() && desk.case.window.is_none());

    // Who writes another number of days into the event is not believed.
    let desk = ready();
    let what = What::NoticeStarted {
        until: desk.now.plus_days(1),
        days: Some(0),
    };
    let event = desk
        .case
        .act(desk.now, &id("cora"), what, &rules())
        .unwrap();
    assert!(
        matches!(event.what, What::NoticeStarted { days: Some(7), .. }),
        "{event:?}"
    );

    // Under another policy the log is the same case.
    let other = Rules {
        policy: Policy::fast(),
        ..rules()
    };
    assert_eq!(
        Case::replay(&desk.log, &other).unwrap().window,
        desk.case.window
    );
}

#[test]
fn a_fix_takes_two_reviews_of_others_and_a_test_that_failed_before_it() {
    let mut desk = ready();
    desk.does(
        "dan",
        What::FixSubmitted {
            patch: hash(2),
            ci: "ci/1208".into(),
        },
    );
    assert!(
        desk.case.fix.as_ref().unwrap().reviews.is_empty(),
        "reviews are of one patch"
    );
    desk.refused("dan", What::FixReviewed { patch: hash(2) }, "own-fix");
    desk.refused("rex", What::FixReviewed { patch: hash(1) }, "fix");
    desk.does(
        "tess",
        What::FixTested {
            patch: hash(2),
            before: TestResult::Passed,
            after: TestResult::Passed,
        },
    );
    assert!(
        desk.case.fix.as_ref().unwrap().tested_by.is_none(),
        "a test that passed before proves nothing"
    );
    desk.refused(
        "dan",
        What::FixTested {
            patch: hash(2),
            before: TestResult::Failed,
            after: TestResult::Passed,
        },
        "role",
    );
}

#[test]
fn nothing_is_published_alone_early_or_after_an_edit() {
    let publish = |n| What::Published { hash: hash(n) };
    let mut edited = approved();
    edited.does("cora", draft(10, &[]));
    edited.refused("cora", publish(9), "text");
    edited.refused("cora", publish(10), "two-approvals");
    edited.refused("rex", What::Approved { hash: hash(9) }, "text");
    let mut alone = approved();
    alone.does("rex", draft(9, &[]));
    alone.refused("rex", What::Approved { hash: hash(9) }, "own-text");
    alone.does("olu", What::Approved { hash: hash(9) });
    alone.does("olu", What::Approved { hash: hash(9) });
    alone.refused("cora", publish(9), "two-approvals");
    let mut early = approved();
    let later = early.now.plus_days(1);
    early.does("cora", What::Scheduled { at: later });
    early.refused("cora", publish(9), "scheduled");
    early.now = later;
    early.does("cora", publish(9));
    let mut lacking = approved();
    lacking.does("dan", draft(9, &["severity: it is missing"]));
    lacking.does("rex", What::Approved { hash: hash(9) });
    lacking.does("olu", What::Approved { hash: hash(9) });
    lacking.refused("cora", publish(9), "field");
    lacking.refused("tess", publish(9), "role");
}

#[test]
fn an_emergency_takes_a_manager_a_second_person_and_says_what_is_to_follow() {
    let mut desk = Desk::embargoed(Proof::Present);
    desk.does("dan", draft(5, &["credits: nobody is thanked"]));
    let publish = |second: &str, to_follow: &[&str]| What::EmergencyPublished {
        hash: hash(5),
        second: id(second),
        why: "attacks were seen".into(),
        to_follow: to_follow.iter().map(|t| (*t).to_owned()).collect(),
    };
    let whole = ["credits: nobody is thanked"];
    desk.refused("mara", publish("olu", &whole), "emergency");
    desk.does(
        "olu",
        What::BitSet {
            bit: Bit::AttacksSeen,
        },
    );
    desk.refused("mara", publish("olu", &[]), "to-follow");
    desk.refused("mara", publish("mara", &whole), "second-person");
    desk.refused("olu", publish("cora", &whole), "role");
    desk.does("mara", publish("olu", &whole));
    assert!(
        !desk.case.embargo.holds(),
        "what is public is not embargoed"
    );
    let regimes: Vec<Regime> = desk.case.clocks.values().map(|c| c.regime).collect();
    for wanted in [
        Regime::CraWarning,
        Regime::CraNotification,
        Regime::CnaMust,
        Regime::InterimLast,
    ] {
        assert!(regimes.contains(&wanted), "{wanted:?} in {regimes:?}");
    }
}

#[test]
fn what_an_emergency_skips_is_owed_before_its_rollout_ends() {
    let rollout = What::Moved { to: Stage::Rollout };
    let review = What::Moved { to: Stage::Review };
    let mut desk = Desk::embargoed(Proof::Present);
    desk.does("dan", draft(5, &["credits: nobody is thanked"]));
    let bit = Bit::AttacksSeen;
    desk.does("olu", What::BitSet { bit });
    desk.refused("olu", rollout.clone(), "order");
    let published = What::EmergencyPublished {
        hash: hash(5),
        second: id("olu"),
        why: "attacks were seen".into(),
        to_follow: vec!["credits: nobody is thanked".into()],
    };
    desk.does("mara", published);
    desk.refused("olu", review.clone(), "order");
    desk.does("olu", rollout);
    assert_eq!(desk.case.left, Some(Stage::Team));
    let laggards = Vec::new();
    desk.does(
        "cora",
        What::CoverageSaid {
            percent: 96,
            laggards,
        },
    );
    let owes = |desk: &Desk| -> Vec<&'static str> {
        let owed = owed(&desk.case, desk.now, &rules());
        owed.iter().map(|unmet| unmet.code).collect()
    };
    let steps = ["step"; 4];
    let all = [
        &["plan", "fix", "tester", "branches"],
        &steps[..],
        &["interim"],
    ]
    .concat();
    assert_eq!(owes(&desk), all, "the team was there already");
    desk.refused("olu", review.clone(), "fix");
    desk.plans();
    desk.fixes();
    desk.names_branches();
    desk.releases();
    assert_eq!(owes(&desk), ["interim"]);
    desk.refused("olu", review.clone(), "interim");
    desk.approves();
    desk.does("cora", What::Published { hash: hash(9) });
    assert!(owes(&desk).is_empty());
    desk.does("olu", review);
    assert_eq!(Case::replay(&desk.log, &rules()).unwrap(), desk.case);
    assert!(
        owes(&approved()).is_empty(),
        "the ordinary way owes nothing"
    );
}

#[test]
fn an_embargoed_text_is_shown_to_who_agreed_needs_to_know_and_has_no_conflict() {
    let mut desk = Desk::embargoed(Proof::Absent);
    let show = |to: &str| What::Shown {
        to: id(to),
        hash: hash(3),
    };
    desk.does("cora", show("dan"));
    desk.refused("cora", show("nobody"), "party");
    desk.joins("vera", &[Role::Vendor]);
    desk.refused("cora", show("vera"), "consent");
    desk.does("vera", What::EmbargoAccepted);
    desk.does("cora", show("vera"));
    desk.does(
        "mara",
        What::NeedSet {
            party: id("vera"),
            need: Need::No,
        },
    );
    desk.refused("cora", show("vera"), "need-to-know");
    desk.does(
        "dan",
        What::ConflictSaid {
            conflict: Conflict::Declared("sold the exploit".into()),
        },
    );
    desk.refused("cora", show("dan"), "conflict");
    let terms = Terms {
        end: desk.now.plus_days(40),
        text: "longer".into(),
    };
    desk.does("olu", What::EmbargoProposed { terms });
    desk.does(
        "vera",
        What::EmbargoRefused {
            why: "too long".into(),
        },
    );
    desk.refused("olu", What::EmbargoActivated, "consent");
    desk.does(
        "olu",
        What::EmbargoExited {
            why: "it leaked".into(),
        },
    );
    desk.does("cora", show("vera"));
}

#[test]
fn a_log_that_could_not_have_come_about_is_refused() {
    let desk = approved();
    let mut cut = desk.log.clone();
    cut.remove(3);
    assert!(matches!(
        Case::replay(&cut, &rules()),
        Err(Refused::Sequence {
            expected: 4,
            found: 5
        })
    ));
    let mut forged = desk.log.clone();
    let last = forged.last().unwrap().clone();
    forged.pop();
    forged.push(Event {
        what: What::Published { hash: hash(9) },
        by: id("cora"),
        ..last
    });
    assert!(matches!(
        Case::replay(&forged, &rules()),
        Err(Refused::Unmet(_))
    ));
    assert_eq!(Case::replay(&[], &rules()), Err(Refused::Beginning));
    let mut back = desk.log.clone();
    back.last_mut().unwrap().at = start();
    assert!(matches!(
        Case::replay(&back, &rules()),
        Err(Refused::Time { .. })
    ));
}

#[test]
fn a_clock_is_paused_with_a_reason_and_the_law_is_not() {
    let mut desk = Desk::embargoed(Proof::Absent);
    let number = |desk: &Desk, regime| {
        *desk
            .case
            .clocks
            .iter()
            .find(|(_, c)| c.regime == regime)
            .unwrap()
            .0
    };
    let resolve = number(&desk, Regime::Resolve);
    assert_eq!(
        desk.case.clocks[&resolve].due(),
        start().plus_days(180),
        "High has 180 days"
    );
    let until = desk.now.plus_days(3);
    desk.does(
        "olu",
        What::ClockPaused {
            clock: resolve,
            until,
            why: "the reporter is away".into(),
        },
    );
    desk.does(
        "olu",
        What::Triggered {
            trigger: Trigger::BreachKnown,
        },
    );
    let law = number(&desk, Regime::GdprAuthority);
    let pause = What::ClockPaused {
        clock: law,
        until,
        why: "holiday".into(),
    };
    assert!(matches!(desk.try_as("olu", pause), Err(Refused::Clock(_))));
    desk.refused(
        "olu",
        What::ClockMet {
            clock: 99,
            evidence: "x".into(),
        },
        "clock",
    );
}

#[test]
fn n35_before_the_public_is_told_a_service_knows_what_everybody_agreed_that_it_knows() {
    let asked = |errand| What::ErrandAsked { errand, hash: None };
    let mut desk = ready();
    desk.does("dan", draft(9, &[]));
    // The embargo of the case is in force, and its terms name no service.
    desk.refused("olu", asked(Errand::GithubDraft), "consent");
    desk.refused("olu", asked(Errand::Topic), "published");
    desk.does("olu", asked(Errand::CveReserve));
    desk.refused("olu", asked(Errand::CveReserve), "waiting");
    assert!(
        desk.case
            .running(desk.now)
            .iter()
            .any(|(_, c)| c.regime == Regime::CveAnswer)
    );
    let kept = What::IdKept {
        system: System::Cve,
        id: "CVE-2026-40076".into(),
    };
    desk.does("mara", kept);
    assert!(
        !desk
            .case
            .running(desk.now)
            .iter()
            .any(|(_, c)| c.regime == Regime::CveAnswer)
    );

    let terms = Terms {
        end: start().plus_days(60),
        text: "The team and GitHub, for a draft advisory".into(),
    };
    desk.does("olu", What::EmbargoProposed { terms });
    desk.refused("olu", asked(Errand::GithubDraft), "consent");
    let need: Vec<PartyId> = desk
        .case
        .people
        .iter()
        .filter(|(_, p)| p.need == Need::ToKnow)
        .map(|(id, _)| id.clone())
        .collect();
    for who in need {
        desk.does(&who.0, What::EmbargoAccepted);
    }
    desk.does("olu", What::EmbargoActivated);
    desk.does("olu", asked(Errand::GithubDraft));
    assert!(is_as_asked(&desk.case, Errand::GithubDraft));
    desk.does("dan", draft(10, &[]));
    assert!(
        !is_as_asked(&desk.case, Errand::GithubDraft),
        "the text is another one"
    );
    assert_eq!(Case::replay(&desk.log, &rules()).unwrap(), desk.case);
}

#[test]
fn r36_what_is_public_goes_out_and_the_wider_post_is_for_grave_cases() {
    let asked = |errand| What::ErrandAsked { errand, hash: None };
    let mut desk = approved();
    desk.refused("olu", asked(Errand::Post), "published");
    desk.does("olu", What::Published { hash: hash(9) });
    desk.does("olu", asked(Errand::Post));
    desk.refused("tess", asked(Errand::Topic), "role");
    desk.refused("olu", asked(Errand::CampaignSend), "follows");
    desk.refused("olu", asked(Errand::CvePublish), "cve");
    desk.does(
        "olu",
        What::Withdrawn {
            why: "it was none".into(),
        },
    );
    assert!(
        !unsendable(&desk.case, Errand::Post).is_empty(),
        "asked for, and not sent any more"
    );
}
