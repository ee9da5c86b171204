//! Bodies, written and read.

use super::*;

fn check_same(said: &Said) -> usize {
    let mut body = write(said);
    for id in &said.patients {
        write_patient(&mut body, id);
    }
    let mut again = read(&body).unwrap();
    let mut patients = said.patients.clone();
    patients.sort_unstable();
    again.patients.sort_unstable();
    assert_eq!((&again.patients, &again.on), (&patients, &said.on));
    assert_eq!(
        again,
        Said {
            patients,
            ..said.clone()
        }
    );
    for end in 0..body.len() {
        let _ = read(body.get(..end).unwrap());
    }
    body.len()
}

fn sample() -> Said {
    Said {
        who: "person/ann".into(),
        purpose: "TREAT".into(),
        address: Some("10.1.2.3".parse().unwrap()),
        request: "00d1c4a2b3e4f506".into(),
        act: "read".into(),
        on: vec!["Observation/03c5hj9k2m0/3".into()],
        patients: vec!["03c5hj9k2qq".into()],
        ..Said::default()
    }
}

#[test]
fn what_is_written_is_read_again_and_what_is_cut_is_refused_without_harm() {
    assert!(check_same(&sample()) <= 45);
    check_same(&Said::default());
    check_same(&Said {
        who: "somebody".into(),
        purpose: "HSYSADMIN".into(),
        address: Some("2001:db8::1".parse().unwrap()),
        request: "abc-1".into(),
        context: Some("p1".into()),
        by: Some("person/ben".into()),
        roles: vec!["nurse".into(), "night-nurse".into(), "auditor".into()],
        rests: vec!["Consent/03c5hj9k2m0/2".into()],
        is_late: true,
        act: "an act of another release".into(),
        outcome: AuditOutcome::Denied,
        detail: "Patient?name=\u{e4}\u{1f600}".into(),
        on: [
            "Patient/3f2b7c1e-0000-4000-8000-0000000000ab/1",
            "Patient/03c5hj9k2m0/2",
            "Patient/03c5hj9k2m1/1",
            "Patient/03c5hj9k2kz/1",
            "Observation/x/18446744073709551615",
            "Observation/03c5hj9k2m0",
            "account/03c5hj9k2m0",
            "Observation/x/01",
            "Nonsense/1/1",
            "Observation//1",
            "",
        ]
        .map(str::to_owned)
        .to_vec(),
        patients: vec![
            "03c5hj9k2kz".into(),
            "03c5hj9k2m0".into(),
            "03c5hj9k2m1".into(),
            "3f2b7c1e-0000-4000-8000-0000000000ab".into(),
        ],
        is_old: false,
    });
}

#[test]
fn a_body_is_marked_as_late_and_says_the_same() {
    let body = late(write(&sample()));
    let said = read(&body).unwrap();
    assert!(said.is_late);
    assert_eq!(said.who, sample().who);
    assert_eq!(late(b"{}".to_vec()), b"{}");
}

#[test]
fn a_json_body_of_before_is_read() {
    let body = br#"{"who":"person/ann","why":"TREAT","from":"10.1.2.3","act":"read","out":"denied","q":"x","on":["Patient/p1/1"]}"#;
    let said = read(body).unwrap();
    assert_eq!(said.who, "person/ann");
    assert_eq!(said.outcome, AuditOutcome::Denied);
    assert_eq!(said.patients, ["p1"]);
    assert_eq!(read(b"{"), None);
    assert_eq!(read(b""), None);
    assert_eq!(read(&[2, 0, 0]), None);
}
