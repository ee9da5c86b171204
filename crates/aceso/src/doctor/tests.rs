//! Each check is met by an installation that is as it should be, and fails by just what it is about.

use std::path::PathBuf;

use aceso_base::Instant;
use aceso_policy::Role;
use aceso_store::{
    AccountStanding, Checked, Duty, DutyKind, FeedState, Finding, MailStanding, Standing, Witnessed,
};
use aceso_web::Validity;

use super::facts::FileFact;
use super::machine::Machine;
use super::*;
use crate::config::Config;

const NOW: Instant = Instant::from_millis(1_795_314_068_000);
const DAY: i64 = 86_400_000;

fn days(count: i64) -> Instant {
    NOW.plus_millis(count * DAY)
}

fn file(path: &str, mode: u32, device: u64) -> FileFact {
    FileFact {
        path: PathBuf::from(path),
        mode,
        owner: 1000,
        device,
    }
}

fn account(name: &str, role: Role) -> AccountStanding {
    AccountStanding {
        user_name: name.to_owned(),
        roles: vec![role],
        created: days(-400),
        signed_in: Some(days(-1)),
        passkeys: 1,
        apps: 0,
    }
}

/// A duty that holds for so many days.
fn held(kind: DutyKind, until: i64) -> Duty {
    Duty {
        id: kind.name().to_owned(),
        kind,
        name: "yearly".to_owned(),
        detail: String::new(),
        done: days(-30),
        until: days(until),
        digest: None,
        made: days(-30),
        who: "operator".to_owned(),
        ended: None,
        told: false,
    }
}

/// An installation that is as it should be.
fn good() -> Facts {
    let mut config = Config::default();
    config.listen.address = "https://192.168.7.2:8443".to_owned();
    config.administration.networks = vec!["192.168.7.0/24".to_owned()];
    config.audit.witnesses = vec!["https://other.example/witness KEY".to_owned()];
    config.mail.server = "smtps://mail.example".to_owned();
    let mut standing = Standing {
        accounts: vec![
            account("ana", Role::ADMINISTRATOR),
            account("ben", Role::ADMINISTRATOR),
            account("cleo", Role::CLINICIAN),
            AccountStanding {
                passkeys: 0,
                ..account("pat", Role::PATIENT)
            },
        ],
        ..Standing::default()
    };
    standing.log.entries = 10;
    standing.log.signed = 10;
    standing.log.last = Some(days(-1));
    standing.log.signed_at = Some(days(-1));
    standing.spool.is_ready = true;
    let checked = Checked {
        at: days(-1),
        wrong: 0,
        detail: "all".to_owned(),
    };
    standing.checks.scrub = Some(checked.clone());
    standing.checks.backup = Some(checked.clone());
    standing.checks.drill = Some(checked.clone());
    standing.checks.verify = Some(checked.clone());
    standing.checks.shares = Some(checked);
    Facts {
        now: NOW,
        config,
        dir: file("/data/aceso", 0o700, 1),
        files: vec![file("/data/aceso/record.db", 0o600, 1)],
        key: Some(file("/media/key/aceso.key", 0o600, 2)),
        patient_keys: Some(file("/data/aceso.patient-keys", 0o600, 1)),
        demonstration: false,
        certificate: Some(Validity {
            from: days(-10),
            until: days(60),
            self_signed: false,
            issuer: "CN=Authority".to_owned(),
        }),
        standing,
        witnesses: vec![Witnessed {
            name: "other".to_owned(),
            at: NOW,
            size: 10,
            objects: false,
            note: String::new(),
        }],
        mail: MailStanding {
            since: Some(days(-10)),
            waiting: 1,
            failing: 0,
            dead: 0,
        },
        duties: DutyKind::ALL.map(|kind| held(kind, 60)).to_vec(),
        feed: FeedState::default(),
        findings: (0, 0),
        tellings: (1, 0),
        machine: Machine {
            uid: Some(1000),
            core_limit: Some("0".to_owned()),
            core_pattern: Some("core".to_owned()),
            swaps: vec![("/dev/zram0".to_owned(), true)],
            clock_kept: Some(true),
            disk: Some((100 << 30, 200 << 30)),
        },
        listening: vec!["192.168.7.2:8443".parse().unwrap()],
        debug_build: false,
    }
}

fn verdict(id: &str, facts: &Facts) -> Verdict {
    let check = CHECKS.iter().find(|c| c.id == id).expect(id);
    (check.judge)(facts)
}

const OPEN: [&str; 3] = ["advisories", "patch-deadlines", "listed-devices"];

#[test]
fn an_installation_that_is_as_it_should_be_meets_every_check() {
    for judged in judge(&good()) {
        let expected = match judged.check.id {
            id if OPEN.contains(&id) => "not set up",
            _ => "met",
        };
        assert_eq!(
            judged.verdict.state(),
            expected,
            "{}: {:?}",
            judged.check.id,
            judged.verdict
        );
    }
}

type Change = fn(&mut Facts);

/// What each check is about, broken.
#[rustfmt::skip]
const BROKEN: &[(&str, Change)] = &[
    ("directory-mode", |f| f.dir.mode = 0o755),
    ("files-mode", |f| f.files.push(file("/data/aceso/x", 0o640, 1))),
    ("directory-owner", |f| f.machine.uid = Some(1001)),
    ("directory-owner", |f| f.files.iter_mut().for_each(|x| x.owner = 0)),
    ("key-outside", |f| f.key = Some(file("/data/aceso/root.key", 0o600, 2))),
    ("key-mode", |f| f.patient_keys = Some(file("/data/aceso.patient-keys", 0o640, 1))),
    ("key-outside", |f| f.patient_keys = Some(file("/data/aceso/patient-keys", 0o600, 1))),
    ("key-mode", |f| f.key = Some(file("/media/key", 0o644, 2))),
    ("key-apart", |f| f.key = Some(file("/data/aceso.key", 0o600, 1))),
    ("recovery-shares", |f| f.standing.checks.shares = None),
    ("recovery-shares", |f| f.standing.checks.shares.as_mut().unwrap().wrong = 1),
    ("recovery-shares", |f| f.now = days(366)),
    ("findings", |f| f.standing.checks.findings.push((Finding {
        place: "Patient/1/2".into(), what: "gone".into(), mend: "restore".into() }, NOW))),
    ("scrub", |f| f.standing.checks.scrub = None),
    ("scrub", |f| f.config.record.scrub_millis = 0),
    ("scrub", |f| f.now = days(7)),
    ("verify", |f| f.standing.checks.verify = None),
    ("verify", |f| f.now = days(31)),
    ("audit-head", |f| f.standing.log.signed = 9),
    ("audit-head", |f| f.standing.log.signed_at = None),
    ("audit-spool", |f| f.standing.spool.is_ready = false),
    ("audit-spool", |f| { f.standing.spool.entries = 1; f.standing.spool.since = Some(days(-1)); }),
    ("audit-witness", |f| f.config.audit.witnesses.clear()),
    ("audit-witness", |f| f.witnesses[0].objects = true),
    ("audit-witness", |f| f.witnesses[0].at = days(-2)),
    ("backups", |f| f.now = days(1).plus_millis(1)),
    ("backups", |f| f.standing.checks.backup.as_mut().unwrap().wrong = 1),
    ("restore-drill", |f| f.now = days(35)),
    ("restore-drill", |f| f.standing.checks.drill.as_mut().unwrap().wrong = 1),
    ("demonstration", |f| f.demonstration = true),
    ("encrypted-transport", |f| {
        f.config.listen.address = "http://127.0.0.1:80".into();
        f.config.listen.public = "http://clinic.example".into();
    }),
    ("certificate-valid", |f| f.now = days(47)),
    ("certificate-valid", |f| f.now = days(61)),
    ("certificate-valid", |f| f.now = days(-11)),
    ("certificate-valid", |f| { f.certificate = None; f.config.listen.certificate = "x.pem".into(); }),
    ("certificate-trusted", |f| f.certificate.as_mut().unwrap().self_signed = true),
    ("admin-networks", |f| f.config.administration.networks.clear()),
    ("cross-origin", |f| f.config.listen.origins.push("*".into())),
    ("forwarded-headers", |f| f.config.listen.trust_forwarded = true),
    ("listening", |f| f.listening.push("0.0.0.0:9".parse().unwrap())),
    ("way-out", |f| f.config.egress.endpoints.push("http://127.0.0.1:1/".into())),
    ("mail", |f| f.config.mail.server.clear()),
    ("mail", |f| f.mail.failing = 1),
    ("mail", |f| f.mail.dead = 1),
    ("second-factor", |f| f.standing.accounts[0].passkeys = 0),
    ("second-factor-staff", |f| f.standing.accounts[2].passkeys = 0),
    ("one-factor-roles", |f| f.config.sign_in.one_factor_roles.push("nurse".into())),
    ("passkeys", |f| { f.standing.accounts[1].passkeys = 0; f.standing.accounts[1].apps = 1; }),
    ("two-administrators", |f| { f.standing.accounts.remove(0); }),
    ("two-administrators", |f| f.standing.accounts = vec![account("x", Role::ADMINISTRATOR); 6]),
    ("unused-accounts", |f| f.standing.accounts[2].signed_in = Some(days(-91))),
    ("unused-accounts", |f| f.standing.accounts[2].signed_in = None),
    ("session-limits", |f| f.config.sessions.idle_minutes = 16),
    ("session-limits", |f| f.config.sessions.absolute_hours = 13),
    ("token-lifetime", |f| f.config.tokens.backend_seconds = 301),
    ("password-cost", |f| f.config.sign_in.hash_memory_mib = 18),
    ("business-associates", |f| f.duties = vec![held(DutyKind::BusinessAssociate, 20)]),
    ("listed-devices", |f| f.config.sign_in.devices.push("2fc0579f-8113-47ea-b116-bb5a8db9202a".into())),
    ("tellings", |f| f.tellings = (2, 1)),
    ("weakness-tests", |f| f.duties = vec![held(DutyKind::PenetrationTest, -1)]),
    ("advisories", |f| f.findings = (1, 0)),
    ("patch-deadlines", |f| f.findings = (1, 1)),
    ("advisories", |f| f.feed.trouble = Some("it was rolled back".to_owned())),
    ("yearly-reviews", |f| f.duties = vec![held(DutyKind::RiskAnalysis, -1)]),
    ("reviews", |f| f.standing.breaks_overdue = 1),
    ("reviews", |f| f.standing.rechecks_overdue = 1),
    ("not-root", |f| f.machine.uid = Some(0)),
    ("clock", |f| f.machine.clock_kept = Some(false)),
    ("clock", |f| f.standing.latest = Some(days(1))),
    ("disk-space", |f| f.machine.disk = Some((1, 200 << 30))),
    ("disk-space", |f| f.machine.disk = Some((2 << 30, 200 << 30))),
    ("core-dumps", |f| f.machine.core_limit = Some("unlimited".into())),
    ("swap", |f| f.machine.swaps.push(("/dev/sda2".into(), false))),
    ("release-build", |f| f.debug_build = true),
    ("log-level", |f| f.config.log.level = "trace".into()),
];

#[test]
fn each_check_fails_by_what_it_is_about_and_says_how_to_mend_it() {
    for (id, change) in BROKEN {
        let mut facts = good();
        change(&mut facts);
        let verdict = verdict(id, &facts);
        assert_eq!(verdict.state(), "failed", "{id}: {verdict:?}");
        assert!(
            !verdict.found().is_empty() && !verdict.fix().is_empty(),
            "{id}"
        );
    }
    let tried = |id: &str| OPEN.contains(&id) || BROKEN.iter().any(|(broken, _)| *broken == id);
    for check in CHECKS {
        assert!(tried(check.id), "{} is never seen to fail", check.id);
    }
}

#[test]
fn checks_have_names_of_their_own_and_rows() {
    let mut ids: Vec<&str> = CHECKS.iter().map(|c| c.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CHECKS.len());
    assert!(
        CHECKS
            .iter()
            .all(|c| !c.rows.is_empty() && !c.title.is_empty())
    );
}

#[test]
fn what_the_system_does_not_say_is_open_and_not_met() {
    let mut facts = good();
    facts.machine = Machine::default();
    for id in ["not-root", "clock", "disk-space", "core-dumps"] {
        assert_eq!(verdict(id, &facts).state(), "not set up", "{id}");
    }
}

/// The guide, as the project has it.
fn guide() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/hardening.md");
    std::fs::read_to_string(path).unwrap()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_guide_has_every_check_with_its_rows() {
    let guide = guide();
    for check in CHECKS {
        let name = format!("`{}`", check.id);
        let line = guide.lines().find(|line| line.contains(&name));
        let line = line.unwrap_or_else(|| panic!("{} is not in docs/hardening.md", check.id));
        let cells: Vec<&str> = line.split('|').collect();
        for row in check.rows.split(' ') {
            let named = cells[2].split_whitespace().any(|word| word == row);
            assert!(named, "{}: the guide does not name the row {row}", check.id);
        }
    }
}

#[test]
fn every_check_and_key_that_the_guide_names_is_there() {
    let keys: Vec<String> = crate::config::sections()
        .into_iter()
        .flat_map(|(section, keys)| {
            keys.into_iter()
                .map(move |k| format!("{section}.{}", k.name))
        })
        .collect();
    let guide = guide();
    let mut items = 0;
    let is_item = |line: &&str| line.starts_with("| ") && line.matches('|').count() == 5;
    for line in guide.lines().filter(is_item) {
        let cells: Vec<&str> = line.split('|').collect();
        for id in quoted(cells[3]) {
            items += 1;
            assert!(CHECKS.iter().any(|c| c.id == id), "no check is named {id}");
        }
        for key in quoted(cells[4]) {
            assert!(keys.iter().any(|k| k == key), "no key is named {key}");
        }
    }
    assert_eq!(items, CHECKS.len());
}

fn check_duty(duties: Vec<Duty>, id: &str, state: &str) {
    let facts = Facts { duties, ..good() };
    assert_eq!(verdict(id, &facts).state(), state, "{id}");
}

#[test]
fn ha9_hn8_hn11_what_the_clinic_must_keep_up_is_told_when_it_is_over() {
    let scan = |until| held(DutyKind::VulnerabilityScan, until);
    let test = held(DutyKind::PenetrationTest, 60);
    check_duty(vec![scan(-1), test.clone()], "weakness-tests", "failed");
    check_duty(
        vec![scan(-1), scan(30), test.clone()],
        "weakness-tests",
        "met",
    );
    check_duty(vec![test], "weakness-tests", "not set up");
    check_duty(Vec::new(), "yearly-reviews", "not set up");
    let partner = |until| held(DutyKind::BusinessAssociate, until);
    check_duty(vec![partner(60)], "business-associates", "met");
    check_duty(vec![partner(20)], "business-associates", "failed");
    check_duty(
        vec![partner(20), partner(400)],
        "business-associates",
        "met",
    );
    let ended = Duty {
        ended: Some(days(-1)),
        ..partner(-5)
    };
    check_duty(vec![ended], "business-associates", "not set up");
}
