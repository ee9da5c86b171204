//! Reports that are made by themselves.

use std::time::Duration;

use aceso_policy::{Caller, Job};
use aceso_store::{PeopleError, Store};
use tokio::time::sleep;

/// How often it is looked for what is due.
const EVERY: Duration = Duration::from_secs(600);

/// Makes the reports that are due, for each week and month that is over.
pub struct Reporter {
    store: Store,
}

impl Reporter {
    /// For this store.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Makes reports until it is dropped.
    pub async fn run(self) {
        loop {
            match self.make().await {
                Ok(0) => {}
                Ok(made) => tracing::info!(made, "reports were made"),
                Err(error) => tracing::error!(%error, "reports cannot be made"),
            }
            sleep(EVERY).await;
        }
    }

    /// Makes what is due; answers how many were made.
    pub async fn make(&self) -> Result<usize, PeopleError> {
        self.store.make_due_reports(&Caller::job(Job::Watch)).await
    }
}
