//! A case from the report to its end, and what no path through a case ever does.
#![cfg(test)]

use std::collections::BTreeSet;

use aceso_desk::When;
use aceso_desk::advisory::{
    self, Advisory, Assessed, Level, Product, ProductStatus, Standing, Threat, ThreatKind, Weight,
};
use aceso_desk::calendar::Calendar;
use aceso_desk::case::*;
use aceso_desk::matching::{Facts, Matcher, Sbom, State};
use aceso_desk::regime::{Regime, Trigger};
use aceso_desk::report::{Dkim, History, Limits, from_mail, gate};
use aceso_desk::severity::{Characteristic, Policy, Severity};
use aceso_desk::ssvc::Tree;
use proptest::prelude::*;

fn rules() -> Rules {
    Rules {
        policy: Policy::ceiling(),
        calendar: Calendar::plain(),
        coverage: 90,
    }
}

fn start() -> When {
    "2026-09-02T08:00:00Z".parse().unwrap()
}

fn id(name: &str) -> PartyId {
    PartyId(name.to_owned())
}

fn hash(n: u8) -> ContentHash {
    ContentHash([n; 32])
}

/// A log that grows.
struct Desk {
    log: Vec<Event>,
    case: Case,
    now: When,
}

impl Desk {
    fn open(proof: Proof) -> Self {
        let first = Case::open(start(), &id("mara"), "R-1", proof);
        let log = vec![first];
        let case = Case::replay(&log, &rules()).unwrap();
        Self {
            log,
            case,
            now: start(),
        }
    }

    fn try_as(&mut self, who: &str, what: What) -> Result<(), Refused> {
        self.now = self.now.plus_millis(60_000);
        let event = self.case.act(self.now, &id(who), what, &rules())?;
        self.case.take(&event, &rules())?;
        self.log.push(event);
        Ok(())
    }

    fn does(&mut self, who: &str, what: What) {
        if let Err(error) = self.try_as(who, what.clone()) {
            panic!("{who} may not {what:?}: {error}");
        }
    }

    fn refused(&mut self, who: &str, what: What, code: &str) {
        match self.try_as(who, what.clone()) {
            Ok(()) => panic!("{who} did {what:?}"),
            Err(Refused::Unmet(unmet)) => {
                assert!(unmet.iter().any(|u| u.code == code), "{what:?}: {unmet:?}")
            }
            Err(Refused::Role { .. }) => assert_eq!(code, "role", "{what:?}"),
            Err(other) => panic!("{what:?}: {other}"),
        }
    }

    fn joins(&mut self, name: &str, roles: &[Role]) {
        self.does(
            "mara",
            What::Joined {
                party: id(name),
                roles: roles.iter().copied().collect(),
            },
        );
        self.does(
            name,
            What::ConflictSaid {
                conflict: Conflict::None,
            },
        );
        self.does(
            "mara",
            What::NeedSet {
                party: id(name),
                need: Need::ToKnow,
            },
        );
    }

    /// Mara manages, Olu owns, Dan develops, Tess tests, Cora coordinates; Rex reviews from outside the team's five.
    fn with_team(proof: Proof) -> Self {
        let mut desk = Self::open(proof);
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
        desk.does(
            "mara",
            What::Judged {
                report: "R-1".into(),
                verdict: Verdict::Valid,
                why: "reproduced".into(),
            },
        );
        desk.does("mara", What::Moved { to: Stage::Triage });
        desk.does(
            "mara",
            What::Assessed {
                assessment: assessment(),
            },
        );
        desk.does("mara", What::Moved { to: Stage::Team });
        desk.joins("olu", &[Role::Owner]);
        desk.joins("dan", &[Role::Developer]);
        desk.joins("tess", &[Role::Tester]);
        desk.joins("cora", &[Role::Coordinator, Role::Publisher]);
        desk.joins("rex", &[Role::Reviewer]);
        desk
    }

    fn embargoed(proof: Proof) -> Self {
        let mut desk = Self::with_team(proof);
        let terms = Terms {
            end: start().plus_days(20),
            text: "nothing leaves the team".into(),
        };
        desk.does("olu", What::EmbargoProposed { terms });
        for name in ["dan", "tess", "cora", "rex"] {
            desk.does(name, What::EmbargoAccepted);
        }
        desk.does("olu", What::EmbargoActivated);
        desk
    }
}

fn assessment() -> Assessment {
    Assessment {
        scope: Scope::Software,
        characteristics: BTreeSet::from([
            Characteristic::ElevatedPrivileges,
            Characteristic::UserPrivileges,
        ]),
        severity: Severity::High,
        why: "a portal account is enough".into(),
        vectors: vec![
            "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"
                .parse()
                .unwrap(),
        ],
        ssvc: vec![
            Tree::Utility
                .decide(&[("Automatable", "yes"), ("Value Density", "diffuse")])
                .unwrap(),
        ],
        patient_safety: "none".into(),
        patient_data: "documents can be read".into(),
    }
}

fn step(step: Step) -> What {
    What::StepDone {
        step,
        evidence: "see the tracker".into(),
    }
}

fn draft(n: u8, errors: &[&str]) -> What {
    What::Drafted {
        draft: Draft {
            hash: hash(n),
            errors: errors.iter().map(|e| (*e).to_owned()).collect(),
        },
    }
}

/// To the stage before the public is told.
fn ready() -> Desk {
    let mut desk = Desk::embargoed(Proof::Present);
    desk.does("olu", What::Moved { to: Stage::Plan });
    desk.does(
        "olu",
        What::Planned {
            text: "bind documents to the patient".into(),
        },
    );
    desk.does("mara", What::PlanApproved);
    desk.does("olu", What::Moved { to: Stage::Fix });
    desk.does(
        "dan",
        What::FixSubmitted {
            patch: hash(1),
            ci: "ci/1207".into(),
        },
    );
    desk.does("rex", What::FixReviewed { patch: hash(1) });
    desk.does("olu", What::FixReviewed { patch: hash(1) });
    desk.does(
        "tess",
        What::FixTested {
            patch: hash(1),
            before: TestResult::Failed,
            after: TestResult::Passed,
        },
    );
    desk.does("olu", What::Moved { to: Stage::Verify });
    desk.does(
        "olu",
        What::BranchSaid {
            branch: "0.9".into(),
            state: BranchState::Fixed,
        },
    );
    desk.does(
        "olu",
        What::BranchSaid {
            branch: "0.8".into(),
            state: BranchState::EndOfLife,
        },
    );
    desk.does("olu", What::Moved { to: Stage::Release });
    for one in [
        Step::ArtefactsSigned,
        Step::UpdatesStaged,
        Step::SbomBuilt,
        Step::EnvironmentsUpdated,
    ] {
        desk.does("cora", step(one));
    }
    desk.does(
        "olu",
        What::Moved {
            to: Stage::PreNotice,
        },
    );
    let until = desk.now.plus_days(7);
    desk.does("cora", What::NoticeStarted { until });
    desk.does("cora", step(Step::NoticeReviewed));
    desk
}

/// At the stage where the public is told, with a text that two approved.
fn approved() -> Desk {
    let mut desk = ready();
    desk.now = start().plus_days(21);
    desk.does("olu", What::Moved { to: Stage::Publish });
    desk.does("cora", step(Step::LinksResolve));
    desk.does("dan", draft(9, &[]));
    desk.does("rex", What::Approved { hash: hash(9) });
    desk.does("olu", What::Approved { hash: hash(9) });
    desk
}

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

/// A digest that is good enough to tell texts of a test apart.
fn digest(bytes: &[u8]) -> ContentHash {
    let sum = bytes.iter().fold(7_u64, |sum, b| {
        sum.wrapping_mul(31).wrapping_add(u64::from(*b))
    });
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&sum.to_be_bytes());
    ContentHash(hash)
}

/// What the desk adds to what the CVE record says.
fn complete(record: &Advisory, fixed: &str) -> Advisory {
    let mut whole = record.clone();
    let product = whole.products[0].clone();
    let text = |text: &str| text.to_owned();
    whole.severity = Some(Assessed {
        level: Level::Ours(Severity::High),
        namespace: None,
        why: text("As scored."),
        patient_safety: text("Nothing that care depends on changes."),
        patient_data: text("Patients' data can be read."),
    });
    whole.publisher.contact = Some(text("security@example.org"));
    let credit = r#"{"names": ["Finder"], "kind": "finder", "consent": "given"}"#;
    whole.credits.push(serde_json::from_str(credit).unwrap());
    let mut release = Product::of_version(
        "CSAFPID-9000",
        product.vendor().unwrap(),
        product.product(),
        fixed,
    );
    release.name = format!("{} {fixed}", product.product());
    whole.products.push(release);
    let found = &mut whole.vulnerabilities[0];
    found.statuses.push(ProductStatus {
        standing: Standing::Fixed,
        products: vec![text("CSAFPID-9000")],
    });
    found.threats.push(Threat {
        kind: ThreatKind::ExploitStatus,
        details: text("Not seen in the wild."),
        at: None,
        products: vec![],
    });
    let remedy = format!(r#"{{"kind": "vendor_fix", "details": "Upgrade to {fixed}."}}"#);
    found.remedies.push(serde_json::from_str(&remedy).unwrap());
    whole
}

/// Fifty installations that run this version.
fn installations(product: &Product, version: &str) -> Vec<Sbom> {
    let bom = |n: usize| {
        serde_json::json!({
            "bomFormat": "CycloneDX", "serialNumber": format!("urn:uuid:00000000-0000-4000-8000-{n:012}"),
            "components": [{"type": "application", "group": product.vendor(), "name": product.product(), "version": version}],
        })
    };
    (0..50)
        .map(|n| Sbom::read(bom(n).to_string().as_bytes()).unwrap())
        .collect()
}

fn affected(advisory: &Advisory, of: &[Sbom]) -> usize {
    let advisories = [advisory.clone()];
    let matcher = Matcher::new(&advisories);
    let open = |s: &&Sbom| {
        matcher
            .find(s, &Facts::default())
            .iter()
            .any(|f| f.state == State::Affected)
    };
    of.iter().filter(open).count()
}

#[test]
fn real_openmrs_and_openemr_records_go_from_a_mail_to_fifty_patched_installations() {
    let Some(files) = aceso_testkit::shared::archive("desk-data.tar.xz") else {
        return;
    };
    for (name, running, fixed) in [
        ("CVE-2026-25744", "7.0.3", "8.0.0.2"),
        ("CVE-2026-32238", "8.0.0.1", "8.0.0.2"),
        ("CVE-2026-40076", "2.8.5", "2.8.6"),
        ("CVE-2026-41258", "2.7.3", "2.7.9"),
    ] {
        let (_, bytes) = files
            .iter()
            .find(|(p, _)| p.ends_with(&format!("emr/{name}.json")))
            .unwrap();
        let record = advisory::read(bytes).unwrap().advisory;
        let words = record.vulnerabilities[0].described().unwrap();
        let mail = format!(
            "From: finder@example.org\r\nSubject: {}\r\n\r\n{words}\r\n",
            record.title
        );
        let report = from_mail(mail.as_bytes(), start(), Dkim::None, Limits::default()).unwrap();
        assert!(
            gate(&report, &[record.products[0].product()], History::default()).evidence >= 2,
            "{name}"
        );
        let mut desk = ready();
        desk.now = start().plus_days(21);
        desk.does("olu", What::Moved { to: Stage::Publish });
        desk.does("cora", step(Step::LinksResolve));
        let whole = complete(&record, fixed);
        let errors: Vec<String> = advisory::check(&whole, "2026-11-22T00:00:00Z".parse().unwrap())
            .into_iter()
            .filter(|p| p.weight == Weight::Error)
            .map(|p| format!("{}: {}", p.at, p.what))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
        let hash = digest(&serde_json::to_vec(&whole).unwrap());
        desk.does(
            "dan",
            What::Drafted {
                draft: Draft { hash, errors },
            },
        );
        desk.does("rex", What::Approved { hash });
        desk.does("olu", What::Approved { hash });
        desk.does("cora", What::Published { hash });
        let product = &whole.products[0];
        assert_eq!(
            affected(&whole, &installations(product, running)),
            50,
            "{name}"
        );
        assert_eq!(
            affected(&whole, &installations(product, fixed)),
            0,
            "{name}"
        );
        desk.does("olu", What::Moved { to: Stage::Rollout });
        desk.does(
            "cora",
            What::CoverageSaid {
                percent: 100,
                laggards: Vec::new(),
            },
        );
        desk.does("olu", What::Moved { to: Stage::Review });
        assert_eq!(Case::replay(&desk.log, &rules()).unwrap(), desk.case);
    }
    let (_, bytes) = files
        .iter()
        .find(|(p, _)| p.ends_with("emr/CVE-2025-25925.json"))
        .unwrap();
    let vague = advisory::read(bytes).unwrap().advisory;
    let problems = advisory::check(&vague, "2026-11-22T00:00:00Z".parse().unwrap());
    let said: Vec<_> = problems
        .iter()
        .filter(|p| p.at.starts_with("products/0"))
        .map(|p| p.what.as_str())
        .collect();
    assert!(
        said.iter().any(|w| w.contains("names no version"))
            && said.iter().any(|w| w.contains("say nothing")),
        "{said:?}"
    );
}

/// Any act that anybody might try.
fn anything() -> impl Strategy<Value = (u8, What)> {
    let who = 0..9_u8;
    let party = (0..9_u8).prop_map(name);
    let text = (0..3_u8).prop_map(hash);
    let stage = prop::sample::select(Stage::WAY.to_vec());
    let what = prop_oneof![
        party
            .clone()
            .prop_map(|to| What::Shown { to, hash: hash(1) }),
        (
            party.clone(),
            prop::sample::subsequence(Role::ALL.to_vec(), 1..3)
        )
            .prop_map(|(party, roles)| What::Joined {
                party,
                roles: roles.into_iter().collect()
            }),
        (party.clone(), any::<bool>()).prop_map(|(party, yes)| What::NeedSet {
            party,
            need: if yes { Need::ToKnow } else { Need::No }
        }),
        any::<bool>().prop_map(|yes| What::ConflictSaid {
            conflict: if yes {
                Conflict::None
            } else {
                Conflict::Declared("x".into())
            }
        }),
        (1..40_i64).prop_map(|days| What::EmbargoProposed {
            terms: Terms {
                end: start().plus_days(days),
                text: "t".into()
            }
        }),
        Just(What::EmbargoAccepted),
        Just(What::EmbargoRefused { why: "w".into() }),
        Just(What::EmbargoActivated),
        Just(What::EmbargoDeclined { why: "w".into() }),
        Just(What::EmbargoExited { why: "w".into() }),
        prop::sample::select(vec![
            Bit::VendorAware,
            Bit::FixReady,
            Bit::PublicAware,
            Bit::AttacksSeen
        ])
        .prop_map(|bit| What::BitSet { bit }),
        (text.clone(), any::<bool>()).prop_map(|(hash, whole)| What::Drafted {
            draft: Draft {
                hash,
                errors: if whole { vec![] } else { vec!["e".into()] }
            }
        }),
        text.clone().prop_map(|hash| What::Approved { hash }),
        text.clone().prop_map(|hash| What::Published { hash }),
        (text, party).prop_map(|(hash, second)| What::EmergencyPublished {
            hash,
            second,
            why: "w".into(),
            to_follow: vec!["e".into()]
        }),
        stage.prop_map(|to| What::Moved { to }),
        (1..9_u64, 1..9_i64).prop_map(|(clock, days)| What::ClockPaused {
            clock,
            until: start().plus_days(30 + days),
            why: "w".into()
        }),
        (1..9_u64).prop_map(|clock| What::ClockResumed { clock }),
        (1..9_u64).prop_map(|clock| What::ClockMet {
            clock,
            evidence: "w".into()
        }),
        prop::sample::select(vec![
            Trigger::BreachKnown,
            Trigger::CveRequested,
            Trigger::PeopleAffected
        ])
        .prop_map(|trigger| What::Triggered { trigger }),
        Just(step(Step::LinksResolve)),
        Just(step(Step::NoticeReviewed)),
        Just(What::NoticeWaived { why: "w".into() }),
        Just(What::Withdrawn { why: "w".into() }),
    ];
    (who, what)
}

fn name(n: u8) -> PartyId {
    let names = [
        "mara", "olu", "dan", "tess", "cora", "rex", "vera", "finn", "nobody",
    ];
    id(names[usize::from(n) % names.len()])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// From four points of a case, up to sixty acts of anybody in any order.
    #[test]
    fn no_path_breaks_what_a_desk_promises(from in 0..4_u8, acts in prop::collection::vec(anything(), 1..60)) {
        let mut desk = match from {
            0 => Desk::open(Proof::Present),
            1 => Desk::embargoed(Proof::Present),
            2 => ready(),
            _ => approved(),
        };
        for (who, what) in acts {
            let before = desk.case.clone();
            let PartyId(who) = name(who);
            let done = desk.try_as(&who, what.clone());
            let after = &desk.case;
            if done.is_err() {
                prop_assert_eq!(&before, after, "a refused act changes nothing");
                continue;
            }
            // A clock never disappears, nor does it forget when it began.
            for (number, clock) in &before.clocks {
                let now = after.clocks.get(number);
                prop_assert!(now.is_some_and(|c| c.started == clock.started && c.regime == clock.regime));
            }
            prop_assert!(before.bits.is_subset(&after.bits), "nothing becomes unknown again");
            match &what {
                What::Shown { to, .. } if before.embargo.holds() => {
                    prop_assert!(before.embargo.has_consent(to), "shown to {to:?} without consent");
                    prop_assert_eq!(before.people[to].need, Need::ToKnow);
                }
                What::Published { hash } => {
                    let draft = before.draft.as_ref().unwrap();
                    prop_assert_eq!(draft.draft.hash, *hash);
                    let others = draft.approvals.iter().filter(|a| **a != draft.editor).count();
                    prop_assert!(others >= 2 && draft.draft.errors.is_empty());
                    prop_assert!(before.embargo.end().is_none_or(|end| end <= desk.now));
                }
                What::EmergencyPublished { second, .. } => {
                    prop_assert!(before.is_emergency() && *second != id(&who));
                    prop_assert!(before.people[&id(&who)].roles.contains(&Role::Manager));
                }
                What::Drafted { .. } => prop_assert!(after.draft.as_ref().unwrap().approvals.is_empty(), "an edit voids approvals"),
                _ => prop_assert_eq!(before.publications.len(), after.publications.len(), "only publishing publishes"),
            }
        }
        let again = Case::replay(&desk.log, &rules()).unwrap();
        prop_assert_eq!(again, desk.case, "the log makes the same case");
    }
}
