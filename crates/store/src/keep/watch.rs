//! Looks every second whether another process has changed the patients' keys: an erased patient's key is in no process's
//! memory for long.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::bodies::Bodies;
use crate::StoreError;

const EVERY: Duration = Duration::from_secs(1);

/// The thread that looks; ends when dropped.
pub(crate) struct Watch {
    stop: Option<flume::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(crate) fn start(bodies: Arc<Bodies>, path: PathBuf) -> Result<Self, StoreError> {
        let (stop, stopped) = flume::bounded::<()>(0);
        let look = move || {
            let mut last = seen(&path);
            while stopped.recv_timeout(EVERY) == Err(flume::RecvTimeoutError::Timeout) {
                let now = seen(&path);
                if now == last {
                    continue;
                }
                last = now;
                if let Err(error) = bodies.reload() {
                    tracing::error!(%error, "the patients' keys have changed and cannot be read");
                }
            }
        };
        let thread = std::thread::Builder::new().name("keys".to_owned());
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread.spawn(look).map_err(StoreError::io)?),
        })
    }
}

/// What tells one state of a file from another: it is replaced as a whole.
fn seen(path: &Path) -> Option<(u64, i64, i64)> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.ino(), about.mtime(), about.mtime_nsec()))
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
