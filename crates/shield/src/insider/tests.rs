//! Each rule alone: what fires it, what looks alike and does not.

use std::net::{IpAddr, Ipv4Addr};

use aceso_base::Instant;

use super::*;

/// 2026-03-02T00:00:00Z, a Monday.
const MONDAY: i64 = 1_772_409_600_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const NINE: i64 = 9 * HOUR;

fn at(millis: i64) -> Instant {
    Instant::from_millis(MONDAY + millis)
}

/// A clinic with three people, a thousand patients, and nothing that happened yet.
struct Bench(Facts);

impl Bench {
    fn new() -> Self {
        let worker = |name: &str, role: &str| Worker {
            account: format!("account-{name}"),
            name: name.into(),
            roles: vec![role.into()],
            family: plain_name(name),
            given: "kim".into(),
            birth: "1980-01-01".into(),
            shifts: (0..5)
                .map(|day| Shift {
                    day,
                    from: 480,
                    to: 1020,
                })
                .collect(),
            ..Worker::default()
        };
        let workers = vec![
            worker("ann", "nurse"),
            worker("ben", "nurse"),
            worker("cai", "biller"),
        ];
        Self(Facts {
            workers,
            patients: 1000,
            ..Facts::default()
        })
    }

    fn chart(&mut self, id: &str) -> &mut Chart {
        self.0.charts.entry(id.to_owned()).or_insert_with(|| Chart {
            family: format!("family{id}"),
            ..Chart::default()
        })
    }

    fn touch(&mut self, worker: usize, millis: i64, what: What) {
        let seq = u64::try_from(self.0.touches.len()).unwrap() + 1;
        self.0.touches.push(Touch {
            seq,
            at: at(millis),
            worker,
            what,
            from: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5))),
        });
    }

    fn open(&mut self, worker: usize, millis: i64, id: &str) {
        self.chart(id);
        self.touch(
            worker,
            millis,
            What::Opened(id.to_owned(), vec!["Patient".into()]),
        );
    }

    fn search(&mut self, worker: usize, millis: i64, prefix: &str) {
        self.touch(worker, millis, What::Listed(Some(prefix.to_owned())));
    }

    fn link(&mut self, worker: usize, id: &str, from: i64, to: i64) {
        self.link_by(worker, id, (from, to), (Why::Appointment, Hold::Named));
    }

    fn link_by(
        &mut self,
        worker: usize,
        id: &str,
        (from, to): (i64, i64),
        (why, hold): (Why, Hold),
    ) {
        self.0.links.push(Link {
            worker,
            patient: id.to_owned(),
            since: at(from),
            until: at(to),
            why,
            hold,
        });
    }

    /// Ordinary explained days in the four weeks before.
    fn history(&mut self, worker: usize) {
        for day in 1..28 {
            if (28 - day) % 7 < 5 {
                self.open(worker, NINE - day * DAY, "usual");
            }
        }
        self.link(worker, "usual", -40 * DAY, 40 * DAY);
        self.0.touches.sort_by_key(|t| t.at);
    }

    fn cases(&self) -> Vec<Case> {
        review(&self.0, at(0), at(7 * DAY)).0
    }

    /// The weight of a rule for a person this week, whether it makes a case or not.
    fn weight(&self, worker: usize, rule: Rule) -> u8 {
        let cases = self.cases();
        let mine = cases.iter().filter(|c| c.worker == worker);
        let reasons = mine.flat_map(|c| &c.reasons).filter(|r| r.rule == rule);
        reasons.map(|r| r.weight).max().unwrap_or(0)
    }
}

fn check_case(bench: &Bench, worker: usize, rule: Rule) {
    let cases = bench.cases();
    let case = cases.iter().find(|c| c.worker == worker).expect("a case");
    let reason = case.reasons.iter().find(|r| r.rule == rule);
    let reason = reason.unwrap_or_else(|| panic!("{rule}: {case:#?}"));
    assert!(!reason.text.is_empty() && !reason.entries.is_empty());
}

/// The same access is none of the rule's business once something explains it.
fn check_explained(mut bench: Bench, worker: usize) {
    let ids: Vec<String> = bench.0.charts.keys().cloned().collect();
    for id in ids {
        bench.link(worker, &id, -60 * DAY, 60 * DAY);
    }
    assert_eq!(bench.cases(), [], "what a link names meets no rule");
}

/// What makes a chart one of a kind.
type Change = fn(&mut Chart);

#[test]
fn an_unexplained_access_with_nothing_odd_is_no_case() {
    let mut bench = Bench::new();
    bench.open(0, NINE, "p");
    assert_eq!(bench.cases(), []);
    let (_, share) = review(&bench.0, at(0), at(7 * DAY));
    assert_eq!((share.accesses, share.explained.len()), (1, 0));
}

#[test]
fn d1_own_record_by_account_or_by_name_and_birth() {
    let mut bench = Bench::new();
    bench.open(0, NINE, "me");
    bench.0.workers[0].own = vec!["me".into()];
    check_case(&bench, 0, Rule::D1);
    let mut bench = Bench::new();
    bench.open(0, NINE, "me");
    *bench.chart("me") = Chart {
        family: "ann".into(),
        given: "kim".into(),
        birth: "1980-01-01".into(),
        ..Chart::default()
    };
    check_case(&bench, 0, Rule::D1);
    assert_eq!(
        bench.weight(0, Rule::D2),
        0,
        "one's own name is no relative's"
    );
}

#[test]
fn d1_nothing_explains_ones_own_record() {
    let mut bench = Bench::new();
    bench.open(0, NINE, "me");
    bench.0.workers[0].own = vec!["me".into()];
    bench.link(0, "me", -60 * DAY, 60 * DAY);
    check_case(&bench, 0, Rule::D1);
}

#[test]
fn d5_the_days_list_explains_a_colleagues_record_on_that_day_alone() {
    for (hold, cases) in [(Hold::Place, 0), (Hold::Around, 1), (Hold::Named, 0)] {
        let mut bench = Bench::new();
        bench.open(0, NINE, "p");
        bench.chart("p").employee = true;
        bench.open(0, NINE, "q");
        for id in ["p", "q"] {
            bench.link_by(0, id, (0, DAY), (Why::DayList, hold));
        }
        assert_eq!(bench.cases().len(), cases, "{hold:?}");
        assert_eq!(bench.weight(0, Rule::D5) > 0, cases > 0, "{hold:?}");
    }
}

#[test]
fn d9_d10_d16_what_a_role_explains_it_explains_at_its_time_and_place_and_within_the_role() {
    let mut bench = Bench::new();
    bench.history(2);
    for (hold, cases) in [(Hold::Place, 0), (Hold::Around, 1)] {
        let mut bench = Bench(bench.0.clone());
        for (n, id) in ["p", "q", "r"].iter().enumerate() {
            bench.link_by(2, id, (0, 7 * DAY), (Why::Bill, hold));
            bench.open(2, 22 * HOUR + i64::try_from(n).unwrap() * MINUTE, id);
        }
        assert_eq!(bench.cases().len(), cases, "at night: {hold:?}");
        for touch in &mut bench.0.touches {
            if touch.at >= at(0) {
                touch.at = touch.at.plus_millis(-12 * HOUR);
            }
        }
        assert_eq!(bench.cases(), [], "at work: {hold:?}");
        for touch in &mut bench.0.touches {
            if touch.at >= at(0) {
                touch.from = Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)));
            }
        }
        check_case(&bench, 2, Rule::D10);
    }
    let mut bench = Bench::new();
    bench.open(2, NINE, "p");
    bench.link_by(2, "p", (0, 7 * DAY), (Why::Bill, Hold::Place));
    bench.0.touches[0].what = What::Opened("p".into(), vec!["DocumentReference".into()]);
    check_case(&bench, 2, Rule::D16);
}

#[test]
fn d2_a_rare_surname_is_a_case_and_a_common_one_is_not() {
    for (bearers, makes) in [(2, true), (30, false)] {
        let mut bench = Bench::new();
        bench.open(0, NINE, "p");
        bench.chart("p").family = "ann".into();
        bench.0.surnames.insert("ann".into(), bearers);
        assert_eq!(bench.cases().len(), usize::from(makes), "{bearers}");
        check_explained(bench, 0);
    }
}

#[test]
fn d3_same_home_same_number_or_emergency_contact() {
    let home = Address {
        line: street("12 High St"),
        postcode: "A1".into(),
        point: None,
    };
    let mut bench = Bench::new();
    bench.open(0, NINE, "p");
    bench.0.workers[0].addresses = vec![home.clone()];
    bench.chart("p").addresses = vec![home];
    check_case(&bench, 0, Rule::D3);
    let mut bench = Bench::new();
    bench.open(0, NINE, "p");
    bench.0.workers[0].phones = vec![digits("555 010 2233")];
    bench.chart("p").phones = vec![digits("+1 555 0102233")];
    check_case(&bench, 0, Rule::D3);
    let mut bench = Bench::new();
    bench.open(0, NINE, "p");
    bench.chart("p").contacts = vec![("ann".into(), "kim".into())];
    check_case(&bench, 0, Rule::D3);
    check_explained(bench, 0);
}

#[test]
fn d4_a_neighbour() {
    let mut bench = Bench::new();
    bench.open(0, NINE, "p");
    let at = |latitude| {
        vec![Address {
            point: Some(Point {
                latitude,
                longitude: 8.0,
            }),
            ..Address::default()
        }]
    };
    bench.0.workers[0].addresses = at(47.0);
    bench.chart("p").addresses = at(47.001);
    check_case(&bench, 0, Rule::D4);
    bench.chart("p").addresses = at(47.01);
    assert_eq!(bench.cases(), []);
}

#[test]
fn d5_d6_d7_a_colleague_somebody_well_known_somebody_gone() {
    let mut bench = Bench::new();
    bench.open(0, NINE, "p");
    bench.0.workers[1].own = vec!["p".into()];
    check_case(&bench, 0, Rule::D5);
    check_explained(bench, 0);
    let change: [(Change, Rule); 4] = [
        (|c| c.employee = true, Rule::D5),
        (|c| c.known = true, Rule::D6),
        (|c| c.died = Some(at(-DAY)), Rule::D7),
        (|c| c.discharged = Some(at(-100 * DAY)), Rule::D7),
    ];
    for (change, rule) in change {
        let mut bench = Bench::new();
        bench.open(0, NINE, "p");
        change(bench.chart("p"));
        check_case(&bench, 0, rule);
        check_explained(bench, 0);
    }
    let mut bench = Bench::new();
    bench.open(0, NINE, "p");
    bench.chart("p").discharged = Some(at(-10 * DAY));
    assert_eq!(
        bench.cases(),
        [],
        "a discharge of ten days ago has loose ends"
    );
}

#[test]
fn d8_a_former_patient_on_two_days() {
    let mut bench = Bench::new();
    bench.link(0, "p", -100 * DAY, -30 * DAY);
    bench.open(0, NINE, "p");
    assert_eq!(bench.cases(), [], "one look may answer a call");
    bench.open(0, NINE + DAY, "p");
    check_case(&bench, 0, Rule::D8);
    let mut bench = Bench::new();
    bench.link(0, "p", -200 * DAY, -100 * DAY);
    bench.open(0, NINE, "p");
    check_case(&bench, 0, Rule::D8);
    // Whom somebody saw because of the place they work at was no patient of theirs.
    let mut bench = Bench::new();
    bench.link_by(
        0,
        "p",
        (-200 * DAY, -100 * DAY),
        (Why::DayList, Hold::Place),
    );
    bench.open(0, NINE, "p");
    assert_eq!(bench.weight(0, Rule::D8), 0);
}

#[test]
fn d9_three_unexplained_records_at_night() {
    let mut bench = Bench::new();
    for (n, id) in ["p", "q", "r"].iter().enumerate() {
        bench.open(0, 22 * HOUR + i64::try_from(n).unwrap() * MINUTE, id);
    }
    check_case(&bench, 0, Rule::D9);
    bench.0.workers[0].shifts.push(Shift {
        day: 0,
        from: 1320,
        to: 1800,
    });
    assert_eq!(bench.cases(), [], "a night shift");
    let mut bench = Bench::new();
    bench.0.workers[0].shifts.clear();
    bench.history(0);
    for (n, id) in ["p", "q", "r"].iter().enumerate() {
        bench.open(0, 22 * HOUR + i64::try_from(n).unwrap() * MINUTE, id);
    }
    check_case(&bench, 0, Rule::D9);
}

#[test]
fn d9_a_night_shift_goes_on_after_midnight() {
    let mut bench = Bench::new();
    bench.0.workers[0].shifts = vec![Shift {
        day: 0,
        from: 1320,
        to: 1800,
    }];
    for (n, id) in ["p", "q", "r"].iter().enumerate() {
        bench.open(0, DAY + 3 * HOUR + i64::try_from(n).unwrap() * MINUTE, id);
    }
    assert_eq!(bench.weight(0, Rule::D9), 0);
}

#[test]
fn d10_a_network_never_seen_before() {
    let mut bench = Bench::new();
    bench.history(0);
    for (n, id) in ["p", "q", "r"].iter().enumerate() {
        bench.open(0, NINE + i64::try_from(n).unwrap() * MINUTE, id);
        let last = bench.0.touches.last_mut().unwrap();
        last.from = Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)));
    }
    check_case(&bench, 0, Rule::D10);
    bench.0.own_networks = vec![Net::parse("198.51.100.0/24").unwrap()];
    assert_eq!(bench.cases(), [], "a network of the clinic's own");
}

#[test]
fn d11_two_places_too_far_apart() {
    let mut bench = Bench::new();
    let place = |name: &str, network: &str, longitude| Place {
        name: name.into(),
        network: Net::parse(network).unwrap(),
        point: Point {
            latitude: 47.0,
            longitude,
        },
    };
    bench.0.places = vec![
        place("North", "10.0.0.0/24", 8.0),
        place("Abroad", "198.51.100.0/24", 30.0),
    ];
    bench.touch(0, NINE, What::Present);
    bench.touch(0, NINE + 20 * MINUTE, What::Present);
    bench.0.touches[1].from = Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)));
    check_case(&bench, 0, Rule::D11);
    bench.0.touches[1].at = at(NINE + 12 * HOUR);
    assert_eq!(bench.cases(), [], "a flight");
}

#[test]
fn d12_a_day_far_above_ones_own_and_others() {
    let mut bench = Bench::new();
    bench.history(0);
    bench.history(1);
    for n in 0..15 {
        bench.open(0, NINE + n * 20 * MINUTE, &format!("p{n}"));
    }
    check_case(&bench, 0, Rule::D12);
    // When others of the same role have such days, it is a way of working.
    for day in 0..5 {
        for n in 0..15 {
            bench.open(
                1,
                NINE + n * 20 * MINUTE + day * DAY,
                &format!("q{day}-{n}"),
            );
        }
    }
    bench.0.touches.sort_by_key(|t| t.at);
    assert_eq!(bench.weight(0, Rule::D12), 0);
}

#[test]
fn d13_numbers_in_order_and_the_alphabet() {
    let mut bench = Bench::new();
    for n in 0..6 {
        let id = format!("p{n}");
        bench.open(0, NINE + n * MINUTE, &id);
        bench.chart(&id).number = Some(u64::try_from(5000 + 7 * n).unwrap());
    }
    check_case(&bench, 0, Rule::D13);
    let of = |n: i64| u64::try_from(5000 - 7 * n).unwrap();
    for n in 0..6 {
        bench.chart(&format!("p{n}")).number = Some(of(n));
    }
    check_case(&bench, 0, Rule::D13);
    for n in 0..6 {
        bench.chart(&format!("p{n}")).number = Some(of(n * n % 5));
    }
    assert_eq!(bench.weight(0, Rule::D13), 0, "up and down");
    for n in 0..6 {
        bench.chart(&format!("p{n}")).number = Some(of(n));
    }
    check_explained(bench, 0);
    let mut bench = Bench::new();
    for (n, letter) in ["a", "b", "c", "d", "e", "f", "g"].iter().enumerate() {
        bench.search(0, NINE + i64::try_from(n).unwrap() * MINUTE, letter);
    }
    check_case(&bench, 0, Rule::D13);
}

#[test]
fn d14_a_burst_of_prints() {
    let mut bench = Bench::new();
    for n in 0..6 {
        let id = format!("p{n}");
        bench.chart(&id);
        bench.touch(0, NINE + n * MINUTE, What::TakenOut(id));
    }
    check_case(&bench, 0, Rule::D14);
    check_explained(bench, 0);
}

#[test]
fn d15_first_letters_that_lead_to_nobody_of_theirs() {
    let mut bench = Bench::new();
    for (n, prefix) in ["smi", "jon", "ba", "mil", "de", "wil", "ta"]
        .iter()
        .enumerate()
    {
        bench.search(0, NINE + i64::try_from(n).unwrap() * 3 * MINUTE, prefix);
    }
    check_case(&bench, 0, Rule::D15);
    // Each search leads to a patient of theirs: that is how charts are found.
    let mut bench = Bench::new();
    bench.link(0, "p", 0, 7 * DAY);
    for (n, prefix) in ["smi", "jon", "ba", "mil", "de", "wil", "ta"]
        .iter()
        .enumerate()
    {
        let time = NINE + i64::try_from(n).unwrap() * 3 * MINUTE;
        bench.search(0, time, prefix);
        bench.open(0, time + MINUTE, "p");
    }
    assert_eq!(bench.cases(), []);
}

#[test]
fn d16_a_biller_and_a_note() {
    let mut bench = Bench::new();
    bench.open(2, NINE, "p");
    bench.0.touches[0].what = What::Opened("p".into(), vec!["DocumentReference".into()]);
    check_case(&bench, 2, Rule::D16);
    bench.0.workers[2].roles.push("clinician".into());
    assert_eq!(bench.cases(), [], "another of their roles has use for it");
    bench.0.workers[2].roles = vec!["a-role-of-the-clinics-own".into()];
    assert_eq!(bench.cases(), []);
}

#[test]
fn d17_the_same_patient_on_four_days_of_a_month() {
    let mut bench = Bench::new();
    for day in [-20, -12, -5, 1] {
        bench.open(0, NINE + day * DAY, "p");
    }
    check_case(&bench, 0, Rule::D17);
    check_explained(bench, 0);
}

#[test]
fn d17_coming_back_is_a_reason_beside_others_only() {
    let mut bench = Bench::new();
    bench.open(0, NINE, "p");
    bench.open(0, NINE + 5 * MINUTE, "p");
    bench.chart("p").family = "ann".into();
    bench.0.surnames.insert("ann".into(), 8);
    assert_eq!(bench.cases(), [], "one look");
    bench.open(0, NINE + 3 * HOUR, "p");
    check_case(&bench, 0, Rule::D17);
    bench.chart("p").family = "else".into();
    assert_eq!(bench.cases(), []);
}

#[test]
fn d18_d19_what_is_planted_is_a_case_whatever_explains_it() {
    let mut bench = Bench::new();
    bench.open(0, NINE, "p");
    bench.chart("p").planted = true;
    bench.link(0, "p", 0, 7 * DAY);
    check_case(&bench, 0, Rule::D18);
    assert_eq!(bench.cases()[0].score, 100);
    let mut bench = Bench::new();
    bench.0.tokens.push(TokenUse {
        seq: 9,
        at: at(NINE),
        from: None,
        client: "backup-key".into(),
        worker: Some(1),
    });
    check_case(&bench, 1, Rule::D19);
}

#[test]
fn weak_reasons_add_up_and_there_is_one_case_for_a_person_and_a_week() {
    let mut bench = Bench::new();
    bench.open(0, 22 * HOUR, "p");
    bench.open(0, 22 * HOUR + MINUTE, "q");
    bench.chart("p").family = "ann".into();
    bench.0.surnames.insert("ann".into(), 8);
    let cases = bench.cases();
    assert_eq!(cases.len(), 1, "{cases:#?}");
    let rules: Vec<Rule> = cases[0].reasons.iter().map(|r| r.rule).collect();
    assert_eq!(rules, [Rule::D9, Rule::D2]);
    // 1 - 0.7 * 0.75
    assert_eq!(cases[0].score, 48);
    assert_eq!(cases[0].week, at(0));
}
