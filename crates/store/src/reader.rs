//! The readers: a few connections with a page cache each, and as many threads. A reading job runs to its end on one of
//! them; its audit entry is on disk before its answer is given. Short jobs run where they are asked for when a
//! connection is free, which spares two changes of thread.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::StoreError;
use crate::audit::{Entry, Log};
use crate::files::Link;

type Job = Box<dyn FnOnce(Result<&mut Connection, StoreError>) + Send>;

/// The reading end of the record.
pub(crate) struct Readers {
    jobs: flume::Sender<Job>,
    threads: Vec<JoinHandle<()>>,
    pool: Arc<Pool>,
    log: Arc<Log>,
}

impl Readers {
    pub(crate) fn start(connections: Vec<Link>, log: Arc<Log>) -> Result<Self, StoreError> {
        let (jobs, inbox) = flume::bounded::<Job>(1024);
        let pool = Arc::new(Pool {
            connections: connections.into_iter().map(Mutex::new).collect(),
            waiting: AtomicUsize::new(0),
        });
        let mut threads = Vec::new();
        for place in 0..pool.connections.len() {
            let (inbox, pool) = (inbox.clone(), Arc::clone(&pool));
            let thread = std::thread::Builder::new()
                .name("reader".to_owned())
                .spawn(move || {
                    while let Ok(job) = inbox.recv() {
                        pool.at(place, job);
                    }
                });
            threads.push(thread.map_err(StoreError::io)?);
        }
        Ok(Self {
            jobs,
            threads,
            pool,
            log,
        })
    }

    /// Lets go of the file before where another was put in its place: those that are at work do with their next job.
    pub(crate) fn follow(&self) {
        for connection in &self.pool.connections {
            if let Ok(mut link) = connection.try_lock()
                && let Err(error) = link.now()
            {
                tracing::warn!(%error, "a reader could not open the file under the new page key yet");
            }
        }
    }

    /// The audit log.
    pub(crate) const fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Runs a job; nothing is logged.
    pub(crate) async fn quiet<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let _ = reply.send(connection.map(job));
        });
        self.jobs
            .send_async(job)
            .await
            .map_err(|_| StoreError::closed())?;
        answer.await.map_err(|_| StoreError::closed())?
    }

    /// As [`Readers::quiet`], for a job of a handful of point lookups.
    pub(crate) async fn quiet_short<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        match self.pool.free(job) {
            Ok(value) => Ok(value),
            Err(job) => self.quiet(job).await,
        }
    }

    /// Runs a job that answers with its audit entry; the answer comes when the entry is on disk, or not at all.
    pub(crate) async fn logged<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> (T, Entry) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let log = Arc::clone(&self.log);
        let job: Job = Box::new(move |connection| match connection {
            Ok(connection) => settle(&log, job(connection), reply),
            Err(error) => {
                let _ = reply.send(Err(error));
            }
        });
        self.jobs
            .send_async(job)
            .await
            .map_err(|_| StoreError::closed())?;
        answer.await.map_err(|_| StoreError::closed())?
    }

    /// As [`Readers::logged`], for a job of a handful of point lookups.
    pub(crate) async fn logged_short<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> (T, Entry) + Send + 'static,
    ) -> Result<T, StoreError> {
        match self.pool.free(job) {
            Ok(done) => {
                let (reply, answer) = oneshot::channel();
                settle(&self.log, done, reply);
                answer.await.map_err(|_| StoreError::closed())?
            }
            Err(job) => self.logged(job).await,
        }
    }
}

/// Has the entry written, and then gives the answer.
fn settle<T: Send + 'static>(
    log: &Log,
    (value, entry): (T, Entry),
    reply: oneshot::Sender<Result<T, StoreError>>,
) {
    let ack = move |written: Result<(), StoreError>| {
        let _ = reply.send(written.map(|()| value));
    };
    if crate::LEAVES_READS_OUT {
        return ack(Ok(()));
    }
    log.append(entry, Box::new(ack));
}

impl Drop for Readers {
    fn drop(&mut self) {
        let (closed, _) = flume::bounded(0);
        drop(std::mem::replace(&mut self.jobs, closed));
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// The connections. Each thread has one of its own, which it lends while it has nothing to do.
struct Pool {
    connections: Vec<Mutex<Link>>,
    /// How many threads wait for theirs: then none is lent.
    waiting: AtomicUsize,
}

impl Pool {
    /// Runs a thread's job on its connection.
    fn at(&self, place: usize, job: Job) {
        let Some(connection) = self.connections.get(place) else {
            return;
        };
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let mut link = connection.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        job(link.now());
    }

    /// Runs a job here and now, if a connection is free; else gives it back.
    fn free<T, J: FnOnce(&mut Connection) -> T>(&self, job: J) -> Result<T, J> {
        if self.waiting.load(Ordering::Acquire) > 0 {
            return Err(job);
        }
        for connection in &self.connections {
            let mut link = match connection.try_lock() {
                Ok(link) => link,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => continue,
            };
            // Where the file cannot be opened, a thread says so.
            return match link.now() {
                Ok(connection) => Ok(job(connection)),
                Err(_) => Err(job),
            };
        }
        Err(job)
    }
}
