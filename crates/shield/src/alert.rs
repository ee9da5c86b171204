//! What happens, looked at while it happens: the entries of the audit log in order, and findings that somebody should look at
//! now. One alert stands for one cause, however often it shows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use aceso_base::Instant;
use serde::{Deserialize, Serialize};

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Many accounts are tried from one address.
    CredentialStuffing,
    /// One account is tried again and again.
    Guessing,
    /// Somebody asks for much that is not there.
    Enumeration,
    /// An account was given a role that gives roles or keys.
    PrivilegeChange,
    /// One person's account is used from two networks sooner than anybody gets from one to the other.
    TwoPlaces,
    /// Somebody went through the addresses that scanners go through, or sent what attacks look like, and is kept out.
    Scanner,
    /// Somebody opens more records than work asks for.
    MassRead,
    /// The log lacks an entry, or its time goes back.
    AuditGap,
    /// A check found that what is stored is not what was stored.
    IntegrityFailure,
}

/// How soon somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// When there is time.
    Low,
    /// Today.
    Medium,
    /// Within the hour.
    High,
    /// Now.
    Critical,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::CredentialStuffing,
        Self::Guessing,
        Self::Enumeration,
        Self::PrivilegeChange,
        Self::TwoPlaces,
        Self::Scanner,
        Self::MassRead,
        Self::AuditGap,
        Self::IntegrityFailure,
    ];

    /// Its name in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CredentialStuffing => "credential-stuffing",
            Self::Guessing => "guessing",
            Self::Enumeration => "enumeration",
            Self::PrivilegeChange => "privilege-change",
            Self::TwoPlaces => "two-places",
            Self::Scanner => "scanner",
            Self::MassRead => "mass-read",
            Self::AuditGap => "audit-gap",
            Self::IntegrityFailure => "integrity-failure",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::CredentialStuffing => "Many accounts tried from one address",
            Self::Guessing => "One account tried again and again",
            Self::Enumeration => "Much asked for that is not there",
            Self::PrivilegeChange => "Role given that gives roles or keys",
            Self::TwoPlaces => "Account used from two places at once",
            Self::Scanner => "Scanner or attack kept out",
            Self::MassRead => "More records opened than work asks for",
            Self::AuditGap => "Gap in the audit log",
            Self::IntegrityFailure => "What is stored was changed",
        }
    }

    /// How soon somebody should look.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Scanner => Severity::Low,
            Self::Guessing | Self::Enumeration | Self::TwoPlaces => Severity::Medium,
            Self::CredentialStuffing | Self::PrivilegeChange | Self::MassRead => Severity::High,
            Self::AuditGap | Self::IntegrityFailure => Severity::Critical,
        }
    }

    /// The technique of MITRE ATT&CK that it may be; none where it is no attack by itself.
    pub const fn technique(self) -> Option<&'static str> {
        match self {
            Self::CredentialStuffing => Some("T1110.004"),
            Self::Guessing => Some("T1110.001"),
            Self::Enumeration => Some("T1087"),
            Self::PrivilegeChange => Some("T1098"),
            Self::TwoPlaces => Some("T1078"),
            Self::Scanner => Some("T1595"),
            Self::MassRead => Some("T1213"),
            Self::AuditGap => Some("T1070"),
            Self::IntegrityFailure => Some("T1565.001"),
        }
    }
}

impl Severity {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// An entry of the log, as far as the rules ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen<'a> {
    /// Its number.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who, as the log names them.
    pub who: &'a str,
    /// Where from.
    pub from: Option<&'a str>,
    /// What was done.
    pub act: &'a str,
    /// `denied` or `unknown`; none: it was done.
    pub outcome: Option<&'a str>,
    /// More words.
    pub detail: &'a str,
    /// What it was done to.
    pub on: &'a [String],
    /// The patients that it is about.
    pub patients: &'a [String],
}

/// Something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What it is about.
    pub kind: Kind,
    /// Whose doing, or what is concerned: alerts of one kind and cause are one.
    pub cause: String,
    /// What was seen, in words. Names no patient.
    pub text: String,
    /// The log's entry that was one too many.
    pub seq: u64,
    /// Its time.
    pub at: Instant,
}

/// The act of the log's entry about an address that is kept out; more words say for what.
pub const KEPT_OUT: &str = "kept out";

const MINUTE: i64 = 60_000;
/// What counts as now.
const WINDOW: i64 = 10 * MINUTE;
/// Failures of one address over so many accounts.
const FAILURES: usize = 10;
const ACCOUNTS: usize = 5;
/// Things asked for that are not there.
const MISSES: usize = 30;
/// Patients opened by one person within an hour.
const PATIENTS: usize = 100;
const HOUR: i64 = 60 * MINUTE;
/// An account is in two places when both are within this.
const AT_ONCE: i64 = 2 * MINUTE;
/// The clock may be set right by so much.
const BACK: i64 = MINUTE;
/// So many causes are remembered for a rule; more push the oldest out.
const CAUSES: usize = 10_000;
/// Roles that give roles, keys or the log away.
const STRONG: [&str; 2] = ["administrator", "security-officer"];

/// What happened lately, by cause: bounded in time and number.
#[derive(Debug, Default)]
struct Lately(BTreeMap<String, VecDeque<(i64, String)>>);

impl Lately {
    /// Notes one; answers what is in the window for its cause: how many, and how many different ones.
    fn note(
        &mut self,
        cause: &str,
        at: i64,
        what: &str,
        window: i64,
        most: usize,
    ) -> (usize, usize) {
        if self.0.len() >= CAUSES && !self.0.contains_key(cause) {
            self.0
                .retain(|_, seen| seen.back().is_some_and(|(last, _)| *last > at - window));
            if self.0.len() >= CAUSES {
                self.0.pop_first();
            }
        }
        let seen = self.0.entry(cause.to_owned()).or_default();
        seen.push_back((at, what.to_owned()));
        while seen.len() > most || seen.front().is_some_and(|(first, _)| *first <= at - window) {
            seen.pop_front();
        }
        let different: BTreeSet<&str> = seen.iter().map(|(_, what)| what.as_str()).collect();
        (seen.len(), different.len())
    }
}

/// The rules, and what they remember.
#[derive(Debug, Default)]
pub struct Rules {
    last: Option<(u64, i64)>,
    failures: Lately,
    tries: Lately,
    misses: Lately,
    opened: Lately,
    places: BTreeMap<String, (i64, String)>,
}

impl Rules {
    /// Looks at the next entry; answers what somebody should look at.
    pub fn see(&mut self, seen: &Seen<'_>) -> Vec<Alert> {
        let found = [
            self.gap(seen),
            self.stuffing(seen),
            self.guessing(seen),
            self.enumeration(seen),
            self.mass_read(seen),
            self.two_places(seen),
            scanner(seen),
            privilege(seen),
            integrity(seen),
        ];
        found.into_iter().flatten().collect()
    }

    fn gap(&mut self, seen: &Seen<'_>) -> Option<Alert> {
        let before = self.last.replace((seen.seq, seen.at));
        let (seq, at) = before?;
        if seen.seq != seq + 1 {
            let text = format!("entry {} follows entry {seq}", seen.seq);
            return Some(alert(Kind::AuditGap, "the audit log", text, seen));
        }
        (seen.at < at - BACK).then(|| {
            let text = format!(
                "entry {} is {} s before the one before it",
                seen.seq,
                (at - seen.at) / 1000
            );
            alert(Kind::AuditGap, "the audit log", text, seen)
        })
    }

    fn stuffing(&mut self, seen: &Seen<'_>) -> Option<Alert> {
        let from = seen.from.filter(|_| is_failure(seen))?;
        // Names that no account has are not in the log: each counts as another one.
        let account = seen.on.first().cloned();
        let account = account.unwrap_or_else(|| seen.seq.to_string());
        let (count, accounts) = self.failures.note(from, seen.at, &account, WINDOW, 200);
        (count >= FAILURES && accounts >= ACCOUNTS).then(|| {
            let text = format!("{count} wrong sign-ins for {accounts} accounts within ten minutes");
            alert(Kind::CredentialStuffing, from, text, seen)
        })
    }

    fn guessing(&mut self, seen: &Seen<'_>) -> Option<Alert> {
        let account = seen.on.first().filter(|_| is_failure(seen))?;
        let from = seen.from.unwrap_or_default();
        let (count, places) = self.tries.note(account, seen.at, from, WINDOW, 200);
        (count >= FAILURES).then(|| {
            let text =
                format!("{count} wrong sign-ins within ten minutes, from {places} addresses");
            alert(Kind::Guessing, account, text, seen)
        })
    }

    fn enumeration(&mut self, seen: &Seen<'_>) -> Option<Alert> {
        if seen.outcome.is_none() || is_failure(seen) || !is_somebody(seen) {
            return None;
        }
        let (count, _) = self.misses.note(seen.who, seen.at, "", WINDOW, 500);
        (count >= MISSES).then(|| {
            let text =
                format!("{count} requests within ten minutes for what is not there or not theirs");
            alert(Kind::Enumeration, seen.who, text, seen)
        })
    }

    fn mass_read(&mut self, seen: &Seen<'_>) -> Option<Alert> {
        if !seen.who.starts_with("person/") || seen.outcome.is_some() || !is_opening(seen.act) {
            return None;
        }
        let mut most = 0;
        for patient in seen.patients {
            let (_, different) = self.opened.note(seen.who, seen.at, patient, HOUR, 1000);
            most = most.max(different);
        }
        (most >= PATIENTS).then(|| {
            let text = format!("records of {most} patients within an hour");
            alert(Kind::MassRead, seen.who, text, seen)
        })
    }

    fn two_places(&mut self, seen: &Seen<'_>) -> Option<Alert> {
        let is_person = seen.who.starts_with("person/") && seen.outcome.is_none();
        let from = network(seen.from.filter(|_| is_person)?)?;
        let before = self
            .places
            .insert(seen.who.to_owned(), (seen.at, from.clone()));
        if self.places.len() > CAUSES {
            self.places.pop_first();
        }
        let (at, place) = before?;
        (place != from && seen.at - at < AT_ONCE).then(|| {
            let text = format!("from {place} and from {from} within two minutes");
            alert(Kind::TwoPlaces, seen.who, text, seen)
        })
    }
}

/// Where an address is, as far as it says by itself: all of the clinic's own network is one place, and so are addresses of which
/// the first half is the same, as one provider gives them out. No table of countries is asked: it would be wrong too often.
fn network(from: &str) -> Option<String> {
    let from: IpAddr = from.parse().ok()?;
    Some(match from.to_canonical() {
        own if is_own(own) => "the clinic's network".to_owned(),
        IpAddr::V4(four) => {
            let [a, b, ..] = four.octets();
            format!("{a}.{b}.0.0/16")
        }
        IpAddr::V6(six) => {
            let [a, b, ..] = six.segments();
            format!("{a:x}:{b:x}::/32")
        }
    })
}

fn is_own(from: IpAddr) -> bool {
    match from {
        IpAddr::V4(four) => four.is_private() || four.is_loopback() || four.is_link_local(),
        IpAddr::V6(six) => {
            six.is_loopback() || six.is_unique_local() || six.is_unicast_link_local()
        }
    }
}

/// All who scan from outside are one cause: there is always one. A machine of the clinic that scans is a cause of its own.
fn scanner(seen: &Seen<'_>) -> Option<Alert> {
    let from = seen.from.filter(|_| seen.act == KEPT_OUT)?;
    let from: IpAddr = from.parse().ok()?;
    let cause = match is_own(from.to_canonical()) {
        true => from.to_string(),
        false => "addresses outside".to_owned(),
    };
    let text = format!("{from}: {}", seen.detail);
    Some(alert(Kind::Scanner, &cause, text, seen))
}

fn privilege(seen: &Seen<'_>) -> Option<Alert> {
    // Only roles that give roles or keys take two.
    if seen.act == "roles agree" && seen.outcome.is_none() && seen.detail.ends_with("Agree") {
        let text = format!("{} agreed to roles that give roles or keys", seen.who);
        return Some(alert(Kind::PrivilegeChange, seen.who, text, seen));
    }
    let gives = matches!(seen.act, "account roles" | "account add") && seen.outcome.is_none();
    let strong = STRONG.iter().find(|role| {
        seen.detail
            .split([' ', ',', ':'])
            .any(|word| word == **role)
    });
    let strong = strong.filter(|_| gives)?;
    let text = format!("{} gave the role {strong}", seen.who);
    Some(alert(Kind::PrivilegeChange, &named(seen), text, seen))
}

fn integrity(seen: &Seen<'_>) -> Option<Alert> {
    let wrong = match seen.act {
        "verify" | "drill" => {
            let counted = seen.detail.strip_suffix(" wrong")?.rsplit(' ').next()?;
            counted.parse().ok()?
        }
        // Its entry names the places.
        "scrub" => seen.on.len(),
        "witness objects" => {
            let text = format!("a witness objects: {}", seen.detail);
            return Some(alert(Kind::IntegrityFailure, "the audit log", text, seen));
        }
        _ => 0,
    };
    (wrong > 0).then(|| {
        let text = format!("{} found {wrong} things wrong", seen.act);
        alert(Kind::IntegrityFailure, "the record", text, seen)
    })
}

fn is_failure(seen: &Seen<'_>) -> bool {
    seen.act == "sign-in attempt" && seen.outcome.is_some()
}

fn is_somebody(seen: &Seen<'_>) -> bool {
    seen.who.starts_with("person/") || seen.who.starts_with("client/")
}

/// Opening a record, as against finding it in a list.
fn is_opening(act: &str) -> bool {
    matches!(
        act,
        "read" | "history" | "vread" | "read many" | "search many"
    )
}

/// The account or resource that it was done to.
fn named(seen: &Seen<'_>) -> String {
    match seen.on.first() {
        Some(first) => first.clone(),
        None => seen.detail.split(':').next().unwrap_or_default().to_owned(),
    }
}

fn alert(kind: Kind, cause: &str, text: String, seen: &Seen<'_>) -> Alert {
    Alert {
        kind,
        cause: cause.to_owned(),
        text,
        seq: seen.seq,
        at: Instant::from_millis(seen.at),
    }
}

#[cfg(test)]
mod tests {
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
}
