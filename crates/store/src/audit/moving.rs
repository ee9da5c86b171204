//! What the engine's write-ahead log holds of the audit log is moved into the database beside who appends: a thread moves most of
//! it, which takes the disk some milliseconds, and who appends moves what came meanwhile, so that the engine's log begins anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::StoreError;
use crate::engine::AUDIT;
use crate::files::{Files, Link};
use crate::keep::move_away;

/// With so many pages in the engine's log it is time.
const BEGIN: i32 = 1_000;
/// With so many the thread is not waited for: the log has to fit into the room that is kept for it.
const MOST: i32 = 1_400;
/// So often the thread moves what there is.
const PASSES: usize = 2;

/// How many pages the engine's log holds: told by the connection that appends.
#[derive(Clone, Default)]
pub(super) struct Pages(Arc<AtomicI32>);

impl Pages {
    /// Has a connection tell, instead of moving anything at its commits.
    pub(super) fn told_by(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let told = Arc::clone(&self.0);
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            told.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(())
    }
}

/// The thread, as who appends has it.
pub(super) struct Moving {
    pages: Pages,
    asked: Option<flume::Sender<()>>,
    is_done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// Whether the thread is at it.
    is_under_way: bool,
    /// How many pages there were when it was tried last, in this round of the engine's log.
    tried: i32,
}

impl Moving {
    pub(super) fn start(files: &Arc<Files>, pages: Pages) -> Result<Self, StoreError> {
        let mut link = Link::open(files, &AUDIT, 64)?;
        let (asked, inbox) = flume::bounded::<()>(1);
        let is_done = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&is_done);
        let work = move || {
            while inbox.recv().is_ok() {
                // What came while most of it was moved is moved, too: little is left for who appends.
                tell(link.write(|log| (0..PASSES).try_for_each(|_| move_away(log).map(drop))));
                told.store(true, Ordering::Release);
            }
        };
        let thread = std::thread::Builder::new().name("audit pages".to_owned());
        Ok(Self {
            pages,
            asked: Some(asked),
            is_done,
            thread: Some(thread.spawn(work).map_err(StoreError::io)?),
            is_under_way: false,
            tried: 0,
        })
    }

    /// After a commit on this connection.
    pub(super) fn go_on(&mut self, log: &Connection) {
        let pages = self.pages.0.load(Ordering::Relaxed);
        if pages < self.tried {
            // The engine's log began anew.
            self.tried = 0;
        }
        let is_moved = self.is_under_way && self.is_done.swap(false, Ordering::Acquire);
        if is_moved || pages - self.tried >= MOST {
            self.is_under_way &= !is_moved;
            // With a reader in the way it is tried again after as many pages.
            self.tried = pages;
            if pages < BEGIN {
                return;
            }
            tell(move_away(log).map(drop));
        } else if !self.is_under_way && pages - self.tried >= BEGIN {
            self.is_under_way = self
                .asked
                .as_ref()
                .is_some_and(|to| to.try_send(()).is_ok());
        }
    }
}

impl Drop for Moving {
    fn drop(&mut self) {
        self.asked = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What was not moved now is moved later.
fn tell(moved: Result<(), StoreError>) {
    if let Err(error) = moved {
        tracing::warn!(%error, "the audit log's newest pages could not be moved into its file yet");
    }
}
