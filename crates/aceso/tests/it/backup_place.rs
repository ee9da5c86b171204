//! Repositories elsewhere than in a directory, and in a directory without room, as operators meet them. How storage itself
//! behaves is for the tests of `aceso-backup`.

use std::process::Command;

use crate::backup::{Clinic, at, verified};
use crate::stage::{name, text};

/// A configuration of ssh that leads nowhere: nobody listens there.
#[test]
fn a_place_that_cannot_be_reached_or_understood_is_told_and_nothing_is_changed() {
    let clinic = Clinic::new("every_hours = 0");
    let on = |place: &str| {
        let command = ["backup", "run", "--repository", place];
        let out = clinic.stage.run(&command);
        assert_eq!(out.status.code(), Some(1), "{place}: {}", text(&out.stdout));
        text(&out.stderr)
    };
    let said = on("sftp://nobody@127.0.0.1:1/backups");
    assert!(
        said.contains("127.0.0.1") && said.contains("refused"),
        "{said}"
    );
    for wrong in [
        "sftp:nas:backups",
        "sftp://-oProxyCommand=x/y",
        "s3:bucket",
        "s3:https://h/../b",
    ] {
        let list = ["backup", "list", "--repository", wrong];
        clinic.stage.complains(&list, 2, "is not of the form");
    }
    assert!(on("s3:https://s3.example/bucket").contains("backup.s3_credentials"));
    clinic.configure("every_hours = 0\ns3_credentials = 'access-key'");
    let key = clinic.stage.file("access-key", "only-one-line\n");
    Command::new("chmod").arg("600").arg(&key).status().unwrap();
    assert!(on("s3:https://s3.example/bucket").contains("second"));
    std::fs::write(&key, "id\nsecret\n").unwrap();
    assert!(on("s3:https://s3.example/bucket").contains("egress.endpoints"));
    let config = clinic.stage.data().join("aceso.toml");
    std::fs::write(
        config,
        "[backup]\nrepository = 's3:https://s3.example/bucket'\n",
    )
    .unwrap();
    clinic.refused(&["backup", "list"], "must be among egress.endpoints");
}

#[test]
fn ha7_a_machine_that_may_only_add_does_not_prune_and_another_does() {
    let clinic = Clinic::new("every_hours = 0\nappend_only = true");
    clinic.back_up();
    clinic.refused(
        &["backup", "prune"],
        "run `aceso backup prune` on a machine that may delete",
    );
    clinic.stage.expect(&["backup", "prune", "--dry-run"], 0);
    let (repository, password) = (clinic.repository(), clinic.password());
    let elsewhere = clinic.stage.dir.join("elsewhere");
    let out = at(
        &elsewhere,
        &[
            "backup",
            "prune",
            "--repository",
            name(&repository),
            "--password-file",
            name(&password),
        ],
    );
    assert!(out.status.success(), "{}", text(&out.stderr));
}

#[test]
fn a_target_without_room_is_told_and_neither_backup_nor_restore_is_half_done() {
    let clinic = Clinic::new("every_hours = 0");
    clinic.back_up();
    let small = clinic.stage.dir.join("small");
    std::fs::create_dir(&small).unwrap();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=400k", "tmpfs"])
        .arg(&small)
        .status();
    if !mount.is_ok_and(|status| status.success()) {
        aceso_testkit::absent("a small file system (to mount one needs root)");
        return;
    }
    let outcome = std::panic::catch_unwind(|| {
        let place = small.join("repository");
        clinic
            .stage
            .expect(&["backup", "init", "--repository", name(&place)], 0);
        clinic.refused(
            &["backup", "run", "--repository", name(&place)],
            "no room left",
        );
        let list = ["backup", "list", "--repository", name(&place)];
        // The patients' keys came first, and are there in one piece; of the record there is nothing.
        let there = clinic.stage.json(&list, 0);
        let mut series = there.as_array().unwrap().iter().map(|one| &one["series"]);
        assert!(series.all(|series| *series == "keys"), "{there}");
        let to = small.join("restored");
        clinic.refused(&["backup", "restore", "--to", name(&to)], "No space left");
        assert!(!to.exists() && !small.join("restored.patient-keys").exists());
    });
    Command::new("umount").arg(&small).status().unwrap();
    outcome.unwrap();
    // The repository that has room is as it was.
    clinic.stage.expect(&["backup", "verify"], 0);
    let to = clinic.stage.dir.join("restored");
    clinic
        .stage
        .expect(&["backup", "restore", "--to", name(&to)], 0);
    clinic.give_key(&to);
    verified(&to);
}
