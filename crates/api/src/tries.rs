//! Optimistic concurrency: a write that was overtaken is run again from the start.

use std::time::Duration;

use aceso_store::{Tx, WriteError};

use crate::problem::{Answered, Problem};

/// How often an act is run before the caller is asked to come again.
const MOST: u32 = 12;

/// Counts the runs of one act.
#[derive(Debug, Default)]
pub(crate) struct Tries(u32);

impl Tries {
    /// Commits what an act did. `None`: it was overtaken, run it again.
    pub(crate) async fn settle<T>(&mut self, tx: Tx, done: Answered<T>) -> Answered<Option<T>> {
        let committed = match done {
            Ok(value) => match tx.commit().await {
                Ok(()) => return Ok(Some(value)),
                Err(WriteError::Stale) => Problem::Stale,
                Err(error) => error.into(),
            },
            Err(problem) => problem,
        };
        match committed {
            Problem::Stale if self.0 < MOST => {
                self.0 += 1;
                // The others first: a little longer each time.
                tokio::time::sleep(Duration::from_millis(u64::from(self.0))).await;
                Ok(None)
            }
            Problem::Stale => Err(Problem::busy()),
            problem @ (Problem::Refused(_) | Problem::Hidden(_)) => Err(problem),
        }
    }
}
