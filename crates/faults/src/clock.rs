//! The clock of the day; that which only goes on is left alone.

use std::ffi::c_int;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use libc::{CLOCK_REALTIME, timespec};

use crate::disk::FAULTS;
use crate::real::REAL;
use crate::rules::CLOCK_MILLIS;

/// The rules are looked at each so many readings.
const EACH: u32 = 16;
static READINGS: AtomicU32 = AtomicU32::new(0);

/// Stands in for the C library's.
///
/// # Safety
/// As `clock_gettime(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, shown: *mut timespec) -> c_int {
    // SAFETY: handed on as it came.
    let done = unsafe { (REAL.clock_gettime)(clock, shown) };
    if done != 0 || clock != CLOCK_REALTIME || shown.is_null() {
        return done;
    }
    // Whoever holds the rules may be asking for the time itself: then they are looked at another time.
    let is_due = READINGS
        .fetch_add(1, Ordering::Relaxed)
        .is_multiple_of(EACH);
    if is_due && let Some(Ok(mut faults)) = FAULTS.as_ref().map(Mutex::try_lock) {
        faults.rules.refresh();
    }
    let millis = CLOCK_MILLIS.load(Ordering::Relaxed);
    // SAFETY: the call filled it in, and it is not null.
    let shown = unsafe { &mut *shown };
    let nanos = i128::from(shown.tv_sec) * 1_000_000_000
        + i128::from(shown.tv_nsec)
        + i128::from(millis) * 1_000_000;
    shown.tv_sec = i64::try_from(nanos.div_euclid(1_000_000_000)).unwrap_or(shown.tv_sec);
    shown.tv_nsec = i64::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or(shown.tv_nsec);
    0
}
