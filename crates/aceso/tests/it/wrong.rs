//! Wrong use of commands: the exit code is 2, what is right is told, and nothing was done.

use crate::stage::Stage;

#[test]
fn a_command_that_is_used_wrongly_ends_with_2_says_what_is_right_and_does_nothing() {
    let stage = Stage::new();
    let kinds = "business-associate";
    let day = "2026-11-22";
    let wrong: &[(&[&str], &str)] = &[
        (
            &["key", "rewrap", "--to", "nonsense"],
            "keyfile, passphrase, pkcs11",
        ),
        (
            &["key", "recover", "--to", "paper"],
            "keyfile, passphrase, pkcs11",
        ),
        (&["serve", "--listen", "nonsense"], "https://ADDRESS:PORT"),
        (&["serve", "--listen", "http://0.0.0.0:0"], "loopback"),
        (
            &["desk", "serve", "--listen", "ftp://127.0.0.1:1"],
            "https://ADDRESS:PORT",
        ),
        (&["duty", "add", "dance", "x"], kinds),
        (
            &["duty", "add", "risk-analysis", "x", "--on", "monday"],
            day,
        ),
        (
            &["duty", "add", "risk-analysis", "x", "--until", "soon"],
            day,
        ),
        (&["audit", "report", "gossip"], "failed-sign-ins"),
        (&["audit", "report", "patient"], "--patient ID"),
        (&["audit", "report", "person"], "--person NAME"),
        (
            &["audit", "report", "all", "--sort", "colour"],
            "newest, oldest",
        ),
        (&["audit", "report", "all", "--format", "xml"], "csv"),
        (&["audit", "report", "all", "--from", "yesterday"], day),
        (&["audit", "insiders", "--from", "monday"], day),
        (&["audit", "insiders", "--to", "2026-13-01"], day),
        (&["audit", "proof", "0"], "0"),
        (&["incident", "open", "x", "--from", "monday"], day),
        (&["incident", "open", "x", "--discovered", "2026-99"], day),
        (
            &["backup", "restore", "--to", "x", "--at", "noon"],
            "2026-11-22T14:00:00Z",
        ),
        (
            &["backup", "list", "--repository", "sftp://nowhere"],
            "sftp://USER@HOST/DIR",
        ),
        (
            &["client", "add", "a", "--scopes", "system/*.sr"],
            "system/*.sr",
        ),
        (&["client", "add", "a", "--scopes", ""], "without scopes"),
        (&["client", "add", "a b", "--scopes", "system/*.rs"], "name"),
        (
            &["client", "add", "a", "--scopes", "patient/*.rs"],
            "patient",
        ),
        (
            &[
                "client", "add", "a", "--scopes", "openid", "--app", "browser",
            ],
            "--redirect",
        ),
        (
            &[
                "client",
                "add",
                "a",
                "--scopes",
                "openid",
                "--app",
                "server",
                "--redirect",
                "https://a.example/b",
            ],
            "--secret",
        ),
        (
            &[
                "client",
                "add",
                "a",
                "--scopes",
                "openid",
                "--app",
                "native",
                "--redirect",
                "http://a.example/b",
            ],
            "http://a.example/b",
        ),
        (&["user", "add", "a b", "--role", "nurse"], "user name"),
        (&["user", "disable", "a b"], "user name"),
        (
            &[
                "user",
                "add",
                "bob",
                "--role",
                "nurse",
                "--fhir-user",
                "Device/1",
            ],
            "Practitioner/ID",
        ),
        (&["mail", "test", "nobody"], "name@example.org"),
        (
            &["codes", "load", "x", "--kind", "morse", "--version", "1"],
            "icd-10-cm",
        ),
        (
            &["codes", "load", "x", "--kind", "csv", "--version", "1"],
            "--url and --name",
        ),
        (&["desk", "ssvc", "astrology"], "supplier, deployer"),
        (&["desk", "ssvc", "utility", "automatable"], "POINT=VALUE"),
        (
            &["desk", "ssvc", "utility", "automatable=perhaps"],
            "one of: no, yes",
        ),
        (&["desk", "deadlines", "yesterday"], "2026-11-22T14:00:00Z"),
        (
            &[
                "desk",
                "deadlines",
                "2026-11-20T17:00:00Z",
                "--severity",
                "dire",
            ],
            "critical, high, medium, low",
        ),
        (
            &[
                "desk",
                "deadlines",
                "2026-11-20T17:00:00Z",
                "--zone",
                "Mars/Olympus",
            ],
            "Mars/Olympus",
        ),
        (
            &["desk", "advisory", "render", "x", "--form", "fax"],
            "csaf, cve, osv",
        ),
        (
            &[
                "desk",
                "advisory",
                "render",
                "x",
                "--form",
                "csaf",
                "--vulnerability",
                "0",
            ],
            "0",
        ),
        (
            &["desk", "match", "x", "y", "--fact", "portal"],
            "KIND=NAME",
        ),
        (
            &["desk", "case", "act", "x", "--as", "ann", "hello"],
            "acknowledged",
        ),
    ];
    for (args, why) in wrong {
        stage.complains(args, 2, why);
    }
    assert!(!stage.data().exists(), "nothing was made");
}

#[test]
fn what_depends_on_the_record_is_refused_with_1() {
    let stage = Stage::new();
    stage.expect(&["user", "add", "ana", "--role", "nurse"], 0);
    let refused: &[(&[&str], &str)] = &[
        (&["user", "role", "nobody", "nurse"], "there is no account"),
        (&["user", "role", "ana", "king"], "there is no role king"),
        (&["audit", "proof", "4711"], "no entry 4711"),
        (&["client", "disable", "nobody"], "there is no client"),
    ];
    for (args, why) in refused {
        stage.complains(args, 1, why);
    }
    // Asked with the record open: the role says what is missing.
    let portal = ["user", "add", "pat", "--role", "patient"];
    stage.complains(&portal, 2, "--patient ID");
}

#[test]
fn what_needs_a_record_makes_nothing_where_there_is_none() {
    let stage = Stage::new();
    let asked: &[&[&str]] = &[
        &["verify"],
        &["doctor"],
        &["assure"],
        &["audit", "verify"],
        &["backup", "run"],
        &["client", "list"],
        &["export", "record.ndjson"],
        &["incident", "list"],
        &["key", "rewrap", "--to", "passphrase"],
        &["key", "rotate"],
        &["key", "rotate", "--pages"],
        &["key", "shares"],
        &["key", "shares", "--check"],
        &["key", "status"],
        &["mail", "status"],
        &["user", "list"],
    ];
    for args in asked {
        stage.complains(args, 1, "holds no record yet");
        let left = std::fs::read_dir(&stage.dir).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{args:?} left {left:?}");
    }
}
