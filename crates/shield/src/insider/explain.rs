//! What explains an access.

use std::collections::BTreeMap;

use aceso_base::Instant;
use serde::{Deserialize, Serialize};

use super::facts::{Facts, Touch, What};

/// What links a worker and a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Why {
    /// An appointment.
    Appointment,
    /// A visit or stay.
    Visit,
    /// A care team, an episode of care, the patient's own doctor.
    Team,
    /// An order, a prescription, a referral.
    Order,
    /// A result to be interpreted.
    Result,
    /// A message.
    Message,
    /// A task, also one of billing.
    Task,
    /// A claim, for those who bill.
    Bill,
    /// The day's list of the place where they work.
    DayList,
    /// The ward that they cover.
    Ward,
    /// A study that they conduct and the patient takes part in.
    Study,
    /// An emergency access, which is reviewed on its own.
    Emergency,
}

/// How much of what happened is explained, and by what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Accesses to one patient's record.
    pub accesses: usize,
    /// Those explained, by what explained them first.
    pub explained: BTreeMap<Why, usize>,
}

type Links = BTreeMap<(usize, String), Vec<(Instant, Instant, Why)>>;

/// The links, by worker and patient.
pub(super) struct Explained(Links);

impl Explained {
    pub(super) fn new(facts: &Facts) -> Self {
        let mut links = Links::new();
        for link in &facts.links {
            let key = (link.worker, link.patient.clone());
            let span = (link.since, link.until, link.why);
            links.entry(key).or_default().push(span);
        }
        Self(links)
    }

    /// What explains that this worker looked at this patient then.
    pub(super) fn why(&self, worker: usize, patient: &str, at: Instant) -> Option<Why> {
        let links = self.0.get(&(worker, patient.to_owned()))?;
        let holds = |(since, until, _): &&(Instant, Instant, Why)| *since <= at && at < *until;
        links.iter().find(holds).map(|(_, _, why)| *why)
    }

    /// When the last link between the two ended before then.
    pub(super) fn ended(&self, worker: usize, patient: &str, at: Instant) -> Option<Instant> {
        let links = self.0.get(&(worker, patient.to_owned()))?;
        links
            .iter()
            .map(|(_, until, _)| *until)
            .filter(|until| *until <= at)
            .max()
    }

    /// How much is explained of what happened in a time.
    pub(super) fn share(&self, touches: &[Touch], from: Instant, to: Instant) -> Share {
        let mut share = Share::default();
        for touch in touches.iter().filter(|t| from <= t.at && t.at < to) {
            let (What::Opened(patient, _) | What::TakenOut(patient)) = &touch.what else {
                continue;
            };
            share.accesses += 1;
            if let Some(why) = self.why(touch.worker, patient, touch.at) {
                *share.explained.entry(why).or_default() += 1;
            }
        }
        share
    }
}
