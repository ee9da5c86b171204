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

impl Why {
    /// Whether it makes the patient one of the worker's: what is written or done about them otherwise does not.
    const fn treats(self) -> bool {
        match self {
            Self::Appointment | Self::Visit | Self::Team | Self::Order => true,
            Self::Result
            | Self::Message
            | Self::Task
            | Self::Bill
            | Self::DayList
            | Self::Ward
            | Self::Study
            | Self::Emergency => false,
        }
    }
}

/// How far what links a worker and a patient explains an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// It names the two, or the post that the worker was given: it explains whatever is done for the patient.
    Named,
    /// Whoever has the role or works at the place, at that time: it explains what the role does, there.
    Place,
    /// The same, some days before or after: it explains a stranger's record alone, not that of somebody whom one knows.
    Around,
}

/// How much of what happened is explained, and by what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Accesses to one patient's record.
    pub accesses: usize,
    /// Those explained, by what explained them first.
    pub explained: BTreeMap<Why, usize>,
}

type Links = BTreeMap<(usize, String), Vec<(Instant, Instant, Why, Hold)>>;

/// The links, by worker and patient.
pub(super) struct Explained(Links);

impl Explained {
    pub(super) fn new(facts: &Facts) -> Self {
        let mut links = Links::new();
        for link in &facts.links {
            let key = (link.worker, link.patient.clone());
            let span = (link.since, link.until, link.why, link.hold);
            links.entry(key).or_default().push(span);
        }
        Self(links)
    }

    /// What explains that this worker looked at this patient then.
    pub(super) fn why(&self, worker: usize, patient: &str, at: Instant) -> Option<Why> {
        let mut links = self.at(worker, patient, at);
        links.next().map(|(why, _)| why)
    }

    /// How far the best of what links the two then explains it; none when nothing does.
    pub(super) fn hold(&self, worker: usize, patient: &str, at: Instant) -> Option<Hold> {
        self.at(worker, patient, at).map(|(_, hold)| hold).min()
    }

    fn at(&self, worker: usize, patient: &str, at: Instant) -> impl Iterator<Item = (Why, Hold)> {
        let links = self.0.get(&(worker, patient.to_owned()));
        let holding = links
            .into_iter()
            .flatten()
            .filter(move |(since, until, ..)| *since <= at && at < *until);
        holding.map(|(_, _, why, hold)| (*why, *hold))
    }

    /// When the last link by which the worker treated the patient ended before then.
    pub(super) fn ended(&self, worker: usize, patient: &str, at: Instant) -> Option<Instant> {
        let links = self.0.get(&(worker, patient.to_owned()))?;
        links
            .iter()
            .filter(|(.., why, _)| why.treats())
            .map(|(_, until, ..)| *until)
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
