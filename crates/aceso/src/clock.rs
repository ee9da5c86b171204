//! The machine's clock, and whether it went back behind the audit log.

use std::sync::{Arc, OnceLock};

use aceso_base::{Clock, SteadyClock};
use aceso_policy::Caller;
use aceso_store::Store;
use anyhow::{Result, bail};

/// Whether a clock that is behind the log is right all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// No: the clock was set back, and must be set right first.
    Refused,
    /// Yes: it was ahead before, and was set right.
    Accepted,
}

/// The clock may be this much behind the log's latest entry: other machines' clocks, and the one before this, are not better.
const CLOCK_MILLIS: i64 = 60_000;

/// The machine's clock, which never goes back while the program runs.
pub(crate) fn clock() -> Arc<dyn Clock> {
    let clock: Arc<dyn Clock> = Arc::<SteadyClock>::clone(steady());
    clock
}

/// The same, to be asked how far it is ahead of the machine's.
pub(crate) fn steady() -> &'static Arc<SteadyClock> {
    static CLOCK: OnceLock<Arc<SteadyClock>> = OnceLock::new();
    CLOCK.get_or_init(|| Arc::new(SteadyClock::system()))
}

/// Times of the log never go back, and what has ended does not begin again: with a clock that shows less than any entry of the
/// log nothing is done.
pub(crate) fn keep_time(store: &Store) -> Result<()> {
    let Some(latest) = store.log_latest()?.filter(|latest| *latest > store.now()) else {
        return Ok(());
    };
    let now = store.now();
    if latest.millis() - now.millis() > CLOCK_MILLIS {
        bail!(
            "the machine's clock shows {}, and the audit log has an entry of {}: set the clock (timedatectl set-ntp true); \
             if it is right now and was wrong before, start the server with --accept-clock once, which the log will show",
            now.to_fhir(),
            latest.to_fhir()
        );
    }
    steady().not_before(latest);
    Ok(())
}

/// The same for a server, which may be told that the clock is right.
pub(crate) async fn accept_time(store: &Store, behind: Behind) -> Result<()> {
    match (keep_time(store), behind) {
        (Err(_), Behind::Accepted) => {
            let latest = store.log_latest()?.unwrap_or_else(|| store.now());
            let seconds = (latest.millis() - store.now().millis()) / 1000;
            let text = format!("accepted: {seconds} s behind the latest entry");
            Ok(store.note_clock(&Caller::operator(), &text).await?)
        }
        (kept, _) => kept,
    }
}
