//! The latest time that the log has an entry of: a clock that shows less was set back.

use aceso_base::Instant;
use rusqlite::Connection;

use super::form::AuditOutcome;
use super::index::kind_key;
use super::kind::AuditKind;
use super::logged::logged;
use super::span;
use crate::StoreError;
use crate::statements as sql;

/// The act by which somebody says that a clock behind the log is right: what was logged before counts no more.
pub(crate) const CLOCK_ACCEPTED: &str = "system clock set back";

/// So many numbers are read from the index at once.
const CHUNK: i64 = 256;

/// The latest time of all entries, whichever order they are in.
pub(crate) fn latest(log: &Connection) -> Result<Option<Instant>, StoreError> {
    Ok(span::latest(log, 0)?.map(Instant::from_millis))
}

/// The latest time since a clock was last accepted; of all entries when none ever was. The indexes must be filled.
pub(crate) fn latest_since_accepted(log: &Connection) -> Result<Option<Instant>, StoreError> {
    let before = accepted(log)?.map_or(0, |seq| seq - 1);
    Ok(span::latest(log, before)?.map(Instant::from_millis))
}

/// The number of the entry by which a clock was last accepted.
fn accepted(log: &Connection) -> Result<Option<i64>, StoreError> {
    let key = kind_key(AuditKind::System, AuditOutcome::Done);
    let mut numbers = log.prepare_cached(sql::AUDIT_KIND_BEFORE)?;
    let mut below = i64::MAX;
    loop {
        let rows = numbers.query_map((key, 0, below, CHUNK), |row| row.get(0))?;
        let found = rows.collect::<Result<Vec<i64>, _>>()?;
        for seq in &found {
            let entry = logged(log, *seq)?.and_then(|(_, _, entry)| entry);
            if entry.is_some_and(|entry| entry.act == CLOCK_ACCEPTED) {
                return Ok(Some(*seq));
            }
        }
        match found.last() {
            Some(last) => below = *last,
            None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use aceso_base::Clock;
    use aceso_policy::Caller;

    use crate::audit::signer_test::Bench;

    const HOUR: i64 = 3_600_000;

    #[tokio::test]
    async fn r6_a_clock_is_behind_the_latest_entry_wherever_it_stands_until_somebody_accepts_it() {
        let bench = Bench::new("latest");
        bench.entries(300).await;
        let (begun, latest) = (bench.clock.now(), || bench.store.log_latest().unwrap());
        assert_eq!(latest(), Some(begun));
        bench.clock.advance_millis(HOUR);
        bench.entries(1).await;
        bench.clock.advance_millis(-3 * HOUR);
        for count in [1, 300, 256] {
            bench.entries(count).await;
            assert_eq!(latest(), Some(begun.plus_millis(HOUR)), "{count}");
        }
        // By whoever looks at the installation, too.
        let standing = bench.store.standing(&Caller::operator()).await.unwrap();
        assert_eq!(standing.latest, Some(begun.plus_millis(HOUR)));
        let operator = Caller::operator();
        let accept = bench.store.note_clock(&operator, "accepted");
        accept.await.unwrap();
        let accepted = bench.clock.now();
        assert_eq!(latest(), Some(accepted));
        bench.entries(500).await;
        assert_eq!(latest(), Some(accepted));
        // Set forward and back again, it is behind what was logged since.
        bench.clock.advance_millis(2 * HOUR);
        bench.entries(1).await;
        bench.clock.advance_millis(-HOUR);
        assert_eq!(latest(), Some(accepted.plus_millis(2 * HOUR)));
        assert_eq!(bench.wrong(&[]), Vec::<String>::new());
    }

    #[tokio::test]
    async fn r6_after_a_clock_that_was_ahead_heads_are_signed_every_minute_again() {
        let bench = Bench::new("ahead");
        let signed = || {
            let caller = Caller::job(aceso_policy::Job::Verify);
            let store = bench.store.clone();
            async move { store.log_standing(&caller).await.unwrap().signed }
        };
        bench.clock.advance_millis(10_000 * HOUR);
        bench.entries(3).await;
        let ahead = signed().await;
        assert!(ahead > 0);
        bench.clock.advance_millis(-10_000 * HOUR);
        bench.entries(2).await;
        let back = signed().await;
        assert!(back > ahead, "not only once that time comes");
        bench.clock.advance_millis(61_000);
        bench.entries(2).await;
        assert!(signed().await > back);
    }
}
