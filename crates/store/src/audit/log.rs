//! The log's writing end, as everybody else holds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;

use aceso_base::Clock;
use rusqlite::Connection;

use super::Entry;
use super::emergency::{Emergencies, SpoolStanding};
use super::end::End;
use super::front::{Front, send};
use super::spool::Late;
use crate::StoreError;
use crate::files::{Files, Turn};

/// Told how it ended.
pub(super) type Ack = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What the thread is asked for.
pub(super) enum Job {
    Append(Entry, Ack),
    /// Take over what the record holds, now.
    Settle(Ack),
    /// Take over what the journal holds.
    Take(Ack),
    /// Keep this in the spool: the record cannot be written.
    Keep(Box<Late>, Ack),
    /// Write what is no entry.
    Do(Box<dyn FnOnce(&Connection) + Send>),
    /// The database comes under the next page key.
    Renew(Arc<Turn>, Ack),
}

/// The log's writing end.
pub(crate) struct Log {
    jobs: flume::Sender<Job>,
    taken: Arc<AtomicI64>,
    owed: Arc<AtomicBool>,
    emergencies: Arc<Emergencies>,
    threads: Vec<JoinHandle<()>>,
}

impl Log {
    /// Opens the log, takes over what an earlier run left in the journal, in the record and in the spool, and starts its threads.
    pub(crate) fn open(
        files: &Arc<Files>,
        clock: Arc<dyn Clock>,
        emergencies: Arc<Emergencies>,
    ) -> Result<Self, StoreError> {
        let (end, connection) = End::open(files, clock, Arc::clone(&emergencies))?;
        let (taken, owed) = end.shared();
        let (jobs, front_inbox) = flume::bounded(4096);
        let (to_end, inbox) = flume::bounded(4096);
        let front = Front::new(to_end, end.between(), Arc::clone(&emergencies));
        let threads = [
            thread("audit", move || front.run(&front_inbox))?,
            thread("audit log", move || end.run(connection, &inbox))?,
        ];
        Ok(Self {
            jobs,
            taken,
            owed,
            emergencies,
            threads: threads.into(),
        })
    }

    /// Appends an entry; `ack` is called when it is on disk, or cannot be.
    pub(crate) fn append(&self, entry: Entry, ack: Ack) {
        self.send(Job::Append(entry, ack));
    }

    /// Up to which of the record's entries the log has taken over.
    pub(crate) fn taken(&self) -> i64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Says that the record has new entries to take over; they are safe there until that is done.
    pub(crate) fn take(&self) {
        self.owed.store(true, Ordering::Release);
    }

    /// Waits until everything the record holds for the log is in the chain.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        let (told, answer) = flume::bounded(1);
        self.send(Job::Settle(Box::new(move |done| {
            let _ = told.send(done);
        })));
        answer.recv().map_err(|_| StoreError::closed())?
    }

    /// Keeps an emergency access in the spool, because the record cannot be written.
    pub(crate) async fn keep(&self, late: Late) -> Result<(), StoreError> {
        let (told, answer) = tokio::sync::oneshot::channel();
        self.send(Job::Keep(
            Box::new(late),
            Box::new(move |done| {
                let _ = told.send(done);
            }),
        ));
        answer.await.map_err(|_| StoreError::closed())?
    }

    /// Writes what is no entry, on the log's one writing connection: how far the log was sent, its keys.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (told, answer) = flume::bounded(1);
        self.send(Job::Do(Box::new(move |log| {
            let _ = told.send(work(log));
        })));
        answer.recv().map_err(|_| StoreError::closed())?
    }

    /// Brings the database under the next page key; others are served meanwhile.
    pub(crate) async fn renew(&self, turn: Arc<Turn>) -> Result<(), StoreError> {
        let (told, answer) = tokio::sync::oneshot::channel();
        let ack = Box::new(move |done| {
            let _ = told.send(done);
        });
        self.send(Job::Renew(turn, ack));
        answer.await.map_err(|_| StoreError::closed())?
    }

    /// Emergency accesses that are open.
    pub(crate) fn emergencies(&self) -> &Emergencies {
        &self.emergencies
    }

    /// How the emergency spool is.
    pub(crate) fn spool(&self) -> SpoolStanding {
        self.emergencies.standing()
    }

    fn send(&self, job: Job) {
        send(&self.jobs, job);
    }
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.spawn(work).map_err(StoreError::io)
}

impl Drop for Log {
    fn drop(&mut self) {
        let (closed, _) = flume::bounded(0);
        drop(std::mem::replace(&mut self.jobs, closed));
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
