//! Backups as operators meet them: made beside a running server, judged by Debian's restic, brought back whole, to a point
//! in time, and for one patient; and what wrong, broken and hostile input gets.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::stage::{Stage, name, text};

/// A clinic with a repository.
pub(crate) struct Clinic {
    pub(crate) stage: Stage,
}

impl Clinic {
    pub(crate) fn new(more: &str) -> Self {
        let clinic = Self {
            stage: Stage::new(),
        };
        clinic.fill(12, "Old");
        clinic.configure(more);
        clinic.stage.expect(&["backup", "init"], 0);
        clinic
    }

    pub(crate) fn configure(&self, more: &str) {
        let text = format!(
            "[backup]\nrepository = '{}'\n{more}\n",
            self.repository().display()
        );
        std::fs::write(self.stage.data().join("aceso.toml"), text).unwrap();
    }

    pub(crate) fn fill(&self, patients: u32, family: &str) {
        let lines: Vec<String> = (0..patients)
            .flat_map(|n| [patient(n, family).to_string(), pulse(n).to_string()])
            .collect();
        let file = self.stage.file("patients.ndjson", lines.join("\n"));
        self.stage.expect(&["import", name(&file)], 0);
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.stage.dir.join("repository")
    }

    pub(crate) fn password(&self) -> PathBuf {
        self.stage.dir.join("data.backup-key")
    }

    pub(crate) fn back_up(&self) -> Value {
        self.stage.json(&["backup", "run"], 0)
    }

    /// Restores into this directory of the stage, and gives it the root key.
    fn restore(&self, to: &str, more: &[&str]) -> PathBuf {
        let to = self.stage.dir.join(to);
        let args = [&["backup", "restore", "--to", name(&to)], more].concat();
        self.stage.expect(&args, 0);
        self.give_key(&to);
        to
    }

    pub(crate) fn give_key(&self, to: &Path) {
        let mut key = to.as_os_str().to_owned();
        key.push(".key");
        std::fs::copy(self.stage.dir.join("data.key"), key).unwrap();
    }

    pub(crate) fn refused(&self, args: &[&str], why: &str) {
        let out = self.stage.run(args);
        let said = text(&out.stderr);
        assert_eq!(
            out.status.code(),
            Some(1),
            "{args:?}: {}",
            text(&out.stdout)
        );
        assert!(said.contains(why), "{args:?}: {said}");
    }

    /// The files with packed data, the largest first.
    fn packs(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for dir in std::fs::read_dir(self.repository().join("data")).unwrap() {
            let files = std::fs::read_dir(dir.unwrap().path()).unwrap();
            found.extend(files.map(|f| f.unwrap().path()));
        }
        found.sort_by_key(|path| std::cmp::Reverse(path.metadata().unwrap().len()));
        found
    }

    fn delete(&self, names: &[String]) {
        let entries: Vec<Value> = names
            .iter()
            .map(|n| json!({"request": {"method": "DELETE", "url": n}}))
            .collect();
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
        let file = self.stage.file("delete.json", bundle.to_string());
        self.stage.expect(&["import", name(&file)], 0);
    }
}

pub(crate) fn patient(number: u32, family: &str) -> Value {
    json!({"resourceType": "Patient", "id": format!("p{number}"), "name": [{"family": format!("{family}{number}")}]})
}

fn pulse(number: u32) -> Value {
    json!({"resourceType": "Observation", "id": format!("o{number}"), "status": "final", "code": {"text": "pulse"},
        "subject": {"reference": format!("Patient/p{number}")}})
}

/// The program on another data directory.
pub(crate) fn at(data: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aceso"));
    command.args(args).arg("--data").arg(data).output().unwrap()
}

pub(crate) fn verified(data: &Path) -> Value {
    let out = at(data, &["verify", "--json"]);
    assert!(
        out.status.success(),
        "{}{}",
        text(&out.stdout),
        text(&out.stderr)
    );
    serde_json::from_slice(&out.stdout).unwrap()
}

/// One resource type of a data directory, a line each.
pub(crate) fn exported(data: &Path, kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let out = data.with_file_name(format!("export-{number}"));
    let done = at(data, &["export", name(&out)]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    std::fs::read_to_string(out.join(format!("{kind}.ndjson"))).unwrap_or_default()
}

/// Debian's restic; none, with a message, where it is not installed.
fn restic(clinic: &Clinic, args: &[&str]) -> Option<String> {
    let mut command = Command::new("restic");
    command.args(args).arg("--no-cache");
    command.env("RESTIC_REPOSITORY", clinic.repository());
    command.env("RESTIC_PASSWORD_FILE", clinic.password());
    let Ok(out) = command.output() else {
        aceso_testkit::absent("restic");
        return None;
    };
    assert!(
        out.status.success(),
        "{args:?}: {}{}",
        text(&out.stdout),
        text(&out.stderr)
    );
    Some(text(&out.stdout))
}

#[test]
fn ha7_a_backup_made_while_the_server_writes_is_checked_and_restored_by_restic() {
    let clinic = Clinic::new("every_hours = 0");
    let token = clinic.stage.token("writer", "system/*.cruds");
    let server = clinic.stage.serve();
    let (stop, written) = (AtomicBool::new(false), AtomicU32::new(0));
    let before = thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let number = 1000 + written.load(Ordering::Relaxed);
                let body = patient(number, "During").to_string();
                let (status, _, said) =
                    server.ask("PUT", &format!("/fhir/Patient/p{number}"), &token, &body);
                assert_eq!(status, 201, "{said}");
                written.fetch_add(1, Ordering::Relaxed);
            }
        });
        while written.load(Ordering::Relaxed) < 20 {
            thread::yield_now();
        }
        let before = written.load(Ordering::Relaxed);
        clinic.back_up();
        // A second one finds the first.
        let second = clinic.back_up();
        assert_eq!(second["alarms"], json!([]));
        stop.store(true, Ordering::Relaxed);
        before
    });
    assert_eq!(server.stop("-TERM"), Some(0));
    assert_eq!(
        clinic.stage.json(&["backup", "verify"], 0)["wrong"],
        json!([])
    );
    let ours = clinic.restore("ours", &[]);
    let report = verified(&ours);
    let patients = exported(&ours, "Patient");
    for number in 1000..1000 + before {
        assert!(
            patients.contains(&format!("\"During{number}\"")),
            "{number} was acknowledged before"
        );
    }
    let Some(said) = restic(&clinic, &["check", "--read-data"]) else {
        return;
    };
    assert!(said.contains("no errors were found"), "{said}");
    let theirs = clinic.stage.dir.join("theirs");
    for series in ["record", "keys"] {
        restic(
            &clinic,
            &[
                "restore",
                "latest",
                "--tag",
                series,
                "--target",
                name(&theirs),
            ],
        );
    }
    let data = theirs.join("data");
    for file in ["data", "data.patient-keys"] {
        let mode = if file == "data" { 0o700 } else { 0o600 };
        let about = std::fs::metadata(theirs.join(file)).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, mode, "{file}");
    }
    clinic.give_key(&data);
    assert_eq!(verified(&data)["resources"], report["resources"]);
    let dir = clinic.stage.dir.display().to_string();
    let config = std::fs::read_to_string(data.join("aceso.toml")).unwrap();
    assert!(config.contains(&dir));
}

#[test]
fn the_root_key_and_the_password_are_in_no_snapshot_and_nothing_is_readable_without_both() {
    let clinic = Clinic::new("every_hours = 0");
    clinic.back_up();
    let to = clinic.stage.dir.join("restored");
    clinic
        .stage
        .expect(&["backup", "restore", "--to", name(&to)], 0);
    let secrets = ["data.key", "data.backup-key"].map(|file| {
        let text = std::fs::read_to_string(clinic.stage.dir.join(file)).unwrap();
        text.trim().to_owned()
    });
    let mut files: Vec<PathBuf> = clinic.packs();
    files.extend(std::fs::read_dir(&to).unwrap().map(|f| f.unwrap().path()));
    files.push(clinic.stage.dir.join("restored.patient-keys"));
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        for secret in secrets.iter().map(String::as_str).chain(["Old7", "pulse"]) {
            let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "{} holds a secret", file.display());
        }
    }
    let out = at(&to, &["verify"]);
    assert!(
        text(&out.stderr).contains("is missing"),
        "{}",
        text(&out.stderr)
    );
    let wrong = clinic.stage.file("wrong", "ABCD-EFGH\n");
    std::fs::set_permissions(&wrong, std::fs::Permissions::from_mode(0o600)).unwrap();
    for command in ["list", "verify", "run", "drill"] {
        clinic.refused(
            &["backup", command, "--password-file", name(&wrong)],
            "password",
        );
    }
    let open = clinic.stage.file("open", "ABCD\n");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    clinic.refused(
        &["backup", "list", "--password-file", name(&open)],
        "can be read by others",
    );
}

#[test]
fn a_restore_goes_to_the_point_in_time_that_is_asked_for() {
    let clinic = Clinic::new("every_hours = 0");
    let first = clinic.back_up();
    clinic.fill(12, "New");
    let second = clinic.back_up();
    assert_ne!(first["snapshot"], second["snapshot"]);
    let rows = clinic.stage.json(&["backup", "list"], 0);
    let records = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["series"] == "record");
    assert_eq!(records.count(), 2);
    let then = clinic.restore("then", &["--at", first["at"].as_str().unwrap()]);
    assert!(exported(&then, "Patient").contains("Old3"));
    let named = clinic.restore(
        "named",
        &["--snapshot", &first["snapshot"].as_str().unwrap()[..8]],
    );
    assert!(exported(&named, "Patient").contains("Old3"));
    let newest = clinic.restore("newest", &[]);
    assert!(exported(&newest, "Patient").contains("New3"));
    clinic.refused(
        &[
            "backup",
            "restore",
            "--to",
            "x",
            "--at",
            "2020-01-01T00:00:00Z",
        ],
        "no snapshot of",
    );
    let yesterday = ["backup", "restore", "--to", "x", "--at", "yesterday"];
    clinic.stage.complains(&yesterday, 2, "a time is written");
    clinic.refused(
        &[
            "backup",
            "restore",
            "--to",
            "x",
            "--snapshot",
            "ffffffffffff",
        ],
        "backup list",
    );
    assert!(!clinic.stage.dir.join("x").exists());
}

#[test]
fn g17_who_was_erased_stays_erased_whatever_is_restored_and_wherever() {
    let clinic = Clinic::new("every_hours = 0");
    let first = clinic.back_up();
    let old_keys = std::fs::read(clinic.stage.dir.join("data.patient-keys")).unwrap();
    clinic.stage.expect(
        &[
            "erase",
            "--patient",
            "p3",
            "--decision",
            "Article 17, asked for in writing",
        ],
        0,
    );
    let then = ["--snapshot", first["snapshot"].as_str().unwrap()];
    // On this machine, though no backup knows of the erasure yet.
    let here = clinic.restore("here", &then);
    let patients = exported(&here, "Patient");
    assert!(
        !patients.contains("Old3\"") && patients.contains("Old4\""),
        "{patients}"
    );
    verified(&here);
    clinic.refused(
        &["backup", "restore", "--patient", "p3", then[0], then[1]],
        "was erased",
    );
    // On a new machine, from the repository alone; the copy of the keys of then is in it no more.
    clinic.back_up();
    let rows = clinic.stage.json(&["backup", "list"], 0);
    let keys = rows
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["series"] == "keys");
    assert_eq!(keys.count(), 1);
    let other = Stage::new();
    let (repository, password) = (clinic.repository(), clinic.password());
    let there = other.dir.join("restored");
    let args = [
        "backup",
        "restore",
        "--to",
        name(&there),
        "--repository",
        name(&repository),
        "--password-file",
        name(&password),
        then[0],
        then[1],
    ];
    other.expect(&args, 0);
    assert_ne!(
        std::fs::read(other.dir.join("restored.patient-keys")).unwrap(),
        old_keys
    );
    clinic.give_key(&there);
    let patients = exported(&there, "Patient");
    assert!(
        !patients.contains("Old3\"") && patients.contains("Old4\""),
        "{patients}"
    );
    verified(&there);
}

#[test]
fn one_patient_comes_back_as_one_transaction_that_the_log_shows() {
    let clinic = Clinic::new("every_hours = 0");
    clinic.back_up();
    let data = clinic.stage.data();
    clinic.delete(&[
        "Observation/o5".to_owned(),
        "Patient/p5".to_owned(),
        "Observation/o6".to_owned(),
    ]);
    let renamed = clinic
        .stage
        .file("renamed.json", patient(6, "Renamed").to_string());
    clinic.stage.expect(&["import", name(&renamed)], 0);
    let looked = clinic
        .stage
        .json(&["backup", "restore", "--patient", "p5", "--dry-run"], 0);
    assert_eq!(looked["restored"], 2);
    assert!(!exported(&data, "Patient").contains("Old5\""));
    let done = clinic
        .stage
        .json(&["backup", "restore", "--patient", "p5"], 0);
    assert_eq!(done["restored"], 2);
    assert!(exported(&data, "Patient").contains("Old5\""));
    assert!(exported(&data, "Observation").contains("\"o5\""));
    // What is there already is left alone, and so is everybody else.
    assert_eq!(
        clinic
            .stage
            .json(&["backup", "restore", "--patient", "p5"], 0)["restored"],
        0
    );
    assert!(!exported(&data, "Observation").contains("\"o6\""));
    // What was changed goes back only when that is asked for.
    let other = clinic
        .stage
        .json(&["backup", "restore", "--patient", "p6"], 0);
    assert_eq!(
        (
            &other["restored"],
            other["differ"].as_array().unwrap().len()
        ),
        (&json!(1), 2)
    );
    assert!(exported(&data, "Patient").contains("Renamed6"));
    clinic
        .stage
        .expect(&["backup", "restore", "--patient", "p6", "--changed"], 0);
    assert!(exported(&data, "Patient").contains("Old6\""));
    verified(&data);
    let report = clinic
        .stage
        .expect(&["audit", "report", "patient", "--patient", "p5"], 0);
    assert!(report.contains("operator"), "{report}");
    clinic.refused(
        &["backup", "restore", "--patient", "nobody"],
        "no Patient/nobody",
    );
}

#[test]
fn r7_what_is_torn_or_changed_in_a_repository_is_found_and_never_restored() {
    let clinic = Clinic::new("every_hours = 0");
    clinic.back_up();
    let pack = clinic.packs().remove(0);
    let whole = std::fs::read(&pack).unwrap();
    let restore = ["backup", "restore", "--to", "torn"];
    let check = |what: &str| {
        let out = clinic.stage.run(&["backup", "verify"]);
        assert_eq!(out.status.code(), Some(1), "{what}: {}", text(&out.stdout));
        let out = clinic.stage.run(&restore);
        assert_eq!(out.status.code(), Some(1), "{what}: {}", text(&out.stdout));
        assert!(!clinic.stage.dir.join("torn").exists(), "{what}");
        let out = clinic.stage.run(&["backup", "drill"]);
        assert_eq!(out.status.code(), Some(1), "{what}: {}", text(&out.stdout));
    };
    std::fs::set_permissions(&pack, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&pack, &whole[..whole.len() / 2]).unwrap();
    check("truncated");
    let mut flipped = whole.clone();
    flipped[whole.len() / 3] ^= 1;
    std::fs::write(&pack, &flipped).unwrap();
    check("a bit flipped");
    std::fs::remove_file(&pack).unwrap();
    check("missing");
    let doctor: Value =
        serde_json::from_slice(&clinic.stage.run(&["doctor", "--json"]).stdout).unwrap();
    assert!(
        doctor.to_string().contains("a restore does not work"),
        "{doctor}"
    );
    std::fs::write(&pack, &whole).unwrap();
    clinic.stage.expect(&["backup", "verify"], 0);
    clinic.stage.expect(&restore, 0);
}

#[test]
fn hn3_r14_a_drill_restores_checks_counts_compares_and_tells_the_time() {
    let clinic = Clinic::new("every_hours = 0");
    clinic.refused(&["backup", "drill"], "no snapshot yet");
    clinic.back_up();
    clinic.fill(3, "Later");
    let done = clinic.stage.json(&["backup", "drill"], 0);
    assert_eq!(
        (&done["resources"], &done["charts"]),
        (&json!(24), &json!(12))
    );
    assert_eq!(done["wrong"], json!([]));
    assert!(done["seconds"].as_f64().unwrap() < 72.0 * 3600.0);
    let doctor: Value =
        serde_json::from_slice(&clinic.stage.run(&["doctor", "--json"]).stdout).unwrap();
    let said = doctor.to_string();
    assert!(
        said.contains("restore-drill") && said.contains("72 h are allowed"),
        "{said}"
    );
    // A log that was begun anew is not the one that was backed up.
    let left = std::fs::read_dir(clinic.stage.dir.join("data.backup-work")).unwrap();
    for entry in left {
        let name = entry.unwrap().file_name();
        assert!(name == "lock" || name == "turns", "{name:?} is left");
    }
}

#[test]
fn a_restore_never_overwrites_and_one_that_was_cut_off_begins_anew() {
    let clinic = Clinic::new("every_hours = 0");
    clinic.back_up();
    let data = clinic.stage.data();
    clinic.refused(
        &["backup", "restore", "--to", name(&data)],
        "is there already",
    );
    let foreign = clinic.stage.dir.join("new.restoring");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("thesis.txt"), "mine").unwrap();
    clinic.refused(&["backup", "restore", "--to", "new"], "is in the way");
    assert!(foreign.join("thesis.txt").exists());
    std::fs::remove_dir_all(&foreign).unwrap();
    clinic.stage.file("new.patient-keys", "another record's");
    clinic.refused(&["backup", "restore", "--to", "new"], "of another record");
    std::fs::remove_file(clinic.stage.dir.join("new.patient-keys")).unwrap();
    // As a restore leaves it that was killed before its end.
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("a restore that is not ended"), "").unwrap();
    std::fs::write(foreign.join("half"), "half").unwrap();
    verified(&clinic.restore("new", &[]));
    assert!(!foreign.exists());
}

#[test]
fn backups_that_cannot_be_made_are_told_and_two_do_not_meet() {
    let clinic = Clinic::new("every_hours = 0");
    clinic.refused(&["backup", "init"], "there is a repository");
    let work = clinic.stage.dir.join("data.backup-work");
    clinic.back_up();
    let lock = std::fs::File::open(work.join("lock")).unwrap();
    lock.lock().unwrap();
    clinic.refused(&["backup", "run"], "another backup");
    drop(lock);
    let away = clinic.stage.dir.join("away");
    std::fs::rename(clinic.repository(), &away).unwrap();
    clinic.refused(&["backup", "run"], "no repository");
    std::fs::rename(&away, clinic.repository()).unwrap();
    let inside = clinic.stage.data().join("repository");
    clinic.refused(
        &["backup", "run", "--repository", name(&inside)],
        "inside the data directory",
    );
    // Somebody writes to every file that can be written to.
    std::fs::write(clinic.stage.data().join("canary"), "encrypted").unwrap();
    let out = clinic.stage.json(&["backup", "run"], 1);
    assert_eq!(out["alarms"][0]["place"], "canary");
    let doctor = text(&clinic.stage.run(&["doctor"]).stdout);
    assert!(doctor.contains("canary"), "{doctor}");
}

/// How much there is in a directory and below.
fn bytes_in(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return 0;
    };
    let size = |path: &Path| match path.metadata() {
        Ok(about) if about.is_dir() => bytes_in(path),
        about => about.map_or(0, |about| about.len()),
    };
    entries.map(|entry| size(&entry.unwrap().path())).sum()
}

#[test]
fn a_run_that_is_killed_leaves_a_repository_that_is_whole() {
    let clinic = Clinic::new("every_hours = 0");
    clinic.back_up();
    for round in 0..6_u64 {
        clinic.fill(3, &format!("Round{round}x"));
        let mut child = clinic.stage.command(&["backup", "run"]).spawn().unwrap();
        let patience = std::time::Duration::from_millis(150 * (round + 1));
        let (_kept, never) = std::sync::mpsc::channel::<()>();
        let _ = never.recv_timeout(patience);
        child.kill().unwrap();
        child.wait().unwrap();
        // The databases are read where they are.
        let copied = bytes_in(&clinic.stage.dir.join("data.backup-work"));
        let record = clinic.stage.data().join("record.db");
        let record = record.metadata().unwrap().len();
        assert!(copied * 4 < record, "{copied} of {record}");
    }
    clinic.stage.expect(&["backup", "verify"], 0);
    clinic.back_up();
    assert_eq!(bytes_in(&clinic.stage.dir.join("data.backup-work")), 0);
    verified(&clinic.restore("after", &[]));
}

#[test]
fn hn4_the_server_makes_backups_and_drills_of_its_own() {
    let clinic = Clinic::new("");
    let server = clinic.stage.serve();
    let made = || {
        let rows = clinic.stage.json(&["backup", "list"], 0);
        rows.as_array().unwrap().len()
    };
    while made() < 2 {
        thread::yield_now();
    }
    // It is noted right after it is there.
    while !text(&clinic.stage.run(&["doctor", "--json"]).stdout).contains("snapshot") {
        thread::yield_now();
    }
    assert_eq!(server.stop("-TERM"), Some(0));
}
