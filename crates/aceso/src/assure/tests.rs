//! The tree follows from its evidence; what is changed after signing is noticed.

use aceso_base::Instant;
use aceso_vault::tree::HeadKey;

use super::case::{Case, Leaf, State};
use super::claims::{ids_of, sections, speaks_of};
use super::evidence::{Evidence, Kind, Weight};
use super::passed::Passed;
use super::seal::{self, Body, Unbelieved};
use crate::doctor::CHECKS;

const NOW: Instant = Instant::from_millis(1_795_314_068_000);

fn passed(tests: &[&str]) -> Passed {
    Passed::parse(&format!("release 9.9.9\n{}\n", tests.join("\n")))
}

fn check_of(row: &str, weight: Weight) -> Evidence {
    Evidence {
        kind: Kind::Check,
        weight,
        rows: vec![row.to_owned()],
        name: "doctor x".to_owned(),
        found: "found".to_owned(),
    }
}

fn case(tests: &[&str], found: &[Evidence]) -> Case {
    Case::build("Clinic".to_owned(), NOW, &passed(tests), found)
}

fn leaf<'a>(case: &'a Case, id: &str) -> &'a Leaf {
    let mut leaves = case.branches.iter().flat_map(|b| &b.leaves);
    leaves.find(|l| l.ids.contains(&id)).unwrap()
}

#[test]
fn a_tests_name_says_which_rows_it_speaks_of() {
    for (name, expected) in [
        ("tests::p1_s5_what_is_shown", &["P1", "S5"][..]),
        ("asvs_7_2_4_n5_a_session", &["7.2.4", "N5"]),
        ("asvs_3_4_every_page", &["3.4"]),
        ("o_d2_nobody_changes_the_log", &["O-d2"]),
        ("bg2_four_hours", &["BG2"]),
        ("a_locked_account", &[]),
        ("of_two_one_wins", &[]),
        ("asvs_14_a_directory_of_ours", &[]),
        ("sha256_is_right", &[]),
    ] {
        assert_eq!(ids_of(name), expected, "{name}");
    }
    assert!(speaks_of("3.4", "3.4.7") && speaks_of("P1", "P1"));
    assert!(!speaks_of("3.4", "3.41.1") && !speaks_of("P1", "P10"));
}

#[test]
fn every_row_stands_once_and_every_doctors_row_is_a_row() {
    let sections = sections();
    let mut rows: Vec<&str> = sections
        .iter()
        .flat_map(|s| &s.claims)
        .flat_map(|c| c.ids.iter().copied())
        .collect();
    let whole = rows.len();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), whole);
    assert!(whole > 200 && sections.iter().all(|s| !s.claims.is_empty()));
    for check in CHECKS {
        for row in check.rows.split(' ') {
            assert!(rows.contains(&row), "{}: {row}", check.id);
        }
    }
}

#[test]
fn a_claim_is_met_by_evidence_for_each_row_and_none_against() {
    let of = |tests: &[&str], found: &[Evidence], id: &str| {
        let case = case(tests, found);
        let leaf = leaf(&case, id);
        assert_eq!(
            leaf.why.is_empty(),
            leaf.state == State::Met,
            "{}",
            leaf.why
        );
        leaf.state
    };
    assert_eq!(of(&[], &[], "N1"), State::Not);
    assert_eq!(of(&["x::n1_long"], &[], "N1"), State::Met);
    assert_eq!(
        of(&["x::n1_long"], &[check_of("N1", Weight::Against)], "N1"),
        State::Not
    );
    assert_eq!(
        of(&["x::n1_long"], &[check_of("N1", Weight::Nothing)], "N1"),
        State::Partly
    );
    assert_eq!(
        of(&[], &[check_of("N1", Weight::Neutral)], "N1"),
        State::Not
    );
    assert_eq!(of(&["x::asvs_7_3_1_idle"], &[], "7.3.2"), State::Partly);
    assert_eq!(
        of(&["x::asvs_7_3_1_idle", "x::asvs_7_3_2_whole"], &[], "7.3.2"),
        State::Met
    );
    assert_eq!(of(&["x::asvs_3_4_headers"], &[], "3.4.8"), State::Met);
}

fn check_sealed(body: &Body) {
    let signer = aceso_vault::tree::HeadSigner::new("log.example", &[3; 32]).unwrap();
    let other = aceso_vault::tree::HeadSigner::new("log.example", &[4; 32]).unwrap();
    let text = format!(
        "{}\n2026-11-22T00:00:00.000Z\nsha256 {}\n",
        aceso_store::CASE,
        body.digest()
    );
    let whole = body.signed(&signer.sign_note(&text).unwrap());
    let key = signer.key().to_string();
    let signed = seal::check(&whole, &key).unwrap();
    assert_eq!(signed.at, "2026-11-22T00:00:00.000Z");
    let changed = whole.replacen("Clinic", "Claims", 1);
    assert_eq!(seal::check(&changed, &key), Err(Unbelieved::Changed));
    let later = whole.replacen("2026-11-22T00", "2027-11-22T00", 1);
    assert_eq!(seal::check(&later, &key), Err(Unbelieved::Signature));
    assert_eq!(
        seal::check(&whole, &other.key().to_string()),
        Err(Unbelieved::Signature)
    );
    assert_eq!(seal::check(&whole, "no key"), Err(Unbelieved::Key));
    assert_eq!(
        seal::check("<html></html>", &key),
        Err(Unbelieved::Unsigned)
    );
    // A head of the log is no case, whatever it says.
    let head = signer.sign(1, [0; 32]);
    assert!(seal::check(&body.signed(&head), &key).is_err());
    assert!(HeadKey::parse(&key).is_some());
}

#[test]
fn a_case_that_was_changed_after_it_was_signed_is_not_believed() {
    let case = case(&["x::n1_long"], &[check_of("H5", Weight::Against)]);
    for (out, as_json) in [(None, false), (None, true), (Some("a.json"), false)] {
        check_sealed(&Body::of(&case, out.map(std::path::Path::new), as_json).unwrap());
    }
}

#[test]
fn the_page_shows_what_is_not_met_and_escapes_what_was_found() {
    let mut evidence = check_of("H5", Weight::Against);
    evidence.found = "<script>".to_owned();
    let page = super::page::write(&case(&["x::n1_long"], &[evidence]));
    assert!(page.contains("not met") && page.contains("against it"));
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"));
    assert!(page.contains("long (x)"));
}
