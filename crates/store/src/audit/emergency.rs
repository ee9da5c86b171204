//! What may still be shown while the log cannot be written: a patient to somebody whose emergency access is open.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aceso_base::Instant;

use super::Entry;
use super::form::{AuditOutcome, read};
use super::kind::AuditKind;
use crate::access::Break;

/// An emergency access that is open.
struct Grant {
    one: Break,
    /// The patient's key; only of those that the record does not know of yet.
    late: Option<i64>,
}

/// Emergency accesses that are open, and how the log is.
#[derive(Default)]
pub(crate) struct Emergencies {
    open: Mutex<Vec<Grant>>,
    any_late: AtomicBool,
    /// Whether the log's last try to write failed.
    down: AtomicBool,
    /// Whether the spool is there, how many entries it holds, and when the first was made.
    is_ready: AtomicBool,
    spooled: AtomicU64,
    since: AtomicI64,
}

/// How the emergency spool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpoolStanding {
    /// Whether its file and its room on the disk are there.
    pub is_ready: bool,
    /// Whether the log's last try to write failed.
    pub is_log_down: bool,
    /// How many entries wait in it for the log.
    pub entries: u64,
    /// When the first of them was made.
    pub since: Option<Instant>,
}

impl Emergencies {
    /// These are open in the record.
    pub(crate) fn of(all: Vec<Break>) -> Self {
        let found = Self::default();
        all.into_iter().for_each(|one| found.opened(one));
        found
    }

    /// One was opened, and the record has it.
    pub(crate) fn opened(&self, one: Break) {
        let mut open = self.open();
        open.retain(|g| one.opened < g.one.ends);
        open.push(Grant { one, late: None });
    }

    /// One was opened, and the spool has it; the number is the patient's key.
    pub(crate) fn opened_late(&self, one: Break, patient: i64) {
        self.open().push(Grant {
            one,
            late: Some(patient),
        });
        self.any_late.store(true, Ordering::Release);
    }

    /// One was ended.
    pub(crate) fn ended(&self, id: &str) {
        self.open().retain(|g| g.one.id != id);
    }

    fn open(&self) -> MutexGuard<'_, Vec<Grant>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of an account that the record may not know of yet.
    pub(crate) fn late(&self, account: &str, now: Instant) -> Vec<(Break, i64)> {
        if !self.any_late.load(Ordering::Acquire) {
            return Vec::new();
        }
        let open = self.open();
        let own = open
            .iter()
            .filter(|g| g.one.account == account && g.one.is_open(now));
        own.filter_map(|g| Some((g.one.clone(), g.late?))).collect()
    }

    /// Whether an entry tells of what somebody was shown of patients whose charts they opened in an emergency, and of no
    /// other patient.
    pub(crate) fn covers(&self, entry: &Entry) -> bool {
        let Some(said) = read(&entry.body) else {
            return false;
        };
        let shows = AuditKind::of(&said.act).asks() && said.outcome == AuditOutcome::Done;
        let open = self.open();
        let person = said
            .by
            .as_deref()
            .unwrap_or(&said.who)
            .strip_prefix("person/");
        let is_open = |patient: &String| {
            open.iter().any(|g| {
                Some(g.one.name.as_str()) == person
                    && g.one.patient == *patient
                    && g.one.is_open(entry.at)
            })
        };
        shows && !said.patients.is_empty() && said.patients.iter().all(is_open)
    }

    pub(crate) fn is_log_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }

    pub(super) fn log_is(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    pub(super) fn spool_is_ready(&self, ready: bool) {
        self.is_ready.store(ready, Ordering::Relaxed);
    }

    pub(super) fn spool_holds(&self, entries: usize, since: Option<Instant>) {
        let entries = u64::try_from(entries).unwrap_or(u64::MAX);
        self.since
            .store(since.map_or(0, Instant::millis), Ordering::Relaxed);
        self.spooled.store(entries, Ordering::Release);
    }

    pub(crate) fn standing(&self) -> SpoolStanding {
        let entries = self.spooled.load(Ordering::Acquire);
        let since = Instant::from_millis(self.since.load(Ordering::Relaxed));
        SpoolStanding {
            is_ready: self.is_ready.load(Ordering::Relaxed),
            is_log_down: self.is_log_down(),
            entries,
            since: (entries > 0).then_some(since),
        }
    }
}
