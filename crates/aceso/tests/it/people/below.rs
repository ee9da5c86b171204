//! Below the lowest release that may run: two administrators, or not at all.

use super::{Clinic, PASSWORD, private};
use crate::releases::Releases;
use crate::stage::{Stage, name};

#[test]
fn below_the_lowest_release_that_may_run_two_administrators_agree_or_nothing_happens() {
    let stage = Stage::new();
    let releases = Releases::new(&stage, "");
    let config = std::fs::read_to_string(stage.data().join("aceso.toml")).unwrap();
    let clinic = Clinic::at(stage, &config);
    clinic.person("ben", "administrator", &[]);
    clinic.person("nora", "nurse", &[]);
    releases.publish("0.2.0", "0.2.0");
    let stage = &clinic.stage;
    private(stage);
    releases.run(stage, &["update", "apply", "--without-backup"], 0);
    // No server lies there, so nobody says that it serves: here that is so.
    std::fs::remove_file(releases.top().join("trial.json")).unwrap();
    let back = |first: &str, second: &str, passwords: &str, code: i32| {
        let file = stage.file("passwords", passwords);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, mode).unwrap();
        let args = [
            "update", "rollback", "--below", "--first", first, "--second", second,
        ];
        releases.run(
            stage,
            &[&args[..], &["--passwords", name(&file)]].concat(),
            code,
        )
    };
    let said = releases.run(stage, &["update", "rollback"], 1);
    assert!(said.contains("two administrators must agree"), "{said}");
    let both = format!("{PASSWORD}\n{PASSWORD}\n");
    for (first, second, passwords, why) in [
        ("root", "root", &both, "two people"),
        ("root", "nora", &both, "nora is no administrator"),
        ("root", "nobody", &both, "nobody is no administrator"),
        (
            "ben",
            "root",
            &format!("{PASSWORD}\nwrong\n"),
            "root is no administrator",
        ),
    ] {
        let said = back(first, second, passwords, 1);
        assert!(said.contains(why), "{said}");
        assert_eq!(releases.current(), "b");
    }
    // A wrong attempt makes wait, here as at the sign-in.
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let said = back("ben", "root", &both, 0);
    assert!(said.contains("0.1.0 is in place"), "{said}");
    assert_eq!(releases.current(), "a");
}
