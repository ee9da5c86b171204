//! A clinic that works for some weeks, and some who look where they have no business: made from a seed, and run through
//! the store as its people's own requests.
//!
//! It is made from how clinics work (appointments, teams, a ward with nights and floats, calls that nobody writes down,
//! wrong clicks, a study, records that are sent out), not from the rules. What snoops do is drawn at random too: how
//! often, at what time, how many; some look once, and some of those nobody can tell from a wrong click.

mod life;
mod people;
mod random;
mod snoops;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use aceso_base::{Instant, ManualClock};
use aceso_fhir::json;
use aceso_policy::{Caller, Purpose};
use aceso_shield::insider::{Net, Rule};
use aceso_store::{Decoy, DecoyKind, InsiderReview, InsiderSettings, Keep, Settings, Store};
use aceso_vault::RootKey;
use serde_json::Value;

pub(crate) use random::Seeded;

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
/// 2026-02-02T00:00:00Z, a Monday.
pub(crate) const START: i64 = 1_769_990_400_000;

/// How large it is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// People who work there.
    pub users: usize,
    /// Patients.
    pub patients: usize,
    /// Weeks, of which the first ones are there to compare with.
    pub weeks: i64,
    /// Weeks that are reviewed.
    pub reviewed: i64,
    /// Snoops of each kind.
    pub snoops: usize,
    /// What everything is drawn from.
    pub seed: u64,
}

/// Somebody who works there, as the generator knows them.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) practitioner: String,
    pub(crate) role: &'static str,
    pub(crate) family: String,
    pub(crate) ward: Option<usize>,
    pub(crate) site: usize,
    /// Hours of the day that they work in, on work days.
    pub(crate) hours: (i64, i64),
    /// The patient that they are here themselves.
    pub(crate) own: Option<usize>,
    /// The last number of their usual address.
    pub(crate) desk: u8,
}

/// A patient, as the generator knows them.
#[derive(Clone, Debug)]
pub(crate) struct Patient {
    pub(crate) id: String,
    pub(crate) family: String,
    pub(crate) document: Value,
}

/// Something that somebody will do.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    pub(crate) at: i64,
    pub(crate) who: usize,
    pub(crate) does: Does,
    pub(crate) from: [u8; 4],
}

#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// Opens this of the record.
    Open(&'static str, String),
    /// Looks for patients whose names begin so.
    Look(String),
    /// Takes out the record of this patient.
    Take(String),
    /// Uses the planted token.
    Token,
}

/// A snoop, and what kind.
#[derive(Clone, Debug)]
pub struct Snoop {
    pub(crate) who: usize,
    pub(crate) rule: Rule,
    /// What they do where they have no business.
    pub(crate) deeds: Vec<Deed>,
}

/// The clinic, run.
pub struct Clinic {
    /// The record, to be reviewed.
    pub store: Store,
    pub(crate) clock: Arc<ManualClock>,
    dir: PathBuf,
    pub(crate) size: Size,
    pub(crate) people: Vec<Person>,
    pub(crate) patients: Vec<Patient>,
    pub(crate) deeds: Vec<Deed>,
    pub(crate) snoops: Vec<Snoop>,
    pub(crate) random: Seeded,
    /// A patient whom a doctor saw months ago.
    pub(crate) former: BTreeMap<usize, usize>,
    /// How many legitimate accesses nothing written down explains.
    pub unwritten: usize,
}

impl Drop for Clinic {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// By kind of snoop: how many there were, how many there is a case about, and how many by the rule of their kind.
    pub by_rule: BTreeMap<Rule, (usize, usize, usize)>,
    /// Cases about people who did nothing wrong.
    pub false_cases: usize,
    /// All cases.
    pub cases: usize,
    /// Cases per 100 users and week.
    pub rate: f64,
    /// Accesses, and those explained.
    pub accesses: usize,
    /// Of them.
    pub explained: usize,
}

impl Outcome {
    /// How many of all snoops were found.
    pub fn recall(&self) -> f64 {
        let kinds = self.by_rule.values();
        let (all, found) = kinds.fold((0, 0), |(a, f), (all, found, _)| (a + all, f + found));
        found as f64 / all.max(1) as f64
    }
}

impl Clinic {
    /// Makes it and lets it work.
    pub async fn run(size: Size) -> Self {
        let dir = std::env::temp_dir().join(format!(
            "aceso-insiders-{}-{}",
            std::process::id(),
            size.seed
        ));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let root = RootKey::create_file(&dir.join("key")).unwrap();
        let clock = Arc::new(ManualClock::new(Instant::from_millis(START - 400 * DAY)));
        let settings = Settings {
            cache_mib: 64,
            ..Settings::new(dir.join("data"))
        };
        let store = Store::open(settings, &root, clock.clone()).unwrap();
        let mut clinic = Self {
            store,
            clock,
            dir,
            size,
            people: Vec::new(),
            patients: Vec::new(),
            deeds: Vec::new(),
            snoops: Vec::new(),
            random: Seeded::new(size.seed),
            former: BTreeMap::new(),
            unwritten: 0,
        };
        clinic.populate().await;
        clinic.live().await;
        clinic.snoop().await;
        clinic.carry_out().await;
        clinic
    }

    /// Stores documents at their own ids.
    pub(crate) async fn put(&self, documents: &[Value]) {
        for group in documents.chunks(200) {
            let mut tx = self.store.write(&Caller::operator(), Purpose::Operations);
            for document in group {
                let id = document["id"].as_str().unwrap().to_owned();
                let value = json::read(document.to_string().as_bytes()).unwrap();
                tx.update(&id, value, None).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
    }

    pub(crate) async fn plant(&self, kind: DecoyKind, id: &str) {
        let decoy = Decoy {
            kind,
            id: id.to_owned(),
        };
        self.store
            .add_decoy(&Caller::operator(), decoy)
            .await
            .unwrap();
    }

    /// Reviews the last weeks.
    pub async fn review(&self) -> InsiderReview {
        let from = START + (self.size.weeks - self.size.reviewed) * 7 * DAY;
        let until = START + self.size.weeks * 7 * DAY;
        let settings = InsiderSettings {
            own_networks: Net::parse("10.0.0.0/16").into_iter().collect(),
            places: people::places(),
            ..InsiderSettings::default()
        };
        let (from, until) = (Instant::from_millis(from), Instant::from_millis(until));
        self.store
            .review_insiders(&Caller::operator(), from, until, settings, Keep::Yes)
            .await
            .unwrap()
    }

    /// Compares what was found with what was done.
    pub fn judge(&self, review: &InsiderReview) -> Outcome {
        let mut outcome = Outcome {
            cases: review.cases.len(),
            accesses: review.share.accesses,
            explained: review.share.explained.values().sum(),
            ..Outcome::default()
        };
        let person_weeks = self.size.users as f64 * self.size.reviewed as f64;
        outcome.rate = review.cases.len() as f64 / person_weeks * 100.0;
        for snoop in &self.snoops {
            let name = &self.people[snoop.who].name;
            let mut cases = review.cases.iter().filter(|c| c.name == *name).peekable();
            let entry = outcome.by_rule.entry(snoop.rule).or_default();
            entry.0 += 1;
            entry.1 += usize::from(cases.peek().is_some());
            let own = cases.any(|c| c.reasons.iter().any(|r| r.rule == snoop.rule));
            entry.2 += usize::from(own);
        }
        outcome.false_cases = review
            .cases
            .iter()
            .filter(|c| !self.is_guilty(&c.name))
            .count();
        outcome
    }

    /// Whether somebody snooped.
    pub fn is_guilty(&self, name: &str) -> bool {
        self.snoops.iter().any(|s| self.people[s.who].name == name)
    }

    /// Snoops that were not found, each with what they did.
    pub fn missed(&self, review: &InsiderReview) -> Vec<String> {
        let name = |s: &Snoop| self.people[s.who].name.as_str();
        let missed = self.snoops.iter();
        missed
            .filter(|s| !review.cases.iter().any(|c| c.name == name(s)))
            .map(|s| {
                let role = self.people[s.who].role;
                let deeds: Vec<String> = s.deeds.iter().map(told).collect();
                format!("{}, {role} ({}): {}", name(s), s.rule, deeds.join("; "))
            })
            .collect()
    }
}

/// A deed in few words, with its day and hour since the beginning.
fn told(deed: &Deed) -> String {
    let (day, minute) = ((deed.at - START) / DAY, (deed.at - START) % DAY / MINUTE);
    let what = match &deed.does {
        Does::Open(kind, id) => format!("{kind}/{id}"),
        Does::Look(beginning) => format!("names {beginning}"),
        Does::Take(id) => format!("print {id}"),
        Does::Token => "token".to_owned(),
    };
    format!("day {day} {:02}:{:02} {what}", minute / 60, minute % 60)
}
