//! What somebody does who can write to the files of the machine, or set its clock: each is found, refused, or both.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aceso_base::{Clock, Instant, ManualClock, SteadyClock, SystemClock};
use aceso_policy::Caller;
use aceso_store::{NewClient, Settings, Store};
use aceso_vault::RootKey;

use crate::server::{References, Server};
use crate::stage::{Stage, name, text};

fn patient(family: &str) -> String {
    format!(r#"{{"resourceType":"Patient","name":[{{"family":"{family}"}}]}}"#)
}

/// A record with some patients in it.
fn filled() -> Stage {
    let stage = Stage::new();
    let lines: Vec<String> = (0..60).map(|n| patient(&format!("Family{n}"))).collect();
    let file = stage.file("patients.ndjson", lines.join("\n"));
    stage.expect(&["import", name(&file)], 0);
    stage
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Everything is in the file itself, nothing beside it.
fn settle(stage: &Stage) {
    stage.expect(&["audit", "head"], 0);
    for file in ["record.db-wal", "audit.db-wal"] {
        let path = stage.data().join(file);
        assert!(
            !path.exists() || fs::metadata(path).unwrap().len() == 0,
            "{file}"
        );
    }
}

#[test]
fn h7_r7_one_flipped_byte_of_any_page_is_found_and_named() {
    for file in ["record.db", "audit.db"] {
        let stage = filled();
        settle(&stage);
        let path = stage.data().join(file);
        let whole = fs::read(&path).unwrap();
        let pages = whole.len() / 4096;
        for page in (0..pages).step_by(pages / 12 + 1) {
            fs::write(&path, &whole).unwrap();
            flip(&path, page * 4096 + 100);
            let out = stage.run(&["verify"]);
            let said = text(&out.stderr);
            assert_eq!(out.status.code(), Some(1), "{file} page {page}: {said}");
            assert!(
                said.contains(file) || said.contains("does not open"),
                "{file} page {page}: {said}"
            );
        }
        fs::write(&path, &whole).unwrap();
        stage.expect(&["verify"], 0);
    }
}

#[test]
fn h5_b5_without_its_own_key_the_record_opens_for_nobody() {
    let stage = filled();
    let key = stage.dir.join("data.key");
    let own = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let out = stage.run(&["verify"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        text(&out.stderr).contains("is missing"),
        "{}",
        text(&out.stderr)
    );
    assert!(
        !key.exists(),
        "no new key is made for a record that is there"
    );
    RootKey::create_file(&key).unwrap();
    let out = stage.run(&["verify"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        text(&out.stderr).contains("this record is locked with"),
        "{}",
        text(&out.stderr)
    );
    fs::write(&key, own).unwrap();
    stage.expect(&["verify"], 0);
}

#[test]
fn o_d2_a_log_that_was_cut_is_found_by_a_head_that_was_kept_elsewhere() {
    let stage = filled();
    settle(&stage);
    let early = fs::read(stage.data().join("audit.db")).unwrap();
    stage.token("reader", "system/*.rs");
    let head = stage.file("kept.head", stage.expect(&["audit", "head"], 0));
    stage.expect(&["audit", "verify", "--head", name(&head)], 0);
    // Back to the file of before, with its record's entries taken over again.
    fs::write(stage.data().join("audit.db"), early).unwrap();
    let _ = fs::remove_file(stage.data().join("audit.head"));
    for n in 0..3 {
        stage.token(&format!("other{n}"), "system/*.rs");
    }
    let out = stage.run(&["audit", "verify", "--head", name(&head)]);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        text(&out.stderr).contains("not those that were signed"),
        "{}",
        text(&out.stderr)
    );
}

/// Writes a record whose last entry is of another time than now.
fn last_entry(stage: &Stage, hours: i64) {
    let clock = Arc::new(ManualClock::new(
        SystemClock.now().plus_millis(hours * 3_600_000),
    ));
    let root = RootKey::create_file(&stage.dir.join("data.key")).unwrap();
    let store = Store::open(Settings::new(stage.data()), &root, clock).unwrap();
    let client = NewClient {
        id: "x".to_owned(),
        name: "x".to_owned(),
        scopes: "system/*.rs".to_owned(),
        jwks: None,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { store.add_client(&Caller::operator(), client).await.unwrap() });
    store.audit_head().unwrap();
}

#[test]
fn r6_i9_a_clock_that_was_set_back_is_not_served_with_unless_somebody_says_so() {
    let stage = Stage::new();
    last_entry(&stage, 24);
    let out = stage.run(&["serve", "--listen", "http://127.0.0.1:0"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stderr);
    assert!(
        said.contains("set the clock") && said.contains("--accept-clock"),
        "{said}"
    );
    // No command does anything by that clock either; what looks for what is wrong does.
    let acts: [&[&str]; 3] = [
        &["user", "list"],
        &["client", "add", "y", "--scopes", "system/*.rs", "--token"],
        &["audit", "report", "failed-sign-ins"],
    ];
    for act in acts {
        let refused = stage.run(act);
        assert_eq!(refused.status.code(), Some(1), "{act:?}");
        let said = text(&refused.stderr);
        assert!(said.contains("set the clock"), "{act:?}: {said}");
        assert!(refused.stdout.is_empty(), "{act:?}");
    }
    // And the entries that those leave make nobody believe it.
    for look in [&["audit", "verify"][..], &["verify"]] {
        stage.expect(look, 0);
    }
    for _ in 0..2 {
        let found = stage.expect(&["doctor"], 1);
        assert!(found.contains("timedatectl"), "{found}");
    }
    for act in [&["serve", "--listen", "http://127.0.0.1:0"][..], acts[0]] {
        let said = text(&stage.run(act).stderr).to_string();
        assert!(said.contains("set the clock"), "{act:?}: {said}");
    }
    let (server, _) = stage.serve_saying(&["--accept-clock"], "serves");
    assert_eq!(server.ask("GET", "/health/live", "", "").0, 200);
    stage.expect(&["user", "list"], 0);
    assert_eq!(server.stop("-TERM"), Some(0));
    // Once is enough: what was logged before it was accepted counts no more.
    let (again, _) = stage.serve_saying(&[], "serves");
    assert_eq!(again.stop("-TERM"), Some(0));
    stage.expect(&["audit", "verify"], 0);
    let report = stage.expect(&["audit", "report", "all", "--json"], 0);
    let accepted = report.matches("system clock set back").count();
    assert_eq!(accepted, 1, "{report}");
}

#[tokio::test]
async fn r6_when_the_clock_goes_back_tokens_stay_ended_and_the_logs_times_go_on() {
    let wall = Arc::new(ManualClock::new(Instant::from_millis(1_795_314_068_000)));
    let passed = Arc::new(AtomicI64::new(0));
    let ticks = Arc::clone(&passed);
    let steady = SteadyClock::new(wall.clone(), Box::new(move || ticks.load(Ordering::SeqCst)));
    let server = Server::by(References::Enforced, Arc::new(steady)).await;
    let later = |real: i64, wrong: i64| {
        passed.fetch_add(real, Ordering::SeqCst);
        wall.advance_millis(real + wrong);
    };
    let hour = 3_600_000;
    assert_eq!(server.get("/Patient").await.status, 200);
    later(2 * hour, 0);
    assert_eq!(server.get("/Patient").await.status, 401, "it ended");
    later(0, -30 * hour);
    assert_eq!(server.get("/Patient").await.status, 401, "and stays ended");
    let token = server.client("system/*.rs", None).await;
    let ask = || server.ask(http::Method::GET, "/Patient").token(&token);
    assert_eq!(ask().send().await.status, 200);
    later(hour + 1000, 0);
    assert_eq!(
        ask().send().await.status,
        401,
        "nothing lasts longer by a wrong clock"
    );
    let mut last = 0;
    for seq in 1.. {
        let Some(proof) = server.store.audit_proof(seq).unwrap() else {
            break;
        };
        assert!(
            proof.at >= last,
            "entry {seq} is of before the one before it"
        );
        last = proof.at;
    }
    assert!(last >= 1_795_314_068_000 + 2 * hour);
}

const FILES: [&str; 2] = ["record.db", "audit.db"];

/// Two installations: one writes a log, the other is its witness.
fn check_witness(attack: impl Fn(&Stage), says: &str) {
    let (log, witness) = (filled(), filled());
    let keys = |stage: &Stage| stage.json(&["audit", "witness"], 0);
    let log_key = keys(&log)["logKey"].as_str().unwrap().to_owned();
    let config = format!("[audit]\nwitness_for = ['{log_key}']\n");
    fs::write(witness.data().join("aceso.toml"), config).unwrap();
    let server = witness.serve();
    let witness_key = keys(&witness)["witnessKey"].as_str().unwrap().to_owned();
    let config = format!(
        "[audit]\nwitnesses = ['http://{}/witness {witness_key}']\n",
        server.address
    );
    fs::write(log.data().join("aceso.toml"), config).unwrap();
    settle(&log);
    for file in FILES {
        fs::copy(log.data().join(file), log.dir.join(file)).unwrap();
    }
    for round in 0..3 {
        log.token(&format!("a{round}"), "system/*.rs");
        let said = log.json(&["audit", "witness", "--now"], 0);
        let size = said["witnesses"][0]["size"].as_u64().unwrap();
        assert!(
            size > 1 && !said["witnesses"][0]["objects"].as_bool().unwrap(),
            "{said}"
        );
    }
    log.expect(&["doctor"], 1);
    assert_eq!(state(&log, "audit-witness"), "met");
    attack(&log);
    let out = log.run(&["audit", "witness", "--now"]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stderr));
    assert!(
        text(&out.stderr).contains("objects"),
        "{}",
        text(&out.stderr)
    );
    let found = log.json(&["doctor"], 1).to_string();
    assert!(found.contains(says), "{found}");
    assert_eq!(state(&log, "audit-witness"), "failed");
    drop(server);
}

fn state(stage: &Stage, check: &str) -> String {
    let doctor = stage.json(&["doctor"], 1);
    let checks = doctor["checks"].as_array().unwrap();
    let one = checks.iter().find(|c| c["id"] == check).unwrap();
    one["state"].as_str().unwrap().to_owned()
}

/// These files of before, as if nothing had happened since.
fn restore(log: &Stage, files: &[&str]) {
    for file in files {
        fs::copy(log.dir.join(file), log.data().join(file)).unwrap();
    }
    let _ = fs::remove_file(log.data().join("audit.head"));
}

#[test]
fn asvs_16_4_3_a_log_that_was_cut_is_found_by_its_witness() {
    check_witness(|log| restore(log, &FILES), "the log was cut");
}

#[test]
fn asvs_16_4_3_a_log_that_was_rewritten_is_found_by_its_witness() {
    let rewrite = |log: &Stage| {
        restore(log, &["audit.db"]);
        // Longer than the true one, by whoever has all its keys.
        for n in 0..12 {
            log.token(&format!("forged{n}"), "system/*.rs");
        }
    };
    check_witness(rewrite, "does not begin with what it cosigned");
}

#[test]
fn a_witness_cosigns_for_those_it_was_told_of_and_nobody_else() {
    let (log, other) = (filled(), filled());
    let key = log.json(&["audit", "witness"], 0);
    let config = format!(
        "[audit]\nwitness_for = ['{}']\n",
        key["logKey"].as_str().unwrap()
    );
    let witness = filled();
    let closed = witness.serve();
    assert_eq!(
        closed
            .ask("POST", "/witness/add-checkpoint", "", "old 0\n\nx")
            .0,
        404
    );
    closed.stop("-TERM");
    fs::write(witness.data().join("aceso.toml"), config).unwrap();
    let server = witness.serve();
    let ask = |body: &str| server.ask("POST", "/witness/add-checkpoint", "", body);
    let head = |stage: &Stage| stage.expect(&["audit", "head"], 0);
    let (status, _, line) = ask(&format!("old 0\n\n{}", head(&log)));
    assert_eq!(status, 200);
    assert!(line.starts_with("— aceso-audit-"), "{line}");
    assert_eq!(
        ask(&format!("old 0\n\n{}", head(&other))).0,
        404,
        "of another log"
    );
    let forged = head(&log).replacen("\n1\n", "\n2\n", 1);
    assert_eq!(ask(&format!("old 1\n\n{forged}")).0, 403);
    let (status, _, size) = ask(&format!("old 0\n\n{}", head(&log)));
    assert_eq!(
        (status, size.as_str()),
        (409, "1\n"),
        "it has seen one entry"
    );
    assert_eq!(ask("no checkpoint").0, 400);
    assert_eq!(server.ask("GET", "/witness/add-checkpoint", "", "").0, 405);
}
