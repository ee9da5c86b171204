//! Time as an argument.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch (JWT `NumericDate`).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by a number of milliseconds; saturates at the ends of time.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// As a FHIR `instant` in UTC with milliseconds: `2026-11-22T02:21:08.000Z`.
    pub fn to_fhir(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map(|t| format!("{t:.3}"))
            .unwrap_or_default()
    }

    /// As an HTTP date (RFC 9110, section 5.6.7): `Sun, 22 Nov 2026 02:21:08 GMT`.
    pub fn to_http_date(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map(|t| t.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
            .unwrap_or_default()
    }
}

/// A source of the present time.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "the one lawful home of the machine's clock"
    )]
    fn now(&self) -> Instant {
        Instant(jiff::Timestamp::now().as_millisecond())
    }
}

/// A clock that never goes back. When the clock under it is set back, it goes on from the time it had shown, at the pace of
/// the time that passes (which nobody can set): what had ended stays ended, and nothing lasts longer.
pub struct SteadyClock {
    under: Arc<dyn Clock>,
    /// Milliseconds that have passed since some beginning.
    passed: Box<dyn Fn() -> i64 + Send + Sync>,
    shown: Mutex<Shown>,
}

/// The time that was shown last, and when that was by the time that passes.
#[derive(Clone, Copy)]
struct Shown {
    at: i64,
    passed: i64,
}

impl SteadyClock {
    /// Over the machine's clock.
    pub fn system() -> Self {
        let began = std::time::Instant::now();
        let passed = move || i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        Self::new(Arc::new(SystemClock), Box::new(passed))
    }

    /// Over another clock; `passed` tells the milliseconds that have passed since some beginning, and never goes back.
    pub fn new(under: Arc<dyn Clock>, passed: Box<dyn Fn() -> i64 + Send + Sync>) -> Self {
        let shown = Shown {
            at: under.now().millis(),
            passed: passed(),
        };
        Self {
            under,
            passed,
            shown: Mutex::new(shown),
        }
    }

    /// From now on it shows this time at the earliest: the time of the last thing that is known to have happened.
    pub fn not_before(&self, at: Instant) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = Shown {
            at: shown.at.max(at.millis()),
            passed: (self.passed)(),
        };
    }

    /// How far the clock under it is behind, in milliseconds; 0 when it was never set back.
    pub fn behind(&self) -> i64 {
        self.now().millis() - self.under.now().millis()
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Instant {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let (under, passed) = (self.under.now().millis(), (self.passed)());
        let gone_on = shown.at.saturating_add(passed - shown.passed);
        let at = if under >= shown.at { under } else { gone_on };
        *shown = Shown { at, passed };
        Instant(at)
    }
}

impl std::fmt::Debug for SteadyClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SteadyClock")
    }
}

/// A clock that stands still until it is moved: for tests and drills.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `start`.
    pub fn new(start: Instant) -> Self {
        Self(AtomicI64::new(start.millis()))
    }

    /// Moves the clock forward.
    pub fn advance_millis(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_as_fhir_and_http_write_it() {
        let t = Instant::from_millis(1_795_314_068_000);
        assert_eq!(t.to_fhir(), "2026-11-22T02:21:08.000Z");
        assert_eq!(t.to_http_date(), "Sun, 22 Nov 2026 02:21:08 GMT");
    }

    #[test]
    fn r6_a_clock_that_is_set_back_is_not_followed_and_time_goes_on() {
        let under = Arc::new(ManualClock::new(Instant::from_millis(1_000_000)));
        let passed = Arc::new(AtomicI64::new(0));
        let ticks = Arc::clone(&passed);
        let clock = SteadyClock::new(
            under.clone(),
            Box::new(move || ticks.load(Ordering::SeqCst)),
        );
        let both = |wall: i64, real: i64| {
            under.advance_millis(wall);
            passed.fetch_add(real, Ordering::SeqCst);
            clock.now().millis()
        };
        assert_eq!(both(500, 500), 1_000_500);
        assert_eq!(both(-600_000, 0), 1_000_500, "it stands where it was");
        assert_eq!(clock.behind(), 600_000);
        assert_eq!(both(700, 700), 1_001_200, "and goes on as time passes");
        assert_eq!(
            both(600_000, 0),
            1_001_200,
            "until the clock is right again"
        );
        assert_eq!(clock.behind(), 0);
        assert_eq!(
            both(3_600_000, 0),
            4_601_200,
            "a clock that is set forward is followed"
        );
        clock.not_before(Instant::from_millis(9_000_000));
        assert_eq!(both(10, 10), 9_000_010);
    }
}
