//! The scrub: a slice of the store is checked every minute, for so long and no longer, and the whole of it again and
//! again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aceso_policy::{Caller, Job};
use aceso_store::{PeopleError, Scrub, Store, StoreError};

/// Checks a store slice by slice.
pub struct Scrubber {
    scrub: Arc<Scrub>,
    caller: Caller,
    every: Duration,
    budget: Duration,
}

/// Why a slice was not checked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("what was found could not be kept: {0}")]
    Keep(#[from] PeopleError),
    #[error("the check ended early")]
    Ended,
}

impl Scrubber {
    /// For this store: so much of every so often. None when the store has no scrub for the part of the program that checks.
    pub fn new(store: &Store, every: Duration, budget: Duration) -> Option<Self> {
        let caller = Caller::job(Job::Verify);
        let scrub = Arc::new(store.scrub(&caller)?);
        Some(Self {
            scrub,
            caller,
            every,
            budget,
        })
    }

    /// Checks until it is dropped.
    pub async fn run(&self) {
        loop {
            tokio::time::sleep(self.every).await;
            if let Err(error) = self.slice().await {
                tracing::error!(%error, "the scrub of the store failed");
            }
        }
    }

    /// One slice, on a thread of its own: nobody waits for it.
    async fn slice(&self) -> Result<(), Failure> {
        let (scrub, budget) = (Arc::clone(&self.scrub), self.budget);
        let work = move || {
            let began = Instant::now();
            scrub.slice(&mut || began.elapsed() < budget)
        };
        let done = tokio::task::spawn_blocking(work).await;
        let Some(slice) = done.map_err(|_| Failure::Ended)?? else {
            return Ok(());
        };
        for finding in &slice.report.findings {
            tracing::error!(
                place = finding.place,
                what = finding.what,
                "the scrub found something wrong"
            );
        }
        Ok(self.scrub.keep(&self.caller, slice).await?)
    }
}
