//! What happens, looked at while it happens: the entries of the audit log in order, and findings that somebody should look at
//! now. One alert stands for one cause, however often it shows.

mod kind;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use aceso_base::Instant;

use crate::filled::filled;

pub use kind::{Kind, Severity};

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
/// The act of the log's entry about a file in which a virus was found; more words say which.
pub const INFECTED: &str = "antivirus hit";

/// The act of the log's entry that says what a match of advisories opened.
pub const AFFECTED: &str = "advisories affect";

/// The act of the log's entry that says what is wrong with the feed of advisories.
pub const FEED_TROUBLE: &str = "advisories trouble";

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
            infected(seen),
            published(seen),
        ];
        found.into_iter().flatten().collect()
    }

    fn gap(&mut self, seen: &Seen<'_>) -> Option<Alert> {
        let before = self.last.replace((seen.seq, seen.at));
        let (seq, at) = before?;
        if seen.seq != seq + 1 {
            let text = filled("entry {0} follows entry {1}", &[&seen.seq, &seq]);
            return Some(alert(Kind::AuditGap, "the audit log", text, seen));
        }
        (seen.at < at - BACK).then(|| {
            let text = filled(
                "entry {0} is {1} s before the one before it",
                &[&seen.seq, &((at - seen.at) / 1000)],
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
            let text = filled(
                "{0} wrong sign-ins for {1} accounts within ten minutes",
                &[&count, &accounts],
            );
            alert(Kind::CredentialStuffing, from, text, seen)
        })
    }

    fn guessing(&mut self, seen: &Seen<'_>) -> Option<Alert> {
        let account = seen.on.first().filter(|_| is_failure(seen))?;
        let from = seen.from.unwrap_or_default();
        let (count, places) = self.tries.note(account, seen.at, from, WINDOW, 200);
        (count >= FAILURES).then(|| {
            let text = filled(
                "{0} wrong sign-ins within ten minutes, from {1} addresses",
                &[&count, &places],
            );
            alert(Kind::Guessing, account, text, seen)
        })
    }

    fn enumeration(&mut self, seen: &Seen<'_>) -> Option<Alert> {
        if seen.outcome.is_none() || is_failure(seen) || !is_somebody(seen) {
            return None;
        }
        let (count, _) = self.misses.note(seen.who, seen.at, "", WINDOW, 500);
        (count >= MISSES).then(|| {
            let text = filled(
                "{0} requests within ten minutes for what is not there or not theirs",
                &[&count],
            );
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
            let text = filled("records of {0} patients within an hour", &[&most]);
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
            let text = filled("from {0} and from {1} within two minutes", &[&place, &from]);
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
        let text = filled("{0} agreed to roles that give roles or keys", &[&seen.who]);
        return Some(alert(Kind::PrivilegeChange, seen.who, text, seen));
    }
    let gives = matches!(seen.act, "account roles" | "account add") && seen.outcome.is_none();
    let strong = STRONG.iter().find(|role| {
        seen.detail
            .split([' ', ',', ':'])
            .any(|word| word == **role)
    });
    let strong = strong.filter(|_| gives)?;
    let text = filled("{0} gave the role {1}", &[&seen.who, strong]);
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
            let text = filled("a witness objects: {0}", &[&seen.detail]);
            return Some(alert(Kind::IntegrityFailure, "the audit log", text, seen));
        }
        _ => 0,
    };
    (wrong > 0).then(|| {
        let text = filled("{0} found {1} things wrong", &[&seen.act, &wrong]);
        alert(Kind::IntegrityFailure, "the record", text, seen)
    })
}

fn infected(seen: &Seen<'_>) -> Option<Alert> {
    (seen.act == INFECTED).then(|| {
        let text = filled("a file for a chart was not taken: {0}", &[&seen.detail]);
        alert(Kind::Malware, seen.who, text, seen)
    })
}

/// What the makers published about the program; each advisory is a cause of its own.
fn published(seen: &Seen<'_>) -> Option<Alert> {
    if seen.outcome.is_some() {
        return None;
    }
    let text = seen.detail.to_owned();
    match seen.act {
        AFFECTED => {
            let cause = text.split(':').next().unwrap_or_default().to_owned();
            Some(alert(Kind::Affected, &cause, text, seen))
        }
        FEED_TROUBLE => Some(alert(
            Kind::FeedTrouble,
            "the feed of advisories",
            text,
            seen,
        )),
        _ => None,
    }
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
