//! A case, a report and an advisory for the samples of pages.

use std::collections::BTreeMap;

use aceso_desk::When;
use aceso_desk::advisory::Advisory;
use aceso_desk::calendar::Calendar;
use aceso_desk::case::{Case, PartyId, Proof, Rules};
use aceso_desk::port::{CveServices, Errand, Forum, Github, List, Places, Social};
use aceso_desk::report::{Answers, Dkim, Envelope, History, Report, Source};
use aceso_desk::severity::Policy;
use aceso_store::{
    CaseFile, CaseLine, Credit, Delivery, DeskPerson, ErrandIs, ErrandLine, Letter, Reached,
    ReportFile, ReportStatus, Thread,
};

use super::text::blank;

const AT: When = When::from_millis(1_772_625_600_000);

fn rules() -> Rules {
    Rules {
        policy: Policy::ceiling(),
        calendar: Calendar::plain(),
        coverage: 90,
    }
}

fn report() -> ReportFile {
    ReportFile {
        id: "R-2026-0001".into(),
        case: "C-2026-0001".into(),
        at: AT,
        rank: 2,
        credit: Credit::As("Fin Example".into()),
        report: Report {
            at: AT,
            source: Source::Form,
            from: Some("fin@finder.example".into()),
            name: Some("Fin Example".into()),
            subject: "A front desk account reads notes".into(),
            text: "GET /patients/1/notes/2 returns the note for a front desk account.".into(),
            attachments: Vec::new(),
            answers: Answers {
                product: "Aceso".into(),
                version: "0.1.0".into(),
                steps: "1. Sign in as desk\n2. Open the address".into(),
                impact: "Somebody without the right reads what a clinician wrote.".into(),
                exploited: String::new(),
                disclosure: None,
            },
            dkim: Dkim::None,
            envelope: Envelope::Plain,
            message_id: None,
        },
    }
}

fn letters() -> Vec<Letter> {
    let one = |who: Option<&str>, text: &str| Letter {
        thread: Thread::Reporter("R-2026-0001".into()),
        at: AT,
        who: who.map(|w| PartyId(w.into())),
        text: text.into(),
    };
    vec![
        one(Some("m1"), "Thank you. We have read it and see it, too."),
        one(None, "Good. I can test a fix."),
    ]
}

/// A case as lists show it.
pub(crate) fn line() -> CaseLine {
    CaseLine {
        id: "C-2026-0001".into(),
        opened: AT,
        changed: AT,
        stage: "intake".into(),
        severity: Some("High".into()),
        title: report().report.subject,
        due: Some(AT.plus_hours(30)),
        taken: true,
    }
}

fn case() -> Option<(Case, Vec<aceso_desk::case::Event>)> {
    let first = Case::open(AT, &PartyId("m1".into()), "R-2026-0001", Proof::Present);
    let log = vec![first];
    let case = Case::replay(&log, &rules()).ok()?;
    Some((case, log))
}

fn history() -> History {
    History {
        valid: 2,
        invalid: 1,
        duplicates: 0,
    }
}

/// Services elsewhere.
pub(crate) fn places() -> Places {
    Places {
        github: Some(Github {
            base: "https://api.github.com".into(),
            repository: "aceso/aceso".into(),
        }),
        cve: Some(CveServices {
            base: "https://cveawg-test.mitre.org/api".into(),
            organisation: "aceso".into(),
            org_id: "3f0b0b5e-7a0c-4c1e-9d7e-5a6b8f0c1d2e".into(),
            user: "desk@desk.example".into(),
        }),
        forum: Some(Forum {
            base: "https://talk.example".into(),
            user: "security".into(),
            category: Some(7),
            tag: "security-advisory".into(),
            tag_id: None,
        }),
        list: Some(List {
            base: "https://us6.api.mailchimp.com".into(),
            list: "a1b2c3".into(),
            segment: Some(42),
            from: "Aceso".into(),
            reply_to: "security@desk.example".into(),
        }),
        social: Some(Social {
            base: "https://social.example".into(),
        }),
    }
}

fn errands() -> Vec<ErrandLine> {
    let one = |errand, state| ErrandLine {
        errand,
        at: AT,
        tries: 1,
        state,
    };
    let later = ErrandIs::Waiting {
        due: AT.plus_hours(1),
        said: "503: it did not say why".into(),
    };
    vec![
        one(Errand::GithubDraft, ErrandIs::Done),
        one(Errand::CveReserve, later),
        one(
            Errand::Topic,
            ErrandIs::Refused("422: Title is too short".into()),
        ),
    ]
}

/// A case with everything.
pub(crate) fn file() -> Option<CaseFile> {
    let (case, log) = case()?;
    Some(CaseFile {
        line: line(),
        case,
        log,
        reports: vec![report()],
        histories: BTreeMap::from([("fin@finder.example".to_owned(), history())]),
        files: Vec::new(),
        letters: letters(),
        deliveries: vec![Delivery {
            name: "Nia Okello".into(),
            organisation: "Hospital 1".into(),
            copy: "AB12CD34".into(),
            at: AT,
            reached: Reached::Silent,
        }],
        text: None,
        public: None,
        errands: errands(),
        me: PartyId("m1".into()),
    })
}

/// Somebody of the group.
pub(crate) fn people() -> Vec<DeskPerson> {
    vec![DeskPerson {
        id: PartyId("m1".into()),
        user: "mara".into(),
        name: "Mara Example".into(),
    }]
}

/// What a reporter sees.
pub(crate) fn status() -> Option<ReportStatus> {
    Some(ReportStatus {
        report: report(),
        case: case()?.0,
        letters: letters(),
    })
}

/// An advisory.
pub(crate) fn advisory() -> Advisory {
    let publisher = aceso_desk::advisory::Publisher {
        name: "Aceso".into(),
        namespace: "https://desk.example".into(),
        role: aceso_desk::advisory::Role::Vendor,
        contact: None,
        authority: None,
        cna: None,
    };
    blank(
        "ACESO-2026-0001",
        "A front desk account reads notes",
        publisher,
        AT,
    )
}

/// A bill of materials: its name and its text.
pub(crate) fn bills() -> Vec<(String, String)> {
    let text = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
        {"type": "application", "name": "aceso", "version": "0.1.0", "purl": "pkg:generic/aceso@0.1.0"}]}"#;
    vec![("Aceso 0.1.0".to_owned(), text.to_owned())]
}
