//! The RustSec database against lock files.
#![cfg(test)]

use aceso_desk::advisory::{Advisory, rustsec};
use aceso_desk::matching::{Facts, Matcher, State, read_lockfile};

fn database() -> Option<Vec<Advisory>> {
    let files = aceso_testkit::shared::archive("desk-data.tar.xz")?;
    let wanted = files
        .iter()
        .filter(|(p, _)| p.contains("rustsec/crates/") && p.ends_with(".md"));
    let mut found = Vec::new();
    let mut all = 0;
    for (path, bytes) in wanted {
        all += 1;
        found.extend(
            rustsec::read(std::str::from_utf8(bytes).unwrap())
                .unwrap_or_else(|e| panic!("{path}: {e}")),
        );
    }
    assert!(all >= 1_205, "{all} advisories");
    Some(found)
}

fn affected(advisories: &[Advisory], lock: &str) -> Vec<(String, String)> {
    let findings = Matcher::new(advisories).find(&read_lockfile(lock).unwrap(), &Facts::default());
    let open = findings
        .into_iter()
        .filter(|f| f.state != State::NotAffected && f.state != State::Fixed);
    open.map(|f| (f.advisory, f.component)).collect()
}

#[test]
fn every_advisory_of_the_database_is_read_and_a_lock_file_is_matched() {
    let Some(advisories) = database() else { return };
    assert!(
        advisories.len() > 600,
        "{} about vulnerabilities",
        advisories.len()
    );
    let package = |name: &str, version: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry+https://example.org\"\n"
        )
    };
    let lock = [
        ("time", "0.1.43"),
        ("time", "0.2.23"),
        ("chrono", "0.4.20"),
        ("smallvec", "1.6.0"),
        ("smallvec", "1.6.1"),
        ("rsa", "0.9.6"),
    ];
    let lock: String = lock.iter().map(|(n, v)| package(n, v)).collect();
    let found = affected(&advisories, &lock);
    let expected = [
        ("RUSTSEC-2020-0071", "time@0.1.43"),
        ("RUSTSEC-2021-0003", "smallvec@1.6.0"),
        ("RUSTSEC-2023-0071", "rsa@0.9.6"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(a, c)| ((*a).to_owned(), (*c).to_owned()))
        .collect();
    for one in &expected {
        assert!(found.contains(one), "{one:?} in {found:?}");
    }
    assert!(
        !found
            .iter()
            .any(|(_, c)| c == "time@0.2.23" || c == "smallvec@1.6.1"),
        "{found:?}"
    );
}

/// RUSTSEC-2023-0071 (rsa, Marvin): no version is patched. crypto-glue, of webauthn-rs, brings it; nothing of ours decrypts
/// with RSA.
#[test]
fn our_own_lock_file_has_no_known_vulnerability_but_the_one_that_is_accounted_for() {
    let Some(advisories) = database() else { return };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let mut found = affected(&advisories, &std::fs::read_to_string(path).unwrap());
    found.retain(|(advisory, component)| {
        advisory != "RUSTSEC-2023-0071" || !component.starts_with("rsa@")
    });
    assert_eq!(found, Vec::new());
}
