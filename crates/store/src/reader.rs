//! The readers: a few threads with a connection and a page cache each. A reading job runs to its end on one of them;
//! its audit entry is on disk before its answer is given.

use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::StoreError;
use crate::audit::{Entry, Log};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The reading end of the record.
pub(crate) struct Readers {
    jobs: flume::Sender<Job>,
    threads: Vec<JoinHandle<()>>,
    log: Arc<Log>,
}

impl Readers {
    pub(crate) fn start(connections: Vec<Connection>, log: Arc<Log>) -> Result<Self, StoreError> {
        let (jobs, inbox) = flume::bounded::<Job>(1024);
        let mut threads = Vec::new();
        for mut connection in connections {
            let inbox = inbox.clone();
            let work = move || {
                while let Ok(job) = inbox.recv() {
                    job(&mut connection);
                }
            };
            let thread = std::thread::Builder::new()
                .name("reader".to_owned())
                .spawn(work);
            threads.push(thread.map_err(StoreError::io)?);
        }
        Ok(Self { jobs, threads, log })
    }

    /// The audit log.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// Runs a job; nothing is logged.
    pub(crate) async fn quiet<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let _ = reply.send(job(connection));
        });
        self.jobs
            .send_async(job)
            .await
            .map_err(|_| StoreError::closed())?;
        answer.await.map_err(|_| StoreError::closed())
    }

    /// Runs a job that answers with its audit entry; the answer comes when the entry is on disk, or not at all.
    pub(crate) async fn logged<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> (T, Entry) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let log = Arc::clone(&self.log);
        let job: Job = Box::new(move |connection| {
            let (value, entry) = job(connection);
            log.append(
                entry,
                Box::new(move |written| {
                    let _ = reply.send(written.map(|()| value));
                }),
            );
        });
        self.jobs
            .send_async(job)
            .await
            .map_err(|_| StoreError::closed())?;
        answer.await.map_err(|_| StoreError::closed())?
    }
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
