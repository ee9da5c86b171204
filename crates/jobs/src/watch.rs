//! The nightly review of accesses that nothing explains.

use std::time::Duration;

use aceso_base::Instant;
use aceso_policy::{Caller, Job};
use aceso_store::{InsiderSettings, Keep, PeopleError, Store};
use tokio::time::sleep;

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;
/// After a start, the first review waits so long: nobody needs the machine less then.
const FIRST: Duration = Duration::from_secs(600);

/// Reviews every night; a review that is made twice finds the same cases.
pub struct Watcher {
    store: Store,
    settings: InsiderSettings,
    /// The hour of the night, by the clinic's clocks.
    hour: u8,
}

impl Watcher {
    /// For this store, at this hour by the clinic's clocks.
    pub fn new(store: Store, settings: InsiderSettings, hour: u8) -> Self {
        Self {
            store,
            settings,
            hour: hour.min(23),
        }
    }

    /// Reviews until it is dropped.
    pub async fn run(self) {
        let mut wait = FIRST;
        loop {
            sleep(wait).await;
            match self.review().await {
                Ok(cases) => tracing::info!(cases, "accesses were reviewed"),
                Err(error) => tracing::error!(%error, "accesses cannot be reviewed"),
            }
            wait = self.until_night(self.store.now());
        }
    }

    /// Reviews this week and the one before; answers how many cases there are.
    pub async fn review(&self) -> Result<usize, PeopleError> {
        let now = self.store.now();
        let (from, _) = self.settings.zone.week_before(now);
        let caller = Caller::job(Job::Watch);
        let settings = self.settings.clone();
        let found = self
            .store
            .review_insiders(&caller, from, now, settings, Keep::Yes);
        Ok(found.await?.cases.len())
    }

    fn until_night(&self, now: Instant) -> Duration {
        let local = self.settings.zone.wall_millis(now);
        let hour = i64::from(self.hour) * 60 * MINUTE;
        let left = (hour - local).rem_euclid(DAY).max(MINUTE);
        Duration::from_millis(left.unsigned_abs())
    }
}
