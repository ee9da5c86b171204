//! Optimistic concurrency: a write that was overtaken is run again from the start.

use std::time::Duration;

use aceso_store::{Tx, WriteError};
use tokio::time::Instant;

use crate::booked;
use crate::problem::{Answered, Problem};

/// How long an act is run again before the caller is asked to come later. Of any number of writers to one resource
/// one wins each time, so all get their turn.
const MOST: Duration = Duration::from_secs(20);
/// The longest wait between two runs, in milliseconds.
const WAIT: u64 = 8;

/// Counts the runs of one act.
#[derive(Debug)]
pub(crate) struct Tries {
    since: Instant,
    runs: u64,
}

impl Default for Tries {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            runs: 0,
        }
    }
}

impl Tries {
    /// Commits what an act did, unless it books time that is taken. `None`: it was overtaken, run it again.
    pub(crate) async fn settle<T>(&mut self, mut tx: Tx, done: Answered<T>) -> Answered<Option<T>> {
        let done = match done {
            Ok(value) => booked::check(&mut tx).await.map(|()| value),
            Err(problem) => Err(problem),
        };
        let committed = match done {
            Ok(value) => match tx.commit().await {
                Ok(()) => return Ok(Some(value)),
                Err(WriteError::Stale) => Problem::Stale,
                Err(error) => error.into(),
            },
            Err(problem) => problem,
        };
        match committed {
            Problem::Stale if self.since.elapsed() < MOST => {
                self.runs += 1;
                // The others first: a little longer each time.
                tokio::time::sleep(Duration::from_millis(self.runs.min(WAIT))).await;
                Ok(None)
            }
            Problem::Stale => Err(Problem::busy()),
            problem @ (Problem::Refused(_) | Problem::Hidden(_)) => Err(problem),
        }
    }
}
