//! The thread in front of the log's end: it writes entries into the journal, a group at a time, and answers who waits for them.
//! The end takes them into the log many groups at once. While the log cannot be written, or where another process writes the
//! journal, entries go straight to the end.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Entry;
use super::ahead::{Group, Writer};
use super::emergency::Emergencies;
use super::log::{Ack, Job};
use crate::StoreError;
use crate::company::Company;

/// So many entries are written together at most.
pub(super) const GROUP: usize = 512;
/// With so many waiting in the journal the end is woken: otherwise it comes by itself. More at once take less of the processor, and
/// who is answered meanwhile waits for the disk as long as the log's own sync takes it.
const MANY: usize = 128;

/// What is in the journal and not in the log yet, as both threads have it.
#[derive(Default)]
pub(super) struct Between {
    written: Mutex<Written>,
    /// The last group that the log holds.
    held: AtomicU64,
    /// The journal that is written is not the one that the log goes by any more.
    is_lost: AtomicBool,
    /// The journal, for the front to write from now on.
    handed: Mutex<Option<Writer>>,
}

#[derive(Default)]
struct Written {
    groups: Vec<Group>,
    entries: usize,
}

impl Between {
    /// Adds a group; answers whether there are many now.
    fn add(&self, group: Group) -> bool {
        let mut written = self.written();
        let before = written.entries;
        written.entries += group.entries.len();
        written.groups.push(group);
        before < MANY && written.entries >= MANY
    }

    /// What was added since the last time.
    pub(super) fn take(&self) -> Vec<Group> {
        std::mem::take(&mut *self.written()).groups
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        lock(&self.written)
    }

    /// The journal is this process's to write from now on.
    pub(super) fn hand(&self, journal: Writer) {
        *lock(&self.handed) = Some(journal);
    }

    /// The log holds every group up to this one.
    pub(super) fn log_holds(&self, number: u64) {
        self.held.store(number, Ordering::Release);
    }

    /// Nothing is to be written to this journal any more.
    pub(super) fn lose(&self) {
        self.is_lost.store(true, Ordering::Release);
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread's own.
pub(super) struct Front {
    end: flume::Sender<Job>,
    journal: Option<Writer>,
    between: Arc<Between>,
    emergencies: Arc<Emergencies>,
    company: Company,
    entries: Vec<Entry>,
    /// One for each entry.
    acks: Vec<Ack>,
}

impl Front {
    pub(super) fn new(
        end: flume::Sender<Job>,
        between: Arc<Between>,
        emergencies: Arc<Emergencies>,
    ) -> Self {
        Self {
            end,
            journal: None,
            between,
            emergencies,
            company: Company::default(),
            entries: Vec::new(),
            acks: Vec::new(),
        }
    }

    pub(super) fn run(mut self, inbox: &flume::Receiver<Job>) {
        while let Ok(first) = inbox.recv() {
            if matches!(first, Job::Append(..)) {
                self.company.wait(|| inbox.len() + 1);
            }
            let mut group = 0;
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Append(entry, ack) => {
                        self.entries.push(entry);
                        self.acks.push(ack);
                        group += 1;
                    }
                    other => {
                        self.write();
                        send(&self.end, other);
                    }
                }
                next = if self.entries.len() < GROUP {
                    inbox.try_recv().ok()
                } else {
                    None
                };
            }
            self.write();
            if group > 0 {
                self.company.seen(group, inbox.len());
            }
        }
    }

    /// Has what came written, in the journal or at the end.
    fn write(&mut self) {
        if self.entries.is_empty() {
            return;
        }
        let entries = std::mem::take(&mut self.entries);
        let acks = std::mem::take(&mut self.acks);
        let Some((number, next)) = self.journalled(&entries) else {
            for (entry, ack) in entries.into_iter().zip(acks) {
                send(&self.end, Job::Append(entry, ack));
            }
            return;
        };
        let is_much = self.between.add(Group {
            number,
            next,
            entries,
        });
        acks.into_iter().for_each(|ack| ack(Ok(())));
        if is_much {
            send(&self.end, Job::Take(Box::new(|_| ())));
        }
    }

    /// Writes them into the journal, when that may be done now.
    fn journalled(&mut self, entries: &[Entry]) -> Option<(u64, u64)> {
        // What cannot reach the log is not taken into the journal either: nothing more is shown.
        let is_lost = self.between.is_lost.load(Ordering::Acquire);
        if is_lost || self.emergencies.is_log_down() || self.end.is_disconnected() {
            return None;
        }
        let held = || self.between.held.load(Ordering::Acquire);
        if self.journal.is_none() {
            self.journal = lock(&self.between.handed).take();
        }
        let journal = self.journal.as_mut()?;
        let done = match journal.write(entries, held()) {
            Ok(None) => {
                let (told, answer) = flume::bounded(1);
                let ack = move |done: Result<(), StoreError>| drop(told.send(done));
                send(&self.end, Job::Take(Box::new(ack)));
                // Of what could not be taken the end tells itself.
                let _ = answer.recv();
                journal.write(entries, held())
            }
            done => done,
        };
        match done {
            Ok(place) => place,
            Err(error) => {
                // Whether these are in it is not known: they go to the log, where they may stand twice after a kill.
                tracing::error!(%error, "the audit log's journal cannot be written: the log itself is, each time");
                self.journal = None;
                None
            }
        }
    }
}

/// Passes a job on; where nobody is there any more, who waits for it is told.
pub(super) fn send(to: &flume::Sender<Job>, job: Job) {
    match to.send(job) {
        Err(flume::SendError(
            Job::Append(_, ack)
            | Job::Settle(ack)
            | Job::Take(ack)
            | Job::Keep(_, ack)
            | Job::Renew(_, ack),
        )) => ack(Err(StoreError::closed())),
        // What is dropped answers nothing, which its caller notices.
        Ok(()) | Err(flume::SendError(Job::Do(_))) => {}
    }
}
