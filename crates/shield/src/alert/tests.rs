use super::*;

/// Has the rules see entries a second apart; answers the kinds of alerts, each once.
#[track_caller]
fn check(
    entries: impl IntoIterator<Item = (String, Vec<String>, Seen<'static>)>,
    expected: &[Kind],
) {
    let mut rules = Rules::default();
    let mut found = BTreeSet::new();
    for (number, (who, patients, seen)) in entries.into_iter().enumerate() {
        let seq = u64::try_from(number).unwrap() + 1;
        let at = if seen.at == 0 {
            i64::try_from(seq).unwrap() * 1000
        } else {
            seen.at
        };
        let on = [who.clone()];
        let seen = Seen {
            seq: if seen.seq == 0 { seq } else { seen.seq },
            at,
            who: if seen.act == "sign-in attempt" {
                "job/sign-in"
            } else {
                &who
            },
            on: &on,
            patients: &patients,
            ..seen
        };
        found.extend(rules.see(&seen).into_iter().map(|alert| alert.kind));
    }
    assert_eq!(found, expected.iter().copied().collect(), "{expected:?}");
}

fn attempt(from: &'static str) -> Seen<'static> {
    Seen {
        act: "sign-in attempt",
        outcome: Some("denied"),
        from: Some(from),
        ..Seen::default()
    }
}

fn read() -> Seen<'static> {
    Seen {
        act: "read",
        ..Seen::default()
    }
}

#[test]
fn many_accounts_from_one_address_and_one_account_again_and_again_are_told_apart() {
    let many = (0..12).map(|n| (format!("account/{n}"), Vec::new(), attempt("203.0.113.9")));
    check(many, &[Kind::CredentialStuffing]);
    let one = (0..12).map(|_| ("account/a".to_owned(), Vec::new(), attempt("203.0.113.9")));
    check(one, &[Kind::Guessing]);
    let few = (0..9).map(|n| (format!("account/{n}"), Vec::new(), attempt("203.0.113.9")));
    check(few, &[]);
    let nobody = Seen {
        from: Some("203.0.113.9"),
        act: "sign-in attempt",
        outcome: Some("denied"),
        ..Seen::default()
    };
    let mut rules = Rules::default();
    let found = (1..=12).flat_map(|seq| {
        rules.see(&Seen {
            seq,
            ..nobody.clone()
        })
    });
    let found: BTreeSet<Kind> = found.map(|alert| alert.kind).collect();
    assert_eq!(
        found,
        BTreeSet::from([Kind::CredentialStuffing]),
        "names of nobody"
    );
    // A day of people who mistype.
    let slow = (0..200).map(|n| {
        let seen = Seen {
            at: (n + 1) * 5 * MINUTE,
            ..attempt("203.0.113.9")
        };
        (format!("account/{n}"), Vec::new(), seen)
    });
    check(slow, &[]);
}

#[test]
fn more_records_than_work_asks_for_are_told_and_one_chart_read_all_day_is_not() {
    let ann = || "person/ann".to_owned();
    let many = (0..120).map(|n| (ann(), vec![format!("p{n}")], read()));
    check(many, &[Kind::MassRead]);
    let one = (0..500).map(|_| (ann(), vec!["p1".to_owned()], read()));
    check(one, &[]);
    let misses = (0..40).map(|_| {
        let seen = Seen {
            outcome: Some("unknown"),
            ..read()
        };
        (ann(), Vec::new(), seen)
    });
    check(misses, &[Kind::Enumeration]);
}

#[test]
fn a_role_that_gives_roles_a_gap_and_a_failed_check_are_told_at_once() {
    let act = |act: &'static str, detail: &'static str| Seen {
        act,
        detail,
        ..Seen::default()
    };
    let one = |seen| [("account/a".to_owned(), Vec::new(), seen)];
    check(
        one(act("account roles", "nurse administrator")),
        &[Kind::PrivilegeChange],
    );
    check(
        one(act("roles agree", "p1: Agree")),
        &[Kind::PrivilegeChange],
    );
    check(one(act("roles agree", "p1: Refuse")), &[]);
    let out = |from: &'static str| Seen {
        from: Some(from),
        ..act(KEPT_OUT, "scanner, for 900 s")
    };
    check(one(out("203.0.113.9")), &[Kind::Scanner]);
    check(one(act("account roles", "nurse clinician")), &[]);
    check(one(act("verify", "9 resources: 0 wrong")), &[]);
    check(
        one(act("verify", "9 resources: 2 wrong")),
        &[Kind::IntegrityFailure],
    );
    let ann = || "person/ann".to_owned();
    check(
        one(act("witness objects", "the log began anew")),
        &[Kind::IntegrityFailure],
    );
    let nothing = Seen {
        act: "scrub",
        ..Seen::default()
    };
    assert_eq!(integrity(&nothing), None);
    let places = ["Patient/p1".to_owned()];
    let some = Seen {
        on: &places,
        ..nothing
    };
    assert!(integrity(&some).is_some_and(|alert| alert.text == "scrub found 1 things wrong"));
    let gap = Seen { seq: 9, ..read() };
    check(
        [(ann(), Vec::new(), read()), (ann(), Vec::new(), gap)],
        &[Kind::AuditGap],
    );
    let late = Seen {
        at: 10 * HOUR,
        ..read()
    };
    let back = Seen {
        at: 9 * HOUR,
        ..read()
    };
    check(
        [(ann(), Vec::new(), late), (ann(), Vec::new(), back)],
        &[Kind::AuditGap],
    );
}

#[test]
fn an_account_in_two_places_at_once_is_told_and_one_that_moves_is_not() {
    let ann = || "person/ann".to_owned();
    let at = |from: &'static str, minutes: i64| Seen {
        from: Some(from),
        at: minutes * MINUTE,
        ..read()
    };
    let both = [
        (ann(), Vec::new(), at("203.0.113.9", 1)),
        (ann(), Vec::new(), at("198.51.100.1", 2)),
    ];
    check(both, &[Kind::TwoPlaces]);
    // From one desk to the next, and a provider that gives out addresses anew.
    for (one, other) in [("10.0.0.7", "192.168.4.9"), ("203.0.113.9", "203.0.7.1")] {
        let near = [
            (ann(), Vec::new(), at(one, 1)),
            (ann(), Vec::new(), at(other, 2)),
        ];
        check(near, &[]);
    }
    let moved = [
        (ann(), Vec::new(), at("203.0.113.9", 1)),
        (ann(), Vec::new(), at("198.51.100.1", 60)),
    ];
    check(moved, &[]);
}

#[test]
fn who_scans_from_outside_is_one_cause_and_a_machine_of_the_clinic_one_of_its_own() {
    let cause = |from: &str| {
        let seen = Seen {
            act: KEPT_OUT,
            from: Some(from),
            ..Seen::default()
        };
        scanner(&seen).map(|alert| alert.cause)
    };
    assert_eq!(cause("203.0.113.9"), cause("2001:db8::1"));
    assert_eq!(cause("10.0.0.7").as_deref(), Some("10.0.0.7"));
    assert_eq!(cause("::ffff:10.0.0.7"), cause("::ffff:10.0.0.7"));
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut rules = Rules::default();
    for number in 0..30_000_i64 {
        let on = [format!("account/{number}")];
        let from = format!("2001:db8::{number:x}");
        rules.see(&Seen {
            seq: u64::try_from(number).unwrap() + 1,
            at: number,
            on: &on,
            from: Some(&from),
            act: "sign-in attempt",
            outcome: Some("denied"),
            ..Seen::default()
        });
    }
    assert!(rules.failures.0.len() <= CAUSES && rules.tries.0.len() <= CAUSES);
}

#[test]
fn ha5_a_file_with_a_virus_is_told_at_once() {
    let hit = Seen {
        act: INFECTED,
        outcome: Some("denied"),
        detail: "Eicar-Test-Signature",
        ..Seen::default()
    };
    check(
        [("person/ann".to_owned(), Vec::new(), hit)],
        &[Kind::Malware],
    );
}
