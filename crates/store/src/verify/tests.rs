//! Whatever is changed behind the program's back is named by the check, whole or in slices.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aceso_base::{Instant, ManualClock, Secret};
use aceso_fhir::json;
use aceso_policy::{Caller, Job, Origin, Purpose, Role};
use aceso_vault::RootKey;
use rusqlite::Connection;

use super::*;
use crate::engine::connect;
use crate::{
    CredentialSecret, Enrol, NewAccount, NewClient, NewCredential, NewToken, Settings, UserName,
};

struct Bench {
    dir: PathBuf,
    clock: Arc<ManualClock>,
    store: Store,
    patient: String,
    account: String,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn console() -> Caller {
    Caller::operator()
}

fn checker() -> Caller {
    Caller::job(Job::Verify)
}

impl Bench {
    /// Three versions of a patient with an observation, a deleted one, an administrator with a password, an app with a
    /// token.
    async fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("aceso-verify-{}-{number}-{name}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        let clock = Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)));
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        let store = Store::open(Settings::new(dir.join("data")), &root, clock.clone()).unwrap();
        let mut bench = Self {
            dir,
            clock,
            store,
            patient: String::new(),
            account: String::new(),
        };
        bench.fill().await;
        bench
    }

    async fn fill(&mut self) {
        let (store, caller) = (&self.store, console());
        let patient = |family: &str| {
            let text = format!(
                r#"{{"resourceType":"Patient","name":[{{"family":"{family}"}}],"gender":"other"}}"#
            );
            json::read(text.as_bytes()).unwrap()
        };
        self.patient = store.new_id();
        let mut tx = store.write(&caller, Purpose::Treatment);
        tx.create(&self.patient, patient("Aa")).unwrap();
        let other = store.new_id();
        tx.create(&other, patient("Zz")).unwrap();
        tx.commit().await.unwrap();
        for (version, family) in [(1, "Bb"), (2, "Cc")] {
            let mut tx = store.write(&caller, Purpose::Treatment);
            tx.update(&self.patient, patient(family), Some(version))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        let mut tx = store.write(&caller, Purpose::Treatment);
        tx.delete("Patient", &other, None).await.unwrap();
        let observation = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"8867-4"}}]}},
                "subject":{{"reference":"Patient/{}"}},"effectiveDateTime":"2026-03-04T05:06:07Z",
                "valueQuantity":{{"value":72.5,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}}}}"#,
            self.patient
        );
        let observation = json::read(observation.as_bytes()).unwrap();
        tx.create(&store.new_id(), observation).unwrap();
        tx.commit().await.unwrap();
        self.people().await;
    }

    async fn people(&mut self) {
        let (store, caller) = (&self.store, console());
        let new = NewAccount {
            user_name: UserName::parse("ana").unwrap(),
            display: "Ana".to_owned(),
            email: None,
            fhir_user: None,
            roles: vec![Role::ADMINISTRATOR],
            facilities: Vec::new(),
            patients: Vec::new(),
            not_after: None,
            enrol: Enrol::No,
        };
        self.account = store.add_account(&caller, new).await.unwrap();
        self.tamper("update account set state = 1");
        let signing = Caller::sign_in(Origin::default());
        let hash = Secret::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned());
        let credential = NewCredential {
            label: "Password".to_owned(),
            secret: CredentialSecret::Password(hash),
        };
        store
            .add_credential(&signing, &self.account, credential)
            .await
            .unwrap();
        let client = NewClient {
            id: "lab".to_owned(),
            name: "lab".to_owned(),
            scopes: "system/*.rs".to_owned(),
            jwks: None,
        };
        store.add_client(&caller, client).await.unwrap();
        let token = NewToken {
            hash: [7; 32],
            client: "lab".to_owned(),
            scopes: "system/*.rs".to_owned(),
            patient: None,
            expires: store.now().plus_millis(3_600_000),
        };
        store.add_token(&caller, token).await.unwrap();
    }

    /// The record as somebody with the page key has it.
    fn sql(&self) -> Connection {
        connect(&self.dir.join("data"), &RECORD, &self.store.0.keyring, 1024).unwrap()
    }

    fn tamper(&self, text: &str) {
        let count = self.sql().execute(text, []).unwrap();
        assert!(count > 0, "changes nothing: {text}");
    }

    fn found(&self) -> Vec<Finding> {
        self.store.verify(&mut |_| ()).unwrap().findings
    }

    /// A whole round of the scrub, one step a slice.
    async fn scrubbed(&self) -> Vec<Finding> {
        let scrub = self.store.scrub(&checker()).unwrap();
        let mut findings = Vec::new();
        while let Some(slice) = scrub.slice(&mut || false).unwrap() {
            findings.extend(slice.report.findings.clone());
            scrub.keep(&checker(), slice).await.unwrap();
        }
        findings
    }
}

/// Both the check and the scrub name the change.
async fn check_named(change: &str, place: &str, what: &str) {
    let bench = Bench::new("change").await;
    assert_eq!(bench.found(), [], "before");
    bench.tamper(change);
    let place = place
        .replace("PATIENT", &bench.patient)
        .replace("ACCOUNT", &bench.account);
    for found in [bench.found(), bench.scrubbed().await] {
        let named =
            |f: &Finding| f.place.contains(&place) && f.what.contains(what) && !f.mend.is_empty();
        assert!(found.iter().any(named), "{change}\n{found:#?}");
    }
}

#[tokio::test]
async fn h7_a_changed_row_of_the_record_is_named() {
    for (change, place, what) in [
        (
            "delete from res where change = 1",
            "Patient/PATIENT/1",
            "current version is missing",
        ),
        (
            "delete from hist where version = 1 and (select change from res where res.key = hist.key) = 1",
            "Patient/PATIENT/1",
            "missing from the history",
        ),
        (
            "delete from hist where version = 2",
            "Patient/PATIENT/2",
            "missing from the history",
        ),
        (
            "update res set body = (select body from hist where hist.key = res.key and version = 2) where change = 1",
            "",
            "version 3: the seal is broken",
        ),
        ("update res set body = x'09' where change = 1", "", "form 9"),
        (
            "update res set updated = updated + 1 where change = 1",
            "Patient/PATIENT/3",
            "meta.lastUpdated",
        ),
        (
            "update res set id = 'another' where change = 1",
            "Patient/another",
            "id differ",
        ),
        (
            "update hist set id = 'another' where version = 2",
            "Patient/PATIENT/2",
            "another resource",
        ),
        (
            "update res set body = x'007b7d' where change = 2",
            "",
            "a deletion with a body",
        ),
    ] {
        check_named(change, place, what).await;
    }
}

#[tokio::test]
async fn h7_an_index_row_that_is_missing_or_too_many_is_named_with_its_table() {
    for table in cells::TABLES
        .iter()
        .filter(|t| !["label", "care", "deny"].contains(&t.name))
    {
        let delete = format!("delete from {}", table.name);
        check_named(&delete, "", &format!("index row missing: {}", table.name)).await;
    }
    for (change, what) in [
        (
            "insert into itok select branch, v + 1, ord, key, sys from itok limit 1",
            "too many: itok",
        ),
        (
            "insert into istr select branch, v || 'x', key from istr limit 1",
            "too many: istr",
        ),
        (
            "insert into inum select branch, lo - 1, hi, unit, key from inum limit 1",
            "too many: inum",
        ),
        (
            "insert into part (key, patient) values (4711, 1)",
            "too many: part",
        ),
        (
            "insert into label (label, key) select 3, key from res limit 1",
            "too many: label",
        ),
        (
            "insert into care (actor, patient, source, since, until) select 1, 2, key, 0, 9 from res limit 1",
            "too many: care",
        ),
        (
            "insert into deny select 1, 0, key, 1, 0, 0, -1, 0, 0, 0, 0, 9 from res limit 1",
            "too many: deny",
        ),
    ] {
        check_named(change, "", what).await;
    }
}

#[tokio::test]
async fn h7_what_people_and_apps_refer_to_is_there_and_of_its_kind() {
    for (change, place, what) in [
        (
            "delete from account",
            "table credential",
            "account refers to",
        ),
        (
            "update token set client = 'nobody'",
            "table token",
            "client refers to \"nobody\"",
        ),
        (
            "update account set state = 7",
            "table account, ACCOUNT",
            "state is 7",
        ),
        (
            "update account set roles = 'king'",
            "account ana",
            "\"king\"",
        ),
        ("update credential set kind = 3", "credential", "no totp"),
        (
            "update credential set secret = zeroblob(64)",
            "of account ACCOUNT",
            "format",
        ),
    ] {
        check_named(change, place, what).await;
    }
}

#[tokio::test]
async fn a_sealed_value_that_is_moved_to_another_row_does_not_open_there() {
    let bench = Bench::new("moved").await;
    let second = NewAccount {
        user_name: UserName::parse("mallory").unwrap(),
        display: "M".to_owned(),
        email: None,
        fhir_user: None,
        roles: vec![Role::ADMINISTRATOR],
        facilities: Vec::new(),
        patients: Vec::new(),
        not_after: None,
        enrol: Enrol::No,
    };
    let other = bench.store.add_account(&console(), second).await.unwrap();
    // Mallory's password becomes Ana's: with her row's id, and with a row of its own.
    bench.tamper(&format!("update credential set account = '{other}'"));
    let found = bench.found();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.contains("another key or place"), "{found:?}");
    let signing = Caller::sign_in(Origin::default());
    let opened = bench.store.open_credentials(&signing, &other).await;
    assert!(opened.is_err(), "nobody signs in with it");
}

#[tokio::test]
async fn an_emergency_access_that_was_turned_to_another_chart_is_named() {
    let bench = Bench::new("glass").await;
    let sql = bench.sql();
    let keys = &bench.store.0.keys;
    sql.execute(
        "insert into break_glass (id, account, person, name, patient_id, patient, reason, detail, opened, ends, due)
         values ('b1', $1, $2, 'ana', $3, $4, 1, 'why it was opened', 0, 9, 9)",
        (
            &bench.account,
            crate::access::account_number(keys, &bench.account),
            &bench.patient,
            keys.of("Patient", &bench.patient),
        ),
    )
    .unwrap();
    assert_eq!(bench.found(), []);
    bench.tamper("update break_glass set patient = patient + 1");
    let found = bench.found();
    assert!(found[0].place.contains("emergency access b1"), "{found:?}");
}

#[tokio::test]
async fn index_rows_are_mended_and_nothing_else_is_touched() {
    let bench = Bench::new("mend").await;
    bench.tamper("delete from itok");
    bench.tamper("insert into label (label, key) select 3, key from res limit 1");
    bench.tamper("delete from hist where version = 2");
    let report = bench.store.verify(&mut |_| ()).unwrap();
    assert!(report.is_mendable());
    let refused = bench.store.mend(&checker(), &report).await;
    assert!(refused.is_err(), "at the console only");
    assert!(bench.store.mend(&console(), &report).await.unwrap() > 2);
    let left = bench.store.verify(&mut |_| ()).unwrap();
    assert!(!left.is_mendable());
    let places: Vec<_> = left.findings.iter().map(|f| f.what.as_str()).collect();
    assert_eq!(places, ["this version is missing from the history"]);
    let search = bench.store.read(&console(), Purpose::Treatment);
    assert!(search.fetch("Patient", &bench.patient).await.is_ok());
}

#[tokio::test]
async fn index_rows_of_a_body_that_does_not_open_are_not_mended_away() {
    let bench = Bench::new("unopened").await;
    bench.tamper("update res set body = zeroblob(60)");
    bench.tamper("delete from itok where key = (select min(key) from itok)");
    let rows = || -> i64 {
        let sql = bench.sql();
        let count = "select (select count(*) from itok) + (select count(*) from istr)";
        sql.query_row(count, [], |row| row.get(0)).unwrap()
    };
    let before = rows();
    assert!(before > 0);
    let report = bench.store.verify(&mut |_| ()).unwrap();
    assert!(!report.findings.is_empty());
    assert!(!report.is_mendable(), "{:?}", report.findings);
    assert_eq!(bench.store.mend(&console(), &report).await.unwrap(), 0);
    assert_eq!(rows(), before);
}

#[tokio::test]
async fn what_the_scrub_finds_is_kept_told_once_and_forgotten_when_it_is_mended() {
    let bench = Bench::new("kept").await;
    assert_eq!(bench.scrubbed().await, []);
    let checks = bench.store.checks(&checker()).await.unwrap();
    assert_eq!(checks.scrub.as_ref().map(|c| c.wrong), Some(0));
    assert!(checks.scrub.unwrap().detail.contains("3 resources"));
    assert_eq!(bench.scrubbed().await, [], "it rests for a day");
    bench.tamper("delete from istr");
    bench.clock.advance_millis(86_400_000);
    assert!(!bench.scrubbed().await.is_empty());
    let checks = bench.store.checks(&checker()).await.unwrap();
    let (first, at) = &checks.findings[0];
    assert!(first.what.contains("istr"), "{first:?}");
    assert_eq!(*at, bench.store.now());
    bench.clock.advance_millis(86_400_000);
    assert!(!bench.scrubbed().await.is_empty());
    let again = bench.store.checks(&checker()).await.unwrap();
    assert_eq!(
        again.findings[0].1, *at,
        "it keeps the time it was found first"
    );
    let notices = bench
        .store
        .notices(&console(), &bench.account)
        .await
        .unwrap();
    let told = notices
        .iter()
        .filter(|n| n.kind == crate::NoticeKind::Integrity);
    assert_eq!(told.count(), 1, "once");
    let report = bench.store.verify(&mut |_| ()).unwrap();
    bench.store.mend(&console(), &report).await.unwrap();
    bench.clock.advance_millis(86_400_000);
    assert_eq!(bench.scrubbed().await, []);
    assert_eq!(bench.store.checks(&checker()).await.unwrap().findings, []);
}

#[tokio::test]
async fn the_scrub_goes_on_where_it_stopped_and_finds_a_broken_audit_log() {
    let bench = Bench::new("resume").await;
    let scrub = bench.store.scrub(&checker()).unwrap();
    let first = scrub.slice(&mut || false).unwrap().unwrap();
    assert_eq!(first.report.resources, 3);
    scrub.keep(&checker(), first).await.unwrap();
    let second = scrub.slice(&mut || false).unwrap().unwrap();
    assert_eq!(
        second.report.resources, 0,
        "the first slice is not done again"
    );
    bench.store.audit_head().unwrap();
    let log = connect(
        &bench.dir.join("data"),
        &AUDIT,
        &bench.store.0.keyring,
        1024,
    )
    .unwrap();
    log.execute("update audit_log set at = at + 1 where seq = 3", [])
        .unwrap();
    let found = bench.scrubbed().await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].place, "audit 3");
}

#[tokio::test]
async fn nobody_but_the_console_the_program_and_those_who_manage_settings_sees_checks() {
    let bench = Bench::new("who").await;
    let signing = Caller::sign_in(Origin::default());
    assert!(bench.store.checks(&signing).await.is_err());
    assert!(bench.store.scrub(&signing).is_none());
    assert!(bench.store.checks(&console()).await.is_ok());
    let report = bench.store.verify(&mut |_| ()).unwrap();
    assert!(bench.store.keep_report(&signing, &report).await.is_err());
    bench.store.keep_report(&console(), &report).await.unwrap();
    let checks = bench.store.checks(&console()).await.unwrap();
    assert_eq!(checks.verify.map(|c| c.wrong), Some(0));
}
