//! A case with a log that grows, and who is in it.

use std::collections::BTreeSet;

use aceso_desk::When;
use aceso_desk::calendar::Calendar;
use aceso_desk::case::*;
use aceso_desk::severity::{Characteristic, Policy, Severity};
use aceso_desk::ssvc::Tree;

pub(crate) fn rules() -> Rules {
    Rules {
        policy: Policy::ceiling(),
        calendar: Calendar::plain(),
        coverage: 90,
    }
}

pub(crate) fn start() -> When {
    "2026-09-02T08:00:00Z".parse().unwrap()
}

pub(crate) fn id(name: &str) -> PartyId {
    PartyId(name.to_owned())
}

pub(crate) fn hash(n: u8) -> ContentHash {
    ContentHash([n; 32])
}

/// A log that grows.
pub(crate) struct Desk {
    pub(crate) log: Vec<Event>,
    pub(crate) case: Case,
    pub(crate) now: When,
}

impl Desk {
    pub(crate) fn open(proof: Proof) -> Self {
        let first = Case::open(start(), &id("mara"), "R-1", proof);
        let log = vec![first];
        let case = Case::replay(&log, &rules()).unwrap();
        Self {
            log,
            case,
            now: start(),
        }
    }

    pub(crate) fn try_as(&mut self, who: &str, what: What) -> Result<(), Refused> {
        self.now = self.now.plus_millis(60_000);
        let event = self.case.act(self.now, &id(who), what, &rules())?;
        self.case.take(&event, &rules())?;
        self.log.push(event);
        Ok(())
    }

    pub(crate) fn does(&mut self, who: &str, what: What) {
        if let Err(error) = self.try_as(who, what.clone()) {
            panic!("{who} may not {what:?}: {error}");
        }
    }

    pub(crate) fn refused(&mut self, who: &str, what: What, code: &str) {
        match self.try_as(who, what.clone()) {
            Ok(()) => panic!("{who} did {what:?}"),
            Err(Refused::Unmet(unmet)) => {
                assert!(unmet.iter().any(|u| u.code == code), "{what:?}: {unmet:?}")
            }
            Err(Refused::Role { .. }) => assert_eq!(code, "role", "{what:?}"),
            Err(other) => panic!("{what:?}: {other}"),
        }
    }

    pub(crate) fn joins(&mut self, name: &str, roles: &[Role]) {
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
    pub(crate) fn with_team(proof: Proof) -> Self {
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

    pub(crate) fn embargoed(proof: Proof) -> Self {
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

pub(crate) fn assessment() -> Assessment {
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

pub(crate) fn step(step: Step) -> What {
    What::StepDone {
        step,
        evidence: "see the tracker".into(),
    }
}

pub(crate) fn draft(n: u8, errors: &[&str]) -> What {
    What::Drafted {
        draft: Draft {
            hash: hash(n),
            errors: errors.iter().map(|e| (*e).to_owned()).collect(),
        },
    }
}

/// To the stage before the public is told.
pub(crate) fn ready() -> Desk {
    let mut desk = Desk::embargoed(Proof::Present);
    desk.does("olu", What::Moved { to: Stage::Plan });
    desk.plans();
    desk.does("olu", What::Moved { to: Stage::Fix });
    desk.fixes();
    desk.does("olu", What::Moved { to: Stage::Verify });
    desk.names_branches();
    desk.does("olu", What::Moved { to: Stage::Release });
    desk.releases();
    desk.does(
        "olu",
        What::Moved {
            to: Stage::PreNotice,
        },
    );
    let until = desk.now.plus_days(7);
    desk.does("cora", What::NoticeStarted { until, days: None });
    desk.does("cora", step(Step::NoticeReviewed));
    desk
}

/// The work of the stages, without going on.
impl Desk {
    pub(crate) fn plans(&mut self) {
        let text = "bind documents to the patient".into();
        self.does("olu", What::Planned { text });
        self.does("mara", What::PlanApproved);
    }

    pub(crate) fn fixes(&mut self) {
        let patch = hash(1);
        let ci = "ci/1207".into();
        self.does("dan", What::FixSubmitted { patch, ci });
        self.does("rex", What::FixReviewed { patch });
        self.does("olu", What::FixReviewed { patch });
        let (before, after) = (TestResult::Failed, TestResult::Passed);
        let tested = What::FixTested {
            patch,
            before,
            after,
        };
        self.does("tess", tested);
    }

    pub(crate) fn names_branches(&mut self) {
        for (branch, state) in [("0.9", BranchState::Fixed), ("0.8", BranchState::EndOfLife)] {
            let branch = branch.into();
            self.does("olu", What::BranchSaid { branch, state });
        }
    }

    pub(crate) fn releases(&mut self) {
        for one in [
            Step::ArtefactsSigned,
            Step::UpdatesStaged,
            Step::SbomBuilt,
            Step::EnvironmentsUpdated,
        ] {
            self.does("cora", step(one));
        }
    }

    /// A whole text that two approved, with its links checked.
    pub(crate) fn approves(&mut self) {
        self.does("cora", step(Step::LinksResolve));
        self.does("dan", draft(9, &[]));
        self.does("rex", What::Approved { hash: hash(9) });
        self.does("olu", What::Approved { hash: hash(9) });
    }
}

/// At the stage where the public is told, with a text that two approved.
pub(crate) fn approved() -> Desk {
    let mut desk = ready();
    desk.now = start().plus_days(21);
    desk.does("olu", What::Moved { to: Stage::Publish });
    desk.approves();
    desk
}
