//! What is written between two backups: a machine that is lost costs no more than the last piece of the log.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::backup::{Clinic, at, exported, patient, verified};
use crate::stage::{Stage, name, text};

/// The pieces of the log in the repository, oldest first.
fn pieces(clinic: &Clinic) -> Vec<Value> {
    let rows = clinic.stage.json(&["backup", "list"], 0);
    let rows = rows.as_array().unwrap().iter();
    rows.filter(|row| row["series"] == "log").cloned().collect()
}

fn now() -> String {
    // FHIR instants sort as their texts do.
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}

/// Restores from the repository alone, on another machine.
fn elsewhere(clinic: &Clinic, more: &[&str]) -> (Stage, Value) {
    let other = Stage::new();
    let (repository, password) = (clinic.repository(), clinic.password());
    let to = other.data();
    let args = [
        "backup",
        "restore",
        "--to",
        name(&to),
        "--repository",
        name(&repository),
    ];
    let args = [&args[..], &["--password-file", name(&password)], more].concat();
    // The command's own data directory is another one than what it restores.
    let out = at(&other.dir.join("none"), &[&args[..], &["--json"]].concat());
    assert!(out.status.success(), "{}", text(&out.stderr));
    clinic.give_key(&to);
    (other, serde_json::from_slice(&out.stdout).unwrap())
}

#[test]
fn hn4_a_machine_that_is_lost_costs_no_more_than_what_was_not_added_yet() {
    let clinic = Clinic::new("log_seconds = 1");
    let token = clinic.stage.token("writer", "system/*.cruds");
    let mut server = clinic.stage.serve();
    let (stop, acknowledged) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 1000;
            while !stop.load(Ordering::Relaxed) {
                let body = patient(number, "During").to_string();
                let (status, _, said) =
                    server.ask("PUT", &format!("/fhir/Patient/p{number}"), &token, &body);
                assert_eq!(status, 201, "{said}");
                acknowledged.lock().unwrap().push((number, now()));
                number += 1;
            }
        });
        while pieces(&clinic).len() < 4 {
            thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
    });
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let newest = pieces(&clinic).last().unwrap()["at"]
        .as_str()
        .unwrap()
        .to_owned();
    let lost = clinic.stage.dir.join("lost");
    std::fs::rename(clinic.stage.data(), &lost).unwrap();
    std::fs::rename(
        clinic.stage.dir.join("data.patient-keys"),
        clinic.stage.dir.join("lost.patient-keys"),
    )
    .unwrap();
    clinic.give_key(&lost);
    let (other, done) = elsewhere(&clinic, &[]);
    assert_eq!(done["at"], newest.as_str());
    assert!(done["logPieces"].as_u64().unwrap() >= 4, "{done}");
    let patients = exported(&other.data(), "Patient");
    let acknowledged = acknowledged.into_inner().unwrap();
    let before: Vec<_> = acknowledged.iter().filter(|(_, at)| *at < newest).collect();
    assert!(before.len() > 10, "{}", before.len());
    for (number, _) in before {
        assert!(
            patients.contains(&format!("\"During{number}\"")),
            "{number} was acknowledged before {newest}"
        );
    }
    verified(&other.data());
    // The log that was lost begins with the one that came back, and that one has all that its last piece says.
    let head = clinic
        .stage
        .file("head", done["auditHead"].as_str().unwrap());
    for data in [&lost, &other.data()] {
        let out = at(data, &["audit", "verify", "--head", name(&head)]);
        assert!(
            out.status.success(),
            "{}{}",
            text(&out.stdout),
            text(&out.stderr)
        );
    }
}

#[test]
fn hn4_a_restore_to_a_time_between_two_backups_brings_what_was_there_then() {
    let clinic = Clinic::new("log_seconds = 1");
    let token = clinic.stage.token("writer", "system/*.cruds");
    let server = clinic.stage.serve();
    let put = |family: &str| {
        let body = patient(7, family).to_string();
        let (status, _, said) = server.ask("PUT", "/fhir/Patient/p7", &token, &body);
        assert!([200, 201].contains(&status), "{said}");
        let written = now();
        // A piece that was begun after.
        loop {
            let found = pieces(&clinic);
            let after = found
                .iter()
                .find(|p| p["at"].as_str().unwrap() > written.as_str());
            if let Some(piece) = after {
                return piece.clone();
            }
            thread::yield_now();
        }
    };
    let first = put("First");
    put("Second");
    // A backup by hand beside the server does not end its log.
    clinic.back_up();
    let third = put("Third");
    let time = ["--at", first["at"].as_str().unwrap()];
    let (then, _) = elsewhere(&clinic, &time);
    assert!(exported(&then.data(), "Patient").contains("First7"));
    verified(&then.data());
    let id = ["--snapshot", &third["snapshot"].as_str().unwrap()[..16]];
    let (named, _) = elsewhere(&clinic, &id);
    assert!(exported(&named.data(), "Patient").contains("Third7"));
    let done = clinic.stage.json(&["backup", "drill"], 0);
    assert_eq!(done["wrong"], json!([]));
    assert_eq!(server.stop("-TERM"), Some(0));
    // A piece that is missing: nothing after it is offered, and nothing is made up.
    let doctor: Value =
        serde_json::from_slice(&clinic.stage.run(&["doctor", "--json"]).stdout).unwrap();
    assert!(
        !doctor.to_string().contains("would cost what was written"),
        "{doctor}"
    );
    assert_eq!(
        clinic.stage.json(&["backup", "verify"], 0)["wrong"],
        json!([])
    );
}

#[test]
fn hn4_pieces_wait_for_a_repository_that_is_away_and_come_when_it_is_back() {
    let clinic = Clinic::new("log_seconds = 1");
    let server = clinic.stage.serve();
    while pieces(&clinic).is_empty() {
        thread::yield_now();
    }
    let away = clinic.stage.dir.join("away");
    let spool = clinic.stage.dir.join("data.backup-log");
    std::fs::rename(clinic.repository(), &away).unwrap();
    while std::fs::read_dir(&spool).unwrap().count() < 3 {
        thread::yield_now();
    }
    std::fs::rename(&away, clinic.repository()).unwrap();
    while std::fs::read_dir(&spool).unwrap().count() > 1 {
        thread::yield_now();
    }
    assert_eq!(server.stop("-TERM"), Some(0));
    let found = pieces(&clinic);
    let (other, done) = elsewhere(&clinic, &[]);
    assert_eq!(done["logPieces"], found.len(), "none is missing");
    verified(&other.data());
}

#[test]
fn hn4_a_server_that_stopped_in_order_goes_on_with_its_log_and_any_other_start_begins_anew() {
    let clinic = Clinic::new("log_seconds = 1");
    let token = clinic.stage.token("writer", "system/*.cruds");
    let backups = || {
        let rows = clinic.stage.json(&["backup", "list"], 0);
        let rows = rows.as_array().unwrap().iter();
        rows.filter(|row| row["series"] == "record").count()
    };
    // Serves until something new is in the repository.
    let serve = |number: u32| {
        let server = clinic.stage.serve();
        let body = patient(number, "Kept").to_string();
        let (status, _, said) =
            server.ask("PUT", &format!("/fhir/Patient/p{number}"), &token, &body);
        assert_eq!(status, 201, "{said}");
        let written = now();
        while !(pieces(&clinic).iter()).any(|p| p["at"].as_str().unwrap() > written.as_str()) {
            thread::yield_now();
        }
        server
    };
    assert_eq!(serve(9001).stop("-TERM"), Some(0));
    assert_eq!(backups(), 1);
    for number in 9002..9006 {
        assert_eq!(serve(number).stop("-TERM"), Some(0));
        assert_eq!(backups(), 1, "{number}");
    }
    let (other, _) = elsewhere(&clinic, &[]);
    let patients = exported(&other.data(), "Patient");
    for number in 9001..9006 {
        assert!(patients.contains(&format!("\"Kept{number}\"")), "{number}");
    }
    verified(&other.data());
    // Somebody wrote while no server ran.
    clinic.stage.token("other", "system/*.rs");
    let mut server = serve(9006);
    assert_eq!(backups(), 2);
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let server = serve(9007);
    assert_eq!(backups(), 3, "what was killed left nothing");
    assert_eq!(server.stop("-TERM"), Some(0));
    let (other, _) = elsewhere(&clinic, &[]);
    assert!(exported(&other.data(), "Patient").contains("\"Kept9007\""));
    verified(&other.data());
}
