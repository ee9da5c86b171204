//! Updates as operators meet them: put in place beside a running server, refused on a copy, taken back, cut off.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aceso_base::SystemClock;
use aceso_policy::Role;
use aceso_store::{Settings, Store};
use aceso_supply::Schema;
use aceso_testkit::site::{account, newcomer};
use aceso_vault::RootKey;
use aceso_vault::password::{Cost, Hasher};
use serde_json::json;

use crate::releases::{Releases, described, free_port};
use crate::stage::{Server, Stage, name};

const PATIENT: &str =
    r#"{"resourceType":"Patient","id":"p1","name":[{"family":"Rossi","given":["Ada"]}]}"#;

fn stage() -> (Stage, Releases) {
    let stage = Stage::new();
    let backup = format!(
        "[backup]\nrepository = '{}'\nevery_hours = 0\ndrill_days = 0\n",
        stage.dir.join("backups").display()
    );
    let releases = Releases::new(&stage, &backup);
    let file = stage.file("p.ndjson", PATIENT);
    stage.expect(&["import", name(&file)], 0);
    stage.expect(&["backup", "init"], 0);
    (stage, releases)
}

fn schema() -> Schema {
    described(Path::new(env!("CARGO_BIN_EXE_aceso")))
}

/// Waits until this is so.
#[track_caller]
fn wait(what: &str, is: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn knows(server: &Server, token: &str) -> bool {
    let (status, _, body) = server.ask("GET", "/fhir/Patient/p1", token, "");
    status == 200 && body.contains("Rossi")
}

#[test]
fn a_release_is_tried_on_a_copy_and_a_running_server_goes_on_as_it() {
    let (stage, releases) = stage();
    let token = stage.token("a", "system/*.rs");
    releases.publish("0.2.0", "0.1.0");
    let server = releases.serve(&stage, free_port());
    assert_eq!(releases.runs(&server), "a/aceso");
    let said = releases.run(&stage, &["update", "check"], 0);
    assert!(
        said.contains("0.2.0 is there: what is new; 0.1.0 runs"),
        "{said}"
    );
    let said = releases.run(&stage, &["update", "apply"], 0);
    for step in ["signed", "backed up: snapshot", "on a copy", "0.2.0 serves"] {
        assert!(said.contains(step), "{step}: {said}");
    }
    // The same process, another program.
    assert_eq!(releases.runs(&server), "b/aceso");
    wait("it serves", || knows(&server, &token));
    let said = releases.run(&stage, &["update", "apply"], 0);
    assert!(said.contains("0.2.0 is the newest"), "{said}");
    let said = releases.run(&stage, &["update", "rollback"], 0);
    assert!(said.contains("0.1.0 is in place"), "{said}");
    wait("the one before is back", || {
        releases.runs(&server) == "a/aceso"
    });
    wait("it serves", || {
        std::net::TcpStream::connect(&server.address).is_ok() && knows(&server, &token)
    });
    assert_eq!(server.stop("-TERM"), Some(0));
    stage.expect(&["verify"], 0);
}

#[test]
fn a_release_that_fails_on_a_copy_changes_nothing() {
    let (stage, releases) = stage();
    for (version, program) in [
        ("0.2.0", "#!/bin/sh\necho 'no such page' >&2\nexit 1\n"),
        ("0.3.0", "not a program"),
        ("0.4.0", "#!/bin/sh\nkill -9 $$\n"),
    ] {
        releases.publish_this(version, "0.1.0", schema(), program.as_bytes());
        let said = releases.run(&stage, &["update", "apply"], 1);
        assert!(said.contains("nothing was changed"), "{said}");
        assert_eq!(releases.current(), "a");
        assert!(!releases.top().join("b").exists());
        assert!(!releases.top().join("next").exists());
    }
    stage.expect(&["verify"], 0);
}

#[test]
fn a_release_that_does_not_serve_is_taken_back_within_thirty_seconds_with_its_record() {
    let (stage, releases) = stage();
    let token = stage.token("a", "system/*.rs");
    // It says of itself that its schema is newer, and wrecks the record before it dies.
    let newer = Schema {
        record: schema().record + 1,
        ..schema()
    };
    let data = stage.data();
    let aside = stage.dir.join("data.before-update");
    let program = format!(
        "#!/bin/sh\n[ \"$1\" = serve ] || exit 0\nmkdir -p {aside}\ncp -r {data} {aside}/data\n\
         cp {data}.patient-keys {aside}/patient-keys\ntouch {aside}/whole\necho wrecked > {data}/record.db\nexit 1\n",
        aside = aside.display(),
        data = data.display()
    );
    releases.publish_this("0.2.0", "0.1.0", newer, program.as_bytes());
    let port = free_port();
    let server = releases.serve(&stage, port);
    let begin = Instant::now();
    let said = releases.run(&stage, &["update", "apply"], 1);
    let seconds = begin.elapsed().as_secs_f64();
    assert!(
        said.contains("did not serve: the release before is back"),
        "{said}"
    );
    assert!(said.contains("s after the switch"), "{said}");
    eprintln!("applied, and taken back, in {seconds:.1} s: {said}");
    assert_eq!(releases.current(), "a");
    drop(server);
    let again = releases.serve(&stage, port);
    assert!(knows(&again, &token));
    assert_eq!(again.stop("-TERM"), Some(0));
    stage.expect(&["verify"], 0);
    assert!(!aside.exists());
}

#[test]
fn r13_an_update_killed_at_any_moment_leaves_a_working_installation() {
    let (stage, releases) = stage();
    releases.publish("0.2.0", "0.1.0");
    for millis in [50, 200, 400, 800, 1200, 1600, 2000, 2600, 3400] {
        let mut child = releases
            .command(&stage, &["update", "apply"])
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
        let said = releases.run(&stage, &["update", "describe"], 0);
        assert!(said.contains("0.1.0"), "{millis}: {said}");
        releases.run(&stage, &["verify"], 0);
        if releases.current() == "b" {
            break;
        }
    }
    if releases.current() == "a" {
        releases.run(&stage, &["update", "apply"], 0);
    }
    assert_eq!(releases.current(), "b");
    let port = free_port();
    let server = releases.serve(&stage, port);
    wait("it says that it serves", || {
        !releases.top().join("trial.json").exists()
    });
    assert_eq!(server.stop("-TERM"), Some(0));
}

#[test]
fn a_stick_is_checked_like_the_network_and_what_was_changed_on_it_is_refused() {
    let (stage, releases) = stage();
    releases.publish("0.2.0", "0.1.0");
    let stick = stage.dir.join("stick");
    std::fs::rename(releases.repository(), &stick).unwrap();
    let root = stick.join("metadata/1.root.json");
    let from = ["--from", name(&stick), "--root", name(&root)];
    let said = releases.run(&stage, &[&["update", "check"], &from[..]].concat(), 0);
    assert!(said.contains("0.2.0 is there"), "{said}");
    for entry in std::fs::read_dir(stick.join("targets")).unwrap() {
        let path = entry.unwrap().path();
        if name(&path).contains(".aceso-0.2.0") {
            std::fs::write(&path, "#!/bin/sh\n").unwrap();
        }
    }
    let said = releases.run(&stage, &[&["update", "apply"], &from[..]].concat(), 1);
    assert!(said.contains("not the one that was signed"), "{said}");
    assert_eq!(releases.current(), "a");
    // A place that is none, and no root.
    for place in ["ftp://a.example", "/no/such/place"] {
        let args = ["update", "check", "--root", name(&root), "--from", place];
        let said = releases.run(&stage, &args, 1);
        assert!(said.contains("no address of a repository"), "{said}");
    }
    let said = releases.run(&stage, &["update", "check", "--from", name(&stick)], 1);
    assert!(said.contains("root.json"), "{said}");
}

#[test]
fn without_room_for_two_releases_and_without_a_backup_nothing_is_put_in_place() {
    let (stage, releases) = stage();
    releases.publish("0.2.0", "0.1.0");
    let out = stage.run(&["update", "apply"]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1));
    assert!(said.contains("aceso update install --to DIR"), "{said}");
    let config = stage.data().join("aceso.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("repository =", "work =")).unwrap();
    std::fs::set_permissions(stage.data(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let said = releases.run(&stage, &["update", "apply"], 1);
    assert!(said.contains("--without-backup"), "{said}");
    assert_eq!(releases.current(), "a");
    releases.run(&stage, &["update", "apply", "--without-backup"], 0);
    assert_eq!(releases.current(), "b");
}

/// An administrator with this password, beside the server.
async fn administrator(stage: &Stage, user: &str, password: &str) {
    let root = RootKey::from_file(&stage.dir.join("data.key")).unwrap();
    let store = Store::open(Settings::new(stage.data()), &root, Arc::new(SystemClock)).unwrap();
    let hasher = Hasher::new(Cost::default(), 1, 1).unwrap();
    let hash = hasher.hash(password).unwrap().unwrap();
    let new = newcomer(user, &[Role::ADMINISTRATOR], None);
    account(&store, new, &hash).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_lowest_release_that_may_run_two_administrators_must_agree() {
    let (stage, releases) = stage();
    administrator(&stage, "ana", "correct horse battery").await;
    administrator(&stage, "ben", "staple of another kind").await;
    administrator(&stage, "cleo", "staple of another kind").await;
    // What 0.1.0 has wrong is mended in 0.2.0.
    releases.publish("0.2.0", "0.2.0");
    let server = releases.serve(&stage, free_port());
    releases.run(&stage, &["update", "apply"], 0);
    assert_eq!(server.stop("-TERM"), Some(0));
    assert_eq!(releases.current(), "b");
    let back = |more: &[&str], passwords: &str, said: &str| {
        let file = stage.file("passwords", passwords);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let more = [more, &["--passwords", name(&file)]].concat();
        let told = releases.run(&stage, &[&["update", "rollback"][..], &more].concat(), 1);
        assert!(told.contains(said), "{said}: {told}");
        assert_eq!(releases.current(), "b", "{said}");
    };
    let both = "correct horse battery\nstaple of another kind\n";
    let of = |first, second| ["--below", "--first", first, "--second", second];
    back(&[], both, "two administrators must agree");
    let twice = "correct horse battery\ncorrect horse battery\n";
    back(&of("ana", "ana"), twice, "two people");
    back(&of("ana", "ben"), twice, "ben is no administrator");
    back(&of("ana", "eve"), both, "eve is no administrator");
    let file = stage.file("passwords", both);
    let agreed = [
        &["update", "rollback"][..],
        &of("ana", "cleo"),
        &["--passwords", name(&file)],
    ];
    let said = releases.run(&stage, &agreed.concat(), 0);
    assert!(said.contains("0.1.0 is in place"), "{said}");
    assert_eq!(releases.current(), "a");
    let log = stage.expect(&["audit", "report", "all", "--csv"], 0);
    assert!(log.contains("ana and cleo agreed"), "{log}");
}

#[test]
fn a_release_that_no_update_brought_is_asked_which_it_is_before_it_comes_back() {
    let (stage, releases) = stage();
    releases.publish("0.2.0", "0.1.0");
    let server = releases.serve(&stage, free_port());
    releases.run(&stage, &["update", "apply"], 0);
    assert_eq!(server.stop("-TERM"), Some(0));
    let first = releases.top().join("a/aceso");
    let schema = described(&first);
    let refused = |said: &str, why: &str| {
        std::fs::remove_file(&first).unwrap();
        std::fs::write(&first, ["#!/bin/sh\necho '", said, "'\n"].concat()).unwrap();
        std::fs::set_permissions(&first, std::fs::Permissions::from_mode(0o755)).unwrap();
        let told = releases.run(&stage, &["update", "rollback"], 1);
        assert!(told.contains(why), "{told}");
        assert_eq!(releases.current(), "b");
    };
    let older = |record: u32| {
        let schema = json!({"record": record, "audit": schema.audit});
        json!({"version": "0.0.9", "platform": "any", "schema": schema}).to_string()
    };
    refused(
        &older(schema.record - 1),
        "release 0.0.9 does not know the record's schema",
    );
    refused(
        &older(schema.record),
        "release 0.0.9 is below 0.1.0, the lowest that may run",
    );
    refused("nothing", "does not say which release it is");
}
