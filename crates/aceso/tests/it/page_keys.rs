//! The pages come under a new key beside a running server: under load, killed in the middle, on a small disk.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::keys::{fill, patient};
use crate::load::{Load, PATIENTS};
use crate::small::Small;
use crate::stage::{Stage, text};
use crate::wire::Wire;

/// The number of the page key, and whether another was begun.
fn page_key(stage: &Stage) -> (u64, bool) {
    let status = stage.json(&["key", "status"], 0);
    let keyring = status["keyring"].as_array().unwrap();
    let find = |name: &str| keyring.iter().find(|key| key["name"] == name);
    let number = find("pages").unwrap()["version"].as_u64().unwrap();
    (number, find("pages, begun").is_some())
}

#[test]
fn asvs_13_3_4_pages_come_under_a_new_key_under_load_without_an_error() {
    let stage = Stage::new();
    fill(&stage, PATIENTS);
    let token = stage.token("load", "system/*.cruds");
    let server = stage.serve_with(Stdio::null());
    let load = Load::beside(&server.address, &token, || {
        for number in [2, 3] {
            let done = stage.json(&["key", "rotate", "--pages"], 0);
            assert_eq!(done, json!({ "version": number }));
        }
    });
    assert_eq!(server.stop("-TERM"), Some(0));
    assert_eq!(page_key(&stage), (3, false));
    assert_eq!(stage.json(&["verify"], 0)["findings"], json!([]));
    for left in [
        "record.db.next",
        "record.db.whole",
        "audit.db.next",
        "audit.db.whole",
        "pages.asked",
    ] {
        assert!(!stage.data().join(left).exists(), "{left}");
    }
    eprintln!("figure: pages under a new key twice beside {load}");
}

#[test]
fn a_new_page_key_is_all_that_the_command_speaks_of() {
    let stage = Stage::new();
    fill(&stage, 3);
    let done = stage.command(&["key", "rotate", "--pages"]).output();
    let done = done.unwrap();
    assert_eq!(
        (text(&done.stdout).trim(), text(&done.stderr).trim()),
        ("all pages are under a new key, version 2", "")
    );
}

/// What is seen in the data directory when the server is killed.
type Moment = fn(&Path, u64) -> bool;

fn inode(data: &Path, name: &str) -> u64 {
    std::fs::metadata(data.join(name)).map_or(0, |about| about.ino())
}

const MOMENTS: [(&str, Moment); 5] = [
    ("asked", |data, _| data.join("pages.asked").exists()),
    ("record copied", |data, _| {
        data.join("record.db.next").exists()
    }),
    ("record whole", |data, _| {
        data.join("record.db.whole").exists()
    }),
    ("record exchanged", |data, before| {
        inode(data, "record.db") != before
    }),
    ("log copied", |data, _| data.join("audit.db.next").exists()),
];

fn ask(stage: &Stage) -> Child {
    let mut command = stage.command(&["key", "rotate", "--pages"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Writes until the server is gone; answers what was acknowledged.
fn write_on(address: &str, token: &str, round: usize) -> Vec<String> {
    let mut wire = Wire::open(address, token).unwrap();
    let mut kept = Vec::new();
    for n in 0.. {
        let id = format!("r{round}-{n}");
        let path = format!("/fhir/Patient/{id}");
        match wire.ask("PUT", &path, &[], &patient(&id, "Kept")) {
            Ok(reply) => {
                assert_eq!(reply.status, 201, "{}", reply.text());
                kept.push(id);
            }
            Err(_) => break,
        }
    }
    kept
}

#[test]
fn a_server_killed_while_pages_come_under_a_new_key_has_lost_nothing_that_it_acknowledged() {
    let stage = Stage::new();
    fill(&stage, PATIENTS);
    let token = stage.token("writer", "system/*.cruds");
    let data = stage.data();
    let mut kept: Vec<String> = Vec::new();
    let mut seen = Vec::new();
    for (round, (name, moment)) in MOMENTS.iter().enumerate() {
        let mut server = stage.serve_with(Stdio::null());
        let before = inode(&data, "record.db");
        let done = page_key(&stage).0;
        let mut asking = ask(&stage);
        let wrote = thread::scope(|scope| {
            let (address, token) = (server.address.clone(), &token);
            let writing = scope.spawn(move || write_on(&address, token, round));
            // What is over too soon to be seen is killed afterwards.
            while asking.try_wait().unwrap().is_none() {
                if moment(&data, before) {
                    seen.push(*name);
                    break;
                }
                thread::sleep(Duration::from_micros(200));
            }
            let _ = server.child.kill();
            let _ = server.child.wait();
            writing.join().unwrap()
        });
        let _ = asking.kill();
        let _ = asking.wait();
        kept.extend(wrote);
        let report = stage.json(&["verify"], 0);
        assert_eq!(report["findings"], json!([]), "{name}");
        // One that was not acknowledged may be there.
        let there = report["resources"].as_u64().unwrap();
        let least = u64::from(PATIENTS) + u64::try_from(kept.len()).unwrap();
        assert!(there >= least, "{name}: {there} of {least}");
        stage.expect(&["key", "rotate", "--pages"], 0);
        assert!(page_key(&stage).0 > done, "{name}");
    }
    let server = stage.serve_with(Stdio::null());
    let mut wire = Wire::open(&server.address, &token).unwrap();
    for id in &kept {
        let path = format!("/fhir/Patient/{id}");
        assert_eq!(
            wire.ask("GET", &path, &[], &[]).unwrap().status,
            200,
            "{id}"
        );
    }
    assert!(!kept.is_empty());
    eprintln!(
        "figure: killed when {}; {} writes kept",
        seen.join(", "),
        kept.len()
    );
}

#[test]
fn pages_stay_as_they_are_where_a_copy_has_no_room() {
    let stage = Stage::new();
    let Some(_small) = Small::mount(&stage.data()) else {
        return;
    };
    let token = stage.token("writer", "system/*.cruds");
    let refused = || {
        let out = stage.run(&["key", "rotate", "--pages"]);
        let said = text(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{said}");
        assert!(said.contains("more room on the disk"), "{said}");
    };
    refused();
    let server = stage.serve_with(Stdio::null());
    refused();
    let mut wire = Wire::open(&server.address, &token).unwrap();
    let reply = wire
        .ask("PUT", "/fhir/Patient/a", &[], &patient("a", "A"))
        .unwrap();
    assert_eq!(reply.status, 201, "{}", reply.text());
    drop(wire);
    assert_eq!(server.stop("-TERM"), Some(0));
    assert_eq!(page_key(&stage), (1, true));
    let report: Value = stage.json(&["verify"], 0);
    assert_eq!(report["findings"], json!([]));
}
