//! The keys as operators meet them: each source, rotation under load, kills in the middle, shares, what a copy of the
//! directory, the log or a core dump gives away.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::load::{Load, PATIENTS};
use crate::softhsm::SoftHsm;
use crate::stage::{Stage, name, send, text};
use crate::wire::Wire;

const WORDS: &str = "correct horse battery staple";

fn secret(stage: &Stage, name: &str, text: &str) -> String {
    let path = stage.file(name, text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Writes the configuration where the program finds it.
fn configure(stage: &Stage, text: &str) {
    use std::os::unix::fs::DirBuilderExt;
    if !stage.data().exists() {
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(stage.data())
            .unwrap();
    }
    std::fs::write(stage.data().join("aceso.toml"), text).unwrap();
}

pub(crate) fn patient(id: &str, family: &str) -> Vec<u8> {
    let body = json!({"resourceType": "Patient", "id": id, "name": [{"family": family}],
        "identifier": [{"system": "http://mrn.example", "value": format!("MRN-{family}")}],
        "text": {"status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{family}</div>")}});
    serde_json::to_vec(&body).unwrap()
}

pub(crate) fn fill(stage: &Stage, patients: u32) {
    let lines: Vec<String> = (0..patients)
        .map(|n| text(&patient(&format!("p{n}"), &format!("Name{n}"))))
        .collect();
    let file = stage.file("patients.ndjson", lines.join("\n"));
    stage.expect(&["import", name(&file)], 0);
}

fn refusal(stage: &Stage, args: &[&str]) -> String {
    let out = stage.run(args);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stdout));
    text(&out.stderr)
}

fn check_refused(stage: &Stage, args: &[&str], why: &str) {
    let said = refusal(stage, args);
    assert!(said.contains(why), "{args:?}: {said}");
}

#[test]
fn a_missing_or_wrong_key_is_told_and_nothing_is_made_beside() {
    let stage = Stage::new();
    fill(&stage, 2);
    let key = stage.dir.join("data.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    check_refused(&stage, &["serve"], "is missing");
    assert!(!key.exists());
    std::fs::write(&key, "bm90IGEga2V5\n").unwrap();
    check_refused(&stage, &["serve"], "can be read by others");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    check_refused(&stage, &["serve"], "does not hold a key");
    std::fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    check_refused(&stage, &["serve"], "give the key of this record");
    std::fs::write(&key, &kept).unwrap();
    configure(&stage, "[root_key]\nsource = 'passphrase'\n");
    check_refused(&stage, &["serve"], "root_key.source = \"keyfile\"");
    configure(&stage, "");
    let elsewhere = stage.dir.join("elsewhere");
    std::fs::rename(stage.data(), &elsewhere).unwrap();
    check_refused(&stage, &["user", "list"], "no record");
    check_refused(
        &stage,
        &["serve", "--listen", "http://127.0.0.1:0"],
        "is the disk mounted",
    );
    assert!(!stage.data().join("record.db").exists());
    let _ = std::fs::remove_dir_all(stage.data());
    std::fs::rename(&elsewhere, stage.data()).unwrap();
    std::fs::set_permissions(stage.data(), std::fs::Permissions::from_mode(0o755)).unwrap();
    check_refused(&stage, &["key", "status"], "chmod 700");
    std::fs::set_permissions(stage.data(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let status = stage.json(&["key", "status"], 0);
    assert_eq!(status["root"]["source"], "keyfile");
    assert_eq!(status["settled"], true);
}

#[test]
fn a_record_under_a_passphrase_opens_with_it_alone() {
    let stage = Stage::new();
    let right = secret(&stage, "right", &format!("{WORDS}\n"));
    let wrong = secret(&stage, "wrong", "incorrect horse battery staple\n");
    let short = secret(&stage, "short", "too short\n");
    configure(&stage, "[root_key]\nsource = 'passphrase'\n");
    let list = |file: &str| ["user", "list", "--passphrase-file", file].map(str::to_owned);
    let short = list(&short);
    let add = [
        "client",
        "add",
        "x",
        "--scopes",
        "system/*.rs",
        "--passphrase-file",
        &short[3],
    ];
    check_refused(&stage, &add, "at least 20 characters");
    assert!(!stage.data().join("record.db").exists());
    stage.expect(
        &[
            "client",
            "add",
            "x",
            "--scopes",
            "system/*.rs",
            "--passphrase-file",
            &right,
        ],
        0,
    );
    assert!(!stage.dir.join("data.key").exists());
    stage.expect(&["client", "list", "--passphrase-file", &right], 0);
    check_refused(
        &stage,
        &["client", "list", "--passphrase-file", &wrong],
        "is not the one",
    );
    check_refused(&stage, &["client", "list"], "--passphrase-file");
    // As systemd hands it over.
    let credentials = stage.dir.join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join("aceso-passphrase"), WORDS).unwrap();
    let mut command = stage.command(&["key", "status", "--json"]);
    let out = command
        .env("CREDENTIALS_DIRECTORY", &credentials)
        .output()
        .unwrap();
    let status: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(status["root"]["source"], "passphrase");
}

#[test]
fn a_record_moves_from_a_key_file_to_a_token_and_back_beside_a_running_server() {
    let Some(token) = SoftHsm::new("clinic") else {
        return;
    };
    let stage = Stage::new();
    fill(&stage, 3);
    let reader = stage.token("reader", "system/*.cruds");
    let server = stage.serve_with(Stdio::null());
    let pin = secret(&stage, "pin", &format!("{}\n", token.pin));
    let module = token.module.to_str().unwrap();
    let run = |args: &[&str]| token.with(&mut stage.command(args)).output().unwrap();
    let rewrap = [
        "key",
        "rewrap",
        "--to",
        "pkcs11",
        "--module",
        module,
        "--token",
        "clinic",
        "--pin-file",
        &pin,
    ];
    let out = run(&rewrap);
    assert!(out.status.success(), "{}", text(&out.stderr));
    // The server has its keys and goes on.
    let mut wire = Wire::open(&server.address, &reader).unwrap();
    let reply = wire
        .ask("PUT", "/fhir/Patient/new", &[], &patient("new", "New"))
        .unwrap();
    assert_eq!(reply.status, 201, "{}", reply.text());
    drop(wire);
    assert_eq!(server.stop("-TERM"), Some(0));
    check_refused(&stage, &["key", "status"], "root_key.source = \"pkcs11\"");
    // The key file is of no use any more.
    let settings = format!(
        "[root_key]\nsource = 'pkcs11'\nmodule = '{module}'\ntoken = 'clinic'\npin_file = '{pin}'\n"
    );
    configure(&stage, &settings);
    std::fs::remove_file(stage.dir.join("data.key")).unwrap();
    let out = run(&["verify", "--json"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let status: Value = serde_json::from_slice(&run(&["key", "status", "--json"]).stdout).unwrap();
    assert_eq!(status["root"]["source"], "pkcs11");
    let wrong_pin = secret(&stage, "wrongpin", "0000\n");
    configure(&stage, &settings.replace(&pin, &wrong_pin));
    let out = run(&["verify"]);
    assert!(
        text(&out.stderr).contains("does not take the PIN"),
        "{}",
        text(&out.stderr)
    );
    configure(&stage, &settings.replace("'clinic'", "'other'"));
    let out = run(&["verify"]);
    assert!(
        text(&out.stderr).contains("no token \"other\""),
        "{}",
        text(&out.stderr)
    );
    configure(&stage, &settings.replace(module, "/nonexistent.so"));
    let out = run(&["verify"]);
    assert!(
        text(&out.stderr).contains("/nonexistent.so"),
        "{}",
        text(&out.stderr)
    );
    configure(&stage, &settings);
    token.forget_keys();
    let out = run(&["verify"]);
    assert!(
        text(&out.stderr).contains("does not hold the key"),
        "{}",
        text(&out.stderr)
    );
}

#[test]
fn three_shares_of_five_give_a_lost_key_back() {
    let stage = Stage::new();
    fill(&stage, 2);
    let printed = stage.expect(&["key", "shares"], 0);
    let shares: Vec<&str> = printed
        .lines()
        .filter(|l| l.matches('-').count() == 15)
        .collect();
    assert_eq!(shares.len(), 5, "{printed}");
    let three = secret(
        &stage,
        "three",
        &[shares[4], shares[1], shares[2]].join("\n"),
    );
    let two = secret(&stage, "two", &shares[..2].join("\n"));
    let is_tested = || {
        let out = stage.run(&["doctor", "--json"]);
        let judged: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let all = judged["checks"].as_array().unwrap();
        let one = all.iter().find(|c| c["id"] == "recovery-shares").unwrap();
        one["state"] == "met"
    };
    assert!(!is_tested(), "nobody joined them yet");
    stage.expect(&["key", "shares", "--check", "--shares", &three], 0);
    assert!(is_tested());
    check_refused(
        &stage,
        &["key", "shares", "--check", "--shares", &two],
        "three different shares",
    );
    let key = stage.dir.join("data.key");
    let before = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    check_refused(
        &stage,
        &["key", "recover", "--shares", &two],
        "three different shares",
    );
    stage.expect(&["key", "recover", "--shares", &three], 0);
    assert_eq!(std::fs::read(&key).unwrap(), before);
    stage.expect(&["verify"], 0);
    // A new root key: the shares are of the old one.
    stage.expect(&["key", "rewrap", "--to", "keyfile"], 0);
    assert_ne!(std::fs::read(&key).unwrap(), before);
    stage.expect(&["verify"], 0);
    check_refused(
        &stage,
        &["key", "shares", "--check", "--shares", &three],
        "print new ones",
    );
    check_refused(
        &stage,
        &["key", "recover", "--shares", &three],
        "older than its last change of key",
    );
}

#[test]
fn asvs_13_3_4_keys_are_rotated_and_the_record_is_locked_anew_under_load_without_an_error() {
    let stage = Stage::new();
    fill(&stage, PATIENTS);
    let token = stage.token("load", "system/*.cruds");
    let server = stage.serve_with(Stdio::null());
    let load = Load::beside(&server.address, &token, || {
        for _ in 0..2 {
            let rotated = stage.json(&["key", "rotate"], 0);
            let sealed = rotated["sealed"].as_u64().unwrap();
            assert!(sealed >= PATIENTS.into(), "{rotated}");
            stage.expect(&["key", "rewrap", "--to", "keyfile"], 0);
        }
    });
    assert_eq!(server.stop("-TERM"), Some(0));
    let status = stage.json(&["key", "status"], 0);
    assert_eq!(
        (status["data"].as_array().unwrap().len(), &status["settled"]),
        (3, &json!(true))
    );
    assert_eq!(stage.json(&["verify"], 0)["findings"], json!([]));
    eprintln!("figure: rotated and locked anew twice beside {load}");
}

#[test]
fn a_kill_in_the_middle_of_a_change_of_keys_leaves_a_record_that_opens() {
    let stage = Stage::new();
    fill(&stage, 1200);
    for (round, pause) in [5_u64, 40, 90, 150, 220, 300, 30, 120]
        .into_iter()
        .enumerate()
    {
        let args: &[&str] = match round % 4 {
            0 | 2 => &["key", "rotate"],
            1 => &["key", "rewrap", "--to", "keyfile"],
            _ => &["key", "rotate", "--pages"],
        };
        let mut command = stage.command(args);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        thread::sleep(Duration::from_millis(pause));
        let _ = child.kill();
        child.wait().unwrap();
        let report = stage.json(&["verify"], 0);
        assert_eq!(report["findings"], json!([]), "round {round}");
        assert_eq!(report["resources"], 1200);
        // A change of the root key that was cut off before it began leaves its new file.
        let _ = std::fs::remove_file(stage.dir.join("data.key.new"));
    }
    stage.expect(&["key", "rotate", "--pages"], 0);
    stage.expect(&["key", "rotate"], 0);
    assert_eq!(stage.json(&["key", "status"], 0)["settled"], true);
    assert_eq!(stage.json(&["verify"], 0)["findings"], json!([]));
}

#[test]
fn g17_an_erasure_beside_a_running_server() {
    let stage = Stage::new();
    fill(&stage, 3);
    let token = stage.token("reader", "system/*.cruds");
    let server = stage.serve_with(Stdio::null());
    let mut wire = Wire::open(&server.address, &token).unwrap();
    assert_eq!(
        wire.ask("GET", "/fhir/Patient/p1", &[], &[])
            .unwrap()
            .status,
        200
    );
    let set = stage.json(
        &["hold", "set", "--patient", "p1", "--reason", "litigation"],
        0,
    );
    check_refused(
        &stage,
        &["erase", "--patient", "p1", "--decision", "Article 17"],
        "hold",
    );
    stage.expect(&["hold", "lift", set["id"].as_str().unwrap()], 0);
    let done = stage.json(
        &["erase", "--patient", "p1", "--decision", "Article 17(1)(b)"],
        0,
    );
    assert_eq!(
        (&done["state"], &done["resources"]),
        (&json!("done"), &json!(1))
    );
    assert_eq!(
        wire.ask("GET", "/fhir/Patient/p1", &[], &[])
            .unwrap()
            .status,
        404
    );
    let found = wire
        .ask("GET", "/fhir/Patient?family=Name1", &[], &[])
        .unwrap();
    assert!(found.text().contains("\"total\":0"), "{}", found.text());
    assert_eq!(
        wire.ask("GET", "/fhir/Patient/p2", &[], &[])
            .unwrap()
            .status,
        200
    );
    drop(wire);
    assert_eq!(server.stop("-TERM"), Some(0));
    assert_eq!(stage.json(&["verify"], 0)["findings"], json!([]));
    check_refused(
        &stage,
        &["erase", "--patient", "p1", "--decision", "again"],
        "not known",
    );
    assert_eq!(stage.json(&["erase"], 0).as_array().unwrap().len(), 1);
}

/// Every file below a directory that holds one of these.
fn holding(dir: &Path, marks: &[&str], seen: &mut Vec<String>) -> u64 {
    let mut looked_at = 0;
    for file in std::fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            looked_at += holding(&path, marks, seen);
            continue;
        }
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        looked_at += 1;
        for mark in marks {
            let utf16: Vec<u8> = mark.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for needle in [mark.as_bytes(), mark.to_lowercase().as_bytes(), &utf16] {
                if bytes.windows(needle.len()).any(|w| w == needle) {
                    seen.push(format!("{}: {mark}", path.display()));
                }
            }
        }
    }
    looked_at
}

#[test]
fn h5_seeded_patient_data_is_in_no_file_no_log_and_no_core_dump() {
    const MARKS: [&str; 4] = [
        "Xyzzymarkerson",
        "MRN-Xyzzymarkerson",
        "Plughnotetext",
        "555-0199-marker",
    ];
    let stage = Stage::new();
    let token = stage.token("writer", "system/*.cruds");
    let (log, temporary) = (stage.dir.join("data/log.txt"), stage.dir.join("data/tmp"));
    std::fs::create_dir(&temporary).unwrap();
    let mut command = stage.command(&["serve", "--listen", "http://127.0.0.1:0"]);
    command
        .env("TMPDIR", &temporary)
        .env("SQLITE_TMPDIR", &temporary)
        .current_dir(stage.data());
    std::fs::write(stage.data().join("aceso.toml"), "[log]\nlevel = 'trace'\n").unwrap();
    command
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap());
    let mut child = command.spawn().unwrap();
    let mut said = String::new();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut lines, &mut said).unwrap();
    let address = said
        .split_once("http://")
        .unwrap()
        .1
        .trim()
        .trim_end_matches("/fhir")
        .to_owned();
    let mut wire = Wire::open(&address, &token).unwrap();
    for n in 0..200 {
        let id = format!("m{n}");
        let mut body: Value = serde_json::from_slice(&patient(&id, MARKS[0])).unwrap();
        body["telecom"] = json!([{"system": "phone", "value": MARKS[3]}]);
        let body = serde_json::to_vec(&body).unwrap();
        let reply = wire
            .ask("PUT", &format!("/fhir/Patient/{id}"), &[], &body)
            .unwrap();
        assert_eq!(reply.status, 201, "{}", reply.text());
        let note = json!({"resourceType": "Observation", "status": "final", "code": {"text": MARKS[2]},
            "subject": {"reference": format!("Patient/{id}")}});
        let note = serde_json::to_vec(&note).unwrap();
        assert_eq!(
            wire.ask("POST", "/fhir/Observation", &[], &note)
                .unwrap()
                .status,
            201
        );
    }
    // What is wrong is not repeated in the log either, nor is what is searched for.
    let bad = json!({"resourceType": "Patient", "birthDate": MARKS[0], "nonsense": MARKS[2]});
    let reply = wire
        .ask(
            "POST",
            "/fhir/Patient",
            &[],
            &serde_json::to_vec(&bad).unwrap(),
        )
        .unwrap();
    assert_eq!(reply.status, 400);
    for query in [
        "Patient?family=Xyzzymarkerson&_sort=family",
        "Observation?code:text=Plughnotetext&_sort=-date",
    ] {
        let reply = wire
            .ask("GET", &format!("/fhir/{query}"), &[], &[])
            .unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(reply.text().contains("marker") || reply.text().contains("Plugh"));
    }
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits
        .lines()
        .find(|l| l.starts_with("Max core file size"))
        .unwrap();
    assert!(
        core.split_whitespace().skip(4).take(2).eq(["0", "0"]),
        "{core}"
    );
    // With everything in memory and in the write-ahead log.
    send("-ABRT", &child);
    let status = child.wait().unwrap();
    assert!(
        status.signal().is_some() && !status.core_dumped(),
        "{status:?}"
    );
    let mut seen = Vec::new();
    let looked_at = holding(&stage.data(), &MARKS, &mut seen);
    assert!(
        looked_at >= 5,
        "record, audit log, their write-ahead logs, the keyring, the log: {looked_at}"
    );
    assert!(stage.data().join("record.db-wal").exists());
    assert_eq!(seen, Vec::<String>::new());
    assert!(log.exists());
    let mut outside: Vec<&str> = Vec::new();
    let about = std::fs::read(stage.dir.join("data.patient-keys")).unwrap();
    outside.extend(
        MARKS
            .iter()
            .filter(|m| about.windows(m.len()).any(|w| w == m.as_bytes())),
    );
    assert!(outside.is_empty());
    std::fs::remove_file(stage.data().join("aceso.toml")).unwrap();
    assert_eq!(stage.json(&["verify"], 0)["findings"], json!([]));
}
